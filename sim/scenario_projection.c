/* Projections: connection rules, weights, delays. */
#include "sim/scenario_array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	enum spk_connect_kind kind;
} rules[] = {
	{"all_to_all", SPK_CONNECT_ALL},
	{"one_to_one", SPK_CONNECT_ONE},
	{"fixed_in_degree", SPK_CONNECT_IN_DEGREE},
	{"fixed_out_degree", SPK_CONNECT_OUT_DEGREE},
	{"fixed_probability", SPK_CONNECT_PROBABILITY},
	{"fixed_total", SPK_CONNECT_TOTAL},
	{"list", SPK_CONNECT_LIST},
};

static int is_name_taken(const struct spk_scenario *scenario, const char *name)
{
	for (size_t k = 0; k < scenario->n_projections; k++)
		if (strcmp(scenario->projections[k].name, name) == 0)
			return 1;
	return 0;
}

/* The given name, or FROM_TO; several projections of one entry: NAME_FROM_TO. */
static char *make_name(
	struct spk_builder *builder, struct spk_node *given, int several, const char *from, const char *to)
{
	struct spk_arena *const arena = builder->arena;
	const char *const prefix = given != NULL && !given->bad ? given->text : NULL;
	char *name, *unique;

	if (prefix != NULL && !several) {
		if (is_name_taken(builder->scenario, prefix))
			spk_config_error(builder->config, given, NULL,
				"the name `%s` is taken by an earlier projection", prefix);
		return spk_build_text(builder, prefix);
	}
	name = prefix != NULL ? spk_arena_format(arena, "%s_%s_%s", prefix, from, to)
			      : spk_arena_format(arena, "%s_%s", from, to);
	unique = name;
	for (int k = 2; unique != NULL && is_name_taken(builder->scenario, unique); k++)
		unique = spk_arena_format(arena, "%s_%d", name, k);
	if (unique == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	return unique;
}

/* ---- Connection rules --------------------------------------------------------------------------- */

/* Pairs that a random rule can draw from, for one neuron of the side that has the degree. */
static uint64_t count_partners(const struct spk_projection *projection, uint64_t size)
{
	return size - (projection->from == projection->to && !projection->autapses && size > 0 ? 1 : 0);
}

static void check_degree(struct spk_builder *builder, struct spk_node *node,
	const struct spk_projection *projection, uint64_t partners, const char *what)
{
	if (projection->n > 0 && partners == 0)
		spk_config_error(builder->config, node, NULL, "there are no %s to choose from", what);
	else if (!projection->multapses && projection->n > partners)
		spk_config_error(builder->config, node, NULL,
			"%llu of only %llu %s cannot be chosen without multapses",
			(unsigned long long)projection->n, (unsigned long long)partners, what);
}

static void check_total(struct spk_builder *builder, struct spk_node *node,
	const struct spk_projection *projection, uint64_t n_from, uint64_t n_to)
{
	const int within = projection->from == projection->to && !projection->autapses;

	check_degree(builder, node, projection, n_from * n_to - (within ? n_from : 0), "pairs");
}

static void check_rule(
	struct spk_builder *builder, struct spk_node *node, const struct spk_projection *projection)
{
	const struct spk_population *const populations = builder->scenario->populations;
	const uint64_t n_from = populations[projection->from].size, n_to = populations[projection->to].size;

