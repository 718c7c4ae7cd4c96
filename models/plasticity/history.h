/** Traces, and the ring of postsynaptic spikes as the synapses of one row see it: shared by the STDP rules.
 */
#ifndef SPIKEM_MODELS_PLASTICITY_HISTORY_H
#define SPIKEM_MODELS_PLASTICITY_HISTORY_H

#include <math.h>

#include <spikem/model.h>

#include "models/math/det.h"

/** Time constants after which a trace has vanished beside 1: exp(-40) < 2^-57. */
#define TRACE_MEMORY 40.0

/** Spike number k, n_spikes - n_held <= k < n_spikes. */
static inline const struct spk_post_spike *history_at(const struct spk_post_view *view, uint64_t k)
{
	return &view->spikes[k & ((UINT64_C(1) << view->log2_size) - 1)];
}

/** Number of the first spike that reaches the synapse at `since` or later; n_spikes if there is none. */
static inline uint64_t history_since(const struct spk_post_view *view, double dendritic, double since)
{
	uint64_t k = view->n_spikes;
	if (view->t_last[0] + dendritic < since)
		return k;
	const uint64_t oldest = k - view->n_held;
	while (k > oldest && history_at(view, k - 1)->t + dendritic >= since)
		k--;
	return k;
}

/** Newest spike that reached the synapse before t: its time there and the fast trace right after it;
 * -INFINITY and 0 if there is none. */
static inline double history_newest(
	const struct spk_post_view *view, double dendritic, double t, double *ret_fast)
{
	double s = view->t_last[0] + dendritic;
	*ret_fast = view->fast;
	if (__builtin_expect(s < t, 1))
		return s;
	uint64_t k = history_since(view, dendritic, t);
	int exists = k > view->n_spikes - view->n_held;
	*ret_fast = exists ? history_at(view, k - 1)->fast : 0.0;
	return exists ? history_at(view, k - 1)->t + dendritic : -(double)INFINITY;
}

/** `value` given at time t0, decayed until t; 0 stays 0 also when t0 is -INFINITY. */
static inline double decayed(double value, double t0, double t, double tau)
{
	return value > 0.0 ? value * spk_exp((t0 - t) / tau) : 0.0;
}

/** A trace right after one more event at t. Nearest: only the last event counts. */
static inline double bumped(double old, double t0, double t, double tau, int nearest)
{
	return 1.0 + (nearest ? 0.0 : decayed(old, t0, t, tau));
}

/** Fast postsynaptic trace at t, of the spikes that reached the synapse before t. */
static inline double history_fast(const struct spk_post_view *view, double dendritic, double t, double tau)
{
	double fast, s = history_newest(view, dendritic, t, &fast);
	return decayed(fast, s, t, tau);
}

static inline double clip(double w, double w_min, double w_max)
{
	double raised = w < w_min ? w_min : w;
	return raised > w_max ? w_max : raised;
}

/** Weight clipped to its bounds. */
static inline double clip_weight(const struct spk_rule_call *call, double w)
{
	return clip(w, call->w_min, call->w_max);
}

#endif
