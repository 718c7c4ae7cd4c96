/* The phases of a protocol. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

static const struct spk_field current = {
	.name = "nudge", .dim = SPK_DIM_CURRENT, .lo = -INFINITY, .hi = INFINITY};
static const struct spk_field time_above_0 = {
	.name = "duration", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = INFINITY};

const enum spk_mask_kind *spk_build_mask(struct spk_builder *builder, struct spk_node *word)
{
	enum spk_mask_kind *mask;

	for (size_t k = 0; word != NULL && !word->bad && spk_stack_mask_words[k] != NULL; k++) {
		if (strcmp(word->text, spk_stack_mask_words[k]) != 0)
			continue;
		mask = spk_build_alloc(builder, 1, sizeof *mask);
		if (mask != NULL)
			*mask = (enum spk_mask_kind)k;
		return mask;
	}
	return NULL;
}

/* ---- What is shown ------------------------------------------------------------------------------ */

static int is_of_pixels(enum spk_show_kind kind)
{
	return kind < SPK_SHOW_LABEL;
}

/* Some presentation hides pixels in this phase. */
static int has_mask(const struct spk_protocol *protocol, const struct spk_phase *phase)
{
	int found = phase->mask != NULL;

	for (size_t k = 0; k < protocol->n_stages; k++)
		found |= protocol->stages[k].mask != NULL;
	return found;
}

/* The population is one of sources that can show it, as many as there are pixels or labels. */
static void check_source(struct spk_builder *builder, struct spk_node *member, const struct spk_show *show)
{
	const struct spk_population *const population = &builder->scenario->populations[show->population];
	const struct spk_dataset *const data = spk_protocol_data(builder);
	const int pixels = is_of_pixels(show->kind);
	const uint64_t size = data == NULL ? 0 : pixels ? data->n_pixels : data->n_labels;

	if (population->source == NULL || population->source->takes_spikes) {
		if (population->source != NULL || population->neuron != NULL)
			spk_config_key_error(builder->config, member, NULL,
				"`%s` cannot show an item: it is no rate source", population->name);
	} else if (data != NULL && data->mixture.n_components != 0 && pixels) {
		spk_config_key_error(builder->config, member, NULL,
			"`%s` cannot show points of a mixture: they are no intensities", population->name);
	} else if (size != 0 && population->size != size) {
		spk_config_key_error(builder->config, member, NULL,
			pixels ? "`%s` has %llu sources, an item has %llu pixels"
			       : "`%s` has %llu sources, the data has %llu labels",
			population->name, (unsigned long long)population->size, (unsigned long long)size);
	}
}

/* Errors and rewards are known once the readout was taken; a hidden pixel asks for a mask. */
static void check_moment(struct spk_builder *builder, struct spk_node *member,
	const struct spk_protocol *protocol, const struct spk_phase *phase, enum spk_show_kind kind)
{
	int was_read = 0;

	if ((kind == SPK_SHOW_VISIBLE_PIXELS || kind == SPK_SHOW_HIDDEN_PIXELS) && !has_mask(protocol, phase))
		spk_config_error(builder->config, member, "write `mask: top` in the phase or in a stage",
			"nothing is hidden: there is no mask");
	if (kind == SPK_SHOW_NOISY_IMAGE && protocol->noise == 0)
		spk_config_error(
			builder->config, member, "write `noise: 0.2` in the protocol", "no noise is given");
	if (is_of_pixels(kind) || kind == SPK_SHOW_LABEL)
		return;
	for (const struct spk_phase *p = protocol->phases; p != phase; p++)
		was_read |= p->readout;
	if (spk_node_get(builder->config->root, "objective") == NULL)
		spk_config_error(builder->config, member, NULL,
			"`%s` is that of an objective: `objective` is missing", member->text);
	else if (!was_read)
		spk_config_error(builder->config, member, "write `readout: true` in an earlier phase",
			"`%s` is not known before the readout", member->text);
}

static void build_shown(struct spk_builder *builder, struct spk_node *map,
	const struct spk_protocol *protocol, struct spk_phase *phase)
{
	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	phase->shown = spk_build_alloc(builder, map->n + 1, sizeof *phase->shown);
	for (struct spk_node *member = map->first; member != NULL && phase->shown != NULL;
		member = member->next) {
		struct spk_show *const show = &phase->shown[phase->n_shown];

		if (!spk_find_population_key(builder, member, &show->population))
			continue;
		for (size_t k = 0; spk_show_words[k] != NULL; k++)
			if (strcmp(member->text, spk_show_words[k]) == 0)
				show->kind = (enum spk_show_kind)k;
		check_source(builder, member, show);
		check_moment(builder, member, protocol, phase, show->kind);
		phase->n_shown++;
	}
}

/* ---- The other parts of a phase ----------------------------------------------------------------- */

