/* A heap of times: ascending order, whatever the order of pushes and pops, equal times among them. */
#include "tests/test.h"

#include "models/math/time_heap.h"

#include <spikem/rng.h>

static void pops_ascend_and_nothing_is_lost(void)
{
	struct spk_rng rng = spk_rng_stream(3, SPK_RNG_TEST, 0, 1);
	struct spk_time_heap heap = {0};
	double last = -INFINITY;
	unsigned char seen[3000] = {0};
	uint32_t pushed = 0;
	size_t popped = 0;
	while (popped < sizeof seen) {
		const int push = pushed < sizeof seen && (heap.n == 0 || spk_rng_below(&rng, 3) > 0);
		if (push) { /* never before what was popped already; many equal ones */
			const double t = fmax(last, 0) + (double)spk_rng_below(&rng, 100);
			spk_time_heap_push(&heap, t, pushed++);
			continue;
		}
		const struct spk_time_entry top = spk_time_heap_pop(&heap);
		CHECK(top.t >= last);
		CHECK(!seen[top.number]);
		seen[top.number] = 1;
		last = top.t;
		popped++;
	}
	CHECK(heap.n == 0 && !heap.failed);
	spk_time_heap_clear(&heap);
	CHECK(heap.capacity == 0);
}

TEST_MAIN(TEST(pops_ascend_and_nothing_is_lost))
