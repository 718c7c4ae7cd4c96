/* spikem validate: which claims, and what becomes of them. */
#include "tools/validate.h"
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/paths.h"
#include "tools/python.h"
#include "tools/terminal.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTION_FRESH = 256, OPTION_QUICK, OPTION_STRICT, OPTION_NO_PLOT };
enum { MAX_PATHS = 10000 };

static const struct spk_option options[] = {
	{'o', "output", "DIR",
		"folder for all that is written (results/claims, with --quick\nresults/claims-quick)"},
	{'j', "jobs", "N", "runs at a time (as many as there are processors)"},
	{OPTION_QUICK, "quick", NULL, "the quick version of each claim: its `quick:` holds"},
	{OPTION_FRESH, "fresh", NULL, "make all runs again, also those that are there"},
	{OPTION_STRICT, "strict", NULL, "a claim that is skipped counts as not as expected"},
	{OPTION_NO_PLOT, "no-plot", NULL, "draw no pictures"},
	{'q', "quiet", NULL, "print no line for a claim that is as expected"},
	{.name = NULL},
};

static const struct spk_command command = {
	.name = "validate",
	.synopsis = "[OPTION]... PATH...",
	.summary = "Run claims and tell whether the results bear them out",
	.text = "PATH is a scenario with a `claim:`, or a folder whose *.yaml are searched for such. Each "
		"claim is\n"
		"run with all its seeds, side by side; runs whose result file is there, complete and made by "
		"this\n"
		"version from the same scenario are not made again, so that an interrupted validation goes "
		"on\n"
		"where it was. A claim holds if the whole interval of what is measured satisfies what is\n"
		"expected, fails if all of it violates that, and is undecided else.\n"
		"The exit code is 0 if all verdicts are as expected, 1 if not, 2 for a mistake in a claim.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = MAX_PATHS,
};

/* All claims, in the order in which they are printed. */
struct claims {
	size_t n, room;
	struct spk_case *items;
};

/* What the watcher of the jobs needs. */
struct view {
	const struct spk_validation *validation;
	struct claims *claims;
	size_t n_printed;
	struct spk_jobs_progress progress;
	struct spk_bar bar;
	const struct spk_batch *batches; /* of the claims, in their order, then the shared runs */
	size_t n_made, n_reused;         /* of the shared runs */
	int failed;
};

/* ---- Claims ------------------------------------------------------------------------------------- */

/* Read the claim of a scenario; in the quick version its own overrides are applied in a second reading. */
static int load_claim(const char *path, int quick, struct spk_scenario **ret_scenario)
{
	struct spk_overrides overrides = {0};
	struct spk_scenario *full = NULL;
	int code = spk_load_plan(path, &overrides, &full);
	*ret_scenario = full;
	if (code || !quick || full->claim.n_quick == 0)
		return code;
	for (size_t k = 0; k < full->claim.n_quick && !code; k++)
		if (spk_overrides_add(&overrides, full->claim.quick[k]))
			code = spk_args_mistake(
				&command, "%s: more than %d overrides", path, SPK_MAX_OVERRIDES);
	*ret_scenario = NULL;
	if (!code)
		code = spk_load_plan(path, &overrides, ret_scenario);
	spk_scenario_free(full);
	return code;
}

static struct spk_case *add_case(struct claims *claims)
{
	if (claims->n == claims->room) {
		const size_t room = claims->room ? 2 * claims->room : 16;
		struct spk_case *const grown = realloc(claims->items, room * sizeof *grown);
		if (!grown)
			return NULL;
		claims->items = grown;
		claims->room = room;
	}
	claims->items[claims->n] = (struct spk_case){.state = SPK_CASE_WAITS};
	return &claims->items[claims->n++];
}

