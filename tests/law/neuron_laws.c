/* Laws that every neuron model in the registry obeys. */
#include "tests/neuron_probe.h"

#include <gsl/gsl_integration.h>

#define N_CASES 300
#define WHY_FLOW "a few exponentials and sums, each within an ulp"

static struct spk_rng stream(void)
{
	return spk_rng_stream(1, SPK_RNG_TEST, 0, 0);
}

static int is_stochastic(const struct spk_neuron_model *m)
{
	return probe_find(m->params, m->n_params, "rho_0") < m->n_params;
}

static double random_dt(uint64_t *seed)
{
	return pow(10.0, test_uniform(seed, -4.0, 2.0));
}

static void the_registry_is_in_order(void)
{
	const char *last = "";
	FOR_EACH_NEURON(m)
	{
		CHECK(strcmp(last, m->name) < 0);
		CHECK(spk_find_neuron(m->name) == m);
		CHECK(m->n_params + m->n_derived <= PROBE_MAX && m->n_states <= PROBE_MAX);
		CHECK(m->n_states >= SPK_N_COMMON_STATES);
		CHECK_STR(m->states[SPK_V_M].name, "V_m");
		CHECK_STR(m->states[SPK_U].name, "u");
		CHECK_STR(m->states[SPK_U_BAR].name, "u_bar");
		CHECK_STR(m->states[SPK_I_EXT].name, "I_ext");
		CHECK_STR(m->states[SPK_REFRACTORY].name, "refractory");
		CHECK(m->summary[0] && m->equations[0] && m->refs[0]);
		for (size_t k = 0; m->refs[k]; k++)
			CHECK(spk_find_reference(m->refs[k]) != NULL);
		last = m->name;
	}
	CHECK(spk_find_neuron("no such model") == NULL);
	CHECK(spk_find_reference("nobody1900") == NULL);
	for (size_t k = 1; spk_references[k].key; k++)
		CHECK(strcmp(spk_references[k - 1].key, spk_references[k].key) < 0);
}

static void parameters_are_checked(void)
{
	FOR_EACH_NEURON(m)
	{
		struct spk_error err;
		for (size_t k = 0; k < m->n_params; k++) {
			const struct spk_field *f = &m->params[k];
			CHECK(f->doc[0] && f->def >= f->lo && f->def <= f->hi &&
				!(f->lo_open && f->def == f->lo));
			struct probe p = probe_default(m);
			const double bad[] = {NAN, INFINITY, -INFINITY,
				isfinite(f->lo) ? f->lo - 1e-9 : (double)NAN,
				f->lo_open ? f->lo : (double)NAN};
			for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
				p.par[k] = bad[i];
				err = (struct spk_error){0};
				CHECK(m->derive(p.par, &err) == SPK_E_INVALID && strstr(err.text, f->name));
			}
		}
		struct probe p = probe_default(m);
		probe_set(&p, "V_reset", probe_get(&p, "V_th"));
		CHECK(m->derive(p.par, &err) == SPK_E_INVALID && strstr(err.text, "V_reset"));
		p = probe_default(m);
		probe_set(&p, "t_ref", 0.0);
		CHECK(m->derive(p.par, &err) == SPK_OK);
	}
}

static void states_start_at_rest(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		probe_set(&p, "E_L", -3.0);
		probe_ready(&p);
		CHECK(p.st[SPK_V_M] == -3.0 && p.st[SPK_U] == -3.0 && p.st[SPK_U_BAR] == -3.0);
		for (size_t k = SPK_I_EXT; k < m->n_states; k++)
			CHECK(p.st[k] == 0.0);
		p = probe_default(m);
		p.st[SPK_V_M] = 7.0;
		probe_ready(&p);
		CHECK(p.st[SPK_V_M] == 7.0 && p.st[SPK_U] == 7.0 && p.st[SPK_U_BAR] == 7.0);
	}
}

