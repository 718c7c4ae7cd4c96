/** Inside of a running protocol, shared by protocol.c and protocol_report.c. */
#ifndef SPK_SIM_PROTOCOL_RUN_H
#define SPK_SIM_PROTOCOL_RUN_H

#include "models/readout/objective.h"
#include "sim/agreement.h"
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
	double elapsed;         /**< ms since the start, end of the phase at work */
	uint64_t presentations; /**< begun */
	size_t n_out;           /**< neurons of the objective's population */
	double *readout;        /**< [n_out] of the last readout */
	double *direction;      /**< [n_out] dJ/dreadout there; 0 before the first of a presentation */
	uint64_t *counts;       /**< [n_out] spikes when the window of the readout began */
	int has_readout;
	double J;
	size_t predicted;
	unsigned char *shown_ever;      /**< [n_populations] sources that some phase shows items to */
	unsigned char *shown_now;       /**< [n_populations] whether it shows the item of the present phase */
	struct spk_stage_score *scores; /**< [n_stages] */
	struct spk_stream *presentations_stream;
	/* agreement of the rules on the objective's projection with the gradient of J */
	size_t n_rules;
	struct spk_synapse_place *places;
	uint64_t n_synapses;
	double *last;            /**< [n_rules * n_synapses] weights after the last presentation */
	double *rates;           /**< [size of the source population] Hz, of the presentation */
	uint64_t *source_counts; /**< [same] spikes when the presentation began */
	double *mean_u;          /**< [n_out] u in the rate limit */
	size_t n_par;
	double *par; /**< [n_out * n_par] parameters of the objective's neurons, with derived values */
	struct spk_agreement agreement;
	double linear_accuracy; /**< NAN: not asked for */
};

/** Rule number k of the objective's projection. */
const struct spk_rule *spk_protocol_rule(const struct spk_protocol_run *run, size_t k);

#endif
