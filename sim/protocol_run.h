/** Inside of a running protocol, shared by the protocol, lane and gradient files. */
#ifndef SPK_SIM_PROTOCOL_RUN_H
#define SPK_SIM_PROTOCOL_RUN_H

#include "models/readout/objective.h"
#include "sim/agreement.h"
#include "sim/comparison.h"
#include "sim/lane.h"
#include "sim/lane_readout.h"
#include "sim/protocol.h"
#include "sim/recorder.h"

/** Predictions of one stage, all epochs. */
struct spk_stage_score {
	uint64_t n, right;
	double objective; /**< sum of J */
};

struct spk_protocol_run {
	struct spk_sim *sim;
	const struct spk_protocol *protocol;
	const struct spk_dataset *data;
	const struct spk_objective *objective;
	struct spk_objective_par objective_par;
	uint64_t presentations; /**< begun */
	size_t stage;           /**< at work; likewise its epoch, and the item's place in that */
	uint64_t epoch, place;
	size_t n_out;               /**< neurons of the objective's population */
	unsigned char *shown_ever;  /**< [n_populations] sources that some phase shows something on */
	unsigned char *driven_ever; /**< [n_populations] of neurons that some phase drives with currents */
	unsigned char *gates;       /**< [n_phases * n_projections] plasticity is open in stages that learn */
	unsigned char *silent;      /**< [n_phases * n_projections] nothing is transmitted */
	struct spk_ranks *ranks;    /**< which share the lanes; NULL: all lanes are here, or there is one */
	int leads;                  /**< this rank sums up and writes */
	unsigned n_lanes;           /**< of all ranks */
	unsigned first_own, end_own; /**< lanes of this rank */
	struct spk_lane *lanes;      /**< [n_lanes] */
	struct spk_pool *pool;       /**< threads that present on several lanes */
	double **merged; /**< [n_projections] weights as the batch began; NULL: they never change */
	const double **lane_weights;    /**< [n_lanes] those being merged; NULL with one lane */
	double *own_weights;            /**< those of this rank's lanes, as the other ranks are told */
	struct spk_stage_score *scores; /**< [n_stages] */
	struct spk_stream *presentations_stream;
	struct spk_stream **readout_streams; /**< [n_readouts]; NULL: nothing is written */
	/* agreement of the rules on the objective's projection with the gradient of J */
	size_t n_rules;
	struct spk_synapse_place *places;
	uint64_t n_synapses;
	size_t n_par;
	double *par; /**< [n_out * n_par] parameters of the objective's neurons, with derived values */
	struct spk_agreement agreement;
	struct spk_comparison *comparisons; /**< [n_comparisons] of the protocol */
	double linear_accuracy;             /**< NAN: not asked for */
};

/** The lane belongs to this rank. */
static inline int spk_protocol_owns(const struct spk_protocol_run *run, unsigned lane)
{
	return lane >= run->first_own && lane < run->end_own;
}
/** Items of an epoch of stage number `stage`. */
uint64_t spk_protocol_items(const struct spk_protocol_run *run, size_t stage);
/** Rule number k of the objective's projection. */
const struct spk_rule *spk_protocol_rule(const struct spk_protocol_run *run, size_t k);

#endif
