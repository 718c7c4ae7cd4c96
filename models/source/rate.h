/** What the sources with a rate have in common: how the drive picks a rate between rate_min and rate. */
#ifndef SPIKEM_MODELS_SOURCE_RATE_H
#define SPIKEM_MODELS_SOURCE_RATE_H

#include <math.h>
#include <spikem/model.h>

/** Places of the shared parameters; a source with more appends its own. */
enum { RATE, RATE_MIN, N_RATE_PARAMS };

/* clang-format off */
#define RATE_FIELDS                                                                                          \
	{"rate", SPK_DIM_RATE, NAN, 0.0, INFINITY, 0, NULL, "rate at drive 1 (or never shown)"}, \
	{"rate_min", SPK_DIM_RATE, 0.0, 0.0, INFINITY, 0, NULL, "rate at drive 0"}
/* clang-format on */

/** Rate at this drive, Hz: a mean of two rates >= 0, so never negative. */
static inline double rate_at(const double *par, double drive)
{
	return par[RATE_MIN] + drive * (par[RATE] - par[RATE_MIN]);
}

static inline int check_rates(double *par, struct spk_error *err)
{
	if (par[RATE_MIN] > par[RATE])
		return spk_fail(err, SPK_E_INVALID, "rate_min (%g Hz) is above rate (%g Hz)", par[RATE_MIN],
			par[RATE]);
	return SPK_OK;
}

#endif
