/*
 * Leaky integrate-and-fire neuron with a stochastic threshold (escape noise), delta synapses.
 *
 * Equations: see the model's text below. Between arrivals V_m relaxes monotonically to V_inf, so the hazard
 * has a simple bound, and the next spike is drawn exactly by thinning (Lewis and Shedler 1979): propose times
 * at the bounding rate, keep one with probability hazard/bound. Two things keep proposals few: a falling
 * hazard is bounded afresh at each proposal, a rising one in windows in which V_m rises by Delta_u.
 */
#include "models/math/det.h"
#include "models/models.h"
#include "models/neuron/escape_neuron.h"
#include "models/neuron/escape_rate.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

#include <math.h>

enum { RHO_0 = SPK_LIF_N_PARAMS, DELTA_U, N_PARAMS };

/** Below this many Delta_u under V_th the hazard is so small that one window may cover the rise. */
#define QUIET_EXPONENT (-10.0)

/* clang-format off */
static const struct spk_field params[N_PARAMS] = {SPK_LIF_PARAMS,
	{"rho_0", SPK_DIM_RATE, 100.0, 0.0, INFINITY, 0, NULL, "hazard at V_m = V_th"},
	{"Delta_u", SPK_DIM_VOLTAGE, 2.0, 0.0, INFINITY, 1, NULL, "width of the threshold region"},
};
/* clang-format on */
static const struct spk_field states[] = {SPK_LIF_STATES};

static int derive(double *par, struct spk_error *err)
{
	return spk_lif_derive(params, N_PARAMS, par, err);
}

static void advance(double *st, const double *par, double dt_ms)
{
	spk_lif_advance(st, par, par + N_PARAMS, 0, NULL, dt_ms);
}

/** Hazard at potential v, 1/ms. */
static double hazard(double v, const double *par)
{
	const double exponent = (v - par[SPK_LIF_V_TH]) / par[DELTA_U];
	return 1e-3 * par[RHO_0] * spk_exp(fmin(exponent, SPK_ESCAPE_MAX_EXPONENT));
}

/** The potential that bounds a rise from v < v_inf, and the time until it is reached. */
static double bound_rise(double v, double v_inf, const double *par, double *ret_until)
{
	const double quiet = par[SPK_LIF_V_TH] + QUIET_EXPONENT * par[DELTA_U];
	const double top = fmax(v + par[DELTA_U], quiet);
	if (!(top < v_inf)) {
		*ret_until = INFINITY;
		return v_inf;
	}
	*ret_until = par[SPK_LIF_TAU_M] * spk_log1p((top - v) / (v_inf - top));
	return top;
}

static double next_spike(const double *st, const double *par, struct spk_rng *rng)
{
	const double *derived = par + N_PARAMS;
	const double v_inf = spk_lif_v_inf(st, par, derived);
	double v = st[SPK_V_M], t = st[SPK_REFRACTORY];
	for (;;) {
		double until = INFINITY;
		const double top = v < v_inf ? bound_rise(v, v_inf, par, &until) : v;
		const double bound = hazard(top, par);
		const double step =
			spk_rng_exponential(rng) / bound; /* infinite where the hazard underflows */
		if (isinf(step) && isinf(until))
			return INFINITY;
		if (step >= until) {
			t += until;
			v = top;
			continue;
		}
		t += step;
		v = v_inf + (v - v_inf) * spk_exp(-derived[SPK_LIF_RATE] * step);
		if (spk_rng_uniform(rng) * bound < hazard(v, par))
			return t;
	}
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

static struct spk_escape at_potential(const double *par, double u)
{
	return (struct spk_escape){.tau_m = par[SPK_LIF_TAU_M],
		.t_ref = par[SPK_LIF_T_REF],
		.rho_0 = 1e-3 * par[RHO_0],
		.start = (par[SPK_LIF_V_RESET] - par[SPK_LIF_V_TH]) / par[DELTA_U],
		.drive = (u - par[SPK_LIF_V_TH]) / par[DELTA_U]};
}

static double rate(const double *par, double u)
{
	const struct spk_escape neuron = at_potential(par, u);

	return 1e3 * spk_escape_rate(&neuron, NULL);
}

static double rate_slope(const double *par, double u)
{
	const struct spk_escape neuron = at_potential(par, u);
	double slope;

	(void)spk_escape_rate(&neuron, &slope);
	return 1e3 * slope / par[DELTA_U];
}

const struct spk_neuron_model spk_neuron_lif_escape = {
	.name = "lif_escape",
	.summary = "leaky integrate-and-fire neuron with a stochastic threshold, the potential jumps at each "
		   "arrival",
	.equations = "tau_m dV_m/dt = -(V_m - E_L) + (tau_m/C_m) (I_e + I_ext)\n"
		     "arrival of weight w (mV): V_m += w, u += w\n"
		     "spikes with hazard rho = rho_0 exp((V_m - V_th)/Delta_u); V_m = V_reset for t_ref, "
		     "without hazard;\n"
		     "arrivals meanwhile do not change V_m\n"
		     "u: the same without spikes, reset and refractoriness; tau_u du_bar/dt = u - u_bar\n"
		     "Exact: spike times are drawn by thinning, no time step. Deviation: the hazard stays "
		     "constant from\n"
		     "V_th + 300 Delta_u on. Delta_u -> 0 gives lif_delta.",
	.refs = (const char *const[]){"gerstner2002", "lewis1979", NULL},
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
	.rate = rate,
	.rate_slope = rate_slope,
	.group = &spk_group_escape,
};
