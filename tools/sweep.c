/* spikem sweep: a scenario with many values of its keys. */
#include "tools/sweep.h"
#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/paths.h"
#include "tools/terminal.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_LIST = 256, OPTION_COUNT, OPTION_TASK, OPTION_COLLECT, OPTION_FRESH };
enum { MAX_THREADS = 4096 };

static const struct spk_option options[] = {
	{'o', "output", "DIR", "folder for all that is written (results/sweeps)"},
	{'j', "jobs", "N", "tasks at a time (processors over threads)"},
	{'t', "threads", "N", "threads of each task (1); results do not depend on it"},
	{'s', "set", "PATH=VALUE", "override a key in all tasks, as in run; may be repeated"},
	{OPTION_LIST, "list", NULL, "print the tasks and their state as CSV, run nothing"},
	{OPTION_COUNT, "count", NULL, "print the number of tasks"},
	{OPTION_TASK, "task", "I", "only this task, or those of a range I-J, from 0; collect nothing"},
	{OPTION_COLLECT, "collect", NULL, "run nothing, collect what is there"},
	{OPTION_FRESH, "fresh", NULL, "make all results again, also those that are there"},
	{'q', "quiet", NULL, "print only what failed"},
	{.name = NULL},
};

static const struct spk_command command = {
	.name = "sweep",
	.synopsis = "[OPTION]... SCENARIO",
	.summary = "Run a scenario with all values of its `sweep:`, collect figures into one table",
	.text = "Each combination of values and seed is a task with a number of its own. Results that are "
		"there,\n"
		"complete and made by this version from the same scenario, are not made again, so that a "
		"sweep\n"
		"that was interrupted goes on where it was. Tasks of a batch system's array run with "
		"--task,\n"
		"then --collect gathers them.\n"
		"Written: DIR/NAME/*.h5 and manifest.csv; DIR/NAME.csv and DIR/NAME.h5 with a row a task.\n"
		"The exit code is 0 if all tasks are done, 1 if one failed or is not there, 2 for a mistake "
		"in\n"
		"the scenario, 130 after an interruption.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = 1,
};

/* What the command line asks for. */
struct request {
	const char *output, *task; /* NULL: all */
	struct spk_overrides overrides;
	struct spk_job_options jobs; /* processes 0: not given */
	int list, count, collect, quiet;
};

/* What the watcher of the jobs needs. */
struct view {
	struct spk_sweep_work *work;
	struct spk_jobs_progress progress;
	struct spk_bar bar;
	int quiet, collect;
	size_t n_failed, n_absent, n_stale;
};

/* ---- Failures ----------------------------------------------------------------------------------- */

/* The message of a failed task lies beside its result, for those who collect later. */
static void failure_path(const struct spk_sweep_work *work, size_t task, char path[SPK_JOB_PATH + 16])
{
	char result[SPK_JOB_PATH];
	spk_job_path(&work->batch, task, result);
	snprintf(path, SPK_JOB_PATH + 16, "%s.failed", result);
}

static void keep_failure(const struct spk_sweep_work *work, size_t task, const char *text)
{
	char path[SPK_JOB_PATH + 16];
	failure_path(work, task, path);
	FILE *const out = fopen(path, "w");
	const int written = out && fputs(text, out) >= 0;
	if (!out || fclose(out) != 0 || !written)
		fprintf(stderr, "spikem: warning: cannot write %s: %s\n", path, strerror(errno));
}

static void forget_failure(const struct spk_sweep_work *work, size_t task)
{
	char path[SPK_JOB_PATH + 16];
	failure_path(work, task, path);
	(void)unlink(path);
}

/* malloc'ed, NULL if the task has not failed. */
static char *read_failure(const struct spk_sweep_work *work, size_t task)
{
	char path[SPK_JOB_PATH + 16], text[SPK_JOB_TEXT];
	failure_path(work, task, path);
	FILE *const in = fopen(path, "r");
	if (!in)
		return NULL;
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	return strdup(text);
}

/* ---- States ------------------------------------------------------------------------------------- */

static enum spk_task_state state_of(enum spk_output found)
{
	static const enum spk_task_state states[] = {[SPK_OUTPUT_MISSING] = SPK_TASK_MISSING,
		[SPK_OUTPUT_UNFINISHED] = SPK_TASK_UNFINISHED,
		[SPK_OUTPUT_STALE] = SPK_TASK_STALE,
		[SPK_OUTPUT_MADE] = SPK_TASK_DONE};
	return states[found];
}

