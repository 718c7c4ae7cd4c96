/* Data sets: labelled images from CSV; other origins have files of their own. */
#include "sim/scenario_data.h"
#include "sim/dataset.h"

#include <math.h>
#include <string.h>

/* Where the image's shape and the pixel range stand in the tree. */
struct layout {
	struct spk_node *file;
	double range[2];
	int label_first;
};

int spk_build_image_shape(struct spk_builder *builder, struct spk_node *node, struct spk_dataset *data)
{
	if (node == NULL || node->bad)
		return 0;
	if (node->n != 2) {
		spk_config_error(builder->config, node, NULL, "a shape is [rows, columns]");
		return 0;
	}
	if (!spk_read_count(builder->config, node->first, 1, 65536, &data->height) ||
		!spk_read_count(builder->config, node->last, 1, 65536, &data->width))
		return 0;
	data->n_pixels = data->width * data->height;
	if (data->n_pixels > SPK_MAX_PIXELS) {
		spk_config_error(builder->config, node, NULL, "more than %d pixels", SPK_MAX_PIXELS);
		return 0;
	}
	return 1;
}

int spk_build_items(struct spk_builder *builder, struct spk_dataset *data)
{
	data->pixels = spk_build_alloc(
		builder, (size_t)data->n_items, (size_t)data->n_pixels * sizeof *data->pixels);
	data->labels = spk_build_alloc(builder, (size_t)data->n_items, sizeof *data->labels);
	return data->pixels != NULL && data->labels != NULL;
}

/* Rows of the table into pixels in [0, 1] and labels. */
static int convert(struct spk_builder *builder, const struct layout *layout, const struct spk_csv *csv,
	struct spk_dataset *data, struct spk_error *err)
{
	const size_t n = (size_t)data->n_pixels, label = layout->label_first ? 0 : n;
	const double lo = layout->range[0], hi = layout->range[1];

	data->n_items = csv->n_rows;
	if (!spk_build_items(builder, data))
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t row = 0; row < csv->n_rows; row++) {
		const double *const pixels = &csv->values[row * (n + 1)] + layout->label_first;
		uint64_t index;
		const int rc = spk_csv_index(data->file, csv, row, label, data->n_labels, &index, err);

		if (rc != SPK_OK)
			return rc;
		data->labels[row] = (uint32_t)index;
		for (size_t k = 0; k < n; k++) {
			if (pixels[k] < lo || pixels[k] > hi)
				return spk_fail(err, SPK_E_FORMAT,
					"%s:%d: pixel %zu is %g, outside of the range [%g, %g]", data->file,
					csv->lines[row], k, pixels[k], lo, hi);
			data->pixels[row * n + k] = (float)((pixels[k] - lo) / (hi - lo));
		}
	}
	return SPK_OK;
}

static int read_items(struct spk_builder *builder, const struct layout *layout, struct spk_dataset *data)
{
	const size_t n_columns = (size_t)data->n_pixels + 1;
	struct spk_csv csv = {0};
	struct spk_error err;
	int rc;

	data->file = spk_build_path(builder, layout->file->text);
	if (data->file == NULL)
		return 0;
	rc = spk_csv_read(data->file, n_columns, n_columns, &csv, &err);
	if (rc == SPK_OK && csv.n_rows == 0)
		rc = spk_fail(&err, SPK_E_FORMAT, "%s holds no item", data->file);
	if (rc == SPK_OK)
		rc = convert(builder, layout, &csv, data, &err);
	spk_csv_clear(&csv);
	if (rc != SPK_OK)
		spk_build_file_error(builder, layout->file, &err);
	return rc == SPK_OK;
}

static void build_splits(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return;
	data->splits = spk_build_alloc(builder, map->n, sizeof *data->splits);
	for (struct spk_node *child = map->first; child != NULL && data->splits != NULL;
		child = child->next) {
		struct spk_split *const split = &data->splits[data->n_splits];

		split->name = spk_build_text(builder, child->key);
		if (!spk_read_selection(builder->config, child, data->n_items, builder->arena, &split->items))
			continue;
		if (split->items.n == 0) { /* all: written out, so that users need no special case */
			split->items.ranges = spk_build_alloc(builder, 1, sizeof *split->items.ranges);
			if (split->items.ranges == NULL)
				return;
			split->items.ranges[0] = (struct spk_range){0, data->n_items - 1};
			split->items.n = 1;
		}
		data->n_splits++;
	}
}

/* `file: CSV` with what tells how to read it. */
static int build_table(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	const struct spk_field field = spk_plain_field("range", SPK_DIM_NONE);
	struct spk_node *const range = spk_node_get(map, "range");
	const struct spk_node *const label = spk_node_get(map, "label");
	struct layout layout = {.file = spk_node_get(map, "file")};

	if (!spk_build_image_shape(builder, spk_node_get(map, "shape"), data) ||
		!spk_read_pair(builder->config, range, &field, layout.range) ||
		!spk_read_count(builder->config, spk_node_get(map, "labels"), 1, 65536, &data->n_labels) ||
		layout.file->bad || label == NULL || label->bad)
		return 0;
	if (layout.range[0] == layout.range[1]) {
		spk_config_error(builder->config, range, NULL, "the range is empty");
		return 0;
	}
	layout.label_first = strcmp(label->text, "first") == 0;
	return read_items(builder, &layout, data);
}

static void build_set(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	struct spk_node *const idx = spk_node_get(map, "idx"), *const mixture = spk_node_get(map, "mixture");
	struct spk_node *const rows = spk_node_get(map, "hdf5"), *const gaussian =
									 spk_node_get(map, "gaussian");
	int ok = 0;

	data->where = spk_build_where(map);
	if (spk_node_get(map, "file") != NULL)
		ok = build_table(builder, map, data);
	else if (idx != NULL)
		ok = spk_build_idx(builder, idx, data);
	else if (spk_node_get(map, "set") != NULL)
		ok = spk_build_known(builder, map, data);
	else if (mixture != NULL)
		ok = spk_build_mixture(builder, mixture, (uint32_t)map->index, data);
	else if (rows != NULL)
		ok = spk_build_rows(builder, rows, data);
	else if (gaussian != NULL)
		ok = spk_build_gaussian(builder, gaussian, (uint32_t)map->index, data);
	if (ok)
		build_splits(builder, spk_node_get(map, "splits"), data);
}

void spk_build_data(struct spk_builder *builder)
{
	struct spk_scenario *const scenario = builder->scenario;
	struct spk_node *const all = spk_node_get(builder->config->root, "data");

	if (all == NULL || all->bad || all->kind != SPK_NODE_MAP)
		return;
	scenario->datasets = spk_build_alloc(builder, all->n, sizeof *scenario->datasets);
	if (scenario->datasets == NULL)
		return;
	for (struct spk_node *map = all->first; map != NULL; map = map->next) {
		struct spk_dataset *const data = &scenario->datasets[map->index];

		data->name = spk_build_text(builder, map->key);
		if (data->name == NULL)
			return;
		scenario->n_datasets++;
		build_set(builder, map, data);
	}
}
