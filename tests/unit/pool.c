/* The thread pool: each item is worked on once, in each of many rounds. */
#include "tests/test.h"

#include "sim/pool.h"

#include <stdatomic.h>

struct work {
	atomic_uint done[64];
	atomic_uint sum;
};

static void do_work(void *context, unsigned k)
{
	struct work *w = context;
	atomic_fetch_add(&w->done[k], 1);
	atomic_fetch_add(&w->sum, k);
}

static void a_pool_does_each_item_once(void)
{
	for (unsigned threads = 1; threads <= 5; threads++) {
		struct spk_pool *pool = NULL;
		struct work w = {0};
		if (!CHECK(spk_pool_create(threads, &pool, NULL) == SPK_OK))
			continue;
		for (unsigned round = 1; round <= 400; round++) {
			const unsigned n = round % 65;
			memset(&w, 0, sizeof w);
			spk_pool_run(pool, n, do_work, &w);
			for (unsigned k = 0; k < 64; k++)
				CHECK(atomic_load(&w.done[k]) == (k < n));
			CHECK(atomic_load(&w.sum) == n * (n - (n > 0)) / 2);
		}
		spk_pool_free(pool);
	}
	spk_pool_free(NULL);
}

TEST_MAIN(TEST(a_pool_does_each_item_once))