/* Without running it. A scenario that cannot be read is a failure. */
static enum spk_task_state look_at(const struct spk_sweep_work *work, size_t task)
{
	struct spk_scenario *scenario = NULL;
	struct spk_job_result result;
	char path[SPK_JOB_PATH], *diagnostics = NULL, *failure;
	enum spk_task_state state = SPK_TASK_FAILED;
	spk_job_path(&work->batch, task, path);
	if (spk_job_load(&work->batch, task, &scenario, &diagnostics, NULL) == SPK_OK)
		state = state_of(spk_job_look(scenario, path, &result));
	free(diagnostics);
	spk_scenario_free(scenario);
	failure = state != SPK_TASK_DONE ? read_failure(work, task) : NULL;
	if (failure)
		state = SPK_TASK_FAILED;
	free(failure);
	return state;
}

static void list_tasks(const struct spk_sweep_work *work)
{
	spk_manifest_head(stdout, 1);
	for (size_t k = work->batch.first; k <= work->batch.last; k++)
		spk_manifest_line(stdout, work, k, spk_task_word(look_at(work, k)));
}

static void take_result(struct view *view, size_t k, const struct spk_job_result *result)
{
	struct spk_sweep_work *const work = view->work;
	struct spk_task *const task = &work->tasks[k];
	const char *text = result->text;
	char *kept = NULL;
	task->seconds = result->seconds;
	task->spikes = result->spikes;
	memcpy(task->figures, result->figures, work->batch.n_observables * sizeof *task->figures);
	if (result->outcome == SPK_JOB_DONE || result->outcome == SPK_JOB_REUSED) {
		task->state = SPK_TASK_DONE;
		forget_failure(work, k);
	} else if (result->outcome == SPK_JOB_ABSENT) {
		task->state = state_of(result->found);
		if ((kept = read_failure(work, k)) != NULL)
			task->state = SPK_TASK_FAILED;
		text = kept ? kept : text;
	} else if (result->outcome == SPK_JOB_INTERRUPTED) {
		task->state = SPK_TASK_UNFINISHED;
	} else {
		task->state = SPK_TASK_FAILED;
		keep_failure(work, k, text);
	}
	for (size_t c = 0; task->state != SPK_TASK_DONE && c < work->batch.n_observables; c++)
		task->figures[c] = (struct spk_estimate){NAN, NAN, NAN, 0};
	task->text = *text ? strdup(text) : NULL;
	free(kept);
}

/* ---- What is shown ------------------------------------------------------------------------------ */

