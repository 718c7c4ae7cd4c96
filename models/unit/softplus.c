#include <math.h>

#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/math/single.h"
#include "models/models.h"

static double value(double a)
{
	return fmax(a, 0) + spk_log1p(spk_exp(-fabs(a)));
}

static double slope(double y)
{
	return -spk_expm1(-y);
}

SPK_FOR_EACH_LEVEL static void apply(size_t n, float *a)
{
	for (size_t k = 0; k < n; k++) {
		const float x = a[k], size = x < 0.0f ? -x : x;
		a[k] = (x < 0.0f ? 0.0f : x) + spk_single_log1p(spk_single_exp(-size));
	}
}

SPK_FOR_EACH_LEVEL static void apply_slope(size_t n, const float *y, float *d)
{
	for (size_t k = 0; k < n; k++)
		d[k] *= -spk_single_expm1(-y[k]);
}

const struct spk_unit_model spk_unit_softplus = {
	.name = "softplus",
	.summary = "a smooth rectifier",
	.equations = "phi(a) = log(1 + e^a),  phi'(a) = 1/(1 + e^-a) = 1 - e^-phi\n"
		     "Computed as max(a, 0) + log(1 + e^-|a|), which neither overflows nor loses e^a for a "
		     "<< 0.\n",
	.refs = (const char *const[]){"dugas2001", NULL},
	.lo = 0,
	.hi = INFINITY,
	.value = value,
	.slope = slope,
	.apply = apply,
	.apply_slope = apply_slope,
};
