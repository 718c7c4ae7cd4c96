/**
 * Which law describes one side of an STDP window better: R^2 of c/|t| minus R^2 of the best a exp(-|t|/tau),
 * both as in `window_r_squared`. Positive: the power law. The exponential has one constant more and no pole
 * at 0, so the bias is in its favour, and positive values are safe to read. No interval from one run.
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
	double inverse, exponential;
	(void)confidence, (void)seed;
	int rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	rc = spk_window_side(&window, par[SIDE], 3, &side, err);
	if (!rc)
		rc = spk_window_fit(&side, SPK_WINDOW_INVERSE, &inverse, NULL, err);
	if (!rc)
		rc = spk_window_fit(&side, SPK_WINDOW_EXPONENTIAL, &exponential, NULL, err);
	if (!rc)
		*ret = spk_estimate_point(inverse - exponential, side.n);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_preference = {
	.name = "window_preference",
	.summary = "STDP window: by how much c/|t| describes one side better than an exponential",
	.estimator = "R^2 of c/|t| minus R^2 of the best a exp(-|t|/tau), as in `window_r_squared`. The "
		     "exponential\n"
		     "has a constant more: the bias is in its favour.\n"
		     "Interval: none, use seeds.\n",
	.refs = (const char *const[]){"bengio2016", "bi1998", "golub1973", NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
