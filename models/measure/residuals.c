/* J of items from residuals. */
#include "models/measure/residuals.h"

#include <math.h>
#include <stdlib.h>

#include "models/measure/estimate.h"

enum { BEFORE, AFTER, DIMENSIONS, SIGMA };

const struct spk_measure_input spk_residuals_inputs[SPK_RESIDUALS_INPUTS] = {
	[BEFORE] = {"before", 0,
		"residuals, target minus prediction: of each term a row for each item, term after term"},
	[AFTER] = {"after", 0, "the same later"},
	[DIMENSIONS] = {"dimensions", 0, "numbers in a row of each term: {values: [64, 100]}"},
	[SIGMA] = {"sigma", 1, "standard deviation of each term; 1 unless given"},
};

static int check(const struct spk_series *in, size_t *ret_n, struct spk_error *err)
{
	const struct spk_series *const dims = &in[DIMENSIONS], *const sigma = &in[SIGMA];
	double all = 0;
	int rc = spk_estimate_check_two(&in[BEFORE], "before", &in[AFTER], "after", 1, err);

	if (rc == SPK_OK)
		rc = spk_estimate_check(dims, "dimensions", 1, err);
	if (rc == SPK_OK && sigma->n > 0)
		rc = spk_estimate_check_two(dims, "dimensions", sigma, "sigma", 1, err);
	for (size_t t = 0; t < dims->n && rc == SPK_OK; t++) {
		if (!(dims->values[t] >= 1 && dims->values[t] <= 1e9) ||
			floor(dims->values[t]) != dims->values[t])
			rc = spk_fail(err, SPK_E_INVALID, "a dimension is %g, no number of columns",
				dims->values[t]);
		else if (sigma->n > 0 && !(sigma->values[t] > 0))
			rc = spk_fail(err, SPK_E_INVALID, "a sigma is %g, it must be > 0", sigma->values[t]);
		all += dims->values[t];
	}
	if (rc == SPK_OK && fmod((double)in[BEFORE].n, all) != 0)
		rc = spk_fail(
			err, SPK_E_INVALID, "%zu residuals make no items of %g numbers", in[BEFORE].n, all);
	*ret_n = rc == SPK_OK ? (size_t)((double)in[BEFORE].n / all) : 0;
	return rc;
}

int spk_residuals_gain(const struct spk_series *in, size_t *ret_n, double **ret_gain, struct spk_error *err)
{
	const double *before = in[BEFORE].values, *after = in[AFTER].values;
	const int rc = check(in, ret_n, err);
	double *const gain = rc == SPK_OK ? calloc(*ret_n, sizeof *gain) : NULL;

	if (gain == NULL)
		return rc != SPK_OK ? rc : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu items", *ret_n);
	for (size_t t = 0; t < in[DIMENSIONS].n; t++) {
		const size_t width = (size_t)in[DIMENSIONS].values[t];
		const double sigma = in[SIGMA].n > 0 ? in[SIGMA].values[t] : 1;

		for (size_t k = 0; k < *ret_n; k++)
			for (size_t j = 0; j < width; j++, before++, after++)
				gain[k] += (*before * *before - *after * *after) / (2 * sigma * sigma);
	}
	*ret_gain = gain;
	return SPK_OK;
}
