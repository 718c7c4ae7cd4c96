/** Inside of the recorder: what recorder.c asks of recorder_rates.c and recorder_weights.c. */
#ifndef SPK_SIM_RECORDER_PARTS_H
#define SPK_SIM_RECORDER_PARTS_H

#include "sim/recorder.h"

enum { SPK_RECORDER_PATH = 512 };

/**
 * "/group/name/member" ("/group/name" without a member). `nth`: how many recordings of the same thing came
 * before; from the second on the name gets _2, _3, ...
 */
void spk_recorder_path(
	char path[SPK_RECORDER_PATH], const char *group, const char *name, size_t nth, const char *member);

int spk_recorder_open_rate(struct spk_recorder *r, size_t k, struct spk_error *err);
void spk_recorder_close_rate(struct spk_rate_state *state);
/** Write the grid points of a rate before `now` (inclusive: and at `now`). */
int spk_recorder_write_rate(
	struct spk_recorder *r, size_t k, double now, int inclusive, struct spk_error *err);
/** The n spikes of a population in r->times and r->ids, in order of time, pass by the grid points of its
 * rates. */
int spk_recorder_feed_rates(struct spk_recorder *r, size_t population, size_t n, struct spk_error *err);

int spk_rate_compare_open(
	const struct spk_scenario *scenario, struct spk_rate_compare *ret_compare, struct spk_error *err);
void spk_rate_compare_close(const struct spk_scenario *scenario, struct spk_rate_compare *compare);
/** n spikes of a population: absolute times and indices. */
void spk_rate_compare_spikes(const struct spk_scenario *scenario, const struct spk_rate_compare *compare,
	size_t population, size_t n, const double *times, const uint64_t *ids);

int spk_recorder_open_weights(struct spk_recorder *r, size_t k, struct spk_error *err);
void spk_recorder_close_weights(struct spk_weights_state *state);

int spk_recorder_open_objective(struct spk_recorder *r, size_t k, struct spk_error *err);
void spk_recorder_close_objective(struct spk_objective_state *state);
/** Hand the samples of a state that an objective reads to it. */
int spk_recorder_take_states(struct spk_recorder *r, size_t k, struct spk_error *err);
/** Write the samples of a state. */
int spk_recorder_write_states(struct spk_recorder *r, size_t k, struct spk_error *err);
/** When the next weights are needed, ms since the start; INFINITY: never. */
double spk_recorder_next_objective(const struct spk_recorder *r);
/** Take the weights due at `elapsed`; all weights are settled. */
int spk_recorder_objective_weights(struct spk_recorder *r, double elapsed, struct spk_error *err);
/** Write the grid points that are complete. */
int spk_recorder_write_objectives(struct spk_recorder *r, struct spk_error *err);
/** At the end: write the rest and the gradients. */
int spk_recorder_finish_objectives(struct spk_recorder *r, struct spk_error *err);

#endif
