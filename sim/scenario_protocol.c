/* Protocol: phases and stages of presentations, the objective, and the duration that follows from them. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

#include "sim/phase.h"

static const double MAX_DRAWN = 1e7; /* presentations whose durations are drawn, to be added up in a second */

static int is_word(const struct spk_node *node, const char *word)
{
	return node != NULL && !node->bad && node->kind == SPK_NODE_TEXT && strcmp(node->text, word) == 0;
}

const struct spk_dataset *spk_protocol_data(const struct spk_builder *builder)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;

	return protocol->dataset < builder->scenario->n_datasets
		       ? &builder->scenario->datasets[protocol->dataset]
		       : NULL;
}

int spk_find_labelled(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	const struct spk_dataset *const data = spk_protocol_data(builder);
	size_t k;

	if (!spk_find_neurons(builder, name, &k))
		return 0;
	if (data != NULL && data->n_labels != 0 && builder->scenario->populations[k].size != data->n_labels) {
		spk_config_error(builder->config, name, NULL,
			"`%s` has %llu neurons, the data has %llu labels", name->text,
			(unsigned long long)builder->scenario->populations[k].size,
			(unsigned long long)data->n_labels);
		return 0;
	}
	*ret_index = k;
	return 1;
}

/* ---- Stages ------------------------------------------------------------------------------------- */

static void find_split(struct spk_builder *builder, struct spk_node *name, struct spk_stage *stage)
{
	const struct spk_dataset *const data = spk_protocol_data(builder);
	size_t k;

	if (data == NULL || data->n_items == 0 || name == NULL || name->bad)
		return;
	if (strcmp(name->text, "all") == 0) {
		stage->items.ranges = spk_build_alloc(builder, 1, sizeof *stage->items.ranges);
		if (stage->items.ranges == NULL)
			return;
		stage->items.ranges[0] = (struct spk_range){0, data->n_items - 1};
		stage->items.n = 1;
		return;
	}
	if (spk_find_split(builder, name, data, &k))
		stage->items = data->splits[k].items;
}

static void build_stages(struct spk_builder *builder, struct spk_node *list, struct spk_protocol *protocol)
{
	protocol->stages = spk_build_alloc(builder, list->n, sizeof *protocol->stages);
	if (list->n == 0)
		spk_config_error(builder->config, list, NULL, "a protocol needs at least one stage");
	for (struct spk_node *map = list->first; map != NULL && protocol->stages != NULL; map = map->next) {
		struct spk_stage *const stage = &protocol->stages[protocol->n_stages++];
		const struct spk_node *const name = spk_node_get(map, "name");

		stage->where = spk_build_where(map);
		stage->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
		stage->shuffled = is_word(spk_node_get(map, "order"), "shuffled");
		(void)spk_read_count(builder->config, spk_node_get(map, "epochs"), 1, 1e6, &stage->epochs);
		(void)spk_read_bool(builder->config, spk_node_get(map, "learn"), &stage->learn);
		stage->mask = spk_build_mask(builder, spk_node_get(map, "mask"));
		find_split(builder, spk_node_get(map, "split"), stage);
		if (stage->name == NULL)
			return;
		for (size_t k = 0; k + 1 < protocol->n_stages; k++)
			if (strcmp(protocol->stages[k].name, stage->name) == 0 && *stage->name != '\0')
				spk_config_error(builder->config, map, NULL, "two stages are called `%s`",
					stage->name);
	}
}

static void build_bandit(struct spk_builder *builder, struct spk_node *map, struct spk_protocol *protocol)
{
	const struct spk_field explore = {.name = "explore", .dim = SPK_DIM_NONE, .lo = 0, .hi = 1};
	struct spk_bandit *const bandit = &protocol->bandit;

	for (size_t k = 0; k < protocol->n_phases; k++)
		for (size_t i = 0; i < protocol->phases[k].n_shown; i++)
			bandit->on |= protocol->phases[k].shown[i].kind == SPK_SHOW_REWARD_ON ||
				      protocol->phases[k].shown[i].kind == SPK_SHOW_REWARD_OFF;
	if (map == NULL || map->bad)
		return;
	if (!bandit->on)
		spk_config_key_error(
			builder->config, map, NULL, "no phase shows `reward_on` or `reward_off`");
	bandit->from_softmax = is_word(spk_node_get(map, "action"), "softmax");
	bandit->predicts_value = is_word(spk_node_get(map, "prediction"), "readout");
	(void)spk_read_quantity(builder->config, spk_node_get(map, "explore"), &explore, &bandit->explore);
}

