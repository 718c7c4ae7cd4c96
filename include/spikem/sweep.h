/**
 * A sweep: the same scenario with many values of some of its keys, each with several seeds (`sweep:` of a
 * scenario), and the figures that are collected from the results.
 *
 * A run is one combination of values. Task k is run k % n_runs with seed k / n_runs: further seeds come
 * after all tasks that were there before.
 */
#ifndef SPIKEM_SWEEP_H
#define SPIKEM_SWEEP_H

#include <spikem/plan.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SPK_SWEEP_MAX_RUNS = 100000,
	SPK_SWEEP_MAX_TASKS = 1000000,
	SPK_SWEEP_MAX_AXES = 16,
	SPK_SWEEP_MAX_COLLECTED = 64
};

/** What varies: one or several keys that take the same values, or whole sets of overrides. */
struct spk_sweep_axis {
	char *name; /**< column of the collected table */
	char *key;  /**< the keys that it sets, with commas between; "" for sets of overrides */
	size_t n;
	struct spk_variant *values; /**< x: the value in base units, or as given */
	int is_number;              /**< x says something; else it is 0, 1, 2, ... and the label does */
};

/** A figure that is collected from the result of every task. */
struct spk_collected {
	char *name;
	struct spk_observable what;
};

struct spk_sweep {
	int on;
	size_t n_axes; /**< those of the grid, then those of `zip`, then the one of `list` */
	struct spk_sweep_axis *axes;
	size_t n_runs; /**< >= 1; the first axis varies slowest, those of `zip` go together */
	struct spk_variant *runs;
	size_t *at; /**< [n_runs * n_axes] which value of each axis */
	size_t n_seeds;
	uint64_t *seeds;
	double confidence;
	size_t n_collected;
	struct spk_collected *collected;
};

#ifdef __cplusplus
}
#endif
#endif
