/**
 * Poisson input of equal rate onto all neurons of a group, drawn in bulk, segment by segment.
 *
 * Events come in blocks of SPK_BULK_BLOCK neurons: the number of events of a block in a segment is Poisson,
 * and each event picks its neuron (6 bits) and its time (36 bits, 1.5e-11 of the segment: finer than a
 * crossing is located). This is the superposition of independent processes and needs a third of a random
 * block an event. Draws are keyed by input and block, so that they do not depend on how neurons are
 * distributed. Events of the last block that pick a neuron that does not exist are no events.
 *
 * Most neurons need only the sum of their events' scaled weights. The events themselves are kept at once for
 * the candidates that the caller names, and drawn a second time for any other neuron that turns out to need
 * them.
 *
 * Life cycle: init, { begin, block for each block, events ... } for each segment, clear.
 */
#ifndef SPK_MODELS_NEURON_BULK_INPUT_H
#define SPK_MODELS_NEURON_BULK_INPUT_H

#include <spikem/group.h>

enum { SPK_BULK_BLOCK = SPK_GROUP_BLOCK, SPK_BULK_MAX_INPUTS = 8 };

/** An event is 42 random bits: the upper 36 are its time, the lower 6 its neuron. */
enum { SPK_BULK_NEURON_SHIFT = 22 };

/** An input event: time, growth factor f = exp(t / tau) (0 without tau) and weight. */
struct spk_bulk_event {
	double t, f, w;
};

/** The events of one neuron in this segment: places in spk_bulk.events. */
struct spk_bulk_list {
	uint32_t first, n;
	uint64_t segment; /**< that it was made for */
};

struct spk_bulk_source {
	double rate, weight;
	struct spk_rng *rng; /**< [n_blocks] */
	uint64_t *draw;      /**< [n_blocks] number of the first draw of the segment */
};

struct spk_bulk {
	size_t n, n_blocks, n_inputs;
	struct spk_bulk_source inputs[SPK_BULK_MAX_INPUTS];
	int has_inhibition; /**< some weight is negative */
	int failed;         /**< memory ran out; results are wrong from then on */
	uint64_t n_drawn;   /**< events so far */
	double tau, a, b, f_a;
	uint64_t segment;
	struct spk_bulk_list *lists; /**< [n] */
	struct spk_bulk_event *events;
	size_t n_events, events_capacity;
	/* events of one input onto one block */
	uint64_t *bits;
	double *when, *factor;
	uint32_t *chosen;
	size_t block_capacity;
	struct spk_bulk_picked *picked;
	size_t n_picked, picked_capacity;
};

/** The neuron of the block that event k of the present input goes to. */
static inline uint64_t spk_bulk_neuron(const struct spk_bulk *bulk, size_t k)
{
	return bulk->bits[k] >> SPK_BULK_NEURON_SHIFT & (SPK_BULK_BLOCK - 1);
}

/**
 * @param tau_ms  of the growth factors; 0: the events have none
 * Errors: SPK_E_NOMEM, SPK_E_LIMIT (too many inputs). On failure nothing is left to clear.
 */
int spk_bulk_init(
	struct spk_bulk *bulk, const struct spk_group_spec *spec, double tau_ms, struct spk_error *err);
void spk_bulk_clear(struct spk_bulk *bulk);
size_t spk_bulk_bytes(const struct spk_bulk *bulk);
/** The state between segments: add its pieces. */
void spk_bulk_list_state(struct spk_bulk *bulk, struct spk_state *state);

/** Open the segment [a, b); f_a = exp(a / tau). */
void spk_bulk_begin(struct spk_bulk *bulk, double a, double b, double f_a);
/**
 * Draw the events of a block.
 *
 * @param candidates  neurons of the block whose events are kept, one bit each; none that do not exist
 * @param early       [SPK_BULK_BLOCK] sums of w f of excitatory events are added
 * @param late        the same for inhibitory ones; not touched without inhibition
 */
void spk_bulk_block(struct spk_bulk *bulk, size_t block, uint64_t candidates, double *early, double *late);
/** What spk_bulk_each() does with the n events of one input: times bulk->when, neurons spk_bulk_neuron(). */
typedef void spk_bulk_take(void *context, const struct spk_bulk *bulk, double weight, size_t n);
/** Draw the events of a block for somebody who sums them up in another way. */
void spk_bulk_each(
	struct spk_bulk *bulk, size_t block, uint64_t candidates, spk_bulk_take *take, void *context);
/** The events of a neuron in this segment by time, in bulk->events. */
struct spk_bulk_list spk_bulk_events(struct spk_bulk *bulk, size_t neuron);
/** Forget the neuron's events of this segment before t. */
void spk_bulk_drop(struct spk_bulk *bulk, size_t neuron, double t);

#endif
