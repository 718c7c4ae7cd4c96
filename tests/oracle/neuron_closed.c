/* Neuron models against closed forms: f-I curve, shape and peak of single responses, grazed thresholds. */
#include "tests/neuron_probe.h"

#define WHY_CLOSED "closed form in long double; the model is good to a few ulp"

static struct spk_rng no_draws(void)
{
	return spk_rng_stream(1, SPK_RNG_TEST, 0, 0);
}

/** Rate under constant current: 1 / (t_ref + tau_m log((V_inf - V_reset)/(V_inf - V_th))). */
static void rate_against_current(void)
{
	FOR_EACH_NEURON(m)
	{
		struct probe p = probe_default(m);
		if (probe_has(&p, "rho_0"))
			continue;
		for (double I = 200.0; I < 2000.0; I *= 1.09) {
			p = probe_default(m);
			probe_set(&p, "I_e", 0.25 * I);
			probe_set(&p, "V_reset", 10.0);
			probe_ready(&p);
			p.st[SPK_I_EXT] = 0.75 * I;
			p.st[SPK_V_M] = 10.0;
			const double V_inf = I * 20.0 / 250.0;
			const double want = V_inf > 20.0 ? 2.0 + 20.0 * log((V_inf - 10.0) / (V_inf - 20.0))
							 : (double)INFINITY;
			struct spk_rng rng = no_draws();
			double last = 0.0, t = m->next_spike(p.st, p.par, &rng);
			m->advance(p.st, p.par, isinf(t) ? 0.0 : t);
			for (int k = 0; k < 5 && !isinf(t); k++) {
				m->fire(p.st, p.par);
				last = m->next_spike(p.st, p.par, &rng);
				m->advance(p.st, p.par, last);
				CHECK_REL(last, want, 1e-13, WHY_CLOSED);
			}
			CHECK(isinf(t) == isinf(want));
		}
	}
}

/** Response of V to 1 pA of exponential current, tau_s != tau_m, in long double. */
static long double psp_exp(long double t, long double tau_m, long double tau_s, long double C)
{
	return tau_m * tau_s / (C * (tau_m - tau_s)) * (expl(-t / tau_m) - expl(-t / tau_s));
}

/** Response of V to an alpha current that peaks at 1 pA. */
static long double psp_alpha(long double t, long double tau_m, long double tau_s, long double C)
{
	const long double g = 1.0L / tau_s - 1.0L / tau_m;
	return expl(1.0L) / (tau_s * C) * (expl(-t / tau_m) - expl(-t / tau_s) * (1.0L + g * t)) / (g * g);
}

static void shape_of_single_responses(void)
{
	static const double synapses[] = {0.3, 2.0, 5.0, 33.0};
	for (size_t k = 0; k < sizeof synapses / sizeof *synapses; k++)
		for (int alpha = 0; alpha < 2; alpha++)
			for (int sign = -1; sign <= 1; sign += 2) {
				const double tau = synapses[k];
				struct probe p =
					probe_default(spk_find_neuron(alpha ? "lif_alpha" : "lif_exp"));
				probe_set(&p, sign > 0 ? "tau_syn_ex" : "tau_syn_in", tau);
				probe_set(&p, "V_th", 1e6);
				probe_ready(&p);
				p.model->receive(p.st, p.par, sign * 100.0);
				for (int i = 1; i <= 100; i++) {
					p.model->advance(p.st, p.par, 0.7);
					const long double t = 0.7L * i;
					const long double want =
						100.0L * sign *
						(alpha ? psp_alpha : psp_exp)(t, 20.0L, tau, 250.0L);
					CHECK_ABS(p.st[SPK_V_M], (double)want, 1e-13, WHY_CLOSED);
				}
			}
}

static void an_alpha_current_peaks_at_its_weight(void)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct probe p = probe_default(spk_find_neuron("lif_alpha"));
		probe_set(&p, "tau_syn_ex", 3.0);
		probe_set(&p, "tau_syn_in", 3.0);
		probe_ready(&p);
		p.model->receive(p.st, p.par, sign * 70.0);
		struct probe early = p, late = p;
		p.model->advance(p.st, p.par, 3.0);
		early.model->advance(early.st, early.par, 2.9);
		late.model->advance(late.st, late.par, 3.1);
		const char *name = sign > 0 ? "I_syn_ex" : "I_syn_in";
		CHECK_REL(*probe_state(&p, name), sign * 70.0, 1e-15, "normalisation e");
		CHECK(fabs(*probe_state(&early, name)) < 70.0 && fabs(*probe_state(&late, name)) < 70.0);
	}
}

static void time_of_the_highest_response(void)
{
	/* t* = log(tau_m/tau_s) tau_m tau_s / (tau_m - tau_s); a threshold just below the top is crossed
	 * before it */
	const double tau_m = 20.0, tau_s = 5.0, t_top = log(tau_m / tau_s) * tau_m * tau_s / (tau_m - tau_s);
	struct probe p = probe_default(spk_find_neuron("lif_exp"));
	probe_set(&p, "V_th", 15.0);
	probe_ready(&p);
	const double w = 15.0 / (double)psp_exp(t_top, tau_m, tau_s, 250.0L);
	p.model->receive(p.st, p.par, w * (1.0 + 1e-12));
	struct spk_rng rng = no_draws();
	CHECK_ABS(p.model->next_spike(p.st, p.par, &rng), t_top, 1e-4, "sqrt(2 * 1e-12 V / |V''|)");
}

