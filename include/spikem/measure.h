/**
 * Measurements: estimators that turn the numbers of a run into one figure with its interval.
 *
 * A measurement is one file in models/measure/ and one line in models/models.def. It knows no files: its
 * inputs are series of doubles, which `spikem validate` reads from the run's result file. Every measurement
 * says what its estimator's bias and its interval are, and is tested on data with a known answer.
 */
#ifndef SPIKEM_MEASURE_H
#define SPIKEM_MEASURE_H

#include <spikem/field.h>
#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One input: numbers in the order of the data set (row-major for tables). Borrowed for the call. */
struct spk_series {
	size_t n;
	const double *values;
};

/** Result. low and high are NAN where a single run gives no honest interval: then seeds give it. */
struct spk_estimate {
	double value, low, high;
	uint64_t n; /**< independent observations behind it */
};

struct spk_measure_input {
	const char *name; /**< key under `of:` */
	int optional;
	const char *doc;
};

struct spk_measurement {
	const char *name;      /**< "cosine" */
	const char *summary;   /**< one line: what it estimates */
	const char *estimator; /**< lines: formula, bias, how the interval is made, when it is not valid */
	const char *const *refs;
	const struct spk_measure_input *inputs;
	size_t n_inputs;
	const struct spk_field *params; /**< constants under `params:` */
	size_t n_params;
	/**
	 * @param par         [n_params]
	 * @param in          [n_inputs], n == 0 for an optional input that was not given
	 * @param confidence  level of the interval, in (0, 1)
	 * @param seed        of resampling, where the interval is a bootstrap
	 * Errors: SPK_E_INVALID with what is wrong with the inputs (too few, lengths differ, not finite).
	 */
	int (*run)(const double *par, const struct spk_series *in, double confidence, uint64_t seed,
		struct spk_estimate *ret, struct spk_error *err);
};

/** NULL-terminated, in alphabetical order. */
extern const struct spk_measurement *const spk_measurements[];
const struct spk_measurement *spk_find_measurement(const char *name);

/** Mean of n values with its t interval; n >= 2, else SPK_E_INVALID. What combines the seeds of a claim. */
int spk_estimate_mean(
	size_t n, const double *values, double confidence, struct spk_estimate *ret, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
