/* Right scenarios: every kind of key, defaults, data files, and the text as used. */
#include "tests/unit/scenario_file.h"

#include <spikem/file.h>

static const char full[] = "tests/data/scenario/full.yaml";

static struct loaded load_right(const char *path, size_t n, const char *const *sets)
{
	struct loaded loaded = load_file(path, n, sets);

	if (!CHECK(loaded.rc == SPK_OK && loaded.scenario != NULL && loaded.report == NULL))
		printf("# %s\n", loaded.report != NULL ? loaded.report : loaded.err.text);
	return loaded;
}

static struct loaded load_right_text(const char *text)
{
	char path[512];

	scratch_path(path, sizeof path, "right.yaml");
	write_scratch(path, text, strlen(text));
	return load_right(path, 0, NULL);
}

static const struct spk_population *find_population(const struct spk_scenario *scenario, const char *name)
{
	for (size_t k = 0; k < scenario->n_populations; k++)
		if (strcmp(scenario->populations[k].name, name) == 0)
			return &scenario->populations[k];
	CHECK(!"population exists");
	return scenario->populations;
}

static const struct spk_projection *find_projection(const struct spk_scenario *scenario, const char *name)
{
	for (size_t k = 0; k < scenario->n_projections; k++)
		if (strcmp(scenario->projections[k].name, name) == 0)
			return &scenario->projections[k];
	printf("# no projection %s\n", name);
	CHECK(!"projection exists");
	return scenario->projections;
}

/* Value of a parameter. */
static const struct spk_value *get_param(const struct spk_population *population, const char *name)
{
	for (size_t k = 0; k < population->neuron->n_params; k++)
		if (strcmp(population->neuron->params[k].name, name) == 0)
			return &population->params[k];
	CHECK(!"parameter exists");
	return population->params;
}

static void top_keys(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_scenario *const s = loaded.scenario;

	if (s != NULL) {
		CHECK_STR(s->title, "Everything: \"once\", even µ");
		CHECK(s->seed == UINT64_MAX && s->start == 100.0);
		/* (3 epochs x 2 + 2 + 4 items) x 120 ms */
		CHECK(s->duration == 12 * 120.0);
		CHECK_STR(s->path, full);
		CHECK(strncmp(s->text, "# Every kind", 12) == 0);
	}
	loaded_clear(&loaded);
}

static void populations(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_scenario *const s = loaded.scenario;
	const struct spk_population *exc, *inh, *sched, *given;

	if (s == NULL)
		return;
	exc = find_population(s, "exc");
	CHECK(exc->size == 4 && exc->source == NULL && exc->where.line == 9 && exc->where.column == 3);
	CHECK_STR(exc->neuron->name, "lif_exp");
	CHECK(get_param(exc, "tau_m")->law == SPK_CONSTANT && get_param(exc, "tau_m")->a == 20.0);
	CHECK(get_param(exc, "C_m")->a == 250.0);
	CHECK(get_param(exc, "I_e")->law == SPK_UNIFORM && get_param(exc, "I_e")->b == 10.0);
	CHECK(get_param(exc, "V_th")->n_list == 4 && get_param(exc, "V_th")->list[3] == 23.0);
	CHECK(exc->initial[SPK_V_M].law == SPK_NORMAL && exc->initial[SPK_V_M].a == 5.0 &&
		exc->initial[SPK_V_M].b == 2.0 && exc->initial[SPK_V_M].hi == 9.0);
	CHECK(exc->initial[SPK_U].law == SPK_CONSTANT && isnan(exc->initial[SPK_U].a));
	CHECK(exc->keep_u && find_population(s, "inh")->keep_u); /* inherited */
	CHECK(!find_population(s, "out")->keep_u && !find_population(s, "pix")->keep_u);
	inh = find_population(s, "inh");
	CHECK(inh->size == 2 && inh->neuron == exc->neuron);
	CHECK(get_param(inh, "tau_m")->a == 10.0 && get_param(inh, "V_th")->law == SPK_CONSTANT);
	CHECK(get_param(inh, "V_reset")->a == 10.0 && inh->initial[SPK_V_M].a == 5.0);
	CHECK(find_population(s, "none_of_them")->size == 0);
	sched = find_population(s, "sched");
	CHECK(sched->neuron == NULL && strcmp(sched->source->name, "poisson") == 0);
	CHECK(sched->rate.n == 2 && sched->rate.times[1] == 200.0 && sched->rate.values[1] == 20.0);
	given = find_population(s, "given");
	CHECK(given->n_spikes == 3 && given->spike_times[0] == 101.0 && given->spike_ids[0] == 0);
	CHECK(given->spike_ids[1] == 1 && given->spike_ids[2] == 2); /* by time, then id */
	loaded_clear(&loaded);
}

