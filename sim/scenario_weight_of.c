/* Weights that a projection takes from another one: `weight: {of: PROJECTION, scale}`. */
#include "sim/scenario_build.h"

#include <string.h>

/* No neuron connects to itself. */
static int skips_self(const struct spk_projection *p)
{
	return !p->autapses && p->from == p->to;
}

static int has_same_pairs(const struct spk_projection *a, const struct spk_projection *b)
{
	if (a->connect != SPK_CONNECT_LIST || a->n_list == 0)
		return 1;
	return memcmp(a->pre, b->pre, a->n_list * sizeof *a->pre) == 0 &&
	       memcmp(a->post, b->post, a->n_list * sizeof *a->post) == 0;
}

/* What keeps two projections from having the same synapses, in words; NULL: nothing. */
static const char *find_difference(
	const struct spk_scenario *scenario, const struct spk_projection *a, const struct spk_projection *b)
{
	const struct spk_population *const populations = scenario->populations;

	if (populations[a->from].size != populations[b->from].size)
		return "their sources are not equally many";
	if (populations[a->to].size != populations[b->to].size)
		return "their targets are not equally many";
	if (a->connect != b->connect || a->n != b->n || !(a->p >= b->p && a->p <= b->p) ||
		a->multapses != b->multapses || a->n_list != b->n_list)
		return "their connection rules differ";
	if (skips_self(a) != skips_self(b))
		return "one of them connects no neuron to itself, the other does";
	return has_same_pairs(a, b) ? NULL : "their lists of connections differ";
}

/* The names of both fit; say what does not, at `of`. */
static int check_fit(struct spk_builder *builder, struct spk_node *of, const struct spk_projection *own,
	const struct spk_projection *source)
{
	const struct spk_population *const populations = builder->scenario->populations;
	const enum spk_dim dim = populations[own->to].neuron->weight_dim,
			   source_dim = populations[source->to].neuron->weight_dim;
	const struct spk_node *const next = builder->weights_of[source - builder->scenario->projections];
	const char *const difference = find_difference(builder->scenario, own, source);

	if (own == source)
		spk_config_error(
			builder->config, of, NULL, "`%s` cannot have the weights of itself", own->name);
	else if (next != NULL)
		spk_config_error(builder->config, of, "name a projection that has weights of its own",
			"`%s` takes its weights from another projection too", source->name);
	else if (own->plasticity != NULL)
		spk_config_error(builder->config, of, NULL,
			"`%s` has plasticity: only static projections take weights of others", own->name);
	else if (difference != NULL)
		spk_config_error(builder->config, of, NULL, "the weights of `%s` do not fit: %s",
			source->name, difference);
	else if (dim != source_dim)
		spk_config_error(builder->config, of, NULL, "the weights of `%s` are in %s, %s is needed",
			source->name, spk_dim_unit(source_dim), spk_dim_unit(dim));
	return !of->bad;
}

static void take_weights(struct spk_builder *builder, struct spk_node *map, struct spk_projection *own)
{
	const struct spk_field plain = spk_plain_field("scale", SPK_DIM_NONE);
	struct spk_node *const of = spk_node_get(map, "of");
	size_t k;

	if (map->bad || !spk_find_projection(builder, of, &k))
		return;
	const struct spk_projection *const source = &builder->scenario->projections[k];
	if (!check_fit(builder, of, own, source) ||
		!spk_read_quantity(builder->config, spk_node_get(map, "scale"), &plain, &own->weight_scale))
		return;
	own->weight = source->weight;
	own->weights_of = k + 1;
	own->weights_f64 = source->plasticity != NULL;
}

void spk_build_weights_of(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;

	/* projections with mistakes have holes */
	if (builder->config->n_diagnostics > 0)
		return;
	for (size_t k = 0; k < scenario->n_projections; k++)
		if (builder->weights_of[k] != NULL)
			take_weights(builder, builder->weights_of[k], &scenario->projections[k]);
}
