/**
 * Matrix products on several threads whose bits do not depend on the number of threads.
 *
 * All matrices are row-major without gaps. The columns of the result are cut into blocks; how depends on
 * their number alone. Each block is one call of a single-threaded BLAS (through GSL's interface), so the same
 * product gives the same bits on any number of threads, of one machine and BLAS library. This is the only
 * file that knows BLAS.
 */
#ifndef SPK_MODELS_STACK_BLAS_H
#define SPK_MODELS_STACK_BLAS_H

#include <stddef.h>

#include "models/stack/parallel.h"

enum { SPK_PRODUCT_MAX_BLOCKS = 8 };

enum spk_product_form {
	SPK_PRODUCT_A_BT, /**< c = a b^T;  a: rows x inner, b: columns x inner */
	SPK_PRODUCT_A_B,  /**< c = a b;    a: rows x inner, b: inner x columns */
	SPK_PRODUCT_AT_B  /**< c = a^T b;  a: inner x rows, b: inner x columns */
};

/** Columns first .. first + count - 1, block number `index`. */
struct spk_block {
	unsigned index;
	size_t first, count;
};

/** c = a b. In single precision a, b, c are float, in double precision double. */
struct spk_product {
	enum spk_product_form form;
	size_t rows, columns, inner;
	const float *a, *b;
	float *c; /**< [rows * columns], overwritten */
	/** Called for each block once its columns of c are there, on the thread that made them. NULL: none.
	 */
	void (*finish)(void *context, struct spk_block block);
	void *context;
};

struct spk_product_double {
	enum spk_product_form form;
	size_t rows, columns, inner;
	const double *a, *b;
	double *c;
	int add; /**< non-zero: c += a b */
};

/** Number of blocks that so many columns are cut into, 1 .. SPK_PRODUCT_MAX_BLOCKS. */
unsigned spk_product_blocks(size_t columns);

/** parallel: NULL runs the blocks one after the other, with the same result. */
void spk_product(const struct spk_parallel *parallel, const struct spk_product *product);
void spk_product_double(const struct spk_parallel *parallel, const struct spk_product_double *product);

/** y += m x on the calling thread; m: rows x columns. Call spk_blas_use_one_thread before. */
void spk_matrix_vector(size_t rows, size_t columns, const double *m, const double *x, double *y);

/** For code that calls a library which uses BLAS: no threads besides the caller's. */
void spk_blas_use_one_thread(void);
/** Whether several threads may multiply at a time: not with a sequential OpenBLAS, where spk_run_parallel
 * runs everything on the calling thread. */
int spk_blas_is_thread_safe(void);

/** parallel->run, or a plain loop where parallel is NULL. */
void spk_run_parallel(const struct spk_parallel *parallel, unsigned n,
	void (*work)(void *context, unsigned k), void *context);

#endif
