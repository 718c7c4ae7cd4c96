/**
 * Reset-free potentials of equal lif_delta neurons in scaled coordinates, kept beside the group that fires.
 *
 * u and its low-pass copy obey linear equations that no spike interrupts. With f(t) = exp(t / tau_m),
 * f_u(t) = exp(t / tau_u), t from the epoch,
 *   u = V_inf + a / f(t),   u_bar = V_inf + (b + a q(t)) / f_u(t),
 * where a and b are constant between arrivals. An arrival of weight w at time t is a += w f(t), b -= w f(t)
 * q(t), which leaves u_bar as it is. With delta = 1/tau_u - 1/tau_m, q(t) is exp(delta t) / (tau_u delta),
 * or, where the time constants (nearly) coincide, the same minus its value at 0, which stays accurate through
 * delta = 0: expm1(delta t) / (tau_u delta), at delta = 0 t / tau_u.
 *
 * So every linear form of u, u_bar and du/dt = -(u - V_inf) / tau_m is offset + A a + B b with A and B
 * depending on time alone: reading it costs two multiplications.
 *
 * The running integral G(t) of exp(-(s - t0) / tau_x) du(s) from t0 is linear in the same way: between
 * arrivals G = c + a share exp(-(t - t0) / tau_x) / f(t), share = (1/tau_m) / (1/tau_m + 1/tau_x), and an
 * arrival adds its jump, c += w (1 - share) exp(-(t - t0) / tau_x).
 */
#ifndef SPK_MODELS_NEURON_DELTA_U_H
#define SPK_MODELS_NEURON_DELTA_U_H

#include <spikem/group.h>

struct spk_delta_u {
	size_t n;
	double v_inf, rate_m, rate_u, delta; /**< rates: 1 / tau */
	int confluent;
	double *pair;        /**< [2 n] a and b of each neuron; NULL: nothing is kept */
	const double *shift; /**< [n] of V_inf, mV, of each neuron, borrowed; NULL: none differs */
	double tau_x, t0, share;
	int is_open;                    /**< integrals run */
	double *c;                      /**< [n] or NULL: no integrals */
	struct spk_post_change *change; /**< [n] or NULL, as they were last asked for */
};

/** offset + drive `shift` + a `a` + b `b`; copy: see spk_delta_u_copy(). */
struct spk_delta_u_form {
	double a, b, offset, drive, copy;
};

/** `par`: parameters of lif_delta; potentials are to be placed. Errors: SPK_E_NOMEM. */
int spk_delta_u_init(struct spk_delta_u *u, const double *par, size_t n);
/** Put a neuron, V_inf of which is v_inf, at u and u_bar. Integrals do not see it. */
void spk_delta_u_place(
	struct spk_delta_u *u, size_t neuron, double t, double f, double v_inf, const double *state);
/** V_inf of a neuron falls by `fall` mV at time t; u, u_bar and the integrals go on from where they are. */
void spk_delta_u_lower(struct spk_delta_u *u, size_t neuron, double t, double f, double fall);
void spk_delta_u_clear(struct spk_delta_u *u);
size_t spk_delta_u_bytes(const struct spk_delta_u *u);
/** Add the pieces of the state. */
void spk_delta_u_list_state(struct spk_delta_u *u, struct spk_state *state);
/** These parameters keep the factors within their range. */
int spk_delta_u_suits(const double *par);
void spk_delta_u_rebase(struct spk_delta_u *u, double shift);

/** In all of these f is f(t). */
void spk_delta_u_deliver(struct spk_delta_u *u, const struct spk_bundle *bundle, double f);
/** What a form of u, u_bar and du/dt is at time t. */
struct spk_delta_u_form spk_delta_u_form_at(
	const struct spk_delta_u *u, const struct spk_potential_form *form, double t, double f);
/** What an arrival at t adds to b for each unit that it adds to a. */
double spk_delta_u_copy(const struct spk_delta_u *u, double t, double f);
/** The hooks of struct spk_group_type; keep_change: SPK_E_NOMEM, SPK_E_INVALID. */
void spk_delta_u_read(const struct spk_delta_u *u, double t, double f, size_t n, const uint32_t *target,
	double *ret_u, double *ret_u_bar, double *ret_slope);
int spk_delta_u_keep_change(struct spk_delta_u *u, double tau_ms);
void spk_delta_u_gate_change(struct spk_delta_u *u, double t, double f, int open);
const struct spk_post_change *spk_delta_u_change(
	struct spk_delta_u *u, double t, double f, size_t n, const uint32_t *target);
/** An arrival of these bundles, for the integrals alone. */
void spk_delta_u_add_change(struct spk_delta_u *u, const struct spk_bundle *bundle);

#endif
