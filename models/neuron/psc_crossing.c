/*
 * The first threshold crossing of a neuron with postsynaptic currents between two arrivals.
 *
 * While D < theta, D'' is bounded from above by a constant K on what is left of the interval: the leak, the
 * excitatory current that certainly remains and the inhibitory current that may vanish or grow are known. So
 * D stays below the parabola with the present value and slope and curvature K, and the parabola's own first
 * crossing is never later than that of D. Repeated from there it converges quadratically, always from the
 * left; where the parabola does not reach theta there is no crossing, however short an excursion would be.
 *
 * Mostly D certainly rises until it reaches theta. Then it crosses once at most, and steps of fourth order
 * (Householder's: D, D', D'' and D''' are known at each point) find the crossing with one or two evaluations.
 */
#include <math.h>

#include "models/math/course.h"
#include "models/math/exp_inline.h"
#include "models/math/levels.h"
#include "models/neuron/psc_law.h"

enum { MOST_STEPS = 40 };
static const double CLOSE_MS = 1e-13;
enum { MOST_RISING_STEPS = 8 };

/* What the currents contribute to D after time s beyond the exponential part, decayed: responses to A alone.
 */
static double respond_to_alpha(const struct spk_psc_law *law, const struct spk_psc_current *k, double s,
	double decay_m, double decay)
{
	const double per_delta = 1 / k->delta;

	return k->confluent ? decay_m * spk_psc_confluent_p(k, law->inv_c, s)
			    : k->kappa * k->rate * ((s + per_delta) * decay - per_delta * decay_m);
}

static struct spk_psc_state after(const struct spk_psc_law *law, const struct spk_psc_state *start, double s)
{
	double decay[4], growth[4];

	spk_psc_four(law->rates, -s, decay, growth);
	/* responses of D to 1 pA: (q(s) - q(0)) / f_m(s), where confluent q(0) = 0; the same with p */
	const double by_ex = law->ex.confluent ? decay[0] * spk_psc_confluent_q(&law->ex, law->inv_c, s)
					       : law->ex.kappa * (decay[1] - decay[0]);
	const double by_in = law->in.confluent ? decay[0] * spk_psc_confluent_q(&law->in, law->inv_c, s)
					       : law->in.kappa * (decay[2] - decay[0]);

	struct spk_psc_state now = {.d = start->d * decay[0] + start->i_ex * by_ex + start->i_in * by_in,
		.i_ex = start->i_ex * decay[1],
		.i_in = start->i_in * decay[2]};
	if (!law->alpha)
		return now;
	now.d += start->a_ex * respond_to_alpha(law, &law->ex, s, decay[0], decay[1]) +
		 start->a_in * respond_to_alpha(law, &law->in, s, decay[0], decay[2]);
	now.a_ex = start->a_ex * decay[1];
	now.a_in = start->a_in * decay[2];
	now.i_ex += now.a_ex * (law->ex.rate * s);
	now.i_in += now.a_in * (law->in.rate * s);
	return now;
}

/* What is known of D on the next `left` ms while D < theta. */
struct outlook {
	double slope;       /* D' now */
	double least_slope; /* lower bound of D' */
	double curvature;   /* upper bound of D'' */
};

static inline __attribute__((always_inline)) struct outlook look_ahead(
	const struct spk_psc_law *law, const struct spk_psc_state *now, double left)
{
	const double fall = 1 - left * law->ex.rate, share_ex = fall > 0 ? fall : 0;
	const double fade = 1 - left * law->in.rate, share_in = fade > 0 ? fade : 0;
	const double i_ex = now->i_ex * share_ex, i_in = now->i_in + now->a_in * (left * law->in.rate);
	const double least_slope = law->inv_c * (i_ex + i_in) - law->rate * law->theta;
	const double change =
		(i_ex - now->a_ex) * law->ex.rate + (i_in - now->a_in * share_in) * law->in.rate;

	return (struct outlook){.slope = law->inv_c * (now->i_ex + now->i_in) - law->rate * now->d,
		.least_slope = least_slope,
		.curvature = -law->rate * least_slope - law->inv_c * change};
}

/* A step towards the crossing of a D that rises until then. */
struct step {
	double length, error;       /* it ends so far from the crossing at most */
	double gap, slope, divisor; /* theta - D and D' where it starts; the step's divisor */
};

/*
 * With n = gap / D', b = D'' / 2 D', c = D''' / 6 D' the step is x = n (1 + b n) / (1 + 2 b n + c n^2). It
 * leaves an error of the order of x times the largest of (b x)^3, b c x^3, and D'''' x^3 / 24 D'; for
 * exponential currents the last is of the order of c x^3 / tau.
 */
