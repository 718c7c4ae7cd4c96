/* Shared parts of the leaky integrate-and-fire models. */
#include "models/neuron/lif.h"

#include "models/math/chain.h"
#include "models/math/det.h"

#include <math.h>

/**
 * A rest of refractoriness below this, in ms, counts as none. Event times are differences of rounded times,
 * so an arrival at the very end of refractoriness would else be counted or discarded by the luck of rounding.
 */
#define REFRACTORY_RESOLUTION 1e-11

static int check_field(const struct spk_field *field, double value, struct spk_error *err)
{
	const char *unit = spk_dim_unit(field->dim);
	if (!isfinite(value))
		return spk_fail(
			err, SPK_E_INVALID, "%s is %g, which is not a finite number", field->name, value);
	if (value < field->lo || (field->lo_open && value <= field->lo))
		return spk_fail(err, SPK_E_INVALID, "%s is %g %s, but must be %s %g %s", field->name, value,
			unit, field->lo_open ? ">" : ">=", field->lo, unit);
	if (value > field->hi)
		return spk_fail(err, SPK_E_INVALID, "%s is %g %s, but must be <= %g %s", field->name, value,
			unit, field->hi, unit);
	return SPK_OK;
}

int spk_lif_derive(const struct spk_field *fields, size_t n_params, double *par, struct spk_error *err)
{
	for (size_t k = 0; k < n_params; k++) {
		const int rc = check_field(&fields[k], par[k], err);
		if (rc < 0)
			return rc;
	}
	if (!(par[SPK_LIF_V_RESET] < par[SPK_LIF_V_TH]))
		return spk_fail(err, SPK_E_INVALID, "V_reset is %g mV, but must be below V_th, %g mV",
			par[SPK_LIF_V_RESET], par[SPK_LIF_V_TH]);
	double *derived = par + n_params;
	derived[SPK_LIF_RATE] = 1.0 / par[SPK_LIF_TAU_M];
	derived[SPK_LIF_RATE_U] = 1.0 / par[SPK_LIF_TAU_U];
	derived[SPK_LIF_INV_C] = 1.0 / par[SPK_LIF_C_M];
	derived[SPK_LIF_RESISTANCE] = par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
	return SPK_OK;
}

void spk_lif_init(double *st, const double *par)
{
	if (isnan(st[SPK_V_M]))
		st[SPK_V_M] = par[SPK_LIF_E_L];
	if (isnan(st[SPK_U]))
		st[SPK_U] = st[SPK_V_M];
	if (isnan(st[SPK_U_BAR]))
		st[SPK_U_BAR] = st[SPK_U];
}

void spk_lif_fire(double *st, const double *par)
{
	st[SPK_V_M] = par[SPK_LIF_V_RESET];
	st[SPK_REFRACTORY] = par[SPK_LIF_T_REF];
}

/** What a current adds to C_m V_m after dt. */
static double add_to_potential(
	const struct spk_current *in, struct spk_mode membrane, struct spk_mode syn, double dt)
{
	const double response = spk_chain2(membrane, syn, dt);
	double gain = in->I * response;
	if (in->A != 0.0)
		gain += in->A * in->rate * spk_chain_alpha(membrane, syn, response, dt);
	return gain;
}

/** V_m after dt outside refractoriness. */
static double flow_potential(
	double v_inf, double v, const double *derived, size_t n, const struct spk_current *current, double dt)
{
	const struct spk_mode membrane = spk_mode_at(derived[SPK_LIF_RATE], dt);
	double gain = 0.0;
	for (size_t k = 0; k < n; k++)
		if (current[k].I != 0.0 || current[k].A != 0.0)
			gain += add_to_potential(&current[k], membrane, spk_mode_at(current[k].rate, dt), dt);
	return v_inf + (v - v_inf) * membrane.decay + derived[SPK_LIF_INV_C] * gain;
}

/** Spend dt of refractoriness; V_m flows over what is left of dt. */
static void pass_refractoriness(double *st, double v_inf, const double *derived, size_t n,
	const struct spk_current *current, double dt)
{
	const double wait = st[SPK_REFRACTORY];
	if (dt < wait - REFRACTORY_RESOLUTION) {
		st[SPK_REFRACTORY] = wait - dt;
		return;
	}
	st[SPK_REFRACTORY] = 0.0;
	if (dt <= wait)
		return;
	struct spk_current later[2];
	for (size_t k = 0; k < n; k++)
		later[k] = spk_current_after(current[k], wait);
	st[SPK_V_M] = flow_potential(v_inf, st[SPK_V_M], derived, n, later, dt - wait);
}

