/* The only file that includes sleef.h. "cinz" are SLEEF's deterministic variants without FMA. */
#include "models/math/det.h"

#include <math.h>
#include <sleef.h>

double spk_exp(double x)
{
	return Sleef_cinz_expd1_u10purec(x);
}

double spk_expm1(double x)
{
	return Sleef_cinz_expm1d1_u10purec(x);
}

double spk_log(double x)
{
	return Sleef_cinz_logd1_u10purec(x);
}

void spk_log_each(size_t n, double *x)
{
	size_t k = 0;

#ifdef __SSE2__
	for (; k + 2 <= n; k += 2)
		_mm_storeu_pd(x + k, Sleef_cinz_logd2_u10sse2(_mm_loadu_pd(x + k)));
#endif
	for (; k < n; k++)
		x[k] = spk_log(x[k]);
}

double spk_log1p(double x)
{
	/* SLEEF's flushes subnormals to 0 and overflows from about 1e307 on. */
	if (fabs(x) < 0x1p-54)
		return x;
	if (x > 0x1p60)
		return spk_log(x);
	return Sleef_cinz_log1pd1_u10purec(x);
}

double spk_pow(double x, double y)
{
	return Sleef_cinz_powd1_u10purec(x, y);
}
