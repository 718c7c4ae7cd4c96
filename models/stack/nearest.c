/*
 * |x - s|^2 = |x|^2 + |s|^2 - 2 x.s over all dimensions; with a mask v of zeros and ones of the query,
 * = |v x|^2 + v.(s s) - 2 (v x).s, a second matrix product.
 */
#include "models/stack/nearest.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "models/math/levels.h"
#include "models/stack/blas.h"
#include "models/stack/distance.h"

enum { MAX_STRANDS = 32 };

/* Scratch memory of one piece of work. */
struct strand {
	float dot[SPK_DISTANCE_MAX_A * SPK_DISTANCE_MAX_B];
	float part[SPK_DISTANCE_MAX_A * SPK_DISTANCE_MAX_B]; /* v.(s s) */
	double lower[SPK_DISTANCE_MAX_B];                    /* bounds of squared distances, of one query */
	double square[SPK_DISTANCE_MAX_A], best[SPK_DISTANCE_MAX_A];
};

struct nearest_work {
	size_t n_dims, n_blocks;
	unsigned n_strands;
	const unsigned char *visible;
	struct spk_points queries, points;
	const double *length; /* [points.n] */
	double gamma;         /* rounding error of a product in single precision, of vectors of length 1 */
	double epsilon, tiny; /* of sums in double precision, relative; of underflow in single */
	struct strand *strands;
	float *masked; /* [n_strands * masked_size]: v x and v of the queries, s s of the points; or NULL */
	size_t *index;
};

/* Room for the masked blocks of a strand, in floats. */
static size_t masked_size(size_t n_dims)
{
	return (2 * SPK_DISTANCE_MAX_A + SPK_DISTANCE_MAX_B) * n_dims;
}

/* Lower bounds of the squared distances of a query of this squared norm to n points. */
SPK_FOR_EACH_LEVEL
static void bound_distances(const struct nearest_work *work, double square, size_t n, const double *squares,
	const double *lengths, const float *dot, double *ret)
{
	const double slack = 2 * work->gamma * sqrt(square), keep = 1 - work->epsilon, tiny = work->tiny;

	for (size_t j = 0; j < n; j++)
		ret[j] = keep * (square + squares[j]) - 2 * (double)dot[j] - slack * lengths[j] - tiny;
}

/* The same with a mask, where the point's squared norm comes from a matrix product too. */
SPK_FOR_EACH_LEVEL
static void bound_masked_distances(const struct nearest_work *work, double square, size_t n,
	const double *squares, const double *lengths, const float *dot, const float *part, double *ret)
{
	const double gamma = work->gamma, slack = 2 * gamma * sqrt(square), keep = 1 - work->epsilon,
		     tiny = work->tiny;

	for (size_t j = 0; j < n; j++)
		ret[j] = keep * (square + (double)part[j]) - gamma * squares[j] - 2 * (double)dot[j] -
			 slack * lengths[j] - tiny;
}

static void compare(const struct nearest_work *work, size_t query, size_t point, double *best)
{
	const size_t n_dims = work->n_dims;
	const double distance =
		spk_distance_exact(n_dims, work->visible ? work->visible + query * n_dims : NULL,
			work->queries.rows + query * n_dims, work->points.rows + point * n_dims);

	if (distance < *best || (distance == *best && point < work->index[query])) {
		*best = distance;
		work->index[query] = point;
	}
}

/* Compare a query with the points first .. first + n - 1, the most promising one first. */
static void compare_block(const struct nearest_work *work, size_t query, size_t first, size_t n,
	const double *lower, double *best)
{
	size_t promising = 0;

	for (size_t j = 1; j < n; j++)
		promising = lower[j] < lower[promising] ? j : promising;
	if (lower[promising] > *best)
		return;
	compare(work, query, first + promising, best);
	for (size_t j = 0; j < n; j++)
		if (lower[j] <= *best && j != promising)
			compare(work, query, first + j, best);
}

/* Queries with their hidden values set to 0, their masks as numbers, and their squared norms. */
static void mask_queries(const struct nearest_work *work, size_t first, size_t n, float *ret_values,
	float *ret_masks, double *ret_square)
{
	const size_t n_dims = work->n_dims;
	const unsigned char *visible = work->visible + first * n_dims;
	const float *query = work->queries.rows + first * n_dims;

	for (size_t k = 0; k < n * n_dims; k++) {
		ret_masks[k] = visible[k] ? 1 : 0;
		ret_values[k] = visible[k] ? query[k] : 0;
	}
	spk_squared_norms(NULL, n_dims, n, ret_values, ret_square);
}

