#include "tools/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupt, terminate, save;

static void note(int signal_number)
{
	switch (signal_number) {
	case SIGINT:
		interrupt = 1;
		break;
	case SIGTERM:
		terminate = 1;
		break;
	default:
		save = 1;
	}
}

void spk_signals_catch(void)
{
	struct sigaction once = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	struct sigaction always = {.sa_handler = note, .sa_flags = SA_RESTART};
	sigemptyset(&once.sa_mask);
	sigemptyset(&always.sa_mask);
	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &once, NULL);
	sigaction(SIGUSR1, &always, NULL);
}

int spk_signals_interrupt(void)
{
	return interrupt != 0;
}

int spk_signals_terminate(void)
{
	return terminate != 0;
}

int spk_signals_take_save(void)
{
	const int wanted = save != 0;
	save = 0;
	return wanted;
}
