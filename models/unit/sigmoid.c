#include <math.h>

#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/math/single.h"
#include "models/models.h"

static double value(double a)
{
	const double e = spk_exp(-fabs(a));

	return (a < 0 ? e : 1) / (1 + e);
}

static double slope(double y)
{
	return y * (1 - y);
}

SPK_FOR_EACH_LEVEL static void apply(size_t n, float *a)
{
	for (size_t k = 0; k < n; k++) {
		const float x = a[k], e = spk_single_exp(x < 0.0f ? x : -x);
		a[k] = (x < 0.0f ? e : 1.0f) / (1.0f + e);
	}
}

SPK_FOR_EACH_LEVEL static void apply_slope(size_t n, const float *y, float *d)
{
	for (size_t k = 0; k < n; k++)
		d[k] *= y[k] * (1.0f - y[k]);
}

const struct spk_unit_model spk_unit_sigmoid = {
	.name = "sigmoid",
	.summary = "the logistic function, values in (0, 1)",
	.equations = "phi(a) = 1/(1 + e^-a),  phi'(a) = phi (1 - phi)\n"
		     "Computed from e^-|a|, which neither overflows nor loses e^a for a << 0.\n",
	.refs = (const char *const[]){NULL},
	.lo = 0,
	.hi = 1,
	.value = value,
	.slope = slope,
	.apply = apply,
	.apply_slope = apply_slope,
};
