/**
 * The contracts of models: neurons, sources, plasticity rules. A model is one file and one registry line.
 *
 * Models know no engine, no threads and no files. All functions are pure in their arguments. Times are
 * in ms and relative ("from now"), never absolute. Exponentials and logarithms come from models/math/det.h,
 * whose last bits do not depend on the processor.
 */
#ifndef SPIKEM_MODEL_H
#define SPIKEM_MODEL_H

#include <spikem/field.h>
#include <spikem/rng.h>
#include <spikem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Neurons ------------------------------------------------------------------------------------ */

/**
 * States that every neuron model has, at these places of its state vector. u is the membrane potential
 * without threshold, reset and refractoriness (the "reset-free potential"); u_bar its low-pass copy,
 * tau_u du_bar/dt = u - u_bar. I_ext is the current that the engine injects (steps, nudges), constant
 * between events. refractory is the time left until the neuron integrates again.
 */
enum spk_neuron_state { SPK_V_M, SPK_U, SPK_U_BAR, SPK_I_EXT, SPK_REFRACTORY, SPK_N_COMMON_STATES };

/**
 * A point neuron. Parameter block `par`: n_params values in the order of `params`, then n_derived values
 * that derive() computed. State block `st`: n_states values in the order of `states`.
 */
struct spk_neuron_model {
	const char *name;        /**< "lif_delta" */
	const char *summary;     /**< one line */
	const char *equations;   /**< several lines: equations, regime of validity, deviations */
	const char *const *refs; /**< NULL-terminated keys of models/refs.def */
	enum spk_dim weight_dim; /**< what a synaptic weight is: SPK_DIM_VOLTAGE or SPK_DIM_CURRENT */
	const struct spk_field *params;
	size_t n_params;
	size_t n_derived;
	const struct spk_field *states; /**< def: value at time 0 (NAN: the resting value, set by init) */
	size_t n_states;

	/** REQUIRED. Cross-check parameters, fill par[n_params .. n_params + n_derived). */
	int (*derive)(double *par, struct spk_error *err);
	/** REQUIRED. Replace NAN entries of a fresh state by resting values; u and u_bar by V_m. */
	void (*init)(double *st, const double *par);
	/** REQUIRED. Exact flow over dt >= 0 without input and without threshold test. */
	void (*advance)(double *st, const double *par, double dt_ms);
	/**
	 * REQUIRED. Time from now to the next spike if nothing else arrives: the first t >= 0 with
	 * V_m(t) >= V_th outside refractoriness, located to 1e-10 ms; INFINITY if there is none.
	 * A stochastic model draws from rng; the caller asks once per arrival-free interval.
	 */
	double (*next_spike)(const double *st, const double *par, struct spk_rng *rng);
	/** REQUIRED. A synaptic event of this weight arrives now; its sign picks the receptor. */
	void (*receive)(double *st, const double *par, double weight);
	/** REQUIRED. The neuron fires now: reset, start of refractoriness. */
	void (*fire)(double *st, const double *par);
	/**
	 * REQUIRED. Integrals over the next dt of exp(-s/tau) dV_m(s) and exp(-s/tau) du(s), s from now,
	 * with no event inside (V_m is constant while refractory). For the readings of eq 1.
	 */
	void (*filtered_change)(const double *st, const double *par, double dt_ms, double tau_ms,
		double *ret_dv, double *ret_du);
	/** REQUIRED. du/dt now, before any event of this instant. */
	double (*u_slope)(const double *st, const double *par);
	/**
	 * REQUIRED. Time integral of the response of u to one synaptic event, mV ms. A train of rate r (1/ms)
	 * moves the mean of u by r times this: the rate limit, from which the gradient of J follows.
	 */
	double (*psp_area)(const double *par, double weight);
	/** REQUIRED. The value of u without synaptic input and injected current, mV. */
	double (*u_rest)(const double *par);
	/** REQUIRED. Transfer function: mean rate (Hz) where a constant input holds u at this value (mV). */
	double (*rate)(const double *par, double u);
	/** REQUIRED. Its derivative, Hz/mV; at a kink that from below. Unbounded above a sharp threshold. */
	double (*rate_slope)(const double *par, double u);
	/**
	 * OPTIONAL. A time from now, >= 0, before which next_spike() cannot lie: cheap where next_spike() is
	 * not. Only for models that draw no random numbers. NULL: next_spike() is always asked.
	 */
	double (*quiet)(const double *st, const double *par);
	/** OPTIONAL. Fast group of equal neurons with shared factors; NULL: the general group is used. */
	const struct spk_group_type *group;
};

