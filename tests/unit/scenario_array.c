/* Weights and parameters that a scenario takes from HDF5 files, and the mistakes one can make there. */
#include "tests/unit/array_file.h"

#include <math.h>

#define NET "spikem: 1\nduration: 1 s\npopulations:\n"

/* ---- Weights ------------------------------------------------------------------------------------ */

enum { N_FROM = 3, N_TO = 2, N = N_FROM * N_TO };

/* All pairs of 3 and 2 units by source; snapshot k has the weights 100 k + 10 source + target. */
static void write_recording(const char *name, int complete)
{
	struct spk_file *const file = begin_file(name);
	double source[N], target[N], delay[N], weight[N], odd[N];
	char path[64];

	for (int k = 0; k < N; k++) {
		source[k] = k / N_TO;
		target[k] = k % N_TO;
		delay[k] = 1;
		odd[k] = k == 4 ? (double)NAN : k;
	}
	put(file, "/weights/p/source", N, 0, source, "");
	put(file, "/weights/p/target", N, 0, target, "");
	put(file, "/weights/p/delay", N, 0, delay, "ms");
	put(file, "/weights/few/source", 4, 0, source, "");
	put(file, "/weights/few/target", 4, 0, target, "");
	put(file, "/weights/few/delay", 4, 0, delay, "ms");
	put(file, "/weights/few/snapshots/000000", 3, 0, delay, "mV");
	put(file, "/weights/odd/source", N, 0, odd, "");
	put(file, "/weights/odd/target", N, 0, target, "");
	put(file, "/weights/odd/delay", N, 0, delay, "ms");
	put(file, "/weights/odd/snapshots/000000", N, 0, odd, "mV");
	put(file, "/weights/nan/source", N, 0, source, "");
	put(file, "/weights/nan/target", N, 0, target, "");
	put(file, "/weights/nan/delay", N, 0, delay, "ms");
	put(file, "/weights/nan/snapshots/000000", N, 0, odd, "");
	for (int snapshot = 0; snapshot < 12; snapshot++) {
		for (int k = 0; k < N; k++)
			weight[k] = 100 * snapshot + 10 * source[k] + target[k];
		(void)snprintf(path, sizeof path, "/weights/p/snapshots/%06d", snapshot);
		put(file, path, N, 0, weight, "mV");
	}
	CHECK(spk_file_close(file, complete, NULL) == SPK_OK);
}

#define PAIRS                                                                                                \
	NET "  s: {size: 3, model: poisson, params: {rate: 1 Hz}}\n"                                         \
	    "  a: {size: 2, model: lif_delta}\nprojections:\n"                                               \
	    "  - {name: p, from: s, to: a, delay: 1 ms, "

/* Weight of all_to_all from s to t. */
static double weight_of(const struct loaded *loaded, int s, int t)
{
	const struct spk_projection *const p = loaded->scenario->projections;

	CHECK(p->weight.law == SPK_LIST && p->weight.n_list == N);
	return p->weight.list[t * N_FROM + s];
}

static void check_weights(const char *weight, double base, double scale)
{
	char text[1024];
	struct loaded loaded;

	(void)snprintf(text, sizeof text, PAIRS "connect: all_to_all, weight: %s}\n", weight);
	loaded = load_right(text);
	for (int s = 0; s < N_FROM && loaded.scenario != NULL; s++)
		for (int t = 0; t < N_TO; t++)
			CHECK(weight_of(&loaded, s, t) == scale * (base + 10 * s + t));
	loaded_clear(&loaded);
}

static void weights_of_a_recording_go_to_their_synapses(void)
{
	write_recording("w.h5", 1);
	check_weights("{file: w.h5}", 1100, 1);
	check_weights("{file: w.h5, snapshot: last}", 1100, 1);
	check_weights("{file: w.h5, snapshot: first}", 0, 1);
	check_weights("{file: w.h5, snapshot: 9, scale: -0.5}", 900, -0.5);
	check_weights("{file: w.h5, path: /weights/p, snapshot: 3}", 300, 1);
}

static void synapses_that_a_list_names_get_theirs(void)
{
	struct loaded loaded;

	write_recording("w.h5", 1);
	loaded = load_right(PAIRS "connect: {list: [[2, 1], [0, 0], [1, 1], [2, 0], [1, 0], [0, 1]]}, "
				  "weight: {file: w.h5, snapshot: first}}\n");
	if (loaded.scenario != NULL) {
		const double *const list = loaded.scenario->projections->weight.list;

		CHECK(list[0] == 21 && list[1] == 0 && list[2] == 11 && list[3] == 20 && list[4] == 10 &&
			list[5] == 1);
	}
	loaded_clear(&loaded);
}