/* Take over the scenario. */
static int keep_claim(struct claims *claims, struct spk_scenario *scenario)
{
	struct spk_case *const added = add_case(claims);
	if (!added) {
		spk_scenario_free(scenario);
		return fputs("spikem: error: out of memory\n", stderr), SPK_EXIT_FAILED;
	}
	added->scenario = scenario;
	added->name = spk_name_of(scenario->path);
	added->n_jobs = scenario->claim.n_runs * scenario->claim.n_seeds;
	added->what = &scenario->claim.what;
	added->figures = calloc(added->n_jobs, sizeof *added->figures);
	added->seeds = calloc(scenario->claim.n_seeds, sizeof *added->seeds);
	if (!added->name || !added->figures || !added->seeds)
		return fputs("spikem: error: out of memory\n", stderr), SPK_EXIT_FAILED;
	if (strcmp(added->name, "claims") == 0)
		return spk_args_mistake(&command, "%s: a claim cannot be called claims", scenario->path);
	for (size_t k = 0; k + 1 < claims->n; k++)
		if (strcmp(claims->items[k].name, added->name) == 0)
			return spk_args_mistake(&command, "two claims are called %s: %s and %s", added->name,
				claims->items[k].scenario->path, scenario->path);
	return SPK_EXIT_DONE;
}

static int take_file(
	const struct spk_validation *validation, const char *path, int in_folder, struct claims *claims)
{
	struct spk_scenario *scenario = NULL;
	const int code = load_claim(path, validation->quick, &scenario);
	if (code)
		return code;
	if (scenario->claim.on)
		return keep_claim(claims, scenario);
	spk_scenario_free(scenario);
	if (!in_folder)
		return spk_args_mistake(&command, "%s has no claim", path);
	fprintf(stderr, "spikem validate: %s has no claim, left out\n", path);
	return SPK_EXIT_DONE;
}

static int is_yaml(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int take_path(const struct spk_validation *validation, const char *path, struct claims *claims)
{
	struct stat status;
	struct dirent **entries = NULL;
	int code = SPK_EXIT_DONE;
	if (strcmp(path, "-") == 0)
		return spk_args_mistake(
			&command, "standard input cannot be validated: every run reads its scenario anew");
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return take_file(validation, path, 0, claims);
	const int n = scandir(path, &entries, is_yaml, alphasort);
	if (n < 0)
		return spk_args_mistake(&command, "cannot read the folder %s: %s", path, strerror(errno));
	for (int k = 0; k < n; k++) {
		char file[SPK_JOB_PATH];
		const size_t length = strlen(path);
		snprintf(file, sizeof file, "%s%s%s", path, length > 0 && path[length - 1] == '/' ? "" : "/",
			entries[k]->d_name);
		const int taken = take_file(validation, file, 1, claims);
		code = taken ? taken : code;
		free(entries[k]);
	}
	free(entries);
	return code;
}

static void free_claims(struct claims *claims)
{
	for (size_t k = 0; k < claims->n; k++) {
		struct spk_case *const item = &claims->items[k];
		spk_scenario_free(item->scenario);
		free((char *)item->name);
		free(item->folder);
		free(item->common);
		free(item->before);
		free(item->runs);
		free(item->needs);
		free(item->made_by);
		free(item->figures);
		free(item->seeds);
		free(item->text);
	}
	free(claims->items);
}

/* ---- Folders ------------------------------------------------------------------------------------ */

static int make_all_folders(const struct spk_validation *validation, const struct claims *claims)
{
	int code = spk_make_folders(validation->output);
	for (size_t k = 0; k < claims->n && !code; k++) {
		struct spk_case *const item = &claims->items[k];
		if (item->scenario->about)
			continue; /* its runs are shared */
		if (asprintf(&item->folder, "%s/%s", validation->output, item->name) < 0) {
			item->folder = NULL;
			return fputs("spikem: error: out of memory\n", stderr), SPK_EXIT_FAILED;
		}
		code = spk_make_folders(item->folder);
	}
	return code;
}

/* ---- Results ------------------------------------------------------------------------------------ */

static void set_text(struct spk_case *claim_case, enum spk_case_state state, const char *text)
{
	claim_case->state = state;
	free(claim_case->text);
	claim_case->text = strdup(text);
}

static void judge(struct spk_case *claim_case)
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	struct spk_error err = {0};
	if (spk_claim_combine(claim, claim_case->figures, claim_case->seeds, &claim_case->measured, &err)) {
		set_text(claim_case, SPK_CASE_ERROR, err.text);
		return;
	}
	claim_case->verdict = spk_claim_judge(claim, &claim_case->measured);
	claim_case->state = SPK_CASE_JUDGED;
}

