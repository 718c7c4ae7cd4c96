/*
 * The whole program killed at random moments while it records. It flushes after almost every append here (its
 * clock jumps, see inject.c). Before the kill it is stopped and its file copied: all that the copy holds must
 * be in the file that the kill leaves, and all in there must be what an undisturbed run writes. A stack goes
 * on from its checkpoint and ends as if nothing had been.
 */
#include <time.h>

#include "tests/fault/held.h"
#include "tests/fault/scenarios.h"

enum { SOME_KILLS = 15, ALL_KILLS = 200, SLEEP_NS = 100000000 };

static const char *faulty; /* the program with faults */

static long n_kills(void)
{
	return program_full() ? ALL_KILLS : SOME_KILLS;
}

static void copy_file(const char *from, const char *to)
{
	static unsigned char block[1 << 16];
	FILE *const in = fopen(from, "rb"), *const out = fopen(to, "wb");

	for (size_t n; in && out && (n = fread(block, 1, sizeof block, in)) > 0;)
		CHECK(fwrite(block, 1, n, out) == n);
	CHECK(in && out);
	if (in)
		(void)fclose(in);
	if (out)
		CHECK(fclose(out) == 0);
}

/* ---- Kills -------------------------------------------------------------------------------------- */

static void sleep_random(uint64_t *seed)
{
	const double ns = test_uniform(seed, 0, SLEEP_NS);

	nanosleep(&(struct timespec){0, (long)ns}, NULL);
}

/* Start the program, let it run until its file is there, and a while on. @return its pid */
static pid_t start(const struct program *program, const char *output, uint64_t *seed)
{
	char log[PROGRAM_PATH];

	(void)unlink(output);
	const pid_t child = program_start(program, program_file(log, "kill.log"));
	for (int k = 0; k < 5000 && access(output, F_OK) != 0; k++)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	sleep_random(seed);
	return child;
}

struct tally {
	long kills, at_work;
	uint64_t n_values;
};

/* @return whether the kill found the program at work */
static int end(pid_t child)
{
	int status = 0;

	(void)kill(child, SIGKILL);
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void kill_once(
	const char *scenario, const char *set, const char *reference, uint64_t *seed, struct tally *tally)
{
	char output[PROGRAM_PATH], copy[PROGRAM_PATH];
	const struct program program = {.path = faulty,
		.args = {"run", "-q", scenario, "-o", program_file(output, "killed.h5"), "--set", set,
			test_random(seed) % 2 ? "--no-compress" : NULL, NULL},
		.fault = "clock"};
	const pid_t child = start(&program, output, seed);
	int status = 0;

	(void)kill(child, SIGSTOP);
	CHECK(waitpid(child, &status, WUNTRACED) == child);
	copy_file(output, program_file(copy, "stopped.h5"));
	if (WIFSTOPPED(status)) {
		(void)kill(child, SIGCONT);
		sleep_random(seed);
		tally->at_work += end(child);
	}
	tally->kills++;
	const struct held before = held_in(copy, output), after = held_in(output, reference);
	CHECK(before.right);
	CHECK(after.right && after.n_values >= before.n_values);
	tally->n_values += after.n_values;
}

static void kill_runs(const char *name, const char *scenario, const char *set)
{
	char reference[PROGRAM_PATH];
	struct tally tally = {0};
	const struct program whole = {.path = faulty,
		.args = {"run", "-q", scenario, "-o", program_file(reference, "whole.h5"), "--set", set,
			NULL}};
	const struct outcome outcome = program_run(&whole);

	if (!CHECK(outcome.code == 0)) {
		program_show(&outcome);
		return;
	}
	PROPERTY(n_kills(), seed)
	{
		kill_once(scenario, set, reference, &seed, &tally);
	}
	printf("# %s: %ld kills, %ld while it ran; %llu values held\n", name, tally.kills, tally.at_work,
		(unsigned long long)tally.n_values);
	CHECK(tally.at_work > tally.kills / 3 && tally.n_values > 0);
}

static const char *write_scenario(char path[PROGRAM_PATH], const char *text, size_t length)
{
	char items[PROGRAM_PATH];

	scenario_items(program_file(items, "items.csv"));
	program_write(program_file(path, "kill.yaml"), text, length);
	return path;
}

static void network(void)
{
	char path[PROGRAM_PATH];

	kill_runs("network", write_scenario(path, scenario_long, sizeof scenario_long - 1), "duration=3 s");
}

static void protocol(void)
{
	char path[PROGRAM_PATH];

	kill_runs("protocol", write_scenario(path, scenario_protocol, sizeof scenario_protocol - 1),
		"protocol.stages[0].epochs=60");
}

/* Killed, and gone on from what is there: the same weights as without. */
static void stack(void)
{
	char scenario[PROGRAM_PATH], output[PROGRAM_PATH], reference[PROGRAM_PATH], checkpoint[PROGRAM_PATH];
	struct tally tally = {0};
	struct program whole = {.args = {"run", "-q", scenario, "--set", "stack.training.epochs=400", "-o",
					program_file(reference, "stack.h5"), NULL}};

	(void)write_scenario(scenario, scenario_stack, sizeof scenario_stack - 1);
	CHECK(program_run(&whole).code == 0);
	whole.args[6] = program_file(output, "killed-stack.h5");
	whole.args[7] = "--resume";
	PROPERTY(program_full() ? ALL_KILLS / 4 : SOME_KILLS / 3, seed)
	{
		(void)unlink(program_file(checkpoint, "killed-stack.h5.checkpoint"));
		tally.at_work += end(start(&whole, output, &seed));
		tally.at_work += end(start(&whole, output, &seed));
		tally.kills += 2;
		const struct outcome outcome = program_run(&whole);
		const struct held held = held_in(reference, output);
		if (!CHECK(outcome.code == 0 && held.right))
			program_show(&outcome);
		tally.n_values += held.n_values;
	}
	printf("# stack: %ld kills, %ld while it ran; %llu values the same\n", tally.kills, tally.at_work,
		(unsigned long long)tally.n_values);
	CHECK(tally.at_work > 0 && tally.n_values > 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(network), TEST(protocol), TEST(stack)};

	faulty = program_faulty(argv[0]);
	return test_main(argc, argv, (int)(sizeof tests / sizeof tests[0]), tests);
}
