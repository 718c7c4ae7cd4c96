/** Nearest neighbours by Euclidean distance, over all or over the visible dimensions. */
#ifndef SPK_MODELS_STACK_NEAREST_H
#define SPK_MODELS_STACK_NEAREST_H

#include <spikem/status.h>
#include <stddef.h>

#include "models/stack/parallel.h"

/**
 * For each query the number of the nearest of `points`, the first of equals. Matrix products in single
 * precision find the candidates; those that their rounding errors leave open are compared in double
 * precision, so the result does not depend on the BLAS, the processor or the number of threads.
 *
 * @param visible  [n_queries * n_dims] a query's dimensions whose entry is 0 do not count, and its values
 *                 there are not read; NULL: all count
 * @param n_points at least 1
 * Cost: 2 n_points n_queries n_dims flops, twice that with `visible`. Memory: 8 bytes a point and a query,
 * and blocks: less than 20 MB, with `visible` 100 kB times n_dims at most. parallel: NULL for none. Errors:
 * SPK_E_NOMEM.
 */
int spk_nearest_point(const struct spk_parallel *parallel, size_t n_dims, const unsigned char *visible,
	size_t n_points, const float *points, size_t n_queries, const float *queries, size_t *ret_index,
	struct spk_error *err);

#endif
