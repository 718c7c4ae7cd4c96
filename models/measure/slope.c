/**
 * Slope of the straight line through points by least squares; in logarithms of both, the exponent of a power
 * law. Unbiased where x is free of error; error of variance s_e^2 in x shrinks it by 1/(1 + s_e^2/var x).
 * Interval: t with n - 2 degrees of freedom, exact for independent normal errors of equal size. With `sd`
 * each point counts 1/sd^2, and the interval is normal and stands and falls with these numbers: the scatter
 * of the points does not enter it. Not valid where the law is no line, or errors of neighbours go together as
 * they do in a course.
 */
#include "models/measure/line.h"
#include "models/models.h"

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_line line;
	(void)seed;
	const int rc = spk_line_fit(par, in, confidence, &line, err);
	if (!rc)
		*ret = spk_estimate_around(line.slope, line.quantile * line.slope_error, in->n);
	return rc;
}

const struct spk_measurement spk_measure_slope = {
	.name = "slope",
	.summary = "Slope of a line through points, or exponent of a power law",
	.estimator =
		"Least squares of y = a + b x; log_x and log_y: of the logarithms, so that b is the "
		"exponent\n"
		"of y = c x^b. Unbiased; error in x pulls b towards 0.\n"
		"Interval: t(n - 2), exact for independent normal errors of equal size. With sd: weights\n"
		"1/sd^2 and the normal interval of these sd. Not valid where errors go together.\n",
	.refs = (const char *const[]){NULL},
	.inputs = spk_line_inputs,
	.n_inputs = 3,
	.params = spk_line_params,
	.n_params = 2,
	.run = run,
};
