/*
 * The tree of due times against a look at each of them.
 */
#include "tests/test.h"

#include "sim/due.h"

enum { MAX_N = 600 };

/* What steps have been called, and what the next time of a process is. */
struct script {
	uint64_t *seed;
	size_t n_calls, last_k, fail_at;
	double t[MAX_N]; /* the same times, kept plainly */
	double b;
	int in_order;
};

static double draw_time(uint64_t *seed, double from)
{
	/* never, soon or late; ties are common */
	const double wait = test_uniform(seed, 0, 1) * test_uniform(seed, 0, 20);

	return test_random(seed) % 20 == 0 ? HUGE_VAL : from + 0.125 * (1 + floor(8 * wait));
}

static int step(void *context, size_t k, double t, double *ret_next)
{
	struct script *s = context;

	s->in_order = s->in_order && k >= s->last_k && t == s->t[k] && t < s->b;
	s->last_k = k;
	if (++s->n_calls == s->fail_at)
		return SPK_E_NOMEM;
	*ret_next = s->t[k] = draw_time(s->seed, t);
	return SPK_OK;
}

static int holds_the_same(const struct spk_due *due, const struct script *s)
{
	for (size_t k = 0; k < due->n[0]; k++)
		if (due->t[0][k] != s->t[k])
			return 0;
	return 1;
}

static size_t count_due(const struct script *s, size_t n, double b)
{
	size_t count = 0;

	for (size_t k = 0; k < n; k++)
		count += s->t[k] < b;
	return count;
}

static void finds_all_that_are_due(void)
{
	PROPERTY(60, seed)
	{
		static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 256, 257, MAX_N};
		const size_t n = sizes[test_random(&seed) % 9];
		struct script s = {.seed = &seed};
		struct spk_due due = {0};
		CHECK(!spk_due_init(&due, n, NULL));
		for (size_t k = 0; k < n; k++)
			spk_due_set(&due, k, s.t[k] = draw_time(&seed, 0));
		for (int window = 0; window < 40; window++) {
			s.b = 0.5 * (1 + window % 4);
			const size_t least = count_due(&s, n, s.b);
			s.n_calls = s.last_k = 0;
			s.in_order = 1;
			CHECK(!spk_due_run(&due, s.b, step, &s));
			CHECK(s.in_order && s.n_calls >= least && count_due(&s, n, s.b) == 0);
			CHECK(holds_the_same(&due, &s));
			if (n > 0) {
				const size_t k = test_random(&seed) % n;
				spk_due_set(&due, k, s.t[k] = draw_time(&seed, s.b));
			}
			if (window % 4 == 3) {
				spk_due_rebase(&due, s.b);
				for (size_t k = 0; k < n; k++)
					s.t[k] -= s.b;
			}
		}
		spk_due_clear(&due);
	}
}

static void stops_at_a_failure(void)
{
	uint64_t seed = 3;
	struct script s = {.seed = &seed, .b = 1, .in_order = 1, .fail_at = 20};
	struct spk_due due = {0};

	CHECK(!spk_due_init(&due, 100, NULL));
	for (size_t k = 0; k < 100; k++)
		spk_due_set(&due, k, s.t[k] = 0.5);
	CHECK(spk_due_run(&due, s.b, step, &s) == SPK_E_NOMEM && s.n_calls == 20);
	spk_due_clear(&due);
}

TEST_MAIN(TEST(finds_all_that_are_due), TEST(stops_at_a_failure))
