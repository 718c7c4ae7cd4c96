/** k-means centroids (Lloyd's algorithm from k distinct items), a control for likelihood figures. */
#ifndef SPK_MODELS_STACK_CENTROIDS_H
#define SPK_MODELS_STACK_CENTROIDS_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#include "models/stack/parallel.h"

/**
 * @param ret_centroids   [k * n_dims]; a centroid that loses all its items stays where it is
 * @param ret_iterations  until no item changes its centroid, or max_iterations
 */
int spk_centroids(const struct spk_parallel *parallel, size_t n_dims, size_t n_items, const float *items,
	size_t k, uint64_t seed, size_t max_iterations, float *ret_centroids, size_t *ret_iterations,
	struct spk_error *err);

#endif
