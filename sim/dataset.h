/**
 * Tables of numbers in CSV files, plain or gzip.
 *
 * Columns are separated by commas (blanks around values are allowed). Empty lines and lines that begin with
 * `#` are skipped; the first line may be a header, which is recognised by holding no number.
 * A file of no bytes is no table.
 */
#ifndef SPIKEM_SIM_DATASET_H
#define SPIKEM_SIM_DATASET_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

struct spk_csv {
	size_t n_rows, n_columns;
	double *values; /* [n_rows * n_columns] row-major */
	int *lines;     /* [n_rows] line of each row, for messages */
};

/**
 * Read a table. All rows have equally many columns, between min_columns and max_columns.
 *
 * Errors: SPK_E_IO, SPK_E_FORMAT ("file:line:column: ..."), SPK_E_LIMIT (more than 2^28 values, or a line
 * longer than 1 MiB), SPK_E_NOMEM. Owner: the caller frees with spk_csv_clear.
 */
int spk_csv_read(const char *path, size_t min_columns, size_t max_columns, struct spk_csv *ret_csv,
	struct spk_error *err);
void spk_csv_clear(struct spk_csv *csv);

/** Whether values[row][column] is a whole number in [0, limit); else fills err (SPK_E_FORMAT). */
int spk_csv_index(const char *path, const struct spk_csv *csv, size_t row, size_t column, uint64_t limit,
	uint64_t *ret_index, struct spk_error *err);

#endif
