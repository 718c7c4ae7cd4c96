/** The order of spikes: by time, then id. */
#ifndef SPK_SIM_FIRED_H
#define SPK_SIM_FIRED_H

#include "sim/partition.h"

/** @param scratch  [n] */
void spk_fired_sort(size_t n, struct spk_fired *items, struct spk_fired *scratch);
/** Merge from[0 .. n_left - 1] and from[n_left .. n - 1], each sorted. @param ret_to  [n] */
void spk_fired_merge(size_t n_left, size_t n, const struct spk_fired *from, struct spk_fired *ret_to);

#endif
