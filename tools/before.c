/*
 * Runs that several claims may need.
 *
 * Runs are the same if their scenarios' texts and their overrides are, `{name}` in these replaced by the run
 * that it stands for. A checksum of all this is the name of the folder, so that a run whose forerunner
 * changes is another one too, and what an older wording left is not taken for it.
 */
#include "tools/before.h"
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/paths.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report_memory(void)
{
	return fputs("spikem: error: out of memory\n", stderr), SPK_EXIT_FAILED;
}

int spk_befores_init(struct spk_befores *all, const char *output)
{
	char folder[SPK_JOB_PATH];
	*all = (struct spk_befores){.n = 0};
	snprintf(folder, sizeof folder, "%s/before", output);
	const int code = spk_make_folders(folder);
	if (code)
		return code;
	all->root = realpath(folder, NULL);
	return all->root ? SPK_EXIT_DONE : report_memory();
}

static void clear(struct spk_before *item)
{
	for (size_t k = 0; k < item->n_sets; k++)
		free(item->sets[k]);
	free(item->sets);
	free(item->folder);
	free(item->scenario);
	free(item->needed);
	free(item->needs);
	free(item->seeds);
}

void spk_befores_free(struct spk_befores *all)
{
	for (size_t k = 0; k < all->n; k++)
		clear(&all->items[k]);
	free(all->items);
	free(all->root);
}

/* ---- Names -------------------------------------------------------------------------------------- */

/* FNV-1a, with the end of the text. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	while (*text++);
	return hash;
}

static int names_run(const char *set, const char *name)
{
	char braces[256];
	snprintf(braces, sizeof braces, "{%s}", name);
	return strstr(set, braces) != NULL;
}

/* What a run is made from. */
struct recipe {
	const char *scenario;
	size_t n_sets;
	char *const *sets[2]; /* of the claim, of its run */
	size_t n[2];
	const struct spk_claim *claim;
	size_t n_known;      /* of the claim's runs before */
	const size_t *known; /* their indices */
};

static const char *set_of(const struct recipe *recipe, size_t k)
{
	return k < recipe->n[0] ? recipe->sets[0][k] : recipe->sets[1][k - recipe->n[0]];
}

static int needs(const struct recipe *recipe, size_t k)
{
	for (size_t s = 0; s < recipe->n_sets; s++)
		if (names_run(set_of(recipe, s), recipe->claim->before[k].name))
			return 1;
	return 0;
}

/* Read the scenario, which shows mistakes in its keys early, and name the run by all that makes it. */
static int name_folder(const struct spk_befores *all, const struct recipe *recipe, char **ret_folder)
{
	const struct spk_overrides none = {0};
	struct spk_scenario *scenario = NULL;
	const int code = spk_load_plan(recipe->scenario, &none, &scenario);
	if (code)
		return code;
	uint64_t hash = hash_text(0xcbf29ce484222325, scenario->text);
	for (size_t s = 0; s < recipe->n_sets; s++) {
		const char *const set = set_of(recipe, s);
		hash = hash_text(hash, set);
		for (size_t k = 0; k < recipe->n_known; k++)
			if (names_run(set, recipe->claim->before[k].name))
				hash = hash_text(hash_text(hash, recipe->claim->before[k].name),
					all->items[recipe->known[k]].folder);
	}
	char *const stem = spk_name_of(recipe->scenario);
	if (!stem || asprintf(ret_folder, "%s/%s-%016llx", all->root, stem, (unsigned long long)hash) < 0)
		*ret_folder = NULL;
	free(stem);
	const int about_other = scenario->about != NULL;
	spk_scenario_free(scenario);
	if (about_other) {
		fprintf(stderr, "spikem: error: %s has no network, only a claim about another file\n",
			recipe->scenario);
		return SPK_EXIT_USAGE;
	}
	return *ret_folder ? SPK_EXIT_DONE : report_memory();
}

/* ---- Runs --------------------------------------------------------------------------------------- */

