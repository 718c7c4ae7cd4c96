#include "tools/python.h"
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *spk_python_find(void)
{
	const char *const chosen = getenv("SPIKEM_PYTHON");
	if (chosen && chosen[0])
		return chosen;
	return access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
}

int spk_python_script(const char *name, char path[SPK_PYTHON_PATH], struct spk_error *err)
{
	static const char *const places[] = {"../../tools/plot", "../share/spikem/plot"};
	char program[SPK_PYTHON_PATH / 2];
	const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length < 0)
		return spk_fail(err, SPK_E_IO, "cannot tell where the program lies: %s", strerror(errno));
	program[length] = '\0';
	const char *const folder = dirname(program);
	for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
		snprintf(path, SPK_PYTHON_PATH, "%s/%s/%s", folder, places[k], name);
		if (access(path, R_OK) == 0)
			return SPK_OK;
	}
	return spk_fail(
		err, SPK_E_IO, "cannot find %s beside %s: is Spikem installed completely?", name, folder);
}

int spk_python_run(const char *const *words)
{
	int status = 0;
	fflush(NULL);
	const pid_t child = fork();
	if (child == 0) {
		execvp(words[0], (char *const *)words);
		_exit(SPK_PYTHON_NOT_STARTED);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return SPK_PYTHON_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
