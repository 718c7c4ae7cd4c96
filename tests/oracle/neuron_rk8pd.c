/*
 * Spike times of the deterministic neuron models against a general ODE solver.
 *
 * The oracle integrates its own right-hand sides with GSL's rk8pd at 1e-12 in steps of at most 0.05 ms and
 * locates crossings, and maxima inside a step, by bisection; it shares no code with the models.
 */
#include "tests/neuron_probe.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

#define MAX_STEP 0.05
#define MAX_SPIKES 20000
#define WHY "the solver's tolerance 1e-12 over the slope of V at the crossing"

enum kind { DELTA, EXPONENTIAL, ALPHA };
enum { V, I_EX, I_IN, A_EX, A_IN, N_Y };

/** The oracle's neuron. */
struct cell {
	enum kind kind;
	double tau_m, C_m, E_L, V_th, V_reset, t_ref, I_e, tau_ex, tau_in;
	int held; /* refractory */
	double y[N_Y], t;
	gsl_odeiv2_driver *driver;
};

static int flow(double t, const double y[], double ret_dy[], void *context)
{
	(void)t;
	const struct cell *c = context;
	const double current = c->I_e + y[I_EX] + y[I_IN];
	ret_dy[V] = c->held ? 0.0 : (c->E_L - y[V]) / c->tau_m + current / c->C_m;
	ret_dy[I_EX] = (y[A_EX] - y[I_EX]) / c->tau_ex;
	ret_dy[I_IN] = (y[A_IN] - y[I_IN]) / c->tau_in;
	ret_dy[A_EX] = -y[A_EX] / c->tau_ex;
	ret_dy[A_IN] = -y[A_IN] / c->tau_in;
	return GSL_SUCCESS;
}

static double slope(struct cell *c, const double *y)
{
	double dy[N_Y];
	flow(0.0, y, dy, c);
	return dy[V];
}

/** y after h from the cell's state. */
static void step(struct cell *c, double h, double *ret_y)
{
	double t = 0.0;
	memcpy(ret_y, c->y, sizeof c->y);
	if (h <= 0.0)
		return;
	gsl_odeiv2_driver_reset_hstart(c->driver, fmin(h, MAX_STEP));
	CHECK(gsl_odeiv2_driver_apply(c->driver, &t, h, ret_y) == GSL_SUCCESS);
}

