/* Claims: what is measured on the result, in which variants of the scenario, and what is expected. */
#include "sim/scenario_claim.h"
#include "sim/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RUNS = 1000, MAX_SEEDS = 10000, DEFAULT_SEEDS = 5 };

/* ---- Paths -------------------------------------------------------------------------------------- */

/* Members of these are filled in by builders, which have not all run. */
static int is_filled_later(const struct spk_node *map)
{
	return map->key != NULL && (strcmp(map->key, "params") == 0 || strcmp(map->key, "initial") == 0);
}

static int report_step(struct spk_builder *builder, struct spk_node *at, const struct spk_node *here,
	const char *step, size_t length)
{
	struct spk_config *const config = builder->config;
	const char *const word = spk_arena_copy(&config->arena, step, length);
	const char **const names = spk_build_alloc(builder, here->n, sizeof *names);
	size_t n = 0;

	for (const struct spk_node *child = here->first; child != NULL && names != NULL; child = child->next)
		if (child->key != NULL)
			names[n++] = child->key;
	if (word != NULL && names != NULL)
		spk_config_error(config, at, spk_note_words(config, word, n, names),
			"the scenario has no %s in %s", spk_show_text(config, word),
			spk_node_path(config, here));
	return 0;
}

/* One step of a path: `[k]` or a key. NULL: there is none. */
static struct spk_node *step_into(const struct spk_node *here, const char *step, size_t length)
{
	struct spk_node *child = here->first;

	if (*step == '[' &&
		(step[length - 1] != ']' || strspn(step + 1, "0123456789") + 2 != length || length == 2))
		return NULL;
	if (*step == '[') {
		const unsigned long k = strtoul(step + 1, NULL, 10);

		while (here->kind == SPK_NODE_LIST && child != NULL && child->index != k)
			child = child->next;
		return here->kind == SPK_NODE_LIST ? child : NULL;
	}
	if (here->kind != SPK_NODE_MAP)
		return NULL;
	while (child != NULL && (strlen(child->key) != length || strncmp(child->key, step, length) != 0))
		child = child->next;
	return child;
}

int spk_check_claim_path(struct spk_builder *builder, struct spk_node *at, const char *path)
{
	const struct spk_node *here = builder->config->root;

	for (const char *step = path; *step != '\0' && *step != '=';) {
		const size_t length = *step == '[' ? strcspn(step, "]") + 1 : strcspn(step, ".[=");
		const struct spk_node *const next = step_into(here, step, length);

		if (next == NULL && is_filled_later(here))
			return 1;
		if (next == NULL || next->bad)
			return next == NULL ? report_step(builder, at, here, step, strnlen(step, length)) : 0;
		here = next;
		step += length;
		step += *step == '.' && step[1] != '\0';
	}
	return 1;
}

static char *read_set(struct spk_builder *builder, struct spk_node *node, int of_claim)
{
	static const char claim[] = "claim.";

	if (node->bad || !spk_expect_text(builder->config, node, "an override PATH=VALUE"))
		return NULL;
	if (strchr(node->text, '=') == NULL) {
		spk_config_error(builder->config, node, NULL, "an override is PATH=VALUE, not %s",
			spk_show_text(builder->config, node->text));
		return NULL;
	}
	if (strncmp(node->text, claim, sizeof claim - 1) == 0) {
		if (!of_claim)
			spk_config_error(
				builder->config, node, NULL, "a run cannot change the claim that it is for");
	} else {
		(void)spk_check_claim_path(builder, node, node->text);
	}
	return node->bad ? NULL : spk_build_text(builder, node->text);
}

void spk_build_claim_sets(
	struct spk_builder *builder, struct spk_node *texts, int of_claim, size_t *ret_n, char ***ret_sets)
{
	struct spk_node *text;

	*ret_n = 0;
	if (texts == NULL || texts->bad)
		return;
	*ret_sets = spk_build_alloc(builder, texts->kind == SPK_NODE_LIST ? texts->n : 1, sizeof **ret_sets);
	for (size_t k = 0; *ret_sets != NULL && (text = spk_name_at(texts, k)) != NULL; k++) {
		char *const set = read_set(builder, text, of_claim);

		if (set != NULL)
			(*ret_sets)[(*ret_n)++] = set;
	}
}

/* ---- Runs --------------------------------------------------------------------------------------- */

/* A number with or without a unit. */
static int read_number(const char *text, double *ret_value)
{
	static const enum spk_dim dims[] = {
#define DIM(name, unit) name,
		SPK_DIM_LIST(DIM)
#undef DIM
	};
	struct spk_error err;

	for (size_t k = 0; k < sizeof dims / sizeof *dims; k++)
		if (spk_quantity_parse(text, dims[k], ret_value, &err) == SPK_OK)
			return 1;
	return 0;
}

/* The overrides KEY=VALUE of one value for every key. */
static void build_value(struct spk_builder *builder, struct spk_node *keys, const struct spk_node *value,
	struct spk_claim_run *run)
{
	char *const text = spk_config_write_value(value);
	struct spk_node *key;

