/* A grid finds the valley, GSL's Brent its ground: fits of one shape parameter cannot start in the wrong
 * place. */
#include "models/measure/minimum.h"

#include <gsl/gsl_min.h>
#include <math.h>

#include "models/math/det.h"

enum { N_GRID = 200, MAX_STEPS = 100 };

static double grid_at(double lo, double hi, int k)
{
	return lo * spk_exp(spk_log(hi / lo) * k / N_GRID);
}

double spk_minimum(double (*f)(double x, void *context), void *context, double lo, double hi)
{
	gsl_function problem = {f, context};
	int best = 0;
	double value = f(lo, context);
	for (int k = 1; k <= N_GRID; k++) {
		const double here = f(grid_at(lo, hi, k), context);
		if (here < value) {
			value = here;
			best = k;
		}
	}
	const double x = grid_at(lo, hi, best);
	if (best == 0 || best == N_GRID)
		return x;
	const double left = grid_at(lo, hi, best - 1), right = grid_at(lo, hi, best + 1);
	const double f_left = f(left, context), f_right = f(right, context);
	if (!(value < f_left && value < f_right))
		return x; /* flat: GSL would take it for a mistake */
	gsl_min_fminimizer *const s = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
	gsl_min_fminimizer_set_with_values(s, &problem, x, value, left, f_left, right, f_right);
	for (int k = 0; k < MAX_STEPS; k++)
		if (gsl_min_fminimizer_iterate(s) != 0 ||
			gsl_min_fminimizer_x_upper(s) - gsl_min_fminimizer_x_lower(s) < 1e-10 * x)
			break;
	const double ret = gsl_min_fminimizer_x_minimum(s);
	gsl_min_fminimizer_free(s);
	return ret;
}