static int add_seeds(struct spk_before *item, const struct spk_claim *claim)
{
	uint64_t *const grown = realloc(item->seeds, (item->n_seeds + claim->n_seeds) * sizeof *grown);
	if (!grown)
		return report_memory();
	item->seeds = grown;
	for (size_t s = 0; s < claim->n_seeds; s++) {
		size_t k = 0;
		while (k < item->n_seeds && grown[k] != claim->seeds[s])
			k++;
		if (k == item->n_seeds)
			grown[item->n_seeds++] = claim->seeds[s];
	}
	return SPK_EXIT_DONE;
}

static int fill(struct spk_before *item, const struct recipe *recipe)
{
	item->scenario = strdup(recipe->scenario);
	item->sets = calloc(recipe->n_sets + 1, sizeof *item->sets);
	item->needed = calloc(recipe->n_known + 1, sizeof *item->needed);
	item->needs = calloc(recipe->n_known + 1, sizeof *item->needs);
	if (!item->scenario || !item->sets || !item->needed || !item->needs)
		return report_memory();
	for (size_t s = 0; s < recipe->n_sets; s++, item->n_sets++)
		if (!(item->sets[s] = strdup(set_of(recipe, s))))
			return report_memory();
	for (size_t k = 0; k < recipe->n_known; k++)
		if (needs(recipe, k)) {
			item->needs[item->n_needs].name = recipe->claim->before[k].name;
			item->needed[item->n_needs++] = recipe->known[k];
		}
	return SPK_EXIT_DONE;
}

/* The run of this recipe, a new one unless it is there. */
static int take(struct spk_befores *all, const struct recipe *recipe, size_t *ret_index)
{
	char *folder = NULL;
	int code = name_folder(all, recipe, &folder);
	size_t k = 0;
	if (code)
		return free(folder), code;
	while (k < all->n && strcmp(all->items[k].folder, folder) != 0)
		k++;
	*ret_index = k;
	if (k < all->n) {
		free(folder);
		return add_seeds(&all->items[k], recipe->claim);
	}
	struct spk_before *const grown = realloc(all->items, (k + 1) * sizeof *grown);
	if (!grown)
		return free(folder), report_memory();
	all->items = grown;
	all->n++;
	grown[k] = (struct spk_before){.folder = folder};
	code = fill(&grown[k], recipe);
	if (!code)
		code = add_seeds(&grown[k], recipe->claim);
	return code ? code : spk_make_folders(folder);
}

int spk_befores_add(struct spk_befores *all, const char *path, const char *about,
	const struct spk_claim *claim, size_t *ret_before, size_t *ret_runs)
{
	int code = SPK_EXIT_DONE;
	for (size_t k = 0; k < claim->n_before && !code; k++) {
		const struct spk_claim_before *const before = &claim->before[k];
		const struct recipe recipe = {.scenario = before->scenario ? before->scenario : path,
			.n_sets = before->n_sets,
			.sets = {before->sets},
			.n = {before->n_sets},
			.claim = claim,
			.n_known = k,
			.known = ret_before};
		code = take(all, &recipe, &ret_before[k]);
	}
	for (size_t r = 0; about && r < claim->n_runs && !code; r++) {
		const struct recipe recipe = {.scenario = about,
			.n_sets = claim->n_sets + claim->runs[r].n_sets,
			.sets = {claim->sets, claim->runs[r].sets},
			.n = {claim->n_sets, claim->runs[r].n_sets},
			.claim = claim,
			.n_known = claim->n_before,
			.known = ret_before};
		code = take(all, &recipe, &ret_runs[r]);
	}
	return code;
}

void spk_befores_batches(struct spk_befores *all, struct spk_batch *ret_batches)
{
	for (size_t k = 0; k < all->n; k++) {
		struct spk_before *const item = &all->items[k];
		for (size_t j = 0; j < item->n_needs; j++)
			item->needs[j].batch = &ret_batches[item->needed[j]];
		item->run = (struct spk_variant){.label = ""};
		ret_batches[k] = (struct spk_batch){.scenario = item->scenario,
			.folder = item->folder,
			.n_common = item->n_sets,
			.common = item->sets,
			.n_runs = 1,
			.runs = &item->run,
			.n_seeds = item->n_seeds,
			.seeds = item->seeds,
			.last = item->n_seeds - 1,
			.n_needs = item->n_needs,
			.needs = item->needs};
	}
}
