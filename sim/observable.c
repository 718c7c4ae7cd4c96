/* Inputs of a measurement, read from a result file. */
#include <spikem/file.h>
#include <spikem/plan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 1 << 26, MAX_NAMES = 12 };

/* A data set, whole: n_rows rows of `width` numbers. */
struct table {
	size_t n_rows, width;
	double *values;
};

/* A growing series. */
struct numbers {
	size_t n;
	double *values;
};

/* ---- Data sets ---------------------------------------------------------------------------------- */

/* The members of the deepest group on the way to `path`, as text for a message. */
static void list_neighbours(struct spk_file *file, const char *path, char *text, size_t size)
{
	char group[512];
	char **names = NULL;
	enum spk_kind kind = SPK_KIND_NONE;
	size_t length;

	text[0] = '\0';
	(void)snprintf(group, sizeof group, "%s", path);
	do {
		char *const slash = strrchr(group, '/');

		if (slash == NULL)
			return;
		slash[slash == group] = '\0';
		if (spk_file_kind(file, group, &kind, NULL) != SPK_OK)
			return;
	} while (kind != SPK_KIND_GROUP && group[1] != '\0');
	if (spk_file_names(file, group, &names, NULL) != SPK_OK)
		return;
	(void)snprintf(text, size, "; %.300s has", group);
	for (size_t k = 0; names[k] != NULL; k++) {
		length = strlen(text);
		(void)snprintf(text + length, size - length, "%s %s", k > 0 ? "," : "",
			k < MAX_NAMES ? names[k] : "...");
		if (k >= MAX_NAMES)
			break;
	}
	spk_file_free_names(names);
}

static int expect_numbers(struct spk_file *file, const char *path, struct spk_error *err)
{
	char neighbours[512];
	enum spk_kind kind;
	const int rc = spk_file_kind(file, path, &kind, err);

	if (rc != SPK_OK || kind == SPK_KIND_NUMBERS)
		return rc;
	if (kind != SPK_KIND_NONE)
		return spk_fail(err, SPK_E_FORMAT, "%s is no data set of numbers", path);
	list_neighbours(file, path, neighbours, sizeof neighbours);
	return spk_fail(err, SPK_E_FORMAT, "the result file has no %s%s", path, neighbours);
}

