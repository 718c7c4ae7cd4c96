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
static inline const struct spk_post_spike *history_at(const struct spk_post_ring *ring, uint64_t k)
{
	return &ring->spikes[k & ((UINT64_C(1) << ring->log2_size) - 1)];
}

/** Number of the first spike that reaches the synapse at `since` or later; n_spikes if there is none. */
static inline uint64_t history_since(const struct spk_post_ring *ring, double dendritic, double since)
{
	uint64_t k = ring->n_spikes;
	const uint64_t oldest = k - ring->n_held;
	while (k > oldest && history_at(ring, k - 1)->t + dendritic >= since)
		k--;
	return k;
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
static inline double history_fast(const struct spk_post_ring *ring, double dendritic, double t, double tau)
{
	const uint64_t k = history_since(ring, dendritic, t);
	if (k == ring->n_spikes - ring->n_held)
		return 0.0;
	const struct spk_post_spike *newest = history_at(ring, k - 1);
	return decayed(newest->fast, newest->t + dendritic, t, tau);
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
