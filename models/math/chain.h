/**
 * Response of a chain of first-order linear filters, accurate also where time constants coincide.
 *
 * n filters in series, dx_1/dt = -r_1 x_1, dx_k/dt = -r_k x_k + x_{k-1}, with x_1(0) = 1 and the others 0,
 * give x_n(t) = (-1)^(n-1) f[r_1, ..., r_n], the divided difference of f(r) = exp(-r t). It is positive and
 * symmetric in the rates. The sum of exponentials of textbooks divides by r_i - r_j and loses all digits
 * when two rates are close; here close rates go through a series of positive terms instead.
 *
 * Everything linear in the models is made of it: delta input needs 1 rate, the potential under an
 * exponential current 2, under an alpha current 3, a low-pass copy one more; an integral over time is one
 * more filter of rate 0, and an integral against exp(-s/tau) adds 1/tau to every other rate.
 *
 * Accuracy: relative, about 1e-14 times (1 + smallest rate * t), for t >= 0. Rates may be negative as long as
 * exp(-rate t) is finite.
 */
#ifndef SPK_MODELS_MATH_CHAIN_H
#define SPK_MODELS_MATH_CHAIN_H

#include "models/math/det.h"

#include <math.h>
#include <stddef.h>

/** The longest chain. */
#define SPK_CHAIN_MAX 5

/** A filter at a given time: its rate (1/ms) and exp(-rate t), computed once and used in several chains. */
struct spk_mode {
	double rate, decay;
};

static inline struct spk_mode spk_mode_at(double rate, double t)
{
	return (struct spk_mode){rate, spk_exp(-rate * t)};
}

/** Response (ms) of two filters at time t; both modes taken at t. */
double spk_chain2(struct spk_mode a, struct spk_mode b, double t);

/** Response (ms^(n-1)) of n filters at time t, 1 <= n <= SPK_CHAIN_MAX; all modes taken at t, in any order.
 */
double spk_chain(size_t n, const struct spk_mode *modes, double t);

/**
 * A cheap way where the last bits of a small response do not matter: from the responses of a chain with a
 * filter of rate x and of the same chain with y instead, the response with both. Where spk_rates_apart(x, y),
 * the error is a few ulp of with_x / max(x, y), which is small against what a current does by then; it is
 * not small against the result when t is short.
 */
static inline int spk_rates_apart(double x, double y)
{
	return fabs(x - y) >= 0.25 * (x > y ? x : y);
}

static inline double spk_chain_join(double with_x, double with_y, double x, double y)
{
	return (with_x - with_y) / (y - x);
}

/** Response of filters a, b, b at time t (an alpha current), to the accuracy of spk_chain_join. */
static inline double spk_chain_alpha(struct spk_mode a, struct spk_mode b, double with_ab, double t)
{
	if (spk_rates_apart(a.rate, b.rate))
		return spk_chain_join(with_ab, t * b.decay, a.rate, b.rate);
	return spk_chain(3, (const struct spk_mode[]){a, b, b}, t);
}

#endif
