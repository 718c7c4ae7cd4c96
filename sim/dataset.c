/* CSV tables, plain or gzip. */
#include "sim/dataset.h"
#include "sim/gz.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE_BYTES = 1 << 20, MAX_VALUES = 1 << 28 };

struct csv_reader {
	const char *path;
	size_t min_columns, max_columns;
	struct spk_csv csv;
	size_t room, row_room; /* values, rows */
	int line;
	struct spk_error *err;
};

void spk_csv_clear(struct spk_csv *csv)
{
	free(csv->values);
	free(csv->lines);
	*csv = (struct spk_csv){0};
}

static int fail_at(const struct csv_reader *reader, const char *line, const char *p, const char *what)
{
	return spk_fail(reader->err, SPK_E_FORMAT, "%s:%d:%d: %s", reader->path, reader->line,
		(int)(p - line) + 1, what);
}

static int has_number(const char *line)
{
	for (const char *p = line; *p != '\0'; p++)
		if (isdigit((unsigned char)*p))
			return 1;
	return 0;
}

static int append(struct csv_reader *reader, size_t index, double value)
{
	if (index == reader->room) {
		const size_t room = reader->room == 0 ? 4096 : 2 * reader->room;
		double *larger;

		if (room > MAX_VALUES)
			return spk_fail(reader->err, SPK_E_LIMIT, "%s: more than %d values", reader->path,
				MAX_VALUES / 2);
		larger = realloc(reader->csv.values, room * sizeof *larger);
		if (larger == NULL)
			return spk_fail(
				reader->err, SPK_E_NOMEM, "out of memory while reading %s", reader->path);
		reader->csv.values = larger;
		reader->room = room;
	}
	reader->csv.values[index] = value;
	return SPK_OK;
}

static int note_line(struct csv_reader *reader)
{
	struct spk_csv *const csv = &reader->csv;

	if (csv->n_rows == reader->row_room) {
		const size_t room = reader->row_room == 0 ? 1024 : 2 * reader->row_room;
		int *const larger = realloc(csv->lines, room * sizeof *larger);

		if (larger == NULL)
			return spk_fail(
				reader->err, SPK_E_NOMEM, "out of memory while reading %s", reader->path);
		csv->lines = larger;
		reader->row_room = room;
	}
	csv->lines[csv->n_rows] = reader->line;
	return SPK_OK;
}

/* One value at *p, which is moved behind it and its comma; *ret_more: there was a comma. */
static int take_value(
	struct csv_reader *reader, const char *line, const char **p, double *ret_value, int *ret_more)
{
	char *end;

	while (**p == ' ' || **p == '\t')
		(*p)++;
	/* strtod takes more than a table may hold: hexadecimal numbers, nan and inf */
	if (!isdigit((unsigned char)**p) && **p != '+' && **p != '-' && **p != '.')
		return fail_at(
			reader, line, *p, **p == '\0' ? "a number is missing" : "this is not a number");
	*ret_value = strtod(*p, &end);
	if (end == *p || !isfinite(*ret_value) || memchr(*p, 'x', (size_t)(end - *p)) != NULL)
		return fail_at(reader, line, *p, "this is not a finite number");
	while (*end == ' ' || *end == '\t')
		end++;
	if (*end != ',' && *end != '\0')
		return fail_at(reader, line, end, "a comma or the end of the line is expected");
	*ret_more = *end == ',';
	*p = end + *ret_more;
	return SPK_OK;
}

static int take_row(struct csv_reader *reader, const char *line)
{
	struct spk_csv *const csv = &reader->csv;
	const char *p = line;
	size_t n = 0;
	int more = 1, rc = note_line(reader);

	while (rc == SPK_OK && more) {
		double value = 0.0;

		rc = take_value(reader, line, &p, &value, &more);
		if (rc == SPK_OK && n == reader->max_columns)
			rc = fail_at(reader, line, p, "too many columns");
		if (rc == SPK_OK)
			rc = append(reader, csv->n_rows * csv->n_columns + n, value);
		n++;
	}
	if (rc != SPK_OK)
		return rc;
	if (n < reader->min_columns || (csv->n_rows > 0 && n != csv->n_columns))
		return spk_fail(reader->err, SPK_E_FORMAT, "%s:%d:1: %zu columns, expected %zu", reader->path,
			reader->line, n, csv->n_rows > 0 ? csv->n_columns : reader->min_columns);
	csv->n_columns = n;
	csv->n_rows++;
	return SPK_OK;
}

/* Next line without its end into `line`; SPK_OK with *ret_got 0 at the end of the file. */
static int next_line(struct csv_reader *reader, struct spk_gz *in, char *line, int *ret_got)
{
	const int rc = spk_gz_line(in, line, MAX_LINE_BYTES, ret_got, reader->err);
	size_t length;

	if (rc != SPK_OK || !*ret_got)
		return rc;
	reader->line++;
	length = strlen(line);
	if (length < MAX_LINE_BYTES - 1 && (length == 0 || line[length - 1] != '\n') && !spk_gz_at_end(in))
		return spk_fail(
			reader->err, SPK_E_FORMAT, "%s:%d: a NUL character", reader->path, reader->line);
	if (reader->line == MAX_VALUES)
		return spk_fail(reader->err, SPK_E_LIMIT, "%s: more than %d lines", reader->path, MAX_VALUES);
	if (length == MAX_LINE_BYTES - 1)
		return spk_fail(reader->err, SPK_E_LIMIT, "%s:%d: a line is longer than 1 MiB", reader->path,
			reader->line);
	while (length > 0 && strchr("\r\n \t", line[length - 1]) != NULL)
		line[--length] = '\0';
	return SPK_OK;
}

int spk_csv_read(const char *path, size_t min_columns, size_t max_columns, struct spk_csv *ret_csv,
	struct spk_error *err)
{
	struct csv_reader reader = {
		.path = path, .min_columns = min_columns, .max_columns = max_columns, .err = err};
	char *const line = malloc(MAX_LINE_BYTES);
	struct spk_gz *in = NULL;
	int rc, got = 1;

	if (line == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	rc = spk_gz_open(path, &in, err);
	while (rc == SPK_OK) {
		rc = next_line(&reader, in, line, &got);
		if (rc != SPK_OK || !got)
			break;
		if (line[0] == '\0' || line[0] == '#' || (reader.csv.n_rows == 0 && !has_number(line)))
			continue;
		rc = take_row(&reader, line);
	}
	if (rc == SPK_OK && reader.line == 0)
		rc = spk_fail(err, SPK_E_FORMAT, "%s: the file is empty", path);
	if (rc == SPK_OK)
		*ret_csv = reader.csv;
	else
		spk_csv_clear(&reader.csv);
	spk_gz_close(in);
	free(line);
	return rc;
}

int spk_csv_index(const char *path, const struct spk_csv *csv, size_t row, size_t column, uint64_t limit,
	uint64_t *ret_index, struct spk_error *err)
{
	const double value = csv->values[row * csv->n_columns + column];

	if (value < 0 || value >= (double)limit || floor(value) != value)
		return spk_fail(err, SPK_E_FORMAT,
			"%s:%d: column %zu must be a whole number below %llu, got %g", path, csv->lines[row],
			column + 1, (unsigned long long)limit, value);
	*ret_index = (uint64_t)value;
	return SPK_OK;
}
