/* Inputs of a measurement, read from a result file. */
#include "sim/array.h"

#include <spikem/plan.h>
#include <spikem/scenario.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 1 << 26 };

/* What the numbers come from. */
struct origin {
	struct spk_file *file; /* the result */
	size_t n_datasets;
	const struct spk_dataset *datasets;
	const char *const *before; /* result files of earlier runs */
};

/* A growing series. */
struct numbers {
	size_t n;
	double *values;
};

static const char *name_of(const struct spk_result_part *part)
{
	return part->dataset != NULL ? part->dataset : part->data;
}

/* ---- Data sets ---------------------------------------------------------------------------------- */

/* A column with as many rows as the table. */
static int read_column(struct spk_file *file, const char *path, const struct spk_result_part *part,
	size_t n_rows, struct spk_array *ret_column, struct spk_error *err)
{
	const int rc = spk_array_read(file, path, MAX_VALUES, ret_column, err);

	if (rc == SPK_OK && (ret_column->n_rows != n_rows || ret_column->width != 1)) {
		const struct spk_array column = *ret_column;

		free(ret_column->values);
		*ret_column = (struct spk_array){0};
		return spk_fail(err, SPK_E_FORMAT, "%s is no column of %s: %zu x %zu numbers for %zu rows",
			path, part->data, column.n_rows, column.width, n_rows);
	}
	return rc;
}

static int subtract(struct spk_file *file, const struct spk_result_part *part, struct spk_array *table,
	struct spk_error *err)
{
	struct spk_array other = {0};
	const int rc = spk_array_read(file, part->minus, MAX_VALUES, &other, err);

	if (rc != SPK_OK)
		return rc;
	if (other.n_rows != table->n_rows || other.width != table->width) {
		free(other.values);
		return spk_fail(err, SPK_E_FORMAT, "%s has %zu x %zu numbers, %s %zu x %zu", part->data,
			table->n_rows, table->width, part->minus, other.n_rows, other.width);
	}
	for (size_t k = 0; k < table->n_rows * table->width; k++)
		table->values[k] -= other.values[k];
	free(other.values);
	return SPK_OK;
}

/* ---- Rows --------------------------------------------------------------------------------------- */

struct row {
	double key;
	size_t index;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *const x = a, *const y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int filter_rows(struct spk_file *file, const struct spk_result_part *part, size_t n_all,
	struct row *rows, size_t *n_rows, struct spk_error *err)
{
	for (size_t f = 0; f < part->n_filters; f++) {
		const struct spk_result_filter *const filter = &part->filters[f];
		struct spk_array column = {0};
		size_t n = 0;
		const int rc = read_column(file, filter->column, part, n_all, &column, err);

		if (rc != SPK_OK)
			return rc;
		for (size_t k = 0; k < *n_rows; k++) {
			const double value = column.values[rows[k].index];

			if (value >= filter->lo && value <= filter->hi)
				rows[n++] = rows[k];
		}
		*n_rows = n;
		free(column.values);
	}
	return SPK_OK;
}

static int sort_rows(struct spk_file *file, const struct spk_result_part *part, size_t n_all,
	struct row *rows, size_t n_rows, struct spk_error *err)
{
	struct spk_array column = {0};
	int rc = SPK_OK;

	if (part->by == NULL)
		return SPK_OK;
	rc = read_column(file, part->by, part, n_all, &column, err);
	for (size_t k = 0; k < n_rows && rc == SPK_OK; k++) {
		rows[k].key = column.values[rows[k].index];
		if (isnan(rows[k].key))
			rc = spk_fail(
				err, SPK_E_FORMAT, "%s is not a number in row %zu", part->by, rows[k].index);
	}
	if (rc == SPK_OK)
		qsort(rows, n_rows, sizeof *rows, compare_rows);
	free(column.values);
	return rc;
}

/* The rows that `rows:` asks for move to the front. Ranges ascend. */
static int choose_rows(
	const struct spk_result_part *part, struct row *rows, size_t *n_rows, struct spk_error *err)
{
	size_t n = 0;

	if (part->rows == SPK_ROWS_ALL)
		return SPK_OK;
	if (*n_rows == 0)
		return spk_fail(err, SPK_E_FORMAT, "no row of %s is left to choose from", name_of(part));
	if (part->rows == SPK_ROWS_LAST)
		rows[0] = rows[*n_rows - 1];
	if (part->rows != SPK_ROWS_CHOSEN) {
		*n_rows = 1;
		return SPK_OK;
	}
	for (size_t k = 0; k < part->n_ranges; k++) {
		if (part->ranges[k].last >= *n_rows)
			return spk_fail(err, SPK_E_FORMAT, "row %llu of %s: there are %zu",
				(unsigned long long)part->ranges[k].last, name_of(part), *n_rows);
		for (uint64_t i = part->ranges[k].first; i <= part->ranges[k].last; i++)
			rows[n++] = rows[i];
	}
	*n_rows = n;
	return SPK_OK;
}

/* ---- Items -------------------------------------------------------------------------------------- */

static const struct spk_selection *find_split(const struct spk_dataset *data, const char *name)
{
	for (size_t k = 0; k < data->n_splits; k++)
		if (strcmp(data->splits[k].name, name) == 0)
			return &data->splits[k].items;
	return NULL;
}

/* Pixels of the items of a data set, or of a split of it. */
static int read_items(const struct origin *origin, const struct spk_result_part *part,
	struct spk_array *ret_array, struct spk_error *err)
{
	const struct spk_dataset *data = NULL;

