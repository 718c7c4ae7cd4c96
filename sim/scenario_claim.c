/* Claims: what is measured on the result, in which variants of the scenario, and what is expected. */
#include "sim/scenario_plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RUNS = 1000 };

/* ---- Runs --------------------------------------------------------------------------------------- */

static void build_runs(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	struct spk_node *const keys = spk_node_get(map, "key"), *const values = spk_node_get(map, "values"),
			       *const sets = spk_node_get(map, "sets"), *key;
	struct spk_node *const list = values != NULL ? values : sets;

	if (list == NULL || list->bad)
		return;
	if (list->kind != SPK_NODE_LIST || list->n < 2 || list->n > MAX_RUNS) {
		spk_config_error(builder->config, list, NULL, "a list of 2 to %d is expected", MAX_RUNS);
		return;
	}
	for (size_t k = 0; values != NULL && (key = spk_name_at(keys, k)) != NULL; k++)
		spk_check_key(builder, key, key->text);
	claim->runs = spk_build_alloc(builder, list->n, sizeof *claim->runs);
	if (claim->runs == NULL)
		return;
	claim->n_runs = list->n;
	for (struct spk_node *child = list->first; child != NULL; child = child->next) {
		if (values == NULL)
			spk_build_set(builder, child, &claim->runs[child->index]);
		else if (keys != NULL && !keys->bad)
			spk_build_value(builder, keys, child, &claim->runs[child->index]);
	}
	spk_build_x(builder, spk_node_get(map, "x"), claim->n_runs, claim->runs);
}

char *spk_build_scenario_path(struct spk_builder *builder, struct spk_node *file)
{
	char *const path = spk_build_path(builder, file->text);
	FILE *const stream = path != NULL ? fopen(path, "r") : NULL;

	if (stream != NULL)
		(void)fclose(stream);
	else if (path != NULL)
		spk_config_error(
			builder->config, file, NULL, "%s: cannot open the file: %s", path, strerror(errno));
	return path;
}

/* ---- Runs before the claim's ---------------------------------------------------------------------- */

static void build_one_before(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	struct spk_claim_before *const before = &claim->before[claim->n_before];
	struct spk_node *const name = spk_node_get(map, "name"), *const file = spk_node_get(map, "scenario");
	const char *const own = builder->scenario->about;

	if (map->bad || name == NULL || name->bad || (file != NULL && file->bad))
		return;
	for (size_t k = 0; k < claim->n_before; k++)
		if (strcmp(claim->before[k].name, name->text) == 0)
			spk_config_error(builder->config, name, NULL, "two runs are called `%s`", name->text);
	spk_build_sets(builder, spk_node_get(map, "set"), SPK_SET_OTHER, &before->n_sets, &before->sets);
	before->name = spk_build_text(builder, name->text);
	before->scenario = file != NULL  ? spk_build_scenario_path(builder, file)
			   : own != NULL ? spk_build_text(builder, own)
					 : NULL; /* the file of the claim */
	claim->n_before += before->name != NULL;
}

/* In their order: each can name those that are known by then. */
static void build_before(struct spk_builder *builder, const struct spk_node *list, struct spk_claim *claim)
{
	if (list == NULL || list->bad || list->kind != SPK_NODE_LIST)
		return;
	claim->before = spk_build_alloc(builder, list->n + 1, sizeof *claim->before);
	for (const struct spk_node *map = list->first; map != NULL && claim->before != NULL; map = map->next)
		build_one_before(builder, map, claim);
}

/* ---- Measurements ------------------------------------------------------------------------------- */

/* Inputs x and y, or one: the others must be optional. */
static int takes_runs(const struct spk_measurement *measure)
{
	int has_y = 0;

	for (size_t k = 0; k < measure->n_inputs; k++)
		has_y |= strcmp(measure->inputs[k].name, "y") == 0;
	for (size_t k = 0; k < measure->n_inputs; k++) {
		const char *const name = measure->inputs[k].name;
		const int is_given = has_y ? strcmp(name, "x") == 0 || strcmp(name, "y") == 0 : k == 0;

		if (!is_given && !measure->inputs[k].optional)
			return 0;
	}
	return measure->n_inputs > 0;
}

static const struct spk_measurement *find_across(struct spk_builder *builder, struct spk_node *word)
{
	const struct spk_measurement *const found = spk_find_measurement(word->text);
	const char **names;
	size_t n = 0;

	if (found != NULL && takes_runs(found))
		return found;
	while (spk_measurements[n] != NULL)
		n++;
	names = spk_build_alloc(builder, n + 2, sizeof *names);
	if (names == NULL)
		return NULL;
	names[0] = "change";
	names[1] = "ratio";
	n = 2;
	for (size_t k = 0; spk_measurements[k] != NULL; k++)
		if (takes_runs(spk_measurements[k]))
			names[n++] = spk_measurements[k]->name;
	spk_config_error(builder->config, word, spk_note_words(builder->config, word->text, n, names),
		found != NULL ? "%s does not take the figures of runs" : "unknown measurement %s",
		spk_show_text(builder->config, word->text));
	return NULL;
}