static void build_lanes(struct spk_builder *builder, struct spk_node *map, struct spk_protocol *protocol)
{
	struct spk_node *const batch = spk_node_get(map, "batch");
	struct spk_node *const recorded =
		spk_node_get(spk_node_get(builder->config->root, "record"), "objective");

	protocol->lanes = 1;
	(void)spk_read_count(builder->config, spk_node_get(map, "lanes"), 1, 1024, &protocol->lanes);
	protocol->batch = protocol->lanes;
	if (batch != NULL)
		(void)spk_read_count(builder->config, batch, 1, 1e9, &protocol->batch);
	if (batch != NULL && protocol->lanes == 1)
		spk_config_key_error(
			builder->config, batch, NULL, "a batch is shared out over several `lanes`");
	if (recorded != NULL && protocol->lanes > 1)
		spk_config_key_error(builder->config, recorded, "expected a protocol with `lanes: 1`",
			"J over time reads weights while they change, which differ from lane to lane");
}

void spk_build_protocol(struct spk_builder *builder)
{
	struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_node *const map = spk_node_get(builder->config->root, "protocol");
	struct spk_node *const phases = spk_node_get(map, "phases"), *const stages =
									     spk_node_get(map, "stages");
	struct spk_node *const reset = spk_node_get(map, "reset");
	const struct spk_field noise = {.name = "noise", .dim = SPK_DIM_NONE, .lo = 0, .lo_open = 1, .hi = 1};

	protocol->dataset = SIZE_MAX;
	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	protocol->on = 1;
	(void)spk_find_data(builder, spk_node_get(map, "data"), &protocol->dataset);
	(void)spk_read_bool(
		builder->config, spk_node_get(map, "linear_baseline"), &protocol->linear_baseline);
	if (spk_node_get(map, "noise") != NULL)
		(void)spk_read_quantity(
			builder->config, spk_node_get(map, "noise"), &noise, &protocol->noise);
	build_lanes(builder, map, protocol);
	protocol->reset.all = is_word(reset, "true");
	if (reset != NULL && reset->kind == SPK_NODE_LIST)
		spk_build_subset(builder, reset, spk_find_neurons, &protocol->reset);
	if (stages != NULL && stages->kind == SPK_NODE_LIST)
		build_stages(builder, stages, protocol);
	if (phases != NULL && phases->kind == SPK_NODE_LIST)
		spk_build_phases(builder, phases, protocol);
	build_bandit(builder, spk_node_get(map, "reward"), protocol);
}

/* ---- Objective ---------------------------------------------------------------------------------- */

/* The readout's window lies within the phase that has the readout. */
static void check_window(struct spk_builder *builder, struct spk_node *map, struct spk_objective *objective)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_node *const window = spk_node_get(map, "window");
	const struct spk_field field = {
		.name = "window", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};
	const struct spk_phase *phase = NULL;

	for (size_t k = 0; k < protocol->n_phases; k++)
		if (protocol->phases[k].readout)
			phase = &protocol->phases[k];
	if (phase == NULL)
		spk_config_error(builder->config, map, "write `readout: true` in one of the phases",
			"no phase has the readout that the objective needs");
	if (window == NULL) {
		if (objective->readout == SPK_READ_RATE)
			spk_config_error(builder->config, map, NULL,
				"`window` is missing: readout: rate counts spikes in it");
		return;
	}
	if (objective->readout != SPK_READ_RATE)
		spk_config_key_error(builder->config, window, NULL, "`window` belongs to readout: rate");
	else if (spk_read_quantity(builder->config, window, &field, &objective->window) && phase != NULL &&
		 phase->shortest > 0 && objective->window > phase->shortest)
		spk_config_error(builder->config, window, NULL, "the window is longer than the phase `%s`%s",
			phase->name, phase->duration.law == SPK_CONSTANT ? "" : " may be");
}

static void build_numbers(struct spk_builder *builder, struct spk_node *map, struct spk_objective *objective)
{
	const enum spk_dim dim = objective->readout == SPK_READ_RATE ? SPK_DIM_RATE : SPK_DIM_VOLTAGE;
	const struct spk_field scale = {.name = "scale", .dim = dim, .lo = 0, .lo_open = 1, .hi = INFINITY};
	const struct spk_field target = spk_plain_field("targets", dim);
	double *pair;
	size_t n;

	(void)spk_read_quantity(builder->config, spk_node_get(map, "scale"), &scale, &objective->scale);
	if (objective->kind == SPK_OBJECTIVE_SQUARED &&
		spk_read_quantities(builder->config, spk_node_get(map, "targets"), &target, 2, 2,
			&builder->config->arena, &n, &pair)) {
		objective->target_on = pair[0];
		objective->target_off = pair[1];
	}
}