	for (size_t k = 0; k < origin->n_datasets && data == NULL; k++)
		if (strcmp(origin->datasets[k].name, part->dataset) == 0)
			data = &origin->datasets[k];
	if (data == NULL)
		return spk_fail(err, SPK_E_INVALID, "the scenario has no data set %s", part->dataset);
	const struct spk_range everything = {0, data->n_items - 1};
	const struct spk_selection all = {1, (struct spk_range[]){everything}};
	const struct spk_selection *const items = part->split ? find_split(data, part->split) : &all;
	struct spk_array array = {.width = (size_t)data->n_pixels};
	double *room;

	if (items == NULL)
		return spk_fail(err, SPK_E_INVALID, "%s has no split %s", part->dataset, part->split);
	for (size_t k = 0; k < items->n; k++)
		array.n_rows += (size_t)(items->ranges[k].last - items->ranges[k].first + 1);
	if (array.n_rows > MAX_VALUES / array.width)
		return spk_fail(err, SPK_E_LIMIT, "%s holds more than %d numbers", part->dataset, MAX_VALUES);
	room = array.values = malloc((array.n_rows * array.width + 1) * sizeof *array.values);
	if (array.values == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < items->n; k++)
		for (size_t i = items->ranges[k].first * array.width;
			i < (items->ranges[k].last + 1) * array.width; i++)
			*room++ = (double)data->pixels[i];
	*ret_array = array;
	return SPK_OK;
}

/* ---- Parts -------------------------------------------------------------------------------------- */

static int append(struct numbers *numbers, size_t n, struct spk_error *err, double **ret_room)
{
	double *grown;

	if (n > MAX_VALUES - numbers->n)
		return spk_fail(err, SPK_E_LIMIT, "an input of more than %d numbers", MAX_VALUES);
	grown = realloc(numbers->values, (numbers->n + n + 1) * sizeof *grown);
	if (grown == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	numbers->values = grown;
	*ret_room = grown + numbers->n;
	numbers->n += n;
	return SPK_OK;
}

static int gather(const struct spk_result_part *part, const struct spk_array *table, const struct row *rows,
	size_t n_rows, struct numbers *numbers, struct spk_error *err)
{
	const size_t width = part->one_column ? 1 : table->width;
	double *room;
	int rc;

	if (part->one_column && part->column >= table->width)
		return spk_fail(err, SPK_E_FORMAT, "column %llu of %s: there are %zu",
			(unsigned long long)part->column, name_of(part), table->width);
	rc = append(numbers, n_rows * width, err, &room);
	for (size_t k = 0; k < n_rows && rc == SPK_OK; k++)
		for (size_t c = 0; c < width; c++)
			*room++ = part->scale * (table->values[rows[k].index * table->width +
							       (part->one_column ? part->column : c)] -
							part->offset);
	return rc;
}

static int read_part(const struct origin *origin, struct spk_file *file, const struct spk_result_part *part,
	struct numbers *numbers, struct spk_error *err)
{
	struct spk_array table = {0};
	struct row *rows = NULL;
	size_t n_rows;
	int rc = part->dataset != NULL ? read_items(origin, part, &table, err)
				       : spk_array_read(file, part->data, MAX_VALUES, &table, err);

	if (rc != SPK_OK)
		return rc;
	n_rows = table.n_rows;
	rows = calloc(n_rows + 1, sizeof *rows);
	if (rows == NULL)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < n_rows && rc == SPK_OK; k++)
		rows[k].index = k;
	if (rc == SPK_OK && part->minus != NULL)
		rc = subtract(file, part, &table, err);
	if (rc == SPK_OK)
		rc = filter_rows(file, part, table.n_rows, rows, &n_rows, err);
	if (rc == SPK_OK)
		rc = sort_rows(file, part, table.n_rows, rows, n_rows, err);
	if (rc == SPK_OK)
		rc = choose_rows(part, rows, &n_rows, err);
	if (rc == SPK_OK)
		rc = gather(part, &table, rows, n_rows, numbers, err);
	free(rows);
	free(table.values);
	return rc;
}

static int read_attribute(struct spk_file *file, const struct spk_result_part *part, struct numbers *numbers,
	struct spk_error *err)
{
	double value, *room;
	enum spk_kind kind;
	int rc = spk_file_kind(file, part->data, &kind, err);

