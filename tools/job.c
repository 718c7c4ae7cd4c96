/* One run of a scenario with one seed, in a process of its own. */
#include "tools/jobs.h"
#include "tools/terminal.h"
#include <math.h>
#include <spikem/file.h>
#include <spikem/sim.h>
#include <spikem/stack.h>
#include <spikem/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t spk_job_with_seed(const struct spk_batch *batch, uint64_t seed)
{
	size_t k = 0;
	while (k + 1 < batch->n_seeds && batch->seeds[k] != seed)
		k++;
	return k;
}

static uint64_t seed_of(const struct spk_batch *batch, size_t job)
{
	return batch->seeds[job / batch->n_runs];
}

void spk_job_path(const struct spk_batch *batch, size_t job, char path[SPK_JOB_PATH])
{
	const size_t run = job % batch->n_runs;
	const unsigned long long seed = seed_of(batch, job);
	if (batch->made_by)
		spk_job_path(batch->made_by[run], spk_job_with_seed(batch->made_by[run], seed), path);
	else if (batch->n_runs > 1)
		snprintf(path, SPK_JOB_PATH, "%s/run%zu-seed%llu.h5", batch->folder, run, seed);
	else
		snprintf(path, SPK_JOB_PATH, "%s/seed%llu.h5", batch->folder, seed);
}

/* ---- Overrides ---------------------------------------------------------------------------------- */

/* The text with `{name}` replaced; malloc'ed. Takes the text. */
static char *replace(char *text, const char *name, const char *by)
{
	char braces[256];
	const int length = snprintf(braces, sizeof braces, "{%s}", name);
	for (char *at = text; at && (at = strstr(at, braces)) != NULL;) {
		const size_t before = (size_t)(at - text);
		char *grown = NULL;
		if (asprintf(&grown, "%.*s%s%s", (int)before, text, by, at + length) < 0)
			grown = NULL;
		free(text);
		text = grown;
		at = text ? text + before + strlen(by) : NULL;
	}
	return text;
}

/* An override of a job; malloc'ed, NULL when out of memory. */
static char *expand(const struct spk_batch *batch, size_t job, const char *set)
{
	char *text = strdup(set), path[SPK_JOB_PATH];
	for (size_t k = 0; k < batch->n_needs && text; k++) {
		const struct spk_need *const need = &batch->needs[k];
		spk_job_path(need->batch, spk_job_with_seed(need->batch, seed_of(batch, job)), path);
		text = replace(text, need->name, path);
	}
	return text;
}

/* All overrides of a job, malloc'ed; those before the last three have texts of their own. */
static struct spk_override *list_overrides(
	const struct spk_batch *batch, size_t job, char seed[64], size_t *ret_n)
{
	const struct spk_variant *const run = &batch->runs[job % batch->n_runs];
	const size_t n_sets = batch->n_common + run->n_sets;
	struct spk_override *const overrides = calloc(n_sets + 3, sizeof *overrides);
	*ret_n = overrides ? n_sets + 3 : 0;
	for (size_t k = 0; k < n_sets && overrides; k++)
		overrides[k].text = expand(
			batch, job, k < batch->n_common ? batch->common[k] : run->sets[k - batch->n_common]);
	if (!overrides)
		return NULL;
	snprintf(seed, 64, "seed=%llu", (unsigned long long)seed_of(batch, job));
	overrides[n_sets].text = seed;
	overrides[n_sets + 1].text = "claim=null";
	overrides[n_sets + 2].text = "sweep=null";
	return overrides;
}

int spk_job_load(const struct spk_batch *batch, size_t job, struct spk_scenario **ret_scenario,
	char **ret_diagnostics, struct spk_error *err)
{
	char seed[64];
	size_t n;
	if (batch->made_by) {
		const struct spk_batch *const maker = batch->made_by[job % batch->n_runs];
		return spk_job_load(maker, spk_job_with_seed(maker, seed_of(batch, job)), ret_scenario,
			ret_diagnostics, err);
	}
	struct spk_override *const overrides = list_overrides(batch, job, seed, &n);
	int rc = overrides ? SPK_OK : SPK_E_NOMEM;
	*ret_diagnostics = NULL;
	for (size_t k = 0; k < n; k++)
		rc = overrides[k].text ? rc : SPK_E_NOMEM;
	if (rc)
		(void)spk_fail(err, SPK_E_NOMEM, "out of memory");
	else
		rc = spk_scenario_load(batch->scenario, n, overrides, ret_scenario, ret_diagnostics, err);
	for (size_t k = 0; k + 3 < n; k++)
		free((char *)overrides[k].text);
	free(overrides);
	return rc;
}

