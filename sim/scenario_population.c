/* Populations: models, parameters, initial states, schedules. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

/* ---- like: NAME --------------------------------------------------------------------------------- */

/* Members of `from` that `to` lacks. */
static void merge(struct spk_config *config, struct spk_node *to, const struct spk_node *from)
{
	for (const struct spk_node *member = from->first; member != NULL; member = member->next) {
		struct spk_node *copy;

		if (spk_node_get(to, member->key) != NULL)
			continue;
		copy = spk_node_copy(config, member);
		if (copy == NULL)
			return;
		spk_node_append(to, member->key, copy);
		copy->key_at = member->key_at;
	}
}

static void inherit(struct spk_config *config, struct spk_node *population, const struct spk_node *other)
{
	static const char *const keys[] = {"model", "params", "initial", "keep_u"};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct spk_node *const theirs = spk_node_get(other, keys[k]);
		struct spk_node *const ours = spk_node_get(population, keys[k]);
		struct spk_node *copy;

		if (theirs == NULL)
			continue;
		if (ours != NULL) {
			if (ours->kind == SPK_NODE_MAP && theirs->kind == SPK_NODE_MAP)
				merge(config, ours, theirs);
			continue;
		}
		copy = spk_node_copy(config, theirs);
		if (copy == NULL)
			return;
		spk_node_append(population, keys[k], copy);
		copy->key_at = theirs->key_at;
	}
}

/* Walk down the chain of `like`, then copy on the way back; a population on the way twice is a circle. */
static void expand(struct spk_config *config, struct spk_node *all, struct spk_node *population, size_t depth)
{
	struct spk_node *const like = spk_node_get(population, "like");
	struct spk_node *other;
	const char **names;
	size_t n = 0;

	if (like == NULL || like->bad || !spk_expect_text(config, like, "a name"))
		return;
	other = spk_node_get(all, like->text);
	if (other == NULL) {
		names = spk_arena_alloc(&config->arena, all->n, sizeof *names);
		for (const struct spk_node *p = all->first; p != NULL && names != NULL; p = p->next)
			names[n++] = p->key;
		spk_config_error(config, like, spk_note_words(config, like->text, n, names),
			"unknown population %s", spk_show_text(config, like->text));
		return;
	}
	if (depth == 0) {
		spk_config_error(
			config, like, NULL, "`like` goes round in a circle, or through too many populations");
		return;
	}
	expand(config, all, other, depth - 1);
	if (like->bad)
		return;
	inherit(config, population, other);
	spk_node_remove(like);
}

void spk_expand_like(struct spk_config *config)
{
	struct spk_node *const all = spk_node_get(config->root, "populations");

	if (all == NULL || all->kind != SPK_NODE_MAP)
		return;
	for (struct spk_node *population = all->first; population != NULL; population = population->next)
		expand(config, all, population, all->n < 64 ? all->n : 64);
}

/* ---- Building ----------------------------------------------------------------------------------- */

/* Let the model cross-check its parameters, for each neuron if some are given by lists. */
static void cross_check(struct spk_builder *builder, struct spk_node *map,
	const struct spk_population *population, size_t n, size_t n_derived,
	int (*derive)(double *, struct spk_error *))
{
	double *const par = spk_build_alloc(builder, n + n_derived, sizeof *par);
	uint64_t n_rounds = 1;
	struct spk_error err;

	if (derive == NULL || par == NULL)
		return;
	for (size_t k = 0; k < n; k++) {
		if (population->params[k].law == SPK_LIST)
			n_rounds = population->params[k].n_list;
		else if (population->params[k].law != SPK_CONSTANT)
			return; /* drawn values are checked when they are drawn */
	}
	for (uint64_t round = 0; round < n_rounds; round++) {
		for (size_t k = 0; k < n; k++)
			par[k] = population->params[k].law == SPK_LIST ? population->params[k].list[round]
								       : population->params[k].a;
		if (derive(par, &err) != SPK_OK) {
			spk_config_error(builder->config, map, NULL, "%s", err.text);
			return;
		}
	}
}

