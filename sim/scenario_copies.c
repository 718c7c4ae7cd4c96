/* From units to neurons: what `copies` makes of the populations, and what it cannot be combined with. */
#include "sim/scenario_build.h"

static struct spk_node *copies_node(const struct spk_builder *builder, size_t population)
{
	const char *const name = builder->scenario->populations[population].name;
	struct spk_node *const all = spk_node_get(builder->config->root, "populations");

	return spk_node_get(spk_node_get(all, name), "copies");
}

static void refuse(struct spk_builder *builder, size_t population, const char *note, const char *why)
{
	spk_config_key_error(builder->config, copies_node(builder, population), note,
		"copies of `%s` are not possible: %s", builder->scenario->populations[population].name, why);
}

/* The protocol reads neurons of this population one by one, or injects currents into them. */
static int is_of_protocol(const struct spk_scenario *scenario, size_t population)
{
	const struct spk_protocol *const protocol = &scenario->protocol;

	if (protocol->objective.on && protocol->objective.population == population)
		return 1;
	if (protocol->objective.on && protocol->objective.projection < scenario->n_projections &&
		scenario->projections[protocol->objective.projection].from == population)
		return 1;
	for (size_t k = 0; k < protocol->n_phases; k++)
		if (protocol->phases[k].clamp.on && protocol->phases[k].clamp.population == population)
			return 1;
	return 0;
}

static void check_population(struct spk_builder *builder, size_t k)
{
	const struct spk_population *const population = &builder->scenario->populations[k];

	if (population->source != NULL && population->source->mean_rate == NULL)
		refuse(builder, k, "poisson sources have independent copies",
			"its spikes are given, copies would fire together");
	else if (is_of_protocol(builder->scenario, k))
		refuse(builder, k, NULL, "the objective or a clamp of the protocol works on its neurons");
}

static void check_projection(struct spk_builder *builder, const struct spk_projection *projection)
{
	const struct spk_population *const populations = builder->scenario->populations;

	if (projection->plasticity == NULL && projection->n_probes == 0)
		return;
	if (populations[projection->from].copies > 1)
		refuse(builder, projection->from, NULL, "a projection from it has plasticity or probes");
	if (projection->to != projection->from && populations[projection->to].copies > 1)
		refuse(builder, projection->to, NULL, "a projection onto it has plasticity or probes");
}

void spk_build_copies(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const all = spk_node_get(builder->config->root, "populations");
	double total = 0;

	for (size_t k = 0; k < scenario->n_populations; k++)
		if (scenario->populations[k].copies > 1)
			check_population(builder, k);
	for (size_t k = 0; k < scenario->n_projections; k++)
		check_projection(builder, &scenario->projections[k]);
	for (size_t k = 0; k < scenario->n_populations; k++) {
		struct spk_population *const population = &scenario->populations[k];

		total += (double)population->size * (double)population->copies;
		population->size *= population->copies;
	}
	if (total > 4294967295.0)
		spk_config_key_error(builder->config, all, NULL,
			"%.0f neurons in all are too many, the largest number is 4294967295", total);
}