static void a_file_name_can_be_set(void)
{
	static const char *const sets[] = {
		"projections[0].weight.file=w.h5", "projections[0].weight.snapshot=2"};
	char path[512];
	struct loaded loaded;

	write_recording("w.h5", 1);
	scratch_path(path, sizeof path, "set.yaml");
	write_scratch(path, PAIRS "connect: all_to_all, weight: {file: no.h5}}\n",
		strlen(PAIRS "connect: all_to_all, weight: {file: no.h5}}\n"));
	loaded = load_file(path, 2, sets);
	if (CHECK(loaded.scenario != NULL))
		CHECK(weight_of(&loaded, 1, 1) == 211);
	loaded_clear(&loaded);
}

/* Projection p takes the last weights of its name, whatever its own say; q, of which there are none, and r,
 * which has those of p, follow. */
static void initial_weights_go_to_projections_of_their_names(void)
{
	struct loaded loaded;

	write_recording("w.h5", 1);
	loaded = load_right(
		PAIRS "connect: all_to_all, weight: 5 mV}\n"
		      "  - {name: q, from: s, to: a, delay: 1 ms, connect: all_to_all, weight: 7 mV}\n"
		      "  - {name: r, from: s, to: a, delay: 1 ms, connect: all_to_all, weight: {of: p, "
		      "scale: -1}}\ninitial_weights: w.h5\n");
	if (loaded.scenario != NULL) {
		const struct spk_projection *const all = loaded.scenario->projections;

		CHECK(weight_of(&loaded, 2, 1) == 1121);
		CHECK(all[1].weight.law == SPK_CONSTANT && all[1].weight.a == 7);
		CHECK(all[2].weights_of == 1 && all[2].weight_scale == -1 &&
			all[2].weight.list == all[0].weight.list);
	}
	loaded_clear(&loaded);
}

static void wrong_initial_weights(void)
{
	static const struct wrong wrongs[] = {
		{"connect: all_to_all, weight: 5 mV}\ninitial_weights: @none.h5\n", "cannot open the file"},
		{"connect: all_to_all, weight: 5 mV}\ninitial_weights: @other.h5\n",
			"weights of no projection of this scenario"},
		{"connect: {fixed_in_degree: 1}, weight: 5 mV}\ninitial_weights: @w.h5\n",
			"/weights/p has 6 synapses"},
		{"connect: all_to_all, weight: 5 mV}\n@initial_weight: w.h5\n",
			"did you mean `initial_weights`"},
	};

	struct spk_file *const other = begin_file("other.h5");

	put(other, "/weights/q/source", 1, 0, &(double){0}, "");
	CHECK(spk_file_close(other, 1, NULL) == SPK_OK);
	write_recording("w.h5", 1);
	for (size_t k = 0; k < sizeof wrongs / sizeof *wrongs; k++)
		check_wrong_after(PAIRS, &wrongs[k]);
}

static void learning_goes_on_within_bounds(void)
{
	struct loaded loaded;

	write_recording("w.h5", 1);
	loaded = load_right(
		PAIRS "connect: {list: [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]}, weight: {file: "
		      "w.h5, snapshot: 1}, plasticity: {rule: stdp_pair, bounds: [100 mV, 121 mV]}}\n");
	loaded_clear(&loaded);
}

