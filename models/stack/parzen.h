/**
 * Parzen-window log-likelihood: log p(x) = log mean_k N(x; s_k, width^2 I), in nats, pixels as real numbers
 * (Breuleux, Bengio & Vincent 2011). Read it only beside its controls: Theis et al. (2016) show that it ranks
 * models wrongly.
 */
#ifndef SPK_MODELS_STACK_PARZEN_H
#define SPK_MODELS_STACK_PARZEN_H

#include <spikem/status.h>
#include <stddef.h>

#include "models/stack/parallel.h"

struct spk_parzen {
	double mean, se; /**< over the items */
};

/** ret_log[w * n_items + i] = log p(x_i) with widths[w]. Distances in single, sums in double precision. */
int spk_parzen_log(const struct spk_parallel *parallel, size_t n_dims, size_t n_samples, const float *samples,
	size_t n_items, const float *items, size_t n_widths, const double *widths, double *ret_log,
	struct spk_error *err);

/** Mean and standard error of n values. */
struct spk_parzen spk_parzen_summary(size_t n, const double *log);

#endif
