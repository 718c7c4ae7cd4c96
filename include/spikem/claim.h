/**
 * A claim: a statement about a scenario's result that a measurement of its result files bears out or not.
 *
 * This header describes one as plain data (`claim:` of a scenario), measures result files, and judges. A
 * claim has runs (variants of the scenario; one, unless it says otherwise) and seeds: each run is made with
 * each seed, `measure` turns each result file into a figure, `across` the figures of one seed's runs into one
 * figure a seed, and the mean over the seeds has the interval that is held against the expectation. Seeds are
 * the unit of replication: what varies within a run is not.
 */
#ifndef SPIKEM_CLAIM_H
#define SPIKEM_CLAIM_H

#include <spikem/plan.h>
#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum spk_claim_across {
	SPK_ACROSS_NONE,    /**< one run */
	SPK_ACROSS_MEASURE, /**< a measurement with inputs x and y, or with one input, which gets the figures
			     */
	SPK_ACROSS_CHANGE,  /**< last minus first */
	SPK_ACROSS_RATIO    /**< last over first */
};

enum spk_verdict { SPK_HOLDS, SPK_FAILS, SPK_UNDECIDED };

/** A run that is made before those of the claim, with the same seed. */
struct spk_claim_before {
	char *name;     /**< stands for its result file, as `{name}` */
	char *scenario; /**< NULL: the file of the claim */
	size_t n_sets;
	char **sets; /**< overrides, in which `{name}` stands for the result file of an earlier one */
};

struct spk_claim {
	int on;
	char *statement, *source;
	size_t n_before;
	struct spk_claim_before *before;
	size_t n_sets;
	char **sets;                /**< overrides of all runs of the claim, with `{name}` as above */
	struct spk_observable what; /**< the figure of a run */
	size_t n_runs;              /**< >= 1 */
	struct spk_variant *runs;
	enum spk_claim_across across;
	const struct spk_measurement *across_measure;
	double *across_params;
	double at_least, at_most; /**< -INFINITY, INFINITY where there is no such bound */
	size_t n_seeds;           /**< >= 1 */
	uint64_t *seeds;
	double confidence;
	enum spk_verdict expected; /**< SPK_HOLDS or SPK_FAILS */
	size_t n_quick;
	char **quick; /**< overrides of the quick version */
};

/**
 * Combine figures.
 *
 * @param figures    [n_seeds][n_runs]
 * @param ret_seeds  [n_seeds] one figure a seed
 * @param ret        the measured value with its interval: over seeds if there are two or more, else the one
 *                   that the measurement itself gives
 * Errors: SPK_E_INVALID (a figure that is not finite, no interval), SPK_E_NOMEM, and those of `across`.
 */
int spk_claim_combine(const struct spk_claim *claim, const struct spk_estimate *figures,
	struct spk_estimate *ret_seeds, struct spk_estimate *ret, struct spk_error *err);

/** Holds if the whole interval satisfies the expectation, fails if all of it violates it. */
enum spk_verdict spk_claim_judge(const struct spk_claim *claim, const struct spk_estimate *measured);

/** "holds", "fails", "undecided". Never NULL. */
const char *spk_verdict_word(enum spk_verdict verdict);

#ifdef __cplusplus
}
#endif
#endif
