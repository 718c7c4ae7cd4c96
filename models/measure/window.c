/* Binned STDP windows and the laws fitted to them. */
#include "models/measure/window.h"

#include <math.h>
#include <stdlib.h>

#include "models/math/det.h"
#include "models/measure/line.h"
#include "models/measure/minimum.h"

enum { MAX_BINS = 1000000 };

const char *const spk_window_sides[] = {"negative", "positive", NULL};

struct bin {
	size_t n;
	double t, change;
};

/* Sums of each bin; bins are numbered from the most negative. */
static void add_pairs(const double *par, const struct spk_series *in, long reach, struct bin *bins)
{
	for (size_t k = 0; k < in->n; k++) {
		const double place = floor(in[0].values[k] / par[SPK_WINDOW_BIN] + 0.5);
		if (fabs(place) > (double)reach)
			continue;
		struct bin *const bin = &bins[reach + (long)place];
		bin->n++;
		bin->t += in[0].values[k];
		bin->change += in[1].values[k];
	}
}

int spk_window_bin(
	const double *par, const struct spk_series *in, struct spk_window *ret, struct spk_error *err)
{
	const double reach = floor(par[SPK_WINDOW_RANGE] / par[SPK_WINDOW_BIN] + 1e-9);
	const int rc = spk_estimate_check_two(&in[0], "delta_t", &in[1], "change", 1, err);
	if (rc)
		return rc;
	if (reach < 1 || reach > MAX_BINS)
		return spk_fail(err, SPK_E_INVALID,
			"a range of %g ms has no, or over a million, bins of %g ms", par[SPK_WINDOW_RANGE],
			par[SPK_WINDOW_BIN]);
	const size_t n_bins = 2 * (size_t)reach + 1;
	struct bin *const bins = calloc(n_bins, sizeof *bins);
	struct spk_window window = {.t = malloc(2 * n_bins * sizeof *window.t)};
	if (!bins || !window.t) {
		free(bins);
		free(window.t);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu bins", n_bins);
	}
	window.change = window.t + n_bins;
	add_pairs(par, in, (long)reach, bins);
	for (size_t k = 0; k < n_bins; k++) {
		if (k == (size_t)reach || (double)bins[k].n < par[SPK_WINDOW_LEAST] || bins[k].n == 0)
			continue;
		window.t[window.n] = bins[k].t / (double)bins[k].n;
		window.change[window.n++] = bins[k].change / (double)bins[k].n;
		window.n_negative += k < (size_t)reach;
	}
	free(bins);
	*ret = window;
	return SPK_OK;
}

void spk_window_clear(struct spk_window *window)
{
	free(window->t);
	*window = (struct spk_window){0};
}

int spk_window_side(const struct spk_window *window, double side, size_t least, struct spk_window *ret,
	struct spk_error *err)
{
	const size_t first = side != 0 ? window->n_negative : 0;
	const size_t n = side != 0 ? window->n - window->n_negative : window->n_negative;
	if (n < least)
		return spk_fail(err, SPK_E_INVALID,
			"the %s side of the window has %zu bin%s with enough pairs; %zu are needed",
			spk_window_sides[side != 0], n, n == 1 ? "" : "s", least);
	*ret = (struct spk_window){.n = n, .t = window->t + first, .change = window->change + first};
	return SPK_OK;
}

/* ---- Laws --------------------------------------------------------------------------------------- */

static double shape_at(enum spk_window_law law, double t, double tau)
{
	return law == SPK_WINDOW_INVERSE ? 1 / fabs(t) : spk_exp(-fabs(t) / tau);
}

/* Factor of the shape that comes nearest to the changes. */
static double best_factor(const struct spk_window *side, enum spk_window_law law, double tau)
{
	double sy = 0, ss = 0;
	for (size_t k = 0; k < side->n; k++) {
		const double s = shape_at(law, side->t[k], tau);
		sy += s * side->change[k];
		ss += s * s;
	}
	return ss > 0 ? sy / ss : 0; /* 0: the shape is nothing at these times */
}

/* What the best exponential with this time constant leaves: the amplitude is eliminated. */
static double exponential_misfit(double tau, void *context)
{
	const struct spk_window *const side = context;
	const double a = best_factor(side, SPK_WINDOW_EXPONENTIAL, tau);
	double sum = 0;
	for (size_t k = 0; k < side->n; k++) {
		const double off = side->change[k] - a * shape_at(SPK_WINDOW_EXPONENTIAL, side->t[k], tau);
		sum += off * off;
	}
	return sum;
}

int spk_window_fit(const struct spk_window *side, enum spk_window_law law, double *ret_r_squared,
	double *ret_tau, struct spk_error *err)
{
	struct spk_window copy = *side;
	double reach = 0, tau = 0;
	double *const fitted = malloc(side->n * sizeof *fitted);
	if (!fitted)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to fit %zu bins", side->n);
	for (size_t k = 0; k < side->n; k++)
		reach = fmax(reach, fabs(side->t[k]));
	if (law == SPK_WINDOW_EXPONENTIAL)
		tau = spk_minimum(exponential_misfit, &copy, 1e-3 * reach, 1e3 * reach);
	const double factor = best_factor(side, law, tau);
	for (size_t k = 0; k < side->n; k++)
		fitted[k] = factor * shape_at(law, side->t[k], tau);
	const int rc = spk_r_squared(side->n, side->change, fitted, ret_r_squared, err);
	if (!rc && ret_tau)
		*ret_tau = tau;
	free(fitted);
	return rc;
}
