/**
 * Pearson's correlation between an STDP window and the points of a reference window: the bins' mean changes,
 * interpolated linearly on each side at the reference's times; times up to half a bin beyond the outermost
 * bins take these, others are left out. The scale of the reference is arbitrary. Noise lowers the
 * correlation. The points are no sample, so there is no interval from one run.
 *
 * Reference when none is given: Fig. 1 of Bengio et al. (2016), arXiv:1502.04156v3, a simulation of eq 1, its
 * points read off the figure for this project.
 */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "models/measure/window.h"
#include "models/models.h"

static const double figure_t[] = {1, 2, 3, 4, 5, 8, 22, -1, -2, -3, -4, -5, -8, -10, -22};
static const double figure_change[] = {.0400, .0136, .0055, .0030, .0021, .0010, .0003, -.0418, -.0171,
	-.0109, -.0080, -.0064, -.0041, -.0030, -.0012};
enum { N_FIGURE = sizeof figure_t / sizeof figure_t[0] };

static const struct spk_measure_input inputs[] = {
	SPK_WINDOW_INPUTS,
	{"reference_t", 1, "times of the reference, ms; left out: Fig. 1 of Bengio et al. (2016)"},
	{"reference_change", 1, "changes of the reference, any scale"},
};
static const struct spk_field params[] = {SPK_WINDOW_PARAMS};

/* The window at time t, from the bins of its side; NAN where there are none near. */
static double window_at(const struct spk_window *window, double bin, double t)
{
	const size_t first = t > 0 ? window->n_negative : 0, end = t > 0 ? window->n : window->n_negative;
	size_t k = first;
	while (k < end && window->t[k] < t)
		k++;
	if (k > first && k < end) {
		const double share = (t - window->t[k - 1]) / (window->t[k] - window->t[k - 1]);
		return window->change[k - 1] + share * (window->change[k] - window->change[k - 1]);
	}
	const size_t nearest = k < end ? k : k - 1;
	if (first == end || fabs(window->t[nearest] - t) > bin / 2)
		return (double)NAN;
	return window->change[nearest];
}

static int correlate(const struct spk_window *window, double bin, const struct spk_series *t,
	const struct spk_series *change, struct spk_estimate *ret, struct spk_error *err)
{
	size_t n = 0;
	int rc = SPK_OK;
	double *const x = malloc(2 * t->n * sizeof *x);
	if (!x)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu points", t->n);
	double *const y = x + t->n;
	for (size_t k = 0; k < t->n; k++) {
		x[n] = change->values[k];
		y[n] = window_at(window, bin, t->values[k]);
		n += isfinite(y[n]);
	}
	if (n < 3)
		rc = spk_fail(
			err, SPK_E_INVALID, "the window covers %zu points of the reference; 3 are needed", n);
	else if (gsl_stats_min(x, 1, n) == gsl_stats_max(x, 1, n) ||
		 gsl_stats_min(y, 1, n) == gsl_stats_max(y, 1, n))
		rc = spk_fail(err, SPK_E_INVALID, "window or reference is flat; nothing correlates with it");
	else
		*ret = spk_estimate_point(gsl_stats_correlation(x, 1, y, 1, n), n);
	free(x);
	return rc;
}

static int run(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
	struct spk_estimate *ret, struct spk_error *err)
{
	struct spk_series t = {N_FIGURE, figure_t}, change = {N_FIGURE, figure_change};
	struct spk_window window;
	int rc = SPK_OK;
	(void)confidence, (void)seed;
	if (in[2].n || in[3].n) {
		t = in[2], change = in[3];
		rc = spk_estimate_check_two(&t, "reference_t", &change, "reference_change", 3, err);
	}
	if (!rc)
		rc = spk_window_bin(par, in, &window, err);
	if (rc)
		return rc;
	rc = correlate(&window, par[SPK_WINDOW_BIN], &t, &change, ret, err);
	spk_window_clear(&window);
	return rc;
}

const struct spk_measurement spk_measure_window_correlation = {
	.name = "window_correlation",
	.summary = "STDP window: correlation with the points of a reference, by default Fig. 1 of the paper",
	.estimator = "Pearson's r between the reference's changes and the bins' mean changes, interpolated "
		     "at the\n"
		     "reference's times on each side. Noise lowers it.\n"
		     "Interval: none, use seeds: the points are no sample.\n"
		     "Built-in reference: 15 points read off Fig. 1 of Bengio et al. (2016).\n",
	.refs = (const char *const[]){"bengio2016", NULL},
	.inputs = inputs,
	.n_inputs = 4,
	.params = params,
	.n_params = SPK_WINDOW_N_PARAMS,
	.run = run,
};
