/**
 * Share of neighbouring bins on one side of an STDP window between which the size of the mean change falls
 * with |delta_t|. Noise pulls it towards 1/2, first where the window is flat. Bins share neurons: no interval
 * from one run.
 */
#include <math.h>

#include "models/measure/window.h"
#include "models/models.h"

enum { SIDE = SPK_WINDOW_N_PARAMS, N_PARAMS };

static const struct spk_measure_input inputs[] = {SPK_WINDOW_INPUTS};
static const struct spk_field params[] = {SPK_WINDOW_PARAMS, SPK_WINDOW_SIDE};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_window window, side;
	size_t hits = 0;
	(void)confidence, (void)seed;
	int rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	rc = spk_window_side(&window, par[SIDE], 2, &side, err);
	for (size_t k = 1; !rc && k < side.n; k++) {
		const double left = fabs(side.change[k - 1]), right = fabs(side.change[k]);
		hits += par[SIDE] != 0 ? right < left : left < right;
	}
	if (!rc)
		*ret = spk_estimate_point((double)hits / (double)(side.n - 1), side.n);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_monotone = {
	.name = "window_monotone",
	.summary = "STDP window: share of neighbouring bins over which the change shrinks with |delta_t|",
	.estimator = "p = pairs of neighbouring bins on the side, the farther of which has the smaller |mean "
		     "change| /\n"
		     "pairs. Noise pulls p towards 1/2, first where the window is flat.\n"
		     "Interval: none, use seeds.\n",
	.refs = (const char *const[]){"bengio2016", "bi1998", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
