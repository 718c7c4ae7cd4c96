/* Draws made many at once are those made one by one. */
#include "tests/test.h"

#include "models/math/det.h"
#include "models/math/philox.h"
#include "sim/draw.h"

enum { N = 1000 };

static void many_draws_are_single_draws(void)
{
	static double list[] = {3, 1, 4, 1, 5};
	const struct spk_value values[] = {{.law = SPK_CONSTANT, .a = 2, .lo = -INFINITY, .hi = INFINITY},
		{.law = SPK_UNIFORM, .a = -1, .b = 3, .lo = -INFINITY, .hi = INFINITY},
		{.law = SPK_NORMAL, .a = 1, .b = 2, .lo = -INFINITY, .hi = INFINITY},
		{.law = SPK_NORMAL, .a = 1.5, .b = 0.75, .lo = 0.1, .hi = 2},
		{.law = SPK_NORMAL, .a = 0, .b = 1, .lo = 50, .hi = 51}, /* no draw fits */
		{.law = SPK_LOGNORMAL, .a = 2, .b = 3, .lo = 0.5, .hi = INFINITY},
		{.law = SPK_EXPONENTIAL, .a = 2, .lo = 0.3, .hi = 4},
		{.law = SPK_LIST, .list = list, .n_list = 5, .lo = -INFINITY, .hi = INFINITY}};

	PROPERTY(4, seed)
	{
		uint64_t id[N];
		double x[N];
		for (size_t k = 0; k < N; k++)
			id[k] = test_random(&seed) & SPK_RNG_MAX_ID;
		for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
			const struct spk_value_draws draws = {&values[v], seed, SPK_RNG_DELAY, 7};
			const size_t n = v == 4 ? 3 : 1 + test_random(&seed) % N;
			spk_draw_values(&draws, n, id, x);
			for (size_t k = 0; k < n; k++) {
				struct spk_rng rng = spk_rng_stream(draws.seed, SPK_RNG_DELAY, 7, id[k]);
				CHECK(x[k] == spk_value_draw(&values[v], id[k], &rng));
			}
		}
	}
}

static void blocks_of_many_streams(void)
{
	PROPERTY(10, seed)
	{
		struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_TEST, 3, 0);
		uint64_t id[N], bits[2 * N];
		const size_t n = test_random(&seed) % N;
		rng.draw = test_random(&seed) & SPK_RNG_MAX_DRAW;
		for (size_t k = 0; k < n; k++)
			id[k] = test_random(&seed) & SPK_RNG_MAX_ID;
		spk_philox_streams(&rng, n, id, bits);
		for (size_t k = 0; k < n; k++) {
			uint32_t word[4];
			rng.id = id[k];
			spk_rng_block(&rng, rng.draw, word);
			CHECK(bits[2 * k] == ((uint64_t)word[1] << 32 | word[0]));
			CHECK(bits[2 * k + 1] == ((uint64_t)word[3] << 32 | word[2]));
		}
	}
}

static void logarithms_of_many(void)
{
	static const double special[] = {0, 1, 5e-324, 2.2e-308, 1e308, INFINITY, 0x1p-53};
	uint64_t seed = 3;
	double x[N], log_x[N];

	for (size_t k = 0; k < N; k++)
		x[k] = k < 7 ? special[k] : exp(test_uniform(&seed, -700, 700));
	memcpy(log_x, x, sizeof x);
	spk_log_each(N - 1, log_x);
	for (size_t k = 0; k < N - 1; k++)
		CHECK(log_x[k] == spk_log(x[k]));
	CHECK(log_x[N - 1] == x[N - 1]);
}

TEST_MAIN(TEST(many_draws_are_single_draws), TEST(blocks_of_many_streams), TEST(logarithms_of_many))
