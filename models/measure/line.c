/* Straight lines by least squares, GSL's. */
#include "models/measure/line.h"

#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "models/math/det.h"

enum { LOG_X, LOG_Y };

const struct spk_measure_input spk_line_inputs[3] = {
	{"x", 0, "3 values or more, not all equal"},
	{"y", 0, "as many values, in the same order"},
	{"sd", 1, "standard deviation of each y, where it is known"},
};

const struct spk_field spk_line_params[2] = {
	{"log_x", SPK_DIM_NONE, 0, 0, 1, 0, spk_estimate_switch, "natural logarithm of x in place of x"},
	{"log_y", SPK_DIM_NONE, 0, 0, 1, 0, spk_estimate_switch, "natural logarithm of y in place of y"},
};

int spk_line_check_positive(const struct spk_series *s, const char *name, struct spk_error *err)
{
	for (size_t k = 0; k < s->n; k++)
		if (!(s->values[k] > 0))
			return spk_fail(err, SPK_E_INVALID,
				"value %zu of '%s' is %g; it must be above 0 here", k, name, s->values[k]);
	return SPK_OK;
}

static int check(const double *par, const struct spk_series *in, struct spk_error *err)
{
	const struct spk_series *x = &in[0], *y = &in[1], *sd = &in[2];
	int rc = spk_estimate_check_two(x, "x", y, "y", 3, err);
	if (!rc && sd->n)
		rc = spk_estimate_check_two(x, "x", sd, "sd", 3, err);
	if (!rc && sd->n)
		rc = spk_line_check_positive(sd, "sd", err);
	if (!rc && par[LOG_X] != 0)
		rc = spk_line_check_positive(x, "x", err);
	if (!rc && par[LOG_Y] != 0)
		rc = spk_line_check_positive(y, "y", err);
	if (!rc && gsl_stats_min(x->values, 1, x->n) == gsl_stats_max(x->values, 1, x->n))
		return spk_fail(
			err, SPK_E_INVALID, "all values of 'x' are %g; a line needs two", x->values[0]);
	return rc;
}

/* x, y and weights in fitted coordinates; the sd of log y is that of y over y. */
static void fill(const double *par, const struct spk_series *in, double *x, double *y, double *w)
{
	for (size_t k = 0; k < in->n; k++) {
		const double y_k = in[1].values[k], sd = in[2].n ? in[2].values[k] : 1;
		const double scaled = par[LOG_Y] != 0 ? sd / y_k : sd;
		x[k] = par[LOG_X] != 0 ? spk_log(in[0].values[k]) : in[0].values[k];
		y[k] = par[LOG_Y] != 0 ? spk_log(y_k) : y_k;
		w[k] = 1 / (scaled * scaled);
	}
}

int spk_line_fit(const double *par, const struct spk_series *in, double confidence, struct spk_line *ret,
	struct spk_error *err)
{
	const size_t n = in->n;
	double cov00, cov01, cov11, sum;
	const int rc = check(par, in, err);
	if (rc)
		return rc;
	double *const x = malloc(3 * n * sizeof *x);
	if (!x)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to fit a line to %zu points", n);
	double *const y = x + n, *const w = y + n;
	fill(par, in, x, y, w);
	if (in[2].n)
		gsl_fit_wlinear(
			x, 1, w, 1, y, 1, n, &ret->intercept, &ret->slope, &cov00, &cov01, &cov11, &sum);
	else
		gsl_fit_linear(x, 1, y, 1, n, &ret->intercept, &ret->slope, &cov00, &cov01, &cov11, &sum);
	ret->slope_error = sqrt(cov11);
	ret->intercept_error = sqrt(cov00);
	ret->quantile = in[2].n ? spk_estimate_z(confidence) : spk_estimate_t(confidence, (double)n - 2);
	free(x);
	return SPK_OK;
}

int spk_r_squared(size_t n, const double *y, const double *f, double *ret, struct spk_error *err)
{
	const double mean = gsl_stats_mean(y, 1, n);
	double left = 0, all = 0;
	for (size_t k = 0; k < n; k++) {
		left += (y[k] - f[k]) * (y[k] - f[k]);
		all += (y[k] - mean) * (y[k] - mean);
	}
	if (all == 0)
		return spk_fail(
			err, SPK_E_INVALID, "all values to be explained are %g; R^2 has no meaning", mean);
	*ret = 1 - left / all;
	return SPK_OK;
}
