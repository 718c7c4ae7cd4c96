/** A root of a smooth function in a bracket. */
#ifndef SPK_MODELS_MATH_ROOT_H
#define SPK_MODELS_MATH_ROOT_H

/** Value and derivative at x. */
typedef void spk_root_fn(const void *context, double x, double *ret_value, double *ret_slope);

/**
 * The root of f in [lo, hi], to 1e-13 or a few ulp of x, whichever is larger.
 *
 * @param guess   where to start; taken as the middle unless it lies inside the bracket
 * @param rising  non-zero: f <= 0 at lo and >= 0 at hi; zero: the other way round. f has one change of sign
 * Newton's method, with bisection whenever it leaves the bracket or is slow.
 */
double spk_root(spk_root_fn *f, const void *context, double lo, double hi, double guess, int rising);

#endif
