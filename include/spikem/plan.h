/**
 * What claims and sweeps share: variants of a scenario, and what is measured on a result file.
 *
 * An observable is a measurement together with where its inputs lie in a result file (`measure`, `params`,
 * `of`). A variant is a list of overrides.
 */
#ifndef SPIKEM_PLAN_H
#define SPIKEM_PLAN_H

#include <spikem/measure.h>
#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Rows are kept whose number in the column lies in [lo, hi]. */
struct spk_result_filter {
	char *column; /**< path of a data set with as many rows */
	double lo, hi;
};

enum spk_result_rows { SPK_ROWS_ALL, SPK_ROWS_FIRST, SPK_ROWS_LAST, SPK_ROWS_CHOSEN };

struct spk_result_range {
	uint64_t first, last;
};

/**
 * Numbers out of a result file: scale * (((data - minus) filtered, sorted, chosen) - offset). A row is one
 * number, or what one step along the first dimension of a larger data set covers.
 */
struct spk_result_part {
	char *data;      /**< data set, or the object that has `attribute`; NULL: `values` or `dataset` */
	char *file;      /**< another file that has `data`; NULL: the result file */
	size_t before;   /**< that file is the result of this run before the claim's, from 1; 0: it is not */
	char *dataset;   /**< items of a data set of the scenario, a row each; NULL: none */
	char *split;     /**< the part of it that is meant; NULL: all */
	char *attribute; /**< NULL: none */
	char *minus;     /**< data set of the same shape; NULL: none */
	size_t n_filters;
	struct spk_result_filter *filters;
	char *by; /**< rows are sorted by this column, equal ones stay in order; NULL: they stay as they are
		   */
	enum spk_result_rows rows; /**< of what is left */
	size_t n_ranges;           /**< SPK_ROWS_CHOSEN */
	struct spk_result_range *ranges;
	int one_column; /**< of each row only the number `column` */
	uint64_t column;
	double offset, scale;
	size_t n_values;
	double *values;
};

/** An input of a measurement: parts, strung together; n_parts == 0: not given. */
struct spk_result_series {
	size_t n_parts;
	struct spk_result_part *parts;
};

/** A figure of a result file. */
struct spk_observable {
	const struct spk_measurement *measure;
	double *params;               /**< [n_params of measure] */
	struct spk_result_series *of; /**< [n_inputs of measure] */
};

/** One variant of the scenario. */
struct spk_variant {
	const char *label; /**< "0.1 ms", "" when there is only one */
	double x;          /**< its place on an axis */
	size_t n_sets;
	char **sets; /**< overrides, PATH=VALUE */
};

struct spk_dataset; /* spikem/scenario.h */

/**
 * Measure one result file.
 *
 * @param n_datasets  of the scenario that the file is the result of; NULL and 0 if no data set is named
 * @param seed  of resampling
 * @param before  result files of the runs before the claim's, in their order; NULL if there are none
 * Errors: SPK_E_IO, SPK_E_FORMAT (something the observable names is not there, the file is unfinished),
 * SPK_E_LIMIT, SPK_E_INVALID (what the measurement refuses), SPK_E_NOMEM.
 */
int spk_observe(const struct spk_observable *observable, size_t n_datasets,
	const struct spk_dataset *datasets, const char *path, const char *const *before, double confidence,
	uint64_t seed, struct spk_estimate *ret_figure, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
