/* Wrong scenarios: each must be answered at the very place of its mistake. */
#include "tests/unit/scenario_wrong.h"

static const char beginning[] =
	"spikem: 1\nduration: 100 ms\npopulations:\n"
	"  a: {size: 4, model: lif_delta}\n  b: {size: 3, model: lif_exp}\n"
	"  s: {size: 5, model: poisson, params: {rate: 10 Hz}}\n  empty: {size: 0, model: lif_delta}\n";

#define PROJECT(rest) "projections:\n  - {from: a, to: a, " rest "}\n"
/* A text that is whole begins with spikem, duration or a list. */
static void check_wrong(const struct wrong *wrong)
{
	const char *const start = wrong->text + (wrong->text[0] == '@');
	const int whole =
		strncmp(start, "spikem", 6) == 0 || strncmp(start, "duration", 8) == 0 || *start == '[';

	check_wrong_after(whole ? "" : beginning, wrong);
}

#define CHECK_ALL(list)                                                                                      \
	for (size_t k = 0; k < sizeof(list) / sizeof *(list); k++)                                           \
	check_wrong(&(list)[k])

static void keys(void)
{
	static const struct wrong list[] = {
		{"@x: 1\n", "unknown key `x`"},
		{"@[1, 2]\n", "a mapping"},
		{"@projection: []\n", "did you mean `projections`?"},
		{"@populations: {}\n", "duplicate key `populations`"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  a: {@sizee: 3, model: lif_delta}\n",
			"did you mean `size`?"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  a: {size: 3, @modle: lif_delta}\n",
			"expected one of size, model, copies, like, params, initial, keep_u, schedule, "
			"spikes"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  a: @{model: lif_delta}\n",
			"`size` is missing at populations.a"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  @all: {size: 3, model: lif_delta}\n",
			"cannot be a name"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  @no: {size: 3, model: lif_delta}\n",
			"cannot be a name"},
		{"spikem: 1\nduration: 1 s\npopulations: @3\n", "a mapping `{key: value, ...}` is expected"},
		{"@spikem: 1\npopulations: {}\n", "`duration` is missing"},
		{"spikem: @2\nduration: 1 s\npopulations: {}\n", "must lie between 1 and 1"},
		{"@duration: 1 s\npopulations: {}\n", "`spikem` is missing"},
	};

	CHECK_ALL(list);
}

