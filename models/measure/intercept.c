/**
 * Where the least-squares line through points meets x = 0 (with log_x: x = 1). Unbiased where x is free of
 * error. Interval as that of `slope`, valid when that is; it widens with the distance of the points from x =
 * 0.
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
		*ret = spk_estimate_around(line.intercept, line.quantile * line.intercept_error, in->n);
	return rc;
}

const struct spk_measurement spk_measure_intercept = {
	.name = "intercept",
	.summary = "Intercept of a line through points",
	.estimator = "Least squares of y = a + b x; the value is a (with log_y, the logarithm of y at x = 0, "
		     "or at\n"
		     "x = 1 with log_x). Unbiased where x is free of error.\n"
		     "Interval: as that of `slope`.\n",
	.refs = (const char *const[]){NULL},
	.inputs = spk_line_inputs,
	.n_inputs = 3,
	.params = spk_line_params,
	.n_params = 2,
	.run = run,
};
