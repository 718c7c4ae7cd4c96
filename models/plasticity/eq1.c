/**
 * Equation 1 of Bengio et al. 2016, dW_ij ~ S_i dV_j/dt, in seven readings.
 *
 * The equation leaves open what V is once a neuron resets and how the derivative is taken:
 *   x_dv          integral of x dV, x the presynaptic trace, the jumps of V at resets left out
 *   x_dv_reset    the same with the reset jumps
 *   x_du          integral of x du, u the reset-free potential
 *   s_dudt        du/dt at each presynaptic arrival
 *   u_minus_ubar  u - u_bar at each presynaptic arrival; u_bar is the low-pass copy of u with time constant
 *                 tau_u, so u - u_bar = tau_u du_bar/dt: a causal, smoothed derivative
 *   x_dubar       integral of x du_bar over the gate by the trapezoid rule: as the gate closes,
 *                 w += eta (x_opened + x_closed)/2 (u_bar_closed - u_bar_opened)
 *   pairs         integral of x dy, y the postsynaptic trace of the spikes: balanced pair STDP with
 *                 A+ = tau_y/(tau_x + tau_y), A- = tau_x/(tau_x + tau_y) and the boundary term (pair.c)
 * x jumps by 1 at each arrival and decays with tau_x. Pairs are all to all.
 *
 * u_bar_min and u_bar_max make a window: with s_dudt, u_minus_ubar and x_dubar the weights of a neuron learn
 * only when its u_bar was inside as the gate opened, before a nudge moved it. A window from V_th up stands
 * for the slope of the rate over u, which eq 1 lacks: 0 for a neuron that its input leaves silent, about
 * constant for one that fires.
 *
 * For a one-layer objective only x_du, s_dudt, u_minus_ubar and x_dubar are its gradient in the mean; pairs
 * is, with far more noise; x_dv measures the product of the rates and x_dv_reset next to nothing.
 *
 * What neurons that drive one target do together, stationary but for their common rhythm, must not change
 * their weights. s_dudt and u_minus_ubar fail that: those that fire late in a volley meet the u that the
 * others raised, so that the weights of neurons that fire in step grow of themselves, in proportion to their
 * sum. In x_du with tau_x = tau_m what one neuron gains from another's rhythm the other loses: the mean of
 * x_j du_k + x_k du_j is that of d(x_j u_k), which is 0. In x_dubar the products at one edge cancel likewise;
 * what is left are correlations between the two edges, which are small when the gate is long against tau_x.
 * With tau_x = tau_m one thing does not cancel in x_du: a synapse's own jump of u by w meets the x that this
 * arrival has just raised by 1, while midway between before and after would be balanced. Over a long gate a
 * weight so grows by eta w/2 at each of its own arrivals; decay = eta/2 takes this off, with nothing but what
 * is known at the synapse.
 *
 * The integrals come from the engine as G(t) = integral from t0 of exp(-(s - t0)/tau_x) dV(s), so that what
 * x adds between two times of one row is x(t0) (G_now - G_last), x(t0) being the trace extrapolated to t0;
 * each synapse keeps its G_last. They see the soma, without the dendritic delay, which `pairs` does see.
 */
#include <math.h>

#include "models/math/levels.h"
#include "models/models.h"
#include "models/plasticity/history.h"
#include "models/plasticity/pair.h"

enum reading { X_DV, X_DV_RESET, X_DU, S_DUDT, U_MINUS_UBAR, PAIRS, X_DUBAR };
enum { READING, ETA, TAU_X, TAU_Y, U_BAR_MIN, U_BAR_MAX, DECAY, N_PARAMS };

static const char *const readings[] = {
	"x_dv", "x_dv_reset", "x_du", "s_dudt", "u_minus_ubar", "pairs", "x_dubar", NULL};

