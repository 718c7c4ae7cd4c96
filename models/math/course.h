/**
 * The course of a leaky membrane between two events, and the first time it reaches a level.
 *
 *   dD/dt = -rate D + (I_0(t) + I_1(t)) / C,   D = V - V_inf
 *   I_k(t) = (I_k + A_k r_k t) exp(-r_k t)
 *
 * A_k = 0 is an exponential current, A_k > 0 an alpha current. Current 0 is excitatory (I, A >= 0), current 1
 * inhibitory (I, A <= 0). Units: ms, mV, pA, pF.
 */
#ifndef SPK_MODELS_MATH_COURSE_H
#define SPK_MODELS_MATH_COURSE_H

#include <stddef.h>

struct spk_current {
	double rate; /**< 1/ms */
	double I, A; /**< pA */
};

/** The current after time t. */
struct spk_current spk_current_after(struct spk_current now, double t);

struct spk_course {
	double rate;       /**< 1/tau_m, 1/ms */
	double inv_C;      /**< 1/pF */
	double resistance; /**< tau_m / C, mV/pA */
	double peak;   /**< highest D that 1 pA of current 0 can cause from D = 0: spk_course_peak, mV/pA */
	double offset; /**< D now, mV */
	double level;  /**< V_th - V_inf, mV */
	struct spk_current current[2];
};

/** Largest response, mV/pA, of a membrane at rest to an exponential current of 1 pA. */
double spk_course_peak(double membrane_rate, double current_rate, double inv_C);

/** D at time t >= 0, and its slope dD/dt. */
double spk_course_at(const struct spk_course *course, double t, double *ret_slope);

/**
 * A bound on D from now on, from a few multiplications: inhibition is left out. With A = 0 and I = 1 pA the
 * response peaks at `peak`; an alpha current is an exponential current of A, low-passed with unit gain.
 */
double spk_course_bound(const struct spk_course *course);

/**
 * First t >= 0 with D(t) >= level, to 1e-12 ms; INFINITY if there is none.
 *
 * Rigorous: exp(rate t) dD/dt is monotone between the zeros of d(I_0 + I_1)/dt, of which there are at most
 * three; each piece then holds at most one maximum of D, which is located. No excursion is too short.
 */
double spk_course_crossing(const struct spk_course *course);

#endif
