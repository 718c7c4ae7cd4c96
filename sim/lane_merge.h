/**
 * The weights of several lanes at the end of a batch: every plastic weight becomes what it was when the batch
 * began plus the sum, in the order of the lanes, of what each lane changed, clipped to its bounds.
 */
#ifndef SPK_SIM_LANE_MERGE_H
#define SPK_SIM_LANE_MERGE_H

#include "sim/protocol_run.h"

/** Remember the weights as they are. Errors: SPK_E_NOMEM. */
int spk_merge_create(struct spk_protocol_run *run, struct spk_error *err);
void spk_merge_free(struct spk_protocol_run *run);
/** End a batch: settle all lanes, give all of them the weights of all. All ranks call. Errors: as
 * spk_ranks_share. */
int spk_merge_weights(struct spk_protocol_run *run, struct spk_error *err);

#endif
