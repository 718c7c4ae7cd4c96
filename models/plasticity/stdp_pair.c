/**
 * Pair-based spike-timing-dependent plasticity.
 *
 * Traces: x jumps by 1 at each presynaptic arrival and decays with tau_plus, y jumps by 1 at each
 * postsynaptic spike that reaches the synapse and decays with tau_minus (all_to_all); or each is set to 1
 * instead (nearest: an arrival pairs with the last postsynaptic spike and a postsynaptic spike with the last
 * arrival, the symmetric scheme of Morrison et al. 2008, Fig. 7A).
 *
 * Amplitudes are fractions of R = w_max - w_min, so that with w_min = 0 a change is A w_max x, which is what
 * PyNN, NEST (lambda = A_plus) and Brian2 mean. Simulators that write dw = A x give A in the weight's unit:
 * divide by w_max. Without both bounds R is 1 mV or 1 pA.
 *
 * Equal times: an arrival comes before a postsynaptic spike at the same instant, so such a pair contributes
 * A_plus and no depression.
 */
#include <math.h>

#include "models/models.h"
#include "models/plasticity/history.h"
#include "models/plasticity/pair.h"

enum pairing { ALL_TO_ALL, NEAREST };
enum dependence { ADDITIVE, MULTIPLICATIVE, POWER };

enum {
	A_PLUS,
	A_MINUS,
	TAU_PLUS,
	TAU_MINUS,
	PAIRING,
	DEPENDENCE,
	MU_PLUS,
	MU_MINUS,
	BOUNDARY,
	N_PARAMS,
	EXPONENT_PLUS = N_PARAMS, /* derived: the exponents in use */
	EXPONENT_MINUS,
	N_ALL
};

static const char *const pairings[] = {"all_to_all", "nearest", NULL};
static const char *const dependences[] = {"additive", "multiplicative", "power", NULL};
static const char *const switches[] = {"off", "on", NULL};

static const struct spk_field params[] = {
	{"A_plus", SPK_DIM_NONE, 0.005, -INFINITY, INFINITY, 0, NULL,
		"potentiation per pair at lag 0, in units of R"},
	{"A_minus", SPK_DIM_NONE, 0.00525, -INFINITY, INFINITY, 0, NULL,
		"depression per pair at lag 0, in units of R"},
	{"tau_plus", SPK_DIM_TIME, 20.0, 0.0, INFINITY, 1, NULL, "time constant of the presynaptic trace x"},
	{"tau_minus", SPK_DIM_TIME, 20.0, 0.0, INFINITY, 1, NULL,
		"time constant of the postsynaptic trace y"},
	{"pairing", SPK_DIM_NONE, ALL_TO_ALL, 0, 1, 0, pairings, "which pairs count"},
	{"dependence", SPK_DIM_NONE, ADDITIVE, 0, 2, 0, dependences, "how a change depends on the weight"},
	{"mu_plus", SPK_DIM_NONE, 0.5, 0.0, INFINITY, 0, NULL, "power: exponent of potentiation"},
	{"mu_minus", SPK_DIM_NONE, 0.5, 0.0, INFINITY, 0, NULL, "power: exponent of depression"},
	{"boundary", SPK_DIM_NONE, 0, 0, 1, 0, switches,
		"add the boundary term when the gate opens and closes"},
};

static int derive(double *par, struct spk_error *err)
{
	static const double exponent[] = {[ADDITIVE] = 0.0, [MULTIPLICATIVE] = 1.0};
	int power = (int)par[DEPENDENCE] == POWER;
	par[EXPONENT_PLUS] = power ? par[MU_PLUS] : exponent[(int)par[DEPENDENCE]];
	par[EXPONENT_MINUS] = power ? par[MU_MINUS] : exponent[(int)par[DEPENDENCE]];
	if (par[BOUNDARY] != 0.0 && ((int)par[PAIRING] != ALL_TO_ALL || (int)par[DEPENDENCE] != ADDITIVE))
		return spk_fail(err, SPK_E_INVALID,
			"the boundary term is defined for pairing all_to_all and dependence additive only");
	return SPK_OK;
}

static unsigned needs(const double *par)
{
	int bounded = par[EXPONENT_PLUS] != 0.0 || par[EXPONENT_MINUS] != 0.0;
	return SPK_NEEDS_POST_SPIKES | (par[BOUNDARY] != 0.0 ? SPK_NEEDS_BOUNDARY : 0u) |
	       (bounded ? SPK_NEEDS_BOUNDS : 0u);
}

