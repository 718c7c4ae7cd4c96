/* What is measured on a result: the measurement, and where the numbers of its inputs lie. */
#include "sim/scenario_plan.h"
#include "sim/units.h"

#include <math.h>
#include <string.h>

/* A path from the root, or NULL after reporting. */
static char *read_path(struct spk_builder *builder, struct spk_node *node)
{
	if (node == NULL || node->bad)
		return NULL;
	if (node->text[0] != '/' || node->text[1] == '\0') {
		spk_config_error(builder->config, node, "a path in the result file begins with `/`",
			"%s is no path", spk_show_text(builder->config, node->text));
		return NULL;
	}
	return spk_build_text(builder, node->text);
}

/* A column: a whole path, or the name of a data set beside the part's. */
static char *read_column(
	struct spk_builder *builder, struct spk_node *node, const struct spk_result_part *part)
{
	const char *slash;
	char *path;

	if (node == NULL || node->bad || part->data == NULL)
		return NULL;
	if (node->text[0] == '/')
		return read_path(builder, node);
	slash = strrchr(part->data, '/');
	path = spk_arena_format(builder->arena, "%.*s/%s", (int)(slash - part->data), part->data, node->text);
	if (path == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	return path;
}

static void build_filters(struct spk_builder *builder, struct spk_node *list, struct spk_result_part *part)
{
	const struct spk_field field = spk_plain_field("is", SPK_DIM_NONE);

	if (list == NULL || list->bad)
		return;
	part->filters = spk_build_alloc(builder, list->n, sizeof *part->filters);
	for (struct spk_node *map = list->first; map != NULL && part->filters != NULL; map = map->next) {
		struct spk_result_filter *const filter = &part->filters[part->n_filters];
		struct spk_node *const is = spk_node_get(map, "is");
		double pair[2];

		filter->column = read_column(builder, spk_node_get(map, "column"), part);
		if (is != NULL && spk_read_quantity(builder->config, is, &field, &filter->lo))
			filter->hi = filter->lo;
		else if (spk_read_pair(builder->config, spk_node_get(map, "in"), &field, pair)) {
			filter->lo = pair[0];
			filter->hi = pair[1];
		}
		if (filter->column != NULL)
			part->n_filters++;
	}
}

static void build_rows(struct spk_builder *builder, struct spk_node *rows, struct spk_result_part *part)
{
	struct spk_selection selection;

	if (rows == NULL || rows->bad)
		return;
	if (rows->kind == SPK_NODE_TEXT && strcmp(rows->text, "first") == 0) {
		part->rows = SPK_ROWS_FIRST;
	} else if (rows->kind == SPK_NODE_TEXT && strcmp(rows->text, "last") == 0) {
		part->rows = SPK_ROWS_LAST;
	} else if (spk_read_selection(builder->config, rows, UINT64_MAX, builder->arena, &selection) &&
		   selection.n > 0) {
		part->rows = SPK_ROWS_CHOSEN;
		part->n_ranges = selection.n;
		part->ranges = spk_build_alloc(builder, selection.n, sizeof *part->ranges);
		for (size_t k = 0; k < selection.n && part->ranges != NULL; k++)
			part->ranges[k] = (struct spk_result_range){
				selection.ranges[k].first, selection.ranges[k].last};
	}
}

/* A data set, or a number. */
static void build_minus(struct spk_builder *builder, struct spk_node *minus, struct spk_result_part *part)
{
	struct spk_error err;

	if (minus == NULL || minus->bad ||
		spk_quantity_parse(minus->text, SPK_DIM_NONE, &part->offset, &err) == SPK_OK)
		return;
	if (minus->text[0] != '/')
		spk_config_error(builder->config, minus, NULL, "a number or a path is expected, not %s",
			spk_show_text(builder->config, minus->text));
	else
		part->minus = read_path(builder, minus);
}

/* `data: OBJECT@NAME` and `values` have no rows to choose from, and no columns lie beside a `dataset`. */
static void check_rowless(
	struct spk_builder *builder, const struct spk_node *map, const struct spk_result_part *part)
{
	static const char *const keys[] = {"where", "by", "rows", "column"};
	const size_t n_keys = part->dataset != NULL ? 2 : sizeof keys / sizeof *keys;
	struct spk_node *const minus = spk_node_get(map, "minus");

	for (size_t k = 0; k < n_keys; k++) {
		struct spk_node *const node = spk_node_get(map, keys[k]);

		if (node != NULL)
			spk_config_key_error(builder->config, node, NULL,
				"`%s` belongs to data sets of files, not to %s", keys[k],
				part->attribute != NULL ? "an attribute"
				: part->dataset != NULL ? "`dataset`"
							: "`values`");
	}
	if (minus != NULL && part->minus != NULL)
		spk_config_error(builder->config, minus, NULL, "only a number can be taken away here");
}

/* `dataset` and `split`. Where no data are read, what the tree says of them has to do. */
static void build_items(struct spk_builder *builder, const struct spk_node *map, struct spk_result_part *part)
{
	struct spk_node *const name = spk_node_get(map, "dataset"), *const split = spk_node_get(map, "split");
	size_t data, part_of_it;

	if (name->bad || (split != NULL && split->bad))
		return;
	part->dataset = spk_build_text(builder, name->text);
	part->split = split != NULL ? spk_build_text(builder, split->text) : NULL;
	check_rowless(builder, map, part);
	if (!builder->only_plan && spk_find_data(builder, name, &data) && split != NULL &&
		builder->scenario->datasets[data].n_items > 0)
		(void)spk_find_split(builder, split, &builder->scenario->datasets[data], &part_of_it);
}

/* Rows and column of a data set of a file or of the scenario. */
static void build_choice(
	struct spk_builder *builder, const struct spk_node *map, struct spk_result_part *part)
{
	struct spk_node *const column = spk_node_get(map, "column");