static void advance_is_a_semigroup(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(N_CASES, seed)
	{
		const struct probe start = probe_random(m, &seed);
		struct probe once = start, twice = start;
		const double a = random_dt(&seed), b = random_dt(&seed);
		m->advance(once.st, once.par, a + b);
		m->advance(twice.st, twice.par, a);
		m->advance(twice.st, twice.par, b);
		for (size_t k = 0; k < m->n_states; k++)
			if (k != SPK_REFRACTORY)
				CHECK_ABS(twice.st[k], once.st[k], 1e-13 * probe_scale(&start, k), WHY_FLOW);
		CHECK_ABS(twice.st[SPK_REFRACTORY], once.st[SPK_REFRACTORY], 1.1e-11, "its resolution");
		m->advance(once.st, once.par, 0.0);
	}
}

static void silence_stays_silent(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		probe_set(&p, "E_L", -65.0);
		probe_set(&p, "V_th", -50.0);
		probe_set(&p, "V_reset", -60.0);
		if (probe_has(&p, "rho_0"))
			probe_set(&p, "rho_0", 0.0);
		probe_ready(&p);
		struct spk_rng rng = stream();
		CHECK(isinf(m->next_spike(p.st, p.par, &rng)));
		m->advance(p.st, p.par, 1e6);
		CHECK(p.st[SPK_V_M] == -65.0 && p.st[SPK_U] == -65.0 && p.st[SPK_U_BAR] == -65.0);
		/* at rheobase V_m approaches V_th for ever */
		p.st[SPK_I_EXT] = 15.0 * probe_get(&p, "C_m") / probe_get(&p, "tau_m");
		if (!is_stochastic(m))
			CHECK(isinf(m->next_spike(p.st, p.par, &rng)));
	}
}

/** Largest V_m on a fine grid of (0, end]; end < INFINITY. */
static double highest(const struct probe *start, double end, int n)
{
	double top = -INFINITY;
	for (int k = 1; k <= n; k++) {
		struct probe p = *start;
		p.model->advance(p.st, p.par, end * k / n);
		top = fmax(top, p.st[SPK_V_M]);
	}
	return top;
}

static void a_predicted_spike_is_the_first_crossing(void)
{
	FOR_EACH_NEURON(m)
	{
		if (is_stochastic(m))
			continue;
		int n_spikes = 0, n_none = 0, n_quiet = 0;
		PROPERTY(2 * N_CASES, seed)
		{
			const struct probe p = probe_random(m, &seed);
			const double V_th = probe_get(&p, "V_th"), scale = probe_scale(&p, SPK_V_M);
			struct spk_rng rng = stream();
			const double t = m->next_spike(p.st, p.par, &rng);
			CHECK(t >= 0.0);
			if (m->quiet) {
				const double quiet = m->quiet(p.st, p.par);
				CHECK(quiet >= 0.0 && quiet <= t);
				n_quiet += quiet > 0.0;
			}
			if (isinf(t)) {
				n_none++;
				CHECK(highest(&p, 20.0, 400) < V_th && highest(&p, 500.0, 400) < V_th);
				continue;
			}
			n_spikes++;
			struct probe at = p;
			m->advance(at.st, at.par, t);
			CHECK_ABS(at.st[SPK_V_M], V_th, 1e-12 * scale,
				"time to 1e-12 ms, slope below scale per ms");
			CHECK(at.st[SPK_REFRACTORY] == 0.0);
			CHECK(highest(&p, t - 1e-9, 400) < V_th + 1e-14 * scale);
			m->fire(at.st, at.par);
			CHECK(at.st[SPK_V_M] == probe_get(&p, "V_reset"));
			CHECK(at.st[SPK_REFRACTORY] == probe_get(&p, "t_ref"));
			CHECK(m->next_spike(at.st, at.par, &rng) >= probe_get(&p, "t_ref"));
		}
		if (!getenv("SPK_TEST_SEED"))
			CHECK(n_spikes > 20 && n_none > 100 && (!m->quiet || n_quiet > 100));
		printf("# %s: %d spikes, %d times none\n", m->name, n_spikes, n_none);
	}
}

static void threshold_now_means_a_spike_now(void)
{
	FOR_EACH_NEURON(m)
	{
		if (is_stochastic(m))
			continue;
		struct probe p = probe_default(m);
		struct spk_rng rng = stream();
		probe_ready(&p);
		p.st[SPK_V_M] = probe_get(&p, "V_th");
		CHECK(m->next_spike(p.st, p.par, &rng) == 0.0);
		p.st[SPK_V_M] += 1.0;
		CHECK(m->next_spike(p.st, p.par, &rng) == 0.0);
		p.st[SPK_REFRACTORY] = 0.5;
		CHECK(m->next_spike(p.st, p.par, &rng) == 0.5);
	}
}

