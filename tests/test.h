/**
 * Test harness: one program per file, TAP on standard output, exit code 0 when all passed.
 *
 *   static void adds(void) { CHECK(1 + 1 == 2); CHECK_ABS(0.1 + 0.2, 0.3, 1e-15, "one rounding"); }
 *   TEST_MAIN(TEST(adds))
 *
 * A test that checked nothing fails. PROPERTY repeats its body with random seeds and names the seed of a
 * failing case; SPK_TEST_SEED=number runs that case alone. `--list` prints the names, `--filter TEXT` runs
 * the tests whose names hold TEXT.
 */
#ifndef SPIKEM_TESTS_TEST_H
#define SPIKEM_TESTS_TEST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_MAX_REPORTS 10 /* failures printed of one test */

struct test {
	const char *name;
	void (*run)(void);
};

/** The test that is running. */
static struct {
	long n_checks, n_failures;
	const char *skipped; /* reason, or NULL */
	int in_property;
	uint64_t seed; /* of the present property case */
} test_now;

static inline int test_note(int ok, const char *file, int line, const char *what)
{
	test_now.n_checks++;
	if (ok)
		return 1;
	if (++test_now.n_failures <= TEST_MAX_REPORTS) {
		printf("# %s:%d: %s\n", file, line, what);
		if (test_now.in_property)
			printf("#   SPK_TEST_SEED=%llu\n", (unsigned long long)test_now.seed);
	}
	return 0;
}

static inline int test_close(double got, double want, double tol, double scale, const char *why,
	const char *what, const char *file, int line)
{
	/* == lets equal infinities pass; NAN fails */
	int ok = got == want || fabs(got - want) <= tol * scale;
	if (!test_note(ok, file, line, what) && test_now.n_failures <= TEST_MAX_REPORTS)
		printf("#   got %.17g, want %.17g, off by %.3g, allowed %.3g (%s)\n", got, want,
			fabs(got - want), tol * scale, why);
	return ok;
}

/** Checks. Each is an expression: non-zero when it held. `why` says where the tolerance comes from. */
#define CHECK(condition) test_note((condition) != 0, __FILE__, __LINE__, #condition)
#define CHECK_ABS(got, want, tol, why) test_close(got, want, tol, 1.0, why, #got, __FILE__, __LINE__)
#define CHECK_REL(got, want, tol, why) test_close(got, want, tol, fabs(want), why, #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) test_same_text(got, want, #got, __FILE__, __LINE__)

static inline int test_same_text(
	const char *got, const char *want, const char *what, const char *file, int line)
{
	int ok = got && want ? strcmp(got, want) == 0 : got == want;
	if (!test_note(ok, file, line, what) && test_now.n_failures <= TEST_MAX_REPORTS)
		printf("#   got \"%s\", want \"%s\"\n", got ? got : "(null)", want ? want : "(null)");
	return ok;
}

/** Leave the running test as skipped. */
#define SKIP(why)                                                                                            \
	do {                                                                                                 \
		test_now.skipped = (why);                                                                    \
		return;                                                                                      \
	} while (0)

/** long double holds more than a double; not so under valgrind, which computes with 64 bits. */
static inline int test_has_long_double(void)
{
	volatile long double one = 1.0L;
	return one + 0x1p-60L != one;
}

/** Leave the running test as skipped where its oracle, in long double, is no better than what it tests. */
#define NEED_LONG_DOUBLE                                                                                     \
	do {                                                                                                 \
		if (!test_has_long_double())                                                                 \
			SKIP("long double has no more bits than double here");                               \
	} while (0)

/** Next of a sequence of well-mixed numbers (splitmix64), for test data; not the generator under test. */
static inline uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/** Uniform in [lo, hi), for test data. */
static inline double test_uniform(uint64_t *state, double lo, double hi)
{
	return lo + (hi - lo) * (double)(test_random(state) >> 11) * 0x1p-53;
}

/** Seed of case k, or the one asked for; 0 ends the property. */
static inline int test_case(long k, long n_cases)
{
	const char *asked = getenv("SPK_TEST_SEED");
	test_now.in_property = k < (asked ? 1 : n_cases);
	test_now.seed = asked ? strtoull(asked, NULL, 10) : (uint64_t)k + 1;
	return test_now.in_property;
}

/** Repeat the body for n_cases seeds; `seed` is a uint64_t for test_random and test_uniform. */
#define PROPERTY(n_cases, seed)                                                                              \
	for (long test_k = 0; test_case(test_k, n_cases); test_k++)                                          \
		for (uint64_t seed = test_now.seed, test_once = 1; test_once; test_once = 0)

static inline int test_run(const struct test *test, int number)
{
	memset(&test_now, 0, sizeof test_now);
	test->run();
	if (test_now.skipped) {
		printf("ok %d - %s # SKIP %s\n", number, test->name, test_now.skipped);
		return 1;
	}
	if (test_now.n_checks == 0)
		printf("# %s checked nothing\n", test->name);
	if (test_now.n_failures > TEST_MAX_REPORTS)
		printf("# ... %ld failures in all\n", test_now.n_failures);
	int ok = test_now.n_checks > 0 && test_now.n_failures == 0;
	printf("%s %d - %s (%ld checks)\n", ok ? "ok" : "not ok", number, test->name, test_now.n_checks);
	fflush(stdout);
	return ok;
}

static inline int test_main(int argc, char **argv, int n, const struct test *tests)
{
	const char *filter = "";
	int number = 0, n_failed = 0;
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (int k = 0; k < n; k++)
			puts(tests[k].name);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--filter") == 0) {
		filter = argv[2];
	} else if (argc != 1) {
		fprintf(stderr, "usage: %s [--list | --filter TEXT]\n", argv[0]);
		return 2;
	}
	for (int k = 0; k < n; k++)
		if (strstr(tests[k].name, filter))
			n_failed += !test_run(&tests[k], ++number);
	printf("1..%d\n", number);
	return n_failed > 0 || number == 0;
}

#define TEST(function)                                                                                       \
	{                                                                                                    \
#function, function                                                                          \
	}
#define TEST_MAIN(...)                                                                                       \
	int main(int argc, char **argv)                                                                      \
	{                                                                                                    \
		static const struct test tests[] = {__VA_ARGS__};                                            \
		return test_main(argc, argv, (int)(sizeof tests / sizeof tests[0]), tests);                  \
	}

#endif
