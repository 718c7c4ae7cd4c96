#include "tools/child.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t running; /* process id of the child, 0: none */

static void end_child(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
	if (running > 0)
		(void)kill((pid_t)running, SIGTERM);
}

void spk_child_catch_signals(void)
{
	struct sigaction action = {.sa_handler = end_child, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int spk_child_interrupted(void)
{
	return interrupted;
}

int spk_child_exists(const char *name)
{
	const char *folder = getenv("PATH");
	while (folder) {
		const size_t length = strcspn(folder, ":");
		char path[PATH_MAX];
		const int n = snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, name);
		if (length > 0 && n < (int)sizeof path && access(path, X_OK) == 0)
			return 1;
		folder = folder[length] ? folder + length + 1 : NULL;
	}
	return 0;
}

static void become(const char *const *words, const char *folder, const char *log)
{
	const int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
		chdir(folder) != 0)
		_exit(SPK_CHILD_NOT_STARTED);
	execvp(words[0], (char *const *)words);
	_exit(SPK_CHILD_NOT_STARTED);
}

int spk_child_run(const char *const *words, const char *folder, const char *log)
{
	sigset_t both, before;
	int status = 0;
	pid_t ended;
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	fflush(NULL);
	/* no signal may come between the fork and the note of the child's id */
	sigprocmask(SIG_BLOCK, &both, &before);
	const pid_t child = interrupted ? -1 : fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		become(words, folder, log);
	}
	running = child > 0 ? (sig_atomic_t)child : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return SPK_CHILD_NOT_STARTED;
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	running = 0;
	if (ended < 0)
		return SPK_CHILD_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
