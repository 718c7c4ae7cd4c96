/*
 * Reading a command line by its table. getopt_long is not used because its messages name no nearest option,
 * and because --help must come from the same table.
 */
#include "tools/args.h"
#include "tools/commands.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORD = 64, MAX_OPTIONS = 32 };

void spk_args_init(struct spk_args *args, const struct spk_command *command, int argc, char **argv)
{
	*args = (struct spk_args){.command = command, .argc = argc, .next = 1, .argv = argv};
}

const char *spk_args_operand(const struct spk_args *args, size_t k)
{
	return args->argv[1 + k];
}

int spk_args_exit(int option)
{
	return option == SPK_ARGS_HELP ? SPK_EXIT_DONE : SPK_EXIT_USAGE;
}

int spk_args_mistake(const struct spk_command *command, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	fprintf(stderr, "spikem %s: ", command->name);
	vfprintf(stderr, format, list);
	fprintf(stderr, "\nTry 'spikem %s --help'.\n", command->name);
	va_end(list);
	return SPK_EXIT_USAGE;
}

int spk_print_error(const struct spk_error *err)
{
	fprintf(stderr, "spikem: error: %s\n", err->text[0] ? err->text : spk_strstatus(err->status));
	return SPK_EXIT_FAILED;
}

/* Number of letters to insert, delete, replace or swap with their neighbour to turn a into b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1];
	const size_t n_a = strlen(a), n_b = strlen(b);
	if (n_a > MAX_WORD || n_b > MAX_WORD)
		return MAX_WORD;
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t k = 0; k <= n_b; k++)
		last[k] = k;
	for (size_t i = 1; i <= n_a; i++) {
		row[0] = i;
		for (size_t k = 1; k <= n_b; k++) {
			const size_t replaced = last[k - 1] + (a[i - 1] != b[k - 1]);
			size_t best = last[k] < row[k - 1] ? last[k] + 1 : row[k - 1] + 1;
			best = replaced < best ? replaced : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
				before[k - 2] + 1 < best)
				best = before[k - 2] + 1;
			row[k] = best;
		}
		size_t *const recycled = before;
		before = last;
		last = row;
		row = recycled;
	}
	return last[n_b];
}

const char *spk_nearest(const char *word, size_t n, const char *const *candidates)
{
	const char *nearest = NULL;
	size_t least = strlen(word) < 4 ? 2 : 3;
	for (size_t k = 0; k < n; k++) {
		const size_t distance = edit_distance(word, candidates[k]);
		if (distance < least && distance < strlen(candidates[k])) {
			least = distance;
			nearest = candidates[k];
		}
	}
	return nearest;
}

static void print_help(const struct spk_command *command)
{
	printf("Usage: spikem %s %s\n\n%s.\n", command->name, command->synopsis, command->summary);
	if (command->text[0])
		printf("\n%s", command->text);
	printf("\nOptions:\n");
	for (const struct spk_option *o = command->options; o && o->name; o++) {
		char head[MAX_WORD];
		const int letter = o->id < 256;
		snprintf(head, sizeof head, "%c%c%s--%s%s%s", letter ? '-' : ' ', letter ? (char)o->id : ' ',
			letter ? ", " : "  ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-26s", head);
		for (const char *c = o->doc; *c; c++)
			*c == '\n' ? (void)printf("\n%28s", "") : (void)putchar(*c);
		putchar('\n');
	}
	printf("  -h, --help                this text\n");
}

static int say_unknown_option(const struct spk_args *args, const char *name)
{
	const char *names[MAX_OPTIONS] = {"help"};
	size_t n = 1;
	for (const struct spk_option *o = args->command->options; o && o->name && n < MAX_OPTIONS; o++)
		names[n++] = o->name;
	const char *const nearest = spk_nearest(name, n, names);
	if (nearest)
		spk_args_mistake(args->command, "unknown option '--%s'; did you mean '--%s'?", name, nearest);
	else
		spk_args_mistake(args->command, "unknown option '--%s'", name);
	return SPK_ARGS_BAD;
}

static int say_help(const struct spk_args *args)
{
	print_help(args->command);
	return SPK_ARGS_HELP;
}

/* Give the option its argument: `attached` (may be NULL) or the next word. */
static int take_value(struct spk_args *args, const struct spk_option *option, const char *attached)
{
	args->value = attached;
	if (option->arg && !attached) {
		if (args->next == args->argc) {
			spk_args_mistake(args->command, "option '--%s' needs %s", option->name, option->arg);
			return SPK_ARGS_BAD;
		}
		args->value = args->argv[args->next++];
	} else if (!option->arg && attached) {
		spk_args_mistake(args->command, "option '--%s' takes no value", option->name);
		return SPK_ARGS_BAD;
	}
	return option->id;
}