/* ---- Sources ------------------------------------------------------------------------------------ */

/**
 * A spike source. `drive` is what a phase shows to it, in [0, 1]; 1 when nothing is ever shown.
 * State block: n_states doubles, zero at the start.
 */
struct spk_source_model {
	const char *name;
	const char *summary;
	const char *equations;
	const char *const *refs;
	const struct spk_field *params;
	size_t n_params;
	size_t n_states;
	int takes_spikes; /**< non-zero: emits the spike list of its population, next() is not used */
	/** Cross-check parameters. NULL: nothing to check. */
	int (*derive)(double *par, struct spk_error *err);
	/**
	 * REQUIRED unless takes_spikes. Time from now to the next spike with this constant drive.
	 * `since_ms`: time since the drive was last set. `fresh`: non-zero at the first call after the drive
	 * was set, zero right after a spike of this source. INFINITY: none until the drive changes.
	 */
	double (*next)(
		const double *par, double *st, double drive, double since_ms, int fresh, struct spk_rng *rng);
	/** Mean rate (Hz) with this drive. NULL for sources that have none (single spikes, lists). */
	double (*mean_rate)(const double *par, double drive);
};

/* ---- Plasticity --------------------------------------------------------------------------------- */

/** What a rule needs the engine to keep or to look up; a fact of the code that `describe` prints. */
enum spk_rule_needs {
	SPK_NEEDS_POST_SPIKES = 1u << 0, /**< the history of postsynaptic spikes */
	SPK_NEEDS_U = 1u << 1,           /**< u, u_bar and du/dt of the target at each arrival */
	SPK_NEEDS_CHANGE = 1u << 2,      /**< the running integrals of filtered_change, that of du at least */
	SPK_NEEDS_BOUNDARY = 1u << 3,    /**< a call at each opening and closing of the gate */
	SPK_NEEDS_BOUNDS = 1u << 4,      /**< finite w_min and w_max */
	SPK_NEEDS_V_CHANGE = 1u << 5,    /**< those of the integrals that follow V_m and its resets */
	SPK_NEEDS_GATE_FACTOR = 1u << 6, /**< gate_factor(); with SPK_NEEDS_U */
	SPK_NEEDS_GATE_U_BAR = 1u << 7,  /**< u_bar of the targets at the edges of the gate, in boundary() */
	SPK_NEEDS_CLOSING = 1u << 8      /**< the gate closes: at no other time do weights change */
};

/** A linear form of a neuron's potential: u times `u`, and so on. */
struct spk_potential_form {
	double u, u_bar, u_slope;
};

/** A postsynaptic spike as plastic synapses see it. Times in ms since the engine's epoch. */
struct spk_post_spike {
	double t;    /**< spike time at the soma; at the synapse the dendritic delay is added */
	double fast; /**< fast postsynaptic trace right after the spike; set by the rule's spike() */
	double slow; /**< slow postsynaptic trace just before the spike; set by the rule's spike() */
};

/**
 * What nearly every arrival needs of the postsynaptic neuron, one cache line. Borrowed by the rule for one
 * call. `up` and `down` are what the rule's factors() made of the spikes, relative to
 * spk_rule_call.reference.
 */
struct spk_post_view {
	double t_last[4]; /**< times of the last spikes, newest first; -INFINITY where there are fewer */
	double up[3];     /**< of the last spikes, newest first; 0 where there are fewer */
	double down;      /**< of the newest; 0 before the first */
};

/** All spikes of one neuron that a synapse may still be owed. Borrowed by the rule for one call. */
struct spk_post_ring {
	const struct spk_post_spike *spikes; /**< ring of 1 << log2_size entries */
	uint64_t n_spikes;                   /**< spikes ever; the last is spikes[(n_spikes - 1) & mask] */
	uint32_t n_held;                     /**< so many of the last ones are still in the ring */
	uint32_t log2_size;
};

