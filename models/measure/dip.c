/**
 * Largest fall of a course below the highest value it had before (falling: rise above the lowest), 0 where
 * there is none. Exact for the course as it is; noise biases it upwards, the more the longer the course. A
 * table is a course a row: the value is then the mean over rows with its t interval, rows being independent.
 */
#include <math.h>

#include "models/measure/estimate.h"
#include "models/models.h"

enum { DIRECTION, COLUMNS, N_PARAMS };

static const char *const directions[] = {"rising", "falling", NULL};

static const struct spk_measure_input inputs[] = {{"values", 0, "a course, or a table with a course a row"}};

static const struct spk_field params[] = {
	{"direction", SPK_DIM_NONE, 0, 0, 1, 0, directions, "where the course should go"},
	{"columns", SPK_DIM_NONE, 0, 0, INFINITY, 0, NULL, "values in a row of a table; 0: one course"},
};

static double dip_of(const double *par, size_t n, const double *values)
{
	const double sign = par[DIRECTION] != 0 ? -1 : 1;
	double top = sign * values[0], dip = 0;
	for (size_t k = 1; k < n; k++) {
		top = fmax(top, sign * values[k]);
		dip = fmax(dip, top - sign * values[k]);
	}
	return dip;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	(void)seed;
	return spk_estimate_rows(in, "values", par[COLUMNS], dip_of, par, confidence, ret, err);
}

const struct spk_measurement spk_measure_dip = {
	.name = "dip",
	.summary = "Largest fall of a course below its highest value so far",
	.estimator = "d = max over k of (max over j <= k of x_j) - x_k; falling: of -x. Of a table, the mean "
		     "over\n"
		     "its rows. Noise biases it upwards, the more the longer the course.\n"
		     "Interval: t over rows of a table; none for one course.\n",
	.refs = (const char *const[]){"student1908", NULL},
	.inputs = inputs,
	.n_inputs = 1,
	.params = params,
	.n_params = N_PARAMS,
	.run = run,
};