static inline __attribute__((always_inline)) struct step step_from(
	const struct spk_psc_law *law, const struct spk_psc_state *now)
{
	const double r_ex = law->ex.rate, r_in = law->in.rate, rate = law->rate + r_ex + r_in;
	const double i_ex = law->inv_c * now->i_ex, i_in = law->inv_c * now->i_in;
	const double a_ex = law->inv_c * now->a_ex, a_in = law->inv_c * now->a_in;
	const double gap = law->theta - now->d, slope = i_ex + i_in - law->rate * now->d;
	const double second = -law->rate * slope - ((i_ex - a_ex) * r_ex + (i_in - a_in) * r_in);
	const double third =
		-law->rate * second + ((i_ex - 2 * a_ex) * r_ex * r_ex + (i_in - 2 * a_in) * r_in * r_in);
	const double per_slope = 1 / slope, n = gap * per_slope, b = second * per_slope * (1.0 / 2),
		     c = third * per_slope * (1.0 / 6);
	const double divisor = 1 + n * (2 * b + n * c);
	const double x = n * (1 + b * n) / divisor, size = fabs(x), bx = fabs(b) * size;
	const double by_a = (a_ex * r_ex * r_ex * r_ex - a_in * r_in * r_in * r_in) * per_slope * (1.0 / 8);
	const double error =
		size * (bx * bx * bx + ((bx + rate * size) * fabs(c) + by_a * size) * size * size);

	return (struct step){x, error, gap, slope, divisor};
}

/* Go on from *s. Returns the crossing in [0, h) once it is known, else NAN; *s = NAN: steps do not serve. */
static double take_step(const struct step *step, double h, double *s)
{
	if (*s == h && step->gap > 0)
		return (double)INFINITY;
	if (!(step->slope > 0) || !(step->divisor > 1.0 / 4)) {
		*s = (double)NAN;
		return (double)NAN;
	}
	*s += step->length;
	if (step->error < CLOSE_MS)
		return *s < h ? (*s > 0 ? *s : 0) : (double)INFINITY;
	*s = *s < h ? (*s > 0 ? *s : 0) : h;
	return (double)NAN;
}

/* The crossing in [0, h) of a D that rises until then. NAN: the steps do not serve. */
static double rising_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h)
{
	struct spk_psc_state now = *start;
	double s = 0;

	for (int k = 0; k < MOST_RISING_STEPS; k++) {
		const struct step step = step_from(law, &now);
		const double crossing = take_step(&step, h, &s);
		if (!isnan(crossing) || isnan(s))
			return crossing;
		now = after(law, start, s);
	}
	return (double)NAN;
}

/* The general search, from `now` on, where the parabolas creep: D all but touches the threshold. */
static double search(const struct spk_psc_law *law, const struct spk_psc_state *now)
{
	const struct spk_course course = {.rate = law->rate,
		.inv_C = law->inv_c,
		.resistance = law->tau_m * law->inv_c,
		.peak = law->peak,
		.offset = now->d,
		.level = law->theta,
		.current = {{law->ex.rate, now->i_ex, now->a_ex}, {law->in.rate, now->i_in, now->a_in}}};

	return spk_course_crossing(&course);
}

static double first_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h)
{
	struct spk_psc_state now = *start;
	double s = 0;

	for (int step = 0; step < MOST_STEPS; step++) {
		const double gap = law->theta - now.d, left = h - s;
		if (!(gap > 0))
			return s;
		const struct outlook o = look_ahead(law, &now, left);
		const double root = o.slope * o.slope + 2 * o.curvature * gap;
		const double speed = root < 0 ? 0 : o.slope + sqrt(root);
		const double next = 2 * gap / speed;
		if (!(speed > 0) || !(next < left))
			return (double)INFINITY;
		s += next;
		if (next < CLOSE_MS)
			return s;
		now = after(law, start, s);
	}
	s += search(law, &now);
	return s < h ? s : (double)INFINITY;
}

/* The parabola rises, and does not reach the threshold. */
static int stays_below(const struct outlook *o, double gap, double h)
{
	return o->slope + o->curvature * h > 0 && h * (o->slope + o->curvature * h / 2) < gap;
}

double spk_psc_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h)
{
	const double gap = law->theta - start->d;

	if (!(gap > 0))
		return 0;
	const struct outlook o = look_ahead(law, start, h);
	if (!(o.least_slope > 0))
		return first_crossing(law, start, h);
	if (stays_below(&o, gap, h))
		return (double)INFINITY;
	const double s = rising_crossing(law, start, h);
	return isnan(s) ? first_crossing(law, start, h) : s;
}

