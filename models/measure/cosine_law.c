/**
 * Whether cosines between accumulated updates and the gradient grow with the number N of presentations as
 * they do when the update is right in the mean and noise is all that is wrong: c = 1/sqrt(1 + 1/(N snr^2)),
 * snr fitted by least squares in c. `deviation`: the largest |c_k - law|; `r_squared`: R^2 of the law, which
 * says little where all cosines are near their limit. Noise in the cosines raises the deviation. No interval
 * from one run: the cosines of one course of presentations share their noise.
 */
#include <math.h>
#include <stdlib.h>

#include "models/measure/cosine_fit.h"
#include "models/measure/line.h"
#include "models/models.h"

enum { DEVIATION, R_SQUARED };

static const char *const statistics[] = {"deviation", "r_squared", NULL};

static const struct spk_field params[] = {
	{"statistic", SPK_DIM_NONE, DEVIATION, 0, 1, 0, statistics, "largest distance from the law; its R^2"},
};

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	double snr, r_squared = 0, deviation = 0;
	(void)confidence, (void)seed;
	int rc = spk_cosine_fit(in, &snr, err);
	if (rc)
		return rc;
	double *const law = malloc(in->n * sizeof *law);
	if (!law)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu cosines", in->n);
	for (size_t k = 0; k < in->n; k++) {
		law[k] = spk_cosine_at(in[0].values[k], snr);
		deviation = fmax(deviation, fabs(in[1].values[k] - law[k]));
	}
	if (par[0] == R_SQUARED)
		rc = spk_r_squared(in->n, in[1].values, law, &r_squared, err);
	if (!rc)
		*ret = spk_estimate_point(par[0] == R_SQUARED ? r_squared : deviation, in->n);
	free(law);
	return rc;
}

const struct spk_measurement spk_measure_cosine_law = {
	.name = "cosine_law",
	.summary = "Distance of cosines from c = 1/sqrt(1 + 1/(N snr^2)), or R^2 of this law",
	.estimator =
		"snr by least squares in c; then max |c_k - law|, or R^2. Noise in the cosines raises the\n"
		"deviation and lowers R^2, which says little where all cosines are near 1.\n"
		"Interval: none, use seeds.\n",
	.refs = (const char *const[]){NULL},
	.inputs = spk_cosine_inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = 1,
	.run = run,
};