static void u_is_V_without_spikes(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(20, seed)
	{
		struct probe p = probe_default(m);
		probe_set(&p, "V_th", 1e9);
		probe_ready(&p);
		for (int k = 0; k < 50; k++) {
			m->receive(p.st, p.par, test_uniform(&seed, -300.0, 300.0));
			m->advance(p.st, p.par, random_dt(&seed));
			CHECK(p.st[SPK_U] == p.st[SPK_V_M]);
		}
	}
}

static void refractoriness_holds_V_but_not_u(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		probe_ready(&p);
		m->fire(p.st, p.par);
		m->receive(p.st, p.par, 5.0);
		m->advance(p.st, p.par, 0.75 * probe_get(&p, "t_ref"));
		CHECK(p.st[SPK_V_M] == probe_get(&p, "V_reset"));
		CHECK(p.st[SPK_U] > 0.0);
		/* 1 - 0.1 - ... - 0.1 leaves 1e-16: the end of refractoriness is still its end */
		struct probe q = probe_default(m);
		probe_set(&q, "t_ref", 1.0);
		probe_ready(&q);
		m->fire(q.st, q.par);
		for (int k = 0; k < 10; k++)
			m->advance(q.st, q.par, 0.1);
		CHECK(q.st[SPK_REFRACTORY] == 0.0);
	}
}

static void u_slope_is_the_derivative_of_u(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(N_CASES, seed)
	{
		const struct probe start = probe_random(m, &seed);
		const double h = 1e-3 * fmin(probe_get(&start, "tau_m"), 0.5);
		struct probe one = start, two = start;
		m->advance(one.st, one.par, h);
		m->advance(two.st, two.par, 2.0 * h);
		const double slope =
			(4.0 * one.st[SPK_U] - two.st[SPK_U] - 3.0 * start.st[SPK_U]) / (2.0 * h);
		CHECK_ABS(m->u_slope(start.st, start.par), slope, 1e-4 * probe_scale(&start, SPK_U),
			"one-sided difference: h^2/3 times the third derivative");
	}
}

static void u_bar_follows_u(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(N_CASES, seed)
	{
		const struct probe start = probe_random(m, &seed);
		const double h = 1e-3 * fmin(probe_get(&start, "tau_u"), 0.5),
			     tau = probe_get(&start, "tau_u");
		struct probe one = start, two = start;
		m->advance(one.st, one.par, h);
		m->advance(two.st, two.par, 2.0 * h);
		const double slope = (two.st[SPK_U_BAR] - start.st[SPK_U_BAR]) / (2.0 * h);
		CHECK_ABS(tau * slope, one.st[SPK_U] - one.st[SPK_U_BAR], 1e-4 * probe_scale(&start, SPK_U),
			"central difference: h^2/6 times the third derivative");
	}
}

/** Integrand of the reference: exp(-s/tau) times dx/ds by parts, i.e. exp(-s/tau) (x(s) - x(0)) / tau. */
struct integrand {
	const struct probe *start;
	size_t state;
	double tau;
};

static double weigh(double s, void *context)
{
	const struct integrand *f = context;
	struct probe p = *f->start;
	p.model->advance(p.st, p.par, s);
	return exp(-s / f->tau) * (p.st[f->state] - f->start->st[f->state]) / f->tau;
}

/** Integral over dt of exp(-s/tau) dx(s), by parts and by quadrature; `knee`: where dx/ds may jump. */
static double quadrature(const struct probe *start, size_t state, double dt, double tau, double knee)
{
	struct integrand f = {start, state, tau};
	const gsl_function function = {weigh, &f};
	gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
	const double cut = knee > 0.0 && knee < dt ? knee : 0.0, parts[] = {0.0, cut, dt};
	double sum = 0.0;
	for (int k = cut > 0.0 ? 0 : 1; k < 2; k++) {
		double part, error;
		CHECK(gsl_integration_qag(&function, parts[k], parts[k + 1], 1e-11, 1e-11, 1000,
			      GSL_INTEG_GAUSS31, work, &part, &error) == 0);
		sum += part;
	}
	gsl_integration_workspace_free(work);
	struct probe end = *start;
	end.model->advance(end.st, end.par, dt);
	return sum + exp(-dt / tau) * (end.st[state] - start->st[state]);
}

