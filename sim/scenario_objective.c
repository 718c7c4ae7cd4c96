/* `record: objective`: J of a chain of populations. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

/* Report that the projection does not lead from layer `from` to layer `to`. */
static void check_ends(struct spk_builder *builder, struct spk_node *name, const char *what,
	const struct spk_record_objective *o, size_t from, size_t to)
{
	const struct spk_scenario *const sc = builder->scenario;
	size_t k;

	if (!spk_find_projection(builder, name, &k))
		return;
	if (sc->projections[k].from != o->layers[from] || sc->projections[k].to != o->layers[to])
		spk_config_error(builder->config, name, NULL,
			"`%s` leads from `%s` to `%s`, %s from `%s` to `%s` is expected here", name->text,
			sc->populations[sc->projections[k].from].name,
			sc->populations[sc->projections[k].to].name, what,
			sc->populations[o->layers[from]].name, sc->populations[o->layers[to]].name);
	else
		(strcmp(what, "a decoder") == 0 ? o->decoders : o->encoders)[to < from ? to : from] = k;
}

static size_t count_names(const struct spk_node *node)
{
	return node == NULL || node->bad ? 0 : node->kind == SPK_NODE_TEXT ? 1 : node->n;
}

static int build_layer(
	struct spk_builder *builder, struct spk_node *name, struct spk_record_objective *o, size_t l)
{
	const struct spk_population *population;

	if (!(l == 0 ? spk_find_population : spk_find_neurons)(builder, name, &o->layers[l]))
		return 0;
	population = &builder->scenario->populations[o->layers[l]];
	if (population->source == NULL && population->neuron == NULL)
		return 0;
	if (population->size == 0) {
		spk_config_error(builder->config, name, NULL, "`%s` has no neurons", name->text);
		return 0;
	}
	return 1;
}

static int build_layers(struct spk_builder *builder, struct spk_node *node, struct spk_record_objective *o)
{
	int ok = 1;

	o->n_layers = count_names(node);
	if (node == NULL || node->bad)
		return 0;
	if (o->n_layers < 2) {
		spk_config_error(builder->config, node, "layers: [x, h1, h2], from the observation up",
			"an objective needs at least two layers");
		return 0;
	}
	o->layers = spk_build_alloc(builder, o->n_layers, sizeof *o->layers);
	for (size_t l = 0; l < o->n_layers && o->layers != NULL; l++)
		ok = build_layer(builder, spk_name_at(node, l), o, l) && ok;
	if (!ok || o->layers == NULL)
		return 0;
	o->lowest = builder->scenario->populations[o->layers[0]].source != NULL;
	return 1;
}

/* One decoder onto each layer of neurons below the top. */
static void build_decoders(struct spk_builder *builder, struct spk_node *map, struct spk_node *node,
	struct spk_record_objective *o)
{
	const size_t wanted = o->n_layers - 1 - o->lowest, n = count_names(node);
	struct spk_node *const at = node != NULL ? node : map;
	const char *const bottom = builder->scenario->populations[o->layers[0]].name;

	if (at->bad)
		return;
	o->decoders = spk_build_alloc(builder, o->n_layers, sizeof *o->decoders);
	if (n == wanted + 1 && o->lowest == 1)
		spk_config_error(builder->config, at,
			"leave the first decoder out, or have the observation played by neurons",
			"`%s` are spike sources: no decoder leads onto them", bottom);
	else if (n != wanted)
		spk_config_error(builder->config, at, NULL,
			"one decoder onto each layer of neurons below the top is needed, from the bottom up: "
			"%zu, not %zu",
			wanted, n);
	for (size_t k = 0; k < n && n == wanted && o->decoders != NULL; k++)
		check_ends(builder, spk_name_at(node, k), "a decoder", o, k + o->lowest + 1, k + o->lowest);
}

static void build_encoders(struct spk_builder *builder, struct spk_node *map, struct spk_node *node,
	struct spk_record_objective *o)
{
	const size_t n = count_names(node);
	const struct spk_field alpha = {.name = "alpha", .lo = 0, .hi = INFINITY};
	struct spk_node *const weight = spk_node_get(map, "alpha");

	if (weight != NULL && spk_read_quantity(builder->config, weight, &alpha, &o->alpha) && o->alpha > 0 &&
		node == NULL)
		spk_config_error(builder->config, weight, "encoders: [f1, f2], from the bottom up",
			"alpha weighs the terms of encoders, and there are none");
	if (node == NULL && o->lowest + 2 > o->n_layers)
		spk_config_error(builder->config, map, NULL, "without encoders nothing is predicted");
	if (node == NULL || node->bad)
		return;
	o->encoders = spk_build_alloc(builder, o->n_layers, sizeof *o->encoders);
	if (n != o->n_layers - 1)
		spk_config_error(builder->config, node, NULL,
			"one encoder onto each layer above the first is needed, from the bottom up: %zu, "
			"not %zu",
			o->n_layers - 1, n);
	for (size_t k = 0; k < n && n == o->n_layers - 1 && o->encoders != NULL; k++)
		check_ends(builder, spk_name_at(node, k), "an encoder", o, k, k + 1);
}

static void build_sigma(struct spk_builder *builder, struct spk_node *node, struct spk_record_objective *o)
{
	const enum spk_dim dim = o->readout == SPK_READ_RATE ? SPK_DIM_RATE : SPK_DIM_VOLTAGE;
	const struct spk_field field = {.name = "sigma", .dim = dim, .lo = 0, .lo_open = 1, .hi = INFINITY};
	const size_t wanted = o->n_layers - o->lowest;
	double *values;
	size_t n;

	if (!spk_read_quantities(
		    builder->config, node, &field, wanted, wanted, &builder->config->arena, &n, &values))
		return;
	o->sigma = spk_build_alloc(builder, o->n_layers, sizeof *o->sigma);
	for (size_t k = 0; k < n && o->sigma != NULL; k++)
		o->sigma[k + o->lowest] = values[k];
}

