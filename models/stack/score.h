/**
 * The score d log p(x) / dx of a known density, and the estimate of it that a denoising auto-encoder makes,
 * (r(x) - x) / sigma^2 with r(x) = g(f(x)) (Alain & Bengio 2014).
 *
 * For a corruption of finite size the best possible r gives exactly the score of the density blurred by the
 * corruption: of the mixture whose components have the variance sd^2 + sigma^2.
 */
#ifndef SPK_MODELS_STACK_SCORE_H
#define SPK_MODELS_STACK_SCORE_H

#include <spikem/scenario.h>

#include "models/stack/net.h"

/** d log p(x) / dx of a Gaussian mixture: ret[n_dims]; blur >= 0: sd of Gaussian noise added to what is
 * drawn. */
void spk_mixture_score(const struct spk_mixture *mixture, double blur, const double *x, double *ret);

/**
 * (g_1(f_1(x)) - x) / sigma^2 of n points by the lowest pair of maps of a net.
 *
 * @param sigma  corruption of x that the pair was trained with, > 0
 * @param x      [n * size[0]]
 * @param ret    [n * size[0]]
 * Errors: SPK_E_NOMEM.
 */
int spk_denoising_score(const struct spk_parallel *parallel, const struct spk_net *net, double sigma,
	size_t n, const float *x, float *ret, struct spk_error *err);

#endif
