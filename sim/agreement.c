#include "sim/agreement.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int spk_agreement_init(struct spk_agreement *a, size_t n, size_t n_rules, struct spk_error *err)
{
	*a = (struct spk_agreement){.n = n, .n_rules = n_rules};
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
	return (size_t)(a->presentations % SPK_AGREEMENT_BLOCKS);
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
	return a->presentations < SPK_AGREEMENT_BLOCKS ? (size_t)a->presentations : SPK_AGREEMENT_BLOCKS;
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

/* Inner products of each block's sums with the sums over all blocks, and of the latter with each other. */
struct products {
	double cc, cg, gg;
	double own_cc[SPK_AGREEMENT_BLOCKS], own_gg[SPK_AGREEMENT_BLOCKS], own_cg[SPK_AGREEMENT_BLOCKS];
	double with_cc[SPK_AGREEMENT_BLOCKS], with_gg[SPK_AGREEMENT_BLOCKS], with_cg[SPK_AGREEMENT_BLOCKS];
};

static void fill_products(const struct spk_agreement *a, size_t rule, const double *change,
	const double *gradient, struct products *p)
{
	p->cc = dot(a->n, change, change);
	p->cg = dot(a->n, change, gradient);
	p->gg = dot(a->n, gradient, gradient);
	for (size_t k = 0; k < spk_agreement_blocks(a); k++) {
		const double *c = change_of(a, rule, k), *g = gradient_of(a, k);
		p->own_cc[k] = dot(a->n, c, c);
		p->own_gg[k] = dot(a->n, g, g);
		p->own_cg[k] = dot(a->n, c, g);
		p->with_cc[k] = dot(a->n, c, change);
		p->with_gg[k] = dot(a->n, g, gradient);
		p->with_cg[k] = dot(a->n, c, gradient) + dot(a->n, change, g);
	}
}

/* Fisher's z, whose spread hardly depends on the cosine; finite also where rounding leaves a cosine at 1. */
static double fisher_z(double c)
{
	const double largest = 1 - 1e-15;

	return atanh(c > largest ? largest : c < -largest ? -largest : c);
}

/* z without block k. */
static double z_without(const struct products *p, size_t k)
{
	const double cc = p->cc - 2 * p->with_cc[k] + p->own_cc[k];
	const double gg = p->gg - 2 * p->with_gg[k] + p->own_gg[k];

	return fisher_z((p->cg - p->with_cg[k] + p->own_cg[k]) / sqrt(cc * gg));
}

/* Half width of the interval of z: the delete-one jackknife and Student's t. */
static double half_width(const struct products *p, size_t blocks)
{
	double mean = 0, sum = 0;

	for (size_t k = 0; k < blocks; k++)
		mean += z_without(p, k) / (double)blocks;
	for (size_t k = 0; k < blocks; k++)
		sum += (z_without(p, k) - mean) * (z_without(p, k) - mean);
	return gsl_cdf_tdist_Qinv(0.025, (double)(blocks - 1)) *
	       sqrt(sum * (double)(blocks - 1) / (double)blocks);
}

int spk_agreement_cosine(
	const struct spk_agreement *a, size_t rule, struct spk_cosine *ret_cosine, struct spk_error *err)
{
	const size_t blocks = spk_agreement_blocks(a);
	struct products *p = calloc(1, sizeof *p);
	double *change = malloc((a->n + 1) * sizeof *change),
	       *gradient = malloc((a->n + 1) * sizeof *gradient);
	int rc = p && change && gradient ? SPK_OK
					 : spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates");

	if (!rc) {
		spk_agreement_total(a, rule, change, gradient);
		fill_products(a, rule, change, gradient, p);
		const double value = p->cg / sqrt(p->cc * p->gg);
		const double half = blocks > 1 ? half_width(p, blocks) : (double)NAN;
		ret_cosine->value = value;
		ret_cosine->low = tanh(fisher_z(value) - half);
		ret_cosine->high = tanh(fisher_z(value) + half);
	}
	free(p);
	free(change);
	free(gradient);
	return rc;
}

void spk_cosine_move(struct spk_cosine *cosine, double value)
{
	const double half = (fisher_z(cosine->high) - fisher_z(cosine->low)) / 2;

	cosine->value = value;
	cosine->low = tanh(fisher_z(value) - half);
	cosine->high = tanh(fisher_z(value) + half);
}
