/*
 * Data sets from arrays of HDF5 files: their rows, or draws from Gaussians that are fitted to them, one for
 * all or one for each label.
 *
 * Values are brought to intensities first, so the Gaussian's smallest variance (models/stack/sample.h) is
 * one in 10^6 of the squared range. Its draws are cut to [0, 1].
 */
#include "models/stack/sample.h"
#include "sim/scenario_array.h"
#include "sim/scenario_data.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

/* Chosen rows as intensities. */
struct rows {
	size_t n_all; /* rows of the array */
	size_t n;     /* chosen ones */
	float *values;
	uint32_t *labels; /* NULL: not read */
};

static void clear_rows(struct rows *rows)
{
	free(rows->values);
	free(rows->labels);
}

static int fail_at(struct spk_builder *builder, struct spk_node *node, const struct spk_error *err)
{
	spk_build_file_error(builder, node, err);
	return 0;
}

/* The chosen rows move to the front. */
static int choose_rows(struct spk_builder *builder, struct spk_node *node, struct spk_array *array)
{
	const size_t width = array->width;
	struct spk_selection selection;
	size_t n = 0;

	if (node == NULL || !spk_read_selection(builder->config, node, array->n_rows, &builder->config->arena,
				    &selection))
		return 0;
	if (selection.n == 0)
		return 1;
	for (size_t k = 0; k < selection.n; k++)
		for (uint64_t row = selection.ranges[k].first; row <= selection.ranges[k].last; row++)
			memmove(array->values + n++ * width, array->values + row * width,
				width * sizeof *array->values);
	array->n_rows = n;
	return 1;
}

/* The range as given, or that of the values, which goes into the tree. */
static int find_range(struct spk_builder *builder, struct spk_node *map, struct spk_node *values,
	const struct spk_array *array, double range[2])
{
	const struct spk_field field = spk_plain_field("range", SPK_DIM_NONE);
	struct spk_node *const given = spk_node_get(map, "range");
	struct spk_node *list;

	if (given != NULL) {
		if (!spk_read_pair(builder->config, given, &field, range))
			return 0;
		if (range[0] == range[1])
			spk_config_error(builder->config, given, NULL, "the range is empty");
		return range[0] < range[1];
	}
	range[0] = INFINITY;
	range[1] = -INFINITY;
	for (size_t k = 0; k < array->n_rows * array->width; k++) {
		range[0] = fmin(range[0], array->values[k]);
		range[1] = fmax(range[1], array->values[k]);
	}
	if (!(range[0] < range[1])) {
		spk_config_error(builder->config, values, "give a `range: [lo, hi]`",
			"all values are the same, they have no range");
		return 0;
	}
	list = spk_node_new(builder->config, SPK_NODE_LIST, map);
	for (size_t k = 0; k < 2 && list != NULL; k++) {
		char text[64];
		struct spk_node *number;

		spk_quantity_print(range[k], SPK_DIM_NONE, text, sizeof text);
		number = spk_node_new_text(builder->config, map, text);
		if (number == NULL)
			return 0;
		spk_node_append(list, NULL, number);
	}
	if (list != NULL)
		spk_node_set(map, "range", list);
	return list != NULL;
}

/* What becomes of values outside of the range. */
enum outside { REFUSE, CUT, KEEP };

static int scale_rows(const struct spk_array *array, const char *path, const double range[2],
	enum outside outside, float *ret, struct spk_error *err)
{
	for (size_t k = 0; k < array->n_rows * array->width; k++) {
		const double x = array->values[k], intensity = (x - range[0]) / (range[1] - range[0]);

		if (outside == REFUSE && !(x >= range[0] && x <= range[1]))
			return spk_fail(err, SPK_E_FORMAT,
				"%s: column %zu of chosen row %zu is %g, outside of the range [%g, %g]; "
				"`clip: true` would cut it",
				path, k % array->width, k / array->width, x, range[0], range[1]);
		ret[k] = (float)(outside == CUT ? fmin(fmax(intensity, 0), 1) : intensity);
	}
	return SPK_OK;
}

static int check_finite(const struct spk_array *array, const char *path, struct spk_error *err)
{
	for (size_t k = 0; k < array->n_rows * array->width; k++)
		if (!isfinite(array->values[k]))
			return spk_fail(err, SPK_E_FORMAT, "%s: column %zu of row %zu is not finite", path,
				k % array->width, k / array->width);
	return SPK_OK;
}

static int read_values(
	struct spk_file *file, const char *path, struct spk_array *array, struct spk_error *err)
{
	int rc = spk_array_read(file, path, SPK_MAX_DATA, array, err);

