/*
 * Pictures are drawn by a Python script that is found relative to the program: in the source tree
 * (build/VARIANT/spikem and tools/plot) or installed (bin/spikem and share/spikem/plot).
 */
#include "tools/args.h"
#include "tools/commands.h"
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, MAX_WORDS = 64, NOT_STARTED = 127 };

static const struct spk_option options[] = {
	{'o', "output", "DIR", "folder for the pictures (the folder of FILE)"},
	{.name = NULL},
};

static const struct spk_command command = {
	.name = "plot",
	.synopsis = "[-o DIR] FILE [KIND]...",
	.summary = "Draw pictures of a result file, all that fit its contents or the KINDs named",
	.text = "Uses /usr/bin/python3 (or $SPIKEM_PYTHON) with matplotlib and h5py.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = MAX_WORDS / 2,
};

static const char *find_python(void)
{
	const char *const chosen = getenv("SPIKEM_PYTHON");
	if (chosen && chosen[0])
		return chosen;
	return access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
}

static int find_script(char path[PATH_ROOM], struct spk_error *err)
{
	static const char *const places[] = {
		"../../tools/plot/spikem_plot.py", "../share/spikem/plot/spikem_plot.py"};
	char program[PATH_ROOM / 2];
	const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length < 0)
		return spk_fail(err, SPK_E_IO, "cannot tell where the program lies: %s", strerror(errno));
	program[length] = '\0';
	const char *const folder = dirname(program);
	for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
		snprintf(path, PATH_ROOM, "%s/%s", folder, places[k]);
		if (access(path, R_OK) == 0)
			return SPK_OK;
	}
	return spk_fail(err, SPK_E_IO,
		"cannot find spikem_plot.py beside %s: is Spikem installed completely?", folder);
}

/* Run Python with these words. @return its exit code, NOT_STARTED, or 128 + n for a signal */
static int run_python(const char *const *words)
{
	int status = 0;
	fflush(NULL);
	const pid_t child = fork();
	if (child == 0) {
		execvp(words[0], (char *const *)words);
		_exit(NOT_STARTED);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spk_cmd_plot(int argc, char **argv)
{
	struct spk_args args;
	struct spk_error err = {0};
	char script[PATH_ROOM];
	const char *folder = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		folder = args.value;
	if (option < 0)
		return spk_args_exit(option);
	const char *const python = find_python();
	if (find_script(script, &err))
		return spk_print_error(&err);
	const char *words[MAX_WORDS] = {python, script};
	size_t n = 2;
	if (folder) {
		words[n++] = "-o";
		words[n++] = folder;
	}
	for (size_t k = 0; k < args.n_operands; k++)
		words[n++] = spk_args_operand(&args, k);
	const int code = run_python(words);
	if (code == NOT_STARTED)
		fprintf(stderr,
			"spikem plot: cannot start %s; pictures need Python 3, on Debian and Ubuntu:\n"
			"  sudo apt-get install python3-matplotlib python3-h5py\n",
			python);
	return code > SPK_EXIT_USAGE ? SPK_EXIT_FAILED : code;
}
