/*
 * An item whose centroid stayed can only go to a centroid that moved: all others were farther before and
 * still are. So the first iteration searches everything, later ones less and less, with the same result.
 */
#include "models/stack/centroids.h"

#include <spikem/rng.h>
#include <stdlib.h>
#include <string.h>

#include "models/stack/blas.h"
#include "models/stack/distance.h"
#include "models/stack/nearest.h"

enum { MAX_STRANDS = 32, ITEMS_AT_ONCE = 4096 };

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

/* An iteration under way. */
struct iteration {
	size_t n_dims, n_items, k;
	const float *items;
	float *centroids;
	size_t *owner;
	unsigned char *moved; /* [k] non-zero: not where it was when the owners were found */
	size_t *start;        /* [k + 2] */
	size_t *list;    /* [n_items] items of centroid c: list[start[c]] ... list[start[c + 1] - 1]; later
			    the items that are searched for */
	size_t *nearest; /* [n_items] the new owners */
	size_t *found;   /* [ITEMS_AT_ONCE] */
	size_t *index;   /* [k] numbers of the centroids that moved */
	float *points;   /* [k * n_dims] the centroids that moved */
	float *rows;     /* [ITEMS_AT_ONCE * n_dims] */
	double *sums;    /* [MAX_STRANDS * n_dims] */
};

/* Room for everything that is not the caller's. */
static int allocate(struct iteration *it)
{
	it->moved = calloc(it->k, 1);
	it->start = malloc((it->k + 2) * sizeof(size_t));
	it->list = malloc(it->n_items * sizeof(size_t));
	it->nearest = malloc(it->n_items * sizeof(size_t));
	it->found = malloc(ITEMS_AT_ONCE * sizeof(size_t));
	it->index = malloc(it->k * sizeof(size_t));
	it->points = malloc(it->k * it->n_dims * sizeof(float));
	it->rows = malloc(ITEMS_AT_ONCE * it->n_dims * sizeof(float));
	it->sums = malloc(MAX_STRANDS * it->n_dims * sizeof(double));
	return it->moved && it->start && it->list && it->nearest && it->found && it->index && it->points &&
	       it->rows && it->sums;
}

static void release(struct iteration *it)
{
	free(it->moved);
	free(it->start);
	free(it->list);
	free(it->nearest);
	free(it->found);
	free(it->index);
	free(it->points);
	free(it->rows);
	free(it->sums);
}

/* ---- Means -------------------------------------------------------------------------------------- */

static void compute_means(void *context, unsigned strand)
{
	const struct iteration *it = context;
	const size_t n_dims = it->n_dims, *start = it->start;
	double *sum = it->sums + strand * n_dims;

	for (size_t c = strand; c < it->k; c += MAX_STRANDS) {
		float *centroid = it->centroids + c * n_dims;
		const size_t count = start[c + 1] - start[c];
		memset(sum, 0, n_dims * sizeof *sum);
		for (size_t m = start[c]; m < start[c + 1]; m++) {
			const float *item = it->items + it->list[m] * n_dims;
			for (size_t d = 0; d < n_dims; d++)
				sum[d] += (double)item[d];
		}
		for (size_t d = 0; count > 0 && d < n_dims; d++) {
			const float mean = (float)(sum[d] / (double)count);
			if (mean != centroid[d])
				it->moved[c] = 1;
			centroid[d] = mean;
		}
	}
}

/* Items of each centroid in their order, by counting; items without an owner are left out. */
static void sort_members(struct iteration *it)
{
	size_t *start = it->start;

	memset(start, 0, (it->k + 2) * sizeof *start);
	for (size_t i = 0; i < it->n_items; i++)
		if (it->owner[i] != SIZE_MAX)
			start[it->owner[i] + 2]++;
	for (size_t c = 0; c < it->k; c++)
		start[c + 2] += start[c + 1];
	for (size_t i = 0; i < it->n_items; i++)
		if (it->owner[i] != SIZE_MAX)
			it->list[start[it->owner[i] + 1]++] = i;
}

/* ---- Nearest centroids -------------------------------------------------------------------------- */

