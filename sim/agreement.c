#include "sim/agreement.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spikem/rng.h>

int spk_agreement_init(struct spk_agreement *a, size_t n, size_t n_rules, uint64_t expected, struct spk_error *err)
{
	*a = (struct spk_agreement){.n = n, .n_rules = n_rules};
	a->per_block = (expected + SPK_AGREEMENT_BLOCKS - 1) / SPK_AGREEMENT_BLOCKS;
	if (a->per_block == 0)
		a->per_block = 1;
	a->change = calloc(n_rules * SPK_AGREEMENT_BLOCKS * n + 1, sizeof *a->change);
	a->gradient = calloc(SPK_AGREEMENT_BLOCKS * n + 1, sizeof *a->gradient);
	if (a->change && a->gradient)
		return SPK_OK;
	spk_agreement_clear(a);
	return spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates with the gradient");
}

void spk_agreement_clear(struct spk_agreement *a)
{
	free(a->change);
	free(a->gradient);
	memset(a, 0, sizeof *a);
}

static size_t block_now(const struct spk_agreement *a)
{
	const uint64_t block = a->presentations / a->per_block;

	return block < SPK_AGREEMENT_BLOCKS ? (size_t)block : SPK_AGREEMENT_BLOCKS - 1;
}

static double *change_of(const struct spk_agreement *a, size_t rule, size_t block)
{
	return a->change + (rule * SPK_AGREEMENT_BLOCKS + block) * a->n;
}

static double *gradient_of(const struct spk_agreement *a, size_t block)
{
	return a->gradient + block * a->n;
}

double *spk_agreement_change(struct spk_agreement *a, size_t rule)
{
	return change_of(a, rule, block_now(a));
}

double *spk_agreement_gradient(struct spk_agreement *a)
{
	return gradient_of(a, block_now(a));
}

void spk_agreement_next(struct spk_agreement *a)
{
	a->presentations++;
}

size_t spk_agreement_blocks(const struct spk_agreement *a)
{
	const uint64_t blocks = (a->presentations + a->per_block - 1) / a->per_block;

	return blocks < SPK_AGREEMENT_BLOCKS ? (size_t)blocks : SPK_AGREEMENT_BLOCKS;
}

void spk_agreement_total(const struct spk_agreement *a, size_t rule, double *ret_change, double *ret_gradient)
{
	memset(ret_change, 0, a->n * sizeof *ret_change);
	memset(ret_gradient, 0, a->n * sizeof *ret_gradient);
	for (size_t block = 0; block < spk_agreement_blocks(a); block++)
		for (size_t k = 0; k < a->n; k++) {
			ret_change[k] += change_of(a, rule, block)[k];
			ret_gradient[k] += gradient_of(a, block)[k];
		}
}

static double dot(size_t n, const double *x, const double *y)
{
	double sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += x[k] * y[k];
	return sum;
}

static double cosine(size_t n, const double *x, const double *y)
{
	return dot(n, x, y) / sqrt(dot(n, x, x) * dot(n, y, y));
}

double spk_agreement_block_cosine(const struct spk_agreement *a, size_t rule, size_t block)
{
	return cosine(a->n, change_of(a, rule, block), gradient_of(a, block));
}

/*
 * Inner products between blocks: a resample is a vector of how often each block was drawn, and the cosine of
 * its sums needs these alone.
 */
struct products {
	double cc[SPK_AGREEMENT_BLOCKS][SPK_AGREEMENT_BLOCKS];
	double cg[SPK_AGREEMENT_BLOCKS][SPK_AGREEMENT_BLOCKS];
	double gg[SPK_AGREEMENT_BLOCKS][SPK_AGREEMENT_BLOCKS];
};

static double cosine_of_counts(const struct products *p, size_t blocks, const double *count)
{
	double cc = 0, cg = 0, gg = 0;

	for (size_t i = 0; i < blocks; i++)
		for (size_t j = 0; j < blocks; j++) {
			cc += count[i] * count[j] * p->cc[i][j];
			cg += count[i] * count[j] * p->cg[i][j];
			gg += count[i] * count[j] * p->gg[i][j];
		}
	return cg / sqrt(cc * gg);
}

static void fill_products(const struct spk_agreement *a, size_t rule, size_t blocks, struct products *p)
{
	for (size_t i = 0; i < blocks; i++)
		for (size_t j = 0; j < blocks; j++) {
			p->cc[i][j] = dot(a->n, change_of(a, rule, i), change_of(a, rule, j));
			p->cg[i][j] = dot(a->n, change_of(a, rule, i), gradient_of(a, j));
			p->gg[i][j] = dot(a->n, gradient_of(a, i), gradient_of(a, j));
		}
}

static void draw_counts(struct spk_rng *rng, size_t blocks, double *ret_count)
{
	memset(ret_count, 0, blocks * sizeof *ret_count);
	for (size_t k = 0; k < blocks; k++)
		ret_count[spk_rng_below(rng, blocks)] += 1;
}

int spk_agreement_cosine(const struct spk_agreement *a, size_t rule, uint64_t seed, struct spk_cosine *ret_cosine,
	struct spk_error *err)
{
	const size_t blocks = spk_agreement_blocks(a);
	struct products *p = malloc(sizeof *p);
	double *resampled = malloc(SPK_AGREEMENT_RESAMPLES * sizeof *resampled);
	double count[SPK_AGREEMENT_BLOCKS];
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_BOOTSTRAP, 0, rule);
	int rc = p && resampled ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates");

	if (!rc) {
		fill_products(a, rule, blocks, p);
		for (size_t k = 0; k < blocks; k++)
			count[k] = 1;
		ret_cosine->value = cosine_of_counts(p, blocks, count);
		for (size_t k = 0; k < SPK_AGREEMENT_RESAMPLES; k++) {
			draw_counts(&rng, blocks, count);
			resampled[k] = cosine_of_counts(p, blocks, count);
		}
		gsl_sort(resampled, 1, SPK_AGREEMENT_RESAMPLES);
		ret_cosine->low =
			gsl_stats_quantile_from_sorted_data(resampled, 1, SPK_AGREEMENT_RESAMPLES, 0.025);
		ret_cosine->high =
			gsl_stats_quantile_from_sorted_data(resampled, 1, SPK_AGREEMENT_RESAMPLES, 0.975);
	}
	free(p);
	free(resampled);
	return rc;
}
