/**
 * Plastic synapses: one rule on the synapses of one table, with all that the rule needs kept for it.
 *
 * Weights are brought up to date at presynaptic arrivals, at the edges of the gate, and by spk_plastic_settle
 * whenever somebody reads them. A probe is a rule on its own copy of the weights: it shows what the rule
 * would change without changing anything.
 */
#ifndef SPK_SIM_PLASTIC_H
#define SPK_SIM_PLASTIC_H

#include <spikem/group.h>
#include <spikem/scenario.h>

#include "sim/table.h"

struct spk_plastic {
	const struct spk_rule *rule;
	const struct spk_table *table;
	const struct spk_group_type *type; /**< of the targets' group */
	struct spk_group *group;           /**< of the targets */
	unsigned needs;                    /**< enum spk_rule_needs */
	int has_form;                      /**< the group changes the weights while it delivers, by `form` */
	struct spk_potential_form form;
	double *weight; /**< [n_synapses]: the table's, or the probe's own */
	int owns_weight;
	double *syn;               /**< [n_synapses * n_syn_states] or NULL */
	struct spk_pre_trace *pre; /**< [n_rows] */
	double *settled;           /**< [n_rows] */
	size_t n_targets;
	struct spk_post_view *views;           /**< [n_targets] */
	struct spk_post_ring *rings;           /**< [n_targets] */
	const struct spk_post_change *changes; /**< of the group, or NULL */
	struct spk_post_spike *pool;           /**< first rings of all targets, in one block */
	double max_dendritic;
	double swept;        /**< all rows were settled up to here */
	double t0;           /**< reference of the running integrals */
	double reference;    /**< of the factors in the views */
	double *reads;       /**< [3 * longest row] u, u_bar, slope */
	double *gate_factor; /**< [n_targets] of the rule, as the gate opened last; NULL: 1 for all */
	double *gate_u_bar;  /**< [2 * n_targets] as the gate opened last, and as it closed last; or NULL */
	int open;            /**< the gate */
	uint64_t events;     /**< arrivals at synapses */
};

/** @param n_targets neurons of the target group  @param probe keep an own copy of the weights */
int spk_plastic_init(struct spk_plastic *plastic, const struct spk_rule *rule, struct spk_table *table,
	const struct spk_group_type *type, struct spk_group *group, size_t n_targets, int probe,
	struct spk_error *err);
void spk_plastic_clear(struct spk_plastic *plastic);
size_t spk_plastic_bytes(const struct spk_plastic *plastic);

/** Forget a target's spikes and make room for n_held of n_spikes ever; their places are to be filled in. 0:
 * out of memory. */
int spk_plastic_make_ring(struct spk_plastic *plastic, size_t target, uint64_t n_spikes, uint32_t n_held);

/** The spike of a source reaches the synapses of row `row` at time t. Targets are settled up to t. */
void spk_plastic_arrive(struct spk_plastic *plastic, uint32_t row, double t);
/** The same, and deliver it with the changed weights, in one pass over the row; needs has_form. */
void spk_plastic_deliver(struct spk_plastic *plastic, uint32_t row, double t);
/** A target fired at t. Errors: SPK_E_NOMEM. */
int spk_plastic_post_spike(struct spk_plastic *plastic, uint32_t target, double t);
/** Bring all weights up to time t (targets must be settled up to t). */
void spk_plastic_settle(struct spk_plastic *plastic, double t);
/** Open or close the gate at time t; for rules that read running integrals sim/gate.h does the rest. */
void spk_plastic_set_gate(struct spk_plastic *plastic, double t, int open);
/** The group's running integrals start again from 0 at time t, up to which all rows are settled. */
void spk_plastic_restart_integrals(struct spk_plastic *plastic, double t);
/** At a segment's border: the rows must be settled now, because spikes grow old or integrals long. */
int spk_plastic_is_due(const struct spk_plastic *plastic, double t);
/** At a cell's border: move the reference of the factors when it has grown old. */
void spk_plastic_tend(struct spk_plastic *plastic, double t);
/** After all rules of the group were settled: restart integrals that grew too long. */
void spk_plastic_restart(struct spk_plastic *plastic, double t);
/** Some weight is so large that the rule cannot mean it (1e9 mV or pA), or not a number. */
int spk_plastic_has_diverged(const struct spk_plastic *plastic);
/** Move the epoch `shift` ms ahead. */
void spk_plastic_rebase(struct spk_plastic *plastic, double shift);

#endif
