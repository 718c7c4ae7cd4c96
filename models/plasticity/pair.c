/**
 * Pair-based STDP on one row of synapses: see pair.h.
 *
 * The boundary term makes the gated sum of pairs equal to the integral of x dy over the time in which the
 * gate is open. With x' = -x/tau_plus + S_pre and y' = -y/tau_minus + S_post, integral x dy = SUM_post x -
 * 1/tau_minus integral x y dt      and [x y] = SUM_post x + SUM_pre y - (1/tau_plus + 1/tau_minus) integral x
 * y dt, so with A+ = tau_minus/(tau_plus + tau_minus), A- = tau_plus/(tau_plus + tau_minus) integral x dy =
 * A+ SUM_post x - A- SUM_pre y + A- [x y]_open^close.
 */
#include "models/plasticity/pair.h"

#include <math.h>

#include "models/plasticity/history.h"

double spk_pair_scale(const struct spk_rule_call *call)
{
	double range = call->w_max - call->w_min;
	return isfinite(range) ? range : 1.0;
}

/** room^mu for a distance to a bound as a fraction of the range. */
static double strength(double room, double mu)
{
	if (room <= 0.0)
		return 0.0;
	return mu == 1.0 ? room : spk_pow(room, mu);
}

void spk_pair_settle(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	const struct spk_pre_trace *pre = call->pre;
	if (!call->open || pre->fast <= 0.0)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_view *view = &call->views[call->post[k]];
		uint64_t spike = history_since(view, call->dendritic, call->settled);
		double w = call->weight[k];
		for (; spike < view->n_spikes; spike++) {
			double s = history_at(view, spike)->t + call->dendritic;
			if (s >= call->t)
				break;
			double change = pair->gain_plus * decayed(pre->fast, pre->t, s, pair->tau_plus);
			if (pair->mu_plus != 0.0)
				change *= strength(
					(call->w_max - w) / (call->w_max - call->w_min), pair->mu_plus);
			w = clip_weight(call, w + change);
		}
		call->weight[k] = w;
	}
}

void spk_pair_arrive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	if (!call->open)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_view *view = &call->views[call->post[k]];
		double w = call->weight[k];
		double change =
			pair->gain_minus * history_fast(view, call->dendritic, call->t, pair->tau_minus);
		if (pair->mu_minus != 0.0)
			change *= strength((w - call->w_min) / (call->w_max - call->w_min), pair->mu_minus);
		call->weight[k] = clip_weight(call, w - change);
	}
}

void spk_pair_boundary(const struct spk_rule_call *call, const struct spk_pair *pair, int edge)
{
	double x = decayed(call->pre->fast, call->pre->t, call->t, pair->tau_plus);
	if (x <= 0.0)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_view *view = &call->views[call->post[k]];
		double y = history_fast(view, call->dendritic, call->t, pair->tau_minus);
		call->weight[k] = clip_weight(call, call->weight[k] - edge * pair->gain_minus * x * y);
	}
}
