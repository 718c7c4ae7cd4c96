/*
 * Chains of linear filters against an oracle without cancellation, across the degenerate point.
 *
 * The oracle exponentiates the chain's matrix in long double by scaling and squaring: shifted by the largest
 * rate the matrix has no negative entry, so that every sum in it adds numbers of one sign.
 */
#include "models/math/chain.h"
#include "models/math/course.h"
#include "tests/test.h"

#define N_TERMS 30
#define WHY "series and recursion, tens of roundings; exp(-r t) itself is good to r t ulp"

static void multiply(size_t n, const long double *a, const long double *b, long double *ret)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			long double sum = 0.0L;
			for (size_t k = 0; k < n; k++)
				sum += a[i * n + k] * b[k * n + j];
			ret[i * n + j] = sum;
		}
}

/** Entry (n, 1) of exp(M t), M the chain's matrix. */
static double oracle(size_t n, const double *rates, double t)
{
	long double hi = rates[0], lo = rates[0], step = t;
	for (size_t i = 0; i < n; i++) {
		hi = fmaxl(hi, rates[i]);
		lo = fminl(lo, rates[i]);
	}
	int n_squarings = 0;
	for (; (hi - lo + 1.0L) * step > 0.5L || fabsl(hi) * step > 1000.0L; n_squarings++)
		step *= 0.5L;
	const size_t size = n * n;
	long double matrix[SPK_CHAIN_MAX * SPK_CHAIN_MAX] = {0}, power[SPK_CHAIN_MAX * SPK_CHAIN_MAX] = {0};
	long double sum[SPK_CHAIN_MAX * SPK_CHAIN_MAX] = {0}, next[SPK_CHAIN_MAX * SPK_CHAIN_MAX];
	for (size_t i = 0; i < n; i++) {
		matrix[i * n + i] = (hi - rates[i]) * step;
		if (i > 0)
			matrix[i * n + i - 1] = step;
		power[i * n + i] = sum[i * n + i] = 1.0L;
	}
	for (int k = 1; k < N_TERMS; k++) {
		multiply(n, power, matrix, next);
		for (size_t i = 0; i < size; i++) {
			power[i] = next[i] / k;
			sum[i] += power[i];
		}
	}
	for (size_t i = 0; i < size; i++)
		sum[i] *= expl(-hi * step);
	for (int k = 0; k < n_squarings; k++) {
		multiply(n, sum, sum, next);
		memcpy(sum, next, size * sizeof *sum);
	}
	return (double)sum[(n - 1) * n];
}

/** Compare one chain with the oracle; results too small for a double's full precision are skipped. */
static void compare(size_t n, const double *rates, double t)
{
	struct spk_mode modes[SPK_CHAIN_MAX];
	double slowest = rates[0];
	for (size_t i = 0; i < n; i++) {
		modes[i] = spk_mode_at(rates[i], t);
		slowest = fmin(slowest, rates[i]);
	}
	const double want = oracle(n, rates, t);
	if (want < 1e-290)
		return;
	CHECK_REL(spk_chain(n, modes, t), want, 1e-13 * (1.0 + 0.02 * fabs(slowest) * t), WHY);
	if (n == 2)
		CHECK_REL(spk_chain2(modes[0], modes[1], t), want, 1e-13 * (1.0 + 0.02 * fabs(slowest) * t),
			WHY);
}

static void agrees_with_the_matrix_exponential(void)
{
	NEED_LONG_DOUBLE;
	PROPERTY(3000, seed)
	{
		double rates[SPK_CHAIN_MAX];
		const size_t n = 1 + test_random(&seed) % SPK_CHAIN_MAX;
		for (size_t i = 0; i < n; i++) {
			rates[i] = 1.0 / pow(10.0, test_uniform(&seed, -1.0, 3.0));
			if (i > 0 && test_random(&seed) % 3 == 0)
				rates[i] = rates[i - 1] * (1.0 + pow(10.0, test_uniform(&seed, -17.0, 0.0)));
			if (test_random(&seed) % 8 == 0)
				rates[i] = 0.0;
		}
		compare(n, rates, pow(10.0, test_uniform(&seed, -9.0, 4.0)));
	}
}

static void crosses_the_degenerate_point(void)
{
	NEED_LONG_DOUBLE;
	for (int k = 1; k <= 17; k++)
		for (double t = 1e-9; t < 2e4; t *= 10.0) {
			const double tau_m = 20.0, tau_s = k == 17 ? tau_m : tau_m * (1.0 + pow(10.0, -k));
			const double tau_f = tau_m * (1.0 - pow(10.0, -k));
			const double rates[] = {
				1.0 / tau_m, 1.0 / tau_s, 1.0 / tau_s, 1.0 / tau_f, 1.0 / 40.0};
			for (size_t n = 1; n <= SPK_CHAIN_MAX; n++)
				compare(n, rates, t);
		}
}

static void takes_negative_rates(void)
{
	NEED_LONG_DOUBLE;
	PROPERTY(300, seed)
	{
		double rates[SPK_CHAIN_MAX];
		for (size_t i = 0; i < SPK_CHAIN_MAX; i++)
			rates[i] = test_uniform(&seed, -0.2, 0.5);
		compare(SPK_CHAIN_MAX, rates, pow(10.0, test_uniform(&seed, -3.0, 2.5)));
	}
}

static void has_the_right_limits(void)
{
	const double t = 3.0, r = 0.25;
	const struct spk_mode m = spk_mode_at(r, t);
	const struct spk_mode same[] = {m, m, m, m, m};
	CHECK_REL(spk_chain(2, same, t), t * exp(-r * t), 1e-15, "equal rates: t exp(-r t)");
	CHECK_REL(spk_chain(5, same, t), t * t * t * t / 24.0 * exp(-r * t), 1e-15,
		"equal rates: t^4/4! exp(-r t)");
	const struct spk_mode now[] = {spk_mode_at(0.1, 0.0), spk_mode_at(0.2, 0.0), spk_mode_at(0.3, 0.0)};
	CHECK(spk_chain(1, now, 0.0) == 1.0);
	CHECK(spk_chain(2, now, 0.0) == 0.0);
	CHECK(spk_chain(3, now, 0.0) == 0.0);
	const struct spk_mode late[] = {spk_mode_at(10.0, 1e4), spk_mode_at(0.1, 1e4), spk_mode_at(0.0, 1e4)};
	CHECK_REL(spk_chain(3, late, 1e4), 1.0, 1e-15, "gain 1/(10 * 0.1)");
}

static void peak_of_a_response(void)
{
	static const double gaps[] = {0.0, 1e-16, 1e-12, 1e-6, 1e-3, 0.5, 3.0, -1e-12, -1e-3, -0.5, -0.99};
	for (size_t k = 0; k < sizeof gaps / sizeof *gaps; k++) {
		const double membrane = 0.05, syn = membrane * (1.0 + gaps[k]);
		const double peak = spk_course_peak(membrane, syn, 1.0);
		double highest = 0.0;
		for (double t = 0.0; t < 400.0; t += 0.01)
			highest = fmax(highest, spk_chain2(spk_mode_at(membrane, t), spk_mode_at(syn, t), t));
		CHECK(highest <= peak * (1.0 + 1e-14));
		CHECK_REL(highest, peak, 1e-6, "a grid of 0.01 ms misses the top by curvature");
	}
}

TEST_MAIN(TEST(agrees_with_the_matrix_exponential), TEST(crosses_the_degenerate_point),
	TEST(takes_negative_rates), TEST(has_the_right_limits), TEST(peak_of_a_response))
