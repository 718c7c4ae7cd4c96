/**
 * What all leaky integrate-and-fire models share: the membrane, u, its low-pass copy, refractoriness.
 *
 *   tau_m dV_m/dt   = -(V_m - E_L) + (tau_m / C_m) (I_syn + I_e + I_ext)   unless refractory
 *   tau_m du/dt     = -(u - E_L)   + (tau_m / C_m) (I_syn + I_e + I_ext)   always, never reset
 *   tau_u du_bar/dt = u - u_bar
 *   V_m >= V_th: spike, V_m = V_reset and constant for t_ref
 *
 * Units: ms, mV, pA, pF (pA ms / pF = mV). Between events the flow is exact to rounding.
 */
#ifndef SPK_MODELS_NEURON_LIF_H
#define SPK_MODELS_NEURON_LIF_H

#include "models/math/course.h"

#include <spikem/model.h>

/** Places of the shared parameters, in the order of SPK_LIF_PARAMS. */
enum spk_lif_param {
	SPK_LIF_TAU_M,
	SPK_LIF_C_M,
	SPK_LIF_E_L,
	SPK_LIF_V_TH,
	SPK_LIF_V_RESET,
	SPK_LIF_T_REF,
	SPK_LIF_I_E,
	SPK_LIF_TAU_U,
	SPK_LIF_N_PARAMS
};

/** Places of the shared derived values, counted from par + n_params. */
enum spk_lif_derived {
	SPK_LIF_RATE,       /**< 1 / tau_m */
	SPK_LIF_RATE_U,     /**< 1 / tau_u */
	SPK_LIF_INV_C,      /**< 1 / C_m */
	SPK_LIF_RESISTANCE, /**< tau_m / C_m, mV/pA */
	SPK_LIF_N_DERIVED
};

/* clang-format off */
#define SPK_LIF_PARAMS \
	{"tau_m", SPK_DIM_TIME, 20.0, 0.0, INFINITY, 1, NULL, "membrane time constant"}, \
	{"C_m", SPK_DIM_CAPACITANCE, 250.0, 0.0, INFINITY, 1, NULL, "membrane capacitance"}, \
	{"E_L", SPK_DIM_VOLTAGE, 0.0, -INFINITY, INFINITY, 0, NULL, "resting potential"}, \
	{"V_th", SPK_DIM_VOLTAGE, 20.0, -INFINITY, INFINITY, 0, NULL, "spike threshold; above V_reset"}, \
	{"V_reset", SPK_DIM_VOLTAGE, 0.0, -INFINITY, INFINITY, 0, NULL, "potential after a spike"}, \
	{"t_ref", SPK_DIM_TIME, 2.0, 0.0, INFINITY, 0, NULL, "absolute refractory time"}, \
	{"I_e", SPK_DIM_CURRENT, 0.0, -INFINITY, INFINITY, 0, NULL, "constant current"}, \
	{"tau_u", SPK_DIM_TIME, 40.0, 0.0, INFINITY, 1, NULL, "time constant of u_bar, low-pass copy of u"}

#define SPK_LIF_STATES \
	{"V_m", SPK_DIM_VOLTAGE, NAN, -INFINITY, INFINITY, 0, NULL, "membrane potential; at first E_L"}, \
	{"u", SPK_DIM_VOLTAGE, NAN, -INFINITY, INFINITY, 0, NULL, \
		"potential without threshold, reset and refractoriness; at first V_m"}, \
	{"u_bar", SPK_DIM_VOLTAGE, NAN, -INFINITY, INFINITY, 0, NULL, "low-pass copy of u; at first u"}, \
	{"I_ext", SPK_DIM_CURRENT, 0.0, -INFINITY, INFINITY, 0, NULL, "injected current"}, \
	{"refractory", SPK_DIM_TIME, 0.0, 0.0, INFINITY, 0, NULL, "time left until V_m moves again"}
/* clang-format on */

/**
 * Check the parameters against their fields and each other, and fill the shared derived values.
 * Errors: SPK_E_INVALID, naming the parameter, its value and what it must be.
 */
int spk_lif_derive(const struct spk_field *fields, size_t n_params, double *par, struct spk_error *err);

/** The init hook: V_m = E_L, u = V_m, u_bar = u where they are NAN. */
void spk_lif_init(double *st, const double *par);

/** The fire hook. */
void spk_lif_fire(double *st, const double *par);

/** The potential to which constant currents alone would lead, mV. */
static inline double spk_lif_v_inf(const double *st, const double *par, const double *derived)
{
	return par[SPK_LIF_E_L] + derived[SPK_LIF_RESISTANCE] * (par[SPK_LIF_I_E] + st[SPK_I_EXT]);
}

/** Flow over dt of the shared states under n <= 2 synaptic currents, which move too. */
void spk_lif_advance(double *st, const double *par, const double *derived, size_t n,
	struct spk_current *current, double dt_ms);

/** The filtered_change hook under n <= 2 synaptic currents. */
void spk_lif_filtered_change(const double *st, const double *par, const double *derived, size_t n,
	const struct spk_current *current, double dt_ms, double tau_ms, double *ret_dv, double *ret_du);

/** The quiet hook under excitatory currents that only decay and inhibitory ones, i_ex the sum of the former.
 */
double spk_lif_quiet(const double *st, const double *par, const double *derived, double i_ex);

/** The u_slope hook for a total synaptic current i_syn. */
double spk_lif_u_slope(const double *st, const double *par, const double *derived, double i_syn);

/** The u_rest hook. */
double spk_lif_u_rest(const double *par);

/**
 * The rate and rate_slope hooks of a sharp threshold: 1000/(t_ref + tau_m log((u - V_reset)/(u - V_th)))
 * above V_th, else 0. The slope grows without bound as u comes down to V_th, and is 0 at V_th itself.
 */
double spk_lif_rate(const double *par, double u);
double spk_lif_rate_slope(const double *par, double u);

/** The next_spike hook under two currents; peak: spk_course_peak of the excitatory one. */
double spk_lif_next_spike(const double *st, const double *par, const double *derived,
	const struct spk_current current[2], double peak);

#endif
