/*
 * Out of memory in the whole program, at the first, second, ... of its allocations while a scenario is read,
 * built, run and written: it says so and ends with an exit code, or does without and gives the same result.
 * `make test` tries some of them, `make test-full` all; `make san` watches for leaks on the way.
 */
#include "tests/fault/program.h"
#include "tests/fault/scenarios.h"

enum { SOME = 25 };

static const char *faulty; /* the program with faults */

struct counts {
	unsigned long tried, refused, done_without;
};

/* Number of allocations of a run without a fault; 0: it failed. */
static unsigned long count_allocations(const char *scenario, const char *output)
{
	char count[PROGRAM_PATH];
	const struct program program = {.path = faulty,
		.args = {"run", scenario, "-o", output, NULL},
		.count = program_file(count, "count")};
	const struct outcome outcome = program_run(&program);
	unsigned long n = 0;
	FILE *const file = fopen(count, "r");

	if (!CHECK(outcome.code == 0 && file && fscanf(file, "%lu", &n) == 1))
		program_show(&outcome);
	if (file)
		(void)fclose(file);
	return n;
}

static int is_same(const char *reference, const char *output)
{
	const struct program program = {.args = {"compare", reference, output, NULL}};
	const struct outcome outcome = program_run(&program);

	if (outcome.code != 0)
		program_show(&outcome);
	return outcome.code == 0;
}

/* The allocations k, k + step, ... of n fail, alone or with all after them. */
static void try_each(
	const char *scenario, const char *reference, unsigned long n, int forever, struct counts *counts)
{
	const unsigned long step = program_full() || n <= SOME ? 1 : n / SOME;
	char output[PROGRAM_PATH], fault[64];

	program_file(output, "memory-case.h5");
	for (unsigned long k = 1; k <= n; k += step) {
		const struct program program = {
			.path = faulty, .args = {"run", scenario, "-o", output, NULL}, .fault = fault};
		(void)snprintf(fault, sizeof fault, "memory%s %lu", forever ? "+" : "", k);
		(void)unlink(output);
		const struct outcome outcome = program_run(&program);
		const int refused = program_failed(&outcome, "memory");
		if (!CHECK(refused || (outcome.code == 0 && is_same(reference, output)))) {
			printf("#   allocation %lu of %lu%s\n", k, n, forever ? " and all after it" : "");
			program_show(&outcome);
		}
		counts->tried++;
		counts->refused += refused != 0;
		counts->done_without += outcome.code == 0;
	}
}

static void out_of_memory(const char *name, const char *text, size_t length)
{
	char scenario[PROGRAM_PATH], reference[PROGRAM_PATH], file[64];
	struct counts counts = {0};

	(void)snprintf(file, sizeof file, "memory-%s.yaml", name);
	program_write(program_file(scenario, file), text, length);
	(void)snprintf(file, sizeof file, "memory-%s.h5", name);
	const unsigned long n = count_allocations(scenario, program_file(reference, file));
	if (!CHECK(n > 100))
		return;
	for (int forever = 0; forever < 2; forever++)
		try_each(scenario, reference, n, forever, &counts);
	printf("# %s: %lu allocations; %lu failures tried, %lu answered, %lu done without\n", name, n,
		counts.tried, counts.refused, counts.done_without);
	CHECK(counts.refused > counts.tried / 2);
}

static void network(void)
{
	out_of_memory("network", scenario_network, sizeof scenario_network - 1);
}

static void protocol(void)
{
	char path[PROGRAM_PATH];

	scenario_items(program_file(path, "items.csv"));
	out_of_memory("protocol", scenario_protocol, sizeof scenario_protocol - 1);
}

static void stack(void)
{
	char path[PROGRAM_PATH];

	scenario_items(program_file(path, "items.csv"));
	out_of_memory("stack", scenario_stack, sizeof scenario_stack - 1);
}

/* Flushes and progress go by a clock that may be set: nothing in the result does. */
static void clocks_that_jump(void)
{
	char scenario[PROGRAM_PATH], right[PROGRAM_PATH], jumped[PROGRAM_PATH];

	program_write(program_file(scenario, "clock.yaml"), scenario_network, sizeof scenario_network - 1);
	CHECK(count_allocations(scenario, program_file(right, "clock.h5")) > 0);
	const struct program program = {.path = faulty,
		.args = {"run", scenario, "-o", program_file(jumped, "jumped.h5"), NULL},
		.fault = "clock"};
	const struct outcome outcome = program_run(&program);
	if (!CHECK(outcome.code == 0 && is_same(right, jumped)))
		program_show(&outcome);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(network), TEST(protocol), TEST(stack), TEST(clocks_that_jump)};

	faulty = program_faulty(argv[0]);
	return test_main(argc, argv, (int)(sizeof tests / sizeof tests[0]), tests);
}