static void numbers(void)
{
	static const struct wrong list[] = {
		{"spikem: 1\nduration: @100\npopulations: {}\n", "needs a unit: `100 ms`?"},
		{"spikem: 1\nduration: @100 mV\npopulations: {}\n",
			"needs a time such as `20 ms`, got a voltage"},
		{"spikem: 1\nduration: @-1 s\npopulations: {}\n", "must be > 0 ms"},
		{"spikem: 1\nduration: @1:30\npopulations: {}\n", "base 60"},
		{"spikem: 1\nduration: @.inf\npopulations: {}\n", "must be finite"},
		{"spikem: 1\nduration: @1e400 s\npopulations: {}\n", "too large"},
		{"spikem: 1\nduration: @[1 s]\npopulations: {}\n", "a time is expected, not a list"},
		{"spikem: 1\nduration:@\npopulations: {}\n", "nothing is written here"},
		{"seed: @1e3\n", "write `1000`"},
		{"seed: @-1\n", "whole number"},
		{"seed: @18446744073709551616\n", "too large"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  a: {size: @010, model: lif_delta}\n", "base 8"},
		{"spikem: 1\nduration: 1 s\npopulations:\n  a: {size: @4294967296, model: lif_delta}\n",
			"4294967295"},
		{"spikem: 1\nduration: 1 s\n@populations:\n  a: {size: 4294967295, model: lif_delta}\n"
		 "  b: {size: 1, model: lif_delta}\n",
			"too many"},
		{PROJECT("connect: {fixed_probability: @1.5}, weight: 1 mV, delay: 1 ms"), "<= 1"},
		{PROJECT("connect: {fixed_in_degree: 1, autapses: @no}, weight: 1 mV, delay: 1 ms"),
			"write `false`"},
		{PROJECT("connect: {fixed_in_degree: @yes}, weight: 1 mV, delay: 1 ms"), "whole number"},
	};

	CHECK_ALL(list);
}

static void populations(void)
{
	static const struct wrong list[] = {
		{"  c: {size: 3, model: @lif_exq}\n", "did you mean `lif_exp`?"},
		{"  c: {size: 3, like: @aa}\n", "did you mean `a`?"},
		{"  c: {size: 3, like: @c}\n", "circle"},
		{"  c: {size: 3, model: lif_delta, params: {@tau_mm: 1 ms}}\n", "did you mean `tau_m`?"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: @1 mV}}\n",
			"`tau_m` needs a time such as `20 ms`, got a voltage"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: @0 ms}}\n", "must be > 0 ms"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: @[1 ms, 2 ms]}}\n",
			"2 values for 3 neurons"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: [1 ms, @-2 ms, 1 ms]}}\n",
			"must be > 0 ms"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {@unifrom: [1 ms, 2 ms]}}}\n",
			"did you mean `uniform`?"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {uniform: @[2 ms, 1 ms]}}}\n",
			"must not be larger"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {uniform: @[2 ms]}}}\n", "a list of 2"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {normal: @{mean: 2 ms}}}}\n",
			"`sd` is missing"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {normal: @{mean: 2 ms, sd: 1 ms, min: 30 "
		 "ms}}}}\n",
			"1 draw in 1000"},
		{"  c: {size: 3, model: lif_delta, params: {tau_m: {normal: @{mean: 2 ms, sd: 0 ms}}}}\n",
			"`sd` must be > 0"},
		{"  c: {size: 3, model: lif_delta, params: {V_th: {lognormal: @{mean: -2 mV, sd: 1 mV}}}}\n",
			"lognormal"},
		{"  c: {size: 3, model: lif_delta, params: @{V_th: 10 mV, V_reset: 20 mV}}\n", "V_"},
		{"  c: {size: 3, model: lif_delta, initial: {@V: 1 mV}}\n", "unknown key `V`"},
		{"  c: {size: 3, model: lif_delta, keep_u: @yes}\n", "write `true`"},
		{"  c: {size: 3, model: poisson, params: {rate: 1 Hz}, @keep_u: true}\n",
			"spike sources have no potential u"},
		{"  c: {size: 3, model: lif_delta, @spikes: {times: [1 ms]}}\n", "belongs to spike sources"},
		{"  c: {size: 3, model: regular, params: {rate: 1 Hz}, @spikes: {times: [1 ms]}}\n",
			"belongs to spike_list"},
		{"  c: @{size: 3, model: spike_list}\n", "`spikes` is missing"},
		{"  c: {size: 3, model: spike_list, spikes: {times: [1 ms], ids: [@3]}}\n", "out of range"},
		{"  c: {size: 3, model: spike_list, spikes: {times: [1 ms], ids: @[1, 2]}}\n",
			"1 times need as many ids"},
		{"  c: {size: 3, model: spike_list, spikes: @{times: [-1 ms]}}\n", "before the start"},
		{"  c: {size: 3, model: spike_list, spikes: {times: [1 ms], @file: x.csv}}\n",
			"exclude each other"},
		{"  c: {size: 3, model: spike_list, spikes: {file: @/nonexistent.csv}}\n",
			"cannot open /nonexistent.csv"},
		{"  c: {size: 3, model: spike_list, spikes: {file: @/nonexistent.h5, population: x}}\n",
			"nonexistent.h5"},
		{"  c: {size: 3, model: poisson, params: {rate: 1 Hz}, schedule: {times: [1 ms, @1 ms], "
		 "rates: [1 Hz, 2 Hz]}}\n",
			"ascend"},
		{"  c: {size: 3, model: poisson, params: {rate: 1 Hz}, schedule: {times: [1 ms], rates: @[1 "
		 "Hz, 2 Hz]}}\n",
			"as many rates"},
		{"  c: {size: 3, model: poisson, initial: {}, params: {rate: @-1 Hz}}\n", "must be >= 0 Hz"},
	};

	CHECK_ALL(list);
}

