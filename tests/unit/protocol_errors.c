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

#define READOUTS(readouts)                                                                                   \
	LEARN("protocol: {data: d, reset: false, phases: [{name: a, duration: 2 ms}], stages: [{name: s}], " \
	      "readouts: [" readouts "]}\n")

static void readouts(void)
{
	static const struct wrong list[] = {
		{READOUTS("{name: x, of: @q, phase: a}"), "unknown population `q`"},
		{READOUTS("{name: x, of: o, phase: @b}"), "unknown phase `b`"},
		{READOUTS("{name: x, of: o, phase: a, stages: [s, @t]}"), "unknown stage `t`"},
		{READOUTS("{name: x, of: o, phase: a, window: @3 ms}"), "longer than the phase `a`"},
		{READOUTS("{name: x, of: @p, phase: a, readout: u}"), "neurons are needed here"},
		{READOUTS("{name: x, of: x, phase: a, readout: @u}"), "keep_u: true"},
		{READOUTS("{name: x, of: o, phase: a, @window: 1 ms, readout: u}"), "readout: rate"},
		{READOUTS("{name: x, of: o, phase: a}, @{name: x, of: p, phase: a}"),
			"two readouts are called `x`"},
	};

	CHECK_ALL(list);
}

#define LANES(rest)                                                                                          \
	LEARN("protocol: {data: d, phases: [{name: a, duration: 2 ms}], stages: [{name: s}], " rest "}\n")

static void lanes(void)
{
	static const struct wrong list[] = {
		{LANES("lanes: @0"), "must lie between 1 and 1024"},
		{LANES("@batch: 4"), "several `lanes`"},
		{LANES("lanes: 2, batch: @0"), "must lie between 1"},
		{LANES("lanes: 2") "record: {@objective: {layers: [p, o], sigma: [1 Hz], width: 1 ms, every: "
				   "1 "
				   "ms}}\n",
			"differ from lane to lane"},
	};

	CHECK_ALL(list);
}

TEST_MAIN(TEST(protocols), TEST(phases), TEST(readouts), TEST(lanes))
