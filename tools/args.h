/**
 * Command lines: one table per subcommand gives its options, its --help and the messages for mistakes.
 *
 *	struct spk_args args;
 *	int option;
 *	spk_args_init(&args, &command, argc, argv);
 *	while ((option = spk_args_next(&args)) > 0)
 *		switch (option) { ... args.value ... }
 *	if (option < 0)
 *		return spk_args_exit(option);
 *
 * Options may stand before, between and after operands; `--` ends them; -oFILE, -o FILE, --output=FILE and
 * --output FILE are the same. --help is understood by every command.
 */
#ifndef TOOLS_ARGS_H
#define TOOLS_ARGS_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

/** One option. Tables end with name NULL. */
struct spk_option {
	int id;           /**< what spk_args_next returns: the letter, or 256 and up for a long option only */
	const char *name; /**< long name without dashes */
	const char *arg;  /**< name of its argument for --help, NULL: a flag */
	const char *doc;  /**< one line; further lines after '\n' */
};

struct spk_command {
	const char *name;
	const char *synopsis;             /**< what follows the name: "[OPTION]... SCENARIO" */
	const char *summary;              /**< one line, no full stop */
	const char *text;                 /**< more for --help, "" for none; ends with a newline */
	const struct spk_option *options; /**< NULL: none but --help */
	size_t min_operands, max_operands;
};

/** The state of reading one command line. */
struct spk_args {
	const struct spk_command *command;
	int argc, next;
	char **argv;       /**< operands are moved to argv[1] ... argv[n_operands] as they are met */
	const char *rest;  /**< further letters of a group such as -qf */
	const char *value; /**< argument of the option just returned, NULL for a flag */
	size_t n_operands;
};

enum { SPK_ARGS_END = 0, SPK_ARGS_HELP = -1, SPK_ARGS_BAD = -2 };

void spk_args_init(struct spk_args *args, const struct spk_command *command, int argc, char **argv);
/** The id of the next option, SPK_ARGS_END, SPK_ARGS_HELP (help was printed) or SPK_ARGS_BAD (so was the
 * mistake). */
int spk_args_next(struct spk_args *args);
/** Operand k < n_operands, valid after SPK_ARGS_END. */
const char *spk_args_operand(const struct spk_args *args, size_t k);
/** The exit code for SPK_ARGS_HELP or SPK_ARGS_BAD. */
int spk_args_exit(int option);

/** Print "spikem COMMAND: MISTAKE" and a pointer to --help; returns SPK_EXIT_USAGE. */
int spk_args_mistake(const struct spk_command *command, const char *format, ...) SPK_PRINTF(2, 3);
/** Read a whole decimal number in [lo, hi]. @return 0, or SPK_EXIT_USAGE with the mistake printed */
int spk_args_number(
	const struct spk_args *args, const char *what, uint64_t lo, uint64_t hi, uint64_t *ret_number);

/** Read a duration with its unit, ms, s, min or h, greater than 0: "10 min". The same. */
int spk_args_duration(const struct spk_args *args, const char *what, double *ret_s);

/** The candidate (of n) nearest to `word`, NULL if none is near enough to be meant. */
const char *spk_nearest(const char *word, size_t n, const char *const *candidates);

/** Print "spikem: error: ..." for a failed call of the library; returns SPK_EXIT_FAILED. */
int spk_print_error(const struct spk_error *err);

#endif
