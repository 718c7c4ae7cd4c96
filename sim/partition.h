/**
 * A partition: one event loop over its own neurons, their incoming synapses and a share of the sources.
 *
 * Partitions do not talk within a window. Between windows the owner hands every partition the spikes of all.
 * All share the scenario, and none changes it.
 *
 * Order of events at one time, everywhere: changes of the scenario (currents, rates, gate, drive), arrivals
 * (by source, projection, row; after a source's rows its single events, see sim/singles.h), threshold, reset,
 * readout and sampling.
 */
#ifndef SPK_SIM_PARTITION_H
#define SPK_SIM_PARTITION_H

#include <spikem/group.h>
#include <spikem/scenario.h>

#include "sim/calendar.h"
#include "sim/due.h"
#include "sim/outgoing.h"
#include "sim/plastic.h"
#include "sim/singles.h"
#include "sim/table.h"

struct spk_fired {
	double t;    /**< ms since the epoch */
	uint32_t id; /**< global id */
};

struct spk_fired_list {
	size_t n, capacity;
	struct spk_fired *items;
};

/** Neurons of one population in this partition: [lo, hi) of the population. */
struct spk_member {
	const struct spk_population *population;
	uint64_t lo, hi;
	uint32_t first_id;                 /**< global id of neuron lo */
	uint64_t first_unit;               /**< number of the population's first unit among those of all */
	const struct spk_group_type *type; /**< neurons; NULL for sources */
	struct spk_group *group;
	int has_rules;                   /**< rules or probes on the synapses onto it */
	unsigned keeps;                  /**< enum spk_rule_needs: what is read of the potentials */
	int pauses;                      /**< spikes are found up to each pause: weights depend on them */
	double epoch_tau;                /**< fast groups: bound of the epoch, ms */
	double *initial;                 /**< [n * n_states] neurons: state at the start */
	struct spk_bin inputs;           /**< neurons: input events of the stretch that come one by one */
	uint32_t *counts;                /**< [n] spikes so far; NULL: no protocol asks for them */
	double *par;                     /**< sources: [n * n_params] */
	struct spk_source_unit *units;   /**< sources: [n] */
	struct spk_due due;              /**< sources: the next spike of each, ms since the epoch */
	uint64_t next_listed;            /**< sources that take spikes: place in the list */
	struct spk_partition *partition; /**< for emit */
	uint32_t index;                  /**< of the population */
};

/** A source neuron at work. */
struct spk_source_unit {
	double t_set; /**< when the drive was last set */
	double drive;
	double state[4];
	struct spk_rng rng;
};

/**
 * A Poisson input event by event, one process per neuron: onto a general group, onto one whose potentials are
 * read, or onto any group when events are so rare that drawing them in bulk would cost more.
 */
struct spk_input_stream {
	uint32_t number; /**< of the input in the scenario */
	size_t member;
	double weight;
	double rate; /**< scheduled rate (Hz), NAN: each neuron's own */
	size_t n;
	uint32_t *neurons;   /**< [n] index in the group, ascending */
	double *own_rate;    /**< [n] Hz */
	struct spk_due due;  /**< the next event of each, ms since the epoch */
	struct spk_rng *rng; /**< [n] */
};

/** Samples of one record_state taken in this partition, row-major. */
struct spk_sampler {
	const struct spk_record_state *record;
	size_t member;
	size_t n_neurons;
	uint32_t *neurons;  /**< [n_neurons] index in the group */
	size_t n_points;    /**< grid points since the samples were taken out */
	size_t n, capacity; /**< rows */
	double *values;     /**< [n * n_variables] */
	double *t;          /**< [n] absolute times of the grid */
	uint64_t *ids;      /**< [n] index in the population */
};

/** A table with the rules on it. plastic[0] changes the weights if has_rule; the others are probes. */
struct spk_synapses {
	struct spk_table table;
	size_t to;             /**< member that holds the targets */
	uint32_t first_source; /**< global id of source 0 */
	int is_silent;         /**< spikes are not sent through it for now */
	int gate;              /**< the rules are to be open */
	int has_rule;
	int reads_spikes; /**< some rule's arrivals depend on spikes of their targets */
	size_t n_plastic;
	struct spk_plastic *plastic;
};

/** A grid point at which samples are taken. */
struct spk_sample_time {
	double t;        /**< ms since the epoch */
	double absolute; /**< ms, as written */
	uint32_t record;
};