static void take_result(const struct spk_batch *batch, struct spk_case *claim_case, size_t job,
	const struct spk_job_result *result)
{
	char path[SPK_JOB_PATH], text[SPK_JOB_TEXT + SPK_JOB_PATH];
	claim_case->seconds += result->seconds;
	if (claim_case->state != SPK_CASE_WAITS)
		return;
	if (result->outcome == SPK_JOB_DONE || result->outcome == SPK_JOB_REUSED) {
		claim_case->figures[job] = result->figures[0];
		claim_case->n_reused += result->outcome == SPK_JOB_REUSED;
		if (++claim_case->n_done == claim_case->n_jobs)
			judge(claim_case);
	} else if (result->outcome == SPK_JOB_MISSES) {
		set_text(claim_case, SPK_CASE_SKIPPED, result->text);
	} else if (result->outcome == SPK_JOB_FAILED) {
		spk_job_path(batch, job, path);
		snprintf(text, sizeof text, "%s\n%s", path, result->text);
		set_text(claim_case, SPK_CASE_ERROR, text);
	}
}

/* Claims are printed in their order, each as soon as those before it are. */
static void print_settled(struct view *view)
{
	const struct claims *const claims = view->claims;
	for (; view->n_printed < claims->n; view->n_printed++) {
		const struct spk_case *const next = &claims->items[view->n_printed];
		if (next->state == SPK_CASE_WAITS)
			return;
		if (view->bar.shown)
			fputs("\r\033[K", stderr);
		if (!view->validation->quiet || !spk_case_is_fine(next, view->validation))
			spk_validate_print(view->validation, next);
	}
}

/* "3 of 12 claims, 20 of 61 runs, 40 s left" */
static void show_progress(struct view *view)
{
	char left[SPK_TERM_TEXT];
	size_t n_settled = 0;
	if (!view->bar.shown || !spk_jobs_is_due(&view->progress))
		return;
	for (size_t k = 0; k < view->claims->n; k++)
		n_settled += view->claims->items[k].state != SPK_CASE_WAITS;
	fprintf(stderr, "\r\033[K%zu of %zu claims, %zu of %zu runs, %s left", n_settled, view->claims->n,
		view->progress.n_ended, view->progress.n_jobs, spk_jobs_left(&view->progress, left));
	fflush(stderr);
}

static void watch(void *user, struct spk_batch *batch, size_t job, const struct spk_job_result *result)
{
	struct view *const view = user;
	const size_t number = batch ? (size_t)(batch - view->batches) : 0;
	if (batch)
		spk_jobs_count(&view->progress, result);
	if (batch && number >= view->claims->n) {
		view->n_made += result->outcome == SPK_JOB_DONE;
		view->n_reused += result->outcome == SPK_JOB_REUSED;
	} else if (batch) {
		struct spk_case *const claim_case = &view->claims->items[number];
		struct spk_error err = {0};
		take_result(batch, claim_case, job, result);
		if (!batch->closed && claim_case->state != SPK_CASE_WAITS &&
			spk_validate_write(view->validation, claim_case, &err))
			view->failed = spk_print_error(&err);
		batch->closed = claim_case->state != SPK_CASE_WAITS;
		print_settled(view);
	}
	show_progress(view);
}

