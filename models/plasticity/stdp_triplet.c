/**
 * Triplet spike-timing-dependent plasticity (Pfister and Gerstner 2006).
 *
 * Two presynaptic traces r1 (tau_plus), r2 (tau_x) and two postsynaptic traces o1 (tau_minus), o2 (tau_y);
 * each jumps by 1 at its spike (all_to_all) or is set to 1 (nearest). r2 and o2 enter with their value just
 * before the spike at hand. The defaults are those of the paper's fit to visual cortex with all pairs and
 * triplets (Table 4 there, "full model"); for nearest take values fitted with nearest spikes.
 *
 * Deviation from the paper: amplitudes count in units of R = w_max - w_min, as in stdp_pair, and weights are
 * clipped to their bounds.
 */
#include <math.h>

#include "models/models.h"
#include "models/plasticity/history.h"
#include "models/plasticity/pair.h"

enum pairing { ALL_TO_ALL, NEAREST };
enum { A2_PLUS, A3_PLUS, A2_MINUS, A3_MINUS, TAU_PLUS, TAU_X, TAU_MINUS, TAU_Y, PAIRING, N_PARAMS };

static const char *const pairings[] = {"all_to_all", "nearest", NULL};

static const struct spk_field params[] = {
	{"A2_plus", SPK_DIM_NONE, 5e-10, -INFINITY, INFINITY, 0, NULL,
		"potentiation per pair, in units of R"},
	{"A3_plus", SPK_DIM_NONE, 6.2e-3, -INFINITY, INFINITY, 0, NULL,
		"potentiation per triplet, in units of R"},
	{"A2_minus", SPK_DIM_NONE, 7e-3, -INFINITY, INFINITY, 0, NULL, "depression per pair, in units of R"},
	{"A3_minus", SPK_DIM_NONE, 2.3e-4, -INFINITY, INFINITY, 0, NULL,
		"depression per triplet, in units of R"},
	{"tau_plus", SPK_DIM_TIME, 16.8, 0.0, INFINITY, 1, NULL, "time constant of r1"},
	{"tau_x", SPK_DIM_TIME, 101.0, 0.0, INFINITY, 1, NULL, "time constant of r2"},
	{"tau_minus", SPK_DIM_TIME, 33.7, 0.0, INFINITY, 1, NULL, "time constant of o1"},
	{"tau_y", SPK_DIM_TIME, 125.0, 0.0, INFINITY, 1, NULL, "time constant of o2"},
	{"pairing", SPK_DIM_NONE, ALL_TO_ALL, 0, 1, 0, pairings, "which spikes count"},
};

static int derive(double *par, struct spk_error *err)
{
	(void)par, (void)err; /* any values within their ranges go together */
	return SPK_OK;
}

static unsigned needs(const double *par)
{
	(void)par;
	return SPK_NEEDS_POST_SPIKES;
}

static double memory(const double *par)
{
	return TRACE_MEMORY * fmax(par[TAU_PLUS], fmax(par[TAU_MINUS], par[TAU_Y]));
}

static void settle(const struct spk_rule_call *call)
{
	const double *par = call->par;
	const struct spk_pre_trace *pre = call->pre;
	double scale = spk_pair_scale(call);
	if (!call->open || pre->fast <= 0.0)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_ring *ring = &call->rings[call->post[k]];
		uint64_t number = history_since(ring, call->dendritic, call->settled);
		for (; number < ring->n_spikes; number++) {
			const struct spk_post_spike *post = history_at(ring, number);
			double s = post->t + call->dendritic;
			if (s >= call->t)
				break;
			double r1 = decayed(pre->fast, pre->t, s, par[TAU_PLUS]);
			double change = scale * r1 * (par[A2_PLUS] + par[A3_PLUS] * post->slow);
			call->weight[k] = clip_weight(call, call->weight[k] + change);
		}
	}
}

static void arrive(const struct spk_rule_call *call)
{
	const double *par = call->par;
	if (!call->open)
		return;
	double r2 = decayed(call->pre->slow, call->pre->t, call->t, par[TAU_X]);
	double gain = spk_pair_scale(call) * (par[A2_MINUS] + par[A3_MINUS] * r2);
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_ring *ring = &call->rings[call->post[k]];
		double o1 = history_fast(ring, call->dendritic, call->t, par[TAU_MINUS]);
		call->weight[k] = clip_weight(call, call->weight[k] - gain * o1);
	}
}

static void spike(const double *par, struct spk_post_spike *now, const struct spk_post_spike *last)
{
	int nearest = (int)par[PAIRING] == NEAREST;
	now->fast = last ? bumped(last->fast, last->t, now->t, par[TAU_MINUS], nearest) : 1.0;
	/* `slow` is the value before a spike: 1 more right after it, or just 1 when only the nearest counts
	 */
	now->slow = last ? decayed(nearest ? 1.0 : last->slow + 1.0, last->t, now->t, par[TAU_Y]) : 0.0;
}

static void trace(const double *par, struct spk_pre_trace *pre, double t)
{
	int nearest = (int)par[PAIRING] == NEAREST;
	pre->fast = bumped(pre->fast, pre->t, t, par[TAU_PLUS], nearest);
	pre->slow = bumped(pre->slow, pre->t, t, par[TAU_X], nearest);
	pre->t = t;
}

const struct spk_plasticity_model spk_plasticity_stdp_triplet = {
	.name = "stdp_triplet",
	.summary = "triplet STDP (Pfister and Gerstner 2006)",
	.equations = "dr1/dt = -r1/tau_plus, dr2/dt = -r2/tau_x, do1/dt = -o1/tau_minus, do2/dt = -o2/tau_y\n"
		     "presynaptic arrival:  w -= R o1 (A2_minus + A3_minus r2), then r1 += 1, r2 += 1\n"
		     "postsynaptic spike:   w += R r1 (A2_plus + A3_plus o2), then o1 += 1, o2 += 1\n"
		     "nearest: traces are set to 1 instead. R = w_max - w_min (1 mV or 1 pA without both "
		     "bounds). Each\n"
		     "change is clipped to the bounds. Delays, equal times and the gate as in stdp_pair.\n"
		     "Defaults: visual cortex, all_to_all, full model. Exact for any spike times.\n",
	.refs = (const char *const[]){"pfister2006", NULL},
	.params = params,
	.n_params = N_PARAMS,
	.derive = derive,
	.needs = needs,
	.memory = memory,
	.settle = settle,
	.arrive = arrive,
	.spike = spike,
	.trace = trace,
};
