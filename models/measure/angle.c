/**
 * Angle between an accumulated update and a gradient in degrees: arc cosine of what `cosine` estimates. Bias:
 * noise moves it towards 90 degrees. Interval: that of the cosine, mapped; valid when that is
 * (models/measure/cosine.c).
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {
	{"update", 0, "accumulated update"},
	{"gradient", 0, "accumulated gradient, component by component"},
	{"blocks", 1, "cosines of independent blocks of the same presentations, for the interval"},
};

static double degrees(double cosine)
{
	return acos(cosine) * 180 / 3.14159265358979323846;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_estimate cosine;
	(void)par, (void)seed;
	const int rc = spk_estimate_cosine(in, confidence, &cosine, err);
	if (!rc)
		*ret = (struct spk_estimate){.value = degrees(cosine.value),
			.low = degrees(cosine.high),
			.high = degrees(cosine.low),
			.n = cosine.n};
	return rc;
}

const struct spk_measurement spk_measure_angle = {
	.name = "angle",
	.summary = "Angle between an accumulated update and a gradient, in degrees",
	.estimator = "Arc cosine of `cosine`, in degrees. Noise biases it towards 90.\n"
		     "Interval: that of the cosine, mapped; valid when that is.\n",
	.refs = (const char *const[]){"bengio2016", NULL},
	.inputs = inputs,
	.n_inputs = 3,
	.run = run,
};
