/** Arrays of numbers in HDF5 files that a scenario or a claim names: whole, checked, as doubles. */
#ifndef SPK_SIM_ARRAY_H
#define SPK_SIM_ARRAY_H

#include <spikem/file.h>

/** n_rows rows of `width` numbers, row-major: what lies behind the first dimension makes up a row. */
struct spk_array {
	size_t n_rows, width; /**< width: 1 when there is no row */
	double *values;       /**< malloc'ed */
};

/**
 * Read a data set of rank 0 to 4, whole.
 *
 * Errors: SPK_E_FORMAT (nothing there: the text says what the group holds; no numbers), SPK_E_LIMIT (more
 * than max_values), SPK_E_IO, SPK_E_NOMEM.
 */
int spk_array_read(struct spk_file *file, const char *path, uint64_t max_values, struct spk_array *ret_array,
	struct spk_error *err);
void spk_array_clear(struct spk_array *array);

#endif