/** One flow over dt and what the currents add in it. */
struct flow {
	struct spk_mode membrane, slow;
	double dt;
	double to_copy;   /* response of u_bar/rate_u to u */
	double gain;      /* C_m times what the currents add to u and V_m */
	double gain_copy; /* C_m/rate_u times what they add to u_bar */
};

static void add_current(struct flow *f, const struct spk_current *in, struct spk_mode syn)
{
	const struct spk_mode chain[] = {f->membrane, syn, f->slow, syn};
	const int apart = spk_rates_apart(syn.rate, f->slow.rate);
	const double response = spk_chain2(f->membrane, syn, f->dt);
	const double copy = apart ? spk_chain_join(response, f->to_copy, syn.rate, f->slow.rate)
				  : spk_chain(3, chain, f->dt);
	f->gain += in->I * response;
	f->gain_copy += in->I * copy;
	if (in->A == 0.0)
		return;
	const double alpha = spk_chain_alpha(f->membrane, syn, response, f->dt);
	f->gain += in->A * in->rate * alpha;
	f->gain_copy +=
		in->A * in->rate *
		(apart ? spk_chain_join(alpha, copy, syn.rate, f->slow.rate) : spk_chain(4, chain, f->dt));
}

void spk_lif_advance(double *st, const double *par, const double *derived, size_t n,
	struct spk_current *current, double dt)
{
	if (dt <= 0.0)
		return;
	const double v_inf = spk_lif_v_inf(st, par, derived);
	const int refractory = st[SPK_REFRACTORY] > 0.0;
	if (refractory)
		pass_refractoriness(st, v_inf, derived, n, current, dt);

	struct flow f = {spk_mode_at(derived[SPK_LIF_RATE], dt), spk_mode_at(derived[SPK_LIF_RATE_U], dt), dt,
		0.0, 0.0, 0.0};
	f.to_copy = spk_chain2(f.membrane, f.slow, dt);
	struct spk_mode syn = f.membrane;
	for (size_t k = 0; k < n; k++) {
		if (current[k].I == 0.0 && current[k].A == 0.0)
			continue;
		if (current[k].rate != syn.rate)
			syn = spk_mode_at(current[k].rate, dt);
		add_current(&f, &current[k], syn);
		current[k].I = (current[k].I + current[k].A * current[k].rate * dt) * syn.decay;
		current[k].A *= syn.decay;
	}
	const double above = st[SPK_U] - v_inf, gain = derived[SPK_LIF_INV_C] * f.gain;
	st[SPK_U_BAR] = v_inf + (st[SPK_U_BAR] - v_inf) * f.slow.decay +
			f.slow.rate * (above * f.to_copy + derived[SPK_LIF_INV_C] * f.gain_copy);
	st[SPK_U] = v_inf + above * f.membrane.decay + gain;
	if (!refractory)
		st[SPK_V_M] = v_inf + (st[SPK_V_M] - v_inf) * f.membrane.decay + gain;
}

/**
 * Integral over dt of exp(-rate s) dV/ds. dV/ds obeys the homogeneous equations of V, started at its own
 * value, driven by dI/ds, which obeys those of I; the weight adds `rate` to each rate, the integral is a rate
 * of 0.
 */
static double integrate_change(double above, const double *derived, size_t n,
	const struct spk_current *current, double dt, double rate)
{
	const double inv_C = derived[SPK_LIF_INV_C];
	const struct spk_mode whole = {0.0, 1.0}, membrane = spk_mode_at(derived[SPK_LIF_RATE] + rate, dt);
	double slope = -derived[SPK_LIF_RATE] * above, sum = 0.0;
	for (size_t k = 0; k < n; k++) {
		const double r = current[k].rate, I = current[k].I, A = current[k].A;
		if (I == 0.0 && A == 0.0)
			continue;
		const struct spk_mode syn = spk_mode_at(r + rate, dt);
		slope += inv_C * I;
		sum += inv_C * r * (A - I) *
		       spk_chain(3, (const struct spk_mode[]){membrane, syn, whole}, dt);
		if (A != 0.0)
			sum -= inv_C * r * r * A *
			       spk_chain(4, (const struct spk_mode[]){membrane, syn, syn, whole}, dt);
	}
	return slope * spk_chain2(membrane, whole, dt) + sum;
}