static void filtered_change_is_the_integral(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(60, seed)
	{
		const struct probe p = probe_random(m, &seed);
		const double dt = pow(10.0, test_uniform(&seed, -2.0, 2.0));
		const double tau = test_random(&seed) % 4 ? pow(10.0, test_uniform(&seed, 0.0, 2.0))
							  : probe_get(&p, "tau_m");
		double dv, du;
		m->filtered_change(p.st, p.par, dt, tau, &dv, &du);
		const double scale = probe_scale(&p, SPK_U), knee = p.st[SPK_REFRACTORY];
		CHECK_ABS(dv, quadrature(&p, SPK_V_M, dt, tau, knee), 1e-10 * scale, "quadrature to 1e-11");
		CHECK_ABS(du, quadrature(&p, SPK_U, dt, tau, 0.0), 1e-10 * scale, "quadrature to 1e-11");
		double plain_dv, plain_du;
		struct probe end = p;
		m->advance(end.st, end.par, dt);
		m->filtered_change(p.st, p.par, dt, INFINITY, &plain_dv, &plain_du);
		CHECK_ABS(plain_dv, end.st[SPK_V_M] - p.st[SPK_V_M], 1e-13 * scale, WHY_FLOW);
		CHECK_ABS(plain_du, end.st[SPK_U] - p.st[SPK_U], 1e-13 * scale, WHY_FLOW);
	}
}

static double response_of_u(double t, void *context)
{
	struct probe p = *(const struct probe *)context;
	p.model->advance(p.st, p.par, t);
	return p.st[SPK_U] - p.model->u_rest(p.par);
}

static void psp_area_is_the_integral_of_a_response(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(30, seed)
	{
		struct probe p = probe_random(m, &seed);
		struct spk_error err;
		for (size_t k = 0; k < m->n_states; k++)
			p.st[k] = k == SPK_V_M || k == SPK_U || k == SPK_U_BAR ? m->u_rest(p.par) : 0.0;
		CHECK(m->derive(p.par, &err) == SPK_OK);
		struct probe later = p;
		m->advance(later.st, later.par, 1e3);
		CHECK_ABS(later.st[SPK_U], m->u_rest(p.par), 1e-13 * probe_scale(&p, SPK_U), WHY_FLOW);
		const double w = test_uniform(&seed, -300.0, 300.0);
		m->receive(p.st, p.par, w);
		const gsl_function function = {response_of_u, &p};
		gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
		double area, error;
		CHECK(gsl_integration_qag(&function, 0.0, 40.0 * 70.0, 0.0, 1e-9, 1000, GSL_INTEG_GAUSS31,
			      work, &area, &error) == 0);
		gsl_integration_workspace_free(work);
		CHECK_REL(m->psp_area(p.par, w), area, 1e-8, "quadrature to 1e-9");
	}
}

static void extreme_steps_stay_finite(void)
{
	static const double steps[] = {5e-324, 1e-300, 1e-18, 1e-9, 1e4, 1e9, 1e300};
	FOR_EACH_NEURON(m)
	PROPERTY(20, seed)
	{
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			struct probe p = probe_random(m, &seed);
			double dv, du;
			m->filtered_change(p.st, p.par, steps[k], 20.0, &dv, &du);
			m->advance(p.st, p.par, steps[k]);
			for (size_t i = 0; i < m->n_states; i++)
				CHECK(isfinite(p.st[i]));
			CHECK(isfinite(dv) && isfinite(du));
		}
	}
}

TEST_MAIN(TEST(the_registry_is_in_order), TEST(parameters_are_checked), TEST(states_start_at_rest),
	TEST(advance_is_a_semigroup), TEST(silence_stays_silent),
	TEST(a_predicted_spike_is_the_first_crossing), TEST(threshold_now_means_a_spike_now),
	TEST(u_is_V_without_spikes), TEST(refractoriness_holds_V_but_not_u),
	TEST(u_slope_is_the_derivative_of_u), TEST(u_bar_follows_u), TEST(filtered_change_is_the_integral),
	TEST(psp_area_is_the_integral_of_a_response), TEST(extreme_steps_stay_finite))