/** Smallest h in (lo, hi] where the sign of V - V_th (or of -dV/dt) is up, by bisection. */
static double bisect(struct cell *c, double lo, double hi, int turning)
{
	double y[N_Y];
	for (int k = 0; k < 60 && hi - lo > 1e-13; k++) {
		const double mid = 0.5 * (lo + hi);
		step(c, mid, y);
		if (turning ? slope(c, y) < 0.0 : y[V] >= c->V_th)
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

/** Time of the first crossing within h, or INFINITY. */
static double find_crossing(struct cell *c, double h)
{
	double y[N_Y];
	step(c, h, y);
	if (y[V] >= c->V_th)
		return bisect(c, 0.0, h, 0);
	if (slope(c, c->y) > 0.0 && slope(c, y) < 0.0) {
		const double top = bisect(c, 0.0, h, 1);
		step(c, top, y);
		if (y[V] >= c->V_th)
			return bisect(c, 0.0, top, 0);
	}
	return INFINITY;
}

static void receive(struct cell *c, double w)
{
	if (c->kind == DELTA)
		c->y[V] += c->held ? 0.0 : w;
	else if (c->kind == EXPONENTIAL)
		c->y[w < 0.0 ? I_IN : I_EX] += w;
	else
		c->y[w < 0.0 ? A_IN : A_EX] += exp(1.0) * w;
}

/** All spikes up to t_stop under n arrivals; returns how many. */
static size_t run_oracle(struct cell *c, size_t n, const double *times, const double *weights, double t_stop,
	double *ret_spikes)
{
	size_t n_spikes = 0, next = 0;
	double until = 0.0; /* end of refractoriness */
	double scale[N_Y] = {1.0, 1.0, 1.0, 1.0, 1.0};
	const gsl_odeiv2_system system = {flow, NULL, N_Y, c};
	c->driver = gsl_odeiv2_driver_alloc_scaled_new(
		&system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-13, 1e-13, 1.0, 0.0, scale);
	for (c->t = 0.0; c->t < t_stop && n_spikes < MAX_SPIKES;) {
		double end = fmin(t_stop, c->t + MAX_STEP), y[N_Y];
		if (next < n)
			end = fmin(end, times[next]);
		if (c->held)
			end = fmin(end, until);
		const double crossing = c->held ? (double)INFINITY : find_crossing(c, end - c->t);
		const double h = fmin(end - c->t, crossing);
		step(c, h, y);
		memcpy(c->y, y, sizeof y);
		c->t = crossing <= end - c->t ? c->t + h : end;
		int fires = crossing <= h;
		if (c->held && c->t >= until)
			c->held = 0;
		while (!fires && next < n && times[next] <= c->t) {
			receive(c, weights[next++]);
			fires = !c->held && c->y[V] >= c->V_th;
		}
		if (fires) {
			ret_spikes[n_spikes++] = c->t;
			c->y[V] = c->V_reset;
			c->held = c->t_ref > 0.0;
			until = c->t + c->t_ref;
		}
	}
	gsl_odeiv2_driver_free(c->driver);
	return n_spikes;
}

/** The same with the model. */
static size_t run_model(struct probe *p, size_t n, const double *times, const double *weights, double t_stop,
	double *ret_spikes)
{
	const struct spk_neuron_model *m = p->model;
	struct spk_rng rng = spk_rng_stream(1, SPK_RNG_TEST, 0, 0);
	size_t n_spikes = 0;
	double t = 0.0;
	for (size_t next = 0; next <= n && n_spikes < MAX_SPIKES;) {
		const double end = next < n ? times[next] : t_stop, wait = m->next_spike(p->st, p->par, &rng);
		if (t + wait <= end) {
			m->advance(p->st, p->par, wait);
			m->fire(p->st, p->par);
			ret_spikes[n_spikes++] = t += wait;
			continue;
		}
		m->advance(p->st, p->par, end - t);
		t = end;
		if (next < n)
			m->receive(p->st, p->par, weights[next]);
		next++;
	}
	return n_spikes;
}

static struct cell make_cell(struct probe *p)
{
	struct cell c = {.kind = strcmp(p->model->name, "lif_delta") == 0 ? DELTA
				 : strcmp(p->model->name, "lif_exp") == 0 ? EXPONENTIAL
									  : ALPHA,
		.tau_m = probe_get(p, "tau_m"),
		.C_m = probe_get(p, "C_m"),
		.E_L = probe_get(p, "E_L"),
		.V_th = probe_get(p, "V_th"),
		.V_reset = probe_get(p, "V_reset"),
		.t_ref = probe_get(p, "t_ref"),
		.I_e = probe_get(p, "I_e"),
		.tau_ex = 1.0,
		.tau_in = 1.0};
	if (c.kind != DELTA) {
		c.tau_ex = probe_get(p, "tau_syn_ex");
		c.tau_in = probe_get(p, "tau_syn_in");
	}
	c.y[V] = p->st[SPK_V_M];
	return c;
}

/** Run both; returns the number of spikes, which all agree. */
static size_t compare(struct probe *p, size_t n, const double *times, const double *weights, double t_stop,
	double tolerance)
{
	static double want[MAX_SPIKES], got[MAX_SPIKES];
	struct cell c = make_cell(p);
	const size_t n_want = run_oracle(&c, n, times, weights, t_stop, want);
	const size_t n_got = run_model(p, n, times, weights, t_stop, got);
	CHECK(n_got == n_want);
	for (size_t k = 0; k < n_want && k < n_got; k++)
		if (!CHECK_ABS(got[k], want[k], tolerance, WHY))
			break;
	return n_want;
}

/** Poisson arrivals at `rate` (1/ms), n at most; weights of both signs around `size`. */
static size_t make_train(uint64_t *seed, double rate, double t_stop, double size, size_t n_max,
	double *ret_times, double *ret_weights)
{
	size_t n = 0;
	for (double t = 0.0; n < n_max; n++) {
		t -= log(1.0 - test_uniform(seed, 0.0, 1.0)) / rate;
		if (t >= t_stop)
			break;
		ret_times[n] = t;
		ret_weights[n] = size * (test_random(seed) % 10 < 7 ? test_uniform(seed, 0.2, 1.5)
								    : -test_uniform(seed, 0.2, 1.5));
	}
	return n;
}

/** A weight whose arrival moves V by about x mV. */
static double weight_of(const struct probe *p, double x)
{
	if (p->model->weight_dim == SPK_DIM_VOLTAGE)
		return x;
	const double tau = probe_get(p, "tau_syn_ex"), ratio = tau / probe_get(p, "tau_m");
	return x * probe_get(p, "C_m") / tau * (1.0 + 2.0 * ratio) /
	       (strcmp(p->model->name, "lif_alpha") == 0 ? exp(1.0) : 1.0);
}

static int is_deterministic(const struct spk_neuron_model *m)
{
	return probe_find(m->params, m->n_params, "rho_0") == m->n_params;
}

#define N_ARRIVALS 2000

/** One random train into p; returns the number of spikes. */
static size_t drive(struct probe *p, uint64_t *seed, double t_stop)
{
	static double times[N_ARRIVALS], weights[N_ARRIVALS];
	const double rate = test_uniform(seed, 0.3, 2.0);
	const size_t n =
		make_train(seed, rate, t_stop, weight_of(p, 3.0 / sqrt(rate)), N_ARRIVALS, times, weights);
	return compare(p, n, times, weights, t_stop, 1e-9);
}

static void random_trains(void)
{
	FOR_EACH_NEURON(m)
	{
		if (!is_deterministic(m))
			continue;
		size_t n_spikes = 0;
		PROPERTY(12, seed)
		{
			struct probe p = probe_default(m);
			probe_set(&p, "tau_m", test_uniform(&seed, 3.0, 40.0));
			if (probe_has(&p, "tau_syn_ex")) {
				probe_set(&p, "tau_syn_ex", exp(test_uniform(&seed, log(0.3), log(20.0))));
				probe_set(&p, "tau_syn_in", exp(test_uniform(&seed, log(0.3), log(20.0))));
			}
			probe_set(&p, "C_m", test_uniform(&seed, 50.0, 500.0));
			probe_set(&p, "E_L", -65.0);
			probe_set(&p, "V_th", -50.0);
			probe_set(&p, "V_reset", -65.0 + test_uniform(&seed, -5.0, 12.0));
			probe_set(&p, "t_ref",
				test_random(&seed) % 3 == 0 ? 0.0 : test_uniform(&seed, 0.2, 4.0));
			probe_set(&p, "I_e", test_uniform(&seed, -3.0, 16.0) * p.par[1] / p.par[0]);
			probe_ready(&p);
			n_spikes += drive(&p, &seed, 300.0);
		}
		if (!getenv("SPK_TEST_SEED"))
			CHECK(n_spikes > 100);
		printf("# %s: %zu spikes compared\n", m->name, n_spikes);
	}
}

static void coinciding_time_constants(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		if (!is_deterministic(m) || !probe_has(&p, "tau_syn_ex"))
			continue;
		size_t n_spikes = 0;
		for (int k = 0; k <= 16; k++) {
			uint64_t seed = 100 + (uint64_t)k;
			const double gap = k == 16 ? 0.0 : pow(10.0, -k);
			p = probe_default(m);
			probe_set(&p, "tau_m", 8.0);
			probe_set(&p, "tau_syn_ex", 8.0 * (1.0 + gap));
			probe_set(&p, "tau_syn_in", k % 2 ? 8.0 : 8.0 * (1.0 + 0.5 * gap));
			probe_set(&p, "I_e", 0.8 * 20.0 * 250.0 / 8.0);
			probe_ready(&p);
			n_spikes += drive(&p, &seed, 100.0);
		}
		CHECK(n_spikes > 50);
		printf("# %s: %zu spikes compared\n", m->name, n_spikes);
	}
}

static void constant_drive_above_threshold(void)
{
	FOR_EACH_NEURON(m)
	{
		if (!is_deterministic(m))
			continue;
		for (int k = 0; k < 2; k++) {
			struct probe p = probe_default(m);
			probe_set(&p, "t_ref", k == 0 ? 0.0 : 2.0);
			probe_set(&p, "I_e", 300.0);
			probe_ready(&p);
			CHECK(compare(&p, 0, NULL, NULL, 500.0, 1e-9) > 10);
		}
	}
}

/** A fast excitation met at once by a fast inhibition: V rises above V_th for microseconds, or almost. */
static void short_excursions(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		if (!is_deterministic(m) || !probe_has(&p, "tau_syn_ex"))
			continue;
		size_t n_spikes = 0;
		PROPERTY(100, seed)
		{
			p = probe_default(m);
			probe_set(&p, "tau_syn_ex", 0.05);
			probe_set(&p, "tau_syn_in", 0.08);
			probe_set(&p, "t_ref", 0.0);
			probe_set(&p, "V_reset", 19.0);
			probe_ready(&p);
			p.st[SPK_V_M] = p.st[SPK_U] = 19.99;
			const double w = test_uniform(&seed, 0.03, 0.25) * 250.0 / 0.05;
			const double times[] = {0.01, 0.01 + test_uniform(&seed, 0.0, 0.06)};
			const double weights[] = {w, -w * test_uniform(&seed, 0.5, 1.5)};
			n_spikes += compare(&p, 2, times, weights, 5.0, 1e-9);
		}
		if (!getenv("SPK_TEST_SEED"))
			CHECK(n_spikes > 20 && n_spikes < 80);
		printf("# %s: %zu spikes compared\n", m->name, n_spikes);
	}
}

TEST_MAIN(TEST(random_trains), TEST(coinciding_time_constants), TEST(constant_drive_above_threshold),
	TEST(short_excursions))
