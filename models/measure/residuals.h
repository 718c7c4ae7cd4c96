/** What measurements of J share: J of each item from the residuals of its Gaussian terms. */
#ifndef SPK_MODELS_MEASURE_RESIDUALS_H
#define SPK_MODELS_MEASURE_RESIDUALS_H

#include <spikem/measure.h>

enum { SPK_RESIDUALS_INPUTS = 4 };

/** before, after, dimensions, sigma. */
extern const struct spk_measure_input spk_residuals_inputs[SPK_RESIDUALS_INPUTS];

/**
 * Change of J of each item from `before` to `after`, J = sum over terms of -|residual|^2 / (2 sigma^2).
 *
 * The residuals of a term are rows, one for each item, of as many numbers as `dimensions` says; the terms
 * follow each other. `sigma` is 1 for all unless given.
 * @param ret_gain  malloc'ed, [*ret_n]
 * Errors: SPK_E_INVALID (lengths that do not fit, not finite, a sigma that is not > 0), SPK_E_NOMEM.
 */
int spk_residuals_gain(const struct spk_series *in, size_t *ret_n, double **ret_gain, struct spk_error *err);

#endif
