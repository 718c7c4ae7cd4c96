/** Readouts that are written for each presentation: /protocol/readouts. */
#ifndef SPK_SIM_LANE_READOUT_H
#define SPK_SIM_LANE_READOUT_H

#include <spikem/file.h>

#include "sim/lane.h"
#include "sim/partition.h"

/** A readout of the item at work. */
struct spk_lane_readout {
	double from;   /**< rates: the window begins, ms since the start; INFINITY: nothing is counted */
	double *sums;  /**< [n_units] spikes in the window, or sum of the potentials of the copies */
	float *values; /**< [n_units] as they are written */
	int is_taken;  /**< of the present item */
};

int spk_lane_readouts_init(struct spk_lane *lane, struct spk_error *err);
void spk_lane_readouts_clear(struct spk_lane *lane);
/** A phase begins; its number is that in the protocol. */
void spk_lane_readouts_begin(struct spk_lane *lane, size_t phase);
/** Spikes of the lane's network, ms since its epoch. */
void spk_lane_readouts_count(struct spk_lane *lane, size_t n, const struct spk_fired *fired);
/** The phase has ended; all ranks call. Errors: SPK_E_NOMEM, as spk_ranks_share. */
int spk_lane_readouts_take(struct spk_lane *lane, size_t phase, struct spk_error *err);

int spk_readouts_open(const struct spk_protocol *protocol, const struct spk_scenario *scenario,
	struct spk_file *file, struct spk_stream ***ret_streams, struct spk_error *err);
/** Write what the lane has read of its item. */
int spk_readouts_write(const struct spk_lane *lane, struct spk_stream **streams, struct spk_error *err);

#endif
