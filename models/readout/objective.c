#include "models/readout/objective.h"

#include "models/math/det.h"

/* log sum_k exp(r_k / scale), without overflow. */
static double log_sum_exp(const struct spk_objective_par *par, size_t n, const double *r)
{
	const double top = r[spk_objective_winner(n, r)];
	double sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += spk_exp((r[k] - top) / par->scale);
	return top / par->scale + spk_log(sum);
}

static double target_of(const struct spk_objective_par *par, size_t unit, size_t label)
{
	return unit == label ? par->target_on : par->target_off;
}

double spk_objective_value(const struct spk_objective_par *par, size_t n, const double *r, size_t label)
{
	double sum = 0;

	if (par->form == SPK_FORM_SOFTMAX)
		return r[label] / par->scale - log_sum_exp(par, n, r);
	for (size_t k = 0; k < n; k++) {
		const double error = (target_of(par, k, label) - r[k]) / par->scale;
		sum += error * error;
	}
	return -sum / 2;
}

void spk_objective_gradient(
	const struct spk_objective_par *par, size_t n, const double *r, size_t label, double *ret_gradient)
{
	if (par->form == SPK_FORM_SOFTMAX) {
		const double norm = log_sum_exp(par, n, r);
		for (size_t k = 0; k < n; k++)
			ret_gradient[k] = ((k == label) - spk_exp(r[k] / par->scale - norm)) / par->scale;
		return;
	}
	for (size_t k = 0; k < n; k++)
		ret_gradient[k] = (target_of(par, k, label) - r[k]) / (par->scale * par->scale);
}

size_t spk_objective_winner(size_t n, const double *r)
{
	size_t best = 0;

	for (size_t k = 1; k < n; k++)
		if (r[k] > r[best])
			best = k;
	return best;
}
