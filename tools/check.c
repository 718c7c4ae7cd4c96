#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/terminal.h"
#include <stdio.h>

static const struct spk_option options[] = {
	{'s', "set", "PATH=VALUE", "override a key, as in run; may be repeated"},
	{'u', "used", NULL, "print the scenario as used: overrides applied, defaults filled in"},
	{0},
};

static const struct spk_command command = {
	.name = "check",
	.synopsis = "[OPTION]... SCENARIO...",
	.summary = "Read scenarios, check every key, unit and reference, and report all mistakes",
	.text = "SCENARIO is a file, or - for standard input. The exit code is 2 if there is a mistake.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = 10000,
};

static void print_stack(const struct spk_scenario *s)
{
	const struct spk_stack *const stack = &s->stack;
	const struct spk_dataset *const data = &s->datasets[stack->dataset];
	char weights[SPK_TERM_TEXT];
	double n = 0;
	for (size_t l = 0; l + 1 < stack->n_layers; l++)
		n += 2 * (double)stack->layers[l].size * (double)stack->layers[l + 1].size;
	printf("%s: ok: stack", s->path);
	for (size_t l = 0; l < stack->n_layers; l++)
		printf("%s%llu", l ? "-" : " ", (unsigned long long)stack->layers[l].size);
	printf(" (%s weights), %llu epoch%s of `%s` of `%s`", spk_term_count(weights, n),
		(unsigned long long)stack->training.epochs, stack->training.epochs == 1 ? "" : "s",
		data->splits[stack->training.split].name, data->name);
}

/* The end of the line. */
static void print_sweep(const struct spk_sweep *sweep)
{
	if (sweep->on)
		printf("; sweep of %zu task%s", sweep->n_runs * sweep->n_seeds,
			sweep->n_runs * sweep->n_seeds == 1 ? "" : "s");
	putchar('\n');
}

static void print_summary(const struct spk_scenario *s)
{
	char neurons[SPK_TERM_TEXT], duration[SPK_TERM_TEXT];
	double size = 0;
	if (s->about) {
		printf("%s: ok: a claim about %s\n", s->path, s->about);
		return;
	}
	if (s->stack.on) {
		print_stack(s);
		print_sweep(&s->sweep);
		return;
	}
	for (size_t k = 0; k < s->n_populations; k++)
		size += (double)s->populations[k].size;
	printf("%s: ok: %zu population%s (%s neurons and sources), %zu projection%s, %zu input%s, %s",
		s->path, s->n_populations, s->n_populations == 1 ? "" : "s", spk_term_count(neurons, size),
		s->n_projections, s->n_projections == 1 ? "" : "s", s->n_inputs, s->n_inputs == 1 ? "" : "s",
		spk_term_duration(duration, s->duration / 1000));
	print_sweep(&s->sweep);
}

int spk_cmd_check(int argc, char **argv)
{
	struct spk_overrides overrides = {0};
	struct spk_args args;
	int option, used = 0, code = SPK_EXIT_DONE;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0) {
		if (option == 'u')
			used = 1;
		else if (spk_overrides_add(&overrides, args.value))
			return spk_args_mistake(&command, "more than %d overrides", SPK_MAX_OVERRIDES);
	}
	if (option < 0)
		return spk_args_exit(option);
	for (size_t k = 0; k < args.n_operands; k++) {
		struct spk_scenario *scenario = NULL;
		const int loaded = spk_load(spk_args_operand(&args, k), &overrides, &scenario);
		if (loaded) {
			code = loaded;
			continue;
		}
		if (used)
			fputs(scenario->used, stdout);
		else
			print_summary(scenario);
		spk_scenario_free(scenario);
	}
	return code;
}
