/** Parallel loops for tests of the stack's numerics: on several threads, and in reverse order on one. */
#ifndef SPIKEM_TESTS_PARALLEL_H
#define SPIKEM_TESTS_PARALLEL_H

#include "models/stack/parallel.h"
#include "sim/pool.h"

static inline void test_run_on_pool(
	void *pool, unsigned n, void (*work)(void *context, unsigned k), void *context)
{
	spk_pool_run(pool, n, work, context);
}

/** The loop on `pool`. */
static inline struct spk_parallel test_on_pool(struct spk_pool *pool)
{
	return (struct spk_parallel){.run = test_run_on_pool, .pool = pool};
}

static inline void test_run_backwards(
	void *pool, unsigned n, void (*work)(void *context, unsigned k), void *context)
{
	(void)pool;
	while (n-- > 0)
		work(context, n);
}

/** The loop from the last to the first. */
static inline struct spk_parallel test_backwards(void)
{
	return (struct spk_parallel){.run = test_run_backwards};
}

#endif
