/* Projections whose weight changes a protocol compares with gradients: `agreement`. */
#include "sim/scenario_build.h"

#include <string.h>

static uint64_t count_units(const struct spk_builder *builder, size_t population)
{
	const struct spk_population *const p = &builder->scenario->populations[population];

	return p->size / p->copies;
}

/* A readout taken in every stage that learns, of `population` or, SIZE_MAX, of as many units as `like`. */
static int find_readout(
	struct spk_builder *builder, struct spk_node *name, size_t population, size_t like, size_t *ret_index)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;
	const struct spk_population *const populations = builder->scenario->populations;
	const size_t n = protocol->n_readouts;
	const char **const names = spk_build_alloc(builder, n + 1, sizeof *names);

	for (size_t k = 0; names != NULL && k < n; k++)
		names[k] = protocol->readouts[k].name;
	if (names == NULL || !spk_find_part(builder, name, "readout", n, names, ret_index))
		return 0;
	const struct spk_protocol_readout *const readout = &protocol->readouts[*ret_index];
	if (population != SIZE_MAX && readout->population != population)
		spk_config_error(builder->config, name, NULL, "`%s` reads `%s`, a readout of `%s` is needed",
			readout->name, populations[readout->population].name, populations[population].name);
	else if (population == SIZE_MAX &&
		 count_units(builder, readout->population) != count_units(builder, like))
		spk_config_error(builder->config, name, NULL, "`%s` has %llu units, `%s` has %llu",
			readout->name, (unsigned long long)count_units(builder, readout->population),
			populations[like].name, (unsigned long long)count_units(builder, like));
	for (size_t k = 0; k < protocol->n_stages && !name->bad; k++)
		if (protocol->stages[k].learn && !readout->stages[k])
			spk_config_error(builder->config, name, NULL,
				"`%s` is not read in the stage `%s`, which learns", readout->name,
				protocol->stages[k].name);
	return !name->bad;
}

static int find_plastic(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	if (!spk_find_projection(builder, name, ret_index))
		return 0;
	if (builder->scenario->projections[*ret_index].plasticity == NULL)
		spk_config_error(builder->config, name, NULL, "`%s` has no plasticity", name->text);
	return !name->bad;
}

/* Names of groups in /agreement: of the objective's rules, and of the comparisons so far. */
static int is_taken(const struct spk_scenario *scenario, const char *name)
{
	const struct spk_protocol *const protocol = &scenario->protocol;

	for (size_t k = 0; k < protocol->n_comparisons; k++)
		if (strcmp(protocol->comparisons[k].name, name) == 0)
			return 1;
	if (!protocol->objective.on)
		return 0;
	const struct spk_projection *const p = &scenario->projections[protocol->objective.projection];
	for (size_t k = 0; k < p->n_probes; k++)
		if (strcmp(p->probes[k].name, name) == 0)
			return 1;
	return p->plasticity != NULL && strcmp(p->plasticity->name, name) == 0;
}

static void add(struct spk_builder *builder, struct spk_node *at, const char *name,
	const struct spk_comparison_plan *plan)
{
	struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_comparison_plan *const all = protocol->comparisons;

	if (is_taken(builder->scenario, name)) {
		spk_config_error(builder->config, at,
			"/agreement has a group for each rule of the objective too",
			"two agreements are called `%s`", name);
		return;
	}
	all[protocol->n_comparisons] = *plan;
	all[protocol->n_comparisons].name = spk_build_text(builder, name);
	all[protocol->n_comparisons].where = spk_build_where(at);
	if (all[protocol->n_comparisons].name != NULL)
		protocol->n_comparisons++;
}

static void build_error(struct spk_builder *builder, struct spk_node *map)
{
	const struct spk_protocol_readout *const readouts = builder->scenario->protocol.readouts;
	struct spk_node *const projection = spk_node_get(map, "projection");
	struct spk_node *const name = spk_node_get(map, "name"), *const target = spk_node_get(map, "target");
	struct spk_comparison_plan plan = {.kind = SPK_DIRECTION_ERROR, .u = SIZE_MAX};

	if (!find_plastic(builder, projection, &plan.projection))
		return;
	const struct spk_projection *const p = &builder->scenario->projections[plan.projection];
	if (!find_readout(builder, target, SIZE_MAX, p->to, &plan.target) |
		!find_readout(builder, spk_node_get(map, "prediction"), p->to, 0, &plan.prediction) |
		!find_readout(builder, spk_node_get(map, "pre"), p->from, 0, &plan.pre))
		return;
	if ((readouts[plan.target].readout == SPK_READ_RATE) !=
		(readouts[plan.prediction].readout == SPK_READ_RATE))
		spk_config_error(builder->config, target, NULL,
			"one of target and prediction is a rate, the other a potential");
	else if (name == NULL || !name->bad)
		add(builder, name != NULL ? name : projection, name != NULL ? name->text : p->name, &plan);
}

/* ---- Backpropagation ---------------------------------------------------------------------------- */

