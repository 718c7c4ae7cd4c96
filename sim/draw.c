#include "sim/draw.h"

#include <math.h>

#include "models/math/det.h"
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

/*
 * What draw_law() makes of the first block of a stream; NAN where the polar method would need another one.
 * The same operations in the same order as in models/math/rng.c: the same bits.
 */
static double value_of_bits(const struct spk_value *v, const uint64_t bits[2])
{
	const double u = spk_unit_of_bits(bits[0]), x = 2.0 * u - 1.0;
	const double y = 2.0 * spk_unit_of_bits(bits[1]) - 1.0, s = x * x + y * y;

	if (v->law == SPK_UNIFORM)
		return v->a + (v->b - v->a) * u;
	if (v->law == SPK_EXPONENTIAL)
		return v->a * -spk_log(u);
	if (!(s > 0.0 && s < 1.0))
		return (double)NAN;
	const double normal = x * sqrt(-2.0 * spk_log(s) / s);
	if (v->law == SPK_NORMAL)
		return v->a + v->b * normal;
	const double s2 = spk_log1p(v->b * v->b / (v->a * v->a));
	return v->a * spk_exp(sqrt(s2) * normal - s2 / 2);
}

void spk_draw_values(const struct spk_value_draws *draws, size_t n, const uint64_t *id, double *ret_x)
{
	enum { BATCH = 64 };
	const struct spk_value *v = draws->value;
	const int is_drawn = v->law != SPK_CONSTANT && v->law != SPK_LIST;
	struct spk_rng rng = spk_rng_stream(draws->seed, draws->purpose, draws->sub, 0);
	uint64_t bits[2 * BATCH];

	for (size_t first = 0; first < n; first += BATCH) {
		const size_t m = n - first < BATCH ? n - first : BATCH;
		if (is_drawn)
			spk_philox_streams(&rng, m, id + first, bits);
		for (size_t k = first; k < first + m; k++) {
			double x = is_drawn ? value_of_bits(v, bits + 2 * (k - first)) : (double)NAN;
			if (!(x >= v->lo && x <= v->hi)) { /* rarely: from the start, by itself */
				struct spk_rng own =
					spk_rng_stream(draws->seed, draws->purpose, draws->sub, id[k]);
				x = spk_value_draw(v, id[k], &own);
			}
			ret_x[k] = x;
		}
	}
}
