/**
 * The engine: a network in time. The only place where time advances.
 *
 * Time is cut into cells (windows no longer than the smallest delay) on a lattice that starts at the start of
 * the run, and cells into stretches, at whose borders the scenario may change. Inside a cell the
 * partitions run alone; at its end, and wherever a run stops, they exchange spikes.
 *
 * Several ranks run in step: each calls the same functions and its observer sees the spikes of all. A failure
 * of one rank comes back from all, see sim/ranks.h.
 */
#ifndef SPK_SIM_ENGINE_H
#define SPK_SIM_ENGINE_H

#include "sim/exchange.h"
#include "sim/network.h"
#include "sim/pool.h"

/** What the engine tells its owner; a non-zero return stops the run with that status. */
struct spk_observer {
	/** Spikes since the last exchange, by time, then id; `epoch`: absolute time of t = 0. */
	int (*spikes)(
		void *user, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err);
	/** All spikes and samples before the absolute time `now` have been handed over. */
	int (*exchanged)(void *user, double now, struct spk_error *err);
	/** When the run is to pause next, ms since the start; INFINITY: never. NULL: never. */
	double (*next_pause)(void *user);
	/**
	 * The run pauses: all spikes before this time that weights depend on have been found,
	 * weights can be read through sim/reading.h. Spikes are handed out later, when all are known. Must
	 * move next_pause ahead. A run that pauses has the same bits as one that does not.
	 */
	int (*pause)(void *user, double elapsed, struct spk_error *err);
	/** A cell has ended and the next is not open: between all events, nothing half done. May be NULL. */
	int (*border)(void *user, struct spk_error *err);
	void *user;
};

struct spk_engine {
	struct spk_network network;
	struct spk_pool *pool;
	struct spk_observer observer;
	uint64_t cell; /**< the cell that t lies in */
	uint64_t epoch_cell;
	int is_open;         /**< the cell's queue is open, or will be when the partitions run next */
	int opens;           /**< they open it first, lent to the threads */
	double t;            /**< now, ms since the epoch */
	uint64_t *next_grid; /**< [n_states] next grid point of each state recording */
	size_t n_samples, samples_capacity;
	struct spk_sample_time *samples; /**< of the stretch */
	size_t n_fired, fired_capacity;
	struct spk_fired *fired; /**< of all partitions, sorted; the second half is for sorting */
	size_t n_feed;
	const struct spk_fired *feed; /**< [n_feed] spikes to be taken into the queues, lent to the threads */
	int defers;                   /**< the partitions take them in when they run next */
	struct spk_exchange exchange;
	size_t n_held, held_capacity;
	struct spk_fired *held;   /**< exchanged at pauses, not yet handed to the observer */
	struct spk_error *errors; /**< [n_partitions] */
	/* what the partitions run without waiting for each other, lent to the threads */
	struct spk_stretch *stretches;   /**< [cuts + 1] from now to the end of the cell or of the run */
	size_t n_stretches, first, last; /**< first: has not ended; last: `until` lies in it or ends it */
	int is_running;                  /**< `first` has begun */
	double until;                    /**< they are advanced up to here */
};

/** @param lane  see spk_network_create  @param partitions  of all ranks  @param ranks  lent */
int spk_engine_create(const struct spk_scenario *scenario, unsigned lane, unsigned threads,
	unsigned partitions, struct spk_ranks *ranks, const struct spk_observer *observer,
	struct spk_engine *ret_engine, struct spk_error *err);
void spk_engine_clear(struct spk_engine *engine);

/** Now, ms since the start of the run. */
double spk_engine_elapsed(const struct spk_engine *engine);
/** Run up to `elapsed` ms since the start: all events before that time have happened. */
int spk_engine_run(struct spk_engine *engine, double elapsed, struct spk_error *err);
/** After its state was read from a checkpoint: open the cell as it was. Errors: SPK_E_NOMEM. */
int spk_engine_resume(struct spk_engine *engine, struct spk_error *err);
/** At a border: take all spikes into the queues, for one who looks at these. */
int spk_engine_flush(struct spk_engine *engine, struct spk_error *err);
/** Take the samples whose grid point is now (the end of a run). */
int spk_engine_sample_now(struct spk_engine *engine, struct spk_error *err);

/** Forget all spikes on their way. */
void spk_engine_drop_spikes(struct spk_engine *engine);

#endif
