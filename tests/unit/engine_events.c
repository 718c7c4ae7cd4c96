/*
 * Events at the edge: equal times, grazed thresholds, delays of many windows, nothing at all. Each case runs
 * on a fast group and on the general one, which a parameter drawn from a law of no width asks for.
 */
#include "tests/net.h"

#define WHY_ROUNDED "a time relative to an epoch is rounded to 1e-13 ms"

static const char *const tau_m[] = {"20 ms", "{uniform: [20 ms, 20 ms]}"};
enum { N_GROUPS = 2 };

/* Run a scenario without `duration` in its text and return the times of one neuron. */
static size_t times_of(char *yaml, size_t population, size_t max, double *ret_t)
{
	struct net net;
	size_t n = SIZE_MAX;
	if (net_open(&net, yaml, 1, 1)) {
		if (net_run(&net))
			n = net_times(&net, population, 0, max, ret_t);
		net_close(&net);
	}
	free(yaml);
	return n;
}

/* Two sources of one spike each at 5 ms. */
static size_t after_two(const char *group, double w_a, double w_b, double *ret_t)
{
	return times_of(
		net_text("spikem: 1\nseed: 1\nduration: 30 ms\npopulations:\n"
			 "  a: {size: 1, model: spike_list, spikes: {times: [5 ms]}}\n"
			 "  b: {size: 1, model: spike_list, spikes: {times: [5 ms]}}\n"
			 "  cell: {size: 1, model: lif_delta, params: {tau_m: %s, V_th: 20 mV}}\n"
			 "projections:\n"
			 "  - {from: a, to: cell, connect: all_to_all, weight: %.17g mV, delay: 1 ms}\n"
			 "  - {from: b, to: cell, connect: all_to_all, weight: %.17g mV, delay: 1 ms}\n",
			group, w_a, w_b),
		2, 10, ret_t);
}

static void the_threshold_is_tested_after_all_arrivals_of_an_instant(void)
{
	for (int g = 0; g < N_GROUPS; g++) {
		double t[10];
		CHECK(after_two(tau_m[g], 25, -10, t) == 0);
		CHECK(after_two(tau_m[g], -10, 25, t) == 0);
		CHECK(after_two(tau_m[g], 30, -10, t) == 1 && t[0] == 6);
		CHECK(after_two(tau_m[g], -10, 30, t) == 1 && t[0] == 6);
		CHECK(after_two(tau_m[g], 30, 30, t) == 1 && t[0] == 6);
		CHECK(after_two(tau_m[g], 10, 10, t) == 1 && t[0] == 6); /* V_m = V_th fires */
		CHECK(after_two(tau_m[g], 10, 10 * (1 - 1e-11), t) == 0);
	}
}

/* Volleys whose weights sum up to the threshold exactly, at times that round. */
static void a_volley_that_just_reaches_the_threshold(void)
{
	for (int g = 0; g < N_GROUPS; g++)
		for (int size = 3; size <= 40; size++) {
			double t[20];
			const double threshold = 0.5 * size;
			const size_t n =
				times_of(net_text("spikem: 1\nseed: 1\nduration: 3 s\npopulations:\n"
						  "  a: {size: %d, model: regular, params: {rate: 4.7 Hz}}\n"
						  "  cell: {size: 1, model: lif_delta, params: {tau_m: %s, "
						  "V_th: %.17g mV}}\n"
						  "projections:\n  - {from: a, to: cell, connect: "
						  "all_to_all, weight: 0.5 mV, delay: 1 ms}\n",
						 size, tau_m[g], threshold),
					1, 20, t);
			CHECK(n == 14);
		}
}

static void opposite_currents_of_an_instant_cancel(void)
{
	for (int g = 0; g < N_GROUPS; g++) {
		double t[10];
		for (int sign = -1; sign <= 1; sign += 2)
			CHECK(times_of(net_text("spikem: 1\nseed: 1\nduration: 50 ms\npopulations:\n"
						"  a: {size: 1, model: spike_list, spikes: {times: [5 ms]}}\n"
						"  b: {size: 1, model: spike_list, spikes: {times: [5 ms]}}\n"
						"  cell: {size: 1, model: lif_exp, params: {tau_m: %s, V_th: "
						"1 mV}}\n"
						"projections:\n"
						"  - {from: a, to: cell, connect: all_to_all, weight: %d pA, "
						"delay: 1 ms}\n"
						"  - {from: b, to: cell, connect: all_to_all, weight: %d pA, "
						"delay: 1 ms}\n",
					       tau_m[g], sign * 10000, -sign * 10000),
				      2, 10, t) == 0);
	}
}