static const struct spk_field params[] = {
	{"reading", SPK_DIM_NONE, U_MINUS_UBAR, 0, 6, 0, readings, "what stands for S_i dV_j/dt"},
	{"eta", SPK_DIM_NONE, NAN, -INFINITY, INFINITY, 0, NULL,
		"step: weight per mV (x_*, u_minus_ubar), per mV/ms (s_dudt), per pair (pairs)"},
	{"tau_x", SPK_DIM_TIME, 20.0, 0.0, INFINITY, 1, NULL,
		"x_*, pairs: time constant of the presynaptic trace"},
	{"tau_y", SPK_DIM_TIME, 20.0, 0.0, INFINITY, 1, NULL,
		"pairs: time constant of the postsynaptic trace"},
	{"u_bar_min", SPK_DIM_VOLTAGE, -INFINITY, -INFINITY, INFINITY, 0, NULL,
		"s_dudt, u_minus_ubar, x_dubar: only neurons whose u_bar was at least this as the gate "
		"opened"},
	{"u_bar_max", SPK_DIM_VOLTAGE, INFINITY, -INFINITY, INFINITY, 0, NULL,
		"s_dudt, u_minus_ubar, x_dubar: only neurons whose u_bar was at most this as the gate "
		"opened"},
	{"decay", SPK_DIM_NONE, 0.0, 0.0, 1.0, 0, NULL,
		"x_du: share of its weight that a synapse loses at each arrival; eta/2 takes off what its "
		"own "
		"jumps of u give it"},
};

static enum reading reading_of(const double *par)
{
	return (enum reading)(int)par[READING];
}

static int has_window(const double *par)
{
	return par[U_BAR_MIN] > (double)-INFINITY || par[U_BAR_MAX] < (double)INFINITY;
}

static int reads_u(const double *par)
{
	const enum reading reading = reading_of(par);

	return reading == S_DUDT || reading == U_MINUS_UBAR;
}

static int derive(double *par, struct spk_error *err)
{
	if (has_window(par) && !reads_u(par) && reading_of(par) != X_DUBAR)
		return spk_fail(err, SPK_E_INVALID,
			"u_bar_min and u_bar_max are for the readings s_dudt, u_minus_ubar and x_dubar");
	if (par[DECAY] != 0 && reading_of(par) != X_DU)
		return spk_fail(err, SPK_E_INVALID, "decay is for the reading x_du");
	if (!(par[U_BAR_MIN] < par[U_BAR_MAX]))
		return spk_fail(err, SPK_E_INVALID, "u_bar_min %g mV is not below u_bar_max %g mV",
			par[U_BAR_MIN], par[U_BAR_MAX]);
	return SPK_OK;
}

static unsigned needs(const double *par)
{
	static const unsigned table[] = {[X_DV] = SPK_NEEDS_CHANGE | SPK_NEEDS_V_CHANGE,
		[X_DV_RESET] = SPK_NEEDS_CHANGE | SPK_NEEDS_V_CHANGE,
		[X_DU] = SPK_NEEDS_CHANGE,
		[S_DUDT] = SPK_NEEDS_U,
		[U_MINUS_UBAR] = SPK_NEEDS_U,
		[PAIRS] = SPK_NEEDS_POST_SPIKES | SPK_NEEDS_BOUNDARY,
		[X_DUBAR] = SPK_NEEDS_BOUNDARY | SPK_NEEDS_GATE_U_BAR | SPK_NEEDS_CLOSING};
	return table[reading_of(par)] | (has_window(par) && reads_u(par) ? SPK_NEEDS_GATE_FACTOR : 0u);
}

static double change_tau(const double *par)
{
	return par[TAU_X];
}

static double memory(const double *par)
{
	return TRACE_MEMORY * fmax(par[TAU_X], par[TAU_Y]);
}

static struct spk_pair pair_of(const double *par)
{
	double sum = par[TAU_X] + par[TAU_Y];
	return (struct spk_pair){.gain_plus = par[ETA] * par[TAU_Y] / sum,
		.gain_minus = par[ETA] * par[TAU_X] / sum,
		.tau_plus = par[TAU_X],
		.tau_minus = par[TAU_Y]};
}

/** The running integral that this reading uses. */
static double integral_of(const struct spk_post_change *change, enum reading reading)
{
	if (reading == X_DU)
		return change->du;
	return reading == X_DV_RESET ? change->dv + change->reset : change->dv;
}

