/*
 * lif_escape: the distribution of its spike times against the integrated hazard.
 *
 * If t is drawn with hazard rho, then 1 - exp(-integral of rho up to t) is uniform; the integral is taken by
 * GSL quadrature, and uniformity is tested by Kolmogorov and Smirnov's statistic at fixed seeds.
 */
#include "tests/neuron_probe.h"

#include <gsl/gsl_integration.h>

#define N_DRAWS 4000
/* D sqrt(n) above this has probability 2 exp(-2 * 1.95^2) = 1e-3 */
#define KS_LIMIT 1.95

struct hazard {
	double v, v_inf, tau_m, V_th, rho_0, Delta_u, wait;
};

static double rho(double t, void *context)
{
	const struct hazard *h = context;
	const double v = h->v_inf + (h->v - h->v_inf) * exp(-t / h->tau_m);
	return 1e-3 * h->rho_0 * exp((v - h->V_th) / h->Delta_u);
}

/** Probability of a spike up to time t. */
static double cumulative(const struct hazard *h, double t, gsl_integration_workspace *work)
{
	if (t <= h->wait)
		return 0.0;
	gsl_function f = {rho, (void *)h};
	const double settled = 40.0 * h->tau_m, end = fmin(t - h->wait, settled);
	double sum, error;
	CHECK(gsl_integration_qag(&f, 0.0, end, 1e-10, 1e-8, 1000, GSL_INTEG_GAUSS31, work, &sum, &error) ==
		0);
	sum += fmax(t - h->wait - settled, 0.0) * rho(settled, (void *)h);
	return -expm1(-sum);
}

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double ks_statistic(double *u, size_t n)
{
	double d = 0.0;
	qsort(u, n, sizeof *u, compare_doubles);
	for (size_t k = 0; k < n; k++)
		d = fmax(d, fmax((double)(k + 1) / (double)n - u[k], u[k] - (double)k / (double)n));
	return d;
}

/** Draw N_DRAWS next spikes from one state and test them; returns random blocks used per draw. */
static double try_state(struct hazard h, uint64_t id)
{
	static double u[N_DRAWS];
	struct probe p = probe_default(spk_find_neuron("lif_escape"));
	probe_set(&p, "tau_m", h.tau_m);
	probe_set(&p, "V_th", h.V_th);
	probe_set(&p, "V_reset", h.V_th - 10.0);
	probe_set(&p, "rho_0", h.rho_0);
	probe_set(&p, "Delta_u", h.Delta_u);
	probe_set(&p, "E_L", h.v_inf);
	probe_ready(&p);
	p.st[SPK_V_M] = h.v;
	p.st[SPK_REFRACTORY] = h.wait;
	gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
	struct spk_rng rng = spk_rng_stream(7, SPK_RNG_TEST, 0, id);
	for (size_t k = 0; k < N_DRAWS; k++) {
		const double t = p.model->next_spike(p.st, p.par, &rng);
		CHECK(t >= h.wait && isfinite(t));
		u[k] = cumulative(&h, t, work);
	}
	gsl_integration_workspace_free(work);
	CHECK_ABS(ks_statistic(u, N_DRAWS) * sqrt(N_DRAWS), 0.0, KS_LIMIT, "Kolmogorov-Smirnov at 1e-3");
	return (double)rng.draw / N_DRAWS;
}

static void spike_times_follow_the_hazard(void)
{
	static const struct hazard cases[] = {
		{15.0, 15.0, 20.0, 20.0, 100.0, 2.0, 0.0},  /* constant */
		{0.0, 19.0, 20.0, 20.0, 200.0, 2.0, 0.0},   /* rising */
		{0.0, 40.0, 10.0, 20.0, 1000.0, 0.5, 0.0},  /* rising through the threshold */
		{22.0, 14.0, 20.0, 20.0, 50.0, 2.0, 0.0},   /* falling: most spikes early, the rest late */
		{30.0, 12.0, 5.0, 20.0, 1.0, 3.0, 0.0},     /* falling from far above */
		{-50.0, -45.0, 20.0, -50.0, 5.0, 1.0, 3.5}, /* refractory first */
		{0.0, 60.0, 20.0, 20.0, 5000.0, 0.05, 2.0}, /* almost deterministic */
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
		CHECK(try_state(cases[k], k) < 40.0); /* random blocks: thinning wastes few proposals */
}

static void rate_at_constant_potential(void)
{
	struct probe p = probe_default(spk_find_neuron("lif_escape"));
	probe_set(&p, "E_L", 18.0);
	probe_set(&p, "t_ref", 0.0);
	probe_set(&p, "V_reset", 18.0);
	probe_set(&p, "rho_0", 50.0);
	probe_set(&p, "Delta_u", 2.0);
	probe_ready(&p);
	struct spk_rng rng = spk_rng_stream(7, SPK_RNG_TEST, 0, 100);
	double t = 0.0;
	const int n = 20000;
	for (int k = 0; k < n; k++) {
		const double wait = p.model->next_spike(p.st, p.par, &rng);
		p.model->advance(p.st, p.par, wait);
		p.model->fire(p.st, p.par);
		t += wait;
	}
	CHECK_REL(1e3 * n / t, 50.0 * exp(-1.0), 4.0 / sqrt(n), "4 standard errors");
}

static void far_above_threshold_it_fires_at_once(void)
{
	struct probe p = probe_default(spk_find_neuron("lif_escape"));
	probe_set(&p, "Delta_u", 1e-3);
	probe_ready(&p);
	p.st[SPK_V_M] = 25.0;
	struct spk_rng rng = spk_rng_stream(7, SPK_RNG_TEST, 0, 101);
	CHECK(p.model->next_spike(p.st, p.par, &rng) < 1e-100);
}

/** Delta_u -> 0 is lif_delta: the drawn time comes to its crossing. */
static void sharp_threshold_is_lif_delta(void)
{
	struct spk_rng rng = spk_rng_stream(7, SPK_RNG_TEST, 0, 102);
	struct probe sharp = probe_default(spk_find_neuron("lif_escape"));
	struct probe delta = probe_default(spk_find_neuron("lif_delta"));
	probe_set(&sharp, "Delta_u", 1e-4);
	probe_set(&sharp, "I_e", 400.0);
	probe_set(&delta, "I_e", 400.0);
	probe_ready(&sharp);
	probe_ready(&delta);
	const double want = delta.model->next_spike(delta.st, delta.par, &rng);
	for (int k = 0; k < 100; k++)
		CHECK_ABS(sharp.model->next_spike(sharp.st, sharp.par, &rng), want, 5e-3,
			"hazard grows e-fold in 1e-4 mV at 0.6 mV/ms; 1e3 times rho_0 in 1.2e-3 ms");
}

TEST_MAIN(TEST(spike_times_follow_the_hazard), TEST(rate_at_constant_potential),
	TEST(far_above_threshold_it_fires_at_once), TEST(sharp_threshold_is_lif_delta))
