/* Sweeps: axes, and the runs that their values make. */
#include "sim/scenario_plan.h"

#include <string.h>

enum { MAX_VALUES = 10000 };

/* Axes that vary together, or one axis of the grid: `n` values. */
struct group {
	size_t first, n_axes, n;
};

/* ---- Axes --------------------------------------------------------------------------------------- */

/* A name that is no other column of the collected table. */
static void check_name(struct spk_builder *builder, struct spk_node *member)
{
	static const char *const columns[] = {
		"task", "set", "seed", "state", "seconds", "spikes", "output", "message"};

	for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
		if (strcmp(member->key, columns[k]) == 0)
			spk_config_key_error(builder->config, member, NULL,
				"`%s` is a column of the table already: choose another name", columns[k]);
}

static void check_axis_name(
	struct spk_builder *builder, struct spk_node *member, const struct spk_sweep *sweep)
{
	check_name(builder, member);
	for (size_t k = 0; k < sweep->n_axes; k++)
		if (strcmp(member->key, sweep->axes[k].name) == 0)
			spk_config_key_error(
				builder->config, member, NULL, "`%s` is swept twice", member->key);
}

/* The keys as one text; each is checked. */
static char *read_keys(struct spk_builder *builder, struct spk_node *keys)
{
	char *text = NULL;
	struct spk_node *key;

	for (size_t k = 0; (key = spk_name_at(keys, k)) != NULL; k++) {
		if (!key->bad && strcmp(key->text, "seed") == 0)
			spk_config_error(builder->config, key, "seeds: 5, or a list of them",
				"the seed is swept by `seeds`");
		(void)spk_check_key(builder, key, key->text);
		text = spk_arena_format(
			builder->arena, "%s%s%s", k > 0 ? text : "", k > 0 ? ", " : "", key->text);
		if (text == NULL) {
			(void)spk_config_fail(builder->config, SPK_E_NOMEM);
			return NULL;
		}
	}
	return text;
}

static struct spk_sweep_axis *add_axis(
	struct spk_builder *builder, struct spk_node *at, const char *name, const struct spk_node *values)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;
	struct spk_sweep_axis *axis;

	if (values->n < 1 || values->n > MAX_VALUES || values->kind != SPK_NODE_LIST) {
		spk_config_error(
			builder->config, at, NULL, "a list of 1 to %d values is expected", MAX_VALUES);
		return NULL;
	}
	if (sweep->n_axes == SPK_SWEEP_MAX_AXES) {
		spk_config_error(
			builder->config, at, NULL, "more than %d keys are swept", SPK_SWEEP_MAX_AXES);
		return NULL;
	}
	axis = &sweep->axes[sweep->n_axes];
	axis->name = spk_build_text(builder, name);
	axis->key = spk_build_text(builder, "");
	axis->values = spk_build_alloc(builder, values->n, sizeof *axis->values);
	if (axis->name == NULL || axis->key == NULL || axis->values == NULL)
		return NULL;
	axis->n = values->n;
	sweep->n_axes++;
	return axis;
}

/* Checked by the table: {key, values, x}. */
static void build_axis(struct spk_builder *builder, struct spk_node *member)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;
	struct spk_node *const keys = spk_node_get(member, "key"), *const values =
									   spk_node_get(member, "values");
	struct spk_sweep_axis *axis;
	char *text;

	if (keys == NULL || values == NULL || keys->bad || values->bad)
		return;
	text = read_keys(builder, keys);
	check_axis_name(builder, member, sweep);
	axis = text != NULL ? add_axis(builder, values, member->key, values) : NULL;
	if (axis == NULL)
		return;
	axis->key = text;
	for (struct spk_node *child = values->first; child != NULL; child = child->next)
		spk_build_value(builder, keys, child, &axis->values[child->index]);
	axis->is_number = spk_build_x(builder, spk_node_get(member, "x"), axis->n, axis->values);
}

static void build_axes(struct spk_builder *builder, struct spk_node *map)
{
	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	if (map->n == 0)
		spk_config_error(builder->config, map, NULL, "nothing is swept");
	for (struct spk_node *member = map->first; member != NULL; member = member->next)
		if (!member->bad && member->kind == SPK_NODE_MAP)
			build_axis(builder, member);
}

static void build_list(struct spk_builder *builder, struct spk_node *list)
{
	struct spk_sweep_axis *axis;

	if (list == NULL || list->bad)
		return;
	axis = add_axis(builder, list, "set", list);
	for (struct spk_node *child = list->first; child != NULL && axis != NULL; child = child->next) {
		spk_build_set(builder, child, &axis->values[child->index]);
		axis->values[child->index].x = (double)child->index;
	}
}

/* ---- Runs --------------------------------------------------------------------------------------- */

/* Axes of `zip` (from `first` on) need as many values as the first of them. */
static void check_zip(struct spk_builder *builder, struct spk_node *map, size_t first)
{
	const struct spk_sweep *const sweep = &builder->scenario->sweep;

	for (size_t k = first + 1; k < sweep->n_axes; k++)
		if (sweep->axes[k].n != sweep->axes[first].n) {
			spk_config_error(builder->config, map, NULL,
				"`%s` has %zu values and `%s` %zu: those of `zip` go together",
				sweep->axes[first].name, sweep->axes[first].n, sweep->axes[k].name,
				sweep->axes[k].n);
			return;
		}
}

