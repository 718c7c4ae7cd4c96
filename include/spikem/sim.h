/**
 * A simulation: a scenario made into a network, run, and written to a result file.
 *
 * Life cycle: spk_sim_create, spk_sim_run, spk_sim_free. One thread calls; the simulation may use several.
 * The scenario must outlive the simulation.
 *
 * With several ranks all make the same calls with the same scenario, and get the same status and error back;
 * rank 0 writes the result file. They share the network out, or the lanes of a protocol that has several.
 * Stacks and rate limits run on one rank. What a rank's callbacks ask for happens on all: a checkpoint that
 * one wishes for is taken by all, a cell or a round later, and is written and read at rank 0.
 */
#ifndef SPIKEM_SIM_H
#define SPIKEM_SIM_H

#include <spikem/ranks.h>
#include <spikem/scenario.h>
#include <spikem/status.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct spk_sim; /* opaque */

/** Progress of a run, passed to the callback about ten times a second. */
struct spk_progress {
	double t_ms, t_stop_ms;   /**< biological time */
	const char *stage;        /**< name of the protocol's stage, "" without one */
	uint64_t spikes;          /**< of all ranks; of this rank's lanes where there are several */
	uint64_t synaptic_events; /**< of this rank */
};

/** What the caller wants at the next moment at which a checkpoint can be taken. */
enum spk_checkpoint_wish {
	SPK_CHECKPOINT_NONE,
	SPK_CHECKPOINT_WRITE, /**< write one and go on */
	SPK_CHECKPOINT_STOP   /**< write one and end the run with SPK_E_INTERRUPTED */
};

struct spk_sim_options {
	struct spk_ranks *ranks; /**< NULL: this process by itself; lent */
	unsigned threads;        /**< of this rank, for its partitions or lanes; 0: 1 */
	unsigned partitions;     /**< event loops that the network is split into, shared out over the ranks;
				    0: `threads` for each rank; results do not depend on it */
	const char *output;      /**< result file; NULL: nothing is written */
	int compress;            /**< compress the result file */
	/** Called now and then; a non-zero return stops the run with SPK_E_INTERRUPTED, data kept. May be
	 * NULL. */
	int (*progress)(void *user, const struct spk_progress *progress);
	const char *checkpoint; /**< checkpoints go there, each replaces the one before; NULL: none */
	double checkpoint_s;    /**< so often, in seconds of the wall clock; 0: only when wished for */
	int resume; /**< go on from `checkpoint`, if there is one, and with the unfinished result file */
	/** Asked at each border of a cell, with several lanes before each of their rounds. May be NULL. */
	enum spk_checkpoint_wish (*wish)(void *user);
	void *user;
};

/** Totals of a run over all ranks. Times are in seconds of the wall clock. */
struct spk_counts {
	uint64_t neurons, synapses;
	uint64_t spikes;          /**< of neurons and sources */
	uint64_t synaptic_events; /**< arrivals at synapses of projections */
	uint64_t input_events;    /**< arrivals from inputs */
	uint64_t plastic_events;  /**< arrivals at plastic synapses */
	uint64_t network_bytes;   /**< memory of synapse tables and states */
	double build_s, run_s;
};

/** Build the network. Errors: SPK_E_NOMEM, SPK_E_LIMIT, SPK_E_INVALID, SPK_E_IO. */
int spk_sim_create(const struct spk_scenario *scenario, const struct spk_sim_options *options,
	struct spk_sim **ret_sim, struct spk_error *err);

/**
 * Run to the scenario's end, write everything, close the result file as complete. A resumed run gives the
 * result file of a run in one go. Errors: SPK_E_FORMAT (a checkpoint that cannot be used, or a result file
 * that lacks what was recorded up to it: both are left as they are), SPK_E_INTERRUPTED, SPK_E_IO,
 * SPK_E_NOMEM, SPK_E_INVALID (checkpoints of a rate limit).
 */
int spk_sim_run(struct spk_sim *sim, struct spk_error *err);

/** The run was interrupted by a wish, and a checkpoint says where: a resumed one goes on from there. */
int spk_sim_is_saved(const struct spk_sim *sim);

void spk_sim_counts(const struct spk_sim *sim, struct spk_counts *ret_counts);

/** The table at the end of a protocol run (accuracy, cosines), one malloc'ed text; NULL without a protocol.
 */
int spk_sim_report(const struct spk_sim *sim, char **ret_text, struct spk_error *err);

void spk_sim_free(struct spk_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
