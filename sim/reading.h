/**
 * Reading weights without changing what follows.
 *
 * To know the weights of a moment, every row is settled up to it and neurons are advanced to it. Doing so in
 * more pieces than the dynamics themselves would changes the last bits of what comes later, so a reading
 * remembers all that it touches and puts it back.
 */
#ifndef SPK_SIM_READING_H
#define SPK_SIM_READING_H

#include "sim/network.h"

struct spk_reading;

/**
 * Bring all weights of the network up to time t, a border between stretches, until spk_reading_end.
 *
 * @param ret_reading NULL on failure; the network is then as before
 * Errors: SPK_E_NOMEM.
 */
int spk_reading_begin(
	struct spk_network *network, double t, struct spk_reading **ret_reading, struct spk_error *err);
/** Put back what spk_reading_begin changed, and free the reading. NULL allowed. */
void spk_reading_end(struct spk_reading *reading);

#endif
