#include "models/math/times.h"

#include <math.h>
#include <string.h>

#include "models/math/levels.h"

/* exp(x) for 0 <= x <= 1/16: the series up to x^8 / 8!, additions and products only. */
static inline __attribute__((always_inline)) double local_exp(double x)
{
	const double a3 = 1.0 / 6, a4 = 1.0 / 24, a5 = 1.0 / 120, a6 = 1.0 / 720, a7 = 1.0 / 5040,
		     a8 = 1.0 / 40320;

	return 1 + x * (1 + x * (0.5 + x * (a3 + x * (a4 + x * (a5 + x * (a6 + x * (a7 + x * a8)))))));
}

/* The upper bits as the mantissa of a number in [1, 2): integers need not be converted, which does not
 * vectorise. */
static inline __attribute__((always_inline)) double one_to_two(uint64_t bits)
{
	const uint64_t pattern = bits >> 28 << 16 | UINT64_C(0x3FF0000000000000);
	double x;

	memcpy(&x, &pattern, sizeof x);
	return x;
}

SPK_FOR_EACH_LEVEL void spk_convert_times(const struct spk_times *times, size_t n, const uint64_t *bits)
{
	const double a = times->a, length = times->b - a, f_a = times->f_a, per_tau = length / times->tau;
	const double last = nextafter(times->b, a);
	double *restrict when = times->when, *restrict factor = times->factor;

	for (size_t k = 0; !factor && k < n; k++) {
		const double t = a + length * (one_to_two(bits[k]) - 1);
		when[k] = t < last ? t : last;
	}
	for (size_t k = 0; factor && k < n; k++) {
		const double share = one_to_two(bits[k]) - 1;
		const double t = a + length * share;
		when[k] = t < last ? t : last;
		factor[k] = f_a * local_exp(share * per_tau);
	}
}