static void inputs(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_input *const inputs = loaded.scenario != NULL ? loaded.scenario->inputs : NULL;

	if (!CHECK(inputs != NULL && loaded.scenario->n_inputs == 3))
		return;
	CHECK_STR(inputs[0].name, "background");
	CHECK(inputs[0].kind == SPK_INPUT_POISSON && inputs[0].n_targets == 2 && inputs[0].neurons.n == 0);
	CHECK(inputs[0].rate.a == 20000.0 && inputs[0].weight == 87.5);
	CHECK(inputs[1].rate.law == SPK_LIST && inputs[1].rate.list[2] == 3.0 && inputs[1].schedule.n == 1);
	CHECK(inputs[1].neurons.n == 2 && inputs[1].neurons.ranges[1].first == 2);
	CHECK(inputs[2].kind == SPK_INPUT_CURRENT && inputs[2].schedule.values[1] == -50.0);
	CHECK(inputs[2].neurons.n == 1 && inputs[2].neurons.ranges[0].last == 2);
	loaded_clear(&loaded);
}

static void projections(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_scenario *const s = loaded.scenario;
	const struct spk_projection *p;

	if (s == NULL)
		return;
	CHECK(s->n_projections == 11);
	p = find_projection(s, "exc_exc");
	CHECK(p->connect == SPK_CONNECT_IN_DEGREE && p->n == 3 && !p->autapses && !p->multapses);
	CHECK(p->weight.a == 10.0 && p->axonal.a == 1.5 && p->dendritic.law == SPK_CONSTANT &&
		p->dendritic.a == 0.0);
	CHECK(find_projection(s, "exc_inh")->n == 3 &&
		find_projection(s, "exc_inh_2")->connect == SPK_CONNECT_LIST);
	CHECK(find_projection(s, "exc_exc_2")->connect == SPK_CONNECT_TOTAL &&
		find_projection(s, "exc_exc_2")->n == 7);
	p = find_projection(s, "inh_exc");
	CHECK(p->connect == SPK_CONNECT_OUT_DEGREE && p->autapses && p->multapses &&
		p->weight.law == SPK_LOGNORMAL);
	CHECK(p->weight.hi == 3.0 && p->axonal.a == 1.0 && p->dendritic.a == 0.5);
	p = find_projection(s, "half_given_inh");
	CHECK(p->connect == SPK_CONNECT_PROBABILITY && p->p == 0.5 && p->weight.law == SPK_EXPONENTIAL);
	CHECK(p->axonal.law == SPK_UNIFORM && find_projection(s, "half_sched_inh")->p == 0.5);
	p = find_projection(s, "exc_inh_2");
	CHECK(p->n_list == 2 && p->pre[1] == 3 && p->post[0] == 1 && p->weight.list[1] == 2.0);
	p = find_projection(s, "rows");
	CHECK(p->n_list == 2 && p->weight.list[1] == -4.0 && p->axonal.list[1] == 2.0 &&
		p->axonal.n_list == 2);
	p = find_projection(s, "filed");
	CHECK(p->n_list == 2 && p->pre[1] == 3 && p->weight.list[1] == -0.5 && p->axonal.list[0] == 1.5);
	CHECK(find_projection(s, "pairs")->connect == SPK_CONNECT_ONE);
	loaded_clear(&loaded);
}

static void plasticity(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_projection *p;

	if (loaded.scenario == NULL)
		return;
	p = find_projection(loaded.scenario, "pix_out");
	CHECK(p->connect == SPK_CONNECT_ALL && p->plasticity != NULL && p->n_probes == 2);
	CHECK_STR(p->plasticity->name, "learn");
	CHECK_STR(p->plasticity->model->name, "stdp_pair");
	CHECK(p->plasticity->w_min == 0.0 && p->plasticity->w_max == 0.2);
	for (size_t k = 0; k < p->plasticity->model->n_params; k++) {
		const struct spk_field *const field = &p->plasticity->model->params[k];
		const double want = strcmp(field->name, "A_plus") == 0    ? 0.01
				    : strcmp(field->name, "pairing") == 0 ? 1.0
									  : field->def;

		CHECK(p->plasticity->params[k] == want);
	}
	CHECK_STR(p->probes[0].name, "dV");
	CHECK_STR(p->probes[1].name, "eq1");
	CHECK(isinf(p->probes[0].w_max) && p->probes[0].params[0] != p->probes[1].params[0]);
	CHECK(find_projection(loaded.scenario, "pairs")->plasticity == NULL);
	loaded_clear(&loaded);
}

