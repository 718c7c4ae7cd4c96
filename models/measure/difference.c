/**
 * Difference of two means, mean(a) - mean(b): unbiased. Independent samples: Welch's interval, the degrees of
 * freedom after Satterthwaite; nearly exact for normal values. Paired (value k of a goes with value k of b):
 * the t interval of the mean of a_k - b_k, narrower where the two go up and down together, as the log
 * densities of two samplers do on the same items. Too narrow where observations depend on each other; for
 * Parzen densities it leaves out the chance in the samples that make the kernels, which only seeds show.
 */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {
	{"a", 0, "independent values"},
	{"b", 0, "independent values; paired: those that belong to the values of a, in the same order"},
};

static const struct spk_field params[] = {
	{"paired", SPK_DIM_NONE, 0, 0, 1, 0, spk_estimate_switch, "value k of a and of b belong together"},
};

static int run_paired(
	const struct spk_series *in, double confidence, struct spk_estimate *ret, struct spk_error *err)
{
	int rc = spk_estimate_check_two(&in[0], "a", &in[1], "b", 2, err);
	if (rc)
		return rc;
	double *const difference = malloc(in->n * sizeof *difference);
	if (!difference)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu differences", in->n);
	for (size_t k = 0; k < in->n; k++)
		difference[k] = in[0].values[k] - in[1].values[k];
	rc = spk_estimate_mean(in->n, difference, confidence, ret, err);
	free(difference);
	return rc;
}

static int run_welch(
	const struct spk_series *in, double confidence, struct spk_estimate *ret, struct spk_error *err)
{
	const double n_a = (double)in[0].n, n_b = (double)in[1].n;
	int rc = spk_estimate_check(&in[0], "a", 2, err);
	if (!rc)
		rc = spk_estimate_check(&in[1], "b", 2, err);
	if (rc)
		return rc;
	const double value =
		gsl_stats_mean(in[0].values, 1, in[0].n) - gsl_stats_mean(in[1].values, 1, in[1].n);
	const double v_a = gsl_stats_variance(in[0].values, 1, in[0].n) / n_a;
	const double v_b = gsl_stats_variance(in[1].values, 1, in[1].n) / n_b;
	const double v = v_a + v_b;
	const double dof = v * v / (v_a * v_a / (n_a - 1) + v_b * v_b / (n_b - 1));
	const double half = v > 0 ? sqrt(v) * spk_estimate_t(confidence, dof) : 0; /* equal values: no dof */
	*ret = spk_estimate_around(value, half, in[0].n + in[1].n);
	return SPK_OK;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)seed;
	return (par[0] != 0 ? run_paired : run_welch)(in, confidence, ret, err);
}

const struct spk_measurement spk_measure_difference = {
	.name = "difference",
	.summary = "Difference of two means, of independent or of paired values",
	.estimator =
		"d = mean(a) - mean(b); unbiased.\n"
		"Interval: Welch's t with Satterthwaite's degrees of freedom; paired: t(n - 1) of the\n"
		"differences a_k - b_k (log densities of two samplers on the same items). Too narrow where\n"
		"observations depend on each other. Of Parzen log densities it leaves out the chance in the\n"
		"samples under the kernels: use seeds.\n",
	.refs = (const char *const[]){"welch1947", "student1908", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = 1,
	.run = run,
};