	if (rc == SPK_OK && (array->n_rows == 0 || array->width == 0))
		rc = spk_fail(err, SPK_E_FORMAT, "%s holds no items", path);
	if (rc == SPK_OK && array->width > SPK_MAX_PIXELS)
		rc = spk_fail(err, SPK_E_LIMIT, "%s has rows of more than %d numbers", path, SPK_MAX_PIXELS);
	return rc == SPK_OK ? check_finite(array, path, err) : rc;
}

/* Width and height of an item: its `shape`, or one row. */
static int read_image_shape(
	struct spk_builder *builder, struct spk_node *map, size_t width, struct spk_dataset *data)
{
	struct spk_node *const shape = spk_node_get(map, "shape");

	data->height = 1;
	data->width = data->n_pixels = width;
	if (shape == NULL)
		return 1;
	if (!spk_build_image_shape(builder, shape, data))
		return 0;
	if (data->n_pixels == width)
		return 1;
	spk_config_error(builder->config, shape, NULL, "%llu x %llu pixels, but rows of %zu numbers",
		(ull)data->height, (ull)data->width, width);
	return 0;
}

/* ret_rows->values is malloc'ed; the shape of an item goes into data. */
static int read_rows(struct spk_builder *builder, struct spk_node *map, struct spk_file *file,
	enum outside outside, struct spk_dataset *data, struct rows *ret_rows)
{
	struct spk_node *const values = spk_node_get(map, "values");
	struct spk_array array = {0};
	struct spk_error err;
	float *rows = NULL;
	double range[2];
	int ok = values != NULL && !values->bad;

	if (ok && read_values(file, values->text, &array, &err) != SPK_OK)
		ok = fail_at(builder, values, &err);
	ret_rows->n_all = array.n_rows;
	ok = ok && choose_rows(builder, spk_node_get(map, "rows"), &array) &&
	     read_image_shape(builder, map, array.width, data) &&
	     find_range(builder, map, values, &array, range);
	if (ok) {
		rows = malloc(array.n_rows * array.width * sizeof *rows);
		if (rows == NULL || scale_rows(&array, values->text, range, outside, rows, &err) != SPK_OK) {
			ok = rows == NULL ? spk_config_fail(builder->config, SPK_E_NOMEM) == SPK_OK
					  : fail_at(builder, values, &err);
			free(rows);
			rows = NULL;
		}
	}
	ret_rows->n = array.n_rows;
	ret_rows->values = rows;
	spk_array_clear(&array);
	return ok;
}

/* Labels of the chosen rows, all 0 if none are named, and their number. */
static int read_labels(struct spk_builder *builder, struct spk_node *map, struct spk_file *file,
	struct rows *rows, struct spk_dataset *data)
{
	struct spk_node *const path = spk_node_get(map, "labels"), *const classes =
									   spk_node_get(map, "classes");
	struct spk_array array = {0};
	struct spk_error err;
	int ok = path == NULL || !path->bad;

	rows->labels = calloc(rows->n + 1, sizeof *rows->labels);
	if (rows->labels == NULL)
		return spk_config_fail(builder->config, SPK_E_NOMEM) == SPK_OK;
	data->n_labels = 0;
	if (classes != NULL && !spk_read_count(builder->config, classes, 1, 65536, &data->n_labels))
		return 0;
	if (ok && path != NULL && spk_array_read(file, path->text, SPK_MAX_DATA, &array, &err) != SPK_OK)
		ok = fail_at(builder, path, &err);
	if (ok && path != NULL && (array.width != 1 || array.n_rows != rows->n_all)) {
		(void)spk_fail(&err, SPK_E_FORMAT, "%s holds %zu x %zu labels for %zu rows", path->text,
			array.n_rows, array.width, rows->n_all);
		ok = fail_at(builder, path, &err);
	}
	ok = ok && (path == NULL || choose_rows(builder, spk_node_get(map, "rows"), &array));
	for (size_t k = 0; k < array.n_rows && ok; k++) {
		const double label = array.values[k], n = classes != NULL ? (double)data->n_labels : 65536;

		if (!(label >= 0 && label < n && floor(label) == label)) {
			(void)spk_fail(&err, SPK_E_FORMAT,
				"%s: label %zu must be a whole number below %g, got %g", path->text, k, n,
				label);
			ok = fail_at(builder, path, &err);
		} else {
			rows->labels[k] = (uint32_t)label;
			data->n_labels =
				label >= (double)data->n_labels ? (uint64_t)label + 1 : data->n_labels;
		}
	}
	data->n_labels = data->n_labels != 0 ? data->n_labels : 1;
	spk_array_clear(&array);
	return ok;
}