static double memory(const double *par)
{
	return TRACE_MEMORY * fmax(par[TAU_PLUS], par[TAU_MINUS]);
}

static struct spk_pair pair_of(const struct spk_rule_call *call)
{
	const double *par = call->par;
	double scale = spk_pair_scale(call);
	return (struct spk_pair){.gain_plus = scale * par[A_PLUS],
		.gain_minus = scale * par[A_MINUS],
		.tau_plus = par[TAU_PLUS],
		.tau_minus = par[TAU_MINUS],
		.mu_plus = par[EXPONENT_PLUS],
		.mu_minus = par[EXPONENT_MINUS]};
}

static void settle(const struct spk_rule_call *call)
{
	struct spk_pair pair = pair_of(call);
	spk_pair_settle(call, &pair);
}

static void arrive(const struct spk_rule_call *call)
{
	struct spk_pair pair = pair_of(call);
	spk_pair_arrive(call, &pair);
}

static void settle_and_arrive(const struct spk_rule_call *call)
{
	struct spk_pair pair = pair_of(call);
	spk_pair_settle_and_arrive(call, &pair);
}

static void boundary(const struct spk_rule_call *call, int edge)
{
	struct spk_pair pair = pair_of(call);
	if (call->par[BOUNDARY] != 0.0)
		spk_pair_boundary(call, &pair, edge);
}

static void spike(const double *par, struct spk_post_spike *now, const struct spk_post_spike *last)
{
	int nearest = (int)par[PAIRING] == NEAREST;
	now->fast = last ? bumped(last->fast, last->t, now->t, par[TAU_MINUS], nearest) : 1.0;
	now->slow = 0.0;
}

static void factors(const double *par, const struct spk_post_spike *spike, double since_ms, double *ret_up,
	double *ret_down)
{
	const struct spk_pair pair = {.tau_plus = par[TAU_PLUS], .tau_minus = par[TAU_MINUS]};
	spk_pair_factors(&pair, spike, since_ms, ret_up, ret_down);
}

static double factor_tau(const double *par)
{
	return fmin(par[TAU_PLUS], par[TAU_MINUS]);
}

static void trace(const double *par, struct spk_pre_trace *pre, double t)
{
	pre->fast = bumped(pre->fast, pre->t, t, par[TAU_PLUS], (int)par[PAIRING] == NEAREST);
	pre->t = t;
}

const struct spk_plasticity_model spk_plasticity_stdp_pair = {
	.name = "stdp_pair",
	.summary = "pair-based STDP: exponential window, any dependence on weight, optional boundary term",
	.equations =
		"dx/dt = -x/tau_plus, dy/dt = -y/tau_minus\n"
		"presynaptic arrival:  w -= R A_minus z^mu_minus y, then x += 1 (nearest: x = 1)\n"
		"postsynaptic spike:   w += R A_plus (1 - z)^mu_plus x, then y += 1 (nearest: y = 1)\n"
		"R = w_max - w_min (1 mV or 1 pA without both bounds), z = (w - w_min)/R; additive: mu = 0,\n"
		"multiplicative: mu = 1, power: mu_plus and mu_minus (Guetig et al. 2003). Each change is "
		"clipped\n"
		"to the bounds. With w_min = 0 the change is A w_max x, as in PyNN, not A x.\n"
		"A postsynaptic spike reaches the synapse after the dendritic delay. At equal times the "
		"arrival\n"
		"comes first: the pair potentiates. The gate decides when changes happen; traces run on.\n"
		"boundary: w -= R A_minus x y when the gate opens, w += R A_minus x y when it closes. With\n"
		"A_plus : A_minus = tau_minus : tau_plus the total is then proportional to the integral of x "
		"dy.\n"
		"Exact for any spike times.\n",
	.refs = (const char *const[]){"bi1998", "guetig2003", "morrison2008", "song2000", "vanrossum2000",
		NULL},
	.params = params,
	.n_params = N_PARAMS,
	.n_derived = N_ALL - N_PARAMS,
	.derive = derive,
	.needs = needs,
	.memory = memory,
	.settle = settle,
	.arrive = arrive,
	.settle_and_arrive = settle_and_arrive,
	.spike = spike,
	.factors = factors,
	.factor_tau = factor_tau,
	.trace = trace,
	.boundary = boundary,
};
