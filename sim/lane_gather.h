/** What the presentations of one round gave, brought from the ranks of their lanes to rank 0. */
#ifndef SPK_SIM_LANE_GATHER_H
#define SPK_SIM_LANE_GATHER_H

#include "sim/protocol_run.h"

/**
 * All ranks call, the presentations of lanes [0, n) being over: at rank 0 their readouts, scores and terms of
 * the gradient are then known of all lanes. Errors: SPK_E_NOMEM, as spk_ranks_gather.
 */
int spk_lanes_gather(struct spk_protocol_run *run, unsigned n, struct spk_error *err);

#endif