/* ---- Reuse -------------------------------------------------------------------------------------- */

static int is_same(struct spk_file *file, const struct spk_scenario *scenario)
{
	char *used = NULL, *version = NULL;
	const int same = spk_file_read_text(file, "/scenario/used", &used, NULL) == SPK_OK &&
			 strcmp(used, scenario->used) == 0 &&
			 spk_file_read_attr_text(file, "/provenance", "version", &version, NULL) == SPK_OK &&
			 strcmp(version, spk_version()) == 0;
	free(used);
	free(version);
	return same;
}

static void read_facts(struct spk_file *file, struct spk_job_result *ret)
{
	double build_s = 0, run_s = 0;
	(void)spk_file_read_attr_f64(file, "/provenance", "build_s", &build_s, NULL);
	(void)spk_file_read_attr_f64(file, "/provenance", "run_s", &run_s, NULL);
	ret->seconds = build_s + run_s;
	if (spk_file_read_attr_f64(file, "/provenance", "spikes", &ret->spikes, NULL) != SPK_OK)
		ret->spikes = NAN;
}

enum spk_output spk_job_look(
	const struct spk_scenario *scenario, const char *path, struct spk_job_result *ret)
{
	struct spk_file *file = NULL;
	enum spk_output found = SPK_OUTPUT_UNFINISHED;
	if (access(path, F_OK) != 0)
		return SPK_OUTPUT_MISSING;
	if (spk_file_open(path, &file, NULL) != SPK_OK)
		return found;
	if (spk_file_is_complete(file)) {
		found = is_same(file, scenario) ? SPK_OUTPUT_MADE : SPK_OUTPUT_STALE;
		read_facts(file, ret);
	}
	(void)spk_file_close(file, 0, NULL);
	return found;
}

/* ---- Runs --------------------------------------------------------------------------------------- */

static int see_sim(void *user, const struct spk_progress *progress)
{
	(void)progress;
	return *(const volatile sig_atomic_t *)user;
}

static int see_stack(void *user, const struct spk_stack_progress *progress)
{
	(void)progress;
	return *(const volatile sig_atomic_t *)user;
}

static int run_sim(const struct spk_scenario *scenario, const char *path, unsigned threads,
	const volatile sig_atomic_t *stop, struct spk_error *err)
{
	const struct spk_sim_options options = {
		.threads = threads, .output = path, .compress = 1, .progress = see_sim, .user = (void *)stop};
	struct spk_sim *sim = NULL;
	int rc = spk_sim_create(scenario, &options, &sim, err);
	if (!rc)
		rc = spk_sim_run(sim, err);
	spk_sim_free(sim);
	return rc;
}

/* A checkpoint beside the result file lets a long run go on where it was stopped. */
static int run_stack(const struct spk_scenario *scenario, const char *path, unsigned threads, int resume,
	const volatile sig_atomic_t *stop, struct spk_error *err)
{
	char checkpoint[SPK_JOB_PATH + 16], *report = NULL;
	struct spk_stack_options options = {.threads = threads,
		.output = path,
		.checkpoint = checkpoint,
		.resume = resume,
		.compress = 1,
		.progress = see_stack,
		.user = (void *)stop};
	snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
	int rc = spk_stack_run(scenario, &options, &report, err);
	if (rc == SPK_E_FORMAT && resume &&
		unlink(checkpoint) == 0) /* it is of an older wording of the scenario */
		rc = spk_stack_run(scenario, &options, &report, err);
	if (!rc)
		(void)unlink(checkpoint);
	free(report);
	return rc;
}

