/**
 * Equal neurons with postsynaptic currents, exponential (lif_exp) or alpha-shaped (lif_alpha), in scaled
 * coordinates. With D = V_m - V_inf, f_k(t) = exp(t / tau_k), t from the epoch, r = 1 / tau_syn,
 *
 *   I(t) = (i + a r t) / f_syn(t),   A(t) = a / f_syn(t),   D = (c + sum of i q(t) + a p(t)) / f_m(t)
 *
 * for each of the two currents, where c, i and a are constant between arrivals; exponential currents have
 * a = 0. An arrival of weight w at time t adds w f_syn(t) to the i of an exponential current; to an alpha
 * current it adds e w f_syn(t) to a and -e w f_syn(t) r t to i, which leaves I as it is. Then c changes so
 * that D stays as it is. The factors depend on time alone. With delta = 1/tau_syn - 1/tau_m, q' = exp(-delta
 * t) / C and p' = r t exp(-delta t) / C, hence q = -exp(-delta t) / (C delta) and p = q r (t + 1/delta), or,
 * where the time constants (nearly) coincide, the same minus their values at 0, which stay accurate through
 * delta = 0: -expm1(-delta t) / (C delta) and r t^2 (1 - (1 + x) exp(-x)) / (C x^2), x = delta t.
 *
 * Functions of hot loops take `alpha` as a constant of its own, so that what it does not need is left out.
 */
#ifndef SPK_MODELS_NEURON_PSC_LAW_H
#define SPK_MODELS_NEURON_PSC_LAW_H

#include <math.h>
#include <stddef.h>

struct spk_psc_current {
	double tau, rate, delta, kappa; /**< rate: 1 / tau; kappa: -1 / (C delta) */
	int confluent;
};

/** Shared by all neurons of a group. Units: ms, mV, pA, pF. */
struct spk_psc_law {
	int alpha;                 /**< the shape of the currents */
	double tau_m, rate, inv_c; /**< rate: 1 / tau_m */
	double v_inf;
	double theta; /**< V_th - V_inf */
	double reset; /**< V_reset - V_inf */
	double t_ref;
	double peak; /**< highest D that an exponential current of 1 pA can cause from D = 0, mV/pA */
	struct spk_psc_current ex, in;
	double rates[4]; /**< of the membrane, ex and in, once more in one row; 0 */
};

/**
 * The scaled state of a neuron, and an upper bound on D for some time ahead: so many doubles, in this order.
 * What an arrival adds to a neuron has the same form. Excitation changes the first four alone.
 */
enum { SPK_PSC_BOUND, SPK_PSC_C, SPK_PSC_EX, SPK_PSC_IN, SPK_PSC_EXP_CELL };
enum { SPK_PSC_ALPHA_EX = SPK_PSC_EX, SPK_PSC_A_EX, SPK_PSC_ALPHA_IN, SPK_PSC_A_IN, SPK_PSC_ALPHA_CELL = 8 };
enum { SPK_PSC_MAX_CELL = SPK_PSC_ALPHA_CELL };

/** Four numbers as a vector: all of an exponential neuron's cell, half of an alpha neuron's. */
typedef double spk_psc_vector __attribute__((vector_size(SPK_PSC_EXP_CELL * sizeof(double)), may_alias));
/** What an arrival adds to an exponential neuron. */
struct spk_psc_jump {
	_Alignas(32) double x[SPK_PSC_EXP_CELL];
};

/** All factors at one time, and the inverse of each f. */
struct spk_psc_factors {
	double f_m, f_ex, f_in, q_ex, q_in;
	double per_f_m, per_f_ex, per_f_in;
	double rt_ex, rt_in, p_ex, p_in; /**< alpha currents only */
};

/** D and the currents at one time. */
struct spk_psc_state {
	double d, i_ex, i_in, a_ex, a_in;
};