/* One current pulse; the potential peaks at w tau_s/C (tau_s/tau_m)^(tau_s/(tau_m - tau_s)). */
static void a_grazed_threshold(void)
{
	const double tau = 20, tau_s = 5, C = 250, V_th = 7;
	const double peak = tau_s / C * pow(tau_s / tau, tau_s / (tau - tau_s));
	const double t_peak = log(tau / tau_s) * tau * tau_s / (tau - tau_s);
	static const double over[] = {1e-6, 1e-10, 1e-13};
	for (int g = 0; g < N_GROUPS; g++)
		for (size_t k = 0; k < sizeof over / sizeof *over; k++)
			for (int sign = -1; sign <= 1; sign += 2) {
				double t[10] = {0};
				const double w = V_th / peak * (1 + sign * over[k]);
				const size_t n = times_of(
					net_text(
						"spikem: 1\nseed: 1\nduration: 50 ms\npopulations:\n"
						"  a: {size: 1, model: spike_list, spikes: {times: [5 ms]}}\n"
						"  cell: {size: 1, model: lif_exp, params: {tau_m: %s, V_th: "
						"7 mV}}\n"
						"projections:\n  - {from: a, to: cell, connect: all_to_all, "
						"weight: %.17g pA, delay: 1.7 ms}\n",
						tau_m[g], w),
					1, 10, t);
				CHECK(n == (sign > 0));
				/* V_th - V = V_th (over - (t - t_peak)^2 / (2 tau tau_s)) near the peak */
				if (n == 1)
					CHECK_ABS(t[0], 6.7 + t_peak - sqrt(2 * tau * tau_s * over[k]),
						1e-8 + 20 * over[k] + 1e-16 / sqrt(over[k]) * 100,
						"parabola at the peak, rounding of V_m over its slope");
			}
}

static void a_neuron_that_fires_at_each_arrival(void)
{
	for (int g = 0; g < N_GROUPS; g++) {
		static double t[3000];
		const size_t n = times_of(
			net_text("spikem: 1\nseed: 1\nduration: 200 ms\npopulations:\n"
				 "  a: {size: 1, model: regular, params: {rate: 10 kHz, phase: 1}}\n"
				 "  cell: {size: 1, model: lif_delta, params: {tau_m: %s, t_ref: 0 ms}}\n"
				 "projections:\n  - {from: a, to: cell, connect: all_to_all, "
				 "weight: 30 mV, delay: 0.25 ms}\n",
				tau_m[g]),
			1, 3000, t);
		CHECK(n == 1997 || n == 1998);
		for (size_t k = 0; k < n && k < 3000; k++)
			CHECK_ABS(t[k], 0.1 * (double)(k + 1) + 0.25, 1e-9, "sum of 2,000 rounded intervals");
	}
}

static void arrivals_at_the_end_of_refractoriness_count(void)
{
	for (int g = 0; g < N_GROUPS; g++) {
		double t[10];
		const size_t n = times_of(
			net_text("spikem: 1\nseed: 1\nduration: 30 ms\npopulations:\n"
				 "  a: {size: 1, model: spike_list, spikes: "
				 "{times: [1.3 ms, 2.3 ms, 3.2 ms, 3.3 ms, 5.3 ms]}}\n"
				 "  cell: {size: 1, model: lif_delta, params: {tau_m: %s, t_ref: 2 ms}}\n"
				 "projections:\n  - {from: a, to: cell, connect: all_to_all, "
				 "weight: 30 mV, delay: 0.1 ms}\n",
				tau_m[g]),
			1, 10, t);
		CHECK(n == 3);
		CHECK_ABS(t[0], 1.4, 1e-12, WHY_ROUNDED);
		CHECK_ABS(t[1], 3.4, 1e-12, WHY_ROUNDED);
		CHECK_ABS(t[2], 5.4, 1e-12, WHY_ROUNDED);
	}
}

/* Each neuron has its own delay, up to fifty thousand windows; arrivals of other epochs than the spike. */
static void delays_of_many_windows(void)
{
	static const double delay[] = {0.1, 0.1, 0.35, 7, 100, 999.99, 1000, 1234.5, 5000};
	enum { N = sizeof delay / sizeof *delay };
	static const double spikes[] = {0, 0.1, 12.3, 999.9, 1000};
	for (int g = 0; g < N_GROUPS; g++) {
		char rows[1000] = "", *yaml;
		struct net net;
		for (size_t k = 0, n = 0; k < N; k++)
			n += (size_t)snprintf(rows + n, sizeof rows - n, "%s[0, %zu, 30 mV, %.17g ms]",
				k ? ", " : "", k, delay[k]);
		yaml = net_text("spikem: 1\nseed: 1\nduration: 6001 ms\npopulations:\n"
				"  a: {size: 1, model: spike_list, spikes: {times: [0 ms, 0.1 ms, 12.3 ms, "
				"999.9 ms, 1 s]}}\n"
				"  cells: {size: %d, model: lif_delta, params: {tau_m: %s, t_ref: 0 ms}}\n"
				"projections:\n  - {from: a, to: cells, connect: {list: [%s]}}\n",
			N, tau_m[g], rows);
		if (net_open(&net, yaml, 1, 1) && net_run(&net)) {
			CHECK(net.counts.synaptic_events == 5 * N);
			for (size_t k = 0; k < N; k++) {
				double t[10] = {0};
				CHECK(net_times(&net, 1, k, 10, t) == 5);
				for (size_t i = 0; i < 5; i++)
					CHECK_ABS(t[i], spikes[i] + delay[k], 2e-12, WHY_ROUNDED);
			}
			net_close(&net);
		}
		free(yaml);
	}
}

