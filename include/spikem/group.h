/**
 * Groups: the hot contract between the engine and equal neurons of one model.
 *
 * A group holds the state of all neurons of one population in one partition. The engine hands it bundles (all
 * synapses of one row at one time), never single events. Two kinds of group exist: the general one in the
 * engine, which works for every model through its one-neuron hooks, and fast ones that a model may bring.
 *
 * Time: doubles in ms since the engine's epoch, moved by rebase(). The engine calls, for each segment [a, b):
 *   begin(a, b); { deliver(t), settle(t), peek(t), t ascending in [a, b) }; finish().
 * Inside a segment nothing but arrivals changes (currents, rates and gates change between segments).
 * Order at equal times: all arrivals, then the threshold, then the reset, then readout and sampling. A group
 * therefore tests the threshold of a neuron at time t only when something later than t is asked of it.
 */
#ifndef SPIKEM_GROUP_H
#define SPIKEM_GROUP_H

#include <spikem/model.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Targets of a bundle ascend by regions of so many neurons (target / SPK_GROUP_REGION), whose state is small
 * enough to stay near while a group takes the events onto one region together. Within a region they come in
 * any order, equal ones next to each other.
 */
enum { SPK_GROUP_REGION = 1 << 14 };

/**
 * Synaptic events of one source at one time. Exactly one form of weight: `shared`, f32 or f64. What target
 * and f32 point to stays as it is until finish() of the segment, what f64 points to only during the call.
 */
struct spk_bundle {
	double t;
	size_t n;
	const uint32_t *target; /**< [n] index in the group; see SPK_GROUP_REGION for their order */
	double shared;          /**< weight of all when f32 and f64 are NULL */
	const float *f32;       /**< [n] or NULL */
	const double *f64;      /**< [n] or NULL */
	int in_order;           /**< target[k] = k */
};

/** Synaptic events of many sources, each with its own time; times ascend, equal times in the total order. */
struct spk_volley {
	size_t n;
	const double *t;        /**< [n] ms since the epoch */
	const uint32_t *target; /**< [n] index in the group */
	const double *weight;   /**< [n] */
};

/** Plastic synapses whose weights change by a linear form of their targets' potentials. */
struct spk_form_bundle {
	double t;
	size_t n;
	const uint32_t *target; /**< [n] index in the group, in the order of a bundle */
	double *weight;         /**< [n] */
	struct spk_potential_form form;
	const double *factor; /**< [neuron] of the group, multiplies its changes; NULL: 1 for all */
	double w_min, w_max;
	int in_order; /**< target[k] = k */
};

/** An external Poisson input of equal rate onto all neurons of a group. */
struct spk_group_input {
	double rate; /**< Hz, 0 allowed; changed by set_rate */
	double weight;
	uint32_t number; /**< number of the input in the scenario: sub-stream of its draws */
};

/** Partitions share a population out in blocks of so many neurons; inputs may be drawn block by block. */
enum { SPK_GROUP_BLOCK = 64 };

/** What a group is made from. Borrowed during create() only, except emit and its context. */
struct spk_group_spec {
	const struct spk_neuron_model *model;
	size_t n;          /**< neurons, 0 allowed */
	uint64_t first_id; /**< global id of neuron 0, the key of its random numbers; SPK_GROUP_BLOCK divides
			      its place in the population */
	uint64_t seed;
	const double *par;   /**< derived parameter blocks, one for all or one each */
	size_t par_stride;   /**< 0: one block for all */
	const double *state; /**< [n * n_states] initial states */
	unsigned keeps;      /**< enum spk_rule_needs: what rules and readouts will ask of the potentials */
	size_t n_inputs;     /**< Poisson inputs that the group generates itself (fast groups only) */
	const struct spk_group_input *inputs;
	int is_driven; /**< set_current() and reset() may be called; n_inputs is then 0 */
	/** Called for each spike as soon as it is known; spikes of one neuron come in order of time. */
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

struct spk_group; /* opaque to the engine; each type defines its own */

/** What a piece of a state belongs to, and so how it is put together from partitions. */
enum spk_state_of {
	SPK_STATE_SHARED, /**< all neurons: the same in every partition */
	SPK_STATE_EACH,   /**< one neuron or block each: partitions hold them in ascending order */
	SPK_STATE_COUNT   /**< a counter of type uint64_t: partitions add up */
};

/** A piece of a state in memory: n items of so many bytes. Without pointers; padding must have values. */
struct spk_state_piece {
	enum spk_state_of of;
	void *place;
	size_t n, size;
};

/** All that a state consists of: put together again it goes on bit for bit. */
enum { SPK_STATE_PIECES = 64 };
struct spk_state {
	size_t n; /**< beyond SPK_STATE_PIECES: too many */
	struct spk_state_piece pieces[SPK_STATE_PIECES];
};

static inline void spk_state_add(
	struct spk_state *state, enum spk_state_of of, void *place, size_t n, size_t size)
{
	struct spk_state_piece *const piece = &state->pieces[state->n];

