/**
 * Mean of independent values, sum x / n: unbiased. Of one value it is the value, without an interval.
 * Interval: mean -+ t_{n-1} s / sqrt(n), exact for normal values and for any values of finite variance as n
 * grows; too narrow where values depend on each other (steps of one course, synapses of one neuron).
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {{"values", 0, "independent values; one: the value itself"}};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)par, (void)seed;
	if (in->n == 1 && isfinite(in->values[0])) {
		*ret = spk_estimate_point(in->values[0], 1);
		return SPK_OK;
	}
	if (in->n < 2)
		return spk_estimate_check(in, "values", 1, err);
	return spk_estimate_mean(in->n, in->values, confidence, ret, err);
}

const struct spk_measurement spk_measure_mean = {
	.name = "mean",
	.summary = "Mean of independent values, or one value as it is",
	.estimator =
		"m = sum x / n; unbiased.\n"
		"Interval: m -+ t(n - 1) s / sqrt(n), s the sample's standard deviation. Exact for normal\n"
		"values; for others it improves with n. Too narrow where values depend on each other. One "
		"value: none.\n",
	.refs = (const char *const[]){"student1908", NULL},
	.inputs = inputs,
	.n_inputs = 1,
	.run = run,
};
