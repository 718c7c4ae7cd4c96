/** `spikem validate`, inside: claims, the runs they need, and what became of them. */
#ifndef TOOLS_VALIDATE_H
#define TOOLS_VALIDATE_H

#include "tools/before.h"
#include "tools/jobs.h"
#include <spikem/claim.h>
#include <spikem/scenario.h>
#include <stddef.h>

struct spk_validation {
	const char *output; /**< folder */
	struct spk_job_options jobs;
	int quick, strict, plot, quiet;
};

enum spk_case_state { SPK_CASE_WAITS, SPK_CASE_JUDGED, SPK_CASE_ERROR, SPK_CASE_SKIPPED };

/** One claim. */
struct spk_case {
	const char *name;              /**< of its files; its scenario's without folder and .yaml */
	struct spk_scenario *scenario; /**< from spk_scenario_load_plan */
	size_t n_jobs, n_done, n_reused;
	enum spk_case_state state;
	enum spk_verdict verdict;
	const struct spk_observable *what; /**< the figure of a run */
	char *folder;                      /**< of its result files */
	char **common; /**< overrides of its runs, n_common of them; the texts are the claim's */
	size_t n_common;
	size_t *before, *runs;            /**< which of the shared runs it needs, which are its own */
	struct spk_need *needs;           /**< [n_before of the claim] */
	const struct spk_batch **made_by; /**< [n_runs of the claim] */
	struct spk_estimate *figures;     /**< [n_jobs] */
	struct spk_estimate *seeds;       /**< [n_seeds] */
	struct spk_estimate measured;
	double seconds; /**< of all its runs */
	char *text;     /**< what went wrong, or NULL */
};

/** Whether the verdict is the expected one. Skipped claims count as such unless `strict`. */
int spk_case_is_fine(const struct spk_case *claim_case, const struct spk_validation *validation);

/** One line, and what went wrong. */
void spk_validate_print(const struct spk_validation *validation, const struct spk_case *claim_case);
/** @param n_made, n_reused  shared runs, beside those that claims have for themselves */
void spk_validate_print_summary(const struct spk_validation *validation, size_t n,
	const struct spk_case *cases, size_t n_made, size_t n_reused, double seconds);

/** OUT/NAME.json and OUT/NAME.h5. */
int spk_validate_write(
	const struct spk_validation *validation, const struct spk_case *claim_case, struct spk_error *err);
/** OUT/claims.json. */
int spk_validate_write_all(const struct spk_validation *validation, size_t n, const struct spk_case *cases,
	struct spk_error *err);

#endif