void spk_lif_filtered_change(const double *st, const double *par, const double *derived, size_t n,
	const struct spk_current *current, double dt, double tau, double *ret_dv, double *ret_du)
{
	const double v_inf = spk_lif_v_inf(st, par, derived), rate = 1.0 / tau, wait = st[SPK_REFRACTORY];
	const double above = st[SPK_V_M] - v_inf;
	*ret_du = integrate_change(st[SPK_U] - v_inf, derived, n, current, dt, rate);
	if (wait <= 0.0) {
		*ret_dv = integrate_change(above, derived, n, current, dt, rate);
	} else if (dt <= wait) {
		*ret_dv = 0.0;
	} else {
		struct spk_current later[2];
		for (size_t k = 0; k < n; k++)
			later[k] = spk_current_after(current[k], wait);
		*ret_dv = spk_exp(-rate * wait) * integrate_change(above, derived, n, later, dt - wait, rate);
	}
}

double spk_lif_u_slope(const double *st, const double *par, const double *derived, double i_syn)
{
	return derived[SPK_LIF_RATE] * (spk_lif_v_inf(st, par, derived) - st[SPK_U]) +
	       derived[SPK_LIF_INV_C] * i_syn;
}

double spk_lif_next_spike(const double *st, const double *par, const double *derived,
	const struct spk_current current[2], double peak)
{
	const double v_inf = spk_lif_v_inf(st, par, derived), wait = st[SPK_REFRACTORY];
	struct spk_course course = {derived[SPK_LIF_RATE], derived[SPK_LIF_INV_C],
		derived[SPK_LIF_RESISTANCE], peak, st[SPK_V_M] - v_inf, par[SPK_LIF_V_TH] - v_inf,
		{current[0], current[1]}};
	if (wait <= 0.0)
		return spk_course_crossing(&course);
	course.current[0] = spk_current_after(current[0], wait);
	course.current[1] = spk_current_after(current[1], wait);
	return wait + spk_course_crossing(&course);
}

/* The interval at constant u, ms. A distance to the threshold below this, mV, is none: its inverse overflows.
 */
static const double CLOSEST = 1e-200;

static double interval(const double *par, double u)
{
	const double beyond = u - par[SPK_LIF_V_TH], rise = par[SPK_LIF_V_TH] - par[SPK_LIF_V_RESET];

	/* log1p of the ratio: exact also far above the threshold */
	return beyond > CLOSEST ? par[SPK_LIF_T_REF] + par[SPK_LIF_TAU_M] * spk_log1p(rise / beyond)
				: (double)INFINITY;
}

double spk_lif_rate(const double *par, double u)
{
	return 1000.0 / interval(par, u);
}

double spk_lif_rate_slope(const double *par, double u)
{
	const double beyond = u - par[SPK_LIF_V_TH], rise = par[SPK_LIF_V_TH] - par[SPK_LIF_V_RESET];
	const double T = interval(par, u);

	if (isinf(T))
		return 0.0;
	return 1000.0 * par[SPK_LIF_TAU_M] * (rise / beyond) / ((u - par[SPK_LIF_V_RESET]) * T * T);
}

double spk_lif_u_rest(const double *par)
{
	return par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
}

/*
 * While V_m is above its present value it rises no faster than now without inhibition: the leak has grown and
 * the excitatory current has decayed. The margin covers rounding.
 */
double spk_lif_quiet(const double *st, const double *par, const double *derived, double i_ex)
{
	const double gap = par[SPK_LIF_V_TH] - st[SPK_V_M];
	const double slope = derived[SPK_LIF_RATE] * (spk_lif_v_inf(st, par, derived) - st[SPK_V_M]) +
			     derived[SPK_LIF_INV_C] * i_ex;

	if (!(gap > 0.0))
		return 0.0;
	return slope > 0.0 ? 0.999 * gap / slope : (double)INFINITY;
}
