/** Inside of a simulation, shared by sim.c, protocol.c and report.c. */
#ifndef SPK_SIM_SIM_H
#define SPK_SIM_SIM_H

#include <spikem/sim.h>

#include "sim/engine.h"
#include "sim/recorder.h"
#include "sim/schedule.h"

struct spk_protocol_run;

struct spk_sim {
	const struct spk_scenario *scenario;
	struct spk_sim_options options;
	struct spk_engine engine;
	struct spk_recorder recorder;
	struct spk_timetable timetable;
	struct spk_protocol_run *protocol; /**< NULL without a protocol */
	const char *stage;                 /**< name of the stage at work */
	double last_progress_s;            /**< wall clock */
	double last_checkpoint_s;          /**< wall clock */
	int is_saved;                      /**< the run was ended with a checkpoint */
	uint64_t data_mark;                /**< checksum of the scenario's data for checkpoints; 0: not yet */
	struct spk_counts counts;
};

/** Several lanes, each a network by itself. */
static inline int spk_sim_has_lanes(const struct spk_sim *sim)
{
	return sim->scenario->protocol.on && sim->scenario->protocol.lanes > 1;
}
/** Run up to `elapsed` ms since the start, with the scenario's timetable and recordings on the way. */
int spk_sim_advance(struct spk_sim *sim, double elapsed, struct spk_error *err);
/** Tell the caller, if it is time, how far the run has come. Errors: SPK_E_INTERRUPTED. */
int spk_sim_tell(struct spk_sim *sim, double now, struct spk_error *err);
/** Write the weights, which are settled, that are due up to `elapsed` ms since the start. */
int spk_sim_record_weights(struct spk_sim *sim, double elapsed, struct spk_error *err);
/** Wall clock, s. */
double spk_sim_clock(void);
/** Bring all weights up to now, for good: at the end of a run (a reader on the way: sim/reading.h). */
void spk_sim_settle(struct spk_sim *sim);
/** Open or close the plasticity gate now. */
void spk_sim_set_gate(struct spk_sim *sim, int open);

#endif
