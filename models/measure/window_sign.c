/**
 * Share of the bins of an STDP window, both sides, whose mean change has the sign of delta_t. Noise pulls it
 * towards 1/2. Bins differ in their noise and share neurons: no interval from one run, seeds give it.
 */
#include <math.h>

#include "models/measure/window.h"
#include "models/models.h"

static const struct spk_measure_input inputs[] = {SPK_WINDOW_INPUTS};
static const struct spk_field params[] = {SPK_WINDOW_PARAMS};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_window window;
	size_t hits = 0;
	(void)confidence, (void)seed;
	int rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	for (size_t k = 0; k < window.n; k++)
		hits += window.t[k] * window.change[k] > 0;
	if (window.n == 0)
		rc = spk_fail(err, SPK_E_INVALID, "no bin of the window has enough pairs");
	else
		*ret = spk_estimate_point((double)hits / (double)window.n, window.n);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_sign = {
	.name = "window_sign",
	.summary = "STDP window: share of bins whose mean change has the sign of delta_t",
	.estimator = "p = bins with sign(mean change) = sign(mean delta_t) / bins. Bins are centred at "
		     "multiples of\n"
		     "their width; that around 0 is left out. Noise pulls p towards 1/2.\n"
		     "Interval: none, use seeds.\n",
	.refs = (const char *const[]){"bengio2016", "bi1998", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = SPK_WINDOW_N_PARAMS,
	.run = run,
};