static size_t count_names(struct spk_node *list)
{
	size_t n = 0;

	while (spk_name_at(list, n) != NULL)
		n++;
	return n;
}

/* As many names as needed, which is at least 0. */
static int check_number(
	struct spk_builder *builder, struct spk_node *map, const char *key, size_t wanted, const char *what)
{
	struct spk_node *const list = spk_node_get(map, key);

	if (count_names(list) != wanted)
		spk_config_error(builder->config, list != NULL ? list : map, NULL,
			"`%s` needs %zu readouts, %s", key, wanted, what);
	return count_names(list) == wanted;
}

/* Each projection begins where the one before ends, the last at the objective's population. */
static int find_chain(struct spk_builder *builder, struct spk_node *list, size_t n, size_t *ret_projections)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const struct spk_projection *const all = scenario->projections;

	for (size_t k = 0; k < n; k++) {
		struct spk_node *const name = spk_name_at(list, k);

		if (!find_plastic(builder, name, &ret_projections[k]))
			return 0;
		if (k > 0 && all[ret_projections[k]].from != all[ret_projections[k - 1]].to)
			spk_config_error(builder->config, name, NULL, "`%s` does not begin at `%s`",
				name->text, scenario->populations[all[ret_projections[k - 1]].to].name);
		if (k + 1 == n && all[ret_projections[k]].to != scenario->protocol.objective.population)
			spk_config_error(builder->config, name, NULL, "`%s` does not lead to `%s`",
				name->text,
				scenario->populations[scenario->protocol.objective.population].name);
		if (name->bad)
			return 0;
	}
	return 1;
}

/* A readout of rates, or of u. */
static int find_kind(
	struct spk_builder *builder, struct spk_node *name, size_t population, int is_rate, size_t *ret_index)
{
	if (!find_readout(builder, name, population, 0, ret_index))
		return 0;
	if ((builder->scenario->protocol.readouts[*ret_index].readout == SPK_READ_RATE) != is_rate)
		spk_config_error(builder->config, name, NULL, "`%s` must read %s", name->text,
			is_rate ? "rates" : "u or u_bar");
	return !name->bad;
}

/* The top projection first: directions come from above. */
static void add_chain(struct spk_builder *builder, struct spk_node *map, size_t n, const size_t *projections)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_node *const list = spk_node_get(map, "backprop");

	for (size_t k = n; k-- > 0;) {
		const struct spk_projection *const p = &builder->scenario->projections[projections[k]];
		struct spk_node *const u = spk_name_at(spk_node_get(map, "u"), k);
		struct spk_comparison_plan plan = {.projection = projections[k],
			.kind = k + 1 == n ? SPK_DIRECTION_TOP : SPK_DIRECTION_BACK,
			.u = SIZE_MAX,
			.above = protocol->n_comparisons - (k + 1 < n)};

		if (!find_kind(builder, spk_name_at(spk_node_get(map, "rates"), k), p->from, 1, &plan.pre) |
			(u != NULL && !find_kind(builder, u, p->to, 0, &plan.u)))
			return;
		add(builder, spk_name_at(list, k), p->name, &plan);
		if (spk_name_at(list, k)->bad)
			return;
	}
}

static void build_backprop(struct spk_builder *builder, struct spk_node *map)
{
	const struct spk_objective *const objective = &builder->scenario->protocol.objective;
	struct spk_node *const list = spk_node_get(map, "backprop");
	const size_t n = count_names(list);
	size_t *const projections = spk_build_alloc(builder, n + 1, sizeof *projections);

	if (!objective->on) {
		spk_config_key_error(builder->config, list, NULL, "backprop needs an objective");
		return;
	}
	if (n == 0) {
		spk_config_error(builder->config, list, NULL, "a list of projections is expected");
		return;
	}
	if (projections != NULL && find_chain(builder, list, n, projections) &&
		check_number(builder, map, "rates", n, "one for the sources of each projection") &&
		check_number(builder, map, "u", n - (objective->readout != SPK_READ_RATE),
			objective->readout == SPK_READ_RATE ? "one for the targets of each projection"
							    : "one for the targets of each but the last"))
		add_chain(builder, map, n, projections);
}

void spk_build_agreement(struct spk_builder *builder)
{
	struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_node *const list =
		spk_node_get(spk_node_get(builder->config->root, "protocol"), "agreement");
	size_t n = 0;

	if (list == NULL || list->bad || list->kind != SPK_NODE_LIST || builder->config->n_diagnostics > 0)
		return;
	for (struct spk_node *map = list->first; map != NULL; map = map->next)
		n += 1 + count_names(spk_node_get(map, "backprop"));
	protocol->comparisons = spk_build_alloc(builder, n, sizeof *protocol->comparisons);
	for (struct spk_node *map = list->first; map != NULL && protocol->comparisons != NULL;
		map = map->next) {
		if (map->bad)
			continue;
		if (spk_node_get(map, "backprop") != NULL)
			build_backprop(builder, map);
		else
			build_error(builder, map);
	}
}