static void search_block(const struct nearest_work *work, size_t block, struct strand *strand, float *masked)
{
	const size_t n_dims = work->n_dims, first = block * SPK_DISTANCE_MAX_A;
	const size_t rest = work->queries.n - first,
		     n = rest < SPK_DISTANCE_MAX_A ? rest : SPK_DISTANCE_MAX_A;
	float *masks = masked ? masked + SPK_DISTANCE_MAX_A * n_dims : NULL;
	float *squared = masked ? masks + SPK_DISTANCE_MAX_A * n_dims : NULL;
	struct spk_points queries = spk_points_slice(work->queries, n_dims, first, n);

	if (masked) {
		mask_queries(work, first, n, masked, masks, strand->square);
		queries = (struct spk_points){n, masked, strand->square};
	}
	for (size_t i = 0; i < n; i++)
		strand->best[i] = INFINITY;
	for (size_t start = 0; start < work->points.n; start += SPK_DISTANCE_MAX_B) {
		const size_t left = work->points.n - start,
			     m = left < SPK_DISTANCE_MAX_B ? left : SPK_DISTANCE_MAX_B;
		const struct spk_points points = spk_points_slice(work->points, n_dims, start, m);
		const double *length = work->length + start;
		spk_distance_products(n_dims, queries, points, strand->dot);
		if (masked) {
			for (size_t k = 0; k < m * n_dims; k++)
				squared[k] = points.rows[k] * points.rows[k];
			spk_distance_products(n_dims, (struct spk_points){n, masks, NULL},
				(struct spk_points){m, squared, NULL}, strand->part);
		}
		for (size_t i = 0; i < n; i++) {
			if (masked)
				bound_masked_distances(work, queries.square[i], m, points.square, length,
					strand->dot + i * m, strand->part + i * m, strand->lower);
			else
				bound_distances(work, queries.square[i], m, points.square, length,
					strand->dot + i * m, strand->lower);
			compare_block(work, first + i, start, m, strand->lower, &strand->best[i]);
		}
	}
}

static void run_strand(void *context, unsigned k)
{
	const struct nearest_work *work = context;
	float *masked = work->masked ? work->masked + k * masked_size(work->n_dims) : NULL;

	for (size_t block = k; block < work->n_blocks; block += work->n_strands)
		search_block(work, block, &work->strands[k], masked);
}

int spk_nearest_point(const struct spk_parallel *parallel, size_t n_dims, const unsigned char *visible,
	size_t n_points, const float *points, size_t n_queries, const float *queries, size_t *ret_index,
	struct spk_error *err)
{
	const size_t n_blocks = (n_queries + SPK_DISTANCE_MAX_A - 1) / SPK_DISTANCE_MAX_A;
	const unsigned n_strands = n_blocks < MAX_STRANDS ? (unsigned)n_blocks : MAX_STRANDS;
	double *squares = malloc((n_queries + n_points + 1) * sizeof *squares);
	struct strand *strands = malloc((n_strands + 1) * sizeof *strands);
	float *masked = visible ? malloc((n_strands * masked_size(n_dims) + 1) * sizeof *masked) : NULL;
	double *lengths = malloc((n_points + 1) * sizeof *lengths);
	struct nearest_work work;
	int status = SPK_OK;

	if (!squares || !lengths || !strands || (visible && !masked)) {
		status = spk_fail(err, SPK_E_NOMEM, "out of memory for nearest neighbours");
		goto out;
	}
	/* gamma: s s is rounded too, and so is the sum of the terms */
	work = (struct nearest_work){.n_dims = n_dims,
		.n_blocks = n_blocks,
		.n_strands = n_strands,
		.visible = visible,
		.queries = {n_queries, queries, squares},
		.points = {n_points, points, squares + n_queries},
		.length = lengths,
		.gamma = spk_distance_gamma(n_dims + 2),
		.epsilon = (double)(n_dims + 8) * 0x1p-51,
		.tiny = 4 * (double)n_dims * (double)FLT_MIN,
		.strands = strands,
		.masked = masked,
		.index = ret_index};
	if (!visible)
		spk_squared_norms(parallel, n_dims, n_queries, queries, squares);
	spk_squared_norms(parallel, n_dims, n_points, points, squares + n_queries);
	for (size_t j = 0; j < n_points; j++)
		lengths[j] = sqrt(squares[n_queries + j]);
	for (size_t i = 0; i < n_queries; i++)
		ret_index[i] = 0;
	spk_run_parallel(parallel, n_strands, run_strand, &work);
out:
	free(masked);
	free(strands);
	free(lengths);
	free(squares);
	return status;
}
