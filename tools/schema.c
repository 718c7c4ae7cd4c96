#include "tools/args.h"
#include "tools/commands.h"
#include <errno.h>
#include <spikem/scenario.h>
#include <stdio.h>
#include <string.h>

static const struct spk_option options[] = {
	{'o', "output", "FILE", "write to FILE instead of standard output"},
	{0},
};

static const struct spk_command command = {
	.name = "schema",
	.synopsis = "[-o FILE]",
	.summary = "Write the JSON schema (draft-07) of scenario files, from the table that the checks use",
	.text = "An editor with a YAML language server completes and checks a scenario whose first line is\n"
		"  # yaml-language-server: $schema=PATH/scenario.schema.json\n",
	.options = options,
	.min_operands = 0,
	.max_operands = 0,
};

int spk_cmd_schema(int argc, char **argv)
{
	struct spk_args args;
	struct spk_error err = {0};
	const char *path = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		path = args.value;
	if (option < 0)
		return spk_args_exit(option);
	FILE *const out = path ? fopen(path, "w") : stdout;
	if (!out) {
		spk_fail(&err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
		return spk_print_error(&err);
	}
	int rc = spk_scenario_write_schema(out, &err);
	if (path && fclose(out) != 0 && rc == 0)
		rc = spk_fail(&err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
	return rc ? spk_print_error(&err) : SPK_EXIT_DONE;
}