static void recordings(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_scenario *const s = loaded.scenario;

	if (s == NULL)
		return;
	for (size_t k = 0; k < s->n_populations; k++)
		CHECK(s->record_spikes[k] == (strcmp(s->populations[k].name, "exc") == 0 ||
						     strcmp(s->populations[k].name, "pix") == 0));
	CHECK(s->n_states == 1 && s->states[0].n_variables == 2 && s->states[0].variables[1] == SPK_U);
	CHECK(s->states[0].from == 110.0 && s->states[0].until == 1000.0 && s->states[0].neurons.n == 2);
	CHECK(s->n_weights == 2 && s->weights[0].every == 100.0 && s->weights[0].synapses.n == 1);
	CHECK(s->weights[0].trace_every == 1.0 && isinf(s->weights[1].every) &&
		s->weights[1].synapses.n == 0);
	CHECK(s->n_rates == 2 && s->rates[0].filter == SPK_RATE_EXPONENTIAL &&
		s->rates[1].filter == SPK_RATE_COUNT);
	loaded_clear(&loaded);
}

static void protocol_and_data(void)
{
	struct loaded loaded = load_right(full, 0, NULL);
	const struct spk_protocol *const p = loaded.scenario != NULL ? &loaded.scenario->protocol : NULL;
	const struct spk_dataset *data;

	if (p == NULL)
		return;
	data = &loaded.scenario->datasets[p->dataset];
	CHECK(data->n_items == 4 && data->n_pixels == 6 && data->height == 2 && data->width == 3 &&
		data->n_labels == 3);
	CHECK(data->pixels[1] == 0.5f && data->pixels[6] == 1.0f && data->labels[3] == 2);
	CHECK(data->n_splits == 2 && data->splits[1].items.n == 1 &&
		data->splits[1].items.ranges[0].first == 2);
	CHECK(p->on && p->reset.all && p->linear_baseline && p->n_phases == 3 && p->n_stages == 3);
	CHECK(p->phases[0].n_shown == 1 && !p->phases[0].gate.all && p->phases[1].readout &&
		p->phases[2].gate.all);
	CHECK(p->phases[2].nudge == 20.0 && p->phases[2].nudge_paired && p->phases[2].clamp.on);
	CHECK(p->phases[2].clamp.on_pa == 50.0 && p->phases[2].clamp.off_pa == -1.0 &&
		!p->phases[0].clamp.on);
	CHECK(p->stages[0].epochs == 3 && p->stages[0].shuffled && p->stages[0].learn && !p->stages[1].learn);
	CHECK(p->stages[2].items.n == 1 && p->stages[2].items.ranges[0].last == 3);
	CHECK(p->objective.on && p->objective.kind == SPK_OBJECTIVE_SQUARED &&
		p->objective.readout == SPK_READ_RATE);
	CHECK(p->objective.scale == 2.0 && p->objective.target_on == 20.0 && p->objective.target_off == 5.0);
	CHECK(p->objective.window == 30.0);
	CHECK_STR(loaded.scenario->projections[p->objective.projection].name, "pix_out");
	loaded_clear(&loaded);
}

/* ---- The text as used --------------------------------------------------------------------------- */

static void check_same_value(const struct spk_value *a, const struct spk_value *b)
{
	CHECK(a->law == b->law && memcmp(&a->a, &b->a, sizeof a->a) == 0 && a->b == b->b);
	CHECK(a->lo == b->lo && a->hi == b->hi && a->n_list == b->n_list);
	for (size_t k = 0; k < a->n_list; k++)
		CHECK(a->list[k] == b->list[k]);
}

