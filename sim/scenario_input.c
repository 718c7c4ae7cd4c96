/* Inputs: Poisson spikes and stepwise currents straight into neurons. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

/* Targets of one input; all must be neurons, and large enough for the selection. */
static int build_targets(struct spk_builder *builder, struct spk_node *map, struct spk_input *input)
{
	struct spk_node *const to = spk_node_get(map, "to");
	const struct spk_population *const populations = builder->scenario->populations;
	struct spk_node *name;
	uint64_t smallest = UINT64_MAX;
	int ok = 1;

	input->targets = spk_build_alloc(builder, to != NULL ? to->n + 1 : 1, sizeof *input->targets);
	if (input->targets == NULL)
		return 0;
	for (size_t k = 0; (name = spk_name_at(to, k)) != NULL; k++) {
		size_t *const target = &input->targets[input->n_targets];

		if (!spk_find_neurons(builder, name, target)) {
			ok = 0;
			continue;
		}
		if (populations[*target].size < smallest)
			smallest = populations[*target].size;
		input->n_targets++;
	}
	return ok && input->n_targets > 0 &&
	       spk_read_selection(builder->config, spk_node_get(map, "neurons"), smallest, builder->arena,
		       &input->neurons);
}

static int build_rate(struct spk_builder *builder, struct spk_node *map, struct spk_input *input)
{
	struct spk_field field = {.name = "rate", .dim = SPK_DIM_RATE, .lo = 0, .hi = 1e9};
	struct spk_node *const rate = spk_node_get(map, "rate"), *const schedule =
									 spk_node_get(map, "schedule");
	const uint64_t size = builder->scenario->populations[input->targets[0]].size;

	input->rate = (struct spk_value){.law = SPK_CONSTANT, .lo = -INFINITY, .hi = INFINITY};
	if (schedule != NULL &&
		!spk_build_schedule(builder, schedule, "rates", SPK_DIM_RATE, &input->schedule))
		return 0;
	if (rate == NULL) {
		if (schedule == NULL)
			spk_config_error(builder->config, map, NULL, "`rate` is missing");
		return schedule != NULL;
	}
	if (!spk_read_value(builder->config, rate, &field, builder->arena, &input->rate))
		return 0;
	if (input->rate.law == SPK_LIST && (input->n_targets > 1 || input->rate.n_list != size)) {
		spk_config_error(builder->config, rate, NULL, "%zu rates need one target of as many neurons",
			input->rate.n_list);
		return 0;
	}
	return 1;
}

/* One weight serves all targets, so their weights must be of one dimension. */
static void build_weight(struct spk_builder *builder, struct spk_node *map, struct spk_input *input)
{
	const struct spk_population *const populations = builder->scenario->populations;
	struct spk_node *const weight = spk_node_get(map, "weight");
	const enum spk_dim dim = populations[input->targets[0]].neuron->weight_dim;
	const struct spk_field field = spk_plain_field("weight", dim);

	for (size_t k = 1; k < input->n_targets; k++)
		if (populations[input->targets[k]].neuron->weight_dim != dim && weight != NULL)
			spk_config_error(builder->config, weight, "make one input for each of them",
				"weights of `%s` and `%s` have different dimensions",
				populations[input->targets[0]].name, populations[input->targets[k]].name);
	(void)spk_read_quantity(builder->config, weight, &field, &input->weight);
}

static void build_input(struct spk_builder *builder, struct spk_node *map, struct spk_input *input)
{
	const struct spk_node *const model = spk_node_get(map, "model");

	input->where = spk_build_where(map);
	if (!build_targets(builder, map, input) || model == NULL || model->bad)
		return;
	if (strcmp(model->text, "poisson") == 0) {
		input->kind = SPK_INPUT_POISSON;
		(void)build_rate(builder, map, input);
		build_weight(builder, map, input);
	} else {
		input->kind = SPK_INPUT_CURRENT;
		(void)spk_build_schedule(builder, map, "currents", SPK_DIM_CURRENT, &input->schedule);
	}
}

void spk_build_inputs(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const all = spk_node_get(builder->config->root, "inputs");

	if (all == NULL || all->bad || all->kind != SPK_NODE_MAP)
		return;
	scenario->inputs = spk_build_alloc(builder, all->n, sizeof *scenario->inputs);
	if (scenario->inputs == NULL)
		return;
	for (struct spk_node *map = all->first; map != NULL; map = map->next) {
		struct spk_input *const input = &scenario->inputs[map->index];

		input->name = spk_build_text(builder, map->key);
		if (input->name == NULL)
			return;
		scenario->n_inputs++;
		build_input(builder, map, input);
	}
}
