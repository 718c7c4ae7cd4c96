/* What is asked of the rate limit, and what has none. */
#include "sim/scenario_build.h"

#include <math.h>

/* Everything in the scenario must have a rate limit. */
static void check_scenario(struct spk_builder *builder, struct spk_node *node)
{
	const struct spk_scenario *const scenario = builder->scenario;

	if (scenario->protocol.on)
		spk_config_key_error(builder->config, node, NULL, "a protocol has no rate limit");
	for (size_t k = 0; k < scenario->n_populations; k++)
		if (scenario->populations[k].source != NULL &&
			scenario->populations[k].source->mean_rate == NULL)
			spk_config_key_error(builder->config, node, "use sources with a rate",
				"`%s` has no mean rate (%s), so the network has no rate limit",
				scenario->populations[k].name, scenario->populations[k].source->name);
	for (size_t k = 0; k < scenario->n_projections; k++)
		if (scenario->projections[k].plasticity != NULL || scenario->projections[k].n_probes > 0)
			spk_config_key_error(builder->config, node, "make it static",
				"projection `%s` has plasticity or probes, which the rate limit has not",
				scenario->projections[k].name);
}

static void build_compared(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_rate_limit_plan *const plan = &scenario->rate_limit;
	const struct spk_field time = spk_plain_field("from", SPK_DIM_TIME);
	struct spk_node *const of = spk_node_get(map, "of"), *const from = spk_node_get(map, "from");
	struct spk_node *name;

	if (of == NULL || of->bad)
		return;
	plan->from = scenario->start;
	plan->compared = spk_build_alloc(builder, of->n + 1, sizeof *plan->compared);
	for (size_t k = 0; (name = spk_name_at(of, k)) != NULL && plan->compared != NULL; k++)
		if (spk_find_neurons(builder, name, &plan->compared[plan->n_compared]))
			plan->n_compared++;
	if (from == NULL || !spk_read_quantity(builder->config, from, &time, &plan->from))
		return;
	if (plan->from < scenario->start || !(plan->from < scenario->start + scenario->duration))
		spk_config_error(builder->config, from, NULL, "`from` lies outside the run");
}

void spk_build_rate_limit(struct spk_builder *builder)
{
	struct spk_rate_limit_plan *const plan = &builder->scenario->rate_limit;
	const struct spk_node *const root = builder->config->root;
	struct spk_node *const map = spk_node_get(root, "rate_limit");
	struct spk_node *const compared = spk_node_get(spk_node_get(root, "record"), "rate_limit");
	const struct spk_field step = {
		.name = "step", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};

	if (map == NULL || map->bad)
		return;
	(void)spk_read_bool(builder->config, spk_node_get(map, "run"), &plan->run);
	(void)spk_read_quantity(builder->config, spk_node_get(map, "step"), &step, &plan->step);
	if (compared != NULL && !compared->bad)
		build_compared(builder, compared);
	if (plan->run)
		check_scenario(builder, spk_node_get(map, "run"));
	else if (compared != NULL && !compared->bad)
		check_scenario(builder, compared);
}
