#include "sim/draw.h"

#include <math.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/math/philox.h"

enum { MAX_REDRAWS = 100000 };

static double draw_law(const struct spk_value *v, struct spk_rng *rng)
{
	switch (v->law) {
	case SPK_UNIFORM:
		return v->a + (v->b - v->a) * spk_rng_uniform(rng);
	case SPK_NORMAL:
		return v->a + v->b * spk_rng_normal(rng);
	case SPK_LOGNORMAL: {
		const double s2 = spk_log1p(v->b * v->b / (v->a * v->a));
		return v->a * spk_exp(sqrt(s2) * spk_rng_normal(rng) - s2 / 2);
	}
	case SPK_EXPONENTIAL:
		return v->a * spk_rng_exponential(rng);
	case SPK_CONSTANT:
	case SPK_LIST:
		break;
	}
	return v->a;
}

double spk_value_draw(const struct spk_value *value, uint64_t index, struct spk_rng *rng)
{
	if (value->law == SPK_LIST)
		return value->list[index < value->n_list ? index : value->n_list - 1];
	double x = draw_law(value, rng);
	for (int k = 0; k < MAX_REDRAWS && (x < value->lo || x > value->hi); k++)
		x = draw_law(value, rng);
	return x < value->lo ? value->lo : x > value->hi ? value->hi : x;
}

enum { BATCH = 128 };

/* spk_unit_of_bits() in two halves: 64-bit integers are not converted by vectors everywhere. All is exact. */
static inline __attribute__((always_inline)) double unit_of_bits(uint64_t bits)
{
	const uint64_t k = bits >> 11, low = (k & UINT32_MAX) | UINT64_C(0x4330000000000000),
		       high = k >> 32 | UINT64_C(0x4530000000000000);
	double a, b;

	memcpy(&a, &low, sizeof a);  /* 2^52 + the lower 32 bits of k */
	memcpy(&b, &high, sizeof b); /* 2^84 + 2^32 times the upper ones */
	const double x = (b - 0x1p84) + (a - 0x1p52);
	return (x > 0 ? x : 0.5) * 0x1p-53;
}

/* Points in the square of the polar method, from two random numbers each, and their squared radii. */
SPK_FOR_EACH_LEVEL static void choose_points(
	size_t n, const uint64_t *bits, double *restrict ret_x, double *restrict ret_square)
{
	for (size_t k = 0; k < n; k++) {
		const double x = 2.0 * unit_of_bits(bits[2 * k]) - 1.0;
		const double y = 2.0 * unit_of_bits(bits[2 * k + 1]) - 1.0;
		ret_x[k] = x;
		ret_square[k] = x * x + y * y;
	}
}

SPK_FOR_EACH_LEVEL static void finish_normals(
	size_t n, const double *restrict square, const double *restrict log_square, double *restrict x)
{
	for (size_t k = 0; k < n; k++)
		x[k] *= sqrt(-2.0 * log_square[k] / square[k]);
}

/*
 * First normal numbers of n streams, as spk_rng_normal() draws them: the polar method on one block after the
 * other, with the same operations in the same order.
 */
static void draw_normals(struct spk_rng rng, size_t n, const uint64_t *id, double *ret_x)
{
	uint64_t open_id[BATCH], bits[2 * BATCH];
	double x[BATCH], square[BATCH], s[BATCH], log_s[BATCH];
	uint32_t open[BATCH];
	size_t n_open = n;

	memcpy(open_id, id, n * sizeof *id);
	for (uint32_t k = 0; k < n; k++)
		open[k] = k;
	for (; n_open > 0; rng.draw++) {
		size_t kept = 0;
		spk_philox_streams(&rng, n_open, open_id, bits);
		choose_points(n_open, bits, x, square);
		for (size_t k = 0; k < n_open; k++) {
			ret_x[open[k]] = x[k];
			s[open[k]] = square[k];
			open[kept] = open[k]; /* without a branch that could be mispredicted */
			open_id[kept] = open_id[k];
			kept += !(square[k] > 0.0 && square[k] < 1.0);
		}
		n_open = kept;
	}
	memcpy(log_s, s, n * sizeof *s);
	spk_log_each(n, log_s);
	finish_normals(n, s, log_s, ret_x);
}

static void draw_uniforms(const struct spk_rng *rng, size_t n, const uint64_t *id, double *ret_x)
{
	uint64_t bits[2 * BATCH];

	spk_philox_streams(rng, n, id, bits);
	for (size_t k = 0; k < n; k++)
		ret_x[k] = spk_unit_of_bits(bits[2 * k]);
}

/* What draw_law() draws first from each of n streams. */
static void draw_batch(
	const struct spk_value *v, const struct spk_rng *rng, size_t n, const uint64_t *id, double *ret_x)
{
	if (v->law == SPK_NORMAL || v->law == SPK_LOGNORMAL)
		draw_normals(*rng, n, id, ret_x);
	else
		draw_uniforms(rng, n, id, ret_x);
	if (v->law == SPK_EXPONENTIAL)
		spk_log_each(n, ret_x);
	const double s2 = v->law == SPK_LOGNORMAL ? spk_log1p(v->b * v->b / (v->a * v->a)) : 0;
	for (size_t k = 0; k < n; k++)
		ret_x[k] = v->law == SPK_UNIFORM       ? v->a + (v->b - v->a) * ret_x[k]
			   : v->law == SPK_NORMAL      ? v->a + v->b * ret_x[k]
			   : v->law == SPK_EXPONENTIAL ? v->a * -ret_x[k]
						       : v->a * spk_exp(sqrt(s2) * ret_x[k] - s2 / 2);
}

void spk_draw_values(const struct spk_value_draws *draws, size_t n, const uint64_t *id, double *ret_x)
{
	const struct spk_value *v = draws->value;
	const int is_drawn = v->law != SPK_CONSTANT && v->law != SPK_LIST;
	const struct spk_rng rng = spk_rng_stream(draws->seed, draws->purpose, draws->sub, 0);

	for (size_t first = 0; is_drawn && first < n; first += BATCH)
		draw_batch(v, &rng, n - first < BATCH ? n - first : BATCH, id + first, ret_x + first);
	for (size_t k = 0; k < n; k++) {
		if (is_drawn && ret_x[k] >= v->lo && ret_x[k] <= v->hi)
			continue;
		/* one that the bounds refuse is drawn by itself, from the start */
		struct spk_rng own = spk_rng_stream(draws->seed, draws->purpose, draws->sub, id[k]);
		ret_x[k] = spk_value_draw(v, id[k], &own);
	}
}