/** Confluent currents only: q(t) and p(t). */
double spk_psc_confluent_q(const struct spk_psc_current *k, double inv_c, double t);
double spk_psc_confluent_p(const struct spk_psc_current *k, double inv_c, double t);
/** All factors at many times. */
void spk_psc_factors_each(
	const struct spk_psc_law *law, size_t n, const double *t, struct spk_psc_factors *ret_factors);
/** exp(rate[k] t) for each k, |rate[k] t| <= SPK_EXP_INLINE_MAX, and its inverse. */
void spk_psc_four(const double rate[4], double t, double ret_exp[4], double ret_inverse[4]);
/** All factors at one time, with the same bits as spk_psc_factors_each(). */
struct spk_psc_factors spk_psc_factors_at(const struct spk_psc_law *law, double t);

static inline size_t spk_psc_cell_size(int alpha)
{
	return alpha ? SPK_PSC_ALPHA_CELL : SPK_PSC_EXP_CELL;
}

static inline __attribute__((always_inline)) struct spk_psc_state spk_psc_state_of(
	const double *cell, const struct spk_psc_factors *f, int alpha)
{
	if (!alpha)
		return (struct spk_psc_state){
			.d = (cell[SPK_PSC_C] + cell[SPK_PSC_EX] * f->q_ex + cell[SPK_PSC_IN] * f->q_in) *
			     f->per_f_m,
			.i_ex = cell[SPK_PSC_EX] * f->per_f_ex,
			.i_in = cell[SPK_PSC_IN] * f->per_f_in};
	const double i_ex = cell[SPK_PSC_ALPHA_EX], a_ex = cell[SPK_PSC_A_EX], i_in = cell[SPK_PSC_ALPHA_IN],
		     a_in = cell[SPK_PSC_A_IN];
	return (struct spk_psc_state){.d = (cell[SPK_PSC_C] + (i_ex * f->q_ex + a_ex * f->p_ex) +
						   (i_in * f->q_in + a_in * f->p_in)) *
					   f->per_f_m,
		.i_ex = (i_ex + a_ex * f->rt_ex) * f->per_f_ex,
		.i_in = (i_in + a_in * f->rt_in) * f->per_f_in,
		.a_ex = a_ex * f->per_f_ex,
		.a_in = a_in * f->per_f_in};
}

/** Put D to a value, the currents staying as they are. */
static inline void spk_psc_set_d(double *cell, double d, const struct spk_psc_factors *f, int alpha)
{
	const double whole = d * f->f_m;

	cell[SPK_PSC_C] = alpha ? whole - (cell[SPK_PSC_ALPHA_EX] * f->q_ex + cell[SPK_PSC_A_EX] * f->p_ex) -
					  (cell[SPK_PSC_ALPHA_IN] * f->q_in + cell[SPK_PSC_A_IN] * f->p_in)
				: whole - cell[SPK_PSC_EX] * f->q_ex - cell[SPK_PSC_IN] * f->q_in;
}

/**
 * First time in [0, h) from this state at which D >= theta, to about 1e-12 ms; INFINITY if there is none.
 * See psc_crossing.c.
 */
double spk_psc_crossing(const struct spk_psc_law *law, const struct spk_psc_state *start, double h);

/** Vectors may be so wide: arrays of searches and times are filled up to whole ones. */
enum { SPK_PSC_LANES = 8, SPK_PSC_SEARCHES = 64 };
struct spk_psc_search {
	double d[SPK_PSC_SEARCHES], i_ex[SPK_PSC_SEARCHES], i_in[SPK_PSC_SEARCHES], h[SPK_PSC_SEARCHES];
	double crossing[SPK_PSC_SEARCHES]; /**< the result */
};

/** The law allows many searches at once: exponential currents whose time constants are apart. */
static inline int spk_psc_searches_many(const struct spk_psc_law *law)
{
	return !law->alpha && !law->ex.confluent && !law->in.confluent;
}

/**
 * What spk_psc_crossing() finds, with the same bits, for n <= SPK_PSC_SEARCHES neurons, if
 * spk_psc_searches_many().
 */
void spk_psc_crossings(const struct spk_psc_law *law, size_t n, struct spk_psc_search *search);

#endif
