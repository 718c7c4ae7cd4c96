/** Building the partitions of a network: neurons, synapse tables, rules. */
#ifndef SPK_SIM_NETWORK_BUILD_H
#define SPK_SIM_NETWORK_BUILD_H

#include "sim/network.h"

/**
 * Fill the partitions of this rank, which know their numbers alone. What is built, and which of several
 * failures comes back, does not depend on the threads. After a failure spk_network_clear() frees what there
 * is. Errors: SPK_E_NOMEM, SPK_E_LIMIT, SPK_E_INVALID.
 */
int spk_network_build(struct spk_network *network, struct spk_pool *pool, struct spk_error *err);

#endif
