/*
 * The mean interval of an escape-noise neuron by Taylor series.
 *
 * With y = exp(-t/tau_m), z = 1 - y, hazard h = h_u exp(b y), h_u = rho_0 exp(drive), b = start - drive, the
 * survivor function S, the derivative K of the cumulative hazard with respect to the drive, and the integrals
 * T of S and D of dS/d drive = -S K obey
 *
 *   y' = -y/tau_m,  h' = -(b/tau_m) h y,  K' = h z,  S' = -h S,  T' = S,  D' = -S K.
 *
 * All right-hand sides are sums of products, so the coefficients of all series follow from each other, and
 * all solutions are entire functions, so a step is bounded by the last coefficients alone. A quiet beginning
 * is skipped. z is carried beside y because it keeps its digits where y is 1 but for rounding. Once |b| y <
 * SETTLED the rest of both integrals has a closed form to second order in b y.
 */
#include "models/neuron/escape_rate.h"

#include "models/math/det.h"

#include <math.h>
#include <stddef.h>

enum { ORDER = 24 };

static const double SETTLED = 1e-6;
static const double NEGLIGIBLE = 1e-15; /* spikes per membrane time constant that count as none */
static const double TOLERANCE = 1e-14;  /* last terms of the series, against 1 */
static const double LONGEST = 1e280;    /* ms; intervals beyond count as endless */
static const double LOWEST = -1300;     /* drive that no hazard can make up for */
static const double HIGHEST = 1e10;     /* higher drives count as this */
static const double NEVER = 1e-250;     /* rho_0 tau_m below which exp() of what is needed overflows */

struct course {
	double y, z, h, K, S, T, D;
};

struct series {
	double y[ORDER + 1], z[ORDER + 1], h[ORDER + 1], K[ORDER + 1], S[ORDER + 1], D[ORDER + 1];
};

/* Two sums at once, as their additions need not wait for each other. */
static double convolve(const double *a, const double *b, int n)
{
	double even = 0, odd = 0;

	for (int k = 0; k < n; k += 2) {
		even += a[k] * b[n - k];
		odd += a[k + 1] * b[n - k - 1];
	}
	return even + odd + (n % 2 == 0 ? a[n] * b[0] : 0);
}

/* Coefficients of all series about the present time, as functions of s = t/tau_m; T and D in units of tau_m.
 */
static void expand(const struct course *at, double b, double tau_m, int slope, struct series *c)
{
	c->y[0] = at->y;
	c->z[0] = at->z;
	c->h[0] = tau_m * at->h;
	c->K[0] = at->K;
	c->S[0] = at->S;
	c->D[0] = 0; /* of the step alone */
	for (int n = 0; n < ORDER; n++) {
		c->y[n + 1] = -c->y[n] / (n + 1);
		c->z[n + 1] = -c->y[n + 1];
		c->h[n + 1] = -b * convolve(c->h, c->y, n) / (n + 1);
		c->S[n + 1] = -convolve(c->h, c->S, n) / (n + 1);
	}
	for (int n = 0; n < ORDER && slope; n++) {
		c->K[n + 1] = convolve(c->h, c->z, n) / (n + 1);
		c->D[n + 1] = -convolve(c->S, c->K, n) / (n + 1);
	}
}

/* The longest step at which a term c s^n stays below the tolerance. */
static double bound(double c, double scale, int n)
{
	return c == 0 ? (double)INFINITY : spk_exp(spk_log(TOLERANCE * scale / fabs(c)) / n);
}

static double choose_step(const struct course *at, int slope, const struct series *c)
{
	double step = 8;

	for (int n = ORDER - 1; n <= ORDER; n++) {
		step = fmin(step, bound(c->h[n - 1], n, n));
		step = fmin(step, bound(c->S[n], at->S, n));
		if (slope)
			step = fmin(step, bound(c->K[n], fmax(1, fabs(at->K)), n));
	}
	return step;
}

static double sum_series(const double *c, double s)
{
	double sum = c[ORDER];

	for (int n = ORDER; n-- > 0;)
		sum = sum * s + c[n];
	return sum;
}

/* Integral of a series from 0 to s. */
static double sum_integral(const double *c, double s)
{
	double sum = c[ORDER - 1] / ORDER;

	for (int n = ORDER - 1; n-- > 0;)
		sum = sum * s + c[n] / (n + 1);
	return sum * s;
}

/* Pass over the beginning of a rise in which the hazard is below exp(quiet). */
static void skip_quiet(const struct spk_escape *e, double quiet, struct course *at)
{
	if (!(e->start < quiet))
		return;
	at->z = (quiet - e->start) / (e->drive - e->start);
	at->y = 1 - at->z;
	at->T = -e->tau_m * spk_log1p(-at->z);
}

/* What follows once the hazard is its final value h_u, but for a share b y. */
static void add_rest(const struct spk_escape *e, double b, struct course *at)
{
	const double h_u = e->rho_0 * spk_exp(e->drive), g = h_u * e->tau_m, share = g / (1 + g);
	const double left = b * at->y * share, all = at->S / h_u;

	at->T += all * (1 - left);
	at->D += all * (at->y * share - left / (1 + g) - (1 + at->K) * (1 - left));
}

/*
 * Integrate until the survivors are too few to count, or the hazard is as good as constant. A falling hazard
 * that has become negligible leaves the survivors to its final value.
 */
static void integrate(const struct spk_escape *e, double b, int slope, struct course *at)
{
	struct series c;

	for (;;) {
		at->h = e->rho_0 * spk_exp(at->y < at->z ? e->drive + b * at->y : e->start - b * at->z);
		if (b > 0 && at->h * e->tau_m < NEGLIGIBLE)
			at->y = 0;
		if (fabs(b) * at->y < SETTLED) {
			add_rest(e, b, at);
			return;
		}
		if (b < 0 && at->S < 1e-14 * at->h * at->T)
			return;
		expand(at, b, e->tau_m, slope, &c);
		const double s = choose_step(at, slope, &c);
		at->T += e->tau_m * sum_integral(c.S, s);
		if (slope) {
			at->D += e->tau_m * sum_series(c.D, s);
			at->K = sum_series(c.K, s);
		}
		at->S = fmax(0, sum_series(c.S, s));
		at->z -= at->y * spk_expm1(-s);
		at->y *= spk_exp(-s);
	}
}

double spk_escape_rate(const struct spk_escape *neuron, double *ret_slope)
{
	struct spk_escape e = *neuron;
	struct course at = {.y = 1, .S = 1};
	double slope = 0, rate = 0;

	e.drive = fmin(e.drive, HIGHEST);
	if (e.rho_0 * e.tau_m > NEVER && e.drive > LOWEST) {
		const double quiet = spk_log(NEGLIGIBLE / (e.tau_m * e.rho_0));
		const double b = e.start - e.drive;
		if (fmax(e.start, e.drive) <= quiet) {
			at.y = 0;
			add_rest(&e, b, &at);
		} else {
			skip_quiet(&e, quiet, &at);
			integrate(&e, b, ret_slope != NULL, &at);
		}
		if (at.T < LONGEST) {
			rate = 1 / (e.t_ref + at.T);
			slope = -rate * rate * at.D;
		}
	}
	if (ret_slope)
		*ret_slope = slope;
	return rate;
}