	if (projection->connect == SPK_CONNECT_ONE && n_from != n_to)
		spk_config_error(builder->config, node, NULL,
			"one_to_one needs equal sizes, `%s` has %llu and `%s` has %llu",
			populations[projection->from].name, (unsigned long long)n_from,
			populations[projection->to].name, (unsigned long long)n_to);
	if (projection->connect == SPK_CONNECT_IN_DEGREE && n_to > 0)
		check_degree(builder, node, projection, count_partners(projection, n_from), "sources");
	if (projection->connect == SPK_CONNECT_OUT_DEGREE && n_from > 0)
		check_degree(builder, node, projection, count_partners(projection, n_to), "targets");
	if (projection->connect == SPK_CONNECT_TOTAL)
		check_total(builder, node, projection, n_from, n_to);
}

static int build_connect(struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection)
{
	const struct spk_field probability = {.name = "fixed_probability", .lo = 0, .hi = 1};
	struct spk_config *const config = builder->config;
	struct spk_node *node = NULL;
	size_t k = 0;
	int flag;

	for (; k < sizeof rules / sizeof *rules && node == NULL; k++)
		node = spk_node_get(map, rules[k].word);
	if (node == NULL || node->bad || map->bad)
		return 0;
	projection->connect = rules[k - 1].kind;
	if (!spk_read_bool(config, spk_node_get(map, "autapses"), &projection->autapses) ||
		!spk_read_bool(config, spk_node_get(map, "multapses"), &projection->multapses))
		return 0;
	if (projection->connect == SPK_CONNECT_LIST)
		return spk_build_edges(builder, node, projection);
	if (projection->connect == SPK_CONNECT_ALL || projection->connect == SPK_CONNECT_ONE) {
		if (!spk_read_bool(config, node, &flag))
			return 0;
		if (!flag)
			spk_config_error(config, node, NULL, "only `true` makes sense here");
	} else if (projection->connect == SPK_CONNECT_PROBABILITY) {
		(void)spk_read_quantity(config, node, &probability, &projection->p);
	} else {
		(void)spk_read_count(config, node, 0, 1e15, &projection->n);
	}
	if (!node->bad)
		check_rule(builder, node, projection);
	return !node->bad;
}

/* ---- Weights and delays ------------------------------------------------------------------------- */

static int check_list(struct spk_builder *builder, struct spk_node *node,
	const struct spk_projection *projection, const struct spk_value *value)
{
	if (value->law != SPK_LIST)
		return 1;
	if (projection->connect != SPK_CONNECT_LIST)
		spk_config_error(
			builder->config, node, NULL, "one value per synapse needs `connect: {list: ...}`");
	else if (value->n_list != projection->n_list)
		spk_config_error(builder->config, node, NULL, "%zu values for %llu synapses", value->n_list,
			(unsigned long long)projection->n_list);
	return !node->bad;
}

static int build_weight(struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection)
{
	struct spk_node *const node = spk_node_get(map, "weight");
	struct spk_field field =
		spk_plain_field("weight", builder->scenario->populations[projection->to].neuron->weight_dim);

	if (spk_is_recorded(builder, projection->name))
		return spk_build_recorded_weight(builder, projection);
	if (projection->weight.law == SPK_LIST) {
		if (node != NULL)
			spk_config_key_error(
				builder->config, node, NULL, "the list of connections gives weights already");
		return node == NULL;
	}
	if (node == NULL) {
		spk_config_error(builder->config, map, NULL, "`weight` is missing");
		return 0;
	}
	if (spk_node_get(node, "file") != NULL)
		return spk_build_array_weight(builder, node, projection);
	if (spk_node_get(node, "of") != NULL) { /* when all projections are known */
		builder->weights_of[projection - builder->scenario->projections] = node;
		return 1;
	}
	return spk_read_value(builder->config, node, &field, builder->arena, &projection->weight) &&
	       check_list(builder, node, projection, &projection->weight);
}

/* The smallest delay that the value can have. */
static double smallest(const struct spk_value *value)
{
	double least = INFINITY;

	if (value->law == SPK_CONSTANT || value->law == SPK_UNIFORM)
		return value->a;
	for (size_t k = 0; k < value->n_list; k++)
		least = fmin(least, value->list[k]);
	return value->law == SPK_LIST ? least : value->lo;
}

static int build_delay(struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection)
{
	const struct spk_field axonal = {.name = "axonal", .dim = SPK_DIM_TIME, .lo = 0, .hi = 1e6};
	const struct spk_field dendritic = {.name = "dendritic", .dim = SPK_DIM_TIME, .lo = 0, .hi = 1e6};
	struct spk_node *const node = spk_node_get(map, "delay");
	struct spk_node *const parts[] = {spk_node_get(node, "axonal"), spk_node_get(node, "dendritic")};

	projection->dendritic = (struct spk_value){.law = SPK_CONSTANT, .lo = -INFINITY, .hi = INFINITY};
	if (projection->axonal.law == SPK_LIST) {
		if (node != NULL)
			spk_config_key_error(
				builder->config, node, NULL, "the list of connections gives delays already");
		return node == NULL;
	}
	if (node == NULL) {
		spk_config_error(builder->config, map, NULL, "`delay` is missing");
		return 0;
	}
	if (!spk_read_value(builder->config, parts[0], &axonal, builder->arena, &projection->axonal) ||
		!spk_read_value(
			builder->config, parts[1], &dendritic, builder->arena, &projection->dendritic) ||
		!check_list(builder, parts[0], projection, &projection->axonal) ||
		!check_list(builder, parts[1], projection, &projection->dendritic))
		return 0;
	if (smallest(&projection->axonal) + smallest(&projection->dendritic) > 0)
		return 1;
	spk_config_error(builder->config, parts[0], "give random delays a `min` above 0 ms",
		"a delay of 0 ms is possible here, it must be > 0 ms");
	return 0;
}

/* ---- Projections -------------------------------------------------------------------------------- */

/* `weight`: NULL where it is not known. Gates and objectives name the rules all the same. */
static void build_rules(struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection,
	const struct spk_value *weight)
{
	struct spk_node *const plasticity = spk_node_get(map, "plasticity"), *const probes = spk_node_get(
										     map, "probes");
	const enum spk_dim dim = builder->scenario->populations[projection->to].neuron->weight_dim;

	if (plasticity != NULL) {
		projection->plasticity = spk_build_alloc(builder, 1, sizeof *projection->plasticity);
		if (projection->plasticity != NULL)
			(void)spk_build_rule(builder, plasticity, dim, weight, projection->plasticity);
	}
	if (probes == NULL || probes->bad || probes->kind != SPK_NODE_LIST)
		return;
	projection->probes = spk_build_alloc(builder, probes->n, sizeof *projection->probes);
	for (struct spk_node *probe = probes->first; probe != NULL && projection->probes != NULL;
		probe = probe->next) {
		struct spk_rule *const rule = &projection->probes[projection->n_probes];

		if (!spk_build_rule(builder, probe, dim, NULL, rule))
			continue;
		for (size_t k = 0; k < projection->n_probes; k++)
			if (strcmp(projection->probes[k].name, rule->name) == 0)
				spk_config_error(builder->config, probe, "give one of them a `name`",
					"two probes are called `%s`", rule->name);
		projection->n_probes++;
	}
}

static void build_one(struct spk_builder *builder, struct spk_node *map, int several, size_t from, size_t to)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_projection *const projection = &scenario->projections[scenario->n_projections];

