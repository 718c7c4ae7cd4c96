/*
 * A full disk under the whole program: no file may become longer than a limit, for limits between nothing and
 * the longest file of an undisturbed run. Each run says so and ends with exit code 1, and what is in its file
 * by then is right.
 */
#include <sys/stat.h>

#include "tests/fault/held.h"
#include "tests/fault/scenarios.h"

static const char *faulty; /* the program with a clock that jumps, so that it flushes all the time */

enum { SOME = 12, ALL = 200, LEAST = 64 };

static uint64_t size_of(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
}

struct tally {
	int tried, opened;
	uint64_t n_values;
};

/* What the file of a run that failed holds. */
static void look_into(const char *output, const char *reference, struct tally *tally)
{
	if (access(output, F_OK) != 0)
		return;
	const struct held held = held_in(output, reference);
	CHECK(held.right);
	tally->opened++;
	tally->n_values += held.n_values;
}

/* Limits below `most` bytes, on a run that writes `output`. */
static void try_limits(struct program *program, uint64_t most, const char *output, const char *reference)
{
	const int n = program_full() ? ALL : SOME;
	struct tally tally = {0};

	for (int k = 0; k < n; k++) {
		program->file_bytes = LEAST + (most - LEAST) * (uint64_t)k / (uint64_t)n;
		(void)unlink(output);
		const struct outcome outcome = program_run(program);
		/* standard output is a file here too */
		if (!CHECK(outcome.signal == 0 && outcome.code == 1 &&
			    (outcome.cut || strcasestr(outcome.text, "file too large")))) {
			printf("#   limit %llu of %llu bytes\n", (unsigned long long)program->file_bytes,
				(unsigned long long)most);
			program_show(&outcome);
		}
		look_into(output, reference, &tally);
		tally.tried++;
	}
	printf("# %d limits below %llu bytes; %d files opened, %llu values held\n", tally.tried,
		(unsigned long long)most, tally.opened, (unsigned long long)tally.n_values);
	CHECK(tally.opened > 0 && tally.n_values > 0);
}

static const char *write_scenario(char path[PROGRAM_PATH], const char *text, size_t length)
{
	char items[PROGRAM_PATH];

	scenario_items(program_file(items, "items.csv"));
	program_write(program_file(path, "disk.yaml"), text, length);
	return path;
}

static void try_run(const char *text, size_t length, const char *set)
{
	char scenario[PROGRAM_PATH], reference[PROGRAM_PATH], output[PROGRAM_PATH];
	struct program program = {.path = faulty,
		.fault = "clock",
		.args = {"run", write_scenario(scenario, text, length), "-o",
			program_file(reference, "whole.h5"), "--set", set, NULL}};
	const struct outcome outcome = program_run(&program);

	if (!CHECK(outcome.code == 0))
		program_show(&outcome);
	program.args[3] = program_file(output, "full.h5");
	try_limits(&program, size_of(reference), output, reference);
}

static void spikes_states_and_weights(void)
{
	try_run(scenario_long, sizeof scenario_long - 1, "duration=1 s");
}

static void streams_of_a_protocol(void)
{
	try_run(scenario_protocol, sizeof scenario_protocol - 1, "seed=4");
}

static void stacks(void)
{
	try_run(scenario_stack, sizeof scenario_stack - 1, "seed=4");
}

/* The checkpoint of the last epoch that fitted is whole, and a run goes on from it. */
static void checkpoints(void)
{
	char scenario[PROGRAM_PATH], output[PROGRAM_PATH], saved[PROGRAM_PATH];
	struct program program = {
		.args = {"run", write_scenario(scenario, scenario_stack, sizeof scenario_stack - 1), "-o",
			program_file(output, "stack.h5"), "--checkpoint", program_file(saved, "saved"),
			NULL}};

	CHECK(program_run(&program).code == 0);
	const uint64_t before = size_of(saved);
	program.file_bytes = before - 1;
	struct outcome outcome = program_run(&program);
	CHECK(before > 1 && outcome.code == 1 && strcasestr(outcome.text, "file too large"));
	CHECK(size_of(saved) == before);
	program.file_bytes = 0;
	program.args[6] = "--resume";
	outcome = program_run(&program);
	if (!CHECK(outcome.code == 0 && strstr(outcome.text, "resumed")))
		program_show(&outcome);
}

static void validations(void)
{
	char folder[PROGRAM_PATH];
	struct program program = {
		.args = {"validate", "--quick", "--no-plot", "--fresh", "-j", "1", "-o",
			program_file(folder, "claims"), "scenarios/claims/window_sign.yaml", NULL}};
	struct outcome outcome = program_run(&program);
	uint64_t limit = LEAST;

	if (!CHECK(outcome.code == 0))
		program_show(&outcome);
	for (int tried = 0; limit < UINT64_C(1) << 26; limit *= 2, tried++) {
		program.file_bytes = limit;
		outcome = program_run(&program);
		if (outcome.code == 0)
			break;
		if (!CHECK(outcome.signal == 0 && outcome.code == 1 &&
			    (outcome.cut || strcasestr(outcome.text, "file too large")))) {
			printf("#   limit %llu\n", (unsigned long long)limit);
			program_show(&outcome);
		}
	}
	printf("# enough: files of %llu bytes\n", (unsigned long long)limit);
	CHECK(outcome.code == 0 && limit > 4096);
}

/* What goes to standard output. */
static void standard_output(void)
{
	static const char *const commands[] = {"list", "schema", "--help", "--version"};

	for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
		const struct program program = {.args = {commands[k], NULL}, .file_bytes = 16};
		CHECK(program_run(&program).code == 1);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(spikes_states_and_weights), TEST(streams_of_a_protocol),
		TEST(stacks), TEST(checkpoints), TEST(validations), TEST(standard_output)};

	faulty = program_faulty(argv[0]);
	return test_main(argc, argv, (int)(sizeof tests / sizeof tests[0]), tests);
}