/**
 * Integrals of one neuron from t0 (spk_rule_call.t0) to now of exp(-(s - t0)/tau), tau = change_tau():
 * against dV(s) without the reset jumps, against du(s), and against the reset jumps alone. They may rest
 * while the gate is closed. `dv` and `reset` are valid with SPK_NEEDS_V_CHANGE only.
 */
struct spk_post_change {
	double dv, du, reset;
};

/** Presynaptic side of one row of synapses (one source, one delay), at the synapse. */
struct spk_pre_trace {
	double t;    /**< time of the last arrival at the synapse; -INFINITY before the first */
	double fast; /**< value of the fast trace right after that arrival */
	double slow; /**< value of the slow trace right after that arrival */
};

/** The reference of factors moves when it is so many factor_tau() old; a cell adds at most 8 more. */
#define SPK_FACTOR_TAUS 24.0

/** One call of a rule: the n synapses of one row at one time. */
struct spk_rule_call {
	const double *par;   /**< parameters and derived values */
	double t;            /**< now, at the synapse, ms since the engine's epoch */
	double settled;      /**< what reached the row's synapses before this time has been applied */
	double t0;           /**< reference of the running integrals in `changes` */
	double reference;    /**< reference of the factors in `views` */
	double dendritic;    /**< dendritic delay of the row, ms */
	int open;            /**< the gate is open, in all of [settled, t) */
	double w_min, w_max; /**< bounds; -INFINITY / INFINITY when none */
	struct spk_pre_trace
		*pre; /**< row's traces; before this arrival is counted; boundary() may set `slow` */
	size_t n;
	const uint32_t *post; /**< [n] index of the target in `views`, `rings` and `changes` */
	int in_order;         /**< post[k] = k */
	double *weight;       /**< [n] in the weight's unit; the rule writes */
	double *syn;          /**< [n * n_syn_states] row-major by synapse, or NULL */
	const struct spk_post_view *views;
	const struct spk_post_ring *rings;
	const struct spk_post_change *changes; /**< or NULL unless SPK_NEEDS_CHANGE */
	const double *u, *u_bar, *u_slope;     /**< [n] of the targets now, or NULL unless SPK_NEEDS_U */
	const double *gate_factor; /**< gate_factor() of each target, indexed as `views`; NULL: 1 for all */
	/** u_bar of each target as the gate opened last and as it closed last, indexed as `views`; in
	 * boundary(), with SPK_NEEDS_GATE_U_BAR. */
	const double *u_bar_opened, *u_bar_closed;
};

/**
 * A plasticity rule.
 *
 * At a presynaptic arrival the engine calls settle() for what is owed up to now, then arrive() for the
 * arrival itself, then trace() for the row's traces. settle() applies the postsynaptic spikes that reach the
 * synapse (t + dendritic) in [settled, t), in time order; it may be called at any time in between, and the
 * engine then keeps t as the row's new `settled`. Every single change is clipped to [w_min, w_max].
 *
 * Ties: an arrival comes before a postsynaptic spike that reaches the synapse at the same instant, hence the
 * half-open interval. To include the spikes of time t itself, once all arrivals of t are done, settle up to
 * nextafter(t, INFINITY).
 *
 * Gate: before it opens or closes the engine settles every row up to that time, so that `open` holds for the
 * whole interval; then it calls boundary(). Traces run on while it is closed. With SPK_NEEDS_CHANGE and
 * without SPK_NEEDS_POST_SPIKES nothing is settled while it is closed: when it opens, t0 moves, as below.
 *
 * Reading: settling in pieces gives the same weights as settling at once, but not always the same bits: with
 * factors() the reference may have moved in between, and with SPK_NEEDS_CHANGE the pieces round and clip
 * separately. So a reader settles a copy of `weight` and `syn`.
 *
 * Forgetting: a postsynaptic spike that reached the synapse at s may be dropped when memory() has passed
 * since s and each row onto the neuron has `settled` > s. (A silent row is owed all spikes since its last
 * arrival: settle it before they are dropped.)
 *
 * Moving t0, with SPK_NEEDS_CHANGE: the engine settles every row, sets all `changes` to 0 and t0 = now, and
 * calls rebase() on every row. It does so often enough that t - t0 stays below ten change_tau(): the
 * integrals lose accuracy as exp((t - t0)/tau).
 */
