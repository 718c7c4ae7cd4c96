#include "models/stack/centroids.h"

#include <spikem/rng.h>
#include <stdlib.h>
#include <string.h>

#include "models/stack/blas.h"
#include "models/stack/nearest.h"

enum { MAX_STRANDS = 32 };

int spk_centroids_choose(size_t n_dims, size_t n_items, const float *items, size_t k, uint64_t seed,
	float *ret_centroids, struct spk_error *err)
{
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_CHOICE, 0, 0);
	size_t *order = malloc(n_items * sizeof *order);

	if (!order)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the choice of %zu centroids", k);
	for (size_t i = 0; i < n_items; i++)
		order[i] = i;
	for (size_t c = 0; c < k; c++) {
		const size_t other = c + (size_t)spk_rng_below(&rng, n_items - c), item = order[other];
		order[other] = order[c];
		memcpy(ret_centroids + c * n_dims, items + item * n_dims, n_dims * sizeof *items);
	}
	free(order);
	return SPK_OK;
}

struct means_work {
	size_t n_dims, k;
	unsigned n_strands;
	const float *items;
	const size_t *start, *member; /* items of centroid c: member[start[c]] ... member[start[c + 1] - 1] */
	double *sums;                 /* [n_strands * n_dims] */
	float *centroids;
};

static void compute_means(void *context, unsigned strand)
{
	const struct means_work *work = context;
	const size_t n_dims = work->n_dims;
	double *sum = work->sums + strand * n_dims;

	for (size_t c = strand; c < work->k; c += work->n_strands) {
		const size_t count = work->start[c + 1] - work->start[c];
		memset(sum, 0, n_dims * sizeof *sum);
		for (size_t m = work->start[c]; m < work->start[c + 1]; m++) {
			const float *item = work->items + work->member[m] * n_dims;
			for (size_t d = 0; d < n_dims; d++)
				sum[d] += (double)item[d];
		}
		for (size_t d = 0; count > 0 && d < n_dims; d++)
			work->centroids[c * n_dims + d] = (float)(sum[d] / (double)count);
	}
}

/* Items of each centroid in their order: a counting sort. */
static void sort_members(size_t n_items, const size_t *owner, size_t k, size_t *ret_start, size_t *ret_member)
{
	memset(ret_start, 0, (k + 2) * sizeof *ret_start);
	for (size_t i = 0; i < n_items; i++)
		ret_start[owner[i] + 2]++;
	for (size_t c = 0; c < k; c++)
		ret_start[c + 2] += ret_start[c + 1];
	for (size_t i = 0; i < n_items; i++)
		ret_member[ret_start[owner[i] + 1]++] = i;
}

int spk_centroids_step(const struct spk_parallel *parallel, size_t n_dims, size_t n_items, const float *items,
	size_t k, float *centroids, size_t *owner, size_t *ret_changed, struct spk_error *err)
{
	size_t *nearest = malloc(n_items * sizeof *nearest), *member = malloc(n_items * sizeof *member);
	size_t *start = malloc((k + 2) * sizeof *start), changed = 0;
	double *sums = malloc(MAX_STRANDS * n_dims * sizeof *sums);
	struct means_work work = {n_dims, k, MAX_STRANDS, items, start, member, sums, centroids};
	int status;

	if (!nearest || !member || !start || !sums) {
		status = spk_fail(err, SPK_E_NOMEM, "out of memory for %zu centroids", k);
		goto out;
	}
	status = spk_nearest_point(parallel, n_dims, NULL, k, centroids, n_items, items, nearest, err);
	if (status)
		goto out;
	for (size_t i = 0; i < n_items; i++)
		changed += nearest[i] != owner[i];
	if (changed) {
		memcpy(owner, nearest, n_items * sizeof *owner);
		sort_members(n_items, owner, k, start, member);
		spk_run_parallel(parallel, MAX_STRANDS, compute_means, &work);
	}
	*ret_changed = changed;
out:
	free(sums);
	free(start);
	free(member);
	free(nearest);
	return status;
}

int spk_centroids(const struct spk_parallel *parallel, size_t n_dims, size_t n_items, const float *items,
	size_t k, uint64_t seed, size_t max_iterations, float *ret_centroids, size_t *ret_iterations,
	struct spk_error *err)
{
	size_t *owner = malloc(n_items * sizeof *owner), n_iterations = 0, changed = 1;
	int status;

	if (!owner)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu centroids", k);
	for (size_t i = 0; i < n_items; i++)
		owner[i] = SIZE_MAX;
	status = spk_centroids_choose(n_dims, n_items, items, k, seed, ret_centroids, err);
	while (!status && changed && n_iterations < max_iterations) {
		status = spk_centroids_step(
			parallel, n_dims, n_items, items, k, ret_centroids, owner, &changed, err);
		n_iterations++;
	}
	if (!status)
		*ret_iterations = n_iterations;
	free(owner);
	return status;
}
