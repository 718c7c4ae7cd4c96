#include "models/stack/inpaint.h"

#include <spikem/rng.h>
#include <stdlib.h>
#include <string.h>

static int hide_random(size_t n, uint64_t seed, uint64_t id, unsigned char *visible, struct spk_error *err)
{
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_CHOICE, 1, id);
	uint64_t *order = malloc((n + 1) * sizeof *order);

	if (!order)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for a mask of %zu pixels", n);
	for (size_t k = 0; k < n; k++)
		order[k] = k;
	spk_rng_shuffle(&rng, n, order);
	for (size_t k = 0; k < n / 2; k++)
		visible[order[k]] = 0;
	free(order);
	return SPK_OK;
}

int spk_mask(enum spk_mask_kind kind, size_t height, size_t width, uint64_t seed, uint64_t id,
	unsigned char *ret_visible, struct spk_error *err)
{
	const size_t n = height * width, half = n / 2;

	memset(ret_visible, 1, n);
	if (kind == SPK_MASK_RANDOM)
		return hide_random(n, seed, id, ret_visible, err);
	for (size_t k = 0; k < half; k++) {
		const size_t by_rows = k, by_columns = k % height * width + k / height;
		const size_t place = kind == SPK_MASK_TOP || kind == SPK_MASK_BOTTOM ? by_rows : by_columns;
		const int from_end = kind == SPK_MASK_BOTTOM || kind == SPK_MASK_RIGHT;
		ret_visible[from_end ? n - 1 - place : place] = 0;
	}
	return SPK_OK;
}

void spk_inpaint_round(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, const unsigned char *visible,
	struct spk_rng *noise, struct spk_batch *batch)
{
	float *x = batch->h[0], *decoded = batch->scratch[0];

	spk_infer(parallel, net, inference, random, noise, batch);
	spk_map_apply(parallel, &net->decoder[0], batch->n, batch->h[1], decoded);
	for (size_t k = 0; k < batch->n * net->size[0]; k++)
		if (!visible[k])
			x[k] = decoded[k];
}
