/* spk_exp and its relatives: accuracy against long double, special values. */
#include "models/math/det.h"
#include "tests/test.h"

#define WHY_ULP "SLEEF promises 1 ulp; the reference is rounded once more"
#define N_POINTS 2000

static double ulps(double got, long double want)
{
	const double rounded = fabs((double)want);
	return (double)(fabsl((long double)got - want) / (nextafter(rounded, INFINITY) - rounded));
}

/** Worst error in ulp at random points of [lo, hi]. */
static double worst(double (*f)(double), long double (*reference)(long double), double lo, double hi)
{
	uint64_t random = 1;
	double max = 0.0;
	for (int k = 0; k < N_POINTS; k++) {
		const double x = test_uniform(&random, lo, hi);
		max = fmax(max, ulps(f(x), reference(x)));
	}
	return max;
}

static void stays_within_an_ulp(void)
{
	NEED_LONG_DOUBLE;
	static const struct {
		double (*f)(double);
		long double (*reference)(long double);
		double lo, hi;
	} ranges[] = {
		{spk_exp, expl, -1.0, 1.0},
		{spk_exp, expl, -708.0, 709.0},
		{spk_exp, expl, -744.0, -708.0},
		{spk_exp, expl, -1e-9, 1e-9},
		{spk_expm1, expm1l, -1.0, 1.0},
		{spk_expm1, expm1l, -50.0, 700.0},
		{spk_expm1, expm1l, -1e-9, 1e-9},
		{spk_log, logl, 0.5, 2.0},
		{spk_log, logl, 1e-9, 1e9},
		{spk_log, logl, 1e-320, 1e-308},
		{spk_log, logl, 1e-300, 1e308},
		{spk_log1p, log1pl, -0.999, 1.0},
		{spk_log1p, log1pl, -1e-9, 1e-9},
		{spk_log1p, log1pl, 1.0, 1e9},
		{spk_log1p, log1pl, 1e300, 1.7e308},
	};
	for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
		CHECK_ABS(worst(ranges[k].f, ranges[k].reference, ranges[k].lo, ranges[k].hi), 0.0, 1.01,
			WHY_ULP);
}

static void powers(void)
{
	NEED_LONG_DOUBLE;
	uint64_t random = 2;
	for (int k = 0; k < N_POINTS; k++) {
		const double x = test_uniform(&random, 1e-6, 1e3), y = test_uniform(&random, -20.0, 20.0);
		CHECK_ABS(ulps(spk_pow(x, y), powl(x, y)), 0.0, 1.01, WHY_ULP);
	}
	CHECK(spk_pow(0.0, 0.5) == 0.0);
	CHECK(spk_pow(2.0, 0.0) == 1.0);
	CHECK(isinf(spk_pow(0.0, -1.0)));
}

static void special_values(void)
{
	const double tiny = 5e-324; /* smallest subnormal */
	CHECK(spk_exp(0.0) == 1.0);
	CHECK(spk_exp(-INFINITY) == 0.0);
	CHECK(isinf(spk_exp(INFINITY)));
	CHECK(spk_exp(-746.0) == 0.0);
	CHECK(spk_exp(-1e308) == 0.0);
	CHECK(isinf(spk_exp(710.0)));
	CHECK(isnan(spk_exp(NAN)));
	CHECK(spk_exp(tiny) == 1.0);
	CHECK(spk_expm1(0.0) == 0.0);
	CHECK(spk_expm1(tiny) == tiny);
	CHECK(spk_expm1(-tiny) == -tiny);
	CHECK(spk_expm1(-INFINITY) == -1.0);
	CHECK(isinf(spk_log(0.0)) && spk_log(0.0) < 0.0);
	CHECK(spk_log(1.0) == 0.0);
	CHECK(isnan(spk_log(-1.0)));
	CHECK(isinf(spk_log(INFINITY)));
	CHECK_REL(spk_log(tiny), -744.4400719213812, 1e-15, "log of the smallest subnormal");
	CHECK(spk_log1p(0.0) == 0.0);
	CHECK(spk_log1p(tiny) == tiny);
	CHECK(spk_log1p(-tiny) == -tiny);
	CHECK(isinf(spk_log1p(-1.0)));
	CHECK(isnan(spk_log1p(-1.5)));
	CHECK(isinf(spk_log1p(INFINITY)));
}

TEST_MAIN(TEST(stays_within_an_ulp), TEST(powers), TEST(special_values))