	if (rc == SPK_OK && kind == SPK_KIND_NONE)
		rc = spk_fail(err, SPK_E_FORMAT, "the result file has no %s", part->data);
	if (rc == SPK_OK)
		rc = spk_file_read_attr_f64(file, part->data, part->attribute, &value, err);
	if (rc == SPK_OK)
		rc = append(numbers, 1, err, &room);
	if (rc == SPK_OK)
		*room = part->scale * (value - part->offset);
	return rc;
}

static int read_values(const struct spk_result_part *part, struct numbers *numbers, struct spk_error *err)
{
	double *room;
	const int rc = append(numbers, part->n_values, err, &room);

	for (size_t k = 0; k < part->n_values && rc == SPK_OK; k++)
		room[k] = part->scale * (part->values[k] - part->offset);
	return rc;
}

/* A part of the result, or of another file, which is open for the call. */
static int read_stored(const struct origin *origin, const struct spk_result_part *part,
	struct numbers *numbers, struct spk_error *err)
{
	struct spk_file *file = origin->file;
	const char *const other = part->before > 0 ? origin->before[part->before - 1] : part->file;
	int rc = other != NULL ? spk_file_open(other, &file, err) : SPK_OK;

	if (rc != SPK_OK)
		return rc;
	if (part->attribute != NULL)
		rc = read_attribute(file, part, numbers, err);
	else
		rc = read_part(origin, file, part, numbers, err);
	if (file != origin->file)
		(void)spk_file_close(file, 0, NULL);
	return rc;
}

static int read_series(const struct origin *origin, const struct spk_result_series *series,
	struct numbers *numbers, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < series->n_parts && rc == SPK_OK; k++) {
		const struct spk_result_part *const part = &series->parts[k];

		if (part->data == NULL && part->dataset == NULL)
			rc = read_values(part, numbers, err);
		else
			rc = read_stored(origin, part, numbers, err);
	}
	return rc;
}

/* ---- Measuring ---------------------------------------------------------------------------------- */

int spk_observe(const struct spk_observable *observable, size_t n_datasets,
	const struct spk_dataset *datasets, const char *path, const char *const *before, double confidence,
	uint64_t seed, struct spk_estimate *ret_figure, struct spk_error *err)
{
	const size_t n = observable->measure->n_inputs;
	struct numbers *const numbers = calloc(n + 1, sizeof *numbers);
	struct spk_series *const in = calloc(n + 1, sizeof *in);
	struct origin origin = {NULL, n_datasets, datasets, before};
	int rc;

	if (numbers == NULL || in == NULL) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
		goto out;
	}
	rc = spk_file_open(path, &origin.file, err);
	if (rc == SPK_OK && !spk_file_is_complete(origin.file))
		rc = spk_fail(err, SPK_E_FORMAT, "%s is unfinished", path);
	for (size_t k = 0; k < n && rc == SPK_OK; k++) {
		rc = read_series(&origin, &observable->of[k], &numbers[k], err);
		in[k] = (struct spk_series){numbers[k].n, numbers[k].values};
	}
	if (rc == SPK_OK)
		rc = observable->measure->run(observable->params, in, confidence, seed, ret_figure, err);
	(void)spk_file_close(origin.file, 0, NULL);
out:
	for (size_t k = 0; numbers != NULL && k < n; k++)
		free(numbers[k].values);
	free(numbers);
	free(in);
	return rc;
}
