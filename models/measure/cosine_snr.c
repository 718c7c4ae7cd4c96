/**
 * Signal-to-noise ratio of one presentation: snr of c = 1/sqrt(1 + 1/(N snr^2)) by least squares in c. Bias
 * of second order in the errors of the cosines. Interval: t with n - 1 degrees of freedom and the law
 * linearised at the fit; valid when the law holds and the cosines come from independent runs with errors of
 * about equal size, small against 1 - |c|. Cosines near 1 tell little about snr, and c = 1 for all gives the
 * end of the search, 1e6.
 */
#include <math.h>

#include "models/measure/cosine_fit.h"
#include "models/models.h"

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	double snr, left = 0, slopes = 0;
	(void)par, (void)seed;
	const int rc = spk_cosine_fit(in, &snr, err);
	if (rc)
		return rc;
	for (size_t k = 0; k < in->n; k++) {
		const double n = in[0].values[k], law = spk_cosine_at(n, snr);
		const double off = in[1].values[k] - law, slope = law * law * law / (n * snr * snr * snr);
		left += off * off;
		slopes += slope * slope;
	}
	const double dof = (double)in->n - 1;
	*ret = spk_estimate_around(snr, sqrt(left / dof / slopes) * spk_estimate_t(confidence, dof), in->n);
	return SPK_OK;
}

const struct spk_measurement spk_measure_cosine_snr = {
	.name = "cosine_snr",
	.summary = "Signal-to-noise ratio of one presentation, from cosines against presentations",
	.estimator = "snr of c = 1/sqrt(1 + 1/(N snr^2)) by least squares in c. Bias of second order in the "
		     "errors\n"
		     "of the cosines.\n"
		     "Interval: t(n - 1), the law linearised at the fit; for cosines of independent runs "
		     "with equal\n"
		     "errors, where the law holds.\n",
	.refs = (const char *const[]){NULL},
	.inputs = spk_cosine_inputs,
	.n_inputs = 2,
	.run = run,
};