static void inputs(void)
{
	static const struct wrong list[] = {
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: @aa, weight: 1 mV}}\n", "did you mean `a`?"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: @s, weight: 1 mV}}\n", "are spike sources"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: [a, @a], weight: 1 mV}}\n", "listed twice"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: a, weight: @1 pA}}\n",
			"needs a voltage such as"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: [a, b], weight: @1 mV}}\n",
			"different dimensions"},
		{"inputs: {i: @{model: poisson, to: a, weight: 1 mV}}\n", "`rate` is missing"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: a, neurons: @0-4, weight: 1 mV}}\n",
			"the last index is 3"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: a, neurons: [0, @3-1], weight: 1 mV}}\n",
			"not a selection"},
		{"inputs: {i: {model: poisson, rate: 1 Hz, to: a, weight: 1 mV, @currents: [1 pA]}}\n",
			"belongs to model step_current only"},
		{"inputs: {i: {model: step_current, to: a, times: [1 ms], currents: [@1 mV]}}\n",
			"got a voltage"},
		{"inputs: {i: @{model: step_current, to: a, times: [1 ms]}}\n", "`currents` is missing"},
		{"inputs: {i: {model: poisson, rate: @[1 Hz], to: a, weight: 1 mV}}\n",
			"1 rates need one target"},
	};

	CHECK_ALL(list);
}

static void projections(void)
{
	static const struct wrong list[] = {
		{"projections: [{from: @c, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n",
			"unknown population `c`"},
		{"projections: [{from: a, to: @s, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n",
			"are spike sources"},
		{"projections: [{from: a, to: b, connect: {one_to_one: @true}, weight: 1 pA, delay: 1 ms}]\n",
			"`a` has 4 and `b` has 3"},
		{PROJECT("connect: @all_to_al, weight: 1 mV, delay: 1 ms"), "did you mean `all_to_all`?"},
		{PROJECT("connect: {all_to_all: @false}, weight: 1 mV, delay: 1 ms"), "only `true`"},
		{PROJECT("connect: @{autapses: true}, weight: 1 mV, delay: 1 ms"), "one of the alternatives"},
		{PROJECT("connect: {fixed_total: 3, @all_to_all: true}, weight: 1 mV, delay: 1 ms"),
			"exclude"},
		{PROJECT("connect: {fixed_in_degree: @5, multapses: false}, weight: 1 mV, delay: 1 ms"),
			"5 of only 4 sources"},
		{PROJECT("connect: {fixed_in_degree: @4, multapses: false, autapses: false}, weight: 1 mV, "
			 "delay: 1 ms"),
			"4 of only 3 sources"},
		{PROJECT("connect: {fixed_out_degree: @5, multapses: false}, weight: 1 mV, delay: 1 ms"),
			"targets"},
		{PROJECT("connect: {fixed_total: @13, multapses: false, autapses: false}, weight: 1 mV, "
			 "delay: 1 ms"),
			"13 of only 12 pairs"},
	};

	CHECK_ALL(list);
}

