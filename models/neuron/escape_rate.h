/** Stationary rate of a leaky neuron with escape noise at a constant reset-free potential. */
#ifndef SPK_MODELS_NEURON_ESCAPE_RATE_H
#define SPK_MODELS_NEURON_ESCAPE_RATE_H

/** The neuron and its drive. V(t) = u + (V_reset - u) exp(-t/tau_m) after each refractory time. */
struct spk_escape {
	double tau_m, t_ref; /**< ms */
	double rho_0;        /**< hazard at V = V_th, 1/ms */
	double start;        /**< (V_reset - V_th) / Delta_u, negative */
	double drive;        /**< (u - V_th) / Delta_u */
};

/**
 * Rate in 1/ms: 1 / (t_ref + integral of the survivor function), relative error below 1e-11; 0 where the
 * interval is beyond 1e280 ms.
 * @param ret_slope  d rate / d drive, relative error below 1e-9; NULL: not wanted
 */
double spk_escape_rate(const struct spk_escape *neuron, double *ret_slope);

#endif
