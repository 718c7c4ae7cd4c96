/* Rate units against their formulas in long double, over the whole range of floats, and their slopes. */
#include <float.h>
#include <math.h>

#include "models/models.h"
#include "tests/test.h"

static long double exact_value(const char *name, long double a)
{
	if (strcmp(name, "sigmoid") == 0)
		return 1 / (1 + expl(-a));
	if (strcmp(name, "softplus") == 0)
		return a > 60 ? a : log1pl(expl(a));
	return a;
}

static long double exact_slope(const char *name, long double a)
{
	const long double s = 1 / (1 + expl(-a));

	if (strcmp(name, "sigmoid") == 0)
		return s / (1 + expl(a));
	return strcmp(name, "softplus") == 0 ? s : 1;
}

static void values_are_right_everywhere(void)
{
	NEED_LONG_DOUBLE;
	for (size_t k = 0; spk_unit_models[k]; k++) {
		const struct spk_unit_model *unit = spk_unit_models[k];
		for (double a = -120; a < 120; a += 0.0137) {
			float y = (float)a;
			const double want = (double)exact_value(unit->name, (long double)y);
			const double exact = (double)exact_value(unit->name, (long double)a);
			unit->apply(1, &y);
			/* below FLT_MIN a float has an absolute error only: some steps of the smallest one */
			CHECK_ABS((double)y, want, 2.4e-7 * fabs(want) + 3e-45, "four roundings of 2^-24");
			if (fabs(exact) > DBL_MIN)
				CHECK_REL(unit->value(a), exact, 4e-16, "a few roundings in double");
		}
	}
}

static void extremes_stay_finite(void)
{
	const float ends[] = {-FLT_MAX, -1e10f, -200.0f, 200.0f, 1e10f, FLT_MAX};

	for (size_t k = 0; spk_unit_models[k]; k++) {
		const struct spk_unit_model *unit = spk_unit_models[k];
		for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
			float y = ends[e], d = 1;
			unit->apply(1, &y);
			CHECK(isfinite(y) && (double)y >= unit->lo && (double)y <= unit->hi);
			unit->apply_slope(1, &y, &d);
			CHECK(isfinite(d) && d >= 0 && d <= 1);
			CHECK(isfinite(unit->value((double)ends[e])));
		}
		float wrong = NAN;
		unit->apply(1, &wrong);
		CHECK(isnan(wrong));
	}
	float large = 1e10f, small = -20;
	spk_find_unit("softplus")->apply(1, &large);
	spk_find_unit("softplus")->apply(1, &small);
	CHECK((double)large == 1e10);
	CHECK_REL((double)small, exp(-20) - exp(-40) / 2, 2e-7, "log(1 + e) = e - e^2/2 + ...");
}

/* slope() and apply_slope() take y; the oracle takes a. y carries one rounding, which the slope may magnify.
 */
static void slopes_are_derivatives(void)
{
	NEED_LONG_DOUBLE;
	for (size_t k = 0; spk_unit_models[k]; k++) {
		const struct spk_unit_model *unit = spk_unit_models[k];
		for (double a = -30; a < 12; a += 0.0173) {
			const double h = 1e-5, y = unit->value(a);
			const double difference = (unit->value(a + h) - unit->value(a - h)) / (2 * h);
			const double want = (double)exact_slope(unit->name, (long double)a);
			float single = (float)y, d = 2;
			CHECK_ABS(unit->slope(y), difference, 1e-9,
				"central difference: h^2/6 phi''' plus 1e-16 y / h");
			CHECK_ABS(unit->slope(y), want, 1e-14, "y >= 1 - 1e-5 loses 11 digits of 1 - y");
			unit->apply_slope(1, &single, &d);
			CHECK_ABS((double)d, 2 * want, 2e-7 + 4e-7 * want, "roundings of y and 1 - y");
			if (a < -5)
				CHECK_REL((double)d, 2 * want, 1e-6, "small slopes keep their digits");
		}
	}
}

/* The same number gives the same bits wherever it stands: vector code and its remainder agree. */
static void bits_do_not_depend_on_position(void)
{
	enum { N = 77 };
	for (size_t k = 0; spk_unit_models[k]; k++) {
		uint64_t state = 5 + k;
		float many[N], slopes[N];
		for (size_t i = 0; i < N; i++)
			many[i] = (float)test_uniform(&state, -30, 30), slopes[i] = (float)i;
		float one[N], slope[N];
		memcpy(one, many, sizeof one);
		memcpy(slope, slopes, sizeof slope);
		spk_unit_models[k]->apply(N, many);
		spk_unit_models[k]->apply_slope(N, many, slopes);
		for (size_t i = 0; i < N; i++) {
			spk_unit_models[k]->apply(1, one + i);
			spk_unit_models[k]->apply_slope(1, one + i, slope + i);
		}
		CHECK(memcmp(one, many, sizeof one) == 0);
		CHECK(memcmp(slope, slopes, sizeof slope) == 0);
	}
}

TEST_MAIN(TEST(values_are_right_everywhere), TEST(extremes_stay_finite), TEST(slopes_are_derivatives),
	TEST(bits_do_not_depend_on_position))
