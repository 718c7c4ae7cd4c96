/* Reset-free potentials of equal lif_delta neurons: see delta_u.h. */
#include "models/neuron/delta_u.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/neuron/lif.h"

static const double CONFLUENT = 0.01;   /* |tau_m delta| below which q is measured from its value at 0 */
static const double SHORTEST = 1. / 16; /* tau_u / tau_m, so that f_u stays below exp(16 * 32) in an epoch */

int spk_delta_u_suits(const double *par)
{
	return par[SPK_LIF_TAU_U] >= SHORTEST * par[SPK_LIF_TAU_M];
}

static double factor_u(const struct spk_delta_u *u, double t)
{
	return spk_exp(t * u->rate_u);
}

/* q(t), f_u being the factor at t, which matters only where the time constants are apart. */
static double copy_at(const struct spk_delta_u *u, double t, double f, double f_u)
{
	if (!u->confluent)
		return u->rate_u / u->delta * (f_u / f);
	return u->delta == 0 ? u->rate_u * t : u->rate_u / u->delta * spk_expm1(u->delta * t);
}

static double decay_x(const struct spk_delta_u *u, double t)
{
	return spk_exp((u->t0 - t) / u->tau_x);
}

double spk_delta_u_copy(const struct spk_delta_u *u, double t, double f)
{
	return -copy_at(u, t, f, u->confluent ? 1 : factor_u(u, t));
}

int spk_delta_u_init(struct spk_delta_u *u, const double *par, size_t n)
{
	const double tau_m = par[SPK_LIF_TAU_M];

	*u = (struct spk_delta_u){.n = n,
		.v_inf = par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * tau_m / par[SPK_LIF_C_M],
		.rate_m = 1 / tau_m,
		.rate_u = 1 / par[SPK_LIF_TAU_U]};
	u->delta = u->rate_u - u->rate_m;
	u->confluent = fabs(u->delta) * tau_m < CONFLUENT;
	u->pair = malloc((2 * n + 1) * sizeof *u->pair);
	return u->pair ? SPK_OK : SPK_E_NOMEM;
}

void spk_delta_u_place(
	struct spk_delta_u *u, size_t neuron, double t, double f, double v_inf, const double *state)
{
	const double f_u = factor_u(u, t);
	double *pair = u->pair + 2 * neuron;

	if (u->is_open)
		u->c[neuron] += (pair[0] / f - (state[SPK_U] - v_inf)) * u->share * decay_x(u, t);
	pair[0] = (state[SPK_U] - v_inf) * f;
	pair[1] = (state[SPK_U_BAR] - v_inf) * f_u - pair[0] * copy_at(u, t, f, f_u);
}

void spk_delta_u_lower(struct spk_delta_u *u, size_t neuron, double t, double f, double fall)
{
	const double f_u = factor_u(u, t);
	double *pair = u->pair + 2 * neuron;

	pair[0] += fall * f;
	pair[1] += fall * (f_u - f * copy_at(u, t, f, f_u));
	if (u->is_open)
		u->c[neuron] -= fall * u->share * decay_x(u, t);
}

void spk_delta_u_clear(struct spk_delta_u *u)
{
	free(u->pair);
	free(u->c);
	free(u->change);
	memset(u, 0, sizeof *u);
}

size_t spk_delta_u_bytes(const struct spk_delta_u *u)
{
	return u->n * ((u->pair ? 2 * sizeof *u->pair : 0) + (u->c ? sizeof *u->c + sizeof *u->change : 0));
}

