/*
 * spikem: the program. It finds the subcommand and leaves the rest to it.
 */
#include "tools/args.h"
#include "tools/commands.h"
#include <gsl/gsl_errno.h>
#include <spikem/version.h>
#include <stdio.h>
#include <string.h>

struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct subcommand subcommands[] = {
	{"run", spk_cmd_run, "simulate a scenario, write a result file"},
	{"sweep", spk_cmd_sweep, "run a scenario with many values of its keys, collect the results"},
	{"validate", spk_cmd_validate, "run claims and tell whether the results bear them out"},
	{"check", spk_cmd_check, "read scenarios and report every mistake, without running"},
	{"plot", spk_cmd_plot, "draw pictures of a result file"},
	{"export", spk_cmd_export, "write spikes as CSV, .gdf or flat SONATA"},
	{"compare", spk_cmd_compare, "tell whether two result files are equal, or where they first differ"},
	{"data", spk_cmd_data, "find and fetch known data sets"},
	{"list", spk_cmd_list, "list the models"},
	{"describe", spk_cmd_describe, "equations, parameters, states and references of a model"},
	{"cite", spk_cmd_cite, "references of what a scenario or model uses"},
	{"schema", spk_cmd_schema, "write the JSON schema of scenario files, for editors"},
};
enum { N_SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t k = 0; k < N_SUBCOMMANDS; k++)
		if (strcmp(subcommands[k].name, name) == 0)
			return &subcommands[k];
	return NULL;
}

static void print_usage(FILE *out)
{
	fputs("Usage: spikem COMMAND [ARGUMENT]...\n\n"
	      "Exact event-driven simulation of spiking neural networks from a YAML scenario.\n\n"
	      "Commands:\n",
		out);
	for (size_t k = 0; k < N_SUBCOMMANDS; k++)
		fprintf(out, "  %-10s %s\n", subcommands[k].name, subcommands[k].summary);
	fputs("\n'spikem COMMAND --help' explains a command; 'spikem --version' says what this build is.\n"
	      "Exit codes: 0 done, 1 failed or interrupted while running, 2 wrong usage or scenario.\n",
		out);
}

static int print_version(void)
{
	printf("spikem %s\nbuilt with %s\nlibraries: %s\n", spk_version(), spk_build_flags(),
		spk_build_libraries());
	puts("Free software under the GNU GPL, version 3 or later; no warranty.");
	return SPK_EXIT_DONE;
}

static int say_unknown(const char *word)
{
	enum { N_OTHERS = 3 };
	const char *names[N_SUBCOMMANDS + N_OTHERS] = {"help", "--help", "--version"};
	for (size_t k = 0; k < N_SUBCOMMANDS; k++)
		names[k + N_OTHERS] = subcommands[k].name;
	const char *const nearest = spk_nearest(word, N_SUBCOMMANDS + N_OTHERS, names);
	fprintf(stderr, "spikem: unknown %s '%s'", word[0] == '-' ? "option" : "command", word);
	if (nearest)
		fprintf(stderr, "; did you mean '%s'?", nearest);
	fputs("\nTry 'spikem --help'.\n", stderr);
	return SPK_EXIT_USAGE;
}

static int print_help(int argc, char **argv)
{
	if (argc < 3) {
		print_usage(stdout);
		return SPK_EXIT_DONE;
	}
	const struct subcommand *const subcommand = find_subcommand(argv[2]);
	if (!subcommand)
		return say_unknown(argv[2]);
	char help[] = "--help";
	char *words[] = {argv[2], help, NULL};
	return subcommand->run(2, words);
}

/* A result that did not reach its reader (a full disk, say) is a failure. */
static int close_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fputs("spikem: error: cannot write to standard output\n", stderr);
	return code == SPK_EXIT_DONE ? SPK_EXIT_FAILED : code;
}

int main(int argc, char **argv)
{
	gsl_set_error_handler_off(); /* every GSL status is checked where it arises */
	if (argc < 2) {
		print_usage(stderr);
		return SPK_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return close_output(print_version());
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return close_output(print_help(argc, argv));
	const struct subcommand *const subcommand = find_subcommand(argv[1]);
	if (!subcommand)
		return say_unknown(argv[1]);
	return close_output(subcommand->run(argc - 1, argv + 1));
}
