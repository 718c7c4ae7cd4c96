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
#include "models/math/det.h"
#include "models/math/exp_inline.h"
#include "models/math/levels.h"
#include "models/neuron/exp_law.h"

enum { MOST_STEPS = 40 };
static const double CLOSE_MS = 1e-13;

double spk_exp_confluent_q(const struct spk_exp_current *k, double inv_c, double t)
{
	return k->delta == 0 ? inv_c * t : k->kappa * spk_expm1(-k->delta * t);
}

SPK_FOR_EACH_LEVEL void spk_exp_four(const double rate[4], double t, double ret_exp[4])
{
	for (int k = 0; k < 4; k++)
		ret_exp[k] = spk_exp_inline(rate[k] * t);
}

static struct spk_exp_state after(const struct spk_exp_law *law, const struct spk_exp_state *start, double s)
{
	const struct spk_exp_factors f = spk_exp_factors_at(law, -s);
	/* responses of D to 1 pA: (q(s) - q(0)) / f_m(s), where confluent q(0) = 0 */
	double by[2];
	const struct spk_exp_current *current[2] = {&law->ex, &law->in};
	const double decay[2] = {f.f_ex, f.f_in};

	for (int k = 0; k < 2; k++)
		by[k] = current[k]->confluent ? f.f_m * spk_exp_confluent_q(current[k], law->inv_c, s)
					      : current[k]->kappa * (decay[k] - f.f_m);
	return (struct spk_exp_state){.d = start->d * f.f_m + start->i_ex * by[0] + start->i_in * by[1],
		.i_ex = start->i_ex * f.f_ex,
		.i_in = start->i_in * f.f_in};
}

/* Upper bound of D'' over the next `left` ms while D < theta. */
static double bound_curvature(const struct spk_exp_law *law, const struct spk_exp_state *now, double left)
{
	const double share = 1 - left * law->ex.rate, i_ex = now->i_ex * (share > 0 ? share : 0);
	const double least_slope = law->inv_c * (i_ex + now->i_in) - law->rate * law->theta;

	return -law->rate * least_slope - law->inv_c * (i_ex * law->ex.rate + now->i_in * law->in.rate);
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
		.current = {{law->ex.rate, now->i_ex, 0}, {law->in.rate, now->i_in, 0}}};

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