static void check_same_network(const struct spk_scenario *a, const struct spk_scenario *b)
{
	CHECK(a->seed == b->seed && a->start == b->start && a->duration == b->duration);
	CHECK(a->n_populations == b->n_populations && a->n_projections == b->n_projections);
	for (size_t k = 0; k < a->n_populations; k++) {
		const struct spk_population *const x = &a->populations[k], *const y = &b->populations[k];

		CHECK(x->size == y->size && x->neuron == y->neuron && x->source == y->source &&
			x->n_spikes == y->n_spikes && x->keep_u == y->keep_u);
		for (size_t i = 0; x->neuron != NULL && i < x->neuron->n_params; i++)
			check_same_value(&x->params[i], &y->params[i]);
		for (size_t i = 0; x->neuron != NULL && i < x->neuron->n_states; i++)
			check_same_value(&x->initial[i], &y->initial[i]);
		CHECK(a->record_spikes[k] == b->record_spikes[k]);
	}
	for (size_t k = 0; k < a->n_projections; k++) {
		const struct spk_projection *const x = &a->projections[k], *const y = &b->projections[k];

		CHECK_STR(x->name, y->name);
		CHECK(x->connect == y->connect && x->n == y->n && x->p == y->p && x->n_list == y->n_list);
		CHECK(x->autapses == y->autapses && x->multapses == y->multapses &&
			x->n_probes == y->n_probes);
		check_same_value(&x->weight, &y->weight);
		check_same_value(&x->axonal, &y->axonal);
		check_same_value(&x->dendritic, &y->dendritic);
	}
}

/* What is stored in the output is a scenario, the same one, and its own text as used. */
static void the_text_as_used_is_the_same_scenario(void)
{
	static const char path[] =
		"tests/data/scenario/used_by_test.yaml"; /* beside the data that it names */
	static const char *const sets[] = {"protocol.stages[0].epochs=2", "seed=7"};
	struct loaded first = load_right(full, 2, sets);
	struct loaded second;

	if (first.scenario == NULL)
		return;
	write_scratch(path, first.scenario->used, strlen(first.scenario->used));
	second = load_right(path, 0, NULL);
	CHECK(remove(path) == 0);
	if (second.scenario != NULL) {
		CHECK_STR(second.scenario->used, first.scenario->used);
		CHECK(second.scenario->seed == 7 && second.scenario->protocol.stages[0].epochs == 2);
		check_same_network(first.scenario, second.scenario);
		CHECK(strstr(first.scenario->used, "tau_syn_ex: 5 ms") !=
			NULL); /* defaults are written out */
	}
	loaded_clear(&first);
	loaded_clear(&second);
}

static void defaults(void)
{
	struct loaded loaded = load_right_text(
		"spikem: 1\nduration: 1 s\npopulations:\n"
		"  a: {size: 2, model: lif_delta}\n  s: {size: 1, model: poisson, params: {rate: 1 Hz}}\n");
	const struct spk_scenario *const s = loaded.scenario;

	if (s == NULL)
		return;
	CHECK(s->seed == 1 && s->start == 0.0 && s->duration == 1000.0 && s->title[0] == '\0');
	CHECK(s->record_spikes[0] == 1 && s->record_spikes[1] == 0); /* neurons, not sources */
	CHECK(!s->protocol.on && !s->protocol.objective.on && s->n_projections == 0 && s->n_states == 0);
	for (size_t k = 0; k < s->populations[0].neuron->n_params; k++)
		CHECK(s->populations[0].params[k].a == s->populations[0].neuron->params[k].def);
	loaded_clear(&loaded);
}

/* A run cut short needs no other edits: recordings end with it. */
static void recordings_end_with_the_run(void)
{
	struct loaded loaded =
		load_right_text("spikem: 1\nduration: 1 s\npopulations: {a: {size: 2, model: lif_delta}}\n"
				"record: {state: {of: a, every: 1 ms, until: 5 s}}\n");

	if (loaded.scenario != NULL)
		CHECK(loaded.scenario->states[0].until == 1000.0 && loaded.scenario->states[0].from == 0.0);
	loaded_clear(&loaded);
}