/* Nearest of n_points for each of the n_listed items on the list. */
static int search(const struct spk_parallel *parallel, struct iteration *it, size_t n_points,
	const float *points, size_t n_listed, struct spk_error *err)
{
	const size_t n_dims = it->n_dims;
	int status = SPK_OK;

	for (size_t first = 0; !status && first < n_listed; first += ITEMS_AT_ONCE) {
		const size_t left = n_listed - first, n = left < ITEMS_AT_ONCE ? left : ITEMS_AT_ONCE;
		const size_t *list = it->list + first;
		for (size_t i = 0; i < n; i++)
			memcpy(it->rows + i * n_dims, it->items + list[i] * n_dims,
				n_dims * sizeof *it->rows);
		status = spk_nearest_point(
			parallel, n_dims, NULL, n_points, points, n, it->rows, it->found, err);
		for (size_t i = 0; !status && i < n; i++)
			it->nearest[list[i]] = it->found[i];
	}
	return status;
}

static int is_lost(const struct iteration *it, size_t item)
{
	return it->owner[item] == SIZE_MAX || it->moved[it->owner[item]];
}

/* Items that are lost, or those that are not, onto the list. */
static size_t list_items(struct iteration *it, int lost)
{
	size_t n = 0;

	for (size_t i = 0; i < it->n_items; i++)
		if (is_lost(it, i) == lost)
			it->list[n++] = i;
	return n;
}

static size_t gather_moved(struct iteration *it)
{
	const size_t n_dims = it->n_dims;
	size_t n = 0;

	for (size_t c = 0; c < it->k; c++)
		if (it->moved[c]) {
			memcpy(it->points + n * n_dims, it->centroids + c * n_dims,
				n_dims * sizeof *it->points);
			it->index[n++] = c;
		}
	return n;
}

/* The nearer of an item's owner, which stayed, and a centroid that moved. */
static size_t choose_owner(const struct iteration *it, size_t item, size_t moved)
{
	const size_t n_dims = it->n_dims, owner = it->owner[item];
	const float *row = it->items + item * n_dims;
	const double stay = spk_distance_exact(n_dims, NULL, row, it->centroids + owner * n_dims);
	const double leave = spk_distance_exact(n_dims, NULL, row, it->centroids + moved * n_dims);

	return leave < stay || (leave == stay && moved < owner) ? moved : owner;
}

static int find_owners(const struct spk_parallel *parallel, struct iteration *it, struct spk_error *err)
{
	const size_t n_moved = gather_moved(it);
	size_t n_listed = list_items(it, 1);
	int status = search(parallel, it, it->k, it->centroids, n_listed, err);

	if (status)
		return status;
	n_listed = list_items(it, 0);
	if (n_moved > 0)
		status = search(parallel, it, n_moved, it->points, n_listed, err);
	for (size_t i = 0; !status && i < n_listed; i++) {
		const size_t item = it->list[i];
		it->nearest[item] =
			n_moved > 0 ? choose_owner(it, item, it->index[it->nearest[item]]) : it->owner[item];
	}
	return status;
}

int spk_centroids_step(const struct spk_parallel *parallel, size_t n_dims, size_t n_items, const float *items,
	size_t k, float *centroids, size_t *owner, size_t *ret_changed, struct spk_error *err)
{
	struct iteration it = {.n_dims = n_dims,
		.n_items = n_items,
		.k = k,
		.items = items,
		.centroids = centroids,
		.owner = owner};
	size_t changed = 0;
	int status;

	if (!allocate(&it)) {
		status = spk_fail(err, SPK_E_NOMEM, "out of memory for %zu centroids", k);
		goto out;
	}
	sort_members(&it);
	spk_run_parallel(parallel, MAX_STRANDS, compute_means, &it);
	status = find_owners(parallel, &it, err);
	if (status)
		goto out;
	for (size_t i = 0; i < n_items; i++) {
		changed += it.nearest[i] != owner[i];
		owner[i] = it.nearest[i];
	}
	*ret_changed = changed;
out:
	release(&it);
	return status;
}
