/** How the stack's numerics use threads without knowing any: the caller passes a parallel loop. */
#ifndef SPK_MODELS_STACK_PARALLEL_H
#define SPK_MODELS_STACK_PARALLEL_H

/** run(pool, n, work, context) calls work(context, k) for all k in [0, n), in any order and on any thread. */
struct spk_parallel {
	void (*run)(void *pool, unsigned n, void (*work)(void *context, unsigned k), void *context);
	void *pool;
};

#endif