static void build_clamp(struct spk_builder *builder, struct spk_node *map, struct spk_clamp *clamp)
{
	const struct spk_field on = spk_plain_field("on", SPK_DIM_CURRENT),
			       off = spk_plain_field("off", SPK_DIM_CURRENT);

	if (map == NULL || map->bad)
		return;
	clamp->on = spk_find_labelled(builder, spk_node_get(map, "population"), &clamp->population) &&
		    spk_read_quantity(builder->config, spk_node_get(map, "on"), &on, &clamp->on_pa) &&
		    spk_read_quantity(builder->config, spk_node_get(map, "off"), &off, &clamp->off_pa);
}

static int find_learning(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	const struct spk_projection *projection;

	if (!spk_find_projection(builder, name, ret_index))
		return 0;
	projection = &builder->scenario->projections[*ret_index];
	if (projection->plasticity != NULL || projection->n_probes > 0)
		return 1;
	spk_config_error(builder->config, name, NULL, "`%s` has neither plasticity nor probes", name->text);
	return 0;
}

static void build_gate(struct spk_builder *builder, struct spk_node *node, struct spk_subset *gate)
{
	if (node == NULL || node->bad)
		return;
	if (node->kind == SPK_NODE_LIST)
		spk_build_subset(builder, node, find_learning, gate);
	else
		gate->all = strcmp(node->text, "open") == 0;
}

static void build_length(struct spk_builder *builder, struct spk_node *node, struct spk_phase *phase)
{
	struct spk_value *const value = &phase->duration;

	*value = (struct spk_value){.law = SPK_CONSTANT, .a = 1, .lo = -INFINITY, .hi = INFINITY};
	if (!spk_read_value(builder->config, node, &time_above_0, builder->arena, value))
		return;
	if (value->law == SPK_LIST) {
		spk_config_error(builder->config, node, "write `{uniform: [50 ms, 100 ms]}`",
			"a phase has one duration, or a distribution of durations, not a list");
		*value = (struct spk_value){.law = SPK_CONSTANT, .a = 1, .lo = -INFINITY, .hi = INFINITY};
	}
	phase->shortest = value->law == SPK_CONSTANT || value->law == SPK_UNIFORM ? value->a : value->lo;
}

static void build_phase(struct spk_builder *builder, struct spk_node *map,
	const struct spk_protocol *protocol, struct spk_phase *phase)
{
	struct spk_config *const config = builder->config;
	struct spk_node *const name = spk_node_get(map, "name"), *const nudge = spk_node_get(map, "nudge");
	struct spk_node *const paired = spk_node_get(map, "paired");

	phase->where = spk_build_where(map);
	phase->name = spk_build_text(builder, name != NULL && !name->bad ? name->text : "");
	build_length(builder, spk_node_get(map, "duration"), phase);
	(void)spk_read_quantity(config, nudge, &current, &phase->nudge);
	(void)spk_read_bool(config, paired, &phase->nudge_paired);
	(void)spk_read_bool(config, spk_node_get(map, "readout"), &phase->readout);
	phase->mask = spk_build_mask(builder, spk_node_get(map, "mask"));
	build_gate(builder, spk_node_get(map, "gate"), &phase->gate);
	spk_build_subset(builder, spk_node_get(map, "silent"), spk_find_projection, &phase->silent);
	spk_build_subset(builder, spk_node_get(map, "reset"), spk_find_neurons, &phase->reset);
	build_shown(builder, spk_node_get(map, "show"), protocol, phase);
	build_clamp(builder, spk_node_get(map, "clamp"), &phase->clamp);
	if (phase->nudge > 0 && spk_node_get(config->root, "objective") == NULL)
		spk_config_error(config, nudge, NULL,
			"a nudge follows the gradient of an objective: `objective` is missing");
	if (phase->nudge_paired && phase->nudge == 0 && !nudge->bad)
		spk_config_error(config, paired, NULL, "there is no nudge to pair");
}

void spk_build_phases(struct spk_builder *builder, struct spk_node *list, struct spk_protocol *protocol)
{
	struct spk_phase *readout = NULL;

	protocol->phases = spk_build_alloc(builder, list->n, sizeof *protocol->phases);
	if (list->n == 0)
		spk_config_error(builder->config, list, NULL, "a presentation needs at least one phase");
	for (struct spk_node *map = list->first; map != NULL && protocol->phases != NULL; map = map->next) {
		struct spk_phase *const phase = &protocol->phases[map->index];

		build_phase(builder, map, protocol, phase);
		protocol->n_phases++;
		if (phase->name == NULL)
			return;
		for (size_t k = 0; k + 1 < protocol->n_phases; k++)
			if (strcmp(protocol->phases[k].name, phase->name) == 0 && *phase->name != '\0')
				spk_config_error(builder->config, map, NULL, "two phases are called `%s`",
					phase->name);
		if (phase->readout && readout != NULL)
			spk_config_error(builder->config, map, NULL,
				"only one phase can have the readout, `%s` has it", readout->name);
		if (phase->readout)
			readout = phase;
	}
}
