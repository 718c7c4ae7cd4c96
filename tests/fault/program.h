/** The whole program run by a test, with its limits, its fault and what it said. */
#ifndef SPIKEM_TESTS_PROGRAM_H
#define SPIKEM_TESTS_PROGRAM_H

#include "tests/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_ARGS = 16, PROGRAM_PATH = 1024, PROGRAM_TEXT = 8192, PROGRAM_SECONDS = 120 };

struct program {
	const char *path;               /**< NULL: the one under test ($SPIKEM) */
	const char *args[PROGRAM_ARGS]; /**< after its name, ended by NULL */
	const char *fault;              /**< see tests/fault/inject.c; NULL: none */
	const char *count;              /**< file for the number of allocations; NULL: none */
	uint64_t file_bytes;            /**< no file may become longer; 0: any may */
};

/** How it ended. */
struct outcome {
	int signal;              /**< that killed it; 0: none */
	int code;                /**< exit code */
	char text[PROGRAM_TEXT]; /**< all that it printed, cut off */
	int cut;                 /**< what it printed fills a file as long as it may be */
};

/** Whether all faults are to be tried (`make test-full`), not a choice of them. */
static inline int program_full(void)
{
	return getenv("SPK_TEST_FULL") != NULL;
}

static inline const char *program_folder(void);

static inline void program_remove_folder(void)
{
	char command[PROGRAM_PATH];

	(void)snprintf(command, sizeof command, "rm -rf '%s'", program_folder());
	if (system(command) != 0)
		printf("# cannot remove %s\n", program_folder());
}

/** Scratch folder, in memory where there is such a place: these tests write and flush more than they compute.
 */
static inline const char *program_folder(void)
{
	static char folder[PROGRAM_PATH / 2];
	const char *const base = getenv("SPK_TEST_DIR");

	if (folder[0])
		return folder;
	(void)snprintf(folder, sizeof folder, "%s/fault-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm"
		: base                        ? base
					      : "/tmp");
	CHECK(mkdtemp(folder) != NULL);
	(void)atexit(program_remove_folder);
	return folder;
}

/** A path in it. */
static inline const char *program_file(char path[PROGRAM_PATH], const char *name)
{
	(void)snprintf(path, PROGRAM_PATH, "%s/%s", program_folder(), name);
	return path;
}

static inline void program_write(const char *path, const void *bytes, size_t n)
{
	FILE *const file = fopen(path, "wb");

	CHECK(file && fwrite(bytes, 1, n, file) == n);
	CHECK(file && fclose(file) == 0);
}

/** The copy of the program that has faults: beside the test that runs. */
static inline const char *program_faulty(const char *argv0)
{
	static char path[PROGRAM_PATH];
	const char *const slash = strrchr(argv0, '/');

	(void)snprintf(path, sizeof path, "%.*sspikem", slash ? (int)(slash - argv0 + 1) : 0, argv0);
	return path;
}

/** In the child: become the program. */
static inline void program_exec(const struct program *program, const char *log)
{
	const char *argv[PROGRAM_ARGS + 2] = {"spikem"};
	const char *const path = program->path ? program->path : getenv("SPIKEM");
	const int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666), in = open("/dev/null", O_RDONLY);

	for (int k = 0; k < PROGRAM_ARGS && program->args[k]; k++)
		argv[k + 1] = program->args[k];
	if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	if (program->file_bytes) {
		const struct rlimit limit = {program->file_bytes, program->file_bytes};
		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(126);
	}
	if (program->fault)
		(void)setenv("SPK_FAULT", program->fault, 1);
	if (program->count)
		(void)setenv("SPK_FAULT_COUNT", program->count, 1);
	(void)alarm(PROGRAM_SECONDS);
	if (path)
		execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static inline pid_t program_start(const struct program *program, const char *log)
{
	(void)fflush(stdout);
	const pid_t child = fork();

	if (child == 0)
		program_exec(program, log);
	return child;
}

static inline struct outcome program_run(const struct program *program)
{
	struct outcome outcome = {.code = -1};
	char log[PROGRAM_PATH];
	int status = 0;
	const pid_t child = program_start(program, program_file(log, ".log"));

	if (!CHECK(child > 0 && waitpid(child, &status, 0) == child))
		return outcome;
	outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	FILE *const file = fopen(log, "rb");
	if (file) {
		outcome.text[fread(outcome.text, 1, PROGRAM_TEXT - 1, file)] = '\0';
		(void)fclose(file);
	}
	outcome.cut = program->file_bytes && strlen(outcome.text) >= program->file_bytes;
	return outcome;
}

/** Failed as it should: with a message that holds `part`. */
static inline int program_failed(const struct outcome *outcome, const char *part)
{
	return outcome->signal == 0 && (outcome->code == 1 || outcome->code == 2) &&
	       strstr(outcome->text, part) != NULL;
}

static inline void program_show(const struct outcome *outcome)
{
	printf("#   signal %d, exit code %d: %.600s\n", outcome->signal, outcome->code, outcome->text);
}

#endif
