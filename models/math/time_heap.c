#include "models/math/time_heap.h"

#include <stdlib.h>
#include <string.h>

void spk_time_heap_clear(struct spk_time_heap *heap)
{
	free(heap->items);
	memset(heap, 0, sizeof *heap);
}

static int grow(struct spk_time_heap *heap)
{
	const size_t capacity = heap->capacity ? 2 * heap->capacity : 256;
	struct spk_time_entry *items = realloc(heap->items, capacity * sizeof *items);

	if (!items)
		return 0;
	heap->items = items;
	heap->capacity = capacity;
	return 1;
}

void spk_time_heap_push(struct spk_time_heap *heap, double t, uint32_t number)
{
	if (heap->n == heap->capacity && !grow(heap)) {
		heap->failed = 1;
		return;
	}
	size_t k = heap->n++;
	for (; k > 0 && t < heap->items[(k - 1) / 2].t; k = (k - 1) / 2)
		heap->items[k] = heap->items[(k - 1) / 2];
	heap->items[k] = (struct spk_time_entry){t, number};
}

struct spk_time_entry spk_time_heap_pop(struct spk_time_heap *heap)
{
	struct spk_time_entry *items = heap->items;
	const struct spk_time_entry top = items[0], last = items[--heap->n];
	size_t k = 0;

	for (size_t child; (child = 2 * k + 1) < heap->n; k = child) {
		child += child + 1 < heap->n && items[child + 1].t < items[child].t;
		if (!(items[child].t < last.t))
			break;
		items[k] = items[child];
	}
	items[k] = last;
	return top;
}
