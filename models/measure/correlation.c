/**
 * Pearson's correlation. Bias towards 0 of order -r (1 - r^2)/(2 n); noise in x or y lowers it as well.
 * Interval: Fisher's z = artanh r -+ q/sqrt(n - 3), q the normal quantile: nearly exact for bivariate normal
 * values, a rough one for heavy tails, not valid where pairs depend on each other or x was chosen rather than
 * drawn.
 */
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {
	{"x", 0, "4 values or more"},
	{"y", 0, "as many values, in the same order"},
};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	const double *const x = in[0].values, *const y = in[1].values;
	const size_t n = in[0].n;
	(void)par, (void)seed;
	const int rc = spk_estimate_check_two(&in[0], "x", &in[1], "y", 4, err);
	if (rc)
		return rc;
	const double v_x = gsl_stats_variance(x, 1, n), v_y = gsl_stats_variance(y, 1, n);
	if (v_x == 0 || v_y == 0)
		return spk_fail(err, SPK_E_INVALID,
			"all values of '%s' are equal, nothing correlates with it", v_x == 0 ? "x" : "y");
	const double r = gsl_stats_covariance(x, 1, y, 1, n) / (sqrt(v_x) * sqrt(v_y));
	const double half = spk_estimate_z(confidence) / sqrt((double)n - 3);
	*ret = spk_estimate_point(fmin(fmax(r, -1), 1), n);
	ret->low = tanh(atanh(ret->value) - half); /* tanh(-+inf) = -+1: a perfect correlation stays so */
	ret->high = tanh(atanh(ret->value) + half);
	return SPK_OK;
}

const struct spk_measurement spk_measure_correlation = {
	.name = "correlation",
	.summary = "Pearson's correlation of two series",
	.estimator =
		"r = cov(x, y)/(s_x s_y). Bias about -r (1 - r^2)/(2 n); noise in x or y lowers it too.\n"
		"Interval: Fisher's z, artanh r -+ q/sqrt(n - 3). Nearly exact for bivariate normal values;\n"
		"not valid where pairs depend on each other.\n",
	.refs = (const char *const[]){"fisher1915", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.run = run,
};
