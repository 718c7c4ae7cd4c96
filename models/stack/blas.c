#include "models/stack/blas.h"

#include <gsl/gsl_blas.h>

/*
 * Each block packs all of `a` anew: 8 blocks of 1000 columns cost 15 % of the speed, 4 cost 5 %. A few narrow
 * blocks are still better than an idle thread.
 */
enum { COLUMNS_PER_BLOCK = 190, NARROW = 48 };

/* Of OpenBLAS; its cblas.h cannot be included beside GSL's. */
void openblas_set_num_threads(int n);
int openblas_get_parallel(void);

void spk_blas_use_one_thread(void)
{
	openblas_set_num_threads(1);
}

/* The sequential variant of OpenBLAS (0) shares its buffers without locks. */
int spk_blas_is_thread_safe(void)
{
	return openblas_get_parallel() != 0;
}

unsigned spk_product_blocks(size_t columns)
{
	unsigned n = columns >= 2 * NARROW ? 2 : 1;

	while (n < SPK_PRODUCT_MAX_BLOCKS && columns >= 2 * n * (size_t)COLUMNS_PER_BLOCK)
		n *= 2;
	return n;
}

static struct spk_block find_block(size_t columns, unsigned k)
{
	const unsigned n = spk_product_blocks(columns);
	const size_t first = columns * k / n;

	return (struct spk_block){.index = k, .first = first, .count = columns * (k + 1) / n - first};
}

void spk_run_parallel(const struct spk_parallel *parallel, unsigned n,
	void (*work)(void *context, unsigned k), void *context)
{
	if (parallel && spk_blas_is_thread_safe()) {
		parallel->run(parallel->pool, n, work, context);
		return;
	}
	for (unsigned k = 0; k < n; k++)
		work(context, k);
}

static void multiply_block(void *context, unsigned k)
{
	const struct spk_product *p = context;
	const struct spk_block block = find_block(p->columns, k);
	const int a_is_transposed = p->form == SPK_PRODUCT_AT_B,
		  b_is_transposed = p->form == SPK_PRODUCT_A_BT;
	const size_t a_rows = a_is_transposed ? p->inner : p->rows,
		     a_columns = a_is_transposed ? p->rows : p->inner;
	gsl_matrix_float_const_view a = gsl_matrix_float_const_view_array(p->a, a_rows, a_columns);
	gsl_matrix_float_const_view b =
		b_is_transposed ? gsl_matrix_float_const_view_array(
					  p->b + block.first * p->inner, block.count, p->inner)
				: gsl_matrix_float_const_view_array_with_tda(
					  p->b + block.first, p->inner, block.count, p->columns);
	gsl_matrix_float_view c =
		gsl_matrix_float_view_array_with_tda(p->c + block.first, p->rows, block.count, p->columns);

	gsl_blas_sgemm(a_is_transposed ? CblasTrans : CblasNoTrans,
		b_is_transposed ? CblasTrans : CblasNoTrans, 1, &a.matrix, &b.matrix, 0, &c.matrix);
	if (p->finish)
		p->finish(p->context, block);
}

void spk_product(const struct spk_parallel *parallel, const struct spk_product *product)
{
	if (product->rows == 0 || product->columns == 0 || product->inner == 0)
		return;
	spk_blas_use_one_thread();
	spk_run_parallel(parallel, spk_product_blocks(product->columns), multiply_block, (void *)product);
}

static void multiply_block_double(void *context, unsigned k)
{
	const struct spk_product_double *p = context;
	const struct spk_block block = find_block(p->columns, k);
	const int a_is_transposed = p->form == SPK_PRODUCT_AT_B,
		  b_is_transposed = p->form == SPK_PRODUCT_A_BT;
	const size_t a_rows = a_is_transposed ? p->inner : p->rows,
		     a_columns = a_is_transposed ? p->rows : p->inner;
	gsl_matrix_const_view a = gsl_matrix_const_view_array(p->a, a_rows, a_columns);
	gsl_matrix_const_view b = b_is_transposed ? gsl_matrix_const_view_array(p->b + block.first * p->inner,
							    block.count, p->inner)
						  : gsl_matrix_const_view_array_with_tda(p->b + block.first,
							    p->inner, block.count, p->columns);
	gsl_matrix_view c =
		gsl_matrix_view_array_with_tda(p->c + block.first, p->rows, block.count, p->columns);

	gsl_blas_dgemm(a_is_transposed ? CblasTrans : CblasNoTrans,
		b_is_transposed ? CblasTrans : CblasNoTrans, 1, &a.matrix, &b.matrix, p->add ? 1 : 0,
		&c.matrix);
}

void spk_product_double(const struct spk_parallel *parallel, const struct spk_product_double *product)
{
	if (product->rows == 0 || product->columns == 0 || product->inner == 0)
		return;
	spk_blas_use_one_thread();
	spk_run_parallel(
		parallel, spk_product_blocks(product->columns), multiply_block_double, (void *)product);
}

void spk_matrix_vector(size_t rows, size_t columns, const double *m, const double *x, double *y)
{
	if (rows == 0 || columns == 0)
		return;
	const gsl_matrix_const_view matrix = gsl_matrix_const_view_array(m, rows, columns);
	const gsl_vector_const_view in = gsl_vector_const_view_array(x, columns);
	gsl_vector_view out = gsl_vector_view_array(y, rows);

	gsl_blas_dgemv(CblasNoTrans, 1, &matrix.matrix, &in.vector, 1, &out.vector);
}