static void settle_change(const struct spk_rule_call *call)
{
	enum reading reading = reading_of(call->par);
	const struct spk_pre_trace *pre = call->pre;
	double gain =
		call->open ? call->par[ETA] * decayed(pre->fast, pre->t, call->t0, call->par[TAU_X]) : 0.0;
	for (size_t k = 0; k < call->n; k++) {
		double integral = integral_of(&call->changes[call->post[k]], reading);
		if (gain != 0.0)
			call->weight[k] =
				clip_weight(call, call->weight[k] + gain * (integral - call->syn[k]));
		call->syn[k] = integral;
	}
}

static void settle(const struct spk_rule_call *call)
{
	unsigned need = needs(call->par);
	if (need & SPK_NEEDS_CHANGE) {
		settle_change(call);
	} else if (need & SPK_NEEDS_POST_SPIKES) {
		struct spk_pair pair = pair_of(call->par);
		spk_pair_settle(call, &pair);
	}
}

static void decay_weights(const struct spk_rule_call *call)
{
	const double kept = 1.0 - call->par[DECAY];

	for (size_t k = 0; kept != 1.0 && call->open && k < call->n; k++)
		call->weight[k] = clip_weight(call, kept * call->weight[k]);
}

static void arrive(const struct spk_rule_call *call)
{
	enum reading reading = reading_of(call->par);
	if (reading == X_DU)
		decay_weights(call);
	if (reading == PAIRS) {
		struct spk_pair pair = pair_of(call->par);
		spk_pair_arrive(call, &pair);
		return;
	}
	if (!call->open || !(needs(call->par) & SPK_NEEDS_U))
		return;
	for (size_t k = 0; k < call->n; k++) {
		double slope = reading == S_DUDT ? call->u_slope[k] : call->u[k] - call->u_bar[k];
		double factor = call->gate_factor ? call->gate_factor[call->post[k]] : 1.0;
		double change = factor * (call->par[ETA] * slope);
		call->weight[k] = clip_weight(call, call->weight[k] + change);
	}
}

static int form(const double *par, struct spk_potential_form *ret_form)
{
	const double eta = par[ETA];
	const enum reading reading = reading_of(par);
	*ret_form = reading == S_DUDT ? (struct spk_potential_form){.u_slope = eta}
				      : (struct spk_potential_form){.u = eta, .u_bar = -eta};
	return reads_u(par);
}

static double gate_factor(const double *par, double u_bar)
{
	return u_bar >= par[U_BAR_MIN] && u_bar <= par[U_BAR_MAX];
}

/* What the closing of the gate does to the synapses of a row. */
struct closing {
	double gain; /* eta times the mean of x at the two edges */
	double u_bar_min, u_bar_max, w_min, w_max;
};

static inline __attribute__((always_inline)) double close_one(
	const struct closing *c, double w, double opened, double closed)
{
	const double learns = (opened >= c->u_bar_min) & (opened <= c->u_bar_max) ? 1.0 : 0.0;
	const double changed = w + learns * (c->gain * (closed - opened));
	const double raised = changed < c->w_min ? c->w_min : changed;

	return raised > c->w_max ? c->w_max : raised;
}

/* Onto neurons 0, 1, ...: potentials and weights lie side by side. */
SPK_FOR_EACH_LEVEL static void close_in_order(const struct closing *given, size_t n, double *restrict weight,
	const double *restrict opened, const double *restrict closed)
{
	const struct closing c = *given;

	for (size_t k = 0; k < n; k++)
		weight[k] = close_one(&c, weight[k], opened[k], closed[k]);
}

/* x_dubar: x as the gate opens waits in pre->slow until it closes. */
static void close_phase(const struct spk_rule_call *call, double x)
{
	const struct closing c = {.gain = call->par[ETA] * 0.5 * (call->pre->slow + x),
		.u_bar_min = call->par[U_BAR_MIN],
		.u_bar_max = call->par[U_BAR_MAX],
		.w_min = call->w_min,
		.w_max = call->w_max};
	const double *opened = call->u_bar_opened, *closed = call->u_bar_closed;

	if (c.gain == 0.0)
		return;
	if (call->in_order) {
		close_in_order(&c, call->n, call->weight, opened, closed);
		return;
	}
	for (size_t k = 0; k < call->n; k++)
		call->weight[k] =
			close_one(&c, call->weight[k], opened[call->post[k]], closed[call->post[k]]);
}

