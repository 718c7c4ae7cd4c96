#include "sim/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Going to sleep and being woken takes longer than the shortest work. So a thread that waits first looks for
 * some ten microseconds whether the wait is over, where there is a processor for each thread.
 */
enum { LOOKS = 400 };

struct spk_pool {
	unsigned n_helpers;
	int looks; /* before sleep */
	pthread_t *helpers;
	pthread_mutex_t lock;
	pthread_cond_t start, done;
	/* changed with the lock held, looked at without */
	atomic_ulong round; /* of work; helpers wait for the next */
	atomic_uint unfinished;
	atomic_int stop;
	unsigned next, n;
	void (*work)(void *context, unsigned k);
	void *context;
};

static void rest(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_ia32_pause();
#endif
}

static void look_for_round(struct spk_pool *pool, unsigned long seen)
{
	for (int k = 0; k < pool->looks && pool->round == seen && !pool->stop; k++)
		rest();
}

static void look_for_end(struct spk_pool *pool)
{
	for (int k = 0; k < pool->looks && pool->unfinished > 0; k++)
		rest();
}

/* As many processors as threads are there for this process. */
static int is_roomy(unsigned threads)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 && (unsigned)CPU_COUNT(&set) >= threads;
}

/* Called and returns with the lock held. */
static void work_off(struct spk_pool *pool)
{
	while (pool->next < pool->n) {
		const unsigned k = pool->next++;
		pthread_mutex_unlock(&pool->lock);
		pool->work(pool->context, k);
		pthread_mutex_lock(&pool->lock);
		if (--pool->unfinished == 0)
			pthread_cond_broadcast(&pool->done);
	}
}

static void *run_helper(void *argument)
{
	struct spk_pool *pool = argument;
	unsigned long seen = 0;

	while (!pool->stop) {
		look_for_round(pool, seen);
		pthread_mutex_lock(&pool->lock);
		while (pool->round == seen && !pool->stop)
			pthread_cond_wait(&pool->start, &pool->lock);
		seen = pool->round;
		work_off(pool);
		pthread_mutex_unlock(&pool->lock);
	}
	return NULL;
}

void spk_pool_free(struct spk_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = 1;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned k = 0; k < pool->n_helpers; k++)
		pthread_join(pool->helpers[k], NULL);
	pthread_cond_destroy(&pool->start);
	pthread_cond_destroy(&pool->done);
	pthread_mutex_destroy(&pool->lock);
	free(pool->helpers);
	free(pool);
}

int spk_pool_create(unsigned threads, struct spk_pool **ret_pool, struct spk_error *err)
{
	struct spk_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for threads");
	pool->looks = is_roomy(threads) ? LOOKS : 0;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->start, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->helpers = calloc(threads, sizeof *pool->helpers);
	while (pool->helpers && pool->n_helpers + 1 < threads) {
		if (pthread_create(&pool->helpers[pool->n_helpers], NULL, run_helper, pool) != 0)
			break;
		pool->n_helpers++;
	}
	if (!pool->helpers || pool->n_helpers + 1 < threads) {
		const int rc = pool->helpers ? spk_fail(err, SPK_E_LIMIT, "cannot start %u threads", threads)
					     : spk_fail(err, SPK_E_NOMEM, "out of memory for threads");
		spk_pool_free(pool);
		return rc;
	}
	*ret_pool = pool;
	return SPK_OK;
}

void spk_pool_run(struct spk_pool *pool, unsigned n, void (*work)(void *context, unsigned k), void *context)
{
	if (pool->n_helpers == 0) {
		for (unsigned k = 0; k < n; k++)
			work(context, k);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->work = work;
	pool->context = context;
	pool->next = 0;
	pool->n = n;
	pool->unfinished = n;
	pool->round++;
	pthread_cond_broadcast(&pool->start);
	work_off(pool);
	if (pool->unfinished > 0) {
		pthread_mutex_unlock(&pool->lock);
		look_for_end(pool);
		pthread_mutex_lock(&pool->lock);
	}
	while (pool->unfinished > 0)
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