static int take_long(struct spk_args *args, const char *word)
{
	const char *const equals = strchr(word, '=');
	const size_t length = equals ? (size_t)(equals - word) : strlen(word);
	if (length == 4 && strncmp(word, "help", 4) == 0)
		return say_help(args);
	for (const struct spk_option *o = args->command->options; o && o->name; o++)
		if (strlen(o->name) == length && strncmp(o->name, word, length) == 0)
			return take_value(args, o, equals ? equals + 1 : NULL);
	char name[MAX_WORD];
	snprintf(name, sizeof name, "%.*s", (int)(length < MAX_WORD ? length : MAX_WORD - 1), word);
	return say_unknown_option(args, name);
}

static int take_letter(struct spk_args *args)
{
	const char letter = *args->rest++;
	const char *const attached = *args->rest ? args->rest : NULL;
	if (!attached)
		args->rest = NULL;
	if (letter == 'h')
		return say_help(args);
	for (const struct spk_option *o = args->command->options; o && o->name; o++) {
		if (o->id != letter)
			continue;
		if (!o->arg)
			return take_value(args, o, NULL);
		args->rest = NULL;
		return take_value(args, o, attached);
	}
	spk_args_mistake(args->command, "unknown option '-%c'", letter);
	return SPK_ARGS_BAD;
}

static int check_operands(const struct spk_args *args)
{
	const struct spk_command *const command = args->command;
	if (args->n_operands >= command->min_operands && args->n_operands <= command->max_operands)
		return SPK_ARGS_END;
	if (args->n_operands < command->min_operands)
		spk_args_mistake(command, "an argument is missing; usage: spikem %s %s", command->name,
			command->synopsis);
	else
		spk_args_mistake(
			command, "unexpected argument '%s'", spk_args_operand(args, command->max_operands));
	return SPK_ARGS_BAD;
}

int spk_args_next(struct spk_args *args)
{
	args->value = NULL;
	if (args->rest)
		return take_letter(args);
	while (args->next < args->argc) {
		char *const word = args->argv[args->next++];
		if (strcmp(word, "--") == 0) {
			while (args->next < args->argc)
				args->argv[1 + args->n_operands++] = args->argv[args->next++];
		} else if (word[0] == '-' && word[1] == '-') {
			return take_long(args, word + 2);
		} else if (word[0] == '-' && word[1] != '\0') {
			args->rest = word + 1;
			return take_letter(args);
		} else {
			args->argv[1 + args->n_operands++] = word;
		}
	}
	return check_operands(args);
}

int spk_args_number(
	const struct spk_args *args, const char *what, uint64_t lo, uint64_t hi, uint64_t *ret_number)
{
	char *end = NULL;
	errno = 0;
	const unsigned long long number = strtoull(args->value, &end, 10);
	if (!isdigit((unsigned char)args->value[0]) || *end || errno || number < lo || number > hi)
		return spk_args_mistake(args->command,
			"%s must be a whole number from %llu to %llu, not '%s'", what, (unsigned long long)lo,
			(unsigned long long)hi, args->value);
	*ret_number = number;
	return 0;
}

int spk_args_duration(const struct spk_args *args, const char *what, double *ret_s)
{
	static const struct {
		const char *name;
		double s;
	} units[] = {{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}};
	char *end = NULL;
	const double number = strtod(args->value, &end);
	while (isspace((unsigned char)*end))
		end++;
	for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
		if (strcmp(end, units[k].name) == 0 && number > 0 && number < 1e9) {
			*ret_s = number * units[k].s;
			return 0;
		}
	}
	return spk_args_mistake(args->command, "%s must be a time in ms, s, min or h ('10 min'), not '%s'",
		what, args->value);
}
