/** Nearest neighbours by Euclidean distance over a subset of the dimensions. */
#ifndef SPK_MODELS_STACK_NEAREST_H
#define SPK_MODELS_STACK_NEAREST_H

#include <spikem/status.h>
#include <stddef.h>

#include "models/stack/parallel.h"

/** For each query the index of the nearest of `points`, the first of equals; dimensions with visible[d] == 0
 *  do not count (NULL: all count). */
int spk_nearest_point(const struct spk_parallel *parallel, size_t n_dims, const unsigned char *visible,
	size_t n_points, const float *points, size_t n_queries, const float *queries, size_t *ret_index,
	struct spk_error *err);

#endif