static void wrong_weights(void)
{
	static const struct wrong wrongs[] = {
		{"connect: all_to_all, weight: {file: @none.h5}}\n", "cannot open the file"},
		{"connect: all_to_all, weight: {file: @scenario_under_test.yaml}}\n", "as HDF5"},
		{"connect: all_to_all, weight: {file: w.h5, path: @/weights/q}}\n",
			"the result file has no /weights/q/source; /weights has few, nan, odd, p"},
		{"connect: all_to_all, weight: {file: @w.h5, snapshot: 12}}\n",
			"no /weights/p/snapshots/000012"},
		{"connect: all_to_all, weight: {file: w.h5, snapshot: @next}}\n", "`snapshot`"},
		{"connect: all_to_all, weight: {file: w.h5, @snapshots: 1}}\n", "did you mean `snapshot`"},
		{"connect: all_to_all, weight: @{path: /weights/p}}\n", "`file`"},
		{"connect: all_to_all, weight: {file: w.h5, path: @/weights/few}}\n",
			"/weights/few/snapshots/000000 holds 3 x 1 numbers for 4 synapses"},
		{"connect: all_to_all, weight: {file: w.h5, path: @/weights/odd}}\n", "which are no neurons"},
		{"connect: all_to_all, weight: {file: w.h5, path: @/weights/nan}}\n", "is not finite"},
		{"connect: {list: [[0, 0]]}, weight: {file: @w.h5}}\n",
			"/weights/p has 6 synapses, the projection p has 1"},
		{"connect: {list: [[0, 0], [0, 1], [1, 0], [1, 0], [2, 0], [2, 1]]}, weight: {file: "
		 "@w.h5}}\n",
			"only the projection has a synapse from 1 to 0"},
		{"connect: {list: [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [2, 1]]}, weight: {file: "
		 "@w.h5}}\n",
			"only the file has a synapse from 2 to 0"},
		{"connect: all_to_all, weight: {file: w.h5}, plasticity: {rule: stdp_pair, bounds: @[0 mV, 1 "
		 "mV]}}\n",
			"do not all lie within"},
		{"connect: all_to_all, weight: {file: w.h5, scale: @1 mV}}\n", "`scale`"},
	};

	write_recording("w.h5", 1);
	for (size_t k = 0; k < sizeof wrongs / sizeof *wrongs; k++)
		check_wrong_after(PAIRS, &wrongs[k]);
}

static void weights_of_an_unfinished_run(void)
{
	static const struct wrong wrong = {
		"connect: all_to_all, weight: {file: @w.h5}}\n", "the run was not finished"};

	write_recording("w.h5", 0);
	check_wrong_after(PAIRS, &wrong);
	check_weights("{file: w.h5, snapshot: 4}", 400, 1);
}

static void weights_in_another_unit(void)
{
	static const struct wrong wrong = {"connect: all_to_all, weight: {file: @w.h5}}\n", "pA is needed"};

	write_recording("w.h5", 1);
	check_wrong_after(NET "  s: {size: 3, model: poisson, params: {rate: 1 Hz}}\n"
			      "  a: {size: 2, model: lif_exp}\nprojections:\n"
			      "  - {name: p, from: s, to: a, delay: 1 ms, ",
		&wrong);
}

/* Two synapses of one pair stand in the order of the rule; with delays that differ they cannot be told. */
static void several_synapses_of_a_pair(void)
{
	static const char net[] = NET "  s: {size: 1, model: poisson, params: {rate: 1 Hz}}\n"
				      "  a: {size: 1, model: lif_delta}\nprojections:\n"
				      "  - {name: p, from: s, to: a, ";
	static const double zero[2] = {0}, delay[] = {1, 1}, delays[] = {1, 2}, weight[] = {7, 5};
	static const struct wrong file = {
		"delay: 1 ms, connect: {fixed_total: 2}, weight: {file: m.h5, path: @/weights/d}}\n",
		"from 0 to 0 with delays that differ"};
	static const struct wrong drawn = {
		"delay: {uniform: [1 ms, 2 ms]}, connect: {fixed_total: 2}, weight: {file: @m.h5}}\n",
		"from 0 to 0 with delays that differ"};
	struct spk_file *const out = begin_file("m.h5");
	static const char *const groups[] = {"p", "d"};
	char text[1024], path[64];
	struct loaded loaded;

	for (int k = 0; k < 2; k++) {
		(void)snprintf(path, sizeof path, "/weights/%s/source", groups[k]);
		put(out, path, 2, 0, zero, "");
		(void)snprintf(path, sizeof path, "/weights/%s/target", groups[k]);
		put(out, path, 2, 0, zero, "");
		(void)snprintf(path, sizeof path, "/weights/%s/delay", groups[k]);
		put(out, path, 2, 0, k == 0 ? delay : delays, "ms");
		(void)snprintf(path, sizeof path, "/weights/%s/snapshots/000000", groups[k]);
		put(out, path, 2, 0, weight, "mV");
	}
	CHECK(spk_file_close(out, 1, NULL) == SPK_OK);
	(void)snprintf(
		text, sizeof text, "%sdelay: 1 ms, connect: {fixed_total: 2}, weight: {file: m.h5}}\n", net);
	loaded = load_right(text);
	if (loaded.scenario != NULL)
		CHECK(loaded.scenario->projections->weight.list[0] == 7 &&
			loaded.scenario->projections->weight.list[1] == 5);
	loaded_clear(&loaded);
	check_wrong_after(net, &file);
	check_wrong_after(net, &drawn);
}

