/* Points drawn from a Gaussian mixture: the component by inversion, then each coordinate. */
#include "sim/mixture.h"

#include <spikem/rng.h>

void spk_mixture_draw(const struct spk_mixture *mixture, uint64_t seed, uint32_t sub, uint64_t n,
	float *ret_points, uint32_t *ret_labels)
{
	const uint64_t last = mixture->n_components - 1, n_dims = mixture->n_dims;

	for (uint64_t item = 0; item < n; item++) {
		struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_DATA, sub, item);
		double left = spk_rng_uniform(&rng);
		uint64_t k = 0;

		while (k < last && left >= mixture->weights[k])
			left -= mixture->weights[k++];
		for (uint64_t d = 0; d < n_dims; d++)
			ret_points[item * n_dims + d] =
				(float)(mixture->means[k * n_dims + d] + mixture->sd * spk_rng_normal(&rng));
		ret_labels[item] = (uint32_t)k;
	}
}
