#include "models/stack/distance.h"

#include "models/stack/blas.h"

enum { ROWS_PER_TASK = 256 };

static double sum_squares(size_t n, const float *row)
{
	double sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += (double)row[k] * (double)row[k];
	return sum;
}

struct norms_work {
	size_t n_dims, n;
	const float *rows;
	double *norms;
};

static void compute_norms(void *context, unsigned task)
{
	const struct norms_work *work = context;
	const size_t first = (size_t)task * ROWS_PER_TASK;

	for (size_t i = first; i < work->n && i < first + ROWS_PER_TASK; i++)
		work->norms[i] = sum_squares(work->n_dims, work->rows + i * work->n_dims);
}

void spk_squared_norms(
	const struct spk_parallel *parallel, size_t n_dims, size_t n, const float *rows, double *ret)
{
	struct norms_work work = {n_dims, n, rows, ret};

	spk_run_parallel(parallel, (unsigned)((n + ROWS_PER_TASK - 1) / ROWS_PER_TASK), compute_norms, &work);
}

double spk_distance_exact(size_t n_dims, const unsigned char *visible, const float *a, const float *b)
{
	double sum[2] = {0, 0}; /* two chains of additions run side by side */

	for (size_t d = 0; d < n_dims; d++) {
		const double difference = (double)a[d] - (double)b[d];
		if (!visible || visible[d])
			sum[d & 1] += difference * difference;
	}
	return sum[0] + sum[1];
}

void spk_distance_products(size_t n_dims, struct spk_points a, struct spk_points b, float *ret_dot)
{
	const struct spk_product product = {.form = SPK_PRODUCT_A_BT,
		.rows = a.n,
		.columns = b.n,
		.inner = n_dims,
		.a = a.rows,
		.b = b.rows,
		.c = ret_dot};

	spk_product(NULL, &product);
}
