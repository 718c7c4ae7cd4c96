/*
 * Leaky integrate-and-fire neuron with alpha-shaped synaptic currents.
 *
 * Equations: see the model's text below. Time constants may coincide (models/math/chain.h). The first
 * crossing is found by models/math/course.h; most calls end at its bound.
 */
#include "models/models.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

#include <math.h>

enum { TAU_EX = SPK_LIF_N_PARAMS, TAU_IN, N_PARAMS };
enum { RATE_EX = SPK_LIF_N_DERIVED, RATE_IN, PEAK, N_DERIVED };
enum { I_EX = SPK_N_COMMON_STATES, I_IN, A_EX, A_IN, N_STATES };

/* clang-format off */
static const struct spk_field params[N_PARAMS] = {SPK_LIF_PARAMS,
	{"tau_syn_ex", SPK_DIM_TIME, 2.0, 0.0, INFINITY, 1, NULL, "rise time of excitatory currents"},
	{"tau_syn_in", SPK_DIM_TIME, 2.0, 0.0, INFINITY, 1, NULL, "rise time of inhibitory currents"},
};
static const struct spk_field states[N_STATES] = {SPK_LIF_STATES,
	{"I_syn_ex", SPK_DIM_CURRENT, 0.0, 0.0, INFINITY, 0, NULL, "excitatory synaptic current"},
	{"I_syn_in", SPK_DIM_CURRENT, 0.0, -INFINITY, 0.0, 0, NULL, "inhibitory synaptic current"},
	{"A_syn_ex", SPK_DIM_CURRENT, 0.0, 0.0, INFINITY, 0, NULL, "drive of I_syn_ex; arrivals add e w"},
	{"A_syn_in", SPK_DIM_CURRENT, 0.0, -INFINITY, 0.0, 0, NULL, "drive of I_syn_in; arrivals add e w"},
};
/* clang-format on */

static int derive(double *par, struct spk_error *err)
{
	const int rc = spk_lif_derive(params, N_PARAMS, par, err);
	if (rc < 0)
		return rc;
	double *derived = par + N_PARAMS;
	derived[RATE_EX] = 1.0 / par[TAU_EX];
	derived[RATE_IN] = 1.0 / par[TAU_IN];
	derived[PEAK] = spk_course_peak(derived[SPK_LIF_RATE], derived[RATE_EX], derived[SPK_LIF_INV_C]);
	return SPK_OK;
}

static void advance(double *st, const double *par, double dt_ms)
{
	const double *derived = par + N_PARAMS;
	struct spk_current current[2] = {
		{derived[RATE_EX], st[I_EX], st[A_EX]}, {derived[RATE_IN], st[I_IN], st[A_IN]}};
	spk_lif_advance(st, par, derived, 2, current, dt_ms);
	st[I_EX] = current[0].I;
	st[I_IN] = current[1].I;
	st[A_EX] = current[0].A;
	st[A_IN] = current[1].A;
}

static double next_spike(const double *st, const double *par, struct spk_rng *rng)
{
	(void)rng;
	const double *derived = par + N_PARAMS;
	const struct spk_current current[2] = {
		{derived[RATE_EX], st[I_EX], st[A_EX]}, {derived[RATE_IN], st[I_IN], st[A_IN]}};
	return spk_lif_next_spike(st, par, derived, current, derived[PEAK]);
}

static void receive(double *st, const double *par, double weight)
{
	(void)par;
	st[weight < 0.0 ? A_IN : A_EX] += M_E * weight; /* the current then peaks at the weight */
}

static void filtered_change(
	const double *st, const double *par, double dt_ms, double tau_ms, double *ret_dv, double *ret_du)
{
	const double *derived = par + N_PARAMS;
	const struct spk_current current[2] = {
		{derived[RATE_EX], st[I_EX], st[A_EX]}, {derived[RATE_IN], st[I_IN], st[A_IN]}};
	spk_lif_filtered_change(st, par, derived, 2, current, dt_ms, tau_ms, ret_dv, ret_du);
}

static double u_slope(const double *st, const double *par)
{
	return spk_lif_u_slope(st, par, par + N_PARAMS, st[I_EX] + st[I_IN]);
}

static double psp_area(const double *par, double weight)
{
	const double charge = weight * M_E * par[weight < 0 ? TAU_IN : TAU_EX];

	return charge * par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
}

const struct spk_neuron_model spk_neuron_lif_alpha = {
	.name = "lif_alpha",
	.summary = "leaky integrate-and-fire neuron with alpha-shaped synaptic currents",
	.equations =
		"tau_m dV_m/dt = -(V_m - E_L) + (tau_m/C_m) (I_syn_ex + I_syn_in + I_e + I_ext)\n"
		"tau_syn_X dI_syn_X/dt = A_syn_X - I_syn_X, tau_syn_X dA_syn_X/dt = -A_syn_X\n"
		"arrival of weight w (pA): A_syn_ex += e w if w >= 0, else A_syn_in += e w; the current is "
		"then\n"
		"w e (t/tau_syn) exp(-t/tau_syn) and peaks at w\n"
		"V_m >= V_th: spike, V_m = V_reset for t_ref; the currents run on meanwhile\n"
		"u: the same without threshold, reset and refractoriness; tau_u du_bar/dt = u - u_bar\n"
		"Exact flow for any time constants, equal ones included; no excursion above V_th is missed,\n"
		"however short; crossings to 1e-12 ms times the rounding error of V_m over its slope.",
	.refs = (const char *const[]){"rotter1999", "brette2007", "gerstner2002", NULL},
	.weight_dim = SPK_DIM_CURRENT,
	.params = params,
	.n_params = N_PARAMS,
	.n_derived = N_DERIVED,
	.states = states,
	.n_states = N_STATES,
	.derive = derive,
	.init = spk_lif_init,
	.advance = advance,
	.next_spike = next_spike,
	.receive = receive,
	.fire = spk_lif_fire,
	.filtered_change = filtered_change,
	.u_slope = u_slope,
	.psp_area = psp_area,
	.u_rest = spk_lif_u_rest,
	.rate = spk_lif_rate,
	.rate_slope = spk_lif_rate_slope,
	.group = &spk_group_alpha,
};