static void build_neurons(
	struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	const struct spk_neuron_model *const model = population->neuron;
	static const char *const foreign[] = {"schedule", "spikes"};
	struct spk_node *const params = spk_node_get(map, "params");

	for (size_t k = 0; k < 2; k++) {
		struct spk_node *const member = spk_node_get(map, foreign[k]);

		if (member != NULL)
			spk_config_key_error(builder->config, member, NULL,
				"`%s` belongs to spike sources, %s is a neuron", foreign[k], model->name);
	}
	if (spk_build_params(builder, params, model->n_params, model->params, population->size, 1,
		    &population->params))
		cross_check(builder, params, population, model->n_params, model->n_derived, model->derive);
	(void)spk_build_params(builder, spk_node_get(map, "initial"), model->n_states, model->states,
		population->size, 0, &population->initial);
	(void)spk_read_bool(builder->config, spk_node_get(map, "keep_u"), &population->keep_u);
}

static void build_rate(
	struct spk_builder *builder, struct spk_node *schedule, struct spk_population *population)
{
	const struct spk_source_model *const model = population->source;
	size_t k = 0;

	if (schedule == NULL)
		return;
	while (k < model->n_params && strcmp(model->params[k].name, "rate") != 0)
		k++;
	if (k == model->n_params)
		spk_config_key_error(
			builder->config, schedule, NULL, "%s has no parameter `rate`", model->name);
	else
		(void)spk_build_schedule(builder, schedule, "rates", SPK_DIM_RATE, &population->rate);
}

/* What only neurons have; what the table of keys has filled in is taken out again. */
static void refuse_neuron_keys(struct spk_config *config, struct spk_node *map)
{
	struct spk_node *const initial = spk_node_get(map, "initial");
	struct spk_node *const keep_u = spk_node_get(map, "keep_u");
	int keeps = 0;

	if (initial != NULL && initial->n > 0)
		spk_config_key_error(config, initial, NULL, "spike sources have no initial state");
	if (initial != NULL && initial->n == 0)
		spk_node_remove(initial);
	if (keep_u == NULL || !spk_read_bool(config, keep_u, &keeps))
		return;
	if (keeps)
		spk_config_key_error(config, keep_u, NULL, "spike sources have no potential u");
	else
		spk_node_remove(keep_u);
}

static void build_source(struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	const struct spk_source_model *const model = population->source;
	struct spk_node *const params = spk_node_get(map, "params");
	struct spk_node *const spikes = spk_node_get(map, "spikes");

	refuse_neuron_keys(builder->config, map);
	if (spk_build_params(builder, params, model->n_params, model->params, population->size, 1,
		    &population->params))
		cross_check(builder, params, population, model->n_params, 0, model->derive);
	build_rate(builder, spk_node_get(map, "schedule"), population);
	if (spikes != NULL && !model->takes_spikes)
		spk_config_key_error(builder->config, spikes, NULL,
			"`spikes` belongs to spike_list, not to %s", model->name);
	else if (spikes == NULL && model->takes_spikes)
		spk_config_error(builder->config, map, "for example {times: [1 ms, 2 ms], ids: [0, 2]}",
			"`spikes` is missing");
	else if (spikes != NULL)
		spk_build_spikes(builder, spikes, population);
}

static void build_population(
	struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	const struct spk_node *const model = spk_node_get(map, "model");

	population->where = spk_build_where(map);
	(void)spk_read_count(builder->config, spk_node_get(map, "size"), 0, 4294967295.0, &population->size);
	population->copies = 1;
	(void)spk_read_count(builder->config, spk_node_get(map, "copies"), 1, 1e6, &population->copies);
	if (model == NULL || model->bad)
		return;
	population->neuron = spk_find_neuron(model->text);
	population->source = population->neuron == NULL ? spk_find_source(model->text) : NULL;
	if (population->neuron != NULL)
		build_neurons(builder, map, population);
	else if (population->source != NULL)
		build_source(builder, map, population);
}

void spk_build_populations(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const all = spk_node_get(builder->config->root, "populations");

	if (all == NULL || all->kind != SPK_NODE_MAP)
		return;
	scenario->populations = spk_build_alloc(builder, all->n, sizeof *scenario->populations);
	if (scenario->populations == NULL)
		return;
	for (struct spk_node *map = all->first; map != NULL; map = map->next) {
		struct spk_population *const population = &scenario->populations[map->index];

		population->name = spk_build_text(builder, map->key);
		if (population->name == NULL)
			return;
		scenario->n_populations++;
		build_population(builder, map, population);
	}
}
