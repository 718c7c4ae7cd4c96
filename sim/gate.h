/** Gates of projections: whether their rules learn, and whether they transmit. */
#ifndef SPK_SIM_GATE_H
#define SPK_SIM_GATE_H

#include "sim/partition.h"

/** Open or close the plasticity of all projections at time t. */
void spk_partition_set_gate(struct spk_partition *p, double t, int open);
/** The same of each projection by itself, by open[n_tables]. */
void spk_partition_set_gates(struct spk_partition *p, double t, const unsigned char *open);
/** Projections with silent[n_tables] send no spike that is exchanged from now on; the others do. */
void spk_partition_set_silent(struct spk_partition *p, const unsigned char *silent);

#endif
