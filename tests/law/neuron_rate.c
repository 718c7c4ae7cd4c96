/*
 * Transfer functions: the rate at constant u against the model's own spikes, against quadrature, and its
 * slope against differences.
 */
#include "tests/neuron_probe.h"

#include <gsl/gsl_integration.h>

static int is_stochastic(const struct spk_neuron_model *m)
{
	return probe_find(m->params, m->n_params, "rho_0") < m->n_params;
}

/** A neuron of random parameters whose u rests at a given distance from the threshold. */
static struct probe probe_at(const struct spk_neuron_model *m, uint64_t *seed, double beyond, double *ret_u)
{
	struct probe p = probe_random(m, seed);
	*ret_u = probe_get(&p, "V_th") + beyond;
	probe_set(&p, "E_L", *ret_u);
	probe_set(&p, "I_e", 0.0);
	if (is_stochastic(m)) {
		probe_set(&p, "rho_0", exp(test_uniform(seed, log(1.0), log(2000.0))));
		probe_set(&p, "Delta_u", exp(test_uniform(seed, log(0.1), log(10.0))));
	}
	for (size_t k = 0; k < m->n_states; k++)
		p.st[k] = k <= SPK_U_BAR ? (double)NAN : 0.0;
	probe_ready(&p);
	return p;
}

/** Mean and standard error of n intervals between spikes, from the model's own hooks. */
static void measure(struct probe *p, int n, uint64_t seed, double *ret_mean, double *ret_se)
{
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_TEST, 0, 0);
	double sum = 0.0, squares = 0.0;
	p->model->fire(p->st, p->par);
	for (int k = 0; k < n; k++) {
		const double wait = p->model->next_spike(p->st, p->par, &rng);
		p->model->advance(p->st, p->par, wait);
		p->model->fire(p->st, p->par);
		sum += wait;
		squares += wait * wait;
	}
	*ret_mean = sum / n;
	*ret_se = sqrt(fmax(0.0, squares / n - *ret_mean * *ret_mean) / n);
}

static void the_rate_is_that_of_the_spikes(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(40, seed)
	{
		double u, mean, se;
		struct probe p = probe_at(m, &seed, test_uniform(&seed, 0.001, 30.0), &u);
		measure(&p, is_stochastic(m) ? 2000 : 20, seed, &mean, &se);
		CHECK_ABS(1e3 / m->rate(p.par, u), mean, 4.5 * se + 1e-9 * mean,
			"4.5 standard errors; crossings to 1e-10 ms");
		CHECK_ABS(p.st[SPK_U], u, 1e-9 * (1.0 + fabs(u)), "u is held");
	}
}

static void a_stochastic_neuron_also_fires_below_threshold(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(20, seed)
	{
		double u, mean, se;
		struct probe p = probe_at(m, &seed, test_uniform(&seed, -10.0, 0.0), &u);
		if (!is_stochastic(m)) {
			CHECK(m->rate(p.par, u) == 0.0 && m->rate_slope(p.par, u) == 0.0);
			continue;
		}
		probe_set(&p, "Delta_u", test_uniform(&seed, 1.0, 5.0));
		probe_ready(&p);
		measure(&p, 2000, seed, &mean, &se);
		CHECK_ABS(1e3 / m->rate(p.par, u), mean, 4.5 * se, "4.5 standard errors");
	}
}

/** The survivor function at constant u, every integral by GSL. */
struct survivor {
	double u, V_reset, V_th, tau_m, rho_0, Delta_u;
	gsl_integration_workspace *work;
};

static double hazard(double t, void *context)
{
	const struct survivor *s = context;
	const double v = s->u + (s->V_reset - s->u) * exp(-t / s->tau_m);
	return 1e-3 * s->rho_0 * exp((v - s->V_th) / s->Delta_u);
}

static double survive(double t, void *context)
{
	struct survivor *s = context;
	gsl_function f = {hazard, s};
	double sum = 0.0, error;
	if (t > 0.0)
		CHECK(gsl_integration_qag(
			      &f, 0.0, t, 1e-14, 1e-13, 1000, GSL_INTEG_GAUSS31, s->work, &sum, &error) == 0);
	return exp(-sum);
}

/** Interval without refractoriness: panels up to where the hazard is constant, and the exponential rest. */
static double quadrature(struct survivor *s)
{
	const double settled = 45.0 * s->tau_m + s->tau_m * fabs(log(fabs((s->V_reset - s->u) / s->Delta_u)));
	gsl_integration_workspace *outer = gsl_integration_workspace_alloc(1000);
	gsl_function f = {survive, s};
	double sum = 0.0, part, error;
	s->work = gsl_integration_workspace_alloc(1000);
	for (int k = 0; k < 16; k++) {
		CHECK(gsl_integration_qag(&f, settled * k / 16, settled * (k + 1) / 16, 1e-14 * settled,
			      1e-12, 1000, GSL_INTEG_GAUSS31, outer, &part, &error) == 0);
		sum += part;
	}
	sum += survive(settled, s) / hazard(settled, s);
	gsl_integration_workspace_free(s->work);
	gsl_integration_workspace_free(outer);
	return sum;
}

