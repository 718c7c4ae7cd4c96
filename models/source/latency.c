/**
 * Latency source: one spike per showing, the earlier the stronger the drive.
 */
#include <math.h>

#include "models/models.h"

enum { T_MAX, THRESHOLD, N_PARAMS };
static const struct spk_field params[] = {
	{"t_max", SPK_DIM_TIME, NAN, 0.0, INFINITY, 1, NULL, "latency as the drive goes to 0"},
	{"threshold", SPK_DIM_NONE, 0.1, 0.0, 1.0, 0, NULL, "a drive below this gives no spike"}};

static double next(
	const double *par, double *st, double drive, double since_ms, int fresh, struct spk_rng *rng)
{
	(void)st, (void)rng;
	if (!fresh || drive < par[THRESHOLD])
		return INFINITY;
	return fmax(0.0, par[T_MAX] * (1.0 - drive) - since_ms);
}

const struct spk_source_model spk_source_latency = {
	.name = "latency",
	.summary = "one spike per showing, the stronger the drive the earlier",
	.equations = "One spike at t_0 + t_max (1 - drive), where t_0 is the time at which the drive was "
		     "last set;\n"
		     "none if drive < threshold.\n",
	.refs = (const char *const[]){"thorpe1998", NULL},
	.params = params,
	.n_params = N_PARAMS,
	.next = next,
};
