/* Wrong protocols: each must be answered at the very place of its mistake. */
#include "tests/unit/scenario_wrong.h"

static void check_all(size_t n, const struct wrong *list)
{
	write_images();
	for (size_t k = 0; k < n; k++)
		check_wrong_after("", &list[k]);
}

#define CHECK_ALL(list) check_all(sizeof(list) / sizeof *(list), list)

static void protocols(void)
{
	static const struct wrong list[] = {
		{LEARN("protocol: {data: @e, phases: [{name: p, duration: 1 ms}], stages: [{name: s}]}\n"),
			"unknown data set"},
		{LEARN("@duration: 1 s\nprotocol: {data: d, phases: [{name: p, duration: 1 ms}], stages: "
		       "[{name: s}]}\n"),
			"follows from its stages"},
		{LEARN("protocol: {data: d, phases: @[], stages: [{name: s}]}\n"), "at least one phase"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, show: @o}], stages: [{name: "
		       "s}]}\n"),
			"no rate source"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms}], stages: [{name: s, split: "
		       "@tt}]}\n"),
			"unknown split `tt`"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, clamp: {population: @x, on: 1 "
		       "pA}}], stages: "
		       "[{name: s}]}\n"),
			"has 2 neurons, the data has 3 labels"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, nudge: @1 pA}], stages: "
		       "[{name: s}]}\n"),
			"`objective` is missing"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, readout: true}], stages: "
		       "[{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: @p_x, scale: 1 mV}\n"),
			"does not lead to `o`"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, readout: true}], stages: "
		       "[{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: p_o, scale: @1 Hz}\n"),
			"needs a voltage"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, readout: true}], stages: "
		       "[{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: p_o, scale: 1 mV, @targets: [1 mV, 0 "
		       "mV]}\n"),
			"belongs to model squared only"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms}], stages: [{name: s}]}\n"
		       "objective: @{model: softmax, of: o, projection: p_o, scale: 1 mV}\n"),
			"no phase has the readout"},
		{LEARN("protocol: {data: d, phases: [{name: p, duration: 1 ms, readout: true}], stages: "
		       "[{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: p_o, readout: rate, scale: 1 Hz, "
		       "window: @2 ms}\n"),
			"longer than the phase"},
	};

	CHECK_ALL(list);
}

#define PHASES(phases) LEARN("protocol: {data: d, phases: [" phases "], stages: [{name: s}]}\n")
#define READ "{name: r, duration: 1 ms, readout: true}, "
#define OBJECTIVE "objective: {model: softmax, of: o, projection: p_o, scale: 1 mV}\n"

static void phases(void)
{
	static const struct wrong list[] = {
		{PHASES("{name: a, duration: 1 ms, show: {@q: image}}"), "unknown population `q`"},
		{PHASES("{name: a, duration: 1 ms, show: {p: @images}}"), "did you mean `image`?"},
		{PHASES("{name: a, duration: 1 ms, show: {@o: label}}"), "no rate source"},
		{PHASES("{name: a, duration: 1 ms, show: {@p: label}}"),
			"has 6 sources, the data has 3 labels"},
		{PHASES("{name: a, duration: 1 ms, show: {p: @hidden_pixels}}"), "there is no mask"},
		{PHASES("{name: a, duration: 1 ms, mask: @middle, show: p}"), "top, bottom, left"},
		{PHASES(READ "{name: a, duration: 1 ms, show: {e: @error_on}}"), "`objective` is missing"},
		{PHASES("{name: a, duration: 1 ms, show: {e: @reward_off}}, {name: r, duration: 1 ms, "
			"readout: true}") OBJECTIVE,
			"not known before the readout"},
		{PHASES("{name: a, duration: 1 ms, gate: [@p_q]}"), "unknown projection `p_q`"},
		{PHASES("{name: a, duration: 1 ms, gate: [@p_o]}"), "neither plasticity nor probes"},
		{PHASES("{name: a, duration: 1 ms, gate: @opne}"), "did you mean `open`?"},
		{PHASES("{name: a, duration: 1 ms, silent: [p_o, @p_q]}"), "unknown projection `p_q`"},
		{PHASES("{name: a, duration: 1 ms, reset: @p}"), "neurons are needed here"},
		{LEARN("protocol: {data: d, reset: [@p], phases: [{name: a, duration: 1 ms}], stages: "
		       "[{name: "
		       "s}]}\n"),
			"neurons are needed here"},
		{LEARN("protocol: {data: d, reset: @maybe, phases: [{name: a, duration: 1 ms}], stages: "
		       "[{name: s}]}\n"),
			"`true` or `false`"},
		{LEARN("protocol: {data: d, @reward: {explore: 0.1}, phases: [{name: a, duration: 1 ms}], "
		       "stages: [{name: s}]}\n"),
			"no phase shows `reward_on` or `reward_off`"},
		{LEARN("protocol: {data: d, reward: {explore: @2}, phases: [" READ
		       "{name: a, duration: 1 ms, show: {e: reward_on}}], stages: [{name: s}]}\n" OBJECTIVE),
			"must be >= 0 and <= 1"},
	};

	CHECK_ALL(list);
}

TEST_MAIN(TEST(protocols), TEST(phases))
