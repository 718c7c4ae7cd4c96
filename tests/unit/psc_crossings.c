/* Many crossings searched for at once have the bits of single searches. */
#include "tests/test.h"

#include "models/math/course.h"
#include "models/neuron/psc_law.h"

static struct spk_psc_current make_current(const struct spk_psc_law *law, double tau)
{
	const double delta = 1 / tau - law->rate;

	return (struct spk_psc_current){
		.tau = tau, .rate = 1 / tau, .delta = delta, .kappa = -law->inv_c / delta};
}

/* As in Vogels and Abbott's network, with a threshold above (1) or below (-1) the resting potential. */
static struct spk_psc_law make_law(double theta)
{
	struct spk_psc_law law = {.tau_m = 20, .rate = 1.0 / 20, .inv_c = 1.0 / 200, .theta = theta};

	law.ex = make_current(&law, 5);
	law.in = make_current(&law, 10);
	law.rates[0] = law.rate;
	law.rates[1] = law.ex.rate;
	law.rates[2] = law.in.rate;
	law.peak = spk_course_peak(law.rate, law.ex.rate, law.inv_c);
	return law;
}

/* Returns how many of n searches found a crossing; all are compared. */
static size_t compare(const struct spk_psc_law *law, size_t n, uint64_t *seed)
{
	struct spk_psc_search search;
	size_t found = 0;

	for (size_t k = 0; k < n; k++) {
		search.d[k] = law->theta - test_uniform(seed, -0.01, 0.3);
		search.i_ex[k] = test_uniform(seed, 0, 200);
		search.i_in[k] = -test_uniform(seed, 0, 200) * (double)(test_random(seed) % 2);
		search.h[k] = test_random(seed) % 16 ? test_uniform(seed, 0, 1) : 0;
	}
	spk_psc_crossings(law, n, &search);
	for (size_t k = 0; k < n; k++) {
		const struct spk_psc_state start = {search.d[k], search.i_ex[k], search.i_in[k], 0, 0};
		const double want = spk_psc_crossing(law, &start, search.h[k]);
		CHECK(memcmp(&search.crossing[k], &want, sizeof want) == 0);
		found += want > 0 && isfinite(want);
	}
	return found;
}

static void many_have_the_bits_of_one(void)
{
	uint64_t seed = 1;
	size_t found = 0, all = 0;

	for (int k = 0; k < 2000; k++) {
		const struct spk_psc_law law = make_law(k % 2 ? 1 : -1);
		const size_t n = 1 + test_random(&seed) % SPK_PSC_SEARCHES;
		found += compare(&law, n, &seed);
		all += n;
	}
	CHECK(found > all / 5 && found < all * 4 / 5); /* both answers occur */
}

TEST_MAIN(TEST(many_have_the_bits_of_one))