/* u may be recorded wherever it is kept: by wish, or because something needs it. */
static void recorded_potentials(void)
{
	struct loaded loaded =
		load_right_text("spikem: 1\nduration: 1 s\npopulations:\n"
				"  wish: {size: 2, model: lif_delta, keep_u: true}\n"
				"  heir: {size: 2, like: wish}\n"
				"  rule: {size: 2, model: lif_exp}\n"
				"  drawn: {size: 2, model: lif_delta, params: {tau_m: [10 ms, 20 ms]}}\n"
				"  other: {size: 2, like: wish, keep_u: false}\n"
				"projections:\n"
				"  - {from: wish, to: rule, connect: all_to_all, weight: 1 pA, delay: 1 ms, "
				"probes: {rule: eq1, params: {eta: 1.0}}}\n"
				"record:\n  state:\n"
				"    - {of: wish, variables: [u, u_bar], every: 1 ms}\n"
				"    - {of: heir, variables: u, every: 1 ms}\n"
				"    - {of: rule, variables: u_bar, every: 1 ms}\n"
				"    - {of: drawn, variables: u, every: 1 ms}\n"
				"    - {of: other, variables: V_m, every: 1 ms}\n");
	const struct spk_scenario *const s = loaded.scenario;

	if (s == NULL)
		return;
	CHECK(s->n_states == 5 && s->states[0].variables[1] == SPK_U_BAR);
	CHECK(find_population(s, "wish")->keep_u && find_population(s, "heir")->keep_u);
	CHECK(!find_population(s, "rule")->keep_u && !find_population(s, "other")->keep_u);
	CHECK(strstr(s->used, "keep_u: true") != NULL && strstr(s->used, "keep_u: false") != NULL);
	loaded_clear(&loaded);
}

/* ---- Data files --------------------------------------------------------------------------------- */

static void spikes_from_csv(void)
{
	struct loaded loaded;
	char path[512];

	scratch_path(path, sizeof path, "given.csv");
	write_scratch(path, "id,time\n2,3.5\n0,1\n\n# end\n1,3.5\n", 30);
	loaded = load_right_text("spikem: 1\nduration: 1 s\npopulations:\n"
				 "  s: {size: 3, model: spike_list, spikes: {file: given.csv}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_population *const s = loaded.scenario->populations;

		CHECK(s->n_spikes == 3 && s->spike_times[0] == 1.0 && s->spike_ids[1] == 1 &&
			s->spike_ids[2] == 2);
	}
	loaded_clear(&loaded);
}

/* Spikes and connections from a file such as this program writes. */
static void spikes_and_connections_from_hdf5(void)
{
	static const double times[] = {1.0, 2.0, 3.0}, weights[] = {0.5, -0.5}, delays[] = {1.0, 2.5};
	static const uint64_t ids[] = {1, 0, 1}, sources[] = {1, 0}, targets[] = {0, 2}, dims[] = {2};
	const void *const columns[] = {times, ids};
	struct spk_file *file = NULL;
	struct spk_stream *stream = NULL;
	struct loaded loaded;
	char path[512];

	scratch_path(path, sizeof path, "given.h5");
	CHECK(spk_file_create(path, NULL, &file, NULL) == SPK_OK);
	if (file == NULL)
		return;
	CHECK(spk_file_spikes(file, "exc", &stream, NULL) == SPK_OK);
	CHECK(spk_stream_append(stream, 3, columns, NULL) == SPK_OK);
	CHECK(spk_file_array(file, "/weights/a/source", SPK_U64, 1, dims, sources, "", "", NULL) == SPK_OK);
	CHECK(spk_file_array(file, "/weights/a/target", SPK_U64, 1, dims, targets, "", "", NULL) == SPK_OK);
	CHECK(spk_file_array(file, "/weights/a/weight", SPK_F64, 1, dims, weights, "mV", "", NULL) == SPK_OK);
	CHECK(spk_file_array(file, "/weights/a/delay", SPK_F64, 1, dims, delays, "ms", "", NULL) == SPK_OK);
	CHECK(spk_file_close(file, 1, NULL) == SPK_OK);
	loaded = load_right_text(
		"spikem: 1\nduration: 1 s\npopulations:\n"
		"  s: {size: 2, model: spike_list, spikes: {file: given.h5, population: exc}}\n"
		"  a: {size: 3, model: lif_delta}\nprojections:\n"
		"  - {from: s, to: a, connect: {list: {file: given.h5, group: /weights/a}}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_population *const s = loaded.scenario->populations;
		const struct spk_projection *const p = loaded.scenario->projections;

		CHECK(s->n_spikes == 3 && s->spike_times[2] == 3.0 && s->spike_ids[2] == 1);
		CHECK(p->n_list == 2 && p->pre[0] == 1 && p->post[1] == 2 && p->weight.list[1] == -0.5);
		CHECK(p->axonal.list[1] == 2.5);
	}
	loaded_clear(&loaded);
}

