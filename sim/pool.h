/** A pool of threads that run one function on many items. Which thread runs an item has no influence. */
#ifndef SPK_SIM_POOL_H
#define SPK_SIM_POOL_H

#include <spikem/status.h>

struct spk_pool;

/** @param threads at least 1; with 1 no thread is made and the caller does all work */
int spk_pool_create(unsigned threads, struct spk_pool **ret_pool, struct spk_error *err);
/** Run work(context, k) for k in [0, n); returns when all are done. The caller works too. */
void spk_pool_run(struct spk_pool *pool, unsigned n, void (*work)(void *context, unsigned k), void *context);
void spk_pool_free(struct spk_pool *pool);

#endif
