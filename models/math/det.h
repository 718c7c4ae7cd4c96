/**
 * Exponentials and logarithms whose results do not depend on the processor.
 *
 * glibc picks its exp and log by the processor at hand, so their last bit may differ between machines.
 * Everything that enters a trajectory calls these instead: the FMA-free deterministic scalar functions of
 * SLEEF, within 1 ulp. Special values are those of C11: exp(-inf) = 0, log(0) = -inf, log(x < 0) = NAN.
 */
#ifndef SPK_MODELS_MATH_DET_H
#define SPK_MODELS_MATH_DET_H

#include <stddef.h>

/** e^x. */
double spk_exp(double x);
/** e^x - 1, accurate near 0. */
double spk_expm1(double x);
/** Natural logarithm. */
double spk_log(double x);
/** x[k] = spk_log(x[k]) for n numbers, the same bits in less time. */
void spk_log_each(size_t n, double *x);
/** log(1 + x), accurate near 0. */
double spk_log1p(double x);
/** x^y. */
double spk_pow(double x, double y);

#endif
