/* Pictures are drawn by a Python script. */
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/python.h"
#include <stdio.h>

enum { MAX_WORDS = 64 };

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

int spk_cmd_plot(int argc, char **argv)
{
	struct spk_args args;
	struct spk_error err = {0};
	char script[SPK_PYTHON_PATH];
	const char *folder = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		folder = args.value;
	if (option < 0)
		return spk_args_exit(option);
	const char *const python = spk_python_find();
	if (spk_python_script("spikem_plot.py", script, &err))
		return spk_print_error(&err);
	const char *words[MAX_WORDS] = {python, script};
	size_t n = 2;
	if (folder) {
		words[n++] = "-o";
		words[n++] = folder;
	}
	for (size_t k = 0; k < args.n_operands; k++)
		words[n++] = spk_args_operand(&args, k);
	const int code = spk_python_run(words);
	if (code == SPK_PYTHON_NOT_STARTED)
		fprintf(stderr,
			"spikem plot: cannot start %s; pictures need Python 3, on Debian and Ubuntu:\n"
			"  sudo apt-get install python3-matplotlib python3-h5py\n",
			python);
	return code > SPK_EXIT_USAGE ? SPK_EXIT_FAILED : code;
}
