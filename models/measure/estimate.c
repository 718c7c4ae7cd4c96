/* Checks of inputs, quantiles and the intervals that several measurements share. */
#include "models/measure/estimate.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "models/math/root.h"

const char *const spk_estimate_switch[] = {"off", "on", NULL};

int spk_estimate_check(const struct spk_series *s, const char *name, size_t least, struct spk_error *err)
{
	if (s->n < least)
		return spk_fail(err, SPK_E_INVALID, "'%s' has %zu value%s; at least %zu are needed", name,
			s->n, s->n == 1 ? "" : "s", least);
	for (size_t k = 0; k < s->n; k++)
		if (!isfinite(s->values[k]))
			return spk_fail(err, SPK_E_INVALID, "value %zu of '%s' is %g, not a finite number", k,
				name, s->values[k]);
	return SPK_OK;
}

int spk_estimate_check_two(const struct spk_series *a, const char *name_a, const struct spk_series *b,
	const char *name_b, size_t least, struct spk_error *err)
{
	if (a->n != b->n)
		return spk_fail(err, SPK_E_INVALID,
			"'%s' has %zu values and '%s' %zu; they go together one by one", name_a, a->n, name_b,
			b->n);
	const int rc = spk_estimate_check(a, name_a, least, err);
	return rc ? rc : spk_estimate_check(b, name_b, least, err);
}

double spk_estimate_t(double confidence, double dof)
{
	return gsl_cdf_tdist_Qinv((1 - confidence) / 2, dof);
}

double spk_estimate_z(double confidence)
{
	return gsl_cdf_ugaussian_Qinv((1 - confidence) / 2);
}

struct spk_estimate spk_estimate_point(double value, size_t n)
{
	return (struct spk_estimate){.value = value, .low = NAN, .high = NAN, .n = n};
}

struct spk_estimate spk_estimate_around(double value, double half, size_t n)
{
	return (struct spk_estimate){.value = value, .low = value - half, .high = value + half, .n = n};
}

/* Distribution function of the beta law, less the level sought. */
struct beta {
	double a, b, level;
};

static void beta_excess(const void *context, double x, double *ret_value, double *ret_slope)
{
	const struct beta *const law = context;
	*ret_value = gsl_cdf_beta_P(x, law->a, law->b) - law->level;
	*ret_slope = gsl_ran_beta_pdf(x, law->a, law->b);
}

/* gsl_cdf_beta_Pinv ends the program where it does not converge. */
static double beta_quantile(double a, double b, double level)
{
	const struct beta law = {a, b, level};
	return spk_root(beta_excess, &law, 0, 1, a / (a + b), 1);
}

struct spk_estimate spk_estimate_share(size_t hits, size_t n, double confidence)
{
	const double tail = (1 - confidence) / 2, a = (double)hits, b = (double)(n - hits);
	return (struct spk_estimate){.value = a / (a + b),
		.low = hits == 0 ? 0 : beta_quantile(a, b + 1, tail),
		.high = hits == n ? 1 : beta_quantile(a + 1, b, 1 - tail),
		.n = n};
}

int spk_estimate_mean(
	size_t n, const double *values, double confidence, struct spk_estimate *ret, struct spk_error *err)
{
	const struct spk_series s = {.n = n, .values = values};
	const int rc = spk_estimate_check(&s, "values", 2, err);
	if (rc)
		return rc;
	const double mean = gsl_stats_mean(values, 1, n);
	const double error = gsl_stats_sd_m(values, 1, n, mean) / sqrt((double)n);
	*ret = spk_estimate_around(mean, error * spk_estimate_t(confidence, (double)n - 1), n);
	return SPK_OK;
}

static int split_rows(const struct spk_series *table, const char *name, double columns, size_t *ret_rows,
	size_t *ret_columns, struct spk_error *err)
{
	const size_t n = table->n;
	const int whole = columns == floor(columns) && columns >= 0 && columns <= (double)n;
	const size_t width = !whole ? 0 : columns == 0 ? n : (size_t)columns;

	if (!whole || width < 2 || n % width != 0)
		return spk_fail(err, SPK_E_INVALID, "'%s' has %zu values: no rows of %.10g, 2 at least", name,
			n, columns == 0 ? (double)n : columns);
	const int rc = spk_estimate_check(table, name, 2, err);
	if (rc)
		return rc;
	*ret_rows = n / width;
	*ret_columns = width;
	return SPK_OK;
}

int spk_estimate_rows(const struct spk_series *table, const char *name, double columns,
	double (*figure)(const double *par, size_t n, const double *row), const double *par,
	double confidence, struct spk_estimate *ret, struct spk_error *err)
{
	size_t rows = 0, width = 0;
	int rc = split_rows(table, name, columns, &rows, &width, err);
	if (rc)
		return rc;
	double *const figures = malloc(rows * sizeof *figures);
	if (!figures)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu rows", rows);
	for (size_t k = 0; k < rows; k++)
		figures[k] = figure(par, width, table->values + k * width);
	if (rows == 1)
		*ret = spk_estimate_point(figures[0], 1);
	else
		rc = spk_estimate_mean(rows, figures, confidence, ret, err);
	free(figures);
	return rc;
}
