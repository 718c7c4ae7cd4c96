/**
 * How much of y a law of x explains: R^2 = 1 - sum (y - f)^2 / sum (y - mean y)^2, f the law fitted by least
 * squares. `power` is fitted, and its R^2 taken, in logarithms. R^2 of a fit is biased upwards by about p/n
 * for p fitted constants; noise in y bounds it at 1 - var(noise)/var(y). `identity` (y = x) and `inverse` (no
 * constant) can be worse than the mean: R^2 is then below 0. No interval from one run: seeds give it.
 */
#include <math.h>
#include <stdlib.h>

#include "models/math/det.h"
#include "models/measure/line.h"
#include "models/models.h"

enum law { LINEAR, POWER, INVERSE, IDENTITY };

static const char *const laws[] = {"linear", "power", "inverse", "identity", NULL};

static const struct spk_measure_input inputs[] = {
	{"x", 0, "3 values or more"},
	{"y", 0, "as many values, in the same order"},
};

static const struct spk_field params[] = {
	{"law", SPK_DIM_NONE, NAN, 0, 3, 0, laws, "a + b x; a x^b; c/x; x itself, nothing fitted"},
};

static int check(enum law law, const struct spk_series *in, struct spk_error *err)
{
	int rc = spk_estimate_check_two(&in[0], "x", &in[1], "y", 3, err);
	if (!rc && law == POWER)
		rc = spk_line_check_positive(&in[0], "x", err);
	if (!rc && law == POWER)
		rc = spk_line_check_positive(&in[1], "y", err);
	for (size_t k = 0; !rc && law == INVERSE && k < in->n; k++)
		if (in[0].values[k] == 0)
			return spk_fail(err, SPK_E_INVALID, "value %zu of 'x' is 0, where c/x has none", k);
	return rc;
}

/* c of c/x. */
static double fit_inverse(size_t n, const double *x, const double *y)
{
	double xy = 0, xx = 0;
	for (size_t k = 0; k < n; k++) {
		xy += y[k] / x[k];
		xx += 1 / (x[k] * x[k]);
	}
	return xy / xx;
}

/* What the law says at each x, and y in the coordinates of the fit. */
static int predict(enum law law, const struct spk_series *in, double *y, double *f, struct spk_error *err)
{
	const double *const x = in[0].values, logs = law == POWER, par[] = {logs, logs};
	const struct spk_series points[] = {in[0], in[1], {0}};
	const double c = law == INVERSE ? fit_inverse(in->n, x, in[1].values) : 0;
	struct spk_line line = {0};
	const int rc = law == LINEAR || law == POWER ? spk_line_fit(par, points, 0.5, &line, err) : SPK_OK;
	for (size_t k = 0; !rc && k < in->n; k++) {
		y[k] = law == POWER ? spk_log(in[1].values[k]) : in[1].values[k];
		if (law == INVERSE)
			f[k] = c / x[k];
		else if (law == IDENTITY)
			f[k] = x[k];
		else
			f[k] = line.intercept + line.slope * (law == POWER ? spk_log(x[k]) : x[k]);
	}
	return rc;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	const enum law law = (enum law)(int)par[0];
	double value;
	(void)confidence, (void)seed;
	int rc = check(law, in, err);
	if (rc)
		return rc;
	double *const y = malloc(2 * in->n * sizeof *y);
	if (!y)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to fit a law to %zu points", in->n);
	rc = predict(law, in, y, y + in->n, err);
	if (!rc)
		rc = spk_r_squared(in->n, y, y + in->n, &value, err);
	if (!rc)
		*ret = spk_estimate_point(value, in->n);
	free(y);
	return rc;
}

const struct spk_measurement spk_measure_r_squared = {
	.name = "r_squared",
	.summary = "Share of the variance of y that a named law of x explains",
	.estimator =
		"R^2 = 1 - sum (y - f)^2 / sum (y - mean y)^2, f the law after least squares (power: all in\n"
		"logarithms). Biased upwards by about p/n at p fitted constants; noise in y lowers it.\n"
		"Below 0 where the law is worse than the mean. No interval: use seeds.\n",
	.refs = (const char *const[]){NULL},
	.inputs = inputs,
	.n_inputs = 2,
	.params = params,
	.n_params = 1,
	.run = run,
};