int spk_build_rows(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	struct spk_node *const name = spk_node_get(map, "file");
	struct spk_file *file = NULL;
	struct rows rows = {0};
	int ok, clip;

	if (map->bad || !spk_read_bool(builder->config, spk_node_get(map, "clip"), &clip) ||
		!spk_build_array_open(builder, name, &file))
		return 0;
	data->file = spk_build_path(builder, name->text);
	ok = read_rows(builder, map, file, clip ? CUT : REFUSE, data, &rows);
	data->n_items = ok ? rows.n : 0;
	ok = ok && data->file != NULL && read_labels(builder, map, file, &rows, data) &&
	     spk_build_items(builder, data);
	if (ok) {
		memcpy(data->pixels, rows.values, rows.n * (size_t)data->n_pixels * sizeof *rows.values);
		memcpy(data->labels, rows.labels, rows.n * sizeof *rows.labels);
	}
	clear_rows(&rows);
	(void)spk_file_close(file, 0, NULL);
	return ok;
}

/* The rows of this label. NULL: out of memory. */
static float *gather_rows(const struct rows *rows, uint32_t label, size_t width, size_t *ret_n)
{
	float *values = malloc((rows->n * width + 1) * sizeof *values);

	*ret_n = 0;
	for (size_t row = 0; values != NULL && row < rows->n; row++)
		if (rows->labels[row] == label)
			memcpy(values + (*ret_n)++ * width, rows->values + row * width,
				width * sizeof *values);
	return values;
}

/* Draws from the Gaussian of the rows of one label into the items of that label. */
static int draw_label(struct spk_builder *builder, struct spk_node *map, uint32_t sub,
	const struct spk_prior *prior, const struct rows *rows, uint32_t label, struct spk_dataset *data)
{
	const size_t width = (size_t)data->n_pixels;
	struct spk_top top = {0};
	struct spk_error err;
	size_t n;
	float *const values = gather_rows(rows, label, width, &n);

	if (values == NULL)
		return spk_config_fail(builder->config, SPK_E_NOMEM) == SPK_OK;
	const int rc = n == 0 ? SPK_OK : spk_top_fit(prior, 0, 1, width, n, values, &top, &err);
	free(values);
	if (rc != SPK_OK)
		return fail_at(builder, spk_node_get(map, "values"), &err);
	for (uint64_t item = 0; item < data->n_items; item++)
		if (data->labels[item] == label)
			spk_top_draw(&top, builder->scenario->seed, sub, item, data->pixels + item * width);
	spk_top_clear(&top);
	return 1;
}

/* Item i has the label of row i modulo their number, so that labels are as frequent as among the rows. */
static int draw_items(struct spk_builder *builder, struct spk_node *map, uint32_t sub,
	const struct rows *rows, struct spk_dataset *data)
{
	const struct spk_field field = {.name = "spread", .lo = 0, .lo_open = 1, .hi = INFINITY};
	const struct spk_node *const word = spk_node_get(map, "covariance");
	const size_t width = (size_t)data->n_pixels;
	struct spk_prior prior = {.clip = 1};
	int ok = 1;

	if (word == NULL || word->bad ||
		!spk_read_quantity(builder->config, spk_node_get(map, "spread"), &field, &prior.spread))
		return 0;
	prior.full_covariance = strcmp(word->text, "full") == 0;
	if (prior.full_covariance && width > SPK_MAX_DATA / width) {
		spk_config_error(builder->config, map, "`covariance: diagonal` has no such bound",
			"the covariance of %zu units has more than %d numbers", width, SPK_MAX_DATA);
		return 0;
	}
	for (uint64_t item = 0; item < data->n_items; item++)
		data->labels[item] = rows->labels[item % rows->n];
	for (uint64_t label = 0; ok && label < data->n_labels; label++)
		ok = draw_label(builder, map, sub, &prior, rows, (uint32_t)label, data);
	return ok;
}

int spk_build_gaussian(
	struct spk_builder *builder, struct spk_node *map, uint32_t sub, struct spk_dataset *data)
{
	struct spk_node *const name = spk_node_get(map, "file"), *const items = spk_node_get(map, "items");
	struct spk_file *file = NULL;
	struct rows rows = {0};
	int ok;

	if (map->bad || !spk_read_count(builder->config, items, 1, SPK_MAX_DATA, &data->n_items) ||
		!spk_build_array_open(builder, name, &file))
		return 0;
	data->file = spk_build_path(builder, name->text);
	ok = read_rows(builder, map, file, KEEP, data, &rows) && data->file != NULL &&
	     read_labels(builder, map, file, &rows, data);
	if (ok && data->n_items > SPK_MAX_DATA / data->n_pixels) {
		spk_config_error(builder->config, items, NULL, "more than %d numbers", SPK_MAX_DATA);
		ok = 0;
	}
	ok = ok && spk_build_items(builder, data) && draw_items(builder, map, sub, &rows, data);
	clear_rows(&rows);
	(void)spk_file_close(file, 0, NULL);
	return ok;
}
