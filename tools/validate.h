/** `spikem validate`, inside: claims, the runs they need, and what became of them. */
#ifndef TOOLS_VALIDATE_H
#define TOOLS_VALIDATE_H

#include <signal.h>
#include <spikem/claim.h>
#include <spikem/scenario.h>
#include <stddef.h>

enum { SPK_VALIDATE_PATH = 4096, SPK_VALIDATE_TEXT = 8192 };

struct spk_validation {
	const char *output; /**< folder */
	unsigned processes;
	int fresh, quick, strict, plot, quiet;
};

enum spk_job_outcome {
	SPK_JOB_WAITS,
	SPK_JOB_DONE,
	SPK_JOB_REUSED, /**< its result file was there */
	SPK_JOB_MISSES, /**< a data set that it needs is not on this machine */
	SPK_JOB_FAILED,
	SPK_JOB_INTERRUPTED
};

/** What a run came to. Plain data: it travels through a pipe. */
struct spk_job_result {
	enum spk_job_outcome outcome;
	double seconds; /**< that the run took, when it was made */
	struct spk_estimate figure;
	char text[SPK_VALIDATE_TEXT]; /**< what went wrong */
};

enum spk_case_state { SPK_CASE_WAITS, SPK_CASE_JUDGED, SPK_CASE_ERROR, SPK_CASE_SKIPPED };

/** One claim. Job k is run k % n_runs with seed k / n_runs. */
struct spk_case {
	const char *name;              /**< of its files; its scenario's without folder and .yaml */
	struct spk_scenario *scenario; /**< from spk_scenario_load_claim */
	size_t n_jobs, n_done, n_reused;
	enum spk_case_state state;
	enum spk_verdict verdict;
	struct spk_estimate *figures; /**< [n_jobs] */
	struct spk_estimate *seeds;   /**< [n_seeds] */
	struct spk_estimate measured;
	double seconds; /**< of all its runs */
	char *text;     /**< what went wrong, or NULL */
};

/** Whether the verdict is the expected one. Skipped claims count as such unless `strict`. */
int spk_case_is_fine(const struct spk_case *claim_case, const struct spk_validation *validation);

/** Result file of a job. */
void spk_job_path(const struct spk_validation *validation, const struct spk_case *claim_case, size_t job,
	char path[SPK_VALIDATE_PATH]);
/** Make or reuse the result file of a job and measure it; in a process of its own. */
void spk_job_run(const struct spk_validation *validation, const struct spk_case *claim_case, size_t job,
	unsigned threads, const volatile sig_atomic_t *stop, struct spk_job_result *ret_result);

/** Called with the result of each job, in the order in which they end, and about ten times a second without.
 */
typedef void spk_jobs_watch(
	void *user, struct spk_case *claim_case, size_t job, const struct spk_job_result *result);

/**
 * Run the jobs of all claims in child processes. SIGINT and SIGTERM stop them, what is complete is kept; a
 * second signal kills them. A claim that has left SPK_CASE_WAITS gets no further jobs.
 * @return 0, or 1 when a signal came
 */
int spk_jobs_run(const struct spk_validation *validation, size_t n_cases, struct spk_case *cases,
	spk_jobs_watch *watch, void *user);

/** One line, and what went wrong. */
void spk_validate_print(const struct spk_validation *validation, const struct spk_case *claim_case);
void spk_validate_print_summary(
	const struct spk_validation *validation, size_t n, const struct spk_case *cases, double seconds);

/** OUT/NAME.json and OUT/NAME.h5. */
int spk_validate_write(
	const struct spk_validation *validation, const struct spk_case *claim_case, struct spk_error *err);
/** OUT/claims.json. */
int spk_validate_write_all(const struct spk_validation *validation, size_t n, const struct spk_case *cases,
	struct spk_error *err);

#endif
