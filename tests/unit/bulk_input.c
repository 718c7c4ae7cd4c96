/* Poisson input drawn in bulk: is it the superposition of independent Poisson processes that it claims to be?
 */
#include "tests/test.h"

#include "models/neuron/bulk_input.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>

enum { N = 150, SEGMENTS = 400 };
static const double TAU = 20, H = 0.5, RATE = 6000;

static void start(struct spk_bulk *bulk, size_t n, uint64_t first_id, size_t n_inputs,
	const struct spk_group_input *inputs)
{
	const struct spk_group_spec spec = {
		.n = n, .first_id = first_id, .seed = 11, .n_inputs = n_inputs, .inputs = inputs};
	struct spk_error err;

	CHECK(spk_bulk_init(bulk, &spec, TAU, &err) == SPK_OK);
}

static void open_segment(struct spk_bulk *bulk, int number)
{
	const double a = number * H;

	spk_bulk_begin(bulk, a, a + H, exp(a / TAU));
}

static void counts_are_poisson_and_times_uniform(void)
{
	const struct spk_group_input input = {.rate = RATE, .weight = 0.1, .number = 2};
	const double mean = RATE / 1000 * H;
	double observed[16] = {0}, chi2 = 0, early[SPK_BULK_BLOCK], late[SPK_BULK_BLOCK], ks = 0;
	static double share[SEGMENTS * N * 16];
	size_t n_share = 0, total = 0;
	struct spk_bulk bulk;

	start(&bulk, N, 1000, 1, &input);
	for (int s = 0; s < SEGMENTS; s++) {
		open_segment(&bulk, s);
		for (size_t block = 0; block < bulk.n_blocks; block++)
			spk_bulk_block(
				&bulk, block, s % 2 ? UINT64_MAX >> (block == 2 ? 42 : 0) : 0, early, late);
		for (size_t k = 0; k < N; k++) {
			const struct spk_bulk_list list = spk_bulk_events(&bulk, k);
			observed[list.n < 15 ? list.n : 15]++;
			total += list.n;
			for (uint32_t i = 0; i < list.n && k % 10 == 0; i++)
				share[n_share++] = (bulk.events[list.first + i].t - s * H) / H;
		}
	}
	CHECK(bulk.n_drawn == total);
	double p = exp(-mean), rest = 1;
	for (int k = 0; k < 15; k++) {
		chi2 += pow(observed[k] - p * SEGMENTS * N, 2) / (p * SEGMENTS * N);
		rest -= p;
		p *= mean / (k + 1);
	}
	chi2 += pow(observed[15] - rest * SEGMENTS * N, 2) / (rest * SEGMENTS * N);
	CHECK(gsl_cdf_chisq_Q(chi2, 15) > 1e-3);
	gsl_sort(share, 1, n_share);
	for (size_t k = 0; k < n_share; k++)
		ks = fmax(ks, fabs(share[k] - ((double)k + 0.5) / (double)n_share));
	CHECK(ks * sqrt((double)n_share) < 1.95); /* p = 0.001 of Kolmogorov's distribution */
	spk_bulk_clear(&bulk);
}

/* Events of the same neuron in successive segments, and of neighbours in one: no correlation. */
static void counts_are_independent(void)
{
	const struct spk_group_input input = {.rate = RATE, .weight = 0.1, .number = 0};
	const double mean = RATE / 1000 * H;
	double early[SPK_BULK_BLOCK], late[SPK_BULK_BLOCK], neighbours = 0, successive = 0, last[N] = {0};
	struct spk_bulk bulk;

	start(&bulk, N, 0, 1, &input);
	for (int s = 0; s < SEGMENTS; s++) {
		open_segment(&bulk, s);
		for (size_t block = 0; block < bulk.n_blocks; block++)
			spk_bulk_block(&bulk, block, 0, early, late);
		for (size_t k = 0; k < N; k++) {
			const double now = spk_bulk_events(&bulk, k).n - mean;
			successive += s ? now * last[k] : 0;
			neighbours += k ? now * last[k - 1] : 0; /* already of this segment */
			last[k] = now;
		}
	}
	const double sd = mean * sqrt((double)N * SEGMENTS); /* of a sum of products of independent counts */
	CHECK(fabs(successive) < 3.5 * sd);
	CHECK(fabs(neighbours) < 3.5 * sd);
	spk_bulk_clear(&bulk);
}