static void nothing_at_all(void)
{
	static const char *const scenarios[] = {
		"spikem: 1\nseed: 1\nduration: 10 ms\npopulations:\n  empty: {size: 0, model: lif_delta}\n",
		"spikem: 1\nseed: 1\nduration: 10 ms\npopulations:\n  one: {size: 1, model: lif_exp}\n",
		"spikem: 1\nseed: 1\nduration: 1e-9 ms\npopulations:\n"
		"  some: {size: 9, model: lif_delta, initial: {V_m: 19 mV}}\n"
		"inputs:\n  i: {model: poisson, rate: 1 Hz, to: some, weight: 1 mV}\n"
		"projections:\n  - {from: some, to: some, connect: all_to_all, weight: 1 mV, delay: 10 ms}\n",
		"spikem: 1\nseed: 1\nduration: 25 ms\npopulations:\n  empty: {size: 0, model: lif_exp}\n"
		"  s: {size: 0, model: poisson, params: {rate: 10 Hz}}\n  cells: {size: 3, model: lif_exp}\n"
		"inputs:\n  i: {model: poisson, rate: 100 Hz, to: [empty], weight: 1 pA}\n"
		"projections:\n  - {from: s, to: [empty, cells], connect: all_to_all, weight: 1 pA, delay: 1 "
		"ms}\n"
		"  - {from: cells, to: empty, connect: {fixed_out_degree: 0}, weight: 1 pA, delay: 1 ms, "
		"plasticity: {rule: stdp_pair, bounds: [0 pA, 2 pA]}}\n"
		"  - {from: empty, to: cells, connect: {fixed_probability: 0.5}, weight: 1 pA, delay: 1 ms}\n"
		"record:\n  spikes: none\n"};
	for (size_t k = 0; k < sizeof scenarios / sizeof *scenarios; k++)
		for (unsigned partitions = 1; partitions <= 3; partitions++) {
			struct net net;
			if (!net_open(&net, scenarios[k], 1, partitions))
				continue;
			CHECK(net_run(&net) && net.counts.spikes == 0 && net.counts.synaptic_events == 0);
			CHECK(spk_engine_elapsed(&net.sim->engine) == net.scenario->duration);
			net_close(&net);
		}
}

/* Potentials at the start: above the threshold, refractory, with a current. */
static void initial_states(void)
{
	struct net net;
	static const char YAML[] =
		"spikem: 1\nseed: 1\nduration: 9 ms\npopulations:\n"
		"  d0: {size: 1, model: lif_delta, params: {tau_m: %s}, initial: {V_m: 25 mV}}\n"
		"  d1: {size: 1, model: lif_delta, params: {tau_m: %s}, initial: {V_m: 7 mV, refractory: 4 "
		"ms}}\n"
		"  d2: {size: 1, model: lif_delta, params: {tau_m: %s}, initial: {I_ext: 100 pA}}\n"
		"  e0: {size: 1, model: lif_exp, params: {tau_m: %s}, initial: {V_m: 20 mV}}\n"
		"  e1: {size: 1, model: lif_exp, params: {tau_m: %s}, initial: {V_m: 7 mV, refractory: 4 "
		"ms}}\n"
		"  e2: {size: 1, model: lif_exp, params: {tau_m: %s}, initial: {I_ext: 100 pA, I_syn_ex: 50 "
		"pA}}\n";
	for (int g = 0; g < N_GROUPS; g++) {
		const char *t = tau_m[g];
		char *yaml = net_text(YAML, t, t, t, t, t, t);
		if (net_open(&net, yaml, 1, 1) && net_run(&net)) {
			double st[32];
			CHECK(net.n == 2 && net.spikes[0].t == 0 && net.spikes[1].t == 0);
			for (size_t p = 1; p < 5; p += 3) {
				net_state(&net, p, 0, st);
				CHECK_REL(
					st[SPK_V_M], 7 * exp(-5.0 / 20), 1e-14, "V_m rests at 7 mV for 4 ms");
			}
			net_state(&net, 2, 0, st);
			CHECK_REL(
				st[SPK_V_M], 100 * 20 / 250.0 * -expm1(-9.0 / 20), 1e-13, "constant current");
			net_state(&net, 5, 0, st);
			CHECK_REL(st[SPK_V_M],
				100 * 20 / 250.0 * -expm1(-9.0 / 20) +
					50 / 250.0 * 20 * 5 / 15.0 * (exp(-9.0 / 20) - exp(-9.0 / 5)),
				1e-13, "constant and exponential current");
			net_close(&net);
		}
		free(yaml);
	}
}

TEST_MAIN(TEST(the_threshold_is_tested_after_all_arrivals_of_an_instant),
	TEST(a_volley_that_just_reaches_the_threshold), TEST(opposite_currents_of_an_instant_cancel),
	TEST(a_grazed_threshold), TEST(a_neuron_that_fires_at_each_arrival),
	TEST(arrivals_at_the_end_of_refractoriness_count), TEST(delays_of_many_windows), TEST(nothing_at_all),
	TEST(initial_states))
