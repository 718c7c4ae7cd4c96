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

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* sleef.h declares these only where the whole file is compiled for such processors. */
__attribute__((target("avx"))) __m256d Sleef_cinz_logd4_u10avx(__m256d x);
__attribute__((target("avx512f"))) __m512d Sleef_cinz_logd8_u10avx512fnofma(__m512d x);

/* Each of these takes as many numbers as it can, and returns how many. */
__attribute__((target("avx512f"))) static size_t log_eights(size_t n, double *x)
{
	size_t k = 0;

	for (; k + 8 <= n; k += 8)
		_mm512_storeu_pd(x + k, Sleef_cinz_logd8_u10avx512fnofma(_mm512_loadu_pd(x + k)));
	return k;
}

__attribute__((target("avx"))) static size_t log_fours(size_t n, double *x)
{
	size_t k = 0;

	for (; k + 4 <= n; k += 4)
		_mm256_storeu_pd(x + k, Sleef_cinz_logd4_u10avx(_mm256_loadu_pd(x + k)));
	return k;
}

static size_t log_wide(size_t n, double *x)
{
	const size_t k = __builtin_cpu_supports("avx512f") ? log_eights(n, x) : 0;

	return k + (__builtin_cpu_supports("avx") ? log_fours(n - k, x + k) : 0);
}
#else
static size_t log_wide(size_t n, double *x)
{
	(void)n, (void)x;
	return 0;
}
#endif

void spk_log_each(size_t n, double *x)
{
	for (size_t k = log_wide(n, x); k < n; k++)
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
