/**
 * Mean change of J = log p(x, h) of items, Gaussian terms without their constants: the mean over items of
 * J(after) - J(before), J = sum over terms of -|residual|^2 / (2 sigma^2). Unbiased. Interval: t over items,
 * as if they were independent: it speaks of one network, and other seeds of others.
 */
#include <stdlib.h>

#include "models/measure/residuals.h"
#include "models/models.h"

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	double *gain = NULL;
	size_t n = 0;
	int rc = spk_residuals_gain(in, &n, &gain, err);

	(void)par, (void)seed;
	if (rc == SPK_OK)
		rc = spk_estimate_mean(n, gain, confidence, ret, err);
	free(gain);
	return rc;
}

const struct spk_measurement spk_measure_objective_gain = {
	.name = "objective_gain",
	.summary = "Mean change of log p(x, h) of items, from the residuals of its Gaussian terms",
	.estimator =
		"Mean over items of J(after) - J(before), J = sum over terms of -|residual|^2/(2 sigma^2),\n"
		"without constants; unbiased. A residual is target minus prediction: a data set with "
		"`minus:`\n"
		"another, `scale:` brings it to units of sigma. Interval: t over items; it speaks of one\n"
		"network.\n",
	.inputs = spk_residuals_inputs,
	.n_inputs = SPK_RESIDUALS_INPUTS,
	.run = run,
};
