/** Points drawn from a Gaussian mixture. */
#ifndef SPIKEM_SIM_MIXTURE_H
#define SPIKEM_SIM_MIXTURE_H

#include <spikem/scenario.h>

/**
 * Draw n points and their components. Point k is a pure function of the mixture, seed, sub and k.
 *
 * @param sub         number of the data set: sets of one scenario are independent
 * @param ret_points  [n * n_dims]
 * @param ret_labels  [n]
 */
void spk_mixture_draw(const struct spk_mixture *mixture, uint64_t seed, uint32_t sub, uint64_t n,
	float *ret_points, uint32_t *ret_labels);

#endif