static void sums_are_those_of_the_events(void)
{
	const struct spk_group_input inputs[] = {
		{.rate = RATE, .weight = 0.1, .number = 0}, {.rate = 2 * RATE, .weight = -0.3, .number = 1}};
	struct spk_bulk bulk;

	start(&bulk, N, 0, 2, inputs);
	for (int s = 0; s < 20; s++) {
		double early[3 * SPK_BULK_BLOCK] = {0}, late[3 * SPK_BULK_BLOCK] = {0};
		open_segment(&bulk, s);
		for (size_t block = 0; block < bulk.n_blocks; block++)
			spk_bulk_block(&bulk, block, s % 3 ? 0x5555 : 0, early + block * SPK_BULK_BLOCK,
				late + block * SPK_BULK_BLOCK);
		for (size_t k = 0; k < N; k++) {
			const struct spk_bulk_list list = spk_bulk_events(&bulk, k);
			double sums[2] = {0}, last = s * H;
			for (uint32_t i = 0; i < list.n; i++) {
				const struct spk_bulk_event *e = &bulk.events[list.first + i];
				CHECK(e->t >= last && e->t < (s + 1) * H);
				CHECK_REL(e->f, exp(e->t / TAU), 2e-15, "f(a) and the series");
				sums[e->w < 0] += e->w * e->f;
				last = e->t;
			}
			CHECK_REL(early[k], sums[0], 1e-14, "another order of summation");
			CHECK_REL(late[k], sums[1], 1e-14, "another order of summation");
		}
	}
	spk_bulk_clear(&bulk);
}

/* A block is drawn by the global id of its first neuron, whichever partition it lies in. */
static void blocks_do_not_depend_on_the_partition(void)
{
	const struct spk_group_input input = {.rate = RATE, .weight = 0.1, .number = 4};
	struct spk_bulk whole, part;
	double early[SPK_BULK_BLOCK], late[SPK_BULK_BLOCK];

	start(&whole, N, 640, 1, &input);
	start(&part, N - SPK_BULK_BLOCK, 640 + SPK_BULK_BLOCK, 1, &input);
	for (int s = 0; s < 5; s++) {
		open_segment(&whole, s);
		open_segment(&part, s);
		for (size_t block = 0; block < whole.n_blocks; block++)
			spk_bulk_block(&whole, block, 0, early, late);
		for (size_t block = 0; block < part.n_blocks; block++)
			spk_bulk_block(&part, block, block == 0 ? UINT64_MAX : 0, early, late);
		for (size_t k = 0; k + SPK_BULK_BLOCK < N; k++) {
			const struct spk_bulk_list a = spk_bulk_events(&whole, k + SPK_BULK_BLOCK);
			const struct spk_bulk_list b = spk_bulk_events(&part, k);
			CHECK(a.n == b.n);
			for (uint32_t i = 0; i < a.n && a.n == b.n; i++)
				CHECK(whole.events[a.first + i].t == part.events[b.first + i].t);
		}
	}
	spk_bulk_clear(&whole);
	spk_bulk_clear(&part);
}

static void keep_events(void *context, const struct spk_bulk *bulk, double weight, size_t n)
{
	double *sums = context;

	CHECK(weight == 0.1);
	for (size_t k = 0; k < n; k++)
		sums[spk_bulk_neuron(bulk, k)] += bulk->when[k];
}

/* Whoever sums events up in another way gets those that a group with factors gets. */
static void events_do_not_depend_on_their_factors(void)
{
	const struct spk_group_input input = {.rate = RATE, .weight = 0.1, .number = 4};
	const struct spk_group_spec spec = {.n = N, .seed = 11, .n_inputs = 1, .inputs = &input};
	struct spk_bulk with, without;
	double early[SPK_BULK_BLOCK], late[SPK_BULK_BLOCK];

	start(&with, N, 0, 1, &input);
	CHECK(spk_bulk_init(&without, &spec, 0, NULL) == SPK_OK);
	for (int s = 0; s < 5; s++) {
		double sums[3 * SPK_BULK_BLOCK] = {0};
		open_segment(&with, s);
		open_segment(&without, s);
		for (size_t block = 0; block < with.n_blocks; block++) {
			spk_bulk_block(&with, block, 0, early, late);
			spk_bulk_each(&without, block, block == 1 ? UINT64_MAX : 0, keep_events,
				sums + block * SPK_BULK_BLOCK);
		}
		for (size_t k = 0; k < N; k++) {
			const struct spk_bulk_list a = spk_bulk_events(&with, k),
						   b = spk_bulk_events(&without, k);
			double sum = 0;
			CHECK(a.n == b.n);
			for (uint32_t i = 0; i < a.n && a.n == b.n; i++) {
				CHECK(with.events[a.first + i].t == without.events[b.first + i].t);
				CHECK(without.events[b.first + i].w == 0.1 &&
					without.events[b.first + i].f == 0);
				sum += without.events[b.first + i].t;
			}
			CHECK_REL(sums[k], sum, 1e-14, "another order of summation");
		}
	}
	CHECK(with.n_drawn == without.n_drawn);
	spk_bulk_clear(&with);
	spk_bulk_clear(&without);
}

TEST_MAIN(TEST(counts_are_poisson_and_times_uniform), TEST(counts_are_independent),
	TEST(sums_are_those_of_the_events), TEST(blocks_do_not_depend_on_the_partition),
	TEST(events_do_not_depend_on_their_factors))