struct spk_partition {
	const struct spk_scenario *scenario;
	uint64_t seed; /**< of initial states and of all that is drawn while the network runs */
	uint32_t number, n_partitions;
	struct spk_lattice lattice;
	uint64_t cell;   /**< number of the open cell */
	double epoch;    /**< absolute time of the epoch, ms */
	uint32_t epochs; /**< moves of the epoch so far, each by epoch_ms */
	double epoch_ms;
	size_t n_members, n_tables, n_streams, n_samplers;
	struct spk_member *members;    /**< [n_populations] */
	struct spk_synapses *tables;   /**< [n_projections] */
	const uint32_t *first_id;      /**< [n_members] global id of the first neuron of each population */
	struct spk_outgoing *outgoing; /**< [n_members] the tables of each population's spikes */
	struct spk_input_stream *streams;
	struct spk_sampler *samplers; /**< [scenario->n_states] */
	struct spk_calendar calendar; /**< spikes on their way to rows */
	struct spk_singles singles;   /**< those on their way through synapses with delays of their own */
	size_t cursor;                /**< next entry of the open cell */
	size_t next_sample;           /**< of the stretch */
	struct spk_fired_list fired;  /**< spikes since the last exchange */
	double *peeked;               /**< scratch: one state vector */
	int status;                   /**< first failure inside a callback */
	uint64_t synaptic_events, input_events;
};

/** A stretch of time without change of the scenario. */
struct spk_stretch {
	double a, b; /**< ms since the epoch */
	size_t n_samples;
	const struct spk_sample_time *samples; /**< in [a, b), ascending */
};

/** Open the cell `cell`: its entries of the queue are sorted. */
int spk_partition_open(struct spk_partition *p, uint64_t cell, struct spk_error *err);
/** Open it once more, in the middle, with what a checkpoint says is left of it. */
int spk_partition_reopen(struct spk_partition *p, uint64_t cell, struct spk_error *err);
/** Begin a stretch, run its events before t (again and again, t ascending; at last t = b), finish it. */
int spk_partition_begin(struct spk_partition *p, const struct spk_stretch *stretch, struct spk_error *err);
int spk_partition_advance(
	struct spk_partition *p, const struct spk_stretch *stretch, double t, struct spk_error *err);
int spk_partition_finish(struct spk_partition *p, struct spk_error *err);
/** Inside a stretch: find all spikes before t that weights at t depend on. Changes nothing that follows. */
int spk_partition_pause(struct spk_partition *p, double t, struct spk_error *err);
/** Take the spikes of all partitions (sorted by time, then id) into the queue at time `now`. */
int spk_partition_receive(
	struct spk_partition *p, size_t n, const struct spk_fired *fired, double now, struct spk_error *err);
/** Move the epoch `shift` ms = `cells` cells ahead. */
void spk_partition_rebase(struct spk_partition *p, double shift, uint64_t cells);
/** Take the samples of a grid point now: after everything else of this time. */
int spk_partition_sample(struct spk_partition *p, const struct spk_sample_time *when, struct spk_error *err);
/** Forget the samples taken so far: nobody records them. */
void spk_partition_drop_samples(struct spk_partition *p);
/** Forget all spikes on their way. */
void spk_partition_drop_spikes(struct spk_partition *p);
/** Bring all weights up to time t. */
void spk_partition_settle(struct spk_partition *p, double t);
/** What a source neuron shows from time t on; `index` in the population, ignored when not of this partition.
 */
void spk_partition_set_drive(
	struct spk_partition *p, size_t population, uint64_t index, double t, double drive);

/**
 * When a spike arrives at `row` after `delay`: rounded in the epoch of the spike, then moved, which is exact.
 * So it does not matter when this is computed, and later rows never come before nearer ones.
 */
static inline void spk_partition_set_arrival(
	const struct spk_partition *p, struct spk_arrival *a, const struct spk_row *row, double delay)
{
	a->first = row->first;
	a->n = row->n;
	a->t = a->t_spike + delay - (double)(p->epochs - a->epoch) * p->epoch_ms;
	a->cell = spk_lattice_cell(&p->lattice, a->t);
}

int spk_fired_append(struct spk_fired_list *list, double t, uint32_t id);

static inline void spk_member_count(struct spk_member *m, uint64_t neuron)
{
	if (m->counts)
		m->counts[neuron]++;
}

#endif
