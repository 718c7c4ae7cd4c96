#include "tools/args.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/signals.h"
#include "tools/summary.h"
#include "tools/terminal.h"
#include <ctype.h>
#include <errno.h>
#include <spikem/file.h>
#include <spikem/ranks.h>
#include <spikem/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	OPTION_SEED = 256,
	OPTION_PARTITIONS,
	OPTION_NO_COMPRESS,
	OPTION_CHECKPOINT,
	OPTION_EVERY,
	OPTION_RESUME,
	OPTION_RATE_LIMIT
};
enum { MAX_THREADS = 4096, PATH_ROOM = 4096 };

static const struct spk_option options[] = {
	{'o', "output", "FILE", "result file (results/<name of the scenario>.h5)"},
	{'s', "set", "PATH=VALUE", "override a key: --set duration='2 s'; may be repeated"},
	{OPTION_SEED, "seed", "N", "seed of all random numbers; same as --set seed=N"},
	{'t', "threads", "N",
		"threads of each process (OMP_NUM_THREADS, else\nSLURM_CPUS_PER_TASK, else 1); results do "
		"not "
		"depend on it"},
	{OPTION_PARTITIONS, "partitions", "N",
		"event loops the network is split into (as many as threads of\nall processes); results do "
		"not "
		"depend on it"},
	{OPTION_RATE_LIMIT, "rate-limit", NULL,
		"run the rate limit in place of the spiking network; same as\n--set rate_limit.run=true"},
	{OPTION_NO_COMPRESS, "no-compress", NULL, "leave the result file uncompressed"},
	{OPTION_CHECKPOINT, "checkpoint", "FILE",
		"where the state of the run is saved (<result file>.checkpoint);\nof stacks it is saved "
		"after each epoch"},
	{OPTION_EVERY, "checkpoint-every", "TIME",
		"save the state of a simulation so often, in wall-clock time:\n'10 min', '30 s', '1 h'"},
	{OPTION_RESUME, "resume", NULL, "go on from the checkpoint, if there is one"},
	{'q', "quiet", NULL, "print nothing but mistakes and errors"},
	{.name = NULL},
};

static const struct spk_command command = {
	.name = "run",
	.synopsis = "[OPTION]... SCENARIO",
	.summary = "Simulate a scenario, or train its stack, and write a result file",
	.text = "SCENARIO is a YAML file, or - for standard input. Ctrl-C and SIGTERM end the run with the\n"
		"data so far kept; a second one kills it. SIGTERM, and Ctrl-C with --checkpoint,\n"
		"--checkpoint-every or --resume, save the state of a simulation first: exit code 75, and the "
		"run\n"
		"goes on with --resume. SIGUSR1 saves it without ending the run.\n"
		"\n"
		"Under `mpirun -n R spikem run SCENARIO` R processes share the network out, or the lanes\n"
		"of a protocol that has several, each with its threads; the first one writes the result\n"
		"file and the checkpoint, and prints. Results do not depend on R, and --resume goes on\n"
		"with any other number of processes and threads. A signal to one process is for all.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = 1,
};

/* What the command line asks for. */
struct request {
	const char *scenario;
	const char *output; /* NULL: the default */
	struct spk_overrides overrides;
	char seed[64];
	const char *checkpoint; /* NULL: the default */
	double checkpoint_s;    /* 0: not asked for */
	struct spk_ranks *ranks;
	unsigned threads, partitions;
	int compress, quiet, resume;
};

/* A run as its progress callback sees it. */
struct run_view {
	struct spk_bar bar;
	double t_ms;  /* how far a simulation came */
	int can_save; /* there are checkpoints of such a run */
	int saves;    /* they were asked for */
};

static int stop_wanted(void)
{
	return spk_signals_interrupt() || spk_signals_terminate();
}

/* A run that is asked to end writes a checkpoint; at Ctrl-C only if checkpoints were asked for. */
static int saves_on_stop(const struct run_view *view)
{
	return view->can_save && (view->saves || spk_signals_terminate());
}

