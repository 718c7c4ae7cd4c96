/**
 * The refractory neurons of a group, by the end of their refractoriness.
 *
 * Those of a segment are added in any order and sorted together when the next one begins. Refractoriness
 * lasts equally long for all, so they then stand behind all earlier ones. Inlined.
 */
#ifndef SPK_MODELS_NEURON_RESTING_H
#define SPK_MODELS_NEURON_RESTING_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct spk_resting_neuron {
	double ready; /**< end of refractoriness, ms since the epoch */
	uint32_t neuron;
};

struct spk_resting {
	size_t first, sorted, end; /**< places in use; `ready` ascends in [first, sorted) */
	size_t capacity;
	struct spk_resting_neuron *items;
};

/** Room for n neurons, each listed once at most. 0 when memory runs out. */
static inline int spk_resting_init(struct spk_resting *resting, size_t n)
{
	*resting = (struct spk_resting){.capacity = 2 * n + 1};
	resting->items = malloc(resting->capacity * sizeof *resting->items);
	return resting->items != NULL;
}

static inline size_t spk_resting_bytes(const struct spk_resting *resting)
{
	return resting->capacity * sizeof *resting->items;
}

static inline void spk_resting_add(struct spk_resting *resting, uint32_t neuron, double ready)
{
	struct spk_resting_neuron *items = resting->items;

	if (resting->end == resting->capacity) { /* at least every other place is free */
		resting->end -= resting->first;
		resting->sorted -= resting->first;
		memmove(items, items + resting->first, resting->end * sizeof *items);
		resting->first = 0;
	}
	items[resting->end++] = (struct spk_resting_neuron){ready, neuron};
}

static inline int spk_resting_compare(const void *left, const void *right)
{
	const double a = ((const struct spk_resting_neuron *)left)->ready;
	const double b = ((const struct spk_resting_neuron *)right)->ready;

	return (a > b) - (a < b);
}

/** Sort those that were added since the last time. */
static inline void spk_resting_sort(struct spk_resting *resting)
{
	struct spk_resting_neuron *items = resting->items;
	size_t from = resting->sorted;

	if (from == resting->end)
		return;
	qsort(items + from, resting->end - from, sizeof *items, spk_resting_compare);
	if (from > resting->first && items[from - 1].ready > items[from].ready) {
		from = resting->first;
		qsort(items + from, resting->end - from, sizeof *items, spk_resting_compare);
	}
	resting->sorted = resting->end;
}

/** The first sorted neuron whose refractoriness ends at or before t, taken from the list; NULL: none. */
static inline const struct spk_resting_neuron *spk_resting_take(struct spk_resting *resting, double t)
{
	if (resting->first == resting->sorted || resting->items[resting->first].ready > t)
		return NULL;
	return &resting->items[resting->first++];
}

static inline void spk_resting_rebase(struct spk_resting *resting, double shift)
{
	for (size_t k = resting->first; k < resting->end; k++)
		resting->items[k].ready -= shift;
}

#endif