	build_rows(builder, spk_node_get(map, "rows"), part);
	part->one_column =
		column != NULL && spk_read_count(builder->config, column, 0, 4294967295.0, &part->column);
}

static void build_part(struct spk_builder *builder, const struct spk_node *map, struct spk_result_part *part)
{
	const struct spk_field number = spk_plain_field("scale", SPK_DIM_NONE);
	struct spk_node *const data = spk_node_get(map, "data"), *const values = spk_node_get(map, "values");
	struct spk_node *const file = spk_node_get(map, "file");
	size_t before;
	char *at;

	part->scale = 1;
	part->data = read_path(builder, data);
	build_minus(builder, spk_node_get(map, "minus"), part);
	(void)spk_read_quantity(builder->config, spk_node_get(map, "scale"), &number, &part->scale);
	if (file != NULL && data == NULL)
		spk_config_key_error(builder->config, file, NULL, "`file` belongs to `data` only");
	else if (file != NULL && !file->bad && builder->claim != NULL && file->text[0] == '{')
		part->before = spk_find_before(builder, file, &before) ? before + 1 : 0;
	else if (file != NULL && !file->bad)
		part->file = spk_build_path(builder, file->text);
	if (spk_node_get(map, "dataset") != NULL) {
		build_items(builder, map, part);
		build_choice(builder, map, part);
		return;
	}
	if (values != NULL) {
		(void)spk_read_quantities(builder->config, values, &number, 1, SIZE_MAX, builder->arena,
			&part->n_values, &part->values);
		check_rowless(builder, map, part);
		return;
	}
	if (part->data == NULL)
		return;
	at = strrchr(part->data, '@');
	if (at != NULL) {
		*at = '\0';
		part->attribute = at + 1;
		if (*part->attribute == '\0')
			spk_config_error(builder->config, data, NULL, "the attribute's name is missing");
		check_rowless(builder, map, part);
		return;
	}
	build_filters(builder, spk_node_get(map, "where"), part);
	part->by = read_column(builder, spk_node_get(map, "by"), part);
	build_choice(builder, map, part);
}

static void build_series(struct spk_builder *builder, struct spk_node *list, struct spk_result_series *series)
{
	if (list->n == 0)
		spk_config_error(builder->config, list, NULL, "an empty list");
	series->parts = spk_build_alloc(builder, list->n, sizeof *series->parts);
	for (struct spk_node *map = list->first; map != NULL && series->parts != NULL; map = map->next)
		build_part(builder, map, &series->parts[series->n_parts++]);
}

static void build_inputs(struct spk_builder *builder, struct spk_node *of, struct spk_observable *what)
{
	const struct spk_measurement *const measure = what->measure;
	const size_t n = measure->n_inputs;
	const char **const names = spk_build_alloc(builder, n, sizeof *names);
	int has_unknown = 0;

	what->of = spk_build_alloc(builder, n, sizeof *what->of);
	if (of == NULL || of->bad || of->kind != SPK_NODE_MAP || names == NULL || what->of == NULL)
		return;
	for (size_t k = 0; k < n; k++)
		names[k] = measure->inputs[k].name;
	for (struct spk_node *member = of->first; member != NULL; member = member->next) {
		size_t k = 0;

		while (k < n && strcmp(names[k], member->key) != 0)
			k++;
		if (k == n) {
			spk_unknown_key(builder->config, member, n, names);
			has_unknown = 1;
		}
		if (k < n && !member->bad && member->kind == SPK_NODE_LIST)
			build_series(builder, member, &what->of[k]);
	}
	for (size_t k = 0; k < n && !of->bad && !has_unknown; k++)
		if (!measure->inputs[k].optional && spk_node_get(of, names[k]) == NULL)
			spk_config_error(builder->config, of,
				spk_arena_format(
					&builder->config->arena, "%s: %s", names[k], measure->inputs[k].doc),
				"`%s` of the measurement %s is missing", names[k], measure->name);
}

void spk_build_observable(
	struct spk_builder *builder, const struct spk_node *map, struct spk_observable *ret_what)
{
	const struct spk_node *const word = spk_node_get(map, "measure");

	ret_what->measure = word != NULL && !word->bad ? spk_find_measurement(word->text) : NULL;
	if (ret_what->measure == NULL)
		return;
	(void)spk_build_constants(builder, spk_node_get(map, "params"), ret_what->measure->n_params,
		ret_what->measure->params, 0, &ret_what->params);
	build_inputs(builder, spk_node_get(map, "of"), ret_what);
}
