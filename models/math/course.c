/* The first crossing of a level. See course.h; the steps are explained where they stand. */
#include "models/math/course.h"

#include "models/math/chain.h"
#include "models/math/root.h"

#include <math.h>

/** The largest value of x exp(-x), reached at x = 1. */
#define ALPHA_PEAK 0.36787944117144233

/** Time constants after which a course has decayed to nothing that a double could show. */
#define DEAD_TIME_CONSTANTS 700.0

struct spk_current spk_current_after(struct spk_current now, double t)
{
	const double decay = spk_exp(-now.rate * t);
	return (struct spk_current){now.rate, (now.I + now.A * now.rate * t) * decay, now.A * decay};
}

double spk_course_peak(double membrane_rate, double current_rate, double inv_C)
{
	const double gap = membrane_rate - current_rate, x = gap / current_rate;
	const double t_peak = gap == 0.0 ? 1.0 / current_rate : spk_log1p(x) / gap;
	return inv_C * spk_exp(-current_rate * t_peak) / membrane_rate;
}

/** D, its slope, and the curvature when asked for. */
static double evaluate(const struct spk_course *c, double t, double *ret_slope, double *ret_curvature)
{
	const struct spk_mode membrane = spk_mode_at(c->rate, t);
	double value = c->offset * membrane.decay, current = 0.0, change = 0.0;
	for (size_t k = 0; k < 2; k++) {
		const struct spk_current in = c->current[k];
		if (in.I == 0.0 && in.A == 0.0)
			continue;
		const struct spk_mode syn = spk_mode_at(in.rate, t);
		value += in.I * c->inv_C * spk_chain2(membrane, syn, t);
		if (in.A != 0.0)
			value += in.A * in.rate * c->inv_C *
				 spk_chain(3, (const struct spk_mode[]){membrane, syn, syn}, t);
		const double slow = in.A * syn.decay, now = (in.I + in.A * in.rate * t) * syn.decay;
		current += now;
		change += in.rate * (slow - now);
	}
	const double slope = c->inv_C * current - c->rate * value;
	*ret_slope = slope;
	if (ret_curvature)
		*ret_curvature = c->inv_C * change - c->rate * slope;
	return value;
}

double spk_course_at(const struct spk_course *course, double t, double *ret_slope)
{
	return evaluate(course, t, ret_slope, NULL);
}

double spk_course_bound(const struct spk_course *c)
{
	/* no fmin and fmax here: they are calls, and this is the hot path */
	const double I = c->current[0].I, A = c->current[0].A;
	const double as_response = (c->offset > 0.0 ? c->offset : 0.0) + (I + A) * c->peak;
	const double drive = (I + A * ALPHA_PEAK) * c->resistance;
	const double as_drive = c->offset > drive ? c->offset : drive;
	return as_response < as_drive ? as_response : as_drive;
}

static void rise_to_level(const void *context, double t, double *ret_value, double *ret_slope)
{
	const struct spk_course *c = context;
	*ret_value = evaluate(c, t, ret_slope, NULL) - c->level;
}

/** Where the chord from (lo, at_lo) to (hi, at_hi) meets the level. */
static double guess_rise(const struct spk_course *c, double lo, double hi, double at_lo, double at_hi)
{
	return lo + (hi - lo) * (c->level - at_lo) / (at_hi - at_lo);
}

static void turn(const void *context, double t, double *ret_value, double *ret_slope)
{
	evaluate(context, t, ret_value, ret_slope);
}

/**
 * d(I_0 + I_1)/dt times exp(r t), r the smaller rate: (p + q t) exp(-k t) + r + s t with k >= 0. Its second
 * derivative is a line times exp(-k t), so zeros follow from the line's by going up one derivative at a time.
 */
struct change {
	double p, q, r, s, k;
};

static struct change change_of(const struct spk_course *c)
{
	const size_t fast = c->current[0].rate >= c->current[1].rate ? 0 : 1;
	const struct spk_current f = c->current[fast], g = c->current[1 - fast];
	return (struct change){f.rate * (f.A - f.I), -f.rate * f.rate * f.A, g.rate * (g.A - g.I),
		-g.rate * g.rate * g.A, f.rate - g.rate};
}

static void change_slope(const void *context, double t, double *ret_value, double *ret_slope)
{
	const struct change *g = context;
	const double decay = spk_exp(-g->k * t), line = g->p + g->q * t;
	*ret_value = (g->q - g->k * line) * decay + g->s;
	*ret_slope = -g->k * (2.0 * g->q - g->k * line) * decay;
}

static void change_value(const void *context, double t, double *ret_value, double *ret_slope)
{
	const struct change *g = context;
	const double decay = spk_exp(-g->k * t), line = g->p + g->q * t;
	*ret_value = line * decay + g->r + g->s * t;
	*ret_slope = (g->q - g->k * line) * decay + g->s;
}

/** Zeros of f in (0, end) given the n ascending places between which it is monotone; returns how many. */
static size_t isolate(
	spk_root_fn *f, const struct change *g, double end, size_t n, const double *turns, double *ret_zeros)
{
	size_t n_zeros = 0;
	double lo = 0.0, f_lo, unused;
	f(g, lo, &f_lo, &unused);
	for (size_t k = 0; k <= n; k++) {
		const double hi = k < n ? turns[k] : end;
		double f_hi;
		f(g, hi, &f_hi, &unused);
		if ((f_lo > 0.0) != (f_hi > 0.0))
			ret_zeros[n_zeros++] =
				spk_root(f, g, lo, hi, lo + (hi - lo) * f_lo / (f_lo - f_hi), f_hi > 0.0);
		lo = hi;
		f_lo = f_hi;
	}
	return n_zeros;
}