/* ---- Many at once ----------------------------------------------------------------------------------- */

enum { MANY = SPK_PSC_SEARCHES };

/* What the arithmetic of many searches gives, in loops without choices, which become vectors. */
struct many {
	double s[MANY];                                                          /* a step starts here */
	double length[MANY], error[MANY], gap[MANY], slope[MANY], divisor[MANY]; /* struct step */
	double rise[MANY], least_slope[MANY], curvature[MANY];                   /* struct outlook */
};

static inline __attribute__((always_inline)) void put_step(
	struct many *restrict m, size_t k, const struct spk_psc_law *law, const struct spk_psc_state *now)
{
	const struct step step = step_from(law, now);

	m->length[k] = step.length;
	m->error[k] = step.error;
	m->gap[k] = step.gap;
	m->slope[k] = step.slope;
	m->divisor[k] = step.divisor;
}

SPK_FOR_EACH_LEVEL static void look_ahead_each(const struct spk_psc_law *law, size_t n,
	const struct spk_psc_search *restrict search, struct many *restrict m)
{
	const struct spk_psc_law x = *law;

	for (size_t k = 0; k < n; k++) {
		const struct spk_psc_state now = {search->d[k], search->i_ex[k], search->i_in[k], 0, 0};
		const struct outlook o = look_ahead(&x, &now, search->h[k]);
		put_step(m, k, &x, &now);
		m->rise[k] = o.slope;
		m->least_slope[k] = o.least_slope;
		m->curvature[k] = o.curvature;
	}
}

/* The step from m->s on. */
SPK_FOR_EACH_LEVEL static void step_each(const struct spk_psc_law *law, size_t n,
	const struct spk_psc_search *restrict search, struct many *restrict m)
{
	const struct spk_psc_law x = *law;

	for (size_t k = 0; k < n; k++) {
		const double decay_m = spk_exp_inline(x.rates[0] * -m->s[k]),
			     decay_ex = spk_exp_inline(x.rates[1] * -m->s[k]),
			     decay_in = spk_exp_inline(x.rates[2] * -m->s[k]);
		const double by_ex = x.ex.kappa * (decay_ex - decay_m),
			     by_in = x.in.kappa * (decay_in - decay_m);
		const struct spk_psc_state now = {
			search->d[k] * decay_m + search->i_ex[k] * by_ex + search->i_in[k] * by_in,
			search->i_ex[k] * decay_ex, search->i_in[k] * decay_in, 0, 0};
		put_step(m, k, &x, &now);
	}
}

/* Go on with search k: NAN as long as its crossing is not known, m->s[k] = NAN when it is left alone. */
static double take(struct many *m, size_t k, double h)
{
	const struct step step = {m->length[k], m->error[k], m->gap[k], m->slope[k], m->divisor[k]};

	return take_step(&step, h, &m->s[k]);
}

static double take_first(struct many *m, size_t k, double h)
{
	const struct outlook o = {m->rise[k], m->least_slope[k], m->curvature[k]};

	m->s[k] = 0;
	if (m->gap[k] > 0 && o.least_slope > 0)
		return stays_below(&o, m->gap[k], h) ? (double)INFINITY : take(m, k, h);
	m->s[k] = (double)NAN;
	return (double)NAN;
}

void spk_psc_crossings(const struct spk_psc_law *law, size_t n, struct spk_psc_search *search)
{
	double *crossing = search->crossing;
	struct many m;
	size_t whole = n;

	if (n == 0)
		return;
	for (; whole % SPK_PSC_LANES; whole++) { /* what is left over would be computed one by one */
		search->d[whole] = search->d[0];
		search->i_ex[whole] = search->i_ex[0];
		search->i_in[whole] = search->i_in[0];
		search->h[whole] = search->h[0];
	}
	look_ahead_each(law, whole, search, &m);
	for (size_t k = 0; k < whole; k++)
		crossing[k] = take_first(&m, k, search->h[k]);
	step_each(law, whole, search, &m); /* the second step mostly suffices */
	for (size_t k = 0; k < n; k++) {
		const struct spk_psc_state start = {search->d[k], search->i_ex[k], search->i_in[k], 0, 0};
		if (isnan(crossing[k]) && !isnan(m.s[k]))
			crossing[k] = take(&m, k, search->h[k]);
		if (isnan(crossing[k]))
			crossing[k] = spk_psc_crossing(law, &start, search->h[k]);
	}
}