static int read_table(struct spk_file *file, const char *path, struct table *ret_table, struct spk_error *err)
{
	struct table table = {0};
	uint64_t dims[4] = {0}, n = 1;
	int rank;
	int rc = expect_numbers(file, path, err);

	if (rc == SPK_OK)
		rc = spk_file_shape(file, path, &rank, dims, err);
	if (rc != SPK_OK)
		return rc;
	for (int k = 0; k < 4; k++) {
		if (dims[k] != 0 && n > MAX_VALUES / dims[k])
			return spk_fail(err, SPK_E_LIMIT, "%s holds more than %d numbers", path, MAX_VALUES);
		n *= dims[k];
	}
	table.n_rows = (size_t)dims[0];
	table.width = dims[0] != 0 ? (size_t)(n / dims[0]) : 1;
	table.values = malloc((n + 1) * sizeof *table.values);
	if (table.values == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	if (n > 0)
		rc = spk_file_read(file, path, SPK_F64, 0, dims[0], table.values, err);
	if (rc != SPK_OK)
		free(table.values);
	else
		*ret_table = table;
	return rc;
}

/* A column with as many rows as the table. */
static int read_column(struct spk_file *file, const char *path, const struct spk_result_part *part,
	size_t n_rows, struct table *ret_column, struct spk_error *err)
{
	const int rc = read_table(file, path, ret_column, err);

	if (rc == SPK_OK && (ret_column->n_rows != n_rows || ret_column->width != 1)) {
		const struct table column = *ret_column;

		free(ret_column->values);
		*ret_column = (struct table){0};
		return spk_fail(err, SPK_E_FORMAT, "%s is no column of %s: %zu x %zu numbers for %zu rows",
			path, part->data, column.n_rows, column.width, n_rows);
	}
	return rc;
}

static int subtract(
	struct spk_file *file, const struct spk_result_part *part, struct table *table, struct spk_error *err)
{
	struct table other = {0};
	const int rc = read_table(file, part->minus, &other, err);

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
		struct table column = {0};
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
	struct table column = {0};
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
		return spk_fail(err, SPK_E_FORMAT, "no row of %s is left to choose from", part->data);
	if (part->rows == SPK_ROWS_LAST)
		rows[0] = rows[*n_rows - 1];
	if (part->rows != SPK_ROWS_CHOSEN) {
		*n_rows = 1;
		return SPK_OK;
	}
	for (size_t k = 0; k < part->n_ranges; k++) {
		if (part->ranges[k].last >= *n_rows)
			return spk_fail(err, SPK_E_FORMAT, "row %llu of %s: there are %zu",
				(unsigned long long)part->ranges[k].last, part->data, *n_rows);
		for (uint64_t i = part->ranges[k].first; i <= part->ranges[k].last; i++)
			rows[n++] = rows[i];
	}
	*n_rows = n;
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

static int gather(const struct spk_result_part *part, const struct table *table, const struct row *rows,
	size_t n_rows, struct numbers *numbers, struct spk_error *err)
{
	const size_t width = part->one_column ? 1 : table->width;
	double *room;
	int rc;

	if (part->one_column && part->column >= table->width)
		return spk_fail(err, SPK_E_FORMAT, "column %llu of %s: there are %zu",
			(unsigned long long)part->column, part->data, table->width);
	rc = append(numbers, n_rows * width, err, &room);
	for (size_t k = 0; k < n_rows && rc == SPK_OK; k++)
		for (size_t c = 0; c < width; c++)
			*room++ = part->scale * (table->values[rows[k].index * table->width +
							       (part->one_column ? part->column : c)] -
							part->offset);
	return rc;
}

static int read_part(struct spk_file *file, const struct spk_result_part *part, struct numbers *numbers,
	struct spk_error *err)
{
	struct table table = {0};
	struct row *rows = NULL;
	size_t n_rows;
	int rc = read_table(file, part->data, &table, err);

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

static int read_series(struct spk_file *file, const struct spk_result_series *series, struct numbers *numbers,
	struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < series->n_parts && rc == SPK_OK; k++) {
		const struct spk_result_part *const part = &series->parts[k];

		if (part->data == NULL)
			rc = read_values(part, numbers, err);
		else if (part->attribute != NULL)
			rc = read_attribute(file, part, numbers, err);
		else
			rc = read_part(file, part, numbers, err);
	}
	return rc;
}

/* ---- Measuring ---------------------------------------------------------------------------------- */

int spk_observe(const struct spk_observable *observable, const char *path, double confidence, uint64_t seed,
	struct spk_estimate *ret_figure, struct spk_error *err)
{
	const size_t n = observable->measure->n_inputs;
	struct numbers *const numbers = calloc(n + 1, sizeof *numbers);
	struct spk_series *const in = calloc(n + 1, sizeof *in);
	struct spk_file *file = NULL;
	int rc;

	if (numbers == NULL || in == NULL) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
		goto out;
	}
	rc = spk_file_open(path, &file, err);
	if (rc == SPK_OK && !spk_file_is_complete(file))
		rc = spk_fail(err, SPK_E_FORMAT, "%s is unfinished", path);
	for (size_t k = 0; k < n && rc == SPK_OK; k++) {
		rc = read_series(file, &observable->of[k], &numbers[k], err);
		in[k] = (struct spk_series){numbers[k].n, numbers[k].values};
	}
	if (rc == SPK_OK)
		rc = observable->measure->run(observable->params, in, confidence, seed, ret_figure, err);
	(void)spk_file_close(file, 0, NULL);
out:
	for (size_t k = 0; numbers != NULL && k < n; k++)
		free(numbers[k].values);
	free(numbers);
	free(in);
	return rc;
}