	run->sets = spk_build_alloc(builder, keys->kind == SPK_NODE_LIST ? keys->n : 1, sizeof *run->sets);
	run->label = text != NULL ? spk_build_text(builder, text) : NULL;
	if (text == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	for (size_t k = 0; run->label != NULL && run->sets != NULL && (key = spk_name_at(keys, k)) != NULL;
		k++) {
		run->sets[k] = spk_arena_format(builder->arena, "%s=%s", key->text, text);
		if (run->sets[k] == NULL)
			(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		else
			run->n_sets++;
	}
	free(text);
}

static void build_set(struct spk_builder *builder, struct spk_node *texts, struct spk_claim_run *run)
{
	run->label = "";
	spk_build_claim_sets(builder, texts, 0, &run->n_sets, &run->sets);
	for (size_t k = 0; k < run->n_sets && run->label != NULL; k++)
		run->label = spk_arena_format(
			builder->arena, "%s%s%s", run->label, k > 0 ? ", " : "", run->sets[k]);
	if (run->n_sets == 0)
		run->label = "as it is";
	if (run->label == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
}

/* What `across` sees as x: as given, else the values if all are numbers, else 0, 1, 2, ... */
static void build_x(struct spk_builder *builder, struct spk_node *x, struct spk_claim *claim)
{
	const struct spk_field field = spk_plain_field("x", SPK_DIM_NONE);
	double *given = NULL;
	size_t n;
	int all = 1;

	if (x != NULL && !spk_read_quantities(builder->config, x, &field, claim->n_runs, claim->n_runs,
				 &builder->config->arena, &n, &given))
		return;
	for (size_t k = 0; k < claim->n_runs; k++)
		all = all && claim->runs[k].label != NULL &&
		      read_number(claim->runs[k].label, &claim->runs[k].x);
	for (size_t k = 0; k < claim->n_runs && (!all || given != NULL); k++)
		claim->runs[k].x = given != NULL ? given[k] : (double)k;
}

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
		if (!key->bad && strcmp(key->text, "claim") != 0 && strncmp(key->text, "claim.", 6) != 0)
			(void)spk_check_claim_path(builder, key, key->text);
		else if (!key->bad)
			spk_config_error(
				builder->config, key, NULL, "a run cannot change the claim that it is for");
	claim->runs = spk_build_alloc(builder, list->n, sizeof *claim->runs);
	if (claim->runs == NULL)
		return;
	claim->n_runs = list->n;
	for (struct spk_node *child = list->first; child != NULL; child = child->next) {
		if (values == NULL)
			build_set(builder, child, &claim->runs[child->index]);
		else if (keys != NULL && !keys->bad)
			build_value(builder, keys, child, &claim->runs[child->index]);
	}
	build_x(builder, spk_node_get(map, "x"), claim);
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

static void build_measure(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	const struct spk_node *const word = spk_node_get(map, "measure");

	claim->measure = word != NULL && !word->bad ? spk_find_measurement(word->text) : NULL;
	if (claim->measure == NULL)
		return;
	(void)spk_build_constants(builder, spk_node_get(map, "params"), claim->measure->n_params,
		claim->measure->params, 0, &claim->params);
	spk_build_claim_inputs(builder, spk_node_get(map, "of"), claim);
}

/* ---- Expectation, seeds ------------------------------------------------------------------------- */

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

static void list_seeds(struct spk_builder *builder, struct spk_node *node, struct spk_claim *claim)
{
	const size_t n = node->n;

	if (n < 1 || n > MAX_SEEDS) {
		spk_config_error(
			builder->config, node, NULL, "a list of 1 to %d seeds is expected", MAX_SEEDS);
		return;
	}
	claim->seeds = spk_build_alloc(builder, n, sizeof *claim->seeds);
	for (struct spk_node *child = node->first; child != NULL && claim->seeds != NULL;
		child = child->next) {
		uint64_t *const seed = &claim->seeds[child->index];

		if (!spk_read_count(builder->config, child, 0, 0x1p63, seed))
			continue;
		for (size_t k = 0; k < claim->n_seeds; k++)
			if (claim->seeds[k] == *seed)
				spk_config_error(builder->config, child, NULL, "%s is listed twice",
					spk_show_text(builder->config, child->text));
		claim->n_seeds = child->index + 1;
	}
}

static void build_seeds(struct spk_builder *builder, struct spk_node *node, struct spk_claim *claim)
{
	uint64_t n = DEFAULT_SEEDS;

	if (node == NULL || node->bad)
		return;
	if (node->kind == SPK_NODE_LIST) {
		list_seeds(builder, node, claim);
		return;
	}
	if (!spk_read_count(builder->config, node, 1, MAX_SEEDS, &n))
		return;
	claim->seeds = spk_build_alloc(builder, (size_t)n, sizeof *claim->seeds);
	claim->n_seeds = claim->seeds != NULL ? (size_t)n : 0;
	for (size_t k = 0; k < claim->n_seeds; k++)
		claim->seeds[k] = builder->scenario->seed + k;
}

/* The quick version: overrides, the one of the seeds first. */
static void build_quick(struct spk_builder *builder, const struct spk_node *map, struct spk_claim *claim)
{
	struct spk_node *const seeds = spk_node_get(map, "seeds");
	struct spk_claim trial = {0};
	char *text, **sets = NULL;
	size_t n = 0;

	spk_build_claim_sets(builder, spk_node_get(map, "set"), 1, &n, &sets);
	build_seeds(builder, seeds, &trial);
	claim->quick = spk_build_alloc(builder, n + 1, sizeof *claim->quick);
	if (claim->quick == NULL)
		return;
	if (trial.n_seeds > 0) {
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
	build_measure(builder, map, claim);
	build_runs(builder, spk_node_get(map, "runs"), claim);
	build_across(builder, spk_node_get(map, "across"), claim);
	build_expectation(builder, spk_node_get(map, "expect"), claim);
	build_seeds(builder, spk_node_get(map, "seeds"), claim);
	(void)spk_read_quantity(
		builder->config, spk_node_get(map, "confidence"), &confidence, &claim->confidence);
	word = spk_node_get(map, "verdict");
	claim->expected =
		word != NULL && !word->bad && strcmp(word->text, "fails") == 0 ? SPK_FAILS : SPK_HOLDS;
	build_quick(builder, spk_node_get(map, "quick"), claim);
}