/** The weight that makes a response from rest just touch V_th = 15 mV, by its numerically highest point. */
static long double touching_weight(int alpha, long double tau_m, long double tau_s, long double *ret_top)
{
	long double lo = 0.0L, hi = 500.0L;
	for (int k = 0; k < 300; k++) {
		const long double a = lo + (hi - lo) / 3.0L, b = hi - (hi - lo) / 3.0L;
		const long double at_a = (alpha ? psp_alpha : psp_exp)(a, tau_m, tau_s, 250.0L);
		const long double at_b = (alpha ? psp_alpha : psp_exp)(b, tau_m, tau_s, 250.0L);
		if (at_a < at_b)
			lo = a;
		else
			hi = b;
	}
	*ret_top = lo;
	return 15.0L / (alpha ? psp_alpha : psp_exp)(lo, tau_m, tau_s, 250.0L);
}

static void grazed_from_below(void)
{
	static const double margins[] = {1e-3, 1e-6, 1e-9, 1e-12, 2e-14};
	for (int alpha = 0; alpha < 2; alpha++)
		for (double tau = 0.5; tau < 50.0; tau *= 1.7)
			for (size_t k = 0; k < sizeof margins / sizeof *margins; k++) {
				long double top;
				const double w = (double)touching_weight(alpha, 20.0L, tau, &top);
				struct probe p =
					probe_default(spk_find_neuron(alpha ? "lif_alpha" : "lif_exp"));
				probe_set(&p, "tau_syn_ex", tau);
				probe_set(&p, "V_th", 15.0);
				probe_ready(&p);
				struct probe below = p;
				struct spk_rng rng = no_draws();
				below.model->receive(below.st, below.par, w * (1.0 - margins[k]));
				CHECK(isinf(below.model->next_spike(below.st, below.par, &rng)));
				p.model->receive(p.st, p.par, w * (1.0 + margins[k]));
				const double t = p.model->next_spike(p.st, p.par, &rng);
				CHECK(t <= (double)top + 1e-5 && t > (double)top * 0.8);
				p.model->advance(p.st, p.par, t);
				CHECK_ABS(p.st[SPK_V_M], 15.0, 1e-13,
					"a few ulp of the terms of V, which cancel");
				p.model->fire(p.st, p.par);
				CHECK(isinf(p.model->next_spike(p.st, p.par, &rng)) || tau > 5.0);
			}
}

/** Reaching the threshold exactly is a spike for delta synapses. */
static void touching_counts(void)
{
	struct probe p = probe_default(spk_find_neuron("lif_delta"));
	struct spk_rng rng = no_draws();
	probe_ready(&p);
	p.model->receive(p.st, p.par, nextafter(20.0, 0.0));
	CHECK(isinf(p.model->next_spike(p.st, p.par, &rng)));
	p = probe_default(p.model);
	probe_ready(&p);
	p.model->receive(p.st, p.par, 20.0);
	CHECK(p.model->next_spike(p.st, p.par, &rng) == 0.0);
}

static void arrivals_while_refractory(void)
{
	struct probe p = probe_default(spk_find_neuron("lif_delta"));
	probe_ready(&p);
	p.model->fire(p.st, p.par);
	p.model->advance(p.st, p.par, 1.0);
	p.model->receive(p.st, p.par, 5.0);
	CHECK(p.st[SPK_V_M] == 0.0 && p.st[SPK_U] == 5.0);
	p.model->advance(p.st, p.par, 1.0);
	p.model->receive(p.st, p.par, 5.0); /* the very end of refractoriness: counts */
	CHECK(p.st[SPK_V_M] == 5.0);
	/* a current that arrives during refractoriness goes on after it */
	p = probe_default(spk_find_neuron("lif_exp"));
	probe_ready(&p);
	p.model->fire(p.st, p.par);
	p.model->receive(p.st, p.par, 1000.0);
	p.model->advance(p.st, p.par, 3.0);
	CHECK_REL(p.st[SPK_V_M], (double)(1000.0L * expl(-2.0L / 5.0L) * psp_exp(1.0L, 20.0L, 5.0L, 250.0L)),
		1e-13, WHY_CLOSED);
	CHECK_REL(p.st[SPK_U], (double)(1000.0L * psp_exp(3.0L, 20.0L, 5.0L, 250.0L)), 1e-13, WHY_CLOSED);
}

TEST_MAIN(TEST(rate_against_current), TEST(shape_of_single_responses),
	TEST(an_alpha_current_peaks_at_its_weight), TEST(time_of_the_highest_response),
	TEST(grazed_from_below), TEST(touching_counts), TEST(arrivals_while_refractory))
