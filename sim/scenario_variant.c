/* Variants of a scenario: overrides and whether they lead anywhere, values of keys, seeds. */
#include "sim/scenario_plan.h"
#include "sim/units.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 10000 };

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

static int check_path(struct spk_builder *builder, struct spk_node *at, const char *path)
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

/* Claims and sweeps are about the scenario and no part of it. Which of them the path leads into, or NULL. */
static const char *find_plan(const char *path)
{
	static const char *const plans[] = {"claim", "sweep"};

	for (size_t k = 0; k < sizeof plans / sizeof *plans; k++)
		if (strncmp(path, plans[k], 5) == 0 && strchr(".[=", path[5]) != NULL)
			return plans[k];
	return NULL;
}

int spk_check_key(struct spk_builder *builder, struct spk_node *at, const char *path)
{
	const char *const plan = find_plan(path);

	if (at->bad)
		return 0;
	if (plan == NULL) /* what is in another file is seen when it is read */
		return builder->scenario->about != NULL || check_path(builder, at, path);
	spk_config_error(builder->config, at, NULL, "a run cannot change the %s that it is for", plan);
	return 0;
}

/* `{NAME}` within the text, from `at` on: its length with braces; 0: there is none. */
static size_t find_braces(const char *text, const char **ret_at)
{
	for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
		const size_t length =
			strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

		*ret_at = at;
		if (length > 0 && at[1 + length] == '}')
			return length + 2;
	}
	return 0;
}

/* Index of the run before the claim's of this name; n_before: there is none. */
static size_t find_run(const struct spk_claim *claim, const char *name, size_t length)
{
	size_t k = 0;

	while (k < claim->n_before && (strlen(claim->before[k].name) != length ||
					      strncmp(claim->before[k].name, name, length) != 0))
		k++;
	return k;
}

static int report_run(struct spk_builder *builder, struct spk_node *text, const char *name, size_t length)
{
	const struct spk_claim *const claim = builder->claim;
	const char *const word = spk_arena_copy(&builder->config->arena, name, length);
	const char **const names = spk_build_alloc(builder, claim->n_before + 1, sizeof *names);

	for (size_t k = 0; k < claim->n_before && names != NULL; k++)
		names[k] = claim->before[k].name;
	if (word != NULL && names != NULL)
		spk_config_error(builder->config, text,
			claim->n_before > 0 ? spk_note_words(builder->config, word, claim->n_before, names)
					    : "`before` has the runs that are made first",
			"no run before this one is called %s", spk_show_text(builder->config, word));
	return 0;
}

int spk_find_before(struct spk_builder *builder, struct spk_node *text, size_t *ret_index)
{
	const size_t length = strlen(text->text);
	const char *at;

	if (find_braces(text->text, &at) != length || at != text->text) {
		spk_config_error(builder->config, text, NULL, "a file or {NAME} is expected, not %s",
			spk_show_text(builder->config, text->text));
		return 0;
	}
	*ret_index = find_run(builder->claim, at + 1, length - 2);
	return *ret_index < builder->claim->n_before || report_run(builder, text, at + 1, length - 2);
}

/* All runs that the text names are known. */
static int check_braces(struct spk_builder *builder, struct spk_node *node)
{
	const char *at = node->text;
	size_t length;

	for (const char *rest = node->text; (length = find_braces(rest, &at)) > 0; rest = at + length)
		if (find_run(builder->claim, at + 1, length - 2) == builder->claim->n_before)
			return report_run(builder, node, at + 1, length - 2);
	return 1;
}

static char *read_set(struct spk_builder *builder, struct spk_node *node, enum spk_set_of of)
{
	if (node->bad || !spk_expect_text(builder->config, node, "an override PATH=VALUE"))
		return NULL;
	if (strchr(node->text, '=') == NULL) {
		spk_config_error(builder->config, node, NULL, "an override is PATH=VALUE, not %s",
			spk_show_text(builder->config, node->text));
		return NULL;
	}
	const char *const plan = find_plan(node->text);
	const int is_of_claim = of == SPK_SET_QUICK && plan != NULL && strcmp(plan, "claim") == 0;
	if (of == SPK_SET_QUICK && !is_of_claim && builder->scenario->about != NULL)
		spk_config_error(builder->config, node, "claim.set[0]=PATH=VALUE changes the first of `set`",
			"the scenario is in another file: here only the claim can be changed");
	else if (!is_of_claim && (of != SPK_SET_OTHER || plan != NULL))
		(void)spk_check_key(builder, node, node->text);
	if (!node->bad && builder->claim != NULL && of != SPK_SET_QUICK)
		(void)check_braces(builder, node);
	return node->bad ? NULL : spk_build_text(builder, node->text);
}