/* ---- Pictures ----------------------------------------------------------------------------------- */

/* Without pictures a validation is still one: what is missing for them is a note. */
static void draw(const struct spk_validation *validation, const struct claims *claims)
{
	char script[SPK_PYTHON_PATH];
	struct spk_error err = {0};
	const char **const words = calloc(claims->n + 3, sizeof *words);
	size_t n = 2;
	if (!words || spk_python_script("spikem_claim.py", script, &err)) {
		fprintf(stderr, "spikem validate: no pictures: %s\n", err.text);
		free(words);
		return;
	}
	words[0] = spk_python_find();
	words[1] = script;
	for (size_t k = 0; k < claims->n; k++) {
		char path[SPK_JOB_PATH];
		snprintf(path, sizeof path, "%s/%s.json", validation->output, claims->items[k].name);
		if (claims->items[k].state == SPK_CASE_JUDGED && (words[n] = strdup(path)) != NULL)
			n++;
	}
	const int code = n > 2 ? spk_python_run(words) : 0;
	if (code)
		fputs("spikem validate: no pictures; --no-plot leaves them out\n", stderr);
	for (size_t k = 2; k < n; k++)
		free((char *)words[k]);
	free(words);
}

/* ---- Command ------------------------------------------------------------------------------------ */

/* Overrides, and the shared runs that it needs. */
static int plan_case(
	const struct spk_validation *validation, struct spk_befores *shared, struct spk_case *item)
{
	const struct spk_claim *const claim = &item->scenario->claim;
	const char *const about = item->scenario->about;
	const size_t n_quick = validation->quick && !about ? claim->n_quick : 0;
	item->common = calloc(claim->n_sets + n_quick + 1, sizeof *item->common);
	item->before = calloc(claim->n_before + 1, sizeof *item->before);
	item->runs = calloc(claim->n_runs, sizeof *item->runs);
	item->needs = calloc(claim->n_before + 1, sizeof *item->needs);
	item->made_by = calloc(claim->n_runs, sizeof *item->made_by);
	if (!item->common || !item->before || !item->runs || !item->needs || !item->made_by)
		return fputs("spikem: error: out of memory\n", stderr), SPK_EXIT_FAILED;
	for (size_t k = 0; k < claim->n_sets; k++)
		item->common[item->n_common++] = claim->sets[k];
	for (size_t k = 0; k < n_quick; k++)
		item->common[item->n_common++] = claim->quick[k];
	if (claim->n_before == 0 && !about)
		return SPK_EXIT_DONE;
	const int code = shared->root ? SPK_EXIT_DONE : spk_befores_init(shared, validation->output);
	return code ? code
		    : spk_befores_add(shared, item->scenario->path, about, claim, item->before, item->runs);
}

static void make_batch(struct spk_case *item, const struct spk_batch *shared, struct spk_batch *ret)
{
	const struct spk_claim *const claim = &item->scenario->claim;
	for (size_t k = 0; k < claim->n_before; k++)
		item->needs[k] = (struct spk_need){claim->before[k].name, &shared[item->before[k]]};
	for (size_t r = 0; r < claim->n_runs; r++)
		item->made_by[r] = &shared[item->runs[r]];
	*ret = (struct spk_batch){.scenario = item->scenario->path,
		.folder = item->folder,
		.n_common = item->n_common,
		.common = item->common,
		.n_runs = claim->n_runs,
		.runs = claim->runs,
		.n_seeds = claim->n_seeds,
		.seeds = claim->seeds,
		.last = item->n_jobs - 1,
		.n_observables = 1,
		.observables = &item->what,
		.confidence = claim->confidence,
		.n_needs = claim->n_before,
		.needs = item->needs,
		.made_by = item->scenario->about ? item->made_by : NULL};
}

