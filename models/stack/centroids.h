/** k-means centroids (Lloyd's algorithm from k distinct items), a control for likelihood figures. */
#ifndef SPK_MODELS_STACK_CENTROIDS_H
#define SPK_MODELS_STACK_CENTROIDS_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#include "models/stack/parallel.h"

/** Start: k different items, chosen by the seed: ret_centroids[k * n_dims]. 1 <= k <= n_items.
 *  Errors: SPK_E_NOMEM. */
int spk_centroids_choose(size_t n_dims, size_t n_items, const float *items, size_t k, uint64_t seed,
	float *ret_centroids, struct spk_error *err);

/**
 * One iteration: every centroid goes to the mean of its items, summed in their order in double precision,
 * one without items stays where it is; then every item goes to its nearest centroid, the first of equals (see
 * nearest.h). Results depend neither on threads nor on the processor.
 *
 * @param centroids    [k * n_dims], moved
 * @param owner        [n_items] centroid of each item, as the last iteration left it; before the first
 * SIZE_MAX
 * @param ret_changed  number of items that changed their centroid; 0: all is settled
 * Cost: 2 k n_items n_dims flops at first; later only what moved is compared. parallel: NULL for none.
 * Errors: SPK_E_NOMEM; the centroids may have moved then, so that there is no going on.
 */
int spk_centroids_step(const struct spk_parallel *parallel, size_t n_dims, size_t n_items, const float *items,
	size_t k, float *centroids, size_t *owner, size_t *ret_changed, struct spk_error *err);

#endif
