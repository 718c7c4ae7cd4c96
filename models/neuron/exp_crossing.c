/*
 * The first threshold crossing of a lif_exp neuron between two arrivals.
 *
 * While D < theta, D'' is bounded from above by a constant K on what is left of the interval: the leak, the
 * excitatory current that certainly remains and the inhibitory current that may vanish are known. So D stays
 * below the parabola with the present value and slope and curvature K, and the parabola's own first crossing
 * is never later than that of D. Repeated from there it converges quadratically, always from the left; where
 * the parabola does not reach theta there is no crossing, however short an excursion would be.
 */
#include <math.h>

#include "models/math/course.h"
#include "models/neuron/exp_law.h"

enum { MOST_STEPS = 40 };
static const double CLOSE_MS = 1e-13;

/* Response of D after s to a current of 1 pA now; e_m = exp(-s / tau_m). */
static double response(const struct spk_exp_current *k, double inv_c, double s, double e_m, double *ret_decay)
{
	const double e = spk_exp_inline(-k->delta * s);

	*ret_decay = e_m * e;
	if (!k->confluent)
		return e_m * (k->kappa * (e - 1));
	return e_m * (k->delta == 0 ? inv_c * s : k->kappa * spk_expm1(-k->delta * s));
}

static struct spk_exp_state after(const struct spk_exp_law *law, const struct spk_exp_state *start, double s)
{
	const double e_m = spk_exp_inline(-s * law->rate);
	double decay_ex, decay_in;
	const double by_ex = response(&law->ex, law->inv_c, s, e_m, &decay_ex);
	const double by_in = response(&law->in, law->inv_c, s, e_m, &decay_in);

	return (struct spk_exp_state){.d = start->d * e_m + start->i_ex * by_ex + start->i_in * by_in,
		.i_ex = start->i_ex * decay_ex,
		.i_in = start->i_in * decay_in};
}

/* Upper bound of D'' over the next `left` ms while D < theta. */
static double bound_curvature(const struct spk_exp_law *law, const struct spk_exp_state *now, double left)
{
	const double i_ex = now->i_ex * fmax(0, 1 - left / law->ex.tau);
	const double least_slope = law->inv_c * (i_ex + now->i_in) - law->rate * law->theta;

	return -law->rate * least_slope - law->inv_c * (i_ex / law->ex.tau + now->i_in / law->in.tau);
}

/* The general search, from `now` on, where the parabolas creep: D all but touches the threshold. */
static double search(const struct spk_exp_law *law, const struct spk_exp_state *now)
{
	const struct spk_course course = {.rate = law->rate,
		.inv_C = law->inv_c,
		.resistance = law->tau_m * law->inv_c,
		.peak = law->peak,
		.offset = now->d,
		.level = law->theta,
		.current = {{1 / law->ex.tau, now->i_ex, 0}, {1 / law->in.tau, now->i_in, 0}}};

	return spk_course_crossing(&course);
}

double spk_exp_crossing(const struct spk_exp_law *law, const struct spk_exp_state *start, double h)
{
	struct spk_exp_state now = *start;
	double s = 0;

	for (int step = 0; step < MOST_STEPS; step++) {
		const double gap = law->theta - now.d, left = h - s;
		if (!(gap > 0))
			return s;
		const double slope = law->inv_c * (now.i_ex + now.i_in) - law->rate * now.d;
		const double curvature = bound_curvature(law, &now, left);
		const double root = slope * slope + 2 * curvature * gap;
		const double speed = root < 0 ? 0 : slope + sqrt(root);
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
