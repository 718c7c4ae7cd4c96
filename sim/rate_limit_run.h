/** Runs of the rate limit: in place of the spiking network, or beside it at the end. */
#ifndef SPK_SIM_RATE_LIMIT_RUN_H
#define SPK_SIM_RATE_LIMIT_RUN_H

#include "sim/sim.h"

/**
 * The scenario's rate limit from start to end, written to the recorder's file: /rates with the filters of the
 * scenario applied to rates, /state with the reset-free states and the rate.
 * Errors: those of spk_rate_limit_create; SPK_E_INTERRUPTED.
 */
int spk_rate_limit_run(struct spk_sim *sim, struct spk_error *err);

/** After a spiking run: run the rate limit as well, write /rate_limit. */
int spk_rate_compare_write(struct spk_sim *sim, struct spk_error *err);

#endif