/* "  3/24  task 7: g=5, seed 1: done in 1.2 s" */
static void print_task(const struct view *view, size_t k, const struct spk_job_result *result)
{
	const struct spk_task *const task = &view->work->tasks[k];
	char time[SPK_TERM_TEXT];
	printf("%zu/%zu  task %zu: ", view->progress.n_ended, view->progress.n_jobs, k);
	spk_task_print(stdout, view->work, k);
	if (result->outcome == SPK_JOB_REUSED)
		fputs(": was done", stdout);
	else if (task->state == SPK_TASK_DONE)
		printf(": done in %s%s", spk_term_duration(time, task->seconds),
			result->found == SPK_OUTPUT_STALE ? ", was stale" : "");
	else
		printf(": %s", spk_task_word(task->state));
	if (task->text && task->state == SPK_TASK_DONE)
		printf(" (%s)", task->text);
	putchar('\n');
	for (const char *line = task->state == SPK_TASK_FAILED && task->text ? task->text : ""; *line;) {
		const size_t length = strcspn(line, "\n");
		printf("    %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
	fflush(stdout);
}

static void watch(void *user, struct spk_batch *batch, size_t k, const struct spk_job_result *result)
{
	struct view *const view = user;
	char left[SPK_TERM_TEXT];
	if (batch) {
		const struct spk_task *const task = &view->work->tasks[k];
		spk_jobs_count(&view->progress, result);
		take_result(view, k, result);
		view->n_failed += task->state == SPK_TASK_FAILED;
		view->n_absent += task->state != SPK_TASK_FAILED && task->state != SPK_TASK_DONE;
		view->n_stale += result->found == SPK_OUTPUT_STALE;
		if (view->bar.shown && task->state == SPK_TASK_FAILED)
			fputs("\r\033[K", stderr);
		if (task->state == SPK_TASK_FAILED || (!view->quiet && !view->bar.shown))
			print_task(view, k, result);
	}
	if (!view->bar.shown || !spk_jobs_is_due(&view->progress))
		return;
	fprintf(stderr, "\r\033[K%zu of %zu tasks, %zu failed, %s left", view->progress.n_ended,
		view->progress.n_jobs, view->n_failed, spk_jobs_left(&view->progress, left));
	fflush(stderr);
}

static void print_summary(const struct view *view, int with_table)
{
	const struct spk_jobs_progress *const progress = &view->progress;
	char time[SPK_TERM_TEXT];
	const size_t n_done = progress->n_ended - view->n_failed - view->n_absent;
	printf("%zu task%s: %zu done (%zu were), %zu failed, %zu not there", progress->n_jobs,
		progress->n_jobs == 1 ? "" : "s", n_done, progress->n_ended - progress->n_made,
		view->n_failed, progress->n_jobs - n_done - view->n_failed);
	if (view->n_stale > 0)
		printf("; %zu result%s of another scenario or version %s", view->n_stale,
			view->n_stale == 1 ? "" : "s", view->collect ? "left out" : "made again");
	printf("; %s", spk_term_duration(time, spk_term_clock() - progress->start_s));
	if (with_table)
		printf("; %s/%s.csv", view->work->output, view->work->name);
	putchar('\n');
}

/* ---- Work --------------------------------------------------------------------------------------- */

static int run_tasks(struct spk_sweep_work *work, const struct request *request)
{
	struct view view = {.work = work,
		.quiet = request->quiet,
		.collect = request->collect,
		.progress = {
			.n_jobs = work->batch.last - work->batch.first + 1, .start_s = spk_term_clock()}};
	struct spk_error err = {0};
	int failed = spk_manifest_write(work, &err);
	if (failed)
		return spk_print_error(&err);
	spk_bar_init(&view.bar, request->quiet);
	const int stopped = spk_jobs_run(&request->jobs, 1, &work->batch, watch, &view);
	if (view.bar.shown)
		fputs("\r\033[K", stderr);
	if (!stopped && !request->task && spk_sweep_write(work, &err))
		failed = spk_print_error(&err);
	if (!request->quiet)
		print_summary(&view, !stopped && !request->task && !failed);
	if (!stopped)
		return failed || view.n_failed || view.n_absent ? SPK_EXIT_FAILED : SPK_EXIT_DONE;
	fputs("spikem: interrupted; results that are done are kept, the same command goes on from them\n",
		stderr);
	return SPK_EXIT_INTERRUPTED;
}

/* "7" or "4-7"; a range ends at the last task, so that an array may run equal blocks. */
static int read_task(const char *text, struct spk_batch *batch, size_t n_tasks)
{
	char *end = NULL;
	errno = 0;
	const unsigned long first = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	unsigned long last = first;
	const int is_range = end && *end == '-' && isdigit((unsigned char)end[1]);
	if (is_range)
		last = strtoul(end + 1, &end, 10);
	if (!end || *end != '\0' || errno != 0 || last < first)
		return spk_args_mistake(&command, "--task needs a number or a range I-J, not '%s'", text);
	if (first >= n_tasks)
		return spk_args_mistake(
			&command, "there is no task %lu: there are %zu, from 0", first, n_tasks);
	batch->first = first;
	batch->last = last < n_tasks ? last : n_tasks - 1;
	return SPK_EXIT_DONE;
}

static int set_up(const struct request *request, const struct spk_scenario *scenario, char *const *common,
	const struct spk_observable **what, struct spk_sweep_work *work)
{
	const struct spk_sweep *const sweep = &scenario->sweep;
	work->batch = (struct spk_batch){.scenario = scenario->path,
		.folder = work->folder,
		.n_common = request->overrides.n,
		.common = common,
		.n_runs = sweep->n_runs,
		.runs = sweep->runs,
		.n_seeds = sweep->n_seeds,
		.seeds = sweep->seeds,
		.last = work->n_tasks - 1,
		.n_observables = sweep->n_collected,
		.observables = what,
		.confidence = sweep->confidence,
		.lenient = 1};
	for (size_t c = 0; c < sweep->n_collected; c++)
		what[c] = &sweep->collected[c].what;
	for (size_t k = 0; k < work->n_tasks; k++)
		work->tasks[k] = (struct spk_task){.state = SPK_TASK_MISSING,
			.seconds = NAN,
			.spikes = NAN,
			.figures = work->figures + k * sweep->n_collected};
	return request->task ? read_task(request->task, &work->batch, work->n_tasks) : SPK_EXIT_DONE;
}

static int sweep_scenario(const struct request *request, const struct spk_scenario *scenario)
{
	const struct spk_observable *what[SPK_SWEEP_MAX_COLLECTED] = {NULL};
	char *common[SPK_MAX_OVERRIDES], *const name = spk_name_of(scenario->path);
	struct spk_sweep_work work = {.scenario = scenario,
		.name = name,
		.output = request->output,
		.n_tasks = scenario->sweep.n_runs * scenario->sweep.n_seeds};
	int code = SPK_EXIT_FAILED;
	for (size_t k = 0; k < request->overrides.n; k++)
		common[k] = (char *)request->overrides.items[k].text;
	work.tasks = calloc(work.n_tasks, sizeof *work.tasks);
	work.figures = calloc(work.n_tasks * scenario->sweep.n_collected + 1, sizeof *work.figures);
	if (!name || asprintf(&work.folder, "%s/%s", request->output, name) < 0)
		work.folder = NULL;
	if (!work.folder || !work.tasks || !work.figures)
		fputs("spikem: error: out of memory\n", stderr);
	else
		code = set_up(request, scenario, common, what, &work);
	if (code)
		;
	else if (request->count)
		printf("%zu\n", work.batch.last - work.batch.first + 1);
	else if (request->list)
		list_tasks(&work);
	else if (!(code = spk_make_folders(work.folder)))
		code = run_tasks(&work, request);
	for (size_t k = 0; work.tasks && k < work.n_tasks; k++)
		free(work.tasks[k].text);
	free(work.tasks);
	free(work.figures);
	free(work.folder);
	free(name);
	return code;
}

/* ---- Command ------------------------------------------------------------------------------------ */

static int read_option(struct request *request, const struct spk_args *args, int option)
{
	uint64_t number = 0;
	int code = 0;
	switch (option) {
	case 'o':
		request->output = args->value;
		break;
	case 'j':
		code = spk_args_number(args, "the number of jobs", 1, SPK_MAX_PROCESSES, &number);
		request->jobs.processes = (unsigned)number;
		break;
	case 't':
		code = spk_args_number(args, "the number of threads", 1, MAX_THREADS, &number);
		request->jobs.threads = (unsigned)number;
		break;
	case 's':
		if (!strchr(args->value, '='))
			return spk_args_mistake(&command, "--set needs PATH=VALUE, not '%s'", args->value);
		if (spk_overrides_add(&request->overrides, args->value))
			return spk_args_mistake(&command, "more than %d overrides", SPK_MAX_OVERRIDES);
		break;
	case OPTION_LIST:
		request->list = 1;
		break;
	case OPTION_COUNT:
		request->count = 1;
		break;
	case OPTION_TASK:
		request->task = args->value;
		break;
	case OPTION_COLLECT:
		request->collect = request->jobs.only_there = 1;
		break;
	case OPTION_FRESH:
		request->jobs.fresh = 1;
		break;
	default:
		request->quiet = 1;
	}
	return code;
}

static int check_request(const struct request *request)
{
	if (request->collect && (request->task || request->jobs.fresh))
		return spk_args_mistake(&command, "--collect runs nothing: no --task or --fresh with it");
	if (request->list + request->count + request->collect > 1)
		return spk_args_mistake(&command, "one of --list, --count and --collect");
	return SPK_EXIT_DONE;
}

int spk_cmd_sweep(int argc, char **argv)
{
	struct request request = {.output = "results/sweeps", .jobs.threads = 1};
	struct spk_args args;
	struct spk_scenario *scenario = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		if (read_option(&request, &args, option))
			return SPK_EXIT_USAGE;
	if (option < 0)
		return spk_args_exit(option);
	if (check_request(&request))
		return SPK_EXIT_USAGE;
	const char *const path = spk_args_operand(&args, 0);
	if (strcmp(path, "-") == 0)
		return spk_args_mistake(
			&command, "standard input cannot be swept: every task reads its scenario anew");
	if (request.jobs.processes == 0 &&
		(request.jobs.processes = spk_processors() / request.jobs.threads) == 0)
		request.jobs.processes = 1;
	int code = spk_load(path, &request.overrides, &scenario);
	if (!code && !scenario->sweep.on)
		code = spk_args_mistake(&command, "%s has no sweep", path);
	if (!code)
		code = sweep_scenario(&request, scenario);
	spk_scenario_free(scenario);
	return code;
}