static int run_all(const struct spk_validation *validation, struct claims *claims, struct spk_befores *shared,
	struct view *view)
{
	const size_t n = claims->n + shared->n;
	struct spk_batch *const batches = calloc(n, sizeof *batches);
	int stopped = 0;
	if (!batches)
		return fputs("spikem: error: out of memory\n", stderr), 1;
	spk_befores_batches(shared, batches + claims->n);
	for (size_t k = 0; k < claims->n; k++)
		make_batch(&claims->items[k], batches + claims->n, &batches[k]);
	for (size_t k = 0; k < n; k++)
		view->progress.n_jobs += batches[k].last + 1;
	view->batches = batches;
	stopped = spk_jobs_run(&validation->jobs, n, batches, watch, view);
	free(batches);
	return stopped;
}

static int validate(
	const struct spk_validation *validation, struct claims *claims, struct spk_befores *shared)
{
	struct view view = {.validation = validation, .claims = claims, .progress.start_s = spk_term_clock()};
	struct spk_error err = {0};
	int all_fine = 1;
	spk_bar_init(&view.bar, validation->quiet);
	const int stopped = run_all(validation, claims, shared, &view);
	if (view.bar.shown)
		fputs("\r\033[K", stderr);
	for (size_t k = view.n_printed; k < claims->n; k++)
		spk_validate_print(validation, &claims->items[k]);
	for (size_t k = 0; k < claims->n; k++)
		all_fine &= spk_case_is_fine(&claims->items[k], validation);
	if (spk_validate_write_all(validation, claims->n, claims->items, &err))
		view.failed = spk_print_error(&err);
	if (validation->plot && !stopped)
		draw(validation, claims);
	spk_validate_print_summary(validation, claims->n, claims->items, view.n_made, view.n_reused,
		spk_term_clock() - view.progress.start_s);
	if (stopped)
		fputs("spikem: interrupted; complete runs are kept, the same command goes on from them\n",
			stderr);
	return stopped || view.failed || !all_fine ? SPK_EXIT_FAILED : SPK_EXIT_DONE;
}

static int read_option(struct spk_validation *validation, const struct spk_args *args, int option)
{
	uint64_t number = 0;
	int code = 0;
	switch (option) {
	case 'o':
		validation->output = args->value;
		break;
	case 'j':
		code = spk_args_number(args, "the number of jobs", 1, SPK_MAX_PROCESSES, &number);
		validation->jobs.processes = (unsigned)number;
		break;
	case 'q':
		validation->quiet = 1;
		break;
	case OPTION_QUICK:
		validation->quick = 1;
		break;
	case OPTION_FRESH:
		validation->jobs.fresh = 1;
		break;
	case OPTION_STRICT:
		validation->strict = 1;
		break;
	default:
		validation->plot = 0;
	}
	return code;
}

int spk_cmd_validate(int argc, char **argv)
{
	struct spk_validation validation = {.plot = 1, .jobs.processes = spk_processors()};
	struct claims claims = {0};
	struct spk_befores shared = {0};
	struct spk_args args;
	int option, code = SPK_EXIT_DONE;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		if (read_option(&validation, &args, option))
			return SPK_EXIT_USAGE;
	if (option < 0)
		return spk_args_exit(option);
	if (!validation.output)
		validation.output = validation.quick ? "results/claims-quick" : "results/claims";
	for (size_t k = 0; k < args.n_operands; k++) {
		const int taken = take_path(&validation, spk_args_operand(&args, k), &claims);
		code = taken ? taken : code;
	}
	if (!code && claims.n == 0)
		code = spk_args_mistake(&command, "there is no claim");
	if (!code)
		code = make_all_folders(&validation, &claims);
	for (size_t k = 0; k < claims.n && !code; k++)
		code = plan_case(&validation, &shared, &claims.items[k]);
	if (!code)
		code = validate(&validation, &claims, &shared);
	spk_befores_free(&shared);
	free_claims(&claims);
	return code;
}
