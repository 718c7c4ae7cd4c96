#include "models/stack/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/normal.h"
#include "models/stack/noise.h"

static const double VARIANCE_FLOOR = 1e-6;
enum { ROWS_AT_ONCE = 256 };

/* ---- Prior on the top layer --------------------------------------------------------------------- */

static void find_mean(size_t n, size_t count, const float *h, double *ret)
{
	for (size_t k = 0; k < n; k++)
		ret[k] = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < n; k++)
			ret[k] += (double)h[i * n + k];
	for (size_t k = 0; k < n; k++)
		ret[k] /= (double)count;
}

/* sd[k] = sqrt(spread * variance + floor). */
static void find_deviations(
	double spread, size_t n, size_t count, const float *h, const double *mean, double *ret_sd)
{
	for (size_t k = 0; k < n; k++)
		ret_sd[k] = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < n; k++) {
			const double d = (double)h[i * n + k] - mean[k];
			ret_sd[k] += d * d;
		}
	for (size_t k = 0; k < n; k++)
		ret_sd[k] = sqrt(spread * ret_sd[k] / (double)count + VARIANCE_FLOOR);
}

/* ret_sum[n * n] = sum over rows of (h - mean)(h - mean)^T. */
static int sum_squares(size_t n, size_t count, const float *h, const double *mean, double *ret_sum)
{
	double *rows = malloc(ROWS_AT_ONCE * n * sizeof *rows);

	if (!rows)
		return SPK_E_NOMEM;
	memset(ret_sum, 0, n * n * sizeof *ret_sum);
	for (size_t first = 0; first < count; first += ROWS_AT_ONCE) {
		const size_t m = count - first < ROWS_AT_ONCE ? count - first : ROWS_AT_ONCE;
		const struct spk_product_double product = {.form = SPK_PRODUCT_AT_B,
			.rows = n,
			.columns = n,
			.inner = m,
			.a = rows,
			.b = rows,
			.c = ret_sum,
			.add = 1};
		for (size_t k = 0; k < m * n; k++)
			/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a layer has units */
			rows[k] = (double)h[first * n + k] - mean[k % n];
		spk_product_double(NULL, &product);
	}
	free(rows);
	return SPK_OK;
}

/* The lower Cholesky factor in place of a symmetric matrix (its lower half is read). */
static int factorise(size_t n, double *a)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = a[i * n + j];
			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			if (j < i)
				a[i * n + j] = sum / a[j * n + j];
			else if (sum > 0)
				a[i * n + i] = sqrt(sum);
			else
				return SPK_E_NUMERIC;
		}
		for (size_t j = i + 1; j < n; j++)
			a[i * n + j] = 0;
	}
	return SPK_OK;
}

static int fit_covariance(
	double spread, size_t count, const float *h, struct spk_top *top, struct spk_error *err)
{
	const size_t n = top->n;

	if (sum_squares(n, count, h, top->mean, top->lower))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for a prior");
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			top->lower[i * n + j] = spread * top->lower[i * n + j] / (double)count +
						(i == j ? VARIANCE_FLOOR : 0);
	if (factorise(n, top->lower))
		return spk_fail(err, SPK_E_NUMERIC, "the covariance of the prior is not positive definite");
	return SPK_OK;
}

int spk_top_fit(const struct spk_prior *prior, double lo, double hi, size_t n, size_t count, const float *h,
	struct spk_top *ret_top, struct spk_error *err)
{
	struct spk_top top = {.n = n, .clip = prior->clip, .lo = lo, .hi = hi};
	double **const spread = prior->full_covariance ? &top.lower : &top.sd;
	int rc = SPK_OK;

	if (count == 0)
		return spk_fail(err, SPK_E_INVALID, "a prior needs at least one item");
	top.mean = malloc(n * sizeof *top.mean);
	*spread = malloc((prior->full_covariance ? n * n : n) * sizeof **spread);
	if (!top.mean || !*spread) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for a prior");
		goto out;
	}
	find_mean(n, count, h, top.mean);
	for (size_t k = 0; k < n; k++)
		if (!isfinite(top.mean[k])) {
			rc = spk_fail(
				err, SPK_E_NUMERIC, "activities that a prior is fitted to are not finite");
			goto out;
		}
	if (top.lower)
		rc = fit_covariance(prior->spread, count, h, &top, err);
	else
		find_deviations(prior->spread, n, count, h, top.mean, top.sd);