static void fail(
	struct spk_job_result *result, int status, const char *diagnostics, const struct spk_error *err)
{
	result->outcome = status == SPK_E_INTERRUPTED ? SPK_JOB_INTERRUPTED : SPK_JOB_FAILED;
	if (diagnostics && strstr(diagnostics, "spikem data fetch"))
		result->outcome = SPK_JOB_MISSES;
	snprintf(result->text, sizeof result->text, "%s",
		diagnostics    ? diagnostics
		: err->text[0] ? err->text
			       : spk_strstatus(status));
}

static int make_file(const struct spk_job_options *options, const struct spk_scenario *scenario,
	const char *path, const volatile sig_atomic_t *stop, struct spk_job_result *result,
	struct spk_error *err)
{
	const int is_there = (result->found = spk_job_look(scenario, path, result)) == SPK_OUTPUT_MADE;
	const double start = spk_term_clock();
	int rc;
	if (is_there && !options->fresh) {
		result->outcome = SPK_JOB_REUSED;
		return SPK_OK;
	}
	if (options->only_there) {
		result->outcome = SPK_JOB_ABSENT;
		return SPK_OK;
	}
	result->outcome = SPK_JOB_DONE;
	rc = scenario->stack.on ? run_stack(scenario, path, options->threads, !options->fresh, stop, err)
				: run_sim(scenario, path, options->threads, stop, err);
	result->seconds = 0;
	if (rc == SPK_OK)
		(void)spk_job_look(scenario, path, result);
	if (!(result->seconds > 0))
		result->seconds = spk_term_clock() - start;
	return rc;
}

/* Result files of the runs before, in one block; NULL when out of memory. */
static char **list_before(const struct spk_batch *batch, size_t job)
{
	char **const before = calloc(1, (batch->n_needs + 1) * (sizeof *before + SPK_JOB_PATH));
	char *text = (char *)(before + batch->n_needs + 1);
	for (size_t k = 0; k < batch->n_needs && before; k++, text += SPK_JOB_PATH) {
		const struct spk_batch *const need = batch->needs[k].batch;
		spk_job_path(need, spk_job_with_seed(need, seed_of(batch, job)), before[k] = text);
	}
	return before;
}

static int measure(const struct spk_batch *batch, size_t job, const struct spk_scenario *scenario,
	const char *path, struct spk_job_result *result, struct spk_error *err)
{
	char **const before = list_before(batch, job);
	int rc = before ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < batch->n_observables && rc == SPK_OK; k++) {
		const size_t length = strlen(result->text);
		rc = spk_observe(batch->observables[k], scenario->n_datasets, scenario->datasets, path,
			(const char *const *)before, batch->confidence, seed_of(batch, job),
			&result->figures[k], err);
		if (rc != SPK_E_INVALID || !batch->lenient)
			continue;
		result->figures[k] = (struct spk_estimate){NAN, NAN, NAN, 0};
		snprintf(result->text + length, sizeof result->text - length, "%s%s: %s",
			length > 0 ? "; " : "", batch->observables[k]->measure->name, err->text);
		rc = SPK_OK;
	}
	free(before);
	return rc;
}

void spk_job_run(const struct spk_batch *batch, size_t job, const struct spk_job_options *options,
	const volatile sig_atomic_t *stop, struct spk_job_result *ret_result)
{
	struct spk_scenario *scenario = NULL;
	struct spk_error err = {0};
	char path[SPK_JOB_PATH], *diagnostics = NULL;
	*ret_result = (struct spk_job_result){.outcome = SPK_JOB_WAITS, .spikes = NAN};
	spk_job_path(batch, job, path);
	int rc = spk_job_load(batch, job, &scenario, &diagnostics, &err);
	if (!rc) {
		free(diagnostics); /* warnings */
		diagnostics = NULL;
		struct spk_job_options own = *options;
		own.fresh &= batch->made_by == NULL; /* it is made by another batch, just now */
		rc = make_file(&own, scenario, path, stop, ret_result, &err);
	}
	if (!rc && ret_result->outcome != SPK_JOB_ABSENT)
		rc = measure(batch, job, scenario, path, ret_result, &err);
	if (rc)
		fail(ret_result, rc, diagnostics, &err);
	free(diagnostics);
	spk_scenario_free(scenario);
}