void spk_build_objective(struct spk_builder *builder)
{
	struct spk_config *const config = builder->config;
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_objective *const objective = &scenario->protocol.objective;
	struct spk_node *const map = spk_node_get(config->root, "objective");
	struct spk_node *const projection = spk_node_get(map, "projection");
	const struct spk_node *const readout = spk_node_get(map, "readout");

	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	if (spk_node_get(config->root, "protocol") == NULL)
		spk_config_key_error(config, map, NULL, "an objective needs a protocol");
	if (!scenario->protocol.on)
		return;
	objective->on = 1;
	objective->kind = is_word(spk_node_get(map, "model"), "squared") ? SPK_OBJECTIVE_SQUARED
									 : SPK_OBJECTIVE_SOFTMAX;
	objective->readout = is_word(readout, "rate")    ? SPK_READ_RATE
			     : is_word(readout, "u_bar") ? SPK_READ_U_BAR
							 : SPK_READ_U;
	if (spk_find_labelled(builder, spk_node_get(map, "of"), &objective->population) &&
		spk_find_projection(builder, projection, &objective->projection) &&
		scenario->projections[objective->projection].to != objective->population)
		spk_config_error(config, projection, NULL, "`%s` does not lead to `%s`", projection->text,
			scenario->populations[objective->population].name);
	if (readout != NULL && !readout->bad) {
		build_numbers(builder, map, objective);
		check_window(builder, map, objective);
	}
}

/* ---- Duration ----------------------------------------------------------------------------------- */

static double count_items(const struct spk_selection *items)
{
	double n = 0;

	for (size_t k = 0; k < items->n; k++)
		n += (double)(items->ranges[k].last - items->ranges[k].first + 1);
	return n;
}

/* Presentations of lane 0, which has one in each round, for n items. */
static double count_rounds(const struct spk_protocol *protocol, double n)
{
	const double lanes = (double)protocol->lanes, batch = (double)protocol->batch;
	const double whole = floor(n / batch);

	return whole * ceil(batch / lanes) + ceil((n - whole * batch) / lanes);
}

/* ms that lane 0 takes for its share of n items; `number`: of the first presentation, then of the next. */
static double add_durations(const struct spk_scenario *scenario, double n, uint64_t *number)
{
	const struct spk_protocol *const protocol = &scenario->protocol;
	double ms = 0;

	for (double left = n; left > 0;) {
		double batch = fmin(left, (double)protocol->batch);
		left -= batch;
		for (double round; batch > 0; batch -= round) {
			round = fmin(batch, (double)protocol->lanes);
			ms += spk_presentation_duration(scenario, *number);
			*number += (uint64_t)round;
		}
	}
	return ms;
}

/* ms of all stages: durations that are drawn are added up one by one. */
static double count_duration(struct spk_builder *builder, struct spk_node *map)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const struct spk_protocol *const protocol = &scenario->protocol;
	double n = 0, ms = 0;
	uint64_t number = 0;
	int drawn = 0;

	for (size_t k = 0; k < protocol->n_phases; k++)
		drawn |= protocol->phases[k].duration.law != SPK_CONSTANT;
	for (size_t k = 0; k < protocol->n_stages; k++)
		n += (double)protocol->stages[k].epochs *
		     count_rounds(protocol, count_items(&protocol->stages[k].items));
	if (!drawn)
		return n * spk_presentation_duration(scenario, 0);
	if (n > MAX_DRAWN) {
		spk_config_key_error(builder->config, map, NULL,
			"at most %g presentations can have durations that are drawn, these are %g", MAX_DRAWN,
			n);
		return 0;
	}
	for (size_t k = 0; k < protocol->n_stages; k++)
		for (uint64_t epoch = 0; epoch < protocol->stages[k].epochs; epoch++)
			ms += add_durations(scenario, count_items(&protocol->stages[k].items), &number);
	return ms;
}

void spk_build_duration(struct spk_builder *builder)
{
	struct spk_config *const config = builder->config;
	struct spk_scenario *const scenario = builder->scenario;
	const struct spk_field field = {
		.name = "duration", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = 1e12};
	struct spk_node *const given = spk_node_get(config->root, "duration");
	struct spk_node *const map = spk_node_get(config->root, "protocol");

	if (map == NULL && given == NULL)
		spk_config_error(config, config->root, "duration: simulated time, for example `1 s`",
			"`duration` is missing");
	if (map != NULL && given != NULL)
		spk_config_key_error(
			config, given, NULL, "with a protocol, the duration follows from its stages");
	if (map == NULL) {
		(void)spk_read_quantity(config, given, &field, &scenario->duration);
		return;
	}
	scenario->duration = count_duration(builder, map);
	if (scenario->duration > 1e12)
		spk_config_key_error(config, map, NULL, "the presentations take %g ms, more than 1e12 ms",
			scenario->duration);
}
