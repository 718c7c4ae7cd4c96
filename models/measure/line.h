/** Straight lines by least squares, in plain or logarithmic coordinates. */
#ifndef SPK_MODELS_MEASURE_LINE_H
#define SPK_MODELS_MEASURE_LINE_H

#include "models/measure/estimate.h"

/** y = intercept + slope x. */
struct spk_line {
	double slope, intercept;
	double slope_error, intercept_error; /**< standard errors */
	double quantile;                     /**< half width of the interval in standard errors */
};

/** Inputs x, y and sd, parameters log_x and log_y of `slope` and `intercept`. */
extern const struct spk_measure_input spk_line_inputs[3];
extern const struct spk_field spk_line_params[2];

/** The line through in[0], in[1], weighted by in[2] if that is given; SPK_E_INVALID, SPK_E_NOMEM. */
int spk_line_fit(const double *par, const struct spk_series *in, double confidence, struct spk_line *ret,
	struct spk_error *err);

/** 1 - sum (y - f)^2 / sum (y - mean y)^2; SPK_E_INVALID where all y are equal. */
int spk_r_squared(size_t n, const double *y, const double *f, double *ret, struct spk_error *err);

/** SPK_E_INVALID unless all values of the input are above 0. */
int spk_line_check_positive(const struct spk_series *s, const char *name, struct spk_error *err);

#endif
