/* Plasticity rules and probes. */
#include "sim/scenario_build.h"

#include <math.h>
#include <string.h>

static int is_within(const struct spk_value *weight, double lo, double hi)
{
	if (weight->law == SPK_CONSTANT)
		return weight->a >= lo && weight->a <= hi;
	if (weight->law == SPK_UNIFORM)
		return weight->a >= lo && weight->b <= hi;
	for (size_t k = 0; k < weight->n_list; k++)
		if (weight->list[k] < lo || weight->list[k] > hi)
			return 0;
	return 1;
}

/* Where the parameter stands that says how a rule reads; else the rule's name. */
static struct spk_node *find_reading(
	const struct spk_plasticity_model *model, struct spk_node *params, struct spk_node *word)
{
	struct spk_node *node = NULL;

	for (size_t k = 0; params != NULL && node == NULL && k < model->n_params; k++)
		if (model->params[k].choices != NULL)
			node = spk_node_get(params, model->params[k].name);
	return node != NULL ? node : word;
}

/* Only the phases of a protocol close the gate. */
static void warn_of_open_gate(struct spk_config *config, const struct spk_rule *rule, struct spk_node *params,
	struct spk_node *word)
{
	if (!(rule->model->needs(rule->params) & SPK_NEEDS_CLOSING) ||
		spk_node_get(config->root, "protocol") != NULL)
		return;
	spk_config_warn(config, find_reading(rule->model, params, word),
		"without a `protocol` it opens at the start of the run and stays open",
		"this rule changes weights as the gate closes, and here it never does: nothing is learned");
}

int spk_build_rule(struct spk_builder *builder, struct spk_node *map, enum spk_dim weight_dim,
	const struct spk_value *weight, struct spk_rule *ret_rule)
{
	struct spk_config *const config = builder->config;
	const struct spk_node *const name = spk_node_get(map, "name");
	struct spk_node *const word = spk_node_get(map, "rule"), *const params = spk_node_get(map, "params"),
			       *const bounds = spk_node_get(map, "bounds");
	const struct spk_field field = spk_plain_field("bounds", weight_dim);
	struct spk_rule rule = {.w_min = -INFINITY, .w_max = INFINITY};
	struct spk_error err;
	double pair[2];

	if (word == NULL || word->bad)
		return 0;
	rule.model = spk_find_plasticity(word->text);
	rule.where = spk_build_where(map);
	rule.name = spk_build_text(builder, name != NULL && !name->bad ? name->text : word->text);
	if (rule.model == NULL || rule.name == NULL ||
		!spk_build_constants(builder, params, rule.model->n_params, rule.model->params,
			rule.model->n_derived, &rule.params))
		return 0;
	if (rule.model->derive != NULL && rule.model->derive(rule.params, &err) != SPK_OK) {
		spk_config_error(config, params, NULL, "%s", err.text);
		return 0;
	}
	warn_of_open_gate(config, &rule, params, word);
	if (bounds != NULL) {
		if (!spk_read_pair(config, bounds, &field, pair))
			return 0;
		rule.w_min = pair[0];
		rule.w_max = pair[1];
		if (weight != NULL && !is_within(weight, pair[0], pair[1])) {
			spk_config_error(
				config, bounds, NULL, "the initial weights do not all lie within the bounds");
			return 0;
		}
	}
	*ret_rule = rule;
	return 1;
}