static void escape_rates_match_quadrature(void)
{
	const struct spk_neuron_model *m = spk_find_neuron("lif_escape");
	PROPERTY(60, seed)
	{
		double u;
		struct probe p = probe_at(m, &seed, test_uniform(&seed, -30.0, 40.0), &u);
		const double t_ref = probe_get(&p, "t_ref");
		struct survivor s = {u, probe_get(&p, "V_reset"), probe_get(&p, "V_th"),
			probe_get(&p, "tau_m"), probe_get(&p, "rho_0"), probe_get(&p, "Delta_u"), NULL};
		CHECK_REL(1e3 / m->rate(p.par, u), t_ref + quadrature(&s), 2e-11, "1e-11 each");
	}
}

static void the_slope_is_the_derivative(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(200, seed)
	{
		double u;
		const double beyond = is_stochastic(m) ? test_uniform(&seed, -30.0, 40.0)
						       : exp(test_uniform(&seed, log(1e-3), log(50.0)));
		struct probe p = probe_at(m, &seed, beyond, &u);
		const double scale = is_stochastic(m) ? fmin(1.0, probe_get(&p, "Delta_u")) : beyond;
		const double h = 2e-3 * scale, *par = p.par;
		const double slope = (8.0 * (m->rate(par, u + h) - m->rate(par, u - h)) -
					     (m->rate(par, u + 2 * h) - m->rate(par, u - 2 * h))) /
				     (12.0 * h);
		/* 4th order: h^4 times a fifth derivative of some 24 / scale^4 of the slope; ulps of u and
		 * rate */
		const double noise = 1e-11 * m->rate(par, u) / h + 1e-13 * fabs(slope) / h;
		CHECK_ABS(m->rate_slope(par, u), slope, 2e-8 * fabs(slope) + noise, "difference quotient");
		CHECK(m->rate_slope(par, u) >= 0.0);
	}
}

static void extreme_drives_stay_finite(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(50, seed)
	{
		static const double far[] = {-1e300, -1e6, -1e3, 0.0, 1e3, 1e6, 1e12};
		double u;
		struct probe p = probe_at(m, &seed, 0.0, &u);
		const double t_ref = probe_get(&p, "t_ref");
		double last = 0.0;
		for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
			const double rate = m->rate(p.par, u + far[k]),
				     slope = m->rate_slope(p.par, u + far[k]);
			CHECK(isfinite(rate) && rate >= last && isfinite(slope) && slope >= 0.0);
			CHECK(rate * t_ref <= 1000.0 * (1.0 + 1e-12));
			last = rate;
		}
		if (is_stochastic(m))
			continue;
		CHECK(m->rate(p.par, u) == 0.0 && m->rate_slope(p.par, u) == 0.0);
		const double above = nextafter(u, INFINITY);
		CHECK(m->rate(p.par, above) > 0.0 && m->rate_slope(p.par, above) > 1e6);
		probe_set(&p, "V_th", 0.0);
		probe_set(&p, "V_reset", -10.0);
		probe_ready(&p);
		CHECK(isfinite(m->rate(p.par, 5e-324)) && isfinite(m->rate_slope(p.par, 5e-324)));
	}
}

static void a_hard_threshold_is_the_limit_of_a_soft_one(void)
{
	struct probe soft = probe_default(spk_find_neuron("lif_escape"));
	struct probe hard = probe_default(spk_find_neuron("lif_delta"));
	probe_set(&soft, "rho_0", 1e5);
	probe_set(&soft, "Delta_u", 1e-3);
	probe_ready(&soft);
	probe_ready(&hard);
	for (double u = 21.0; u < 60.0; u += 1.7)
		CHECK_REL(soft.model->rate(soft.par, u), hard.model->rate(hard.par, u), 2e-3,
			"Delta_u over the distance to threshold, some e-folds of the hazard");
	CHECK(soft.model->rate(soft.par, 19.9) < 1e-30);
}

static void a_hazard_of_zero_never_fires(void)
{
	struct probe p = probe_default(spk_find_neuron("lif_escape"));
	probe_set(&p, "rho_0", 0.0);
	probe_ready(&p);
	CHECK(p.model->rate(p.par, 50.0) == 0.0 && p.model->rate_slope(p.par, 50.0) == 0.0);
}

TEST_MAIN(TEST(the_rate_is_that_of_the_spikes), TEST(a_stochastic_neuron_also_fires_below_threshold),
	TEST(escape_rates_match_quadrature), TEST(the_slope_is_the_derivative),
	TEST(extreme_drives_stay_finite), TEST(a_hard_threshold_is_the_limit_of_a_soft_one),
	TEST(a_hazard_of_zero_never_fires))
