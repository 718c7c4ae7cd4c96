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

static struct outlook look_ahead(const struct spk_psc_law *law, const struct spk_psc_state *now, double left)
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

/*
 * The crossing in [0, h) of a D that rises until then. NAN: the steps do not serve.
 *
 * With n = gap / D', b = D'' / 2 D', c = D''' / 6 D' the step is x = n (1 + b n) / (1 + 2 b n + c n^2). It
 * leaves an error of the order of x times the largest of (b x)^3, b c x^3, and D'''' x^3 / 24 D'; for
 * exponential currents the last is of the order of c x^3 / tau.
 */
static double rising_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h)
{
	const double r_ex = law->ex.rate, r_in = law->in.rate, rate = law->rate + r_ex + r_in;
	struct spk_psc_state now = *start;
	double s = 0;

	for (int step = 0; step < MOST_RISING_STEPS; step++) {
		const double i_ex = law->inv_c * now.i_ex, i_in = law->inv_c * now.i_in;
		const double a_ex = law->inv_c * now.a_ex, a_in = law->inv_c * now.a_in;
		const double gap = law->theta - now.d, slope = i_ex + i_in - law->rate * now.d;
		const double second = -law->rate * slope - ((i_ex - a_ex) * r_ex + (i_in - a_in) * r_in);
		const double third = -law->rate * second +
				     ((i_ex - 2 * a_ex) * r_ex * r_ex + (i_in - 2 * a_in) * r_in * r_in);
		const double per_slope = 1 / slope, n = gap * per_slope, b = second * per_slope * (1.0 / 2),
			     c = third * per_slope * (1.0 / 6);
		const double divisor = 1 + n * (2 * b + n * c);
		if (s == h && gap > 0)
			return (double)INFINITY;
		if (!(slope > 0) || !(divisor > 1.0 / 4))
			return (double)NAN;
		const double x = n * (1 + b * n) / divisor, size = fabs(x), bx = fabs(b) * size;
		const double by_a =
			(a_ex * r_ex * r_ex * r_ex - a_in * r_in * r_in * r_in) * per_slope * (1.0 / 8);
		const double error =
			size * (bx * bx * bx + ((bx + rate * size) * fabs(c) + by_a * size) * size * size);
		s += x;
		if (error < CLOSE_MS)
			return s < h ? (s > 0 ? s : 0) : (double)INFINITY;
		s = s < h ? (s > 0 ? s : 0) : h;
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

double spk_psc_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h)
{
	const double gap = law->theta - start->d;

	if (!(gap > 0))
		return 0;
	const struct outlook o = look_ahead(law, start, h);
	if (!(o.least_slope > 0))
		return first_crossing(law, start, h);
	if (o.slope + o.curvature * h > 0 && h * (o.slope + o.curvature * h / 2) < gap)
		return (double)INFINITY; /* the parabola rises, and does not reach the threshold */
	const double s = rising_crossing(law, start, h);
	return isnan(s) ? first_crossing(law, start, h) : s;
}