/* ---- Parameters --------------------------------------------------------------------------------- */

static void write_biases(void)
{
	static const double bias[] = {1, -2, 3}, broken[] = {1, NAN, 3};
	struct spk_file *const file = begin_file("b.h5");

	put(file, "/bias", 3, 0, bias, "");
	put(file, "/current", 3, 0, bias, "pA");
	put(file, "/broken", 3, 0, broken, "");
	put(file, "/table", 3, 2, (const double[6]){0}, "");
	CHECK(spk_file_text(file, "/text", "none", NULL) == SPK_OK);
	CHECK(spk_file_close(file, 1, NULL) == SPK_OK);
}

static const struct spk_value *find_param(const struct loaded *loaded, const char *name)
{
	const struct spk_population *const a = loaded->scenario->populations;

	for (size_t k = 0; k < a->neuron->n_params; k++)
		if (strcmp(a->neuron->params[k].name, name) == 0)
			return &a->params[k];
	for (size_t k = 0; k < a->neuron->n_states; k++)
		if (strcmp(a->neuron->states[k].name, name) == 0)
			return &a->initial[k];
	CHECK(!"field exists");
	return a->params;
}

static void parameters_and_states_of_a_file(void)
{
	struct loaded loaded;

	write_biases();
	loaded = load_right(
		NET "  a: {size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: /bias, scale: 100, "
		    "offset: 0.25 nA}, tau_m: 20 ms}, initial: {V_m: {file: b.h5, path: /bias}}}\n"
		    "  b: {size: 3, like: a, params: {I_e: {file: b.h5, path: /current}}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_value *const current = find_param(&loaded, "I_e"), *const v = find_param(
											    &loaded, "V_m");

		CHECK(current->law == SPK_LIST && current->n_list == 3 && current->list[0] == 350 &&
			current->list[1] == 50 && current->list[2] == 550);
		CHECK(v->law == SPK_LIST && v->n_list == 3 && v->list[1] == -2);
	}
	loaded_clear(&loaded);
}

static void wrong_parameters(void)
{
	static const struct wrong wrongs[] = {
		{"{size: 3, model: lif_exp, params: {I_e: @{file: b.h5}}}\n", "`path` is missing"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: @none.h5, path: /bias}}}\n", "cannot open"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: @/bis}}}\n",
			"has no /bis; / has bias, broken, current"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: @/text}}}\n",
			"no data set of numbers"},
		{"{size: 4, model: lif_exp, params: {I_e: {file: b.h5, path: @/bias}}}\n",
			"/bias holds 3 x 1 numbers for 4 neurons"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: @/table}}}\n",
			"/table holds 3 x 2 numbers for 3 neurons"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: @/broken}}}\n",
			"value 1 gives nan pA"},
		{"{size: 3, model: lif_exp, params: {tau_m: {file: b.h5, path: @/bias}}}\n",
			"value 1 gives -2 ms, which `tau_m` cannot be"},
		{"{size: 3, model: lif_exp, params: {V_th: {file: b.h5, path: @/current}}}\n",
			"/current is in pA, mV is needed"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: /bias, offset: @1 mV}}}\n",
			"`offset`"},
		{"{size: 3, model: lif_exp, params: {I_e: {file: b.h5, path: /bias, @shift: 1 pA}}}\n",
			"unknown key"},
	};

	write_biases();
	for (size_t k = 0; k < sizeof wrongs / sizeof *wrongs; k++)
		check_wrong_after(NET "  a: ", &wrongs[k]);
}

TEST_MAIN(TEST(weights_of_a_recording_go_to_their_synapses), TEST(synapses_that_a_list_names_get_theirs),
	TEST(a_file_name_can_be_set), TEST(initial_weights_go_to_projections_of_their_names),
	TEST(wrong_initial_weights), TEST(learning_goes_on_within_bounds), TEST(wrong_weights),
	TEST(weights_of_an_unfinished_run), TEST(weights_in_another_unit), TEST(several_synapses_of_a_pair),
	TEST(parameters_and_states_of_a_file), TEST(wrong_parameters))