out:
	if (rc)
		spk_top_clear(&top);
	else
		*ret_top = top;
	return rc;
}

void spk_top_clear(struct spk_top *top)
{
	free(top->mean);
	free(top->sd);
	free(top->lower);
	top->mean = top->sd = top->lower = NULL;
}

void spk_top_draw(const struct spk_top *top, uint64_t seed, uint32_t sub, uint64_t id, float *ret)
{
	const struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_STACK_TOP, sub, id);

	spk_normal_fill(&rng, 0, top->n, ret);
	for (size_t i = top->n; i-- > 0;) { /* from the end: unit i needs the normals of units up to i */
		double value = top->sd ? top->sd[i] * (double)ret[i] : 0;
		for (size_t j = 0; top->lower && j <= i; j++)
			value += top->lower[i * top->n + j] * (double)ret[j];
		value += top->mean[i];
		if (top->clip)
			value = fmin(fmax(value, top->lo), top->hi);
		ret[i] = (float)value;
	}
}

/* ---- Samplers ----------------------------------------------------------------------------------- */

struct draw {
	const struct spk_top *top;
	uint64_t seed, first;
	uint32_t sub;
	float *h;
};

static void draw_row(void *context, unsigned k)
{
	const struct draw *d = context;

	spk_top_draw(d->top, d->seed, d->sub, d->first + k, d->h + (size_t)k * d->top->n);
}

static void decode(const struct spk_parallel *parallel, const struct spk_net *net, struct spk_batch *batch)
{
	for (size_t l = net->n_layers - 1; l > 0; l--)
		spk_map_apply(parallel, &net->decoder[l - 1], batch->n, batch->h[l], batch->h[l - 1]);
}

/* One round of the stacked denoising auto-encoders, up and down, with the noise of training. */
static void walk_back(const struct spk_parallel *parallel, const struct spk_stack *stack,
	const struct spk_net *net, struct spk_rng *noise, struct spk_batch *batch)
{
	for (size_t l = 0; l + 1 < net->n_layers; l++) {
		const float *in = spk_noise_corrupt(
			parallel, &stack->layers[l], 0, noise, batch->n, batch->h[l], batch->scratch[0]);
		spk_map_apply(parallel, &net->encoder[l], batch->n, in, batch->h[l + 1]);
	}
	for (size_t l = net->n_layers - 1; l > 0; l--) {
		const float *in = spk_noise_corrupt(
			parallel, &stack->layers[l], 1, noise, batch->n, batch->h[l], batch->scratch[0]);
		spk_map_apply(parallel, &net->decoder[l - 1], batch->n, in, batch->h[l - 1]);
	}
}

void spk_sample(const struct spk_parallel *parallel, const struct spk_stack *stack, const struct spk_net *net,
	const struct spk_top *top, const struct spk_stack_sampler *sampler, uint64_t seed, uint32_t sub,
	uint64_t first, const float *start, struct spk_batch *batch)
{
	struct spk_rng noise = spk_rng_stream(seed, SPK_RNG_STACK_CHAIN, sub, first);
	struct draw draw = {
		.top = top, .seed = seed, .first = first, .sub = sub, .h = batch->h[net->n_layers - 1]};

	if (sampler->kind == SPK_SAMPLER_JOINT) {
		memcpy(batch->h[0], start, batch->n * net->size[0] * sizeof *start);
		for (uint64_t k = 0; k < sampler->rounds; k++)
			walk_back(parallel, stack, net, &noise, batch);
		return;
	}
	spk_run_parallel(parallel, (unsigned)batch->n, draw_row, &draw);
	decode(parallel, net, batch);
	for (uint64_t k = 0; sampler->kind == SPK_SAMPLER_GENERATE && k < sampler->rounds; k++) {
		spk_infer(parallel, net, &sampler->inference, NULL, &noise, batch);
		spk_map_apply(parallel, &net->decoder[0], batch->n, batch->h[1], batch->h[0]);
	}
}
