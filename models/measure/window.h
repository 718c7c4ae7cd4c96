/**
 * STDP windows: the mean change of weight in bins of the time from the presynaptic arrival to the
 * postsynaptic spike. Bin k covers [(k - 1/2) bin, (k + 1/2) bin); the one around 0 has no sign and is left
 * out.
 */
#ifndef SPK_MODELS_MEASURE_WINDOW_H
#define SPK_MODELS_MEASURE_WINDOW_H

#include "models/measure/estimate.h"

/** Inputs of all window measurements. */
#define SPK_WINDOW_INPUTS                                                                                    \
	{"delta_t", 0, "time from presynaptic arrival to postsynaptic spike, ms, one a pair"},               \
	{                                                                                                    \
		"change", 0, "change of weight of each pair"                                                 \
	}

/** Their first parameters, in this order; after them each may have its own. */
enum { SPK_WINDOW_BIN, SPK_WINDOW_RANGE, SPK_WINDOW_LEAST, SPK_WINDOW_N_PARAMS };
#define SPK_WINDOW_PARAMS                                                                                    \
	{"bin", SPK_DIM_TIME, 1, 0, INFINITY, 1, NULL, "width of a bin"},                                    \
		{"range", SPK_DIM_TIME, 25, 0, INFINITY, 1, NULL,                                            \
			"bins centred up to this far from 0 count"},                                         \
	{                                                                                                    \
		"least", SPK_DIM_NONE, 3, 1, INFINITY, 0, NULL, "bins with fewer pairs are left out"         \
	}
/** The parameter of those that look at one side. */
#define SPK_WINDOW_SIDE                                                                                      \
	{                                                                                                    \
		"side", SPK_DIM_NONE, NAN, 0, 1, 0, spk_window_sides, "sign of delta_t"                      \
	}
extern const char *const spk_window_sides[];

/** Bins with pairs, by time: mean delta_t and mean change of each. */
struct spk_window {
	size_t n, n_negative;
	double *t, *change;
};

/** SPK_E_INVALID, SPK_E_NOMEM; then nothing is to be freed. */
int spk_window_bin(
	const double *par, const struct spk_series *in, struct spk_window *ret, struct spk_error *err);
void spk_window_clear(struct spk_window *window);

/** The bins of one side (0: negative, 1: positive); at least `least`, else SPK_E_INVALID. */
int spk_window_side(const struct spk_window *window, double side, size_t least, struct spk_window *ret,
	struct spk_error *err);

enum spk_window_law { SPK_WINDOW_INVERSE, SPK_WINDOW_EXPONENTIAL };

/** R^2 of c/|t| or of a exp(-|t|/tau) on one side by least squares; *ret_tau may be NULL. */
int spk_window_fit(const struct spk_window *side, enum spk_window_law law, double *ret_r_squared,
	double *ret_tau, struct spk_error *err);

#endif
