/**
 * Share of steps of a course that do not go against its direction by more than a tolerance. Exact for the
 * course as it is; noise pulls it towards 1/2 as an estimate for the noise-free course. Steps of a course are
 * not independent: one course has no interval. A table is a course a row; its interval is t over the rows'
 * shares.
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

enum { DIRECTION, TOLERANCE, COLUMNS, N_PARAMS };

static const char *const directions[] = {"rising", "falling", NULL};

static const struct spk_measure_input inputs[] = {{"values", 0, "a course, or a table with a course a row"}};

static const struct spk_field params[] = {
	{"direction", SPK_DIM_NONE, 0, 0, 1, 0, directions, "where the course should go"},
	{"tolerance", SPK_DIM_NONE, 0, 0, INFINITY, 0, NULL, "steps against it up to this size are let pass"},
	{"columns", SPK_DIM_NONE, 0, 0, INFINITY, 0, NULL, "values in a row of a table; 0: one course"},
};

static double share_of(const double *par, size_t n, const double *values)
{
	const double sign = par[DIRECTION] != 0 ? -1 : 1;
	size_t hits = 0;
	for (size_t k = 1; k < n; k++)
		hits += sign * (values[k] - values[k - 1]) >= -par[TOLERANCE];
	return (double)hits / (double)(n - 1);
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)seed;
	return spk_estimate_rows(in, "values", par[COLUMNS], share_of, par, confidence, ret, err);
}

const struct spk_measurement spk_measure_monotone = {
	.name = "monotone",
	.summary = "Share of steps of a course that do not go against its direction",
	.estimator =
		"p = steps that go against the direction by at most the tolerance / steps. Exact for the\n"
		"course as it is; noise in it pulls p towards 1/2.\n"
		"Interval: t over rows of a table; none for one course, whose steps are not independent.\n",
	.refs = (const char *const[]){"student1908", NULL},
	.inputs = inputs,
	.n_inputs = 1,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
