/**
 * The subcommands of the program: one function each, in a file of its name.
 *
 * argv[0] is the subcommand's own name, argv[1] ... its arguments. The return value is the exit code.
 * Results go to standard output, everything else to standard error.
 */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

enum spk_exit {
	SPK_EXIT_DONE = 0,         /**< done */
	SPK_EXIT_FAILED = 1,       /**< failed, or interrupted, while running */
	SPK_EXIT_USAGE = 2,        /**< wrong usage or a mistake in the scenario */
	SPK_EXIT_SAVED = 75,       /**< run: a signal came, --resume goes on (EX_TEMPFAIL) */
	SPK_EXIT_INTERRUPTED = 130 /**< sweep: a signal came; the same command goes on */
};

int spk_cmd_run(int argc, char **argv);
int spk_cmd_sweep(int argc, char **argv);
int spk_cmd_validate(int argc, char **argv);
int spk_cmd_check(int argc, char **argv);
int spk_cmd_describe(int argc, char **argv);
int spk_cmd_list(int argc, char **argv);
int spk_cmd_data(int argc, char **argv);
int spk_cmd_plot(int argc, char **argv);
int spk_cmd_export(int argc, char **argv);
int spk_cmd_compare(int argc, char **argv);
int spk_cmd_cite(int argc, char **argv);
int spk_cmd_schema(int argc, char **argv);

#endif
