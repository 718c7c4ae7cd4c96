/**
 * Checkpoints of spiking runs: all that a run needs to go on bit for bit, with any number of partitions.
 *
 * A checkpoint is taken where nothing is half done, between two cells or where a run of the engine has ended,
 * and changes nothing of the run. It
 * says which scenario, data and version it comes from; any other is refused, and so is a damaged one. The
 * network itself is not in it: it is built again from scenario and seed.
 */
#ifndef SPK_SIM_CHECKPOINT_H
#define SPK_SIM_CHECKPOINT_H

#include "sim/sim.h"

/** Write a checkpoint; the result file is flushed first. Errors: SPK_E_IO, SPK_E_NOMEM, SPK_E_LIMIT. */
int spk_checkpoint_save(struct spk_sim *sim, const char *path, struct spk_error *err);

/**
 * Bring a fresh simulation, its recorder open, to where the checkpoint was taken.
 *
 * @param ret_found  0: there is no such file, nothing has happened
 * @param ret_rows   rows that the streams of the result file had; malloc'ed
 * Errors: SPK_E_FORMAT (damaged, or of another scenario), SPK_E_IO, SPK_E_NOMEM. The simulation can then only
 * be freed.
 */
int spk_checkpoint_load(
	struct spk_sim *sim, const char *path, int *ret_found, uint64_t **ret_rows, struct spk_error *err);

/** Take over the unfinished result file, which loses what it holds beyond these rows. */
int spk_checkpoint_take_results(
	struct spk_sim *sim, const char *path, const uint64_t *rows, struct spk_error *err);

/** At the border of two cells, or of rounds of lanes: write a checkpoint if one is due. Errors: also
 * SPK_E_INTERRUPTED. */
int spk_checkpoint_at_border(struct spk_sim *sim, struct spk_error *err);

#endif
