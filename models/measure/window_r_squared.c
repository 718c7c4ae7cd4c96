/**
 * How well a law describes one side of an STDP window: R^2 of c/|t| (`inverse`) or of a exp(-|t|/tau)
 * (`exponential`) fitted by least squares to the mean changes of the bins at their mean delta_t. The
 * exponential is fitted by variable projection: a is eliminated, tau found on a grid and refined. Bins count
 * equally, so the steep start decides. Biases: noise lowers R^2, fitted constants raise it by about p/n bins;
 * over a bin of width b the mean of 1/t exceeds 1/(mean t) by b^2/(12 t^2), 10 % at t = b. No interval from
 * one run.
 */
#include <math.h>

#include "models/measure/window.h"
#include "models/models.h"

enum { SIDE = SPK_WINDOW_N_PARAMS, LAW, N_PARAMS };

static const char *const laws[] = {"inverse", "exponential", NULL};

static const struct spk_measure_input inputs[] = {SPK_WINDOW_INPUTS};
static const struct spk_field params[] = {SPK_WINDOW_PARAMS, SPK_WINDOW_SIDE,
	{"law", SPK_DIM_NONE, NAN, 0, 1, 0, laws, "c/|t|; a exp(-|t|/tau)"}};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_window window, side;
	double value;
	(void)confidence, (void)seed;
	int rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	rc = spk_window_side(&window, par[SIDE], 3, &side, err);
	if (!rc)
		rc = spk_window_fit(&side, (enum spk_window_law)(int)par[LAW], &value, NULL, err);
	if (!rc)
		*ret = spk_estimate_point(value, side.n);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_r_squared = {
	.name = "window_r_squared",
	.summary = "STDP window: R^2 of c/|t| or of an exponential on one side",
	.estimator =
		"R^2 of the law after least squares on the bins' mean changes, bins counting equally. Noise\n"
		"lowers it; p fitted constants raise it by about p/bins; within a bin of width b the mean "
		"of\n"
		"1/t exceeds 1/(mean t) by b^2/(12 t^2).\n"
		"Interval: none, use seeds.\n",
	.refs = (const char *const[]){"bengio2016", "bi1998", "golub1973", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
