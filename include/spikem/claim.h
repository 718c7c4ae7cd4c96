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

#include <spikem/measure.h>
#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Rows are kept whose number in the column lies in [lo, hi]. */
struct spk_claim_filter {
	char *column; /**< path of a data set with as many rows */
	double lo, hi;
};

enum spk_claim_rows { SPK_ROWS_ALL, SPK_ROWS_FIRST, SPK_ROWS_LAST, SPK_ROWS_CHOSEN };

struct spk_claim_range {
	uint64_t first, last;
};

/**
 * Numbers out of a result file: scale * (((data - minus) filtered, sorted, chosen) - offset). A row is one
 * number, or what one step along the first dimension of a larger data set covers.
 */
struct spk_claim_part {
	char *data;      /**< data set, or the object that has `attribute`; NULL: `values` or `dataset` */
	char *file;      /**< another file that has `data`; NULL: the result file */
	char *dataset;   /**< items of a data set of the scenario, a row each; NULL: none */
	char *split;     /**< the part of it that is meant; NULL: all */
	char *attribute; /**< NULL: none */
	char *minus;     /**< data set of the same shape; NULL: none */
	size_t n_filters;
	struct spk_claim_filter *filters;
	char *by; /**< rows are sorted by this column, equal ones stay in order; NULL: they stay as they are
		   */
	enum spk_claim_rows rows; /**< of what is left */
	size_t n_ranges;          /**< SPK_ROWS_CHOSEN */
	struct spk_claim_range *ranges;
	int one_column; /**< of each row only the number `column` */
	uint64_t column;
	double offset, scale;
	size_t n_values;
	double *values;
};

/** An input of a measurement: parts, strung together; n_parts == 0: not given. */
struct spk_claim_series {
	size_t n_parts;
	struct spk_claim_part *parts;
};

/** One variant of the scenario. */
struct spk_claim_run {
	const char *label; /**< "0.1 ms", "" when there is only one run */
	double x;          /**< what `across` sees as x */
	size_t n_sets;
	char **sets; /**< overrides, PATH=VALUE */
};

enum spk_claim_across {
	SPK_ACROSS_NONE,    /**< one run */
	SPK_ACROSS_MEASURE, /**< a measurement with inputs x and y, or with one input, which gets the figures
			     */
	SPK_ACROSS_CHANGE,  /**< last minus first */
	SPK_ACROSS_RATIO    /**< last over first */
};

enum spk_verdict { SPK_HOLDS, SPK_FAILS, SPK_UNDECIDED };

struct spk_claim {
	int on;
	char *statement, *source;
	const struct spk_measurement *measure;
	double *params;              /**< [n_params of measure] */
	struct spk_claim_series *of; /**< [n_inputs of measure] */
	size_t n_runs;               /**< >= 1 */
	struct spk_claim_run *runs;
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

struct spk_dataset; /* spikem/scenario.h */

/**
 * Measure one result file.
 *
 * @param n_datasets  of the scenario that the file is the result of; NULL and 0 if the claim names none
 * @param seed        of resampling
 * Errors: SPK_E_IO, SPK_E_FORMAT (something the claim names is not there), SPK_E_LIMIT, SPK_E_INVALID (what
 * the measurement refuses), SPK_E_NOMEM.
 */
int spk_claim_measure(const struct spk_claim *claim, size_t n_datasets, const struct spk_dataset *datasets,
	const char *path, uint64_t seed, struct spk_estimate *ret_figure, struct spk_error *err);

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