static void check_states(struct spk_builder *builder, struct spk_node *names, struct spk_record_objective *o)
{
	const size_t variable = o->readout == SPK_READ_U ? SPK_U : SPK_U_BAR;

	for (size_t l = o->lowest; l < o->n_layers && o->readout != SPK_READ_RATE; l++)
		spk_check_kept(builder, spk_name_at(names, l), o->readout == SPK_READ_U ? "u" : "u_bar",
			o->layers[l], variable);
}

static void check_gradient(struct spk_builder *builder, struct spk_node *node, struct spk_record_objective *o)
{
	if (!spk_read_bool(builder->config, node, &o->gradient) || !o->gradient)
		return;
	for (size_t l = 0; l < o->n_layers; l++)
		if (builder->scenario->populations[o->layers[l]].copies > 1)
			spk_config_error(builder->config, node, NULL,
				"`%s` has copies, and the gradient is one of single synapses",
				builder->scenario->populations[o->layers[l]].name);
}

static enum spk_readout_kind readout_of(const struct spk_node *node)
{
	if (node == NULL || node->bad || strcmp(node->text, "rate") == 0)
		return SPK_READ_RATE;
	return strcmp(node->text, "u") == 0 ? SPK_READ_U : SPK_READ_U_BAR;
}

static void check_name(struct spk_builder *builder, struct spk_node *map, const char *name)
{
	struct spk_scenario *const sc = builder->scenario;

	for (size_t k = 0; k + 1 < sc->n_objectives; k++)
		if (strcmp(sc->objectives[k].name, name) == 0)
			spk_config_error(builder->config, map, "give each a `name`",
				"two objectives are called `%s`", name);
}

static void build_objective(struct spk_builder *builder, struct spk_node *map)
{
	static const struct spk_field time = {
		.name = "time", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};
	struct spk_record_objective *const o =
		&builder->scenario->objectives[builder->scenario->n_objectives++];
	const struct spk_node *const name = spk_node_get(map, "name");
	struct spk_node *const layers = spk_node_get(map, "layers");

	o->readout = readout_of(spk_node_get(map, "readout"));
	o->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
	(void)spk_read_quantity(builder->config, spk_node_get(map, "width"), &time, &o->width);
	(void)spk_read_quantity(builder->config, spk_node_get(map, "every"), &time, &o->every);
	if (o->name == NULL)
		return;
	check_name(builder, map, o->name);
	if (!build_layers(builder, layers, o))
		return;
	build_decoders(builder, map, spk_node_get(map, "decoders"), o);
	build_encoders(builder, map, spk_node_get(map, "encoders"), o);
	build_sigma(builder, spk_node_get(map, "sigma"), o);
	check_states(builder, layers, o);
	check_gradient(builder, spk_node_get(map, "gradient"), o);
}

/* ---- What the objectives read ------------------------------------------------------------------- */

static void read_layer(struct spk_builder *builder, size_t k, size_t l)
{
	struct spk_scenario *const sc = builder->scenario;
	const struct spk_record_objective *const o = &sc->objectives[k];
	const struct spk_reader reader = {.objective = k + 1, .layer = l};

	sc->rates[sc->n_rates++] = (struct spk_record_rates){.population = o->layers[l],
		.filter = SPK_RATE_COUNT,
		.width = o->width,
		.every = o->every,
		.per_neuron = 1,
		.reader = reader};
	if (o->readout == SPK_READ_RATE || l < o->lowest)
		return;
	struct spk_record_state *const state = &sc->states[sc->n_states++];
	*state = (struct spk_record_state){.population = o->layers[l],
		.n_variables = 1,
		.variables = spk_build_alloc(builder, 1, sizeof *state->variables),
		.every = o->every,
		.from = sc->start,
		.until = sc->start + sc->duration,
		.reader = reader};
	if (state->variables != NULL)
		state->variables[0] = o->readout == SPK_READ_U ? SPK_U : SPK_U_BAR;
}

/* Their recordings go behind those that are written. */
static void add_readings(struct spk_builder *builder)
{
	struct spk_scenario *const sc = builder->scenario;
	size_t n = 0;

	for (size_t k = 0; k < sc->n_objectives; k++)
		n += sc->objectives[k].n_layers;
	struct spk_record_rates *const rates = spk_build_alloc(builder, sc->n_rates + n, sizeof *rates);
	struct spk_record_state *const states = spk_build_alloc(builder, sc->n_states + n, sizeof *states);
	if (rates == NULL || states == NULL)
		return;
	if (sc->n_rates)
		memcpy(rates, sc->rates, sc->n_rates * sizeof *rates);
	if (sc->n_states)
		memcpy(states, sc->states, sc->n_states * sizeof *states);
	sc->rates = rates;
	sc->states = states;
	for (size_t k = 0; k < sc->n_objectives; k++)
		for (size_t l = 0; l < sc->objectives[k].n_layers; l++)
			read_layer(builder, k, l);
}

void spk_build_record_objectives(struct spk_builder *builder, struct spk_node *list)
{
	struct spk_scenario *const sc = builder->scenario;

	if (list == NULL || list->bad || list->kind != SPK_NODE_LIST)
		return;
	sc->objectives = spk_build_alloc(builder, list->n + 1, sizeof *sc->objectives);
	for (struct spk_node *map = list->first; map != NULL && sc->objectives != NULL; map = map->next)
		build_objective(builder, map);
	if (builder->config->n_diagnostics == 0 && builder->config->status == SPK_OK)
		add_readings(builder);
}
