/**
 * Time constant of one side of an STDP window: tau of the best a exp(-|t|/tau), fitted as in
 * `window_r_squared`, in ms. Nearly unbiased when the window is exponential (binning cancels: every bin keeps
 * the same factor); of a window that is not, it is no more than a width. No interval from one run.
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
	double r_squared, tau;
	(void)confidence, (void)seed;
	int rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	rc = spk_window_side(&window, par[SIDE], 3, &side, err);
	if (!rc)
		rc = spk_window_fit(&side, SPK_WINDOW_EXPONENTIAL, &r_squared, &tau, err);
	if (!rc)
		*ret = spk_estimate_point(tau, side.n);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_tau = {
	.name = "window_tau",
	.summary = "STDP window: time constant of the best exponential on one side, ms",
	.estimator = "tau of the least-squares a exp(-|t|/tau) through the bins' mean changes. Nearly "
		     "unbiased for\n"
		     "an exponential window; of another it is only a width.\n"
		     "Interval: none, use seeds.\n",
	.refs = (const char *const[]){"bi1998", "golub1973", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
