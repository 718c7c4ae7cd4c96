/* One run of a claim with one seed, in a process of its own. */
#include "tools/terminal.h"
#include "tools/validate.h"
#include <spikem/file.h>
#include <spikem/sim.h>
#include <spikem/stack.h>
#include <spikem/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Overrides of a job, and the texts that are its own. */
struct overrides {
	size_t n;
	struct spk_override *items;
	char seed[64];
};

void spk_job_path(const struct spk_validation *validation, const struct spk_case *claim_case, size_t job,
	char path[SPK_VALIDATE_PATH])
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	const unsigned long long seed = claim->seeds[job / claim->n_runs];
	if (claim->n_runs > 1)
		snprintf(path, SPK_VALIDATE_PATH, "%s/%s/run%zu-seed%llu.h5", validation->output,
			claim_case->name, job % claim->n_runs, seed);
	else
		snprintf(path, SPK_VALIDATE_PATH, "%s/%s/seed%llu.h5", validation->output, claim_case->name,
			seed);
}

/* The claim itself is taken out: its wording does not make a result file another one. */
static int make_overrides(const struct spk_validation *validation, const struct spk_claim *claim, size_t job,
	struct overrides *ret)
{
	const struct spk_claim_run *const run = &claim->runs[job % claim->n_runs];
	const size_t n_quick = validation->quick ? claim->n_quick : 0;
	size_t n = 0;
	ret->items = calloc(n_quick + run->n_sets + 2, sizeof *ret->items);
	if (!ret->items)
		return SPK_E_NOMEM;
	for (size_t k = 0; k < n_quick; k++)
		ret->items[n++].text = claim->quick[k];
	for (size_t k = 0; k < run->n_sets; k++)
		ret->items[n++].text = run->sets[k];
	snprintf(ret->seed, sizeof ret->seed, "seed=%llu",
		(unsigned long long)claim->seeds[job / claim->n_runs]);
	ret->items[n++].text = ret->seed;
	ret->items[n++].text = "claim=null";
	ret->n = n;
	return SPK_OK;
}

/* ---- Reuse -------------------------------------------------------------------------------------- */

/* Whether a complete result file of this scenario, made by this version, is there. */
static int is_made(const struct spk_scenario *scenario, const char *path, double *ret_seconds)
{
	struct spk_file *file = NULL;
	char *used = NULL, *version = NULL;
	double build_s = 0, run_s = 0;
	if (access(path, F_OK) != 0 || spk_file_open(path, &file, NULL) != SPK_OK)
		return 0;
	const int same = spk_file_is_complete(file) &&
			 spk_file_read_text(file, "/scenario/used", &used, NULL) == SPK_OK &&
			 strcmp(used, scenario->used) == 0 &&
			 spk_file_read_attr_text(file, "/provenance", "version", &version, NULL) == SPK_OK &&
			 strcmp(version, spk_version()) == 0;
	(void)spk_file_read_attr_f64(file, "/provenance", "build_s", &build_s, NULL);
	(void)spk_file_read_attr_f64(file, "/provenance", "run_s", &run_s, NULL);
	*ret_seconds = build_s + run_s;
	free(used);
	free(version);
	(void)spk_file_close(file, 0, NULL);
	return same;
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
	char checkpoint[SPK_VALIDATE_PATH + 16], *report = NULL;
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

static int make_file(const struct spk_validation *validation, const struct spk_scenario *scenario,
	const char *path, unsigned threads, const volatile sig_atomic_t *stop, struct spk_job_result *result,
	struct spk_error *err)
{
	const double start = spk_term_clock();
	int rc;
	result->outcome = SPK_JOB_DONE;
	if (!validation->fresh && is_made(scenario, path, &result->seconds)) {
		result->outcome = SPK_JOB_REUSED;
		return SPK_OK;
	}
	rc = scenario->stack.on ? run_stack(scenario, path, threads, !validation->fresh, stop, err)
				: run_sim(scenario, path, threads, stop, err);
	result->seconds = spk_term_clock() - start;
	return rc;
}

void spk_job_run(const struct spk_validation *validation, const struct spk_case *claim_case, size_t job,
	unsigned threads, const volatile sig_atomic_t *stop, struct spk_job_result *ret_result)
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	struct overrides overrides = {0};
	struct spk_scenario *scenario = NULL;
	struct spk_error err = {0};
	char path[SPK_VALIDATE_PATH], *diagnostics = NULL;
	*ret_result = (struct spk_job_result){.outcome = SPK_JOB_WAITS};
	spk_job_path(validation, claim_case, job, path);
	int rc = make_overrides(validation, claim, job, &overrides);
	if (!rc)
		rc = spk_scenario_load(claim_case->scenario->path, overrides.n, overrides.items, &scenario,
			&diagnostics, &err);
	if (!rc) {
		free(diagnostics); /* warnings */
		diagnostics = NULL;
		rc = make_file(validation, scenario, path, threads, stop, ret_result, &err);
	}
	if (!rc)
		rc = spk_claim_measure(claim, scenario->n_datasets, scenario->datasets, path,
			claim->seeds[job / claim->n_runs], &ret_result->figure, &err);
	if (rc)
		fail(ret_result, rc, diagnostics, &err);
	free(diagnostics);
	free(overrides.items);
	spk_scenario_free(scenario);
}