static void weights_and_delays(void)
{
	static const struct wrong list[] = {
		{PROJECT("connect: all_to_all, weight: @1, delay: 1 ms"), "needs a unit: `1 mV`?"},
		{PROJECT("connect: all_to_all, weight: @1 pA, delay: 1 ms"), "got a current"},
		{PROJECT("connect: all_to_all, weight: @[1 mV], delay: 1 ms"), "one value per synapse"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: @0 ms"), "it must be > 0 ms"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: @-1 ms"), "must be >= 0 ms"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: @{uniform: [0 ms, 1 ms]}"),
			"a delay of 0 ms is possible"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: @{exponential: {mean: 1 ms}}"),
			"`min` above 0 ms"},
		{PROJECT("connect: {list: [[0, 1], [0, @4]]}, weight: 1 mV, delay: 1 ms"),
			"the target has 4 neurons"},
		{PROJECT("connect: {list: [[0, 1], @[0]]}, weight: 1 mV, delay: 1 ms"), "not a row"},
		{PROJECT("connect: {list: [[0, 1, 1 mV]]}, @weight: 1 mV, delay: 1 ms"),
			"gives weights already"},
		{PROJECT("connect: {list: [[0, 1, 1 mV, @0 ms]]}"), "must be > 0 ms"},
		{PROJECT("connect: {list: {file: @/nonexistent.csv}}, weight: 1 mV, delay: 1 ms"),
			"cannot open"},
		{"projections: [@{from: a, to: a, connect: all_to_all, delay: 1 ms}]\n",
			"`weight` is missing"},
		{"projections: [{from: empty, to: a, connect: {fixed_in_degree: @1}, weight: 1 mV, delay: 1 "
		 "ms}]\n",
			"no sources to choose from"},
		{"projections: [{from: a, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms},\n"
		 "  {name: @a_a, from: a, to: a, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n",
			"taken"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: @stdp_pear}"),
			"did you mean `stdp_pair`?"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: stdp_pair, "
			 "params: {pairing: @nearst}}"),
			"did you mean `nearest`?"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: stdp_pair, "
			 "bounds: @[2 mV, 3 mV]}"),
			"within the bounds"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: eq1, params: "
			 "@{}}"),
			"`eta` is missing"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms, probes: [{rule: stdp_pair}, "
			 "@{rule: stdp_pair}]"),
			"two probes are called `stdp_pair`"},
	};

	CHECK_ALL(list);
}

