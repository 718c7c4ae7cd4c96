/**
 * Squared error of filled-in numbers over that of the mean: sum over the missing numbers of (filled -
 * right)^2 over the same sum with, in place of what was filled in, the mean over `known` rows of that column.
 * Below 1 the filling beats the mean. A ratio of sums: biased by O(1/items), in place of the mean of items'
 * ratios, which single items with a tiny error of the mean would rule. No interval: seeds give it.
 */
#include <math.h>
#include <stdlib.h>

#include "models/measure/estimate.h"
#include "models/models.h"

enum { FILLED, RIGHT, MISSING, KNOWN, N_INPUTS };

static const struct spk_measure_input inputs[N_INPUTS] = {
	[FILLED] = {"filled", 0, "rows of `dimension` numbers"},
	[RIGHT] = {"right", 0, "what they should be"},
	[MISSING] = {"missing", 0, "as many numbers, not 0 where the number was missing"},
	[KNOWN] = {"known", 0, "rows whose mean is the other guess"},
};

static const struct spk_field params[] = {
	{"dimension", SPK_DIM_NONE, NAN, 1, 16777216, 0, NULL, "numbers in a row"},
};

static int check(double dimension, const struct spk_series *in, struct spk_error *err)
{
	int rc = spk_estimate_check_two(&in[FILLED], "filled", &in[RIGHT], "right", 1, err);

	if (rc == SPK_OK)
		rc = spk_estimate_check_two(&in[FILLED], "filled", &in[MISSING], "missing", 1, err);
	if (rc == SPK_OK)
		rc = spk_estimate_check(&in[KNOWN], "known", 1, err);
	if (rc == SPK_OK && (floor(dimension) != dimension || fmod((double)in[FILLED].n, dimension) != 0 ||
				    fmod((double)in[KNOWN].n, dimension) != 0))
		rc = spk_fail(err, SPK_E_INVALID, "%zu and %zu numbers make no rows of %g", in[FILLED].n,
			in[KNOWN].n, dimension);
	return rc;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	const int rc = check(par[0], in, err);
	const size_t width = rc == SPK_OK ? (size_t)par[0] : 1, n_known = in[KNOWN].n / width;
	double *const mean = rc == SPK_OK ? calloc(width, sizeof *mean) : NULL, model = 0, plain = 0;

	(void)confidence, (void)seed;
	if (mean == NULL)
		return rc != SPK_OK ? rc : spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < in[KNOWN].n; k++)
		mean[k % width] += in[KNOWN].values[k] / (double)n_known;
	for (size_t k = 0; k < in[FILLED].n; k++) {
		const double right = in[RIGHT].values[k], is_missing = in[MISSING].values[k] != 0;

		model += is_missing * (in[FILLED].values[k] - right) * (in[FILLED].values[k] - right);
		plain += is_missing * (mean[k % width] - right) * (mean[k % width] - right);
	}
	free(mean);
	if (!(plain > 0))
		return spk_fail(err, SPK_E_INVALID, "nothing is missing, or the mean is right everywhere");
	*ret = spk_estimate_point(model / plain, in[FILLED].n / width);
	return SPK_OK;
}

const struct spk_measurement spk_measure_fill_ratio = {
	.name = "fill_ratio",
	.summary = "Squared error of what was filled in, over that of the mean of known rows",
	.estimator =
		"sum over missing numbers of (filled - right)^2 / sum of (mean of the column - right)^2;\n"
		"below 1 the filling is better than the mean. Bias O(1/items). No interval: seeds give it.\n",
	.inputs = inputs,
	.n_inputs = N_INPUTS,
	.params = params,
	.n_params = 1,
	.run = run,
};
