/**
 * Single events: spikes on their way through synapses that each have a delay of their own.
 *
 * Events of Poisson inputs that come one by one join them when their stretch begins.
 *
 * A spike is taken apart when it is sent: one event a synapse, put into a bin of the cell that it
 * arrives in and of the population that it arrives at. When the cell opens, its bins are sorted, and each
 * population gets its events in pieces, up to whatever else happens to it in between. Push costs O(1),
 * sorting O(1) an event unless they crowd at one time. Cells further ahead than the ring is long share bins
 * with nearer ones and wait there.
 *
 * Order: by time, then source; events of one source at one time in the order in which they were sent, which
 * is that of its spikes, then projections, then synapses.
 */
#ifndef SPK_SIM_SINGLES_H
#define SPK_SIM_SINGLES_H

#include <spikem/group.h>

#include "sim/lattice.h"
#include "sim/target_code.h"

/** The source of input events: after all neurons. */
#define SPK_SINGLE_INPUT UINT32_MAX

/** An event by itself. */
struct spk_single {
	double t; /**< arrival, ms since the epoch */
	double weight;
	uint32_t source; /**< global id, or SPK_SINGLE_INPUT */
	uint32_t target; /**< index in the population's group */
};

struct spk_bin {
	size_t n, capacity;
	struct spk_single *items;
};

/** The events of the open cell onto one population, sorted; taken out of the bin when a stretch begins. */
struct spk_open_bin {
	int is_filled;
	size_t n, next, capacity; /**< `next`: the first that has not been taken */
	double *t, *weight;
	uint32_t *source, *target;
};

struct spk_singles {
	size_t n_cells; /**< power of two */
	size_t n_members;
	uint64_t cell;             /**< the open one */
	struct spk_bin *bins;      /**< [n_members * n_cells] */
	struct spk_open_bin *open; /**< [n_members] */
	struct spk_bin sorting[2]; /**< scratch */
	uint32_t *places;          /**< scratch */
	size_t places_capacity;
};

/** Make room for n events in all; 0: out of memory. */
int spk_bin_reserve(struct spk_bin *bin, size_t n);

/** A spike at the synapses of one table. */
struct spk_single_row {
	size_t member; /**< population of the targets */
	double t;      /**< when the source fired, ms since the epoch */
	uint32_t source;
	size_t n;
	const float *delay;  /**< [n] */
	const uint8_t *code; /**< targets, see sim/target_code.h */
	double shared;       /**< weight of all when f32 and f64 are NULL */
	const float *f32;
	const double *f64;
};

/** @param n_cells length of the ring, a power of two */
int spk_singles_init(struct spk_singles *singles, size_t n_members, size_t n_cells, struct spk_error *err);
void spk_singles_clear(struct spk_singles *singles);

/** Send a spike through its synapses; all arrive in later cells than the open one. Errors: SPK_E_NOMEM. */
int spk_singles_send(struct spk_singles *singles, const struct spk_lattice *lattice,
	const struct spk_single_row *row, struct spk_error *err);
/** Open a cell. */
void spk_singles_open(struct spk_singles *singles, uint64_t cell);
/**
 * The stretch [a, b) of the open cell begins: sort its events onto a population together with n others in
 * [a, b), at equal times after those that are there. All events before a have been taken. Errors:
 * SPK_E_NOMEM.
 */
int spk_singles_begin(struct spk_singles *singles, const struct spk_lattice *lattice, size_t member, double a,
	double b, const struct spk_bin *others, struct spk_error *err);
/** Events of the open cell onto a population have not been taken. */
static inline int spk_singles_wait(const struct spk_singles *singles, size_t member)
{
	return singles->open[member].next < singles->open[member].n;
}

/**
 * Take the events of the open cell onto a population that come before (t, source).
 *
 * @param ret_inputs  how many of them are input events
 */
struct spk_volley spk_singles_take(
	struct spk_singles *singles, size_t member, double t, uint32_t source, size_t *ret_inputs);
/** Forget all events. */
void spk_singles_empty(struct spk_singles *singles);
/** Move all times `shift` ms back; between cells. */
void spk_singles_rebase(struct spk_singles *singles, double shift);

#endif
