#include "models/stack/parzen.h"

#include <math.h>
#include <stdlib.h>

#include "models/math/det.h"
#include "models/math/exp_inline.h"
#include "models/math/levels.h"
#include "models/stack/blas.h"
#include "models/stack/distance.h"

enum {
	MAX_STRANDS = 32, /* pieces of work with scratch memory of their own */
	REACH = 50        /* terms so many nats below the largest are left out */
};

#define TWO_PI 6.283185307179586477
#define DIRECT_BELOW 0x1p-6

/* Work on one block of items. */
struct strand {
	float dot[SPK_DISTANCE_MAX_A * SPK_DISTANCE_MAX_B];
	double distance[SPK_DISTANCE_MAX_B]; /* squared, of one item */
	double nearest[SPK_DISTANCE_MAX_A];  /* smallest squared distance so far */
};

struct parzen_work {
	size_t n_dims, n_widths, n_blocks;
	unsigned n_strands;
	struct spk_points items, samples;
	const double *factor; /* [n_widths] 1 / (2 width^2) */
	double widest;        /* smallest factor */
	double *sum;          /* [n_widths * items.n] sum of exp(factor (nearest - distance)) */
	struct strand *strands;
};

/* Squared distances of one item to the samples of a block. */
SPK_FOR_EACH_LEVEL
static void compute_distances(size_t n, double square, const double *squares, const float *dot, double *ret)
{
	for (size_t j = 0; j < n; j++) {
		const double distance = square + squares[j] - 2 * (double)dot[j];
		ret[j] = distance > 0 ? distance : 0;
	}
}

/* Where little is left of |x|^2 + |s|^2, its rounding errors are most of what is left. */
static void repair_distances(
	const struct parzen_work *work, struct spk_points item, struct spk_points samples, double *distance)
{
	for (size_t j = 0; j < samples.n; j++)
		if (distance[j] < DIRECT_BELOW * (item.square[0] + samples.square[j]))
			distance[j] = spk_distance_exact(
				work->n_dims, NULL, item.rows, samples.rows + j * work->n_dims);
}

/* Add the samples of a block to the sums of item i. */
static void add_samples(
	const struct parzen_work *work, size_t i, size_t n, const double *distance, double *nearest)
{
	double smallest = INFINITY;

	for (size_t j = 0; j < n; j++)
		smallest = distance[j] < smallest ? distance[j] : smallest;
	if (smallest < *nearest) {
		for (size_t w = 0; w < work->n_widths && isfinite(*nearest); w++)
			work->sum[w * work->items.n + i] *= spk_exp(work->factor[w] * (smallest - *nearest));
		*nearest = smallest;
	}
	for (size_t j = 0; j < n; j++) {
		const double excess = distance[j] - *nearest;
		if (excess * work->widest > REACH)
			continue;
		for (size_t w = 0; w < work->n_widths; w++)
			if (excess * work->factor[w] <= REACH)
				work->sum[w * work->items.n + i] += spk_exp_inline(-excess * work->factor[w]);
	}
}

static void score_block(const struct parzen_work *work, size_t block, struct strand *strand)
{
	const size_t n_dims = work->n_dims, first = block * SPK_DISTANCE_MAX_A;
	const size_t rest = work->items.n - first, n = rest < SPK_DISTANCE_MAX_A ? rest : SPK_DISTANCE_MAX_A;
	const struct spk_points items = spk_points_slice(work->items, n_dims, first, n);

	for (size_t i = 0; i < n; i++)
		strand->nearest[i] = INFINITY;
	for (size_t start = 0; start < work->samples.n; start += SPK_DISTANCE_MAX_B) {
		const size_t left = work->samples.n - start;
		const struct spk_points samples = spk_points_slice(
			work->samples, n_dims, start, left < SPK_DISTANCE_MAX_B ? left : SPK_DISTANCE_MAX_B);
		spk_distance_products(n_dims, items, samples, strand->dot);
		for (size_t i = 0; i < n; i++) {
			const struct spk_points item = spk_points_slice(items, n_dims, i, 1);
			compute_distances(samples.n, item.square[0], samples.square,
				strand->dot + i * samples.n, strand->distance);
			repair_distances(work, item, samples, strand->distance);
			add_samples(work, first + i, samples.n, strand->distance, &strand->nearest[i]);
		}
	}
	for (size_t w = 0; w < work->n_widths; w++) {
		const double constant = 0.5 * (double)n_dims * spk_log(TWO_PI / (2 * work->factor[w])) +
					spk_log((double)work->samples.n);
		double *log = work->sum + w * work->items.n + first;
		for (size_t i = 0; i < n; i++)
			log[i] = spk_log(log[i]) - work->factor[w] * strand->nearest[i] - constant;
	}
}

static void run_strand(void *context, unsigned k)
{
	struct parzen_work *work = context;

	for (size_t block = k; block < work->n_blocks; block += work->n_strands)
		score_block(work, block, &work->strands[k]);
}

int spk_parzen_log(const struct spk_parallel *parallel, size_t n_dims, size_t n_samples, const float *samples,
	size_t n_items, const float *items, size_t n_widths, const double *widths, double *ret_log,
	struct spk_error *err)
{
	const size_t n_blocks = (n_items + SPK_DISTANCE_MAX_A - 1) / SPK_DISTANCE_MAX_A;
	const unsigned n_strands = n_blocks < MAX_STRANDS ? (unsigned)n_blocks : MAX_STRANDS;
	double *squares = malloc((n_items + n_samples + 1) * sizeof *squares);
	double *factor = malloc((n_widths + 1) * sizeof *factor);
	struct strand *strands = malloc((n_strands + 1) * sizeof *strands);
	struct parzen_work work;
	int status = SPK_OK;

	if (!squares || !factor || !strands) {
		status = spk_fail(err, SPK_E_NOMEM, "out of memory for Parzen windows");
		goto out;
	}
	work = (struct parzen_work){.n_dims = n_dims,
		.n_widths = n_widths,
		.n_blocks = n_blocks,
		.n_strands = n_strands,
		.items = {n_items, items, squares},
		.samples = {n_samples, samples, squares + n_items},
		.factor = factor,
		.widest = (double)INFINITY,
		.sum = ret_log,
		.strands = strands};
	spk_squared_norms(parallel, n_dims, n_items, items, squares);
	spk_squared_norms(parallel, n_dims, n_samples, samples, squares + n_items);
	for (size_t w = 0; w < n_widths; w++) {
		factor[w] = 1 / (2 * widths[w] * widths[w]);
		work.widest = factor[w] < work.widest ? factor[w] : work.widest;
	}
	for (size_t k = 0; k < n_widths * n_items; k++)
		ret_log[k] = 0;
	spk_run_parallel(parallel, n_strands, run_strand, &work);
out:
	free(strands);
	free(factor);
	free(squares);
	return status;
}

struct spk_parzen spk_parzen_summary(size_t n, const double *log)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		sum += log[i];
	const double mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (log[i] - mean) * (log[i] - mean);
	return (struct spk_parzen){
		.mean = mean, .se = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : (double)NAN};
}