static void recordings(void)
{
	static const struct wrong list[] = {
		{"record: {spikes: [a, @c]}\n", "unknown population `c`"},
		{"record: {state: {of: @s, every: 1 ms}}\n", "neurons are needed here"},
		{"record: {state: {of: a, variables: [V_m, @V_n], every: 1 ms}}\n", "did you mean `V_m`?"},
		{"record: {state: {of: a, variables: @u, every: 1 ms}}\n",
			"`u` is not kept by population `a` at record.state"},
		{"record: {state: {of: b, variables: [V_m, @u_bar], every: 1 ms}}\n",
			"expected a population with `keep_u: true`"},
		{"  c: {size: 3, like: a, keep_u: true}\n  d: {size: 3, like: c, keep_u: false}\n"
		 "record: {state: [{of: c, variables: u, every: 1 ms}, {of: d, variables: @u, every: 1 "
		 "ms}]}\n",
			"population `d`"},
		/* the objective keeps u of its population alone */
		{LEARN("protocol: {data: d, reset: false, phases: [{name: p, duration: 1 ms, readout: "
		       "true}], "
		       "stages: [{name: s}]}\n"
		       "objective: {model: softmax, of: o, projection: p_o, scale: 1 mV}\n"
		       "record: {state: [{of: o, variables: u, every: 1 ms}, {of: x, variables: @u, every: 1 "
		       "ms}]}\n"),
			"population `x`"},
		{"record: {state: {of: a, neurons: @4, every: 1 ms}}\n", "out of range"},
		{"record: {state: @{of: a}}\n", "`every` is missing"},
		{"record: {state: {of: a, every: 1 ms, from: @-1 ms}}\n", "before the start"},
		{"record: {state: {of: a, every: 1 ms, from: 9 ms, until: @8 ms}}\n",
			"ends before it begins"},
		{"record: {weights: {of: @a_a}}\n", "unknown projection `a_a`"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms") "record: {weights: @{of: a_a, "
									   "synapses: 0-3}}\n",
			"need each other"},
		{PROJECT("connect: all_to_all, weight: 1 mV, delay: 1 ms") "record: {weights: {of: a_a, "
									   "synapses: @16, trace_every: 1 "
									   "ms}}\n",
			"the last index is 15"},
		{"record: {rates: {of: a, filter: @counts, width: 1 ms, every: 1 ms}}\n",
			"did you mean `count`?"},
	};

	write_images();
	CHECK_ALL(list);
}

#define CHAIN(rest)                                                                                          \
	"spikem: 1\nduration: 100 ms\npopulations:\n  s: {size: 2, model: poisson, params: {rate: 1 Hz}}\n"  \
	"  x: {size: 2, model: lif_delta}\n  h: {size: 2, model: lif_delta, keep_u: true}\n"                 \
	"  c: {size: 2, copies: 3, model: lif_delta}\n  empty: {size: 0, model: lif_delta}\n"                \
	"projections:\n  - {name: f, from: x, to: h, connect: all_to_all, weight: 1 mV, delay: 1 ms}\n"      \
	"  - {name: g, from: h, to: x, connect: all_to_all, weight: 1 mV, delay: 1 ms}\n"                    \
	"  - {from: s, to: x, connect: all_to_all, weight: 1 mV, delay: 1 ms}\n"                             \
	"  - {from: c, to: x, connect: all_to_all, weight: 1 mV, delay: 1 ms}\n"                             \
	"record: {objective: " rest "}\n"
#define ON_GRID "width: 9 ms, every: 1 ms"

static void objectives(void)
{
	static const struct wrong list[] = {
		{CHAIN("@{layers: [x, h], decoders: g, sigma: [1 Hz, 1 Hz], every: 1 ms}"),
			"`width` is missing"},
		{CHAIN("{layers: @x, " ON_GRID ", sigma: [1 Hz]}"), "at least two layers"},
		{CHAIN("{layers: [x, @s], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"neurons are needed here"},
		{CHAIN("{layers: [x, @y], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"unknown population `y`"},
		{CHAIN("{layers: [x, @x], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"`x` is listed twice"},
		{CHAIN("{layers: [x, @empty], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"`empty` has no neurons"},
		{CHAIN("@{layers: [x, h], sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"from the bottom up: 1, not 0"},
		{CHAIN("{layers: [x, h], decoders: @[g, f], sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"below the top is needed, from the bottom up: 1, not 2"},
		{CHAIN("{layers: [x, h], decoders: @f, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"`f` leads from `x` to `h`, a decoder from `h` to `x` is expected here"},
		{CHAIN("{layers: [x, h], decoders: g, encoders: @g, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"an encoder from `x` to `h` is expected here"},
		{CHAIN("{layers: [x, h], decoders: @z, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"unknown projection `z`"},
		{CHAIN("{layers: [s, x], decoders: @s_x, encoders: s_x, sigma: [1 Hz], " ON_GRID "}"),
			"no decoder leads onto them"},
		{CHAIN("@{layers: [s, x], sigma: [1 Hz], " ON_GRID "}"), "nothing is predicted"},
		{CHAIN("{layers: [x, h], decoders: g, alpha: @1, sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"there are none"},
		{CHAIN("{layers: [x, h], decoders: g, encoders: @[f, g], sigma: [1 Hz, 1 Hz], " ON_GRID "}"),
			"above the first is needed, from the bottom up: 1, not 2"},
		{CHAIN("{layers: [x, h], decoders: g, sigma: @[1 Hz], " ON_GRID "}"),
			"a list of 2 is expected, not of 1"},
		{CHAIN("{layers: [x, h], decoders: g, sigma: [1 Hz, @1 mV], " ON_GRID "}"), "needs a rate"},
		{CHAIN("{layers: [x, h], decoders: g, sigma: [1 Hz, @0 Hz], " ON_GRID "}"), "must be > 0"},
		{CHAIN("{layers: [h, @x], decoders: f, readout: u, sigma: [1 mV, 1 mV], " ON_GRID "}"),
			"`u` is not kept by population `x`"},
		{CHAIN("{layers: [x, c], decoders: c_x, sigma: [1 Hz, 1 Hz], gradient: @true, " ON_GRID "}"),
			"`c` has copies"},
		{CHAIN("[{layers: [x, h], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID
		       "}, @{layers: [x, h], decoders: g, sigma: [1 Hz, 1 Hz], " ON_GRID "}]"),
			"two objectives are called `objective`"},
	};

	CHECK_ALL(list);
}

/* All of several mistakes are told, in the order of their places. */
static void several_at_once(void)
{
	struct loaded loaded =
		load_text("spikem: 1\nduration: 5\npopulations:\n  a: {size: x, model: lif_delta}\n"
			  "  b: {size: 3, model: lif_dleta, params: {tau_m: 3}}\nrecord: {spike: a}\n");
	const char *places[] = {":2:11:", ":4:13:", ":5:23:", ":6:10:"};
	const char *p = loaded.report;

	CHECK(loaded.rc == SPK_E_SCENARIO);
	for (size_t k = 0; k < 4; k++) {
		p = p != NULL ? strstr(p, places[k]) : NULL;
		if (!CHECK(p != NULL))
			printf("#   %s\n%s", places[k], loaded.report);
	}
	loaded_clear(&loaded);
}

/* Each recorded variable that is not kept, not the first alone; a mistake elsewhere comes before them. */
static void all_that_is_not_kept(void)
{
	static const char record[] =
		"record: {state: [{of: a, variables: [u, V_m, u_bar], every: 1 ms}, {of: a, variables: "
		"u, every: 1 ms}]}\n";
	char text[1024];
	struct loaded loaded;
	size_t n = 0;

	(void)snprintf(text, sizeof text, "%s%s", beginning, record);
	loaded = load_text(text);
	for (const char *p = loaded.report; p != NULL && (p = strstr(p, "not kept")) != NULL; p++)
		n++;
	CHECK(loaded.rc == SPK_E_SCENARIO && n == 3);
	loaded_clear(&loaded);
	(void)snprintf(text, sizeof text, "%s  c: {size: 3, model: lif_exq}\n%s", beginning, record);
	loaded = load_text(text);
	CHECK(loaded.rc == SPK_E_SCENARIO && loaded.report != NULL && strstr(loaded.report, "lif_exq") &&
		!strstr(loaded.report, "not kept"));
	loaded_clear(&loaded);
}

/* A mistake in an override is told at the override. */
static void overrides_are_named(void)
{
	static const char *const sets[] = {"populations.a.sizee=3"}, *const values[] = {
									     "populations.a.size=x"};
	char path[512];
	struct loaded loaded;

	scratch_path(path, sizeof path, "override.yaml");
	write_scratch(path, beginning, strlen(beginning));
	loaded = load_file(path, 1, sets);
	CHECK(loaded.report != NULL &&
		strncmp(loaded.report, "--set:1:15: error: unknown key `sizee`", 38) == 0);
	loaded_clear(&loaded);
	loaded = load_file(path, 1, values);
	CHECK(loaded.report != NULL &&
		strncmp(loaded.report, "--set:1:20: error: `size` needs a whole number", 46) == 0);
	loaded_clear(&loaded);
}

static void files_that_cannot_be_read(void)
{
	struct loaded loaded = load_file("/nonexistent.yaml", 0, NULL);

	CHECK(loaded.rc == SPK_E_IO && loaded.report == NULL &&
		strstr(loaded.err.text, "/nonexistent.yaml") != NULL);
	loaded_clear(&loaded);
	loaded = load_file("tests", 0, NULL);
	CHECK(loaded.rc == SPK_E_IO && loaded.err.text[0] != '\0');
	loaded_clear(&loaded);
}

TEST_MAIN(TEST(keys), TEST(numbers), TEST(populations), TEST(inputs), TEST(projections),
	TEST(weights_and_delays), TEST(recordings), TEST(objectives), TEST(several_at_once),
	TEST(all_that_is_not_kept), TEST(overrides_are_named), TEST(files_that_cannot_be_read))