void spk_build_sets(struct spk_builder *builder, struct spk_node *texts, enum spk_set_of of, size_t *ret_n,
	char ***ret_sets)
{
	struct spk_node *text;

	*ret_n = 0;
	if (texts == NULL || texts->bad)
		return;
	*ret_sets = spk_build_alloc(builder, texts->kind == SPK_NODE_LIST ? texts->n : 1, sizeof **ret_sets);
	for (size_t k = 0; *ret_sets != NULL && (text = spk_name_at(texts, k)) != NULL; k++) {
		char *const set = read_set(builder, text, of);

		if (set != NULL)
			(*ret_sets)[(*ret_n)++] = set;
	}
}

/* ---- Values ------------------------------------------------------------------------------------- */

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
void spk_build_value(struct spk_builder *builder, struct spk_node *keys, const struct spk_node *value,
	struct spk_variant *run)
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

void spk_build_set(struct spk_builder *builder, struct spk_node *texts, struct spk_variant *run)
{
	run->label = "";
	spk_build_sets(builder, texts, SPK_SET_RUN, &run->n_sets, &run->sets);
	for (size_t k = 0; k < run->n_sets && run->label != NULL; k++)
		run->label = spk_arena_format(
			builder->arena, "%s%s%s", run->label, k > 0 ? ", " : "", run->sets[k]);
	if (run->n_sets == 0)
		run->label = "as it is";
	if (run->label == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
}

int spk_build_x(struct spk_builder *builder, struct spk_node *x, size_t n, struct spk_variant *runs)
{
	const struct spk_field field = spk_plain_field("x", SPK_DIM_NONE);
	double *given = NULL;
	size_t n_given;
	int all = 1;

	if (x != NULL && !spk_read_quantities(
				 builder->config, x, &field, n, n, &builder->config->arena, &n_given, &given))
		return 0;
	for (size_t k = 0; k < n; k++)
		all = all && runs[k].label != NULL && read_number(runs[k].label, &runs[k].x);
	for (size_t k = 0; k < n && (!all || given != NULL); k++)
		runs[k].x = given != NULL ? given[k] : (double)k;
	return all || given != NULL;
}

/* ---- Seeds -------------------------------------------------------------------------------------- */

static void list_seeds(
	struct spk_builder *builder, struct spk_node *node, size_t *ret_n, uint64_t **ret_seeds)
{
	const size_t n = node->n;
	uint64_t *seeds;

	if (n < 1 || n > MAX_SEEDS) {
		spk_config_error(
			builder->config, node, NULL, "a list of 1 to %d seeds is expected", MAX_SEEDS);
		return;
	}
	*ret_seeds = seeds = spk_build_alloc(builder, n, sizeof *seeds);
	for (struct spk_node *child = node->first; child != NULL && seeds != NULL; child = child->next) {
		uint64_t *const seed = &seeds[child->index];

		if (!spk_read_count(builder->config, child, 0, 0x1p63, seed))
			continue;
		for (size_t k = 0; k < *ret_n; k++)
			if (seeds[k] == *seed)
				spk_config_error(builder->config, child, NULL, "%s is listed twice",
					spk_show_text(builder->config, child->text));
		*ret_n = child->index + 1;
	}
}

void spk_build_seeds(struct spk_builder *builder, struct spk_node *node, size_t *ret_n, uint64_t **ret_seeds)
{
	uint64_t n = 0;

	*ret_n = 0;
	if (node == NULL || node->bad)
		return;
	if (node->kind == SPK_NODE_LIST) {
		list_seeds(builder, node, ret_n, ret_seeds);
		return;
	}
	if (!spk_read_count(builder->config, node, 1, MAX_SEEDS, &n))
		return;
	*ret_seeds = spk_build_alloc(builder, (size_t)n, sizeof **ret_seeds);
	*ret_n = *ret_seeds != NULL ? (size_t)n : 0;
	for (size_t k = 0; k < *ret_n; k++)
		(*ret_seeds)[k] = builder->scenario->seed + k;
}
