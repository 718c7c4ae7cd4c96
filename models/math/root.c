/* Bracketed Newton. */
#include "models/math/root.h"

#include <float.h>
#include <math.h>

/** Newton steps that are free; after them every second step bisects, so that the bracket must shrink. */
#define FREE_STEPS 8
#define MAX_STEPS 300

double spk_root(spk_root_fn *f, const void *context, double lo, double hi, double guess, int rising)
{
	double x = guess > lo && guess < hi ? guess : 0.5 * (lo + hi), last_move = 0.0;
	for (int step = 0; step < MAX_STEPS; step++) {
		double value, slope;
		f(context, x, &value, &slope);
		if (value == 0.0)
			return x;
		if ((value > 0.0) == (rising != 0))
			hi = x;
		else
			lo = x;
		const double tolerance = 1e-13 + 4.0 * DBL_EPSILON * fabs(x);
		if (hi - lo <= tolerance)
			return hi;
		double next = x - value / slope;
		if (!(next > lo && next < hi) || (step >= FREE_STEPS && step % 2 == 0)) {
			next = 0.5 * (lo + hi);
			last_move = 0.0;
		} else {
			/* Newton's moves shrink as move_k+1 = K move_k^2: foresee the next one. After a
			   bisection last_move is 0 and nothing is foreseen. */
			const double move = fabs(next - x), ratio = move / last_move;
			if (move <= tolerance || (ratio < 0.1 && move * ratio * ratio <= 0.1 * tolerance))
				return next;
			last_move = move;
		}
		x = next;
	}
	return x;
}
