/**
 * Share of items whose J = log p(x, h) is higher after than before, as objective_gain has it. Unbiased.
 * Interval of Clopper and Pearson over items, as if they were independent.
 */
#include <stdlib.h>

#include "models/measure/estimate.h"
#include "models/measure/residuals.h"
#include "models/models.h"

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	double *gain = NULL;
	size_t n = 0, hits = 0;
	const int rc = spk_residuals_gain(in, &n, &gain, err);

	(void)par, (void)seed;
	for (size_t k = 0; k < n && rc == SPK_OK; k++)
		hits += gain[k] > 0;
	if (rc == SPK_OK)
		*ret = spk_estimate_share(hits, n, confidence);
	free(gain);
	return rc;
}

const struct spk_measurement spk_measure_objective_rising = {
	.name = "objective_rising",
	.summary = "Share of items whose log p(x, h) rises, from the residuals of its Gaussian terms",
	.estimator = "p = items with J(after) > J(before) / items, J as of objective_gain; unbiased.\n"
		     "Interval: Clopper and Pearson over items.\n",
	.refs = (const char *const[]){"clopper1934", NULL},
	.inputs = spk_residuals_inputs,
	.n_inputs = SPK_RESIDUALS_INPUTS,
	.run = run,
};
