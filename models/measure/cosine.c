/**
 * Cosine of the angle between an accumulated update and a gradient, u g / (|u| |g|).
 *
 * Bias: exact for the two vectors as they are; as an estimate of the cosine between their expectations it is
 * biased towards 0 by all noise in them. With noise of standard deviation s per presentation, in units of the
 * mean update's length and orthogonal to it, it is 1/sqrt(1 + s^2/N) after N presentations (see cosine_law).
 *
 * Interval, from the cosines of independent blocks of the same presentations: that of the cosine after as
 * many presentations, not of its limit. In d dimensions, with equal noise in each, r = c/sqrt(1 - c^2), the
 * length along the gradient over the length across, has variance (1 + r^2/2)/d, whether r belongs to a block
 * or to the total. The spread of r over the blocks thus gives that of the total's r, which is mapped back.
 * Too wide where updates are wrong on average as well as noisy; too narrow where the noise lies in few
 * directions. Seeds need no such model.
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static double dot(size_t n, const double *x, const double *y)
{
	double sum = 0;
	for (size_t k = 0; k < n; k++)
		sum += x[k] * y[k];
	return sum;
}

/* Length along over length across; finite also where rounding leaves a cosine at 1. */
static double ratio_of(double cosine)
{
	return cosine / sqrt(fmax(1 - cosine * cosine, 1e-15));
}

static double square(double x)
{
	return x * x;
}

static double cosine_of(double ratio)
{
	return ratio / sqrt(1 + ratio * ratio);
}

/* Half width of the interval of the total's ratio. */
static double half_width(const struct spk_series *blocks, double ratio, double confidence)
{
	const double n = (double)blocks->n;
	double mean = 0, squares = 0;
	for (size_t k = 0; k < blocks->n; k++)
		mean += ratio_of(blocks->values[k]) / n;
	for (size_t k = 0; k < blocks->n; k++)
		squares += square(ratio_of(blocks->values[k]) - mean);
	const double sd = sqrt(squares / (n - 1) * (1 + ratio * ratio / 2) / (1 + mean * mean / 2));
	return sd * spk_estimate_t(confidence, n - 1);
}

static int check_blocks(const struct spk_series *blocks, struct spk_error *err)
{
	const int rc = spk_estimate_check(blocks, "blocks", 2, err);
	for (size_t k = 0; !rc && k < blocks->n; k++)
		if (fabs(blocks->values[k]) > 1)
			return spk_fail(err, SPK_E_INVALID, "value %zu of 'blocks' is %g, not a cosine", k,
				blocks->values[k]);
	return rc;
}

int spk_estimate_cosine(
	const struct spk_series *in, double confidence, struct spk_estimate *ret, struct spk_error *err)
{
	const struct spk_series *update = &in[0], *gradient = &in[1], *blocks = &in[2];
	int rc = spk_estimate_check_two(update, "update", gradient, "gradient", 2, err);
	if (!rc && blocks->n)
		rc = check_blocks(blocks, err);
	if (rc)
		return rc;
	const double uu = dot(update->n, update->values, update->values);
	const double gg = dot(gradient->n, gradient->values, gradient->values);
	if (uu == 0 || gg == 0)
		return spk_fail(err, SPK_E_INVALID, "all values of '%s' are 0, which has no direction",
			uu == 0 ? "update" : "gradient");
	const double value = dot(update->n, update->values, gradient->values) / (sqrt(uu) * sqrt(gg));
	*ret = spk_estimate_point(fmin(fmax(value, -1), 1), blocks->n ? blocks->n : 1);
	if (blocks->n) {
		const double half = half_width(blocks, ratio_of(ret->value), confidence);
		ret->low = fmin(cosine_of(ratio_of(ret->value) - half), ret->value);
		ret->high = fmax(cosine_of(ratio_of(ret->value) + half), ret->value);
	}
	return SPK_OK;
}

static const struct spk_measure_input inputs[] = {
	{"update", 0, "accumulated update"},
	{"gradient", 0, "accumulated gradient, component by component"},
	{"blocks", 1, "cosines of independent blocks of the same presentations, for the interval"},
};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)par, (void)seed;
	return spk_estimate_cosine(in, confidence, ret, err);
}

const struct spk_measurement spk_measure_cosine = {
	.name = "cosine",
	.summary = "Cosine between an accumulated update and a gradient",
	.estimator =
		"c = u g / (|u| |g|). Noise in the update or in the gradient biases it towards 0 as an\n"
		"estimate of the cosine between their means: 1/sqrt(1 + s^2/N) at noise s a presentation.\n"
		"Interval: from the spread of r = c/sqrt(1 - c^2) over the blocks, scaled to the total\n"
		"by var r = (1 + r^2/2)/d; that of the cosine after as many presentations. Exact for equal\n"
		"noise in many directions, too wide where the mean update is off the gradient, too narrow\n"
		"where noise lies in few directions. No blocks: none, use seeds.\n",
	.refs = (const char *const[]){"bengio2016", NULL},
	.inputs = inputs,
	.n_inputs = 3,
	.run = run,
};
