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
		{LEARN("protocol: {data: d, phases: [{name: p, duration: {exponential: {mean: 9 ms, min: 1 "
		       "ms}}, "
		       "readout: true}], stages: [{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: p_o, readout: rate, scale: 1 Hz, "
		       "window: @2 ms}\n"),
			"longer than the phase `p` may be"},
	};

	CHECK_ALL(list);
}

#define PHASES(phases) LEARN("protocol: {data: d, phases: [" phases "], stages: [{name: s}]}\n")
#define READ "{name: r, duration: 1 ms, readout: true}, "
#define OBJECTIVE "objective: {model: softmax, of: o, projection: p_o, scale: 1 mV}\n"

static void phases(void)
{
	static const struct wrong list[] = {
		{PHASES("{name: a, duration: @[1 ms, 2 ms]}"), "not a list"},
		{PHASES("{name: a, duration: {uniform: [@0 ms, 2 ms]}}"), "must be > 0 ms"},
		{PHASES("{name: a, duration: 1 ms, show: {@q: image}}"), "unknown population `q`"},
		{PHASES("{name: a, duration: 1 ms, show: {p: @images}}"), "did you mean `image`?"},
		{PHASES("{name: a, duration: 1 ms, show: {@o: label}}"), "no rate source"},
		{PHASES("{name: a, duration: 1 ms, show: {@p: label}}"),
			"has 6 sources, the data has 3 labels"},
		{PHASES("{name: a, duration: 1 ms, show: {p: @hidden_pixels}}"), "there is no mask"},
		{PHASES("{name: a, duration: 1 ms, show: {p: @noisy_image}}"), "no noise is given"},
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

/* Data and units of LEARN, whose p_o and p_x learn; p_s does not. */
#define AGREE(stages, entries)                                                                               \
	"spikem: 1\ndata: {d: {file: images.csv, shape: [2, 3], range: [0, 16], labels: 3}}\n"               \
	"populations: {p: {size: 6, model: poisson, params: {rate: 1 Hz}}, o: {size: 3, model: lif_delta}, " \
	"x: {size: 2, model: lif_delta}}\n"                                                                  \
	"projections: [{from: p, to: o, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: "        \
	"{rule: eq1, params: {eta: 1}}}, {from: p, to: x, connect: all_to_all, weight: 1 mV, delay: 1 ms, "  \
	"plasticity: {rule: eq1, params: {eta: 1}}}, {name: p_s, from: p, to: x, connect: all_to_all, "      \
	"weight: 1 mV, delay: 1 ms}]\n"                                                                      \
	"protocol: {data: d, phases: [{name: a, duration: 1 ms, readout: true}], stages: [{name: s}, "       \
	"{name: t, learn: false}],\n"                                                                        \
	"  readouts: [{name: rp, of: p, phase: a, stages: " stages "}, {name: ro, of: o, phase: a}, {name: " \
	"uo, of: o, phase: a, readout: u}, {name: rx, of: x, phase: a}],\n  agreement: [" entries "]}\n"

static void agreements(void)
{
	static const struct wrong list[] = {
		{AGREE("all", "{projection: @p_q, target: uo, prediction: uo, pre: rp}"),
			"unknown projection `p_q`"},
		{AGREE("all", "{projection: @p_s, target: rx, prediction: rx, pre: rp}"),
			"has no plasticity"},
		{AGREE("all", "@{projection: p_o, target: uo, prediction: uo}"), "`pre` is missing"},
		{AGREE("all", "@{target: uo, prediction: uo, pre: rp}"), "projection"},
		{AGREE("all", "{projection: p_o, target: uo, prediction: @u, pre: rp}"),
			"unknown readout `u`"},
		{AGREE("all", "{projection: p_o, target: uo, prediction: @rx, pre: rp}"),
			"`rx` reads `x`, a readout of `o` is needed"},
		{AGREE("all", "{projection: p_o, target: uo, prediction: uo, pre: @ro}"),
			"a readout of `p` is needed"},
		{AGREE("all", "{projection: p_o, target: @rp, prediction: ro, pre: rp}"),
			"`rp` has 6 units, `o` has 3"},
		{AGREE("all", "{projection: p_o, target: @uo, prediction: ro, pre: rp}"),
			"a rate, the other a potential"},
		{AGREE("t", "{projection: p_o, target: ro, prediction: ro, pre: @rp}"),
			"not read in the stage `s`, which learns"},
		{AGREE("all", "{projection: p_o, target: ro, prediction: ro, pre: rp}, {projection: @p_o, "
			      "target: ro, prediction: ro, pre: rp}"),
			"two agreements are called `p_o`"},
		{AGREE("all", "{projection: p_o, name: @eq1, target: ro, prediction: ro, pre: rp}") OBJECTIVE,
			"two agreements are called `eq1`"},
		{AGREE("all", "{@backprop: [p_o], rates: [rp]}"), "needs an objective"},
		{AGREE("all", "{backprop: [@p_x], rates: [rp]}") OBJECTIVE, "`p_x` does not lead to `o`"},
		{AGREE("all", "{backprop: [p_x, @p_o], rates: [rp, rx]}") OBJECTIVE, "does not begin at `x`"},
		{AGREE("all", "{backprop: [p_o], rates: @[rp, ro]}") OBJECTIVE, "`rates` needs 1 readouts"},
		{AGREE("all", "{backprop: [p_o], rates: [rp], u: @[uo]}") OBJECTIVE, "`u` needs 0 readouts"},
		{AGREE("all", "{backprop: [p_o], rates: [@ro]}") OBJECTIVE, "a readout of `p` is needed"},
		{AGREE("all", "{backprop: [p_o], rates: [rp], u: [@ro]}") "objective: {model: softmax, of: "
									  "o, projection: p_o, readout: "
									  "rate, window: 1 "
									  "ms, scale: 1 Hz}\n",
			"must read u or u_bar"},
	};

	CHECK_ALL(list);
}

/* A projection that learns, with one of its parts wrong, which gates, objective and agreement name. */
#define MAIMED(projection)                                                                                   \
	"spikem: 1\ndata: {d: {file: images.csv, shape: [2, 3], range: [0, 16], labels: 3}}\n"               \
	"populations: {p: {size: 6, model: poisson, params: {rate: 1 Hz}}, o: {size: 3, model: "             \
	"lif_delta}}\n"                                                                                      \
	"projections: [{from: p, to: o, " projection "}]\n"                                                  \
	"protocol: {data: d, phases: [{name: a, duration: 1 ms, readout: true, gate: [p_o]}], "              \
	"stages: [{name: s}],\n"                                                                             \
	"  readouts: [{name: rp, of: p, phase: a}, {name: ro, of: o, phase: a}],\n"                          \
	"  agreement: [{projection: p_o, target: ro, prediction: ro, pre: rp}]}\n" OBJECTIVE

static void a_wrong_projection_is_the_only_mistake(void)
{
	static const char rule[] = "plasticity: {rule: eq1, params: {eta: 1}, bounds: [1 mV, 2 mV]}";
	static const struct wrong list[] = {
		{MAIMED("connect: all_to_all, weight: {file: @none.h5}, delay: 1 ms, %s"), "cannot open"},
		{MAIMED("connect: all_to_all, weight: @1 pA, delay: 1 ms, %s"), "needs a voltage"},
		{MAIMED("connect: all_to_all, weight: 1 mV, delay: @0 ms, %s"), "a delay of 0 ms"},
		{MAIMED("connect: {list: [[0, @3]]}, weight: 1 mV, delay: 1 ms, %s"), "3"},
		{MAIMED("connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: eq1, params: "
			"{eta: 1}, bounds: @[2 mV, 3 mV]}"),
			"do not all lie within"},
	};

	write_images();
	for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
		char text[2048], plain[2048];
		(void)snprintf(text, sizeof text, list[k].text, rule);
		check_wrong_after("", &(struct wrong){text, list[k].part});
		strcpy(plain, text);
		memmove(strchr(plain, '@'), strchr(text, '@') + 1, strlen(strchr(text, '@')));
		struct loaded loaded = load_text(plain);
		const char *const first = loaded.report ? strstr(loaded.report, ": error: ") : NULL;
		if (!CHECK(first != NULL && strstr(first + 1, ": error: ") == NULL))
			printf("# %s\n", loaded.report ? loaded.report : "no report");
		loaded_clear(&loaded);
	}
}

TEST_MAIN(TEST(protocols), TEST(phases), TEST(readouts), TEST(lanes), TEST(agreements),
	TEST(a_wrong_projection_is_the_only_mistake))