static void boundary(const struct spk_rule_call *call, int edge)
{
	const enum reading reading = reading_of(call->par);
	if (reading == PAIRS) {
		struct spk_pair pair = pair_of(call->par);
		spk_pair_boundary(call, &pair, edge);
	} else if (reading == X_DUBAR) {
		const double x = decayed(call->pre->fast, call->pre->t, call->t, call->par[TAU_X]);
		if (edge > 0)
			call->pre->slow = x;
		else
			close_phase(call, x);
	}
}

static void spike(const double *par, struct spk_post_spike *now, const struct spk_post_spike *last)
{
	now->fast = last ? bumped(last->fast, last->t, now->t, par[TAU_Y], 0) : 1.0;
	now->slow = 0.0;
}

static void factors(const double *par, const struct spk_post_spike *spike, double since_ms, double *ret_up,
	double *ret_down)
{
	const struct spk_pair pair = pair_of(par);
	spk_pair_factors(&pair, spike, since_ms, ret_up, ret_down);
}

static double factor_tau(const double *par)
{
	return fmin(par[TAU_X], par[TAU_Y]);
}

static void trace(const double *par, struct spk_pre_trace *pre, double t)
{
	pre->fast = bumped(pre->fast, pre->t, t, par[TAU_X], 0);
	pre->t = t;
}

static void rebase(const struct spk_rule_call *call)
{
	for (size_t k = 0; k < call->n; k++)
		call->syn[k] = 0.0;
}

const struct spk_plasticity_model spk_plasticity_eq1 = {
	.name = "eq1",
	.summary = "dW_ij ~ S_i dV_j/dt (Bengio et al. 2016, eq 1) in seven readings",
	.equations =
		"x_dv          dw = eta x dV, reset jumps excluded\n"
		"x_dv_reset    dw = eta x dV, reset jumps included\n"
		"x_du          dw = eta x du, u the potential without reset\n"
		"s_dudt        at each arrival w += eta du/dt\n"
		"u_minus_ubar  at each arrival w += eta (u - u_bar), where tau_u du_bar/dt = u - u_bar\n"
		"x_dubar       w += eta (x_opened + x_closed)/2 (u_bar_closed - u_bar_opened) as the gate "
		"closes\n"
		"pairs         dw = eta x dy: w += eta A+ x at a postsynaptic spike, w -= eta A- y at an "
		"arrival,\n"
		"              w -= (+=) eta A- x y when the gate opens (closes), with A+ = tau_y/(tau_x + "
		"tau_y),\n"
		"              A- = tau_x/(tau_x + tau_y)\n"
		"dx/dt = -x/tau_x, x += 1 at an arrival; dy/dt = -y/tau_y, y += 1 at a postsynaptic spike.\n"
		"Changes happen while the gate is open and are clipped to the bounds; traces run on. At an "
		"arrival\n"
		"u, u_bar and du/dt are those just before it. eta is not scaled by w_max. x_du also takes\n"
		"decay w off the weight at each arrival. With u_bar_min or\n"
		"u_bar_max only neurons whose u_bar was within them when the gate opened change their "
		"weights\n"
		"(s_dudt, u_minus_ubar, x_dubar; without a protocol the gate opens at the start of the run "
		"and\n"
		"stays open, so x_dubar changes nothing).\n"
		"Regime: x_du, s_dudt, u_minus_ubar and x_dubar follow the gradient of a one-layer "
		"objective;\n"
		"pairs does in the mean, with much noise; x_dv and x_dv_reset do not. Weights of neurons "
		"that\n"
		"fire in step grow of themselves with s_dudt and u_minus_ubar, not with x_du and x_dubar.\n",
	.refs = (const char *const[]){"bengio2016", NULL},
	.params = params,
	.n_params = N_PARAMS,
	.n_syn_states = 1,
	.derive = derive,
	.needs = needs,
	.change_tau = change_tau,
	.memory = memory,
	.settle = settle,
	.arrive = arrive,
	.gate_factor = gate_factor,
	.form = form,
	.spike = spike,
	.factors = factors,
	.factor_tau = factor_tau,
	.trace = trace,
	.boundary = boundary,
	.rebase = rebase,
};
