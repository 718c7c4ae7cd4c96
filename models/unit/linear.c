#include <math.h>

#include "models/models.h"

static double value(double a)
{
	return a;
}

static double slope(double y)
{
	(void)y;
	return 1;
}

static void apply(size_t n, float *a)
{
	(void)n, (void)a;
}

static void apply_slope(size_t n, const float *y, float *d)
{
	(void)n, (void)y, (void)d;
}

const struct spk_unit_model spk_unit_linear = {
	.name = "linear",
	.summary = "passes its net input on",
	.equations = "phi(a) = a,  phi'(a) = 1\n",
	.refs = (const char *const[]){NULL},
	.lo = -INFINITY,
	.hi = INFINITY,
	.value = value,
	.slope = slope,
	.apply = apply,
	.apply_slope = apply_slope,
};
