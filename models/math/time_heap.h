/**
 * A binary heap of times, the earliest on top, each with a number (a neuron). Entries are never changed: who
 * replaces a time pushes the new one and ignores the old one when it comes to the top.
 */
#ifndef SPK_MODELS_MATH_TIME_HEAP_H
#define SPK_MODELS_MATH_TIME_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct spk_time_entry {
	double t;
	uint32_t number;
};

/** All zero: empty. */
struct spk_time_heap {
	struct spk_time_entry *items; /**< [capacity] */
	size_t n, capacity;
	int failed; /**< memory ran out and entries were lost */
};

void spk_time_heap_clear(struct spk_time_heap *heap);
void spk_time_heap_push(struct spk_time_heap *heap, double t, uint32_t number);
/** Remove the top; the heap must not be empty. */
struct spk_time_entry spk_time_heap_pop(struct spk_time_heap *heap);

#endif