void spk_delta_u_rebase(struct spk_delta_u *u, double shift)
{
	const double scale = spk_exp(-shift * u->rate_m), scale_u = factor_u(u, -shift);
	const double q = u->confluent && u->pair ? copy_at(u, shift, 1 / scale, 1 / scale_u) : 0;

	for (size_t k = 0; u->pair && k < u->n; k++) {
		u->pair[2 * k + 1] = (u->pair[2 * k + 1] + u->pair[2 * k] * q) * scale_u;
		u->pair[2 * k] *= scale;
	}
	u->t0 -= shift;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

struct spk_delta_u_form spk_delta_u_form_at(
	const struct spk_delta_u *u, const struct spk_potential_form *form, double t, double f)
{
	const double f_u = factor_u(u, t), q = copy_at(u, t, f, f_u);

	return (struct spk_delta_u_form){
		.a = (form->u - form->u_slope * u->rate_m) / f + form->u_bar * (q / f_u),
		.b = form->u_bar / f_u,
		.offset = (form->u + form->u_bar) * u->v_inf,
		.drive = form->u + form->u_bar,
		.copy = -q};
}

static void read_form(const struct spk_delta_u *u, const struct spk_delta_u_form *form, size_t n,
	const uint32_t *target, double *ret)
{
	for (size_t k = 0; k < n; k++) {
		const double *pair = u->pair + 2 * (size_t)target[k];
		const double offset =
			u->shift ? form->offset + form->drive * u->shift[target[k]] : form->offset;
		ret[k] = offset + (form->a * pair[0] + form->b * pair[1]);
	}
}

void spk_delta_u_read(const struct spk_delta_u *u, double t, double f, size_t n, const uint32_t *target,
	double *ret_u, double *ret_u_bar, double *ret_slope)
{
	static const struct spk_potential_form each[] = {{.u = 1}, {.u_bar = 1}, {.u_slope = 1}};
	double *const results[] = {ret_u, ret_u_bar, ret_slope};

	for (size_t i = 0; i < 3; i++) {
		const struct spk_delta_u_form form = spk_delta_u_form_at(u, &each[i], t, f);
		read_form(u, &form, n, target, results[i]);
	}
}

/* ---- Arrivals ----------------------------------------------------------------------------------- */

/* One loop for each form of weight. */
static inline __attribute__((always_inline)) void add_gains(double *restrict pairs,
	const struct spk_bundle *b, const float *f32, const double *f64, double f, double copy)
{
	for (size_t k = 0; k < b->n; k++) {
		double *pair = pairs + 2 * (size_t)b->target[k];
		const double gain = (f32 ? (double)f32[k] : f64 ? f64[k] : b->shared) * f;
		pair[0] += gain;
		pair[1] += gain * copy;
	}
}

void spk_delta_u_deliver(struct spk_delta_u *u, const struct spk_bundle *b, double f)
{
	const double copy = spk_delta_u_copy(u, b->t, f);

	if (b->f64)
		add_gains(u->pair, b, NULL, b->f64, f, copy);
	else if (b->f32)
		add_gains(u->pair, b, b->f32, NULL, f, copy);
	else
		add_gains(u->pair, b, NULL, NULL, f, copy);
	spk_delta_u_add_change(u, b);
}

/* ---- Running integrals -------------------------------------------------------------------------- */

void spk_delta_u_add_change(struct spk_delta_u *u, const struct spk_bundle *b)
{
	if (!u->is_open)
		return;
	const double jump = (1 - u->share) * decay_x(u, b->t);
	for (size_t k = 0; k < b->n; k++)
		u->c[b->target[k]] += (b->f64 ? b->f64[k] : b->f32 ? (double)b->f32[k] : b->shared) * jump;
}

int spk_delta_u_keep_change(struct spk_delta_u *u, double tau_ms)
{
	if (u->c)
		return u->tau_x == tau_ms ? SPK_OK : SPK_E_INVALID;
	u->tau_x = tau_ms;
	u->share = u->rate_m / (u->rate_m + 1 / tau_ms);
	u->c = calloc(u->n + 1, sizeof *u->c);
	u->change = calloc(u->n + 1, sizeof *u->change);
	return u->c && u->change ? SPK_OK : SPK_E_NOMEM;
}

const struct spk_post_change *spk_delta_u_change(
	struct spk_delta_u *u, double t, double f, size_t n, const uint32_t *target)
{
	const double flow = u->share * decay_x(u, t) / f;

	for (size_t k = 0; u->is_open && k < n; k++) {
		const size_t neuron = target ? target[k] : k;
		u->change[neuron].du = u->c[neuron] + u->pair[2 * neuron] * flow;
	}
	return u->change;
}

void spk_delta_u_gate_change(struct spk_delta_u *u, double t, double f, int open)
{
	if (!open)
		(void)spk_delta_u_change(u, t, f, u->n, NULL);
	u->is_open = open;
	u->t0 = t;
	for (size_t k = 0; open && k < u->n; k++) {
		u->c[k] = -u->pair[2 * k] * (u->share / f);
		u->change[k].du = 0;
	}
}
