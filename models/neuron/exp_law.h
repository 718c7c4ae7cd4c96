/**
 * Equal lif_exp neurons in scaled coordinates. With D = V_m - V_inf, f_k(t) = exp(t / tau_k), t from the
 * epoch, I_ex = ex / f_ex(t),   I_in = in / f_in(t),   D = (c + ex q_ex(t) + in q_in(t)) / f_m(t), where c,
 * ex and in are constant between arrivals. An excitatory arrival of weight w at time t is ex += w f_ex(t), c
 * -= w f_ex(t) q_ex(t), which leaves D as it is. The factors depend on time alone. With delta = 1/tau_syn -
 * 1/tau_m, q(t) is -exp(-delta t) / (C delta), or, where the time constants (nearly) coincide, the same minus
 * its value at 0, which stays accurate through delta = 0: -expm1(-delta t) / (C delta).
 */
#ifndef SPK_MODELS_NEURON_EXP_LAW_H
#define SPK_MODELS_NEURON_EXP_LAW_H

#include <stddef.h>

struct spk_exp_current {
	double tau, rate, delta, kappa; /**< rate: 1 / tau; kappa: -1 / (C delta) */
	int confluent;
};

/** Shared by all neurons of a group. Units: ms, mV, pA, pF. */
struct spk_exp_law {
	double tau_m, rate, inv_c; /**< rate: 1 / tau_m */
	double v_inf;
	double theta; /**< V_th - V_inf */
	double reset; /**< V_reset - V_inf */
	double t_ref;
	double peak; /**< highest D that an excitatory current of 1 pA can cause from D = 0, mV/pA */
	struct spk_exp_current ex, in;
	double rates[4]; /**< of the membrane, ex and in, once more in one row; 0 */
};

/**
 * The scaled state of a neuron, and an upper bound on D for some time ahead. What an arrival adds to a neuron
 * has the same form.
 */
struct spk_exp_cell {
	_Alignas(32) double bound;
	double c, ex, in;
};

/** A cell as a vector: bound, c, ex, in. */
typedef double spk_exp_vector __attribute__((vector_size(sizeof(struct spk_exp_cell)), may_alias));

/** All factors at one time, and the inverse of each f. */
struct spk_exp_factors {
	double f_m, f_ex, f_in, q_ex, q_in;
	double per_f_m, per_f_ex, per_f_in;
};

/** D and the currents at one time. */
struct spk_exp_state {
	double d, i_ex, i_in;
};

/** Confluent currents only: q(t). */
double spk_exp_confluent_q(const struct spk_exp_current *k, double inv_c, double t);
/** exp(rate[k] t) for each k, |rate[k] t| <= SPK_EXP_INLINE_MAX, and its inverse. */
void spk_exp_four(const double rate[4], double t, double ret_exp[4], double ret_inverse[4]);

/** Where the time constants are apart q = kappa f_m / f_syn. */
static inline double spk_exp_q(
	const struct spk_exp_current *k, double inv_c, double t, double f_m, double per_f_syn)
{
	return k->confluent ? spk_exp_confluent_q(k, inv_c, t) : k->kappa * (f_m * per_f_syn);
}

static inline struct spk_exp_factors spk_exp_factors_at(const struct spk_exp_law *law, double t)
{
	double f[4], per_f[4];

	spk_exp_four(law->rates, t, f, per_f);
	return (struct spk_exp_factors){.f_m = f[0],
		.f_ex = f[1],
		.f_in = f[2],
		.q_ex = spk_exp_q(&law->ex, law->inv_c, t, f[0], per_f[1]),
		.q_in = spk_exp_q(&law->in, law->inv_c, t, f[0], per_f[2]),
		.per_f_m = per_f[0],
		.per_f_ex = per_f[1],
		.per_f_in = per_f[2]};
}

/** spk_exp_factors_at() for many times, with the same bits. */
void spk_exp_factors_each(
	const struct spk_exp_law *law, size_t n, const double *t, struct spk_exp_factors *ret_factors);

static inline __attribute__((always_inline)) struct spk_exp_state spk_exp_state_of(
	const struct spk_exp_cell *cell, const struct spk_exp_factors *f)
{
	return (struct spk_exp_state){.d = (cell->c + cell->ex * f->q_ex + cell->in * f->q_in) * f->per_f_m,
		.i_ex = cell->ex * f->per_f_ex,
		.i_in = cell->in * f->per_f_in};
}

/** Put D to a value, the currents staying as they are. */
static inline void spk_exp_set_d(struct spk_exp_cell *cell, double d, const struct spk_exp_factors *f)
{
	cell->c = d * f->f_m - cell->ex * f->q_ex - cell->in * f->q_in;
}

/**
 * First time in [0, h) from this state at which D >= theta, to about 1e-12 ms; INFINITY if there is none.
 * See exp_crossing.c.
 */
double spk_exp_crossing(const struct spk_exp_law *law, const struct spk_exp_state *start, double h);

#endif