/* A wrong table: the answer names file, line and column. */
static void check_table(const char *text, size_t length, int rc, const char *part)
{
	static const char scenario[] =
		"spikem: 1\nduration: 1 s\npopulations: {a: {size: 1, model: lif_delta}}\n"
		"data: {d: {file: table.csv, shape: [1, 2], range: [0, 16], label: first, labels: 3}}\n";
	struct loaded loaded;
	char path[512];

	scratch_path(path, sizeof path, "table.csv");
	write_scratch(path, text, length);
	loaded = load_text(scenario);
	if (!CHECK(loaded.rc == rc && loaded.report != NULL && strstr(loaded.report, part) != NULL))
		printf("#   %s: rc %d, %s\n", part, loaded.rc,
			loaded.report != NULL ? loaded.report : "no report");
	loaded_clear(&loaded);
}

#define CHECK_TABLE(text, part) check_table(text, sizeof(text) - 1, SPK_E_FORMAT, part)

static void wrong_tables(void)
{
	char *const long_line = malloc(3 << 20);

	CHECK_TABLE("1,2,3\n1,x,3\n", "table.csv:2:3: this is not a number");
	CHECK_TABLE("1,2,3\n1,2\n", "table.csv:2:1: 2 columns, expected 3");
	CHECK_TABLE("1,2,3\n1,2,3,4\n", "table.csv:2:8: too many columns");
	CHECK_TABLE("1,2,3\n1,,3\n", "table.csv:2:3: this is not a number");
	CHECK_TABLE("1,2,3\n1,2,\n", "table.csv:2:5: a number is missing");
	CHECK_TABLE("1,2 3,4\n", "table.csv:1:5: a comma");
	CHECK_TABLE("1,2,0x3\n", "table.csv:1:");
	CHECK_TABLE("1,2,nan\n", "table.csv:1:5: this is not a number");
	CHECK_TABLE("1,2,1e999\n", "table.csv:1:5: this is not a finite number");
	CHECK_TABLE("3,2,3\n", "table.csv:1: column 1 must be a whole number below 3, got 3");
	CHECK_TABLE("-1,2,3\n", "got -1");
	CHECK_TABLE("0.5,2,3\n", "got 0.5");
	CHECK_TABLE("1,2,17\n", "table.csv:1: pixel 1 is 17, outside of the range [0, 16]");
	CHECK_TABLE("a,b,c\n", "holds no item");
	CHECK_TABLE("", "the file is empty");
	CHECK_TABLE("1,2,3\n1,2\0,3\n", "table.csv:2: a NUL character");
	/* gzip that breaks off */
	CHECK_TABLE("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x33\xd4\x31", "table.csv");
	if (long_line != NULL) {
		memset(long_line, '1', 3 << 20);
		check_table(long_line, 3 << 20, SPK_E_LIMIT, "longer than 1 MiB");
	}
	free(long_line);
}

/* A line inside a comment mark, blanks, a final line without a break: all are right. */
static void right_tables(void)
{
	static const char text[] =
		"label,a,b\r\n# comment\r\n\r\n 1 , 16,0 \r\n2,8,0x"; /* the last x is cut below */
	struct loaded loaded;
	char path[512];

	scratch_path(path, sizeof path, "table.csv");
	write_scratch(path, text, sizeof text - 2);
	loaded = load_right_text(
		"spikem: 1\nduration: 1 s\npopulations: {a: {size: 1, model: lif_delta}}\n"
		"data: {d: {file: table.csv, shape: [1, 2], range: [0, 16], label: first, labels: 3}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_dataset *const data = loaded.scenario->datasets;

		CHECK(data->n_items == 2 && data->labels[0] == 1 && data->labels[1] == 2);
		CHECK(data->pixels[0] == 1.0f && data->pixels[2] == 0.5f && data->pixels[3] == 0.0f);
	}
	loaded_clear(&loaded);
}

static void standard_parts_of_the_file(void)
{
	struct loaded loaded = load_right_text("\xef\xbb\xbfspikem: 1\r\nduration: 1 s\r\npopulations:\r\n"
					       "  a: {size: 1, model: lif_delta}\r\n");

	if (loaded.scenario != NULL)
		CHECK(loaded.scenario->n_populations == 1);
	loaded_clear(&loaded);
}

TEST_MAIN(TEST(top_keys), TEST(populations), TEST(inputs), TEST(projections), TEST(plasticity),
	TEST(recordings), TEST(protocol_and_data), TEST(the_text_as_used_is_the_same_scenario),
	TEST(defaults), TEST(recordings_end_with_the_run), TEST(recorded_potentials), TEST(spikes_from_csv),
	TEST(spikes_and_connections_from_hdf5), TEST(wrong_tables), TEST(right_tables),
	TEST(standard_parts_of_the_file))