	if (state->n++ >= SPK_STATE_PIECES)
		return;
	piece->of = of;
	piece->place = place;
	piece->n = n;
	piece->size = size;
}

struct spk_group_type {
	int (*create)(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err);
	void (*free)(struct spk_group *group);
	/** Move the epoch `shift` ms ahead; called between segments. */
	void (*rebase)(struct spk_group *group, double shift);
	void (*begin)(struct spk_group *group, double a, double b);
	void (*deliver)(struct spk_group *group, const struct spk_bundle *bundle);
	/** Many single events at once, the same as deliver() for one after the other. NULL: deliver() is
	 * called. */
	void (*deliver_each)(struct spk_group *group, const struct spk_volley *volley);
	/**
	 * Find all spikes before t of these n neurons (plastic rows read them next); target NULL: of all.
	 * Called at a pause, when nothing arrives at t, it must not change a bit of what follows.
	 */
	void (*settle)(struct spk_group *group, double t, size_t n, const uint32_t *target);
	/** Find all spikes before b. Errors: SPK_E_NOMEM, also of an earlier call of this segment. */
	int (*finish)(struct spk_group *group);
	/** States of a neuron at time t as readout sees them, without changing anything. */
	void (*peek)(const struct spk_group *group, uint32_t neuron, double t, double *ret_state);
	/** New rate (Hz) of input k from the next segment on; NULL when the type takes no inputs. */
	void (*set_rate)(struct spk_group *group, size_t k, double rate);
	/** Longest segment (ms) that the inputs allow; INFINITY when they do not care. NULL: INFINITY. */
	double (*segment_limit)(const struct spk_group *group);
	/** Input events so far. NULL: none. */
	uint64_t (*input_events)(const struct spk_group *group);
	size_t (*bytes)(const struct spk_group *group);
	/** List the state at the end of a segment, finish() having been called, for a checkpoint. */
	void (*list_state)(struct spk_group *group, struct spk_state *state);
	/** The pieces have been filled in: make what follows from them. */
	void (*restore)(struct spk_group *group);
	/**
	 * The type can serve these parameters with this many inputs; `pauses`: all neurons may be settled
	 * inside a segment. NULL: always.
	 */
	int (*suits)(const double *par, size_t n_inputs, int pauses);
	/**
	 * Inject a current (pA) into a neuron from time t, the border of a segment, on. NULL: neurons that
	 * currents reach go to the general group.
	 */
	void (*set_current)(struct spk_group *group, uint32_t neuron, double t, double pa);
	/**
	 * Put all neurons into `state` [n * n_states] at time t, the border of a segment; entries as those of
	 * spec.state. Injected currents stay what they are. Running integrals do not see it. NULL: as with
	 * set_current.
	 */
	void (*reset)(struct spk_group *group, double t, const double *state);
	/** Time constant that bounds the epoch, ms (shared factors grow as exp(t / tau)); NULL: none. */
	double (*epoch_tau)(const double *par);

	/* ---- What rules read of the potentials. Only as far as spec.keeps asks for it ---- */

	/** Bits of enum spk_rule_needs that a group with these parameters can keep. NULL: none. */
	unsigned (*can_keep)(const double *par);
	/** u, u_bar and du/dt of n targets at time t, before the arrivals of this instant. */
	void (*read_u)(struct spk_group *group, double t, size_t n, const uint32_t *target, double *ret_u,
		double *ret_u_bar, double *ret_slope);
	/**
	 * The same as read_u(), the change of the weights and deliver() one after the other, in one pass.
	 * NULL: the engine does so.
	 */
	void (*deliver_form)(struct spk_group *group, const struct spk_form_bundle *bundle);
	/** Keep the running integrals with this time constant. Errors: SPK_E_NOMEM, SPK_E_INVALID for a
	 * second constant. */
	int (*keep_change)(struct spk_group *group, double tau_ms);
	/** The gate opens (integrals restart at 0, t0 = t) or closes (they rest) at time t. */
	void (*gate_change)(struct spk_group *group, double t, int open);
	/** The integrals [n neurons of the group] with those of `target` (NULL: of all) brought up to time t.
	 */
	const struct spk_post_change *(*change)(
		struct spk_group *group, double t, size_t n, const uint32_t *target);

	int wants_order; /**< a row onto neurons 0, 1, ... is fastest as it stands */
	int collects;    /**< rows wait in the group, which has their synapses fetched itself */
};

#ifdef __cplusplus
}
#endif
#endif