static int see_progress(void *user, const struct spk_progress *p)
{
	struct run_view *const view = user;
	const double part = p->t_stop_ms > 0 ? p->t_ms / p->t_stop_ms : 0;
	char note[3 * SPK_TERM_TEXT + 128], spikes[SPK_TERM_TEXT], events[SPK_TERM_TEXT];
	view->t_ms = p->t_ms;
	if (spk_bar_is_due(&view->bar, part)) {
		snprintf(note, sizeof note, "%s%s%s spikes, %s events", p->stage, p->stage[0] ? "  " : "",
			spk_term_count(spikes, (double)p->spikes),
			spk_term_count(events, (double)p->synaptic_events));
		spk_bar_draw(&view->bar, part, note);
	}
	return stop_wanted() && !saves_on_stop(view);
}

static enum spk_checkpoint_wish see_border(void *user)
{
	const struct run_view *const view = user;
	if (stop_wanted() && saves_on_stop(view))
		return SPK_CHECKPOINT_STOP;
	return spk_signals_take_save() ? SPK_CHECKPOINT_WRITE : SPK_CHECKPOINT_NONE;
}

static int see_stack_progress(void *user, const struct spk_stack_progress *p)
{
	struct run_view *const view = user;
	if (spk_bar_is_due(&view->bar, p->share))
		spk_bar_draw(&view->bar, p->share, p->stage);
	return stop_wanted();
}

static int read_option(struct request *request, const struct spk_args *args, int option)
{
	uint64_t number = 0;
	const char *text = args->value;
	int code = 0;
	switch (option) {
	case 'o':
		request->output = args->value;
		return 0;
	case 'q':
		request->quiet = 1;
		return 0;
	case OPTION_NO_COMPRESS:
		request->compress = 0;
		return 0;
	case OPTION_CHECKPOINT:
		request->checkpoint = args->value;
		return 0;
	case OPTION_EVERY:
		return spk_args_duration(args, "the time between checkpoints", &request->checkpoint_s);
	case OPTION_RESUME:
		request->resume = 1;
		return 0;
	case 't':
		code = spk_args_number(args, "the number of threads", 1, MAX_THREADS, &number);
		request->threads = (unsigned)number;
		return code;
	case OPTION_PARTITIONS:
		code = spk_args_number(args, "the number of partitions", 1, MAX_THREADS, &number);
		request->partitions = (unsigned)number;
		return code;
	case OPTION_SEED:
		if (spk_args_number(args, "the seed", 0, INT64_MAX, &number))
			return SPK_EXIT_USAGE;
		snprintf(request->seed, sizeof request->seed, "seed=%llu", (unsigned long long)number);
		text = request->seed;
		break;
	case OPTION_RATE_LIMIT:
		text = "rate_limit.run=true";
		break;
	default:
		if (!strchr(text, '='))
			return spk_args_mistake(&command, "--set needs PATH=VALUE, not '%s'", text);
	}
	if (spk_overrides_add(&request->overrides, text))
		return spk_args_mistake(&command, "more than %d overrides", SPK_MAX_OVERRIDES);
	return 0;
}

