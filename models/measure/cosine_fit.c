/*
 * The fit is least squares in c. N updates of mean m and of noise sigma across m add up to N m along it and
 * sqrt(N) sigma across, in all noise directions together, so c = 1/sqrt(1 + 1/(N snr^2)) with snr =
 * |m|/sigma.
 */
#include "models/measure/cosine_fit.h"

#include <math.h>

#include "models/measure/line.h"
#include "models/measure/minimum.h"

const struct spk_measure_input spk_cosine_inputs[2] = {
	{"x", 0, "numbers of presentations, 2 or more"},
	{"y", 0, "cosine after each"},
};

double spk_cosine_at(double n, double snr)
{
	return 1 / sqrt(1 + 1 / (n * snr * snr));
}

static double misfit(double snr, void *context)
{
	const struct spk_series *const in = context;
	double sum = 0;
	for (size_t k = 0; k < in->n; k++) {
		const double off = in[1].values[k] - spk_cosine_at(in[0].values[k], snr);
		sum += off * off;
	}
	return sum;
}

int spk_cosine_fit(const struct spk_series *in, double *ret_snr, struct spk_error *err)
{
	struct spk_series points[] = {in[0], in[1]};
	int rc = spk_estimate_check_two(&in[0], "x", &in[1], "y", 2, err);
	if (!rc)
		rc = spk_line_check_positive(&in[0], "x", err);
	for (size_t k = 0; !rc && k < in->n; k++)
		if (fabs(in[1].values[k]) > 1)
			return spk_fail(err, SPK_E_INVALID, "value %zu of 'y' is %g, not a cosine", k,
				in[1].values[k]);
	if (!rc)
		*ret_snr = spk_minimum(misfit, points, 1e-6, 1e6);
	return rc;
}
