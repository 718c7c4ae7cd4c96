/**
 * Mean Parzen log-likelihood of rows under samples (models/stack/parzen.h): the mean over the test rows of
 * log mean_k N(x; s_k, width^2 I), in nats. Of several widths the one that is best on the validation rows
 * counts. Values are taken in single precision. With finitely many samples it is biased downwards, the more
 * the smaller the width, and it ranks models wrongly where samples are few for their dimension (Theis et al.
 * 2016): read it beside the same figure of the training data. Interval: that of the mean over test rows,
 * which holds samples and width fixed. `than` takes that of other samples away, row by row.
 */
#include <math.h>
#include <stdlib.h>

#include "models/measure/estimate.h"
#include "models/models.h"
#include "models/stack/parzen.h"

enum { SAMPLES, TEST, WIDTHS, VALIDATION, THAN, N_INPUTS };

static const struct spk_measure_input inputs[N_INPUTS] = {
	[SAMPLES] = {"samples", 0, "rows of `dimension` numbers"},
	[TEST] = {"test", 0, "rows that are scored"},
	[WIDTHS] = {"widths", 0, "widths of the windows to choose from; a single one needs no validation"},
	[VALIDATION] = {"validation", 1, "rows on which the width is chosen"},
	[THAN] = {"than", 1, "other samples, whose log-likelihood is taken away"},
};

static const struct spk_field params[] = {
	{"dimension", SPK_DIM_NONE, NAN, 1, 16777216, 0, NULL, "numbers in a row"},
};

static int check_rows(const struct spk_series *s, const char *name, double dimension, struct spk_error *err)
{
	const int rc = spk_estimate_check(s, name, (size_t)dimension, err);

	if (rc == SPK_OK && s->n % (size_t)dimension != 0)
		return spk_fail(err, SPK_E_INVALID, "'%s' has %zu values, which make no rows of %g", name,
			s->n, dimension);
	return rc;
}

static int check(const double *par, const struct spk_series *in, struct spk_error *err)
{
	int rc = floor(par[0]) == par[0]
			 ? SPK_OK
			 : spk_fail(err, SPK_E_INVALID, "`dimension` is %g, no whole number", par[0]);

	for (int k = 0; k < N_INPUTS && rc == SPK_OK; k++)
		if (k != WIDTHS && (!inputs[k].optional || in[k].n > 0))
			rc = check_rows(&in[k], inputs[k].name, par[0], err);
	if (rc == SPK_OK)
		rc = spk_estimate_check(&in[WIDTHS], "widths", 1, err);
	for (size_t w = 0; w < in[WIDTHS].n && rc == SPK_OK; w++)
		if (!(in[WIDTHS].values[w] > 0))
			rc = spk_fail(
				err, SPK_E_INVALID, "a width is %g, it must be > 0", in[WIDTHS].values[w]);
	if (rc == SPK_OK && in[WIDTHS].n > 1 && in[VALIDATION].n == 0)
		rc = spk_fail(
			err, SPK_E_INVALID, "%zu widths need `validation` to choose from", in[WIDTHS].n);
	return rc;
}

static float *to_single(const struct spk_series *s)
{
	float *const values = malloc((s->n + 1) * sizeof *values);

	for (size_t k = 0; values != NULL && k < s->n; k++)
		values[k] = (float)s->values[k];
	return values;
}

/* Log-densities of rows, malloc'ed: [n_widths][n_rows]. */
static int score(const struct spk_series *rows, size_t n_dims, size_t n_samples, const float *samples,
	size_t n_widths, const double *widths, double **ret_log, struct spk_error *err)
{
	const size_t n = rows->n / n_dims;
	float *const items = to_single(rows);
	double *const log = malloc((n * n_widths + 1) * sizeof *log);
	int rc = items != NULL && log != NULL ? SPK_OK
					      : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu rows", n);

	if (rc == SPK_OK)
		rc = spk_parzen_log(NULL, n_dims, n_samples, samples, n, items, n_widths, widths, log, err);
	free(items);
	if (rc == SPK_OK)
		*ret_log = log;
	else
		free(log);
	return rc;
}

static int choose_width(const struct spk_series *in, size_t n_dims, size_t n_samples, const float *samples,
	double *ret_width, struct spk_error *err)
{
	const double *const widths = in[WIDTHS].values;
	const size_t n = in[VALIDATION].n / n_dims, n_widths = in[WIDTHS].n;
	double *log = NULL, best = 0;
	int rc = SPK_OK;

	*ret_width = widths[0];
	if (n_widths > 1)
		rc = score(&in[VALIDATION], n_dims, n_samples, samples, n_widths, widths, &log, err);
	for (size_t w = 0; log != NULL && w < n_widths; w++) {
		const double mean = spk_parzen_summary(n, log + w * n).mean;

		if (w == 0 || mean > best) {
			best = mean;
			*ret_width = widths[w];
		}
	}
	free(log);
	return rc;
}

/* Log-densities of the test rows under the samples, malloc'ed, at the width that suits these. */
static int score_samples(const struct spk_series *in, const struct spk_series *given, size_t n_dims,
	double **ret_log, struct spk_error *err)
{
	const size_t n_samples = given->n / n_dims;
	float *const samples = to_single(given);
	double width;
	int rc = samples != NULL ? SPK_OK
				 : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu samples", n_samples);

	if (rc == SPK_OK)
		rc = choose_width(in, n_dims, n_samples, samples, &width, err);
	if (rc == SPK_OK)
		rc = score(&in[TEST], n_dims, n_samples, samples, 1, &width, ret_log, err);
	free(samples);
	return rc;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	int rc = check(par, in, err);
	double *log = NULL, *other = NULL;

	(void)seed;
	if (rc)
		return rc;
	const size_t n_dims = (size_t)par[0], n = in[TEST].n / n_dims;
	rc = score_samples(in, &in[SAMPLES], n_dims, &log, err);
	if (!rc && in[THAN].n > 0)
		rc = score_samples(in, &in[THAN], n_dims, &other, err);
	for (size_t k = 0; k < n && !rc && other != NULL; k++)
		log[k] -= other[k];
	if (!rc && n == 1)
		*ret = spk_estimate_point(log[0], 1);
	else if (!rc)
		rc = spk_estimate_mean(n, log, confidence, ret, err);
	free(log);
	free(other);
	return rc;
}

const struct spk_measurement spk_measure_parzen = {
	.name = "parzen",
	.summary = "Parzen log-likelihood of test rows under samples",
	.estimator =
		"mean over test rows x of log mean_k N(x; s_k, width^2 I), in nats, s_k the samples. Of "
		"several\n"
		"widths the one that is best on the validation rows counts. Biased downwards with finitely "
		"many\n"
		"samples, and it may rank models wrongly: read it beside the same figure of the training "
		"data.\n"
		"With `than` the difference to other samples, each at the width that suits it.\n"
		"Interval: t interval of the mean over the test rows; samples and width count as given.\n",
	.refs = (const char *const[]){"breuleux2011", "theis2016", NULL},
	.inputs = inputs,
	.n_inputs = N_INPUTS,
	.params = params,
	.n_params = 1,
	.run = run,
};
