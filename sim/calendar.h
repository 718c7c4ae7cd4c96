/**
 * The event queue: a calendar of windows ("cells"), each sorted when it opens.
 *
 * An entry is a spike on its way to the rows [row, row_end) of one source in one table; rows ascend by delay.
 * Everything sent in a cell arrives in a later one (a cell is no longer than the smallest delay), so a cell
 * is complete when it opens. Push costs O(1). Cells further ahead than the ring is long share places with
 * nearer ones and wait there. Within a cell entries come in the total order (t, source, table, row).
 */
#ifndef SPK_SIM_CALENDAR_H
#define SPK_SIM_CALENDAR_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

enum spk_arrival_kind {
	SPK_AT_SOMA,   /**< the rows' synaptic events */
	SPK_AT_SYNAPSE /**< the spike reaches plastic synapses that have a dendritic delay */
};

struct spk_arrival {
	double t;        /**< arrival through `row`, ms since the epoch */
	double t_spike;  /**< when the source fired, ms since the epoch of that time */
	uint64_t cell;   /**< number of the cell that t lies in */
	double *weights; /**< [row's n] weights as they left the synapses, owned by the entry; NULL: the
			    table's */
	uint32_t source; /**< global id */
	uint32_t table;  /**< number of the projection */
	uint32_t row, row_end;
	uint32_t first, n; /**< synapses of `row`: with them here the row itself need not be fetched */
	uint32_t kind;     /**< enum spk_arrival_kind */
	uint32_t epoch;    /**< number of the epoch in which the source fired */
};

struct spk_cell {
	size_t n, capacity;
	struct spk_arrival *items;
};

struct spk_calendar {
	size_t n_cells; /**< power of two */
	struct spk_cell *cells;
	struct spk_cell open; /**< entries of the open cell, sorted */
	struct spk_cell late; /**< synapses that spikes of the last exchange have passed already */
};

/** @param span cells between a spike and its furthest arrival, for the length of the ring */
int spk_calendar_init(struct spk_calendar *calendar, double span, struct spk_error *err);
void spk_calendar_clear(struct spk_calendar *calendar);

/** Add an entry. Errors: SPK_E_NOMEM. */
int spk_calendar_push(
	struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err);
/** Take the entries of cell number `cell` out of the ring, sorted, into calendar->open. */
int spk_calendar_open(struct spk_calendar *calendar, uint64_t cell, struct spk_error *err);
/** Add an entry to the open cell, unsorted: for a caller that sorts afterwards. */
int spk_calendar_add_open(
	struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err);
void spk_calendar_sort(struct spk_calendar *calendar);
/** Add an entry to the sorted open cell at its place among the entries from `first` on. */
int spk_calendar_insert(struct spk_calendar *calendar, size_t first, const struct spk_arrival *arrival,
	struct spk_error *err);
/** Add an entry to calendar->late, unsorted. */
int spk_calendar_late(
	struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err);
/** Forget all entries. */
void spk_calendar_empty(struct spk_calendar *calendar);
/** Move all times of arrival `shift` ms back. */
void spk_calendar_rebase(struct spk_calendar *calendar, double shift);

/** The total order of entries. */
int spk_arrival_compare(const void *left, const void *right);

#endif