	projection->where = spk_build_where(map);
	projection->from = from;
	projection->to = to;
	projection->name = make_name(builder, spk_node_get(map, "name"), several,
		scenario->populations[from].name, scenario->populations[to].name);
	if (projection->name == NULL)
		return;
	scenario->n_projections++;
	/* delays first: weights of a file are told apart by them */
	const int ok = build_connect(builder, spk_node_get(map, "connect"), projection) &&
		       (build_delay(builder, map, projection) & build_weight(builder, map, projection));
	const int is_known = ok && !builder->weights_of[projection - scenario->projections];
	build_rules(builder, map, projection, is_known ? &projection->weight : NULL);
}

static size_t count_names(const struct spk_node *node)
{
	return node == NULL || node->bad ? 0 : node->kind == SPK_NODE_TEXT ? 1 : node->n;
}

static void build_entry(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_node *const from = spk_node_get(map, "from"), *const to = spk_node_get(map, "to");
	const int several = count_names(from) * count_names(to) > 1;
	struct spk_node *source, *target;
	size_t k_from, k_to;

	for (size_t i = 0; (source = spk_name_at(from, i)) != NULL; i++) {
		const int known = spk_find_population(builder, source, &k_from);

		for (size_t j = 0; (target = spk_name_at(to, j)) != NULL; j++)
			if (spk_find_neurons(builder, target, &k_to) && known)
				build_one(builder, map, several, k_from, k_to);
	}
}

/* A file that has nothing for any projection is another one than was meant. */
static void check_recorded(struct spk_builder *builder)
{
	const struct spk_scenario *const scenario = builder->scenario;
	size_t n = 0;

	for (size_t k = 0; k < scenario->n_projections; k++)
		n += (size_t)spk_is_recorded(builder, scenario->projections[k].name);
	if (builder->recorded != NULL && n == 0)
		spk_config_error(builder->config, spk_node_get(builder->config->root, "initial_weights"),
			NULL, "the file has weights of no projection of this scenario");
}

void spk_build_projections(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const all = spk_node_get(builder->config->root, "projections");
	size_t n = 0;

	if (all == NULL || all->bad || all->kind != SPK_NODE_LIST)
		return;
	for (struct spk_node *map = all->first; map != NULL; map = map->next) {
		const size_t n_from = count_names(spk_node_get(map, "from")),
			     n_to = count_names(spk_node_get(map, "to"));

		if (n_from > SPK_MAX_PARTS || n_to > SPK_MAX_PARTS ||
			n + n_from * n_to > SPK_MAX_PROJECTIONS) {
			spk_config_error(
				builder->config, map, NULL, "more than %d projections", SPK_MAX_PROJECTIONS);
			return;
		}
		n += n_from * n_to;
	}
	scenario->projections = spk_build_alloc(builder, n, sizeof *scenario->projections);
	builder->weights_of = spk_arena_alloc(&builder->config->arena, n + 1, sizeof(struct spk_node *));
	if (builder->weights_of == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	if (scenario->projections == NULL || builder->weights_of == NULL)
		return;
	spk_build_recorded(builder);
	for (struct spk_node *map = all->first; map != NULL; map = map->next)
		build_entry(builder, map);
	check_recorded(builder);
	spk_file_free_names(builder->recorded);
	builder->recorded = NULL;
	spk_build_weights_of(builder);
}
