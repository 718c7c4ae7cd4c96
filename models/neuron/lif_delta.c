/*
 * Leaky integrate-and-fire neuron whose potential jumps at each arrival.
 *
 * Equations: see the model's text below. Between arrivals V_m relaxes towards V_inf = E_L + (tau_m/C_m)(I_e +
 * I_ext), so the threshold is reached at an arrival, or, where V_inf > V_th, after the time
 * tau_m log((V_inf - V_m)/(V_inf - V_th)).
 */
#include "models/math/det.h"
#include "models/models.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

#include <math.h>

static const struct spk_field params[] = {SPK_LIF_PARAMS};
static const struct spk_field states[] = {SPK_LIF_STATES};

#define N_PARAMS (sizeof(params) / sizeof(params[0]))

static int derive(double *par, struct spk_error *err)
{
	return spk_lif_derive(params, N_PARAMS, par, err);
}

static void advance(double *st, const double *par, double dt_ms)
{
	spk_lif_advance(st, par, par + N_PARAMS, 0, NULL, dt_ms);
}

static double next_spike(const double *st, const double *par, struct spk_rng *rng)
{
	(void)rng;
	const double V_m = st[SPK_V_M], V_th = par[SPK_LIF_V_TH], wait = st[SPK_REFRACTORY];
	if (V_m >= V_th)
		return wait;
	const double beyond = spk_lif_v_inf(st, par, par + N_PARAMS) - V_th;
	if (beyond <= 0.0)
		return INFINITY;
	/* log1p of the ratio: exact also right below the threshold */
	return wait + par[SPK_LIF_TAU_M] * spk_log1p((V_th - V_m) / beyond);
}

static void receive(double *st, const double *par, double weight)
{
	(void)par;
	st[SPK_U] += weight;
	if (st[SPK_REFRACTORY] <= 0.0)
		st[SPK_V_M] += weight;
}

static void filtered_change(
	const double *st, const double *par, double dt_ms, double tau_ms, double *ret_dv, double *ret_du)
{
	spk_lif_filtered_change(st, par, par + N_PARAMS, 0, NULL, dt_ms, tau_ms, ret_dv, ret_du);
}

static double u_slope(const double *st, const double *par)
{
	return spk_lif_u_slope(st, par, par + N_PARAMS, 0.0);
}

static double psp_area(const double *par, double weight)
{
	return weight * par[SPK_LIF_TAU_M];
}

const struct spk_neuron_model spk_neuron_lif_delta = {
	.name = "lif_delta",
	.summary = "leaky integrate-and-fire neuron, the potential jumps at each arrival",
	.equations =
		"tau_m dV_m/dt = -(V_m - E_L) + (tau_m/C_m) (I_e + I_ext)\n"
		"arrival of weight w (mV): V_m += w, u += w\n"
		"V_m >= V_th: spike, V_m = V_reset for t_ref; arrivals meanwhile do not change V_m\n"
		"u: the same without threshold, reset and refractoriness; tau_u du_bar/dt = u - u_bar\n"
		"Exact: arrivals by addition, relaxation and crossings in closed form.\n"
		"Valid where synaptic currents are short against tau_m. The sign of w alone tells excitation "
		"from\n"
		"inhibition. Arrivals during refractoriness are lost for V_m (Brunel 2000), never for u.",
	.refs = (const char *const[]){"brunel2000", "gerstner2002", NULL},
	.weight_dim = SPK_DIM_VOLTAGE,
	.params = params,
	.n_params = N_PARAMS,
	.n_derived = SPK_LIF_N_DERIVED,
	.states = states,
	.n_states = sizeof(states) / sizeof(states[0]),
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
	.group = &spk_group_delta,
};
