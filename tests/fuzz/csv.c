/*
 * Tables in CSV files, plain and gzip: refused with a reason, or a table of finite numbers that is the same
 * when it is written and read once more. First byte: least and most number of columns.
 */
#include <math.h>

#include "sim/dataset.h"
#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 20000;

static void write_table(const struct spk_csv *csv, const char *path)
{
	FILE *const file = fopen(path, "w");

	FUZZ_HOLDS(file);
	for (size_t k = 0; k < csv->n_rows * csv->n_columns; k++)
		fprintf(file, "%.17g%c", csv->values[k], (k + 1) % csv->n_columns ? ',' : '\n');
	FUZZ_HOLDS(fclose(file) == 0);
}

static void check_table(const struct spk_csv *csv, size_t least, size_t most, const char *path)
{
	struct spk_error err = {0};
	struct spk_csv again = {0};
	const size_t n = csv->n_rows * csv->n_columns;

	FUZZ_HOLDS(csv->n_rows == 0 || (csv->n_columns >= least && csv->n_columns <= most));
	for (size_t k = 0; k < n; k++)
		FUZZ_HOLDS(isfinite(csv->values[k]));
	for (size_t k = 1; k < csv->n_rows; k++)
		FUZZ_HOLDS(csv->lines[k] > csv->lines[k - 1]);
	if (n == 0) /* what would be written is empty, and no table */
		return;
	write_table(csv, path);
	FUZZ_HOLDS(spk_csv_read(path, least, most, &again, &err) == SPK_OK);
	FUZZ_HOLDS(again.n_rows == csv->n_rows && again.n_columns == csv->n_columns);
	FUZZ_HOLDS(memcmp(again.values, csv->values, n * sizeof *again.values) == 0);
	spk_csv_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = {data, size};
	const uint64_t form = fuzz_number(&bytes, 1);
	const size_t least = 1 + form % 4, most = least + form / 4 % 4;
	struct spk_error err = {0};
	struct spk_csv csv = {0};
	char path[FUZZ_PATH];

	fuzz_write("case.csv", bytes.at, bytes.left, path);
	const int rc = spk_csv_read(path, least, most, &csv, &err);
	if (rc)
		FUZZ_IS_ERROR(rc, err);
	else
		check_table(&csv, least, most, path);
	FUZZ_HOLDS(rc == 0 || (csv.values == NULL && csv.lines == NULL));
	spk_csv_clear(&csv);
	return 0;
}
