/**
 * Largest distance between what was measured and what should be, max |x_k - y_k|: for claims that hold to
 * rounding, or to a stated error. Exact for the numbers as they are; noise biases it upwards, the more the
 * more numbers there are. No interval from one run.
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {
	{"x", 0, "what was measured"},
	{"y", 1, "what it should be, one by one; left out: 0"},
};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	double largest = 0;
	(void)par, (void)confidence, (void)seed;
	const int rc = in[1].n ? spk_estimate_check_two(&in[0], "x", &in[1], "y", 1, err)
			       : spk_estimate_check(&in[0], "x", 1, err);
	if (rc)
		return rc;
	for (size_t k = 0; k < in->n; k++)
		largest = fmax(largest, fabs(in[0].values[k] - (in[1].n ? in[1].values[k] : 0)));
	*ret = spk_estimate_point(largest, in->n);
	return SPK_OK;
}

const struct spk_measurement spk_measure_deviation = {
	.name = "deviation",
	.summary = "Largest distance between what was measured and what should be",
	.estimator = "d = max |x_k - y_k|, for claims that hold to rounding or to a stated error. Noise "
		     "biases it\n"
		     "upwards, the more the more numbers there are.\n"
		     "Interval: none, use seeds.\n",
	.refs = (const char *const[]){NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.run = run,
};