struct spk_plasticity_model {
	const char *name;
	const char *summary;
	const char *equations;
	const char *const *refs;
	const struct spk_field *params;
	size_t n_params;
	size_t n_derived;
	size_t n_syn_states; /**< doubles kept for each synapse */
	int (*derive)(double *par, struct spk_error *err);
	unsigned (*needs)(const double *par);    /**< enum spk_rule_needs */
	double (*change_tau)(const double *par); /**< tau of the running integrals, ms; NULL: none */
	double (*memory)(const double *par);     /**< a trace of a spike older than this, ms, has vanished */
	/** REQUIRED. Apply what is owed up to t. */
	void (*settle)(const struct spk_rule_call *call);
	/** REQUIRED. An arrival at t; the row is settled up to t. */
	void (*arrive)(const struct spk_rule_call *call);
	/** settle() up to t, then arrive() at t, in one pass over the row: the same bits. NULL: call both. */
	void (*settle_and_arrive)(const struct spk_rule_call *call);
	/**
	 * What all changes of a target's weights are multiplied by until the gate closes, from its u_bar as
	 * the gate opened. With SPK_NEEDS_GATE_FACTOR.
	 */
	double (*gate_factor)(const double *par, double u_bar);
	/**
	 * Non-zero where arrive() does nothing but add *ret_form of the target's potential, times
	 * gate_factor(), to each weight and clip it, and settle() nothing at all: the target's group may then
	 * do it while it delivers. NULL: never.
	 */
	int (*form)(const double *par, struct spk_potential_form *ret_form);
	/** A new postsynaptic spike: set its traces. `last`: the one before, or NULL. NULL hook: none. */
	void (*spike)(const double *par, struct spk_post_spike *now, const struct spk_post_spike *last);
	/**
	 * Factors of a postsynaptic spike `since_ms` (of either sign) after the reference, so that an arrival
	 * needs no exponential of its own. The engine moves the reference along: |since_ms| of spikes that
	 * matter stays below SPK_FACTOR_TAUS factor_tau(). NULL: `up` and `down` are not used.
	 */
	void (*factors)(const double *par, const struct spk_post_spike *spike, double since_ms,
		double *ret_up, double *ret_down);
	double (*factor_tau)(const double *par); /**< shortest time constant of factors(), ms */
	/** REQUIRED. Traces of the row after an arrival at time t. */
	void (*trace)(const double *par, struct spk_pre_trace *pre, double t);
	/** The gate opens (edge +1) or closes (edge -1) at t, the row being settled. NULL: nothing to do. */
	void (*boundary)(const struct spk_rule_call *call, int edge);
	/** t0 has moved to t, the integrals start from 0; the row is settled. With SPK_NEEDS_CHANGE. */
	void (*rebase)(const struct spk_rule_call *call);
};

/* ---- Rate units --------------------------------------------------------------------------------- */

/** The transfer function y = phi(a) of a unit without spikes and without dynamics of its own. */
struct spk_unit_model {
	const char *name;
	const char *summary;
	const char *equations;
	const char *const *refs;
	double lo, hi; /**< range of y, -INFINITY / INFINITY where unbounded */
	double (*value)(double a);
	double (*slope)(double y);                               /**< phi'(a) where phi(a) = y */
	void (*apply)(size_t n, float *a);                       /**< a[k] = phi(a[k]), vectorised */
	void (*apply_slope)(size_t n, const float *y, float *d); /**< d[k] *= slope(y[k]) */
};

/* ---- Registries --------------------------------------------------------------------------------- */

/** NULL-terminated tables, in alphabetical order. */
extern const struct spk_neuron_model *const spk_neuron_models[];
extern const struct spk_source_model *const spk_source_models[];
extern const struct spk_plasticity_model *const spk_plasticity_models[];
extern const struct spk_unit_model *const spk_unit_models[];

/** The model of that name, or NULL. */
const struct spk_neuron_model *spk_find_neuron(const char *name);
const struct spk_source_model *spk_find_source(const char *name);
const struct spk_plasticity_model *spk_find_plasticity(const char *name);
const struct spk_unit_model *spk_find_unit(const char *name);

/** A reference: key and text (authors, year, title, journal, DOI). */
struct spk_reference {
	const char *key;
	const char *text;
};

/** Table of all references, ended by a NULL key. */
extern const struct spk_reference spk_references[];
const struct spk_reference *spk_find_reference(const char *key);

#ifdef __cplusplus
}
#endif
#endif
