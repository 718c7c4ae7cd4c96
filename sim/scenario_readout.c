/* Readouts that a protocol writes for each presentation. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

static int is_word(const struct spk_node *node, const char *word)
{
	return node != NULL && !node->bad && node->kind == SPK_NODE_TEXT && strcmp(node->text, word) == 0;
}

int spk_find_part(struct spk_builder *builder, struct spk_node *name, const char *what, size_t n,
	const char *const *names, size_t *ret_index)
{
	if (name == NULL || name->bad)
		return 0;
	for (size_t k = 0; k < n; k++) {
		if (strcmp(names[k], name->text) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	spk_config_error(builder->config, name, spk_note_words(builder->config, name->text, n, names),
		"unknown %s %s", what, spk_show_text(builder->config, name->text));
	return 0;
}

static void build_phase(
	struct spk_builder *builder, struct spk_node *name, struct spk_protocol_readout *readout)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;
	const char **const names = spk_build_alloc(builder, protocol->n_phases + 1, sizeof *names);

	for (size_t k = 0; names != NULL && k < protocol->n_phases; k++)
		names[k] = protocol->phases[k].name;
	if (names != NULL)
		(void)spk_find_part(builder, name, "phase", protocol->n_phases, names, &readout->phase);
}

static void build_stages(
	struct spk_builder *builder, struct spk_node *list, struct spk_protocol_readout *readout)
{
	const struct spk_protocol *const protocol = &builder->scenario->protocol;
	const size_t n = protocol->n_stages;
	const char **const names = spk_build_alloc(builder, n + 1, sizeof *names);
	struct spk_node *name;
	size_t index;

	readout->stages = spk_build_alloc(builder, n + 1, 1);
	if (names == NULL || readout->stages == NULL)
		return;
	for (size_t k = 0; k < n; k++)
		names[k] = protocol->stages[k].name;
	if (is_word(list, "all")) {
		memset(readout->stages, 1, n);
		return;
	}
	for (size_t k = 0; (name = spk_name_at(list, k)) != NULL; k++)
		if (spk_find_part(builder, name, "stage", n, names, &index))
			readout->stages[index] = 1;
}

static void build_window(
	struct spk_builder *builder, struct spk_node *window, struct spk_protocol_readout *readout)
{
	const struct spk_field field = {
		.name = "window", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};
	const struct spk_phase *const phase = &builder->scenario->protocol.phases[readout->phase];

	readout->window = INFINITY;
	if (window == NULL)
		return;
	if (readout->readout != SPK_READ_RATE)
		spk_config_key_error(builder->config, window, NULL, "`window` belongs to readout: rate");
	else if (spk_read_quantity(builder->config, window, &field, &readout->window) &&
		 readout->window > phase->shortest)
		spk_config_error(builder->config, window, NULL, "the window is longer than the phase `%s`%s",
			phase->name, phase->duration.law == SPK_CONSTANT ? "" : " may be");
}

/* Potentials are those of neurons that keep them. */
static void check_kept(
	struct spk_builder *builder, struct spk_node *map, const struct spk_protocol_readout *readout)
{
	static const enum spk_neuron_state states[] = {[SPK_READ_U] = SPK_U, [SPK_READ_U_BAR] = SPK_U_BAR};
	struct spk_node *const of = spk_node_get(map, "of"), *const what = spk_node_get(map, "readout");
	size_t k;

	if (readout->readout != SPK_READ_RATE && spk_find_neurons(builder, of, &k))
		spk_check_kept(builder, what, what->text, k, states[readout->readout]);
}

static void build_readout(
	struct spk_builder *builder, struct spk_node *map, struct spk_protocol_readout *readout)
{
	const struct spk_node *const name = spk_node_get(map, "name"), *const what =
									       spk_node_get(map, "readout");

	readout->where = spk_build_where(map);
	readout->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
	readout->readout = is_word(what, "u")       ? SPK_READ_U
			   : is_word(what, "u_bar") ? SPK_READ_U_BAR
						    : SPK_READ_RATE;
	build_phase(builder, spk_node_get(map, "phase"), readout);
	build_stages(builder, spk_node_get(map, "stages"), readout);
	build_window(builder, spk_node_get(map, "window"), readout);
	if (spk_find_population(builder, spk_node_get(map, "of"), &readout->population))
		check_kept(builder, map, readout);
}

void spk_build_readouts(struct spk_builder *builder)
{
	struct spk_protocol *const protocol = &builder->scenario->protocol;
	struct spk_node *const list =
		spk_node_get(spk_node_get(builder->config->root, "protocol"), "readouts");

	if (list == NULL || list->bad || list->kind != SPK_NODE_LIST || protocol->n_phases == 0)
		return;
	protocol->readouts = spk_build_alloc(builder, list->n, sizeof *protocol->readouts);
	for (struct spk_node *map = list->first; map != NULL && protocol->readouts != NULL; map = map->next) {
		struct spk_protocol_readout *const readout = &protocol->readouts[protocol->n_readouts++];

		build_readout(builder, map, readout);
		if (readout->name == NULL)
			return;
		for (size_t k = 0; k + 1 < protocol->n_readouts; k++)
			if (strcmp(protocol->readouts[k].name, readout->name) == 0 && *readout->name != '\0')
				spk_config_error(builder->config, map, NULL, "two readouts are called `%s`",
					readout->name);
	}
}
