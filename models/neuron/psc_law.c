/* The factors of postsynaptic currents in scaled coordinates, see psc_law.h. */
#include "models/neuron/psc_law.h"

#include "models/math/det.h"
#include "models/math/exp_inline.h"
#include "models/math/levels.h"

double spk_psc_confluent_q(const struct spk_psc_current *k, double inv_c, double t)
{
	return k->delta == 0 ? inv_c * t : k->kappa * spk_expm1(-k->delta * t);
}

/* (1 - (1 + x) exp(-x)) / x^2, the sum of (-x)^n (n + 1) / (n + 2)! */
static double bend(double x)
{
	double sum = 0;

	if (fabs(x) > 0.5)
		return (-spk_expm1(-x) - x * spk_exp(-x)) / (x * x);
	for (int n = 13; n > 0; n--) /* nested: the ratio of two terms is -x (n + 1) / (n (n + 2)) */
		sum = -x * (n + 1) / (n * (n + 2.0)) * (1 + sum);
	return (1 + sum) / 2;
}

double spk_psc_confluent_p(const struct spk_psc_current *k, double inv_c, double t)
{
	return inv_c * k->rate * t * t * bend(k->delta * t);
}

SPK_FOR_EACH_LEVEL void spk_psc_four(const double rate[4], double t, double ret_exp[4], double ret_inverse[4])
{
	for (int k = 0; k < 4; k++) {
		const double f = spk_exp_inline(rate[k] * t);
		ret_exp[k] = f;
		ret_inverse[k] = 1 / f;
	}
}

/* The factors of alpha currents, the others being there. */
static void add_alpha(const struct spk_psc_law *law, double t, struct spk_psc_factors *f)
{
	const struct spk_psc_current *ex = &law->ex, *in = &law->in;

	f->rt_ex = ex->rate * t;
	f->rt_in = in->rate * t;
	f->p_ex = ex->confluent ? spk_psc_confluent_p(ex, law->inv_c, t)
				: f->q_ex * (ex->rate * (t + 1 / ex->delta));
	f->p_in = in->confluent ? spk_psc_confluent_p(in, law->inv_c, t)
				: f->q_in * (in->rate * (t + 1 / in->delta));
}

SPK_FOR_EACH_LEVEL void spk_psc_factors_each(const struct spk_psc_law *law, size_t n,
	const double *restrict t, struct spk_psc_factors *restrict ret)
{
	const double r_m = law->rates[0], r_ex = law->rates[1], r_in = law->rates[2], k_ex = law->ex.kappa,
		     k_in = law->in.kappa;

	for (size_t k = 0; k < n; k++) {
		const double f_m = spk_exp_inline(r_m * t[k]), f_ex = spk_exp_inline(r_ex * t[k]),
			     f_in = spk_exp_inline(r_in * t[k]);
		const double per_f_ex = 1 / f_ex, per_f_in = 1 / f_in;
		ret[k].f_m = f_m;
		ret[k].f_ex = f_ex;
		ret[k].f_in = f_in;
		ret[k].q_ex = k_ex * (f_m * per_f_ex);
		ret[k].q_in = k_in * (f_m * per_f_in);
		ret[k].per_f_m = 1 / f_m;
		ret[k].per_f_ex = per_f_ex;
		ret[k].per_f_in = per_f_in;
	}
	for (size_t k = 0; law->ex.confluent && k < n; k++)
		ret[k].q_ex = spk_psc_confluent_q(&law->ex, law->inv_c, t[k]);
	for (size_t k = 0; law->in.confluent && k < n; k++)
		ret[k].q_in = spk_psc_confluent_q(&law->in, law->inv_c, t[k]);
	for (size_t k = 0; law->alpha && k < n; k++)
		add_alpha(law, t[k], &ret[k]);
}

/* Where the time constants are apart q = kappa f_m / f_syn. */
static double find_q(const struct spk_psc_current *k, double inv_c, double t, double f_m, double per_f_syn)
{
	return k->confluent ? spk_psc_confluent_q(k, inv_c, t) : k->kappa * (f_m * per_f_syn);
}

struct spk_psc_factors spk_psc_factors_at(const struct spk_psc_law *law, double t)
{
	double f[4], per_f[4];

	spk_psc_four(law->rates, t, f, per_f);
	struct spk_psc_factors all = {.f_m = f[0],
		.f_ex = f[1],
		.f_in = f[2],
		.q_ex = find_q(&law->ex, law->inv_c, t, f[0], per_f[1]),
		.q_in = find_q(&law->in, law->inv_c, t, f[0], per_f[2]),
		.per_f_m = per_f[0],
		.per_f_ex = per_f[1],
		.per_f_in = per_f[2]};
	if (law->alpha)
		add_alpha(law, t, &all);
	return all;
}
