/**
 * The recorder: what a run writes into its result file, besides what the protocol adds.
 *
 * It receives spikes and samples at each exchange and writes them in order of time. The layout of the file is
 * in tools/doc/output.md. All ranks call its functions; rank 0 has the file, and gets samples and weights
 * from the others as they come.
 */
#ifndef SPK_SIM_RECORDER_H
#define SPK_SIM_RECORDER_H

#include <spikem/file.h>
#include <spikem/sim.h>

#include "sim/engine.h"
#include "sim/layered.h"
#include "sim/synapse_order.h"

/** Spikes within the window of a rate, or filtered: of a whole population, or of each of its units. */
struct spk_rate_state {
	const struct spk_record_rates *record;
	struct spk_stream *stream;
	uint64_t next_grid;
	uint64_t n_units;  /**< rates written at each grid point; 1: of the population */
	uint64_t per_unit; /**< neurons that each of them is the mean of */
	double *events;    /**< [n_units] spikes in the window, or filtered */
	double t_filtered; /**< exponential: the time that `events` hold for */
	double *rows[2];   /**< [n_units] scratch: times and rates to be written */
	uint64_t *ids;     /**< [n_units] 0, 1, 2, ... */
	struct spk_rate_spike {
		double t;
		uint64_t unit;
	} * spikes;                /**< count: spikes[first..n) are in the window */
	size_t first, n, capacity; /**< of `spikes` */
};

/** A synapse whose weight is traced. */
struct spk_traced {
	uint64_t row; /**< in the order of all synapses */
	uint64_t k;   /**< among those of its rank */
	uint64_t rank;
};

struct spk_weights_state {
	const struct spk_record_weights *record;
	uint64_t n_all;                   /**< synapses of all ranks */
	uint64_t n_synapses;              /**< of this rank */
	struct spk_synapse_place *places; /**< [n_synapses] */
	uint64_t next_snapshot, n_snapshots, next_trace;
	double last_snapshot;      /**< ms since the start; < 0: none yet */
	size_t n_traced;           /**< synapses whose weights are traced, of all ranks */
	struct spk_traced *traced; /**< [n_traced] as they are written */
	double *weights;           /**< [n_traced] scratch */
	struct spk_stream *trace;
};

/** Spikes since rate_limit.from of the populations that are compared with their rate limit. */
struct spk_rate_compare {
	uint64_t **counts; /**< [n_compared][units]; NULL: nothing is compared */
};

struct spk_objective_state {
	struct spk_layered layered;
	struct spk_stream *stream;
	uint64_t next_grid, next_weights; /**< grid points written; whose weights were taken */
	double *terms;
};

struct spk_recorder {
	int is_on;             /**< something is recorded: the same on all ranks */
	struct spk_file *file; /**< at rank 0; NULL elsewhere, or when nothing is recorded */
	const struct spk_network *network;
	struct spk_stream **spikes; /**< [n_populations] or NULL entries */
	struct spk_stream **states; /**< [n_states] */
	struct spk_rate_state *rates;
	struct spk_weights_state *weights;
	struct spk_objective_state *objectives;
	struct spk_rate_compare compare;
	double *times; /**< scratch */
	uint64_t *ids;
	size_t capacity;
	uint64_t n_spikes; /**< of all populations */
};

int spk_recorder_open(struct spk_recorder *r, const struct spk_network *network, const char *path,
	int compress, struct spk_error *err);
int spk_recorder_spikes(
	struct spk_recorder *r, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err);
/** Write what is complete before the absolute time `now`; inclusive: and at `now`, the end of the run. */
int spk_recorder_flush(struct spk_recorder *r, double now, int inclusive, struct spk_error *err);

/** The next time (ms since the start) at which spk_recorder_weights wants to be called; INFINITY: none. */
double spk_recorder_next_weights(const struct spk_recorder *r);
/** Write the weights due at `elapsed` ms since the start; all weights are settled. */
int spk_recorder_weights(struct spk_recorder *r, double elapsed, struct spk_error *err);
/** Write the final weights, and what waited for them. */
int spk_recorder_last_weights(struct spk_recorder *r, double elapsed, struct spk_error *err);

/** Write the snapshots so far of one recording of weights, as they stand in another file. */
int spk_recorder_copy_snapshots(struct spk_recorder *r, struct spk_weights_state *weights,
	struct spk_file *from, struct spk_error *err);

/** Close the file. Frees everything also on failure. */
int spk_recorder_close(struct spk_recorder *r, int complete, struct spk_error *err);

#endif
