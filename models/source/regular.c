/**
 * Regular source: a clock whose period is set by the drive and which starts anew with each change of drive.
 */
#include "models/models.h"
#include "models/source/rate.h"

enum { PHASE = N_RATE_PARAMS, N_PARAMS };
static const struct spk_field params[] = {
	RATE_FIELDS, {"phase", SPK_DIM_NONE, 0.5, 0.0, 1.0, 0, NULL,
			     "first spike after the drive was set, as a fraction of the period"}};

static double next(
	const double *par, double *st, double drive, double since_ms, int fresh, struct spk_rng *rng)
{
	(void)st, (void)rng;
	double rate = rate_at(par, drive);
	if (rate <= 0.0)
		return INFINITY;
	double period = 1000.0 / rate;
	return fresh ? fmax(0.0, par[PHASE] * period - since_ms) : period;
}

const struct spk_source_model spk_source_regular = {
	.name = "regular",
	.summary = "equally spaced spikes, their rate set by the drive",
	.equations =
		"r = rate_min + drive (rate - rate_min)\n"
		"Spikes at t_0 + (phase + k)/r, k = 0, 1, ..., where t_0 is the time at which the drive was\n"
		"last set. r = 0: no spikes. Sources of equal drive and phase fire together: give each its\n"
		"own phase where that matters.\n",
	.refs = (const char *const[]){NULL},
	.params = params,
	.n_params = N_PARAMS,
	.derive = check_rates,
	.next = next,
	.mean_rate = rate_at,
};
