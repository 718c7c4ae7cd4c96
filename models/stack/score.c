#include "models/stack/score.h"

#include <math.h>
#include <stdlib.h>

#include "models/math/det.h"

/* log(weight_k N(x; mean_k, variance I)) without the constant of the Gaussian */
static double log_component(const struct spk_mixture *mixture, double variance, size_t k, const double *x)
{
	const double *mean = mixture->means + k * mixture->n_dims;
	double sum = 0;

	for (size_t d = 0; d < mixture->n_dims; d++)
		sum += (x[d] - mean[d]) * (x[d] - mean[d]);
	return spk_log(mixture->weights[k]) - sum / (2 * variance);
}

static double largest_component(const struct spk_mixture *mixture, double variance, const double *x)
{
	double largest = (double)-INFINITY;

	for (size_t k = 0; k < mixture->n_components; k++)
		largest = fmax(largest, log_component(mixture, variance, k, x));
	return largest;
}

void spk_mixture_score(const struct spk_mixture *mixture, double blur, const double *x, double *ret)
{
	const double variance = mixture->sd * mixture->sd + blur * blur;
	const double largest = largest_component(mixture, variance, x);
	double sum = 0;

	for (size_t d = 0; d < mixture->n_dims; d++)
		ret[d] = 0;
	for (size_t k = 0; k < mixture->n_components; k++) {
		const double share = spk_exp(log_component(mixture, variance, k, x) - largest);
		const double *mean = mixture->means + k * mixture->n_dims;
		sum += share;
		for (size_t d = 0; d < mixture->n_dims; d++)
			ret[d] += share * (mean[d] - x[d]);
	}
	for (size_t d = 0; d < mixture->n_dims; d++)
		ret[d] /= sum * variance;
}

int spk_denoising_score(const struct spk_parallel *parallel, const struct spk_net *net, double sigma,
	size_t n, const float *x, float *ret, struct spk_error *err)
{
	const size_t size = n * net->size[0];
	float *code = malloc((n * net->size[1] + 1) * sizeof *code);

	if (!code)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the codes of %zu points", n);
	spk_map_apply(parallel, &net->encoder[0], n, x, code);
	spk_map_apply(parallel, &net->decoder[0], n, code, ret);
	for (size_t k = 0; k < size; k++)
		ret[k] = (float)(((double)ret[k] - (double)x[k]) / (sigma * sigma));
	free(code);
	return SPK_OK;
}
