#include "tools/args.h"
#include "tools/commands.h"
#include <spikem/measure.h>
#include <spikem/model.h>
#include <stdio.h>
#include <string.h>

static const struct spk_option options[] = {
	{'n', "names", NULL, "names only, one a line"},
	{0},
};

static const struct spk_command command = {
	.name = "list",
	.synopsis = "[OPTION]... [neurons|sources|plasticity|units|measurements]",
	.summary = "List models and measurements, all kinds or one",
	.text = "",
	.options = options,
	.min_operands = 0,
	.max_operands = 1,
};

static void print_model(const char *name, const char *summary, int names_only)
{
	if (names_only)
		puts(name);
	else
		printf("  %-22s %s\n", name, summary);
}

static void list_neurons(int names_only)
{
	for (size_t k = 0; spk_neuron_models[k]; k++)
		print_model(spk_neuron_models[k]->name, spk_neuron_models[k]->summary, names_only);
}

static void list_sources(int names_only)
{
	for (size_t k = 0; spk_source_models[k]; k++)
		print_model(spk_source_models[k]->name, spk_source_models[k]->summary, names_only);
}

static void list_plasticity(int names_only)
{
	for (size_t k = 0; spk_plasticity_models[k]; k++)
		print_model(spk_plasticity_models[k]->name, spk_plasticity_models[k]->summary, names_only);
}

static void list_measurements(int names_only)
{
	for (size_t k = 0; spk_measurements[k]; k++)
		print_model(spk_measurements[k]->name, spk_measurements[k]->summary, names_only);
}

static void list_units(int names_only)
{
	for (size_t k = 0; spk_unit_models[k]; k++)
		print_model(spk_unit_models[k]->name, spk_unit_models[k]->summary, names_only);
}

int spk_cmd_list(int argc, char **argv)
{
	static const char *const kinds[] = {"neurons", "sources", "plasticity", "units", "measurements"};
	static void (*const list[])(int) = {
		list_neurons, list_sources, list_plasticity, list_units, list_measurements};
	enum { N_KINDS = sizeof kinds / sizeof *kinds };
	struct spk_args args;
	int option, names_only = 0;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		names_only = 1;
	if (option < 0)
		return spk_args_exit(option);
	const char *const wanted = args.n_operands ? spk_args_operand(&args, 0) : NULL;
	size_t n_listed = 0;
	for (size_t k = 0; k < N_KINDS; k++) {
		if (wanted && strcmp(wanted, kinds[k]) != 0)
			continue;
		if (!names_only)
			printf("%s%s:\n", n_listed ? "\n" : "", kinds[k]);
		list[k](names_only);
		n_listed++;
	}
	if (n_listed)
		return SPK_EXIT_DONE;
	const char *const nearest = spk_nearest(wanted, N_KINDS, kinds);
	return spk_args_mistake(&command, "unknown kind '%s'; %s%s%s", wanted,
		nearest ? "did you mean '" : "",
		nearest ? nearest : "there are neurons, sources, plasticity, units and measurements",
		nearest ? "'?" : "");
}