/* What the environment says where the command line says nothing: batch systems set it for each job. */
static int read_environment(struct request *request)
{
	static const char *const names[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
	for (size_t k = 0; k < sizeof names / sizeof *names && !request->threads; k++) {
		const char *const text = getenv(names[k]);
		char *end = NULL;
		if (!text || !*text)
			continue;
		errno = 0;
		const unsigned long number = strtoul(text, &end, 10);
		/* OMP_NUM_THREADS may be a list, for nested loops: the first counts */
		if (!isdigit((unsigned char)*text) || (*end && *end != ',') || errno || number < 1 ||
			number > MAX_THREADS)
			return spk_args_mistake(&command,
				"%s must be a number of threads from 1 to %d, not '%s'", names[k],
				MAX_THREADS, text);
		request->threads = (unsigned)number;
	}
	return 0;
}

/* results/NAME.h5 for a scenario .../NAME.yaml; rank 0 makes the folder. */
static int make_default_output(
	const struct spk_ranks *ranks, const char *scenario, char path[PATH_ROOM], struct spk_error *err)
{
	const char *const slash = strrchr(scenario, '/');
	const char *const name = strcmp(scenario, "-") == 0 ? "stdin" : slash ? slash + 1 : scenario;
	const char *const dot = strrchr(name, '.');
	const size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
	if (spk_ranks_number(ranks) == 0 && mkdir("results", 0777) != 0 && errno != EEXIST)
		return spk_fail(err, SPK_E_IO, "cannot make the folder results: %s", strerror(errno));
	if (snprintf(path, PATH_ROOM, "results/%.*s.h5", (int)length, name) >= PATH_ROOM)
		return spk_fail(err, SPK_E_LIMIT, "the name of the scenario is too long");
	return SPK_OK;
}

/* ---- Simulations -------------------------------------------------------------------------------- */

static void say_interrupted(const struct spk_scenario *scenario, double t_ms, const char *output)
{
	char reached[SPK_TERM_TEXT], all[SPK_TERM_TEXT];
	fprintf(stderr, "spikem: interrupted at %s of %s; the data so far are in %s\n",
		spk_term_duration(reached, t_ms / 1000), spk_term_duration(all, scenario->duration / 1000),
		output);
}

static int say_saved(const char *checkpoint)
{
	fprintf(stderr, "spikem: its state is in %s; --resume goes on from there\n", checkpoint);
	return SPK_EXIT_SAVED;
}

/* What there are no checkpoints of, or NULL. */
static const char *unsaved(const struct spk_scenario *scenario)
{
	return scenario->rate_limit.run ? "a rate limit" : NULL;
}

/* --checkpoint FILE, or a name made from that of the result file. */
static int choose_checkpoint(const struct request *request, const char *output, char path[PATH_ROOM])
{
	const char *const suffix = request->checkpoint ? "" : ".checkpoint";
	const char *const name = request->checkpoint ? request->checkpoint : output;
	if (snprintf(path, PATH_ROOM, "%s%s", name, suffix) >= PATH_ROOM)
		return spk_args_mistake(&command, "the name of the result file is too long");
	if (strcmp(path, output) == 0)
		return spk_args_mistake(&command, "%s cannot be result file and checkpoint in one", output);
	return SPK_EXIT_DONE;
}

static int wants_checkpoints(const struct request *request)
{
	return request->checkpoint || request->checkpoint_s > 0 || request->resume;
}

static int run_network(const struct spk_scenario *scenario, const struct request *request, const char *output)
{
	struct spk_error err = {0};
	struct spk_sim *sim = NULL;
	struct spk_counts counts = {0};
	struct run_view view = {.can_save = !unsaved(scenario), .saves = wants_checkpoints(request)};
	char checkpoint[PATH_ROOM];
	if (choose_checkpoint(request, output, checkpoint))
		return SPK_EXIT_USAGE;
	const struct spk_sim_options sim_options = {
		.ranks = request->ranks,
		.threads = request->threads,
		.partitions = request->partitions,
		.output = output,
		.compress = request->compress,
		.progress = see_progress,
		.checkpoint = view.can_save ? checkpoint : NULL,
		.checkpoint_s = request->checkpoint_s,
		.resume = request->resume,
		.wish = see_border,
		.user = &view,
	};
	char *report = NULL;
	spk_bar_init(&view.bar, request->quiet);
	int rc = spk_sim_create(scenario, &sim_options, &sim, &err);
	if (rc == 0)
		rc = spk_sim_run(sim, &err);
	spk_bar_end(&view.bar);
	if (rc == 0 && spk_ranks_number(request->ranks) == 0) {
		spk_sim_counts(sim, &counts);
		rc = spk_sim_report(sim, &report, &err);
	}
	const int is_saved = rc == SPK_E_INTERRUPTED && sim && spk_sim_is_saved(sim);
	spk_sim_free(sim);
	if (rc == 0 && !request->quiet && spk_ranks_number(request->ranks) == 0)
		rc = spk_print_summary(scenario, &counts, output, report, &err);
	free(report);
	if (rc == SPK_E_INTERRUPTED) {
		say_interrupted(scenario, view.t_ms, output);
		if (is_saved)
			return say_saved(checkpoint);
	} else if (rc) {
		spk_print_error(&err);
	}
	return rc ? SPK_EXIT_FAILED : SPK_EXIT_DONE;
}

/* ---- Stacks ------------------------------------------------------------------------------------- */

static int run_stack(const struct spk_scenario *scenario, const struct request *request, const char *output)
{
	struct spk_error err = {0};
	struct run_view view = {.t_ms = 0};
	char checkpoint[PATH_ROOM], *report = NULL;
	if (choose_checkpoint(request, output, checkpoint))
		return SPK_EXIT_USAGE;
	const struct spk_stack_options stack_options = {
		.threads = request->threads,
		.output = output,
		.checkpoint = checkpoint,
		.resume = request->resume,
		.compress = request->compress,
		.progress = see_stack_progress,
		.user = &view,
	};
	spk_bar_init(&view.bar, request->quiet);
	const int rc = spk_stack_run(scenario, &stack_options, &report, &err);
	spk_bar_end(&view.bar);
	if (rc == 0 && !request->quiet)
		printf("%s\n%swritten to        %s\n",
			scenario->title && scenario->title[0] ? scenario->title : scenario->path, report,
			output);
	free(report);
	if (rc)
		spk_print_error(&err);
	if (rc == SPK_E_INTERRUPTED)
		fprintf(stderr, "spikem: finished epochs are in %s; --resume goes on from there\n",
			stack_options.checkpoint);
	return rc ? SPK_EXIT_FAILED : SPK_EXIT_DONE;
}

static int run_scenario(
	const struct spk_scenario *scenario, const struct request *request, const char *output)
{
	const char *const what = unsaved(scenario);
	if (!scenario->stack.on && wants_checkpoints(request) && what)
		return spk_args_mistake(&command, "there are no checkpoints of %s", what);
	if (scenario->stack.on && request->checkpoint_s > 0)
		return spk_args_mistake(&command, "--checkpoint-every has no meaning for a stack");
	if (scenario->stack.on && request->partitions)
		return spk_args_mistake(&command, "--partitions has no meaning for a stack");
	if (scenario->stack.on && spk_ranks_count(request->ranks) > 1)
		return spk_args_mistake(&command, "a stack is trained by one process; give it --threads");
	spk_signals_catch();
	return scenario->stack.on ? run_stack(scenario, request, output)
				  : run_network(scenario, request, output);
}

/* ---- Command ------------------------------------------------------------------------------------ */

/* All ranks read the scenario; when one cannot, none goes on. */
static int load_scenario(const struct request *request, struct spk_scenario **ret_scenario)
{
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	if (strcmp(request->scenario, "-") == 0 && spk_ranks_count(request->ranks) > 1)
		return spk_args_mistake(
			&command, "standard input reaches one process only: several need a file");
	const int code = spk_load(request->scenario, &request->overrides, &scenario);
	if (code)
		(void)spk_fail(&err, SPK_E_SCENARIO, "cannot load %s there", request->scenario);
	if (spk_ranks_agree(request->ranks, err.status, &err)) {
		spk_scenario_free(scenario);
		return code ? code : spk_print_error(&err);
	}
	*ret_scenario = scenario;
	return SPK_EXIT_DONE;
}

static int run_command(struct spk_ranks *ranks, int argc, char **argv)
{
	struct request request = {.compress = 1, .ranks = ranks};
	struct spk_args args;
	struct spk_error err = {0};
	struct spk_scenario *scenario = NULL;
	char default_output[PATH_ROOM];
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0)
		if (read_option(&request, &args, option))
			return SPK_EXIT_USAGE;
	if (option < 0)
		return spk_args_exit(option);
	int code = read_environment(&request);
	if (code)
		return code;
	request.scenario = spk_args_operand(&args, 0);
	code = load_scenario(&request, &scenario);
	if (code)
		return code;
	int rc = request.output ? SPK_OK : make_default_output(ranks, request.scenario, default_output, &err);
	rc = spk_ranks_agree(ranks, rc, &err);
	if (rc)
		code = spk_print_error(&err);
	else
		code = run_scenario(scenario, &request, request.output ? request.output : default_output);
	spk_scenario_free(scenario);
	return code;
}

/* Rank 0 speaks for all. What the C library and sanitizers say goes to the file descriptors, and is kept. */
static int fall_silent(void)
{
	FILE *const nowhere = fopen("/dev/null", "w");
	if (!nowhere)
		return -1;
	stdout = nowhere;
	stderr = nowhere;
	return 0;
}

int spk_cmd_run(int argc, char **argv)
{
	struct spk_error err = {0};
	struct spk_ranks *ranks = NULL;
	int rc = spk_ranks_join(&ranks, &err);
	if (rc)
		return spk_print_error(&err);
	if (spk_ranks_number(ranks) > 0 && fall_silent())
		rc = spk_fail(&err, SPK_E_IO, "cannot open /dev/null: %s", strerror(errno));
	rc = spk_ranks_agree(ranks, rc, &err);
	const int code = rc ? spk_print_error(&err) : run_command(ranks, argc, argv);
	spk_ranks_leave(ranks);
	return code;
}