/** The zero in (0, end) of a change that has one at most and in closed form; 1 if it is of that form. */
static int solve_simple(const struct change *g, double end, size_t *ret_n, double *ret_zero)
{
	double t;
	if (g->k == 0.0)
		t = -(g->p + g->r) / (g->q + g->s);
	else if (g->r == 0.0 && g->s == 0.0)
		t = -g->p / g->q;
	else if (g->p == 0.0 && g->q == 0.0)
		t = -g->r / g->s;
	else if (g->q == 0.0 && g->s == 0.0)
		t = g->p * g->r < 0.0 ? spk_log(-g->p / g->r) / g->k : -1.0;
	else
		return 0;
	*ret_n = t > 0.0 && t < end; /* not so for NAN and infinities: no zero */
	*ret_zero = t;
	return 1;
}

/** The places in (0, end), at most 3, where the total current turns. */
static size_t split(const struct spk_course *c, double end, double ret_turns[3])
{
	const struct change g = change_of(c);
	double line[1], slope[2];
	size_t n = 0;
	if (solve_simple(&g, end, &n, ret_turns))
		return n;
	if (g.q != 0.0) {
		const double t = (2.0 * g.q - g.k * g.p) / (g.k * g.q);
		if (t > 0.0 && t < end)
			line[n++] = t;
	}
	n = isolate(change_slope, &g, end, n, line, slope);
	return isolate(change_value, &g, end, n, slope, ret_turns);
}

/** A time by which the level has been reached, or after which it cannot be. */
static double find_horizon(const struct spk_course *c)
{
	double slowest = c->rate;
	for (size_t k = 0; k < 2; k++)
		if (c->current[k].I != 0.0 || c->current[k].A != 0.0)
			slowest = fmin(slowest, c->current[k].rate);
	const double last = DEAD_TIME_CONSTANTS / slowest;
	struct spk_course later = *c;
	for (double t = 1.0 / fmax(c->rate, c->current[0].rate); t < last; t *= 2.0) {
		double slope;
		later.offset = evaluate(c, t, &slope, NULL);
		later.current[0] = spk_current_after(c->current[0], t);
		if (later.offset >= c->level || spk_course_bound(&later) < c->level)
			return t;
	}
	return last;
}

/**
 * Two exponentials only (no inhibition): the one maximum has a closed form. Returns its time, INFINITY when
 * D rises for ever, 0 when it falls from the start. dD/dt = (S + B/g) exp(-rate t) - B/g exp(-r t), g = rate
 * - r.
 */
static double uninhibited_peak(const struct spk_course *c)
{
	const struct spk_current in = c->current[0];
	const double start = c->inv_C * in.I - c->rate * c->offset;
	if (start <= 0.0)
		return 0.0;
	const double fall = in.rate * c->inv_C * in.I, gap = c->rate - in.rate, x = start * gap / fall;
	if (fall <= 0.0 || x <= -1.0)
		return INFINITY;
	return gap == 0.0 ? start / fall : spk_log1p(x) / gap;
}

/** A quick answer for exponential currents: returns 1 and the crossing, or 0 if a search is needed. */
static int cross_exponential(const struct spk_course *c, double *ret_crossing)
{
	struct spk_course free_course = *c;
	free_course.current[1].I = 0.0;
	const double peak = uninhibited_peak(&free_course);
	if (isinf(peak))
		return 0;
	double slope;
	const double top = evaluate(&free_course, peak, &slope, NULL);
	if (top < c->level) {
		*ret_crossing = INFINITY;
		return 1;
	}
	if (c->current[1].I != 0.0)
		return 0;
	*ret_crossing = spk_root(rise_to_level, c, 0.0, peak, guess_rise(c, 0.0, peak, c->offset, top), 1);
	return 1;
}

double spk_course_crossing(const struct spk_course *c)
{
	if (c->offset >= c->level)
		return 0.0;
	if (spk_course_bound(c) < c->level)
		return INFINITY;
	double crossing;
	if (c->current[0].A == 0.0 && c->current[1].A == 0.0 && cross_exponential(c, &crossing))
		return crossing;

	const double horizon = find_horizon(c);
	double turns[3], lo = 0.0, at_lo = c->offset, slope_hi;
	double slope_lo = c->inv_C * (c->current[0].I + c->current[1].I) - c->rate * c->offset;
	const size_t n_turns = split(c, horizon, turns);
	for (size_t k = 0; k <= n_turns; k++) {
		/* In this piece dD/dt changes its sign at most once, and D < level at its start. */
		const double hi = k < n_turns ? turns[k] : horizon, at_hi = evaluate(c, hi, &slope_hi, NULL);
		if (at_hi >= c->level)
			return spk_root(rise_to_level, c, lo, hi, guess_rise(c, lo, hi, at_lo, at_hi), 1);
		if (slope_lo > 0.0 && slope_hi < 0.0) {
			double slope;
			const double guess = lo + (hi - lo) * slope_lo / (slope_lo - slope_hi);
			const double top = spk_root(turn, c, lo, hi, guess, 0);
			const double at_top = evaluate(c, top, &slope, NULL);
			if (at_top >= c->level)
				return spk_root(
					rise_to_level, c, lo, top, guess_rise(c, lo, top, at_lo, at_top), 1);
		}
		lo = hi;
		at_lo = at_hi;
		slope_lo = slope_hi;
	}
	return INFINITY;
}