static void build_across(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	struct spk_node *const word = spk_node_get(map, "measure"), *const params =
									    spk_node_get(map, "params");

	if (word == NULL || word->bad)
		return;
	if (strcmp(word->text, "change") == 0 || strcmp(word->text, "ratio") == 0) {
		claim->across = strcmp(word->text, "ratio") == 0 ? SPK_ACROSS_RATIO : SPK_ACROSS_CHANGE;
		if (params != NULL && params->n > 0)
			spk_config_error(builder->config, params, NULL, "%s has no parameters", word->text);
		return;
	}
	claim->across_measure = find_across(builder, word);
	if (claim->across_measure == NULL)
		return;
	claim->across = SPK_ACROSS_MEASURE;
	(void)spk_build_constants(builder, params, claim->across_measure->n_params,
		claim->across_measure->params, 0, &claim->across_params);
}

/* ---- Expectation ------------------------------------------------------------------------- */

static void build_expectation(
	struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	const struct spk_field field = spk_plain_field("expect", SPK_DIM_NONE);
	double pair[2];

	claim->at_least = -INFINITY;
	claim->at_most = INFINITY;
	(void)spk_read_quantity(builder->config, spk_node_get(map, "at_least"), &field, &claim->at_least);
	(void)spk_read_quantity(builder->config, spk_node_get(map, "at_most"), &field, &claim->at_most);
	if (spk_read_pair(builder->config, spk_node_get(map, "between"), &field, pair)) {
		claim->at_least = pair[0];
		claim->at_most = pair[1];
	}
}

/* The quick version: overrides, the one of the seeds first. */
static void build_quick(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	struct spk_node *const seeds = spk_node_get(map, "seeds");
	uint64_t *trial;
	char *text, **sets = NULL;
	size_t n = 0, n_seeds = 0;

	spk_build_sets(builder, spk_node_get(map, "set"), SPK_SET_QUICK, &n, &sets);
	spk_build_seeds(builder, seeds, &n_seeds, &trial);
	claim->quick = spk_build_alloc(builder, n + 1, sizeof *claim->quick);
	if (claim->quick == NULL)
		return;
	if (n_seeds > 0) {
		text = spk_config_write_value(seeds);
		claim->quick[0] =
			text != NULL ? spk_arena_format(builder->arena, "claim.seeds=%s", text) : NULL;
		free(text);
		if (claim->quick[0] == NULL)
			(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		else
			claim->n_quick = 1;
	}
	for (size_t k = 0; k < n; k++)
		claim->quick[claim->n_quick++] = sets[k];
}

static char *read_line(struct spk_builder *builder, struct spk_node *node)
{
	if (node == NULL || node->bad)
		return NULL;
	if (*node->text == '\0' || strpbrk(node->text, "\n\r") != NULL)
		spk_config_error(builder->config, node, NULL, "one line of text is expected");
	return node->bad ? NULL : spk_build_text(builder, node->text);
}

void spk_build_claim(struct spk_builder *builder)
{
	struct spk_claim *const claim = &builder->scenario->claim;
	struct spk_node *const map = spk_node_get(builder->config->root, "claim");
	const struct spk_field confidence = {.name = "confidence", .dim = SPK_DIM_NONE, .lo = 0, .hi = 1};
	const struct spk_node *word;

	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	claim->on = 1;
	claim->statement = read_line(builder, spk_node_get(map, "statement"));
	claim->source = read_line(builder, spk_node_get(map, "source"));
	claim->n_runs = 1;
	claim->runs = spk_build_alloc(builder, 1, sizeof *claim->runs);
	if (claim->runs == NULL)
		return;
	claim->runs[0].label = "";
	builder->claim = claim;
	build_before(builder, spk_node_get(map, "before"), claim);
	spk_build_sets(builder, spk_node_get(map, "set"), SPK_SET_OTHER, &claim->n_sets, &claim->sets);
	spk_build_observable(builder, map, &claim->what);
	build_runs(builder, spk_node_get(map, "runs"), claim);
	build_across(builder, spk_node_get(map, "across"), claim);
	build_expectation(builder, spk_node_get(map, "expect"), claim);
	spk_build_seeds(builder, spk_node_get(map, "seeds"), &claim->n_seeds, &claim->seeds);
	(void)spk_read_quantity(
		builder->config, spk_node_get(map, "confidence"), &confidence, &claim->confidence);
	word = spk_node_get(map, "verdict");
	claim->expected =
		word != NULL && !word->bad && strcmp(word->text, "fails") == 0 ? SPK_FAILS : SPK_HOLDS;
	build_quick(builder, spk_node_get(map, "quick"), claim);
	builder->claim = NULL;
}
