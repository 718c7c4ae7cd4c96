/**
 * Poisson source.
 *
 * Intervals are exponential with the rate of the present drive. A change of drive discards the pending
 * spike and draws anew, which is exact because the process has no memory; so a piecewise-constant drive
 * gives an inhomogeneous Poisson process with exactly that rate.
 */
#include "models/models.h"
#include "models/source/rate.h"

static const struct spk_field params[] = {RATE_FIELDS};

static double next(
	const double *par, double *st, double drive, double since_ms, int fresh, struct spk_rng *rng)
{
	(void)st, (void)since_ms, (void)fresh; /* no memory */
	double rate = rate_at(par, drive);
	if (rate <= 0.0)
		return INFINITY;
	return 1000.0 / rate * spk_rng_exponential(rng);
}

const struct spk_source_model spk_source_poisson = {
	.name = "poisson",
	.summary = "Poisson process, its rate set by the drive",
	.equations = "r = rate_min + drive (rate - rate_min)\n"
		     "Intervals are independent and exponential with mean 1/r. r = 0: no spikes.\n"
		     "Exact for a piecewise-constant drive and rate.\n",
	.refs = (const char *const[]){NULL},
	.params = params,
	.n_params = N_RATE_PARAMS,
	.derive = check_rates,
	.next = next,
	.mean_rate = rate_at,
};
