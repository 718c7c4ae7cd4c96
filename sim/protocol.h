/**
 * The protocol of a learning experiment: stages of presentations, presentations of phases.
 *
 * In each phase sources show the item, the label may clamp or nudge neurons, and the plasticity gate is open
 * or closed. At the end of a phase marked `readout` the readout of the objective's population is taken: the
 * prediction, J, and the gradient that the nudge of the following phases is proportional to.
 *
 * With one lane all ranks present everything, each to its own neurons. Readouts and rates are put together
 * from all, so predictions, J and its gradient are the same on all; sums over synapses are those of a rank's
 * own. Several lanes are dealt out over the ranks, each lane with the whole network; what their presentations
 * gave is summed up and written at rank 0, and weights are merged on all, in the order of the lanes.
 */
#ifndef SPK_SIM_PROTOCOL_H
#define SPK_SIM_PROTOCOL_H

#include <spikem/file.h>

#include "sim/sim.h"

/** Several ranks share out several lanes: rank number `rank` of `count` has [lo, hi). One lane is of all
 * ranks. */
void spk_protocol_lanes(const struct spk_protocol *protocol, unsigned rank, unsigned count, unsigned *ret_lo,
	unsigned *ret_hi);
int spk_protocol_create(struct spk_sim *sim, struct spk_protocol_run **ret_run, struct spk_error *err);
void spk_protocol_free(struct spk_protocol_run *run);
/** Add the events of all lanes but the first; the memory of their networks. */
void spk_protocol_count(const struct spk_protocol_run *run, struct spk_counts *counts);
uint64_t spk_protocol_bytes(const struct spk_protocol_run *run);
/** Spikes of the simulation's own network since the last call, ms since the epoch. */
void spk_protocol_spikes(struct spk_protocol_run *run, size_t n, const struct spk_fired *fired);
/** Open the streams of an open recorder's file. */
int spk_protocol_open(struct spk_protocol_run *run, struct spk_error *err);
/** After a checkpoint was read: as spk_engine_resume, for all lanes. Errors: SPK_E_NOMEM. */
int spk_protocol_resume(struct spk_protocol_run *run, struct spk_error *err);
/** Present everything, from the place where the run stands. */
int spk_protocol_run(struct spk_protocol_run *run, struct spk_error *err);
/** Bring what was measured to rank 0; all ranks call, at the end. */
int spk_protocol_gather(struct spk_protocol_run *run, struct spk_error *err);
/** Write what was measured: /protocol and /agreement. */
int spk_protocol_write(struct spk_protocol_run *run, struct spk_file *file, struct spk_error *err);
/** The closing table, malloc'ed. */
int spk_protocol_report(const struct spk_protocol_run *run, char **ret_text, struct spk_error *err);

#endif
