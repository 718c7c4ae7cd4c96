/**
 * Where the rows of a source stand, in all tables that its spikes go through.
 *
 * A spike looks up its source's row in each table: a number and a row, each a cache line of its own. Where
 * every table of a population has one delay, and so one row a source at most, these places stand side by side
 * besides, source after source.
 */
#ifndef SPK_SIM_OUTGOING_H
#define SPK_SIM_OUTGOING_H

#include <spikem/status.h>

#include "sim/table.h"

/** Of one source in one table; that of the next source says where its rows and synapses end. */
struct spk_row_place {
	uint32_t row, first;
};

/** The tables that spikes of one population go through. */
struct spk_outgoing {
	uint32_t first_source;
	uint32_t n;
	uint32_t *table;             /**< [n] numbers, ascending */
	struct spk_row_place *place; /**< [(n_sources + 1) * n] by source; NULL: look into the tables */
};

struct spk_partition;
struct spk_fired;

/** Errors: SPK_E_NOMEM. */
int spk_outgoing_create(struct spk_partition *partition, struct spk_error *err);
void spk_outgoing_free(struct spk_partition *partition);
size_t spk_outgoing_bytes(const struct spk_partition *partition);

/** The tables of a neuron. */
const struct spk_outgoing *spk_outgoing_of(const struct spk_partition *partition, uint32_t id);
/** Bring what is read when these spikes are sent near: it lies far apart in memory. */
void spk_outgoing_touch(const struct spk_partition *partition, size_t n, const struct spk_fired *fired);
/** Have the synapses of a spike that is taken apart fetched in all its tables, before the first is sent. */
void spk_outgoing_fetch(const struct spk_partition *partition, const struct spk_outgoing *to, uint32_t id);

/** Places of a neuron in its tables, those of the next one `n` behind; NULL: look into the tables. */
static inline const struct spk_row_place *spk_outgoing_places(const struct spk_outgoing *to, uint32_t id)
{
	return to->place ? to->place + (size_t)(id - to->first_source) * to->n : NULL;
}

#endif
