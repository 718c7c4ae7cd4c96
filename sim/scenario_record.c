/* What is recorded. */
#include "sim/member.h"
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

static const struct spk_field every = {
	.name = "every", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};

/* `neurons`, `all`, `none`, or names. */
static void build_spikes(struct spk_builder *builder, struct spk_node *node)
{
	struct spk_scenario *const scenario = builder->scenario;
	const int is_word = node != NULL && !node->bad && node->kind == SPK_NODE_TEXT;
	struct spk_node *name;
	size_t index;

	if (is_word && strcmp(node->text, "none") == 0)
		return;
	if (is_word && (strcmp(node->text, "all") == 0 || strcmp(node->text, "neurons") == 0)) {
		for (size_t k = 0; k < scenario->n_populations; k++)
			scenario->record_spikes[k] =
				node->text[0] == 'a' || scenario->populations[k].neuron != NULL;
		return;
	}
	for (size_t k = 0; (name = spk_name_at(node, k)) != NULL; k++)
		if (spk_find_population(builder, name, &index))
			scenario->record_spikes[index] = 1;
}

/* Index of a state of the model. */
static int find_state(struct spk_builder *builder, struct spk_node *name,
	const struct spk_neuron_model *model, size_t *ret_index)
{
	const char **names;

	for (size_t k = 0; k < model->n_states; k++) {
		if (strcmp(model->states[k].name, name->text) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	names = spk_build_alloc(builder, model->n_states, sizeof *names);
	if (names == NULL)
		return 0;
	for (size_t k = 0; k < model->n_states; k++)
		names[k] = model->states[k].name;
	spk_config_error(builder->config, name,
		spk_note_words(builder->config, name->text, model->n_states, names), "%s has no state %s",
		model->name, spk_show_text(builder->config, name->text));
	return 0;
}

/* Recording must not change which group a population runs in, so what that group lacks is not recorded. */
void spk_check_kept(struct spk_builder *builder, struct spk_node *name, const char *variable,
	size_t population, size_t state)
{
	const struct spk_scenario *const scenario = builder->scenario;

	if ((state != SPK_U && state != SPK_U_BAR) || !builder->is_whole || scenario->rate_limit.run ||
		spk_population_keeps_u(scenario, population))
		return;
	spk_config_error(builder->config, name, "expected a population with `keep_u: true`",
		"`%s` is not kept by population `%s`", variable, scenario->populations[population].name);
}

/* Sampling starts and ends within the run. */
static int build_span(struct spk_builder *builder, struct spk_node *map, struct spk_record_state *state)
{
	const struct spk_field time = spk_plain_field("from", SPK_DIM_TIME),
			       end = spk_plain_field("until", SPK_DIM_TIME);
	struct spk_node *const from = spk_node_get(map, "from"), *const until = spk_node_get(map, "until");
	const double start = builder->scenario->start, stop = start + builder->scenario->duration;

	state->from = start;
	state->until = stop;
	if ((from != NULL && !spk_read_quantity(builder->config, from, &time, &state->from)) ||
		(until != NULL && !spk_read_quantity(builder->config, until, &end, &state->until)) ||
		!spk_read_quantity(builder->config, spk_node_get(map, "every"), &every, &state->every))
		return 0;
	if (state->from < start)
		spk_config_error(builder->config, from, NULL, "`from` lies before the start at %g ms", start);
	else if (state->until < state->from)
		spk_config_error(builder->config, until != NULL ? until : from, NULL,
			"the recording ends before it begins");
	if (state->until > stop)
		state->until = stop; /* a run cut short by --set needs no other edits */
	return !map->bad;
}

static void build_state(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_record_state *const state = &scenario->states[scenario->n_states];
	struct spk_node *const variables = spk_node_get(map, "variables");
	struct spk_node *name;
	size_t variable;

	if (!build_span(builder, map, state) ||
		!spk_find_neurons(builder, spk_node_get(map, "of"), &state->population))
		return;
	if (!spk_read_selection(builder->config, spk_node_get(map, "neurons"),
		    scenario->populations[state->population].size, builder->arena, &state->neurons))
		return;
	if (variables == NULL || variables->bad)
		return;
	state->variables = spk_build_alloc(builder, variables->n + 1, sizeof *state->variables);
	for (size_t k = 0; (name = spk_name_at(variables, k)) != NULL && state->variables != NULL; k++) {
		if (!find_state(builder, name, scenario->populations[state->population].neuron, &variable))
			continue;
		spk_check_kept(builder, name, name->text, state->population, variable);
		state->variables[state->n_variables++] = variable;
	}
	if (state->n_variables == 0 && !variables->bad && variables->n == 0 &&
		variables->kind == SPK_NODE_LIST)
		spk_config_error(builder->config, variables, NULL, "no variable is named");
	scenario->n_states++;
}

/* Number of synapses where it is certain before the network is built, else a bound that never bites. */
static uint64_t count_synapses(const struct spk_scenario *scenario, const struct spk_projection *projection)
{
	const uint64_t n_from = scenario->populations[projection->from].size;
	const uint64_t n_to = scenario->populations[projection->to].size;

	const uint64_t from_copies = scenario->populations[projection->from].copies;
	const uint64_t to_copies = scenario->populations[projection->to].copies;

	if (projection->connect == SPK_CONNECT_LIST)
		return projection->n_list * from_copies * to_copies;
	if (projection->connect == SPK_CONNECT_TOTAL)
		return projection->n * from_copies * to_copies;
	if (projection->connect == SPK_CONNECT_IN_DEGREE)
		return n_to * projection->n * from_copies;
	if (projection->connect == SPK_CONNECT_OUT_DEGREE)
		return n_from * projection->n * to_copies;
	return projection->connect == SPK_CONNECT_ONE ? n_from * to_copies : n_from * n_to;
}

static void build_weights(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_record_weights *const weights = &scenario->weights[scenario->n_weights];
	struct spk_node *const period = spk_node_get(map, "every"), *const synapses =
									    spk_node_get(map, "synapses");
	struct spk_node *const trace = spk_node_get(map, "trace_every");

	weights->every = INFINITY;
	if (!spk_find_projection(builder, spk_node_get(map, "of"), &weights->projection))
		return;
	if (period != NULL && !spk_read_quantity(builder->config, period, &every, &weights->every))
		return;
	if ((synapses == NULL) != (trace == NULL)) {
		spk_config_error(builder->config, map, NULL, "`synapses` and `trace_every` need each other");
		return;
	}
	if (synapses != NULL) {
		const uint64_t n = count_synapses(scenario, &scenario->projections[weights->projection]);

		if (synapses->kind == SPK_NODE_TEXT && strcmp(synapses->text, "all") == 0) {
			spk_config_error(builder->config, synapses, "for all weights use snapshots: `every`",
				"traces are for chosen synapses");
			return;
		}
		if (!spk_read_selection(builder->config, synapses, n, builder->arena, &weights->synapses) ||
			!spk_read_quantity(builder->config, trace, &every, &weights->trace_every))
			return;
	}
	scenario->n_weights++;
}

static void build_rates(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_record_rates *const rates = &scenario->rates[scenario->n_rates];
	const struct spk_field width = {
		.name = "width", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};
	const struct spk_node *const filter = spk_node_get(map, "filter");

	if (!spk_find_population(builder, spk_node_get(map, "of"), &rates->population) || filter == NULL ||
		filter->bad)
		return;
	(void)spk_read_bool(builder->config, spk_node_get(map, "per_neuron"), &rates->per_neuron);
	rates->filter = strcmp(filter->text, "count") == 0 ? SPK_RATE_COUNT : SPK_RATE_EXPONENTIAL;
	if (spk_read_quantity(builder->config, spk_node_get(map, "width"), &width, &rates->width) &&
		spk_read_quantity(builder->config, spk_node_get(map, "every"), &every, &rates->every))
		scenario->n_rates++;
}

/* Memory for as many recordings as the list has members. */
static struct spk_node *open_list(
	struct spk_builder *builder, struct spk_node *record, const char *key, size_t size, void **ret_memory)
{
	struct spk_node *const list = spk_node_get(record, key);

	if (list == NULL || list->bad || list->kind != SPK_NODE_LIST)
		return NULL;
	*ret_memory = spk_build_alloc(builder, list->n, size);
	return *ret_memory != NULL ? list->first : NULL;
}

void spk_build_record(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const record = spk_node_get(builder->config->root, "record");
	void *memory = NULL;
	struct spk_node *map;

	builder->is_whole = builder->config->n_diagnostics == 0 && builder->config->status == SPK_OK;
	scenario->record_spikes = spk_build_alloc(builder, scenario->n_populations, 1);
	if (scenario->record_spikes == NULL || record == NULL)
		return;
	build_spikes(builder, spk_node_get(record, "spikes"));
	map = open_list(builder, record, "state", sizeof *scenario->states, &memory);
	for (scenario->states = memory; map != NULL; map = map->next)
		build_state(builder, map);
	memory = NULL;
	map = open_list(builder, record, "weights", sizeof *scenario->weights, &memory);
	for (scenario->weights = memory; map != NULL; map = map->next)
		build_weights(builder, map);
	memory = NULL;
	map = open_list(builder, record, "rates", sizeof *scenario->rates, &memory);
	for (scenario->rates = memory; map != NULL; map = map->next)
		build_rates(builder, map);
	spk_build_record_objectives(builder, spk_node_get(record, "objective"));
	spk_build_readouts(builder);
	spk_build_agreement(builder);
}
