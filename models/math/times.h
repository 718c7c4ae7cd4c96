/** Random bits into event times and their growth factors, many at once. */
#ifndef SPK_MODELS_MATH_TIMES_H
#define SPK_MODELS_MATH_TIMES_H

#include <stddef.h>
#include <stdint.h>

/** Longest interval, in units of tau, for which the series is accurate to rounding. */
#define SPK_TIMES_MAX_TAUS (1.0 / 16)

struct spk_times {
	double a, b;    /**< interval, ms; b - a <= SPK_TIMES_MAX_TAUS * tau */
	double tau;     /**< ms */
	double f_a;     /**< factor at a */
	double *when;   /**< out: times in [a, b) */
	double *factor; /**< out: f_a exp((when - a) / tau); NULL: not wanted, any interval is allowed */
};

/**
 * Turn bits 28 .. 63 of each number into a time uniform on [a, b), and its factor (relative error below
 * 4e-16). The low 28 bits are not used: 36 bits resolve 1.5e-11 of the interval. The results do not depend on
 * the processor.
 */
void spk_convert_times(const struct spk_times *times, size_t n, const uint64_t *bits);

#endif
