/**
 * Squared Euclidean distances of many pairs of points by one matrix product, |a|^2 + |b|^2 - 2 a.b, with a
 * bound of the error that single precision and cancellation make.
 */
#ifndef SPK_MODELS_STACK_DISTANCE_H
#define SPK_MODELS_STACK_DISTANCE_H

#include <spikem/status.h>
#include <stddef.h>

#include "models/stack/parallel.h"

/** Largest numbers of points in a block. They bound the memory of a thread and keep it in the cache. */
enum { SPK_DISTANCE_MAX_A = 128, SPK_DISTANCE_MAX_B = 512 };

/** n points and their squared norms. Borrowed. */
struct spk_points {
	size_t n;
	const float *rows;    /**< [n * n_dims] */
	const double *square; /**< [n] */
};

/** Points first .. first + n - 1. */
static inline struct spk_points spk_points_slice(struct spk_points all, size_t n_dims, size_t first, size_t n)
{
	return (struct spk_points){n, all.rows + first * n_dims, all.square + first};
}

/** |row|^2 of n rows in double precision. */
void spk_squared_norms(
	const struct spk_parallel *parallel, size_t n_dims, size_t n, const float *rows, double *ret);

/** |a - b|^2 in double precision, coordinates where visible is 0 left out (NULL: none is). */
double spk_distance_exact(size_t n_dims, const unsigned char *visible, const float *a, const float *b);

/** ret_dot[i * b.n + j] = a_i . b_j, in single precision. */
void spk_distance_products(size_t n_dims, struct spk_points a, struct spk_points b, float *ret_dot);

/**
 * |fl(a.b) - a.b| is at most this times |a| |b|, however the sum of n_dims products is ordered and whether
 * or not products and sums are fused (Higham 2002, Accuracy and Stability of Numerical Algorithms, eq 3.5).
 */
static inline double spk_distance_gamma(size_t n_dims)
{
	const double nu = (double)n_dims * 0x1p-24;

	return nu < 0.5 ? nu / (1 - nu) : 1;
}

#endif
