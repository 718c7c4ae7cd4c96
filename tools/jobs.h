/** Runs of scenarios with seeds, in child processes: what `spikem validate` and `spikem sweep` share. */
#ifndef TOOLS_JOBS_H
#define TOOLS_JOBS_H

#include <signal.h>
#include <spikem/scenario.h>
#include <stddef.h>

enum { SPK_JOB_PATH = 4096, SPK_JOB_TEXT = 8192, SPK_JOB_FIGURES = SPK_SWEEP_MAX_COLLECTED };
enum { SPK_MAX_PROCESSES = 1024 };

enum spk_job_outcome {
	SPK_JOB_WAITS,
	SPK_JOB_DONE,
	SPK_JOB_REUSED, /**< its result file was there */
	SPK_JOB_MISSES, /**< a data set that it needs is not on this machine */
	SPK_JOB_FAILED,
	SPK_JOB_INTERRUPTED,
	SPK_JOB_ABSENT /**< its result file is not there, and was not to be made */
};

/** What lies where the result file of a job belongs. */
enum spk_output {
	SPK_OUTPUT_MISSING,
	SPK_OUTPUT_UNFINISHED, /**< no complete result file */
	SPK_OUTPUT_STALE,      /**< of another scenario as used, or made by another version */
	SPK_OUTPUT_MADE
};

/** What a run came to. Plain data: it travels through a pipe. */
struct spk_job_result {
	enum spk_job_outcome outcome;
	enum spk_output found; /**< before the run */
	double seconds;        /**< that the run took, when it was made */
	double spikes;         /**< NAN where there are none to count */
	struct spk_estimate figures[SPK_JOB_FIGURES];
	char text[SPK_JOB_TEXT]; /**< what went wrong */
};

struct spk_batch;

/** Runs that come first; `{name}` in overrides stands for the result file with the same seed. */
struct spk_need {
	const char *name;
	const struct spk_batch *batch; /**< of one run, with all seeds that are asked for */
};

/**
 * The runs of one scenario. Job k is run k % n_runs with seed k / n_runs, so that further seeds come after
 * all jobs that were there before. Borrows everything.
 */
struct spk_batch {
	const char *scenario, *folder; /**< file; where result files go */
	size_t n_common;
	char *const *common; /**< overrides of all runs */
	size_t n_runs;
	const struct spk_variant *runs;
	size_t n_seeds;
	const uint64_t *seeds;
	size_t first, last; /**< the jobs that are wanted */
	size_t n_observables;
	const struct spk_observable *const *observables; /**< measured on each result file */
	double confidence;
	size_t n_needs;
	const struct spk_need *needs;
	const struct spk_batch *const *made_by; /**< [n_runs] of one run each, which make the result files,
						   and with which the jobs here only measure; NULL: no such */
	int lenient; /**< a figure that its measurement refuses is NAN, and the reason a remark in `text` */
	int closed;  /**< gets no further jobs */

	size_t next;             /**< of spk_jobs_run: jobs that were handed out */
	unsigned char *outcomes; /**< [last + 1] enum spk_job_outcome of each job */
	char *why;               /**< of the first job that failed, or NULL */
};

struct spk_job_options {
	unsigned processes, threads; /**< threads of a job; 0: what processors are left */
	int fresh;                   /**< make also what is there */
	int only_there;              /**< make nothing */
};

/** Result file of a job. */
void spk_job_path(const struct spk_batch *batch, size_t job, char path[SPK_JOB_PATH]);
/**
 * Read the scenario of a job: all overrides applied, claim and sweep taken out, so that their wording does
 * not make a result another one. Arguments and errors as of spk_scenario_load.
 */
int spk_job_load(const struct spk_batch *batch, size_t job, struct spk_scenario **ret_scenario,
	char **ret_diagnostics, struct spk_error *err);
/** Look for the result of a scenario. @param ret  seconds and spikes are filled in */
enum spk_output spk_job_look(
	const struct spk_scenario *scenario, const char *path, struct spk_job_result *ret);
/** Make or reuse the result file of a job and measure it; in a process of its own. */
void spk_job_run(const struct spk_batch *batch, size_t job, const struct spk_job_options *options,
	const volatile sig_atomic_t *stop, struct spk_job_result *ret_result);

/** Job of a batch of one run with this seed. */
size_t spk_job_with_seed(const struct spk_batch *batch, uint64_t seed);

/** Called with the result of each job, in the order in which they end, and about ten times a second with
 * NULL.
 */
typedef void spk_jobs_watch(
	void *user, struct spk_batch *batch, size_t job, const struct spk_job_result *result);

/**
 * Run the jobs of all batches in child processes, each after those that it needs; where one of these failed
 * it fails too, without being run. SIGINT and SIGTERM stop them, what is complete is kept; a second signal
 * kills them.
 * @return 0, or 1 when a signal came
 */
int spk_jobs_run(const struct spk_job_options *options, size_t n_batches, struct spk_batch *batches,
	spk_jobs_watch *watch, void *user);

/** Processors of this machine, at most SPK_MAX_PROCESSES. */
unsigned spk_processors(void);

/** How far a set of jobs is, for a line of progress. */
struct spk_jobs_progress {
	size_t n_jobs, n_ended, n_made; /**< made: not found finished */
	double start_s, last_s;         /**< by spk_term_clock */
};

/** Note a job that ended. */
void spk_jobs_count(struct spk_jobs_progress *progress, const struct spk_job_result *result);
/** Whether a tenth of a second has gone since it last was; the line is then to be drawn. */
int spk_jobs_is_due(struct spk_jobs_progress *progress);
/** Time left, from those that were made: "40 s", or "..." before there is one. @return text */
const char *spk_jobs_left(const struct spk_jobs_progress *progress, char text[32]);

#endif
