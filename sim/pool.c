#include "sim/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct spk_pool {
	unsigned n_helpers;
	pthread_t *helpers;
	pthread_mutex_t lock;
	pthread_cond_t start, done;
	unsigned long round; /* of work; helpers wait for the next */
	unsigned next, n, unfinished;
	int stop;
	void (*work)(void *context, unsigned k);
	void *context;
};

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

	pthread_mutex_lock(&pool->lock);
	while (!pool->stop) {
		if (pool->round == seen) {
			pthread_cond_wait(&pool->start, &pool->lock);
			continue;
		}
		seen = pool->round;
		work_off(pool);
	}
	pthread_mutex_unlock(&pool->lock);
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
	pool->n = pool->unfinished = n;
	pool->round++;
	pthread_cond_broadcast(&pool->start);
	work_off(pool);
	while (pool->unfinished > 0)
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