/* All overrides of run k, and which value of each axis it has. */
static void build_run(struct spk_builder *builder, size_t n_groups, const struct group *groups, size_t k)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;
	struct spk_variant *const run = &sweep->runs[k];
	size_t rest = k, n = 0;

	for (size_t g = n_groups; g-- > 0; rest /= groups[g].n)
		for (size_t a = groups[g].first; a < groups[g].first + groups[g].n_axes; a++) {
			sweep->at[k * sweep->n_axes + a] = rest % groups[g].n;
			n += sweep->axes[a].values[rest % groups[g].n].n_sets;
		}
	run->label = "";
	run->x = (double)k;
	run->sets = spk_build_alloc(builder, n, sizeof *run->sets);
	for (size_t a = 0; a < sweep->n_axes && run->sets != NULL; a++) {
		const struct spk_variant *const value =
			&sweep->axes[a].values[sweep->at[k * sweep->n_axes + a]];

		for (size_t s = 0; s < value->n_sets; s++)
			run->sets[run->n_sets++] = value->sets[s];
	}
}

static void build_runs(
	struct spk_builder *builder, struct spk_node *map, size_t n_groups, const struct group *groups)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;
	size_t n = 1;

	for (size_t g = 0; g < n_groups; g++) {
		n *= groups[g].n;
		if (n == 0)
			return;
		if (n > SPK_SWEEP_MAX_RUNS || n * sweep->n_seeds > SPK_SWEEP_MAX_TASKS) {
			spk_config_error(builder->config, map, NULL, "more than %d combinations or %d tasks",
				SPK_SWEEP_MAX_RUNS, SPK_SWEEP_MAX_TASKS);
			return;
		}
	}
	sweep->runs = spk_build_alloc(builder, n, sizeof *sweep->runs);
	sweep->at = spk_build_alloc(builder, n * sweep->n_axes, sizeof *sweep->at);
	for (size_t k = 0; k < n && sweep->runs != NULL && sweep->at != NULL; k++)
		build_run(builder, n_groups, groups, k);
	sweep->n_runs = sweep->at != NULL ? n : 0;
}

/* ---- All ---------------------------------------------------------------------------------------- */

static void build_collected(struct spk_builder *builder, struct spk_node *map)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;

	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	if (map->n > SPK_SWEEP_MAX_COLLECTED) {
		spk_config_error(builder->config, map, NULL, "more than %d figures", SPK_SWEEP_MAX_COLLECTED);
		return;
	}
	sweep->collected = spk_build_alloc(builder, map->n, sizeof *sweep->collected);
	for (struct spk_node *member = map->first; member != NULL && sweep->collected != NULL;
		member = member->next) {
		struct spk_collected *const collected = &sweep->collected[sweep->n_collected];

		check_axis_name(builder, member, sweep);
		collected->name = spk_build_text(builder, member->key);
		spk_build_observable(builder, member, &collected->what);
		if (collected->what.measure != NULL)
			sweep->n_collected++;
	}
}

void spk_build_sweep(struct spk_builder *builder)
{
	struct spk_sweep *const sweep = &builder->scenario->sweep;
	struct spk_node *const map = spk_node_get(builder->config->root, "sweep");
	struct spk_node *const zip = spk_node_get(map, "zip"), *const list = spk_node_get(map, "list");
	const struct spk_field confidence = {.name = "confidence", .dim = SPK_DIM_NONE, .lo = 0, .hi = 1};
	struct group groups[SPK_SWEEP_MAX_AXES];
	size_t n = 0, n_grid, n_zip;

	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	sweep->on = 1;
	sweep->axes = spk_build_alloc(builder, SPK_SWEEP_MAX_AXES, sizeof *sweep->axes);
	if (sweep->axes == NULL)
		return;
	(void)spk_read_quantity(
		builder->config, spk_node_get(map, "confidence"), &confidence, &sweep->confidence);
	spk_build_seeds(builder, spk_node_get(map, "seeds"), &sweep->n_seeds, &sweep->seeds);
	build_axes(builder, spk_node_get(map, "grid"));
	n_grid = sweep->n_axes;
	build_axes(builder, zip);
	n_zip = sweep->n_axes - n_grid;
	check_zip(builder, zip, n_grid);
	build_list(builder, list);
	for (; n < n_grid; n++)
		groups[n] = (struct group){n, 1, sweep->axes[n].n};
	if (n_zip > 0)
		groups[n++] = (struct group){n_grid, n_zip, sweep->axes[n_grid].n};
	if (n_grid + n_zip < sweep->n_axes)
		groups[n++] = (struct group){n_grid + n_zip, 1, sweep->axes[n_grid + n_zip].n};
	if (builder->config->n_diagnostics == 0)
		build_runs(builder, map, n, groups);
	build_collected(builder, spk_node_get(map, "collect"));
}
