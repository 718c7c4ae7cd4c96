/** What the measurements share: checks of their inputs, quantiles, intervals that several of them use. */
#ifndef SPK_MODELS_MEASURE_ESTIMATE_H
#define SPK_MODELS_MEASURE_ESTIMATE_H

#include <spikem/measure.h>

/** Words of a switch: 0, 1. */
extern const char *const spk_estimate_switch[];

/** SPK_E_INVALID unless s has at least `least` values and all are finite; `name` is the input's. */
int spk_estimate_check(const struct spk_series *s, const char *name, size_t least, struct spk_error *err);

/** The same for two series, which must also be equally long. */
int spk_estimate_check_two(const struct spk_series *a, const char *name_a, const struct spk_series *b,
	const char *name_b, size_t least, struct spk_error *err);

/** Half width of a two-sided interval in standard errors: Student's t with dof > 0, the normal law. */
double spk_estimate_t(double confidence, double dof);
double spk_estimate_z(double confidence);

/** value without an interval. */
struct spk_estimate spk_estimate_point(double value, size_t n);

/** value and value -+ half. */
struct spk_estimate spk_estimate_around(double value, double half, size_t n);

/**
 * Mean over the rows of a table of what `figure` makes of each, with its t interval; of one row its figure,
 * without an interval. Rows have `columns` values; columns 0: the whole is one row. SPK_E_INVALID unless
 * `columns` is a whole number that divides the table and each row has at least 2 values, all finite;
 * SPK_E_NOMEM.
 */
int spk_estimate_rows(const struct spk_series *table, const char *name, double columns,
	double (*figure)(const double *par, size_t n, const double *row), const double *par,
	double confidence, struct spk_estimate *ret, struct spk_error *err);

/** hits of n > 0 independent trials with the interval of Clopper and Pearson. */
struct spk_estimate spk_estimate_share(size_t hits, size_t n, double confidence);

/**
 * Cosine between in[0] and in[1], equally long and neither 0, with its interval from the cosines of
 * independent blocks in in[2] (n == 0: none, no interval). See models/measure/cosine.c.
 */
int spk_estimate_cosine(
	const struct spk_series *in, double confidence, struct spk_estimate *ret, struct spk_error *err);

#endif
