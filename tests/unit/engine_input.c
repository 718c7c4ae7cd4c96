/*
 * Inputs and closed forms through the whole engine: Poisson inputs against Campbell's theorem, step currents,
 * single responses, constant drive, the synfire chain, samples that coincide with spikes.
 */
#include "tests/net.h"

#define WHY_CLOSED "closed form; flows of some steps, a few ulp each"

/* Mean and variance over neurons of V_m now. */
static void moments(const struct net *net, size_t population, double *ret_mean, double *ret_var)
{
	const uint64_t n = net->scenario->populations[population].size;
	double sum = 0, squares = 0;
	for (uint64_t k = 0; k < n; k++) {
		double st[32];
		net_state(net, population, k, st);
		sum += st[SPK_V_M];
		squares += st[SPK_V_M] * st[SPK_V_M];
	}
	*ret_mean = sum / (double)n;
	*ret_var = squares / (double)n - *ret_mean * *ret_mean;
}

/*
 * Subthreshold V_m under Poisson input of rate r from time 0 (1/ms): mean w r tau (1 - x), variance
 * w^2 r tau/2 (1 - x^2), x = exp(-t/tau). With two rates the parts add. Bounds: 5 standard errors.
 */
static void poisson_inputs_of_any_course(void)
{
	static const char *const tau_m[] = {"20 ms", "{uniform: [20 ms, 20 ms]}"};
	enum { N = 2000 };
	for (int g = 0; g < 2; g++) {
		char *yaml =
			net_text("spikem: 1\nseed: 5\nduration: 120 ms\npopulations:\n"
				 "  cells: {size: %d, model: lif_delta, params: {tau_m: %s, V_th: 1 V}}\n"
				 "inputs:\n"
				 "  up: {model: poisson, rate: 2 kHz, to: cells, weight: 0.5 mV, "
				 "schedule: {times: [60.3 ms, 90 ms], rates: [5 kHz, 0 Hz]}}\n"
				 "  down: {model: poisson, rate: 1 kHz, to: cells, weight: -0.3 mV}\n",
				N, tau_m[g]);
		static const double until[] = {40, 60.3, 80, 90, 110.7, 120};
		struct net net;
		if (net_open(&net, yaml, 1, 2)) {
			for (size_t k = 0; k < sizeof until / sizeof *until && net_advance(&net, until[k]);
				k++) {
				const double border[] = {0, 60.3, 90, 1e9}, up[] = {2, 5, 0};
				double want = -0.3 * 20 * -expm1(-until[k] / 20),
				       var = 0.09 * 10 * -expm1(-until[k] / 10);
				double mean, variance;
				for (int i = 0; i < 3 && border[i] < until[k]; i++) {
					const double since = until[k] - border[i];
					const double rest = until[k] - fmin(until[k], border[i + 1]);
					want += 0.5 * up[i] * 20 * (exp(-rest / 20) - exp(-since / 20));
					var += 0.25 * up[i] * 10 * (exp(-rest / 10) - exp(-since / 10));
				}
				moments(&net, 0, &mean, &variance);
				CHECK_ABS(mean, want, 5 * sqrt(var / N), "five standard errors");
				CHECK_REL(variance, var, 5 * sqrt(2.0 / N), "five standard errors");
			}
			net_close(&net);
		}
		/* events: a Poisson number with this mean */
		if (net_open(&net, yaml, 1, 1) && net_run(&net)) {
			const double events = N * (2 * 60.3 + 5 * 29.7 + 120);
			CHECK_ABS((double)net.counts.input_events, events, 5 * sqrt(events),
				"five standard deviations");
			net_close(&net);
		}
		free(yaml);
	}
}

/* The last sample of a run is the same as when the run goes on. */
static void the_end_of_a_run_is_a_time_like_any_other(void)
{
	static const char YAML[] =
		"spikem: 1\nseed: 5\nduration: %g ms\npopulations:\n"
		"  cells: {size: 100, model: lif_delta, params: {V_th: %s, I_e: %s}}\n"
		"  exp: {size: 100, model: lif_exp, params: {V_th: 8 mV}}\n"
		"inputs:\n"
		"  up: {model: poisson, rate: 9 kHz, to: cells, weight: 0.1 mV}\n"
		"  down: {model: poisson, rate: 3 kHz, to: cells, weight: -0.05 mV}\n"
		"  current: {model: poisson, rate: 4 kHz, to: exp, weight: 9 pA}\n"
		"  less: {model: poisson, rate: 3 kHz, to: exp, weight: -5 pA}\n"
		"projections:\n"
		"  - {from: cells, to: exp, connect: {fixed_in_degree: 9}, weight: 90 pA, delay: 1 ms}\n"
		"record:\n  state: [{of: cells, variables: V_m, every: 4 ms}, "
		"{of: exp, variables: V_m, every: 4 ms}]\n";
	/* 120 ms: the epoch moves there */
	static const struct {
		const char *V_th, *I_e;
		double ms;
	} cases[] = {{"15 mV", "0 pA", 40}, {"15 mV", "300 pA", 40}, {"15 mV", "0 pA", 120},
		{"100 mV", "300 pA", 120}};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		const uint64_t n = 100 * (1 + (uint64_t)cases[c].ms / 4);
		double *v[2][2] = {{NULL}};
		for (int later = 0; later < 2; later++) {
			char path[512], *yaml = net_text(YAML, cases[c].ms + (later ? 20 : 0), cases[c].V_th,
						cases[c].I_e);
			struct net net;
			struct spk_file *file;
			net_path(path, "end.h5");
			const struct spk_sim_options options = {.output = path};
			if (net_make(&net, net_read(yaml), &options)) {
				net_run(&net);
				net_close(&net);
			}
			if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
				for (int p = 0; p < 2; p++) {
					v[later][p] = calloc(n, sizeof(double));
					CHECK(spk_file_read(file, p ? "/state/exp/V_m" : "/state/cells/V_m",
						      SPK_F64, 0, n, v[later][p], NULL) == SPK_OK);
				}
				spk_file_close(file, 1, NULL);
			}
			free(yaml);
			unlink(path);
		}
		for (int p = 0; p < 2; p++) {
			for (uint64_t k = 0; v[0][p] && v[1][p] && k < n; k++)
				CHECK_ABS(v[0][p][k], v[1][p][k], 1e-12,
					"the state before and after a border of segments is summed "
					"differently");
			free(v[0][p]);
			free(v[1][p]);
		}
	}
}

static void step_currents(void)
{
	struct net net;
	static const double until[] = {5, 10.25, 17, 33.125, 60};
	if (!net_open(&net,
		    "spikem: 1\nseed: 1\nduration: 60 ms\npopulations:\n"
		    "  cells: {size: 3, model: lif_delta, params: {V_th: 100 mV}}\n"
		    "inputs:\n"
		    "  a: {model: step_current, to: cells, times: [10.25 ms, 33.125 ms], currents: [100 pA, "
		    "-50 pA]}\n"
		    "  b: {model: step_current, to: cells, neurons: 1, times: [20 ms], currents: [70 pA]}\n",
		    1, 1))
		return;
	for (size_t k = 0; k < sizeof until / sizeof *until && net_advance(&net, until[k]); k++)
		for (uint64_t i = 0; i < 3; i++) {
			const double times[] = {10.25, 33.125, 20}, steps[] = {100, -150, i == 1 ? 70 : 0};
			double st[32], want = 0;
			for (int s = 0; s < 3; s++)
				want += steps[s] * 20 / 250 * -expm1(-fmax(0, until[k] - times[s]) / 20);
			net_state(&net, 0, i, st);
			CHECK_ABS(st[SPK_V_M], want, 1e-13, WHY_CLOSED);
			CHECK_ABS(st[SPK_U], want, 1e-13, WHY_CLOSED);
		}
	net_close(&net);
}

static void single_responses(void)
{
	static const char *const law[] = {"20 ms", "{uniform: [20 ms, 20 ms]}"};
	for (int g = 0; g < 2; g++) {
		struct net net;
		char *yaml = net_text(
			"spikem: 1\nseed: 1\nduration: 70 ms\npopulations:\n"
			"  a: {size: 1, model: spike_list, spikes: {times: [3.7 ms]}}\n"
			"  del: {size: 1, model: lif_delta, params: {tau_m: %s}}\n"
			"  exp: {size: 1, model: lif_exp, params: {tau_m: %s, tau_syn_ex: 3 ms, tau_syn_in: "
			"20 ms}}\n"
			"projections:\n"
			"  - {from: a, to: del, connect: all_to_all, weight: 1.25 mV, delay: 2.2 ms}\n"
			"  - {from: a, to: exp, connect: all_to_all, weight: 100 pA, delay: 1.1 ms}\n"
			"  - {from: a, to: exp, connect: all_to_all, weight: -60 pA, delay: 11.3 ms}\n",
			law[g], law[g]);
		if (net_open(&net, yaml, 1, 1)) {
			for (double t = 1; t < 70 && net_advance(&net, t); t += 2.9) {
				double st[32];
				const double d = fmax(0, t - 5.9), e = fmax(0, t - 4.8), i = fmax(0, t - 15);
				net_state(&net, 1, 0, st);
				CHECK_ABS(st[SPK_V_M], t > 5.9 ? 1.25 * exp(-d / 20) : 0, 1e-14, WHY_CLOSED);
				net_state(&net, 2, 0, st);
				CHECK_ABS(st[SPK_V_M],
					100 / 250.0 * 60 / 17 * (exp(-e / 20) - exp(-e / 3)) -
						60 / 250.0 * i * exp(-i / 20),
					1e-13, WHY_CLOSED);
			}
			net_close(&net);
		}
		free(yaml);
	}
}

/* Interval t_ref + tau log((V_inf - V_reset)/(V_inf - V_th)) under constant current, over many epochs. */
static void constant_drive(void)
{
	static const char *const law[] = {"20 ms", "{uniform: [20 ms, 20 ms]}"};
	const double V_inf = 300 * 20 / 250.0, interval = 2 + 20 * log((V_inf - 10) / (V_inf - 20));
	for (int g = 0; g < 2; g++)
		for (int model = 0; model < 2; model++) {
			struct net net;
			char *yaml = net_text("spikem: 1\nseed: 1\nduration: 3 s\npopulations:\n"
					      "  cell: {size: 1, model: %s, params: {tau_m: %s, V_reset: 10 "
					      "mV, I_e: 300 pA}}\n",
				model ? "lif_exp" : "lif_delta", law[g]);
			if (net_open(&net, yaml, 1, 1) && net_run(&net)) {
				const double first = 20 * log(V_inf / (V_inf - 20));
				CHECK(net.n == 1 + (size_t)((3000 - first) / interval));
				for (size_t k = 0; k < net.n; k++)
					CHECK_ABS(net.spikes[k].t, first + (double)k * interval, 1e-9,
						"the contract; a hundred intervals, each rounded");
				net_close(&net);
			}
			free(yaml);
		}
}

static void a_synfire_chain(void)
{
	const struct spk_sim_options options = {0};
	struct net net;
	if (!net_make(&net, net_load("scenarios/synfire.yaml", 0, NULL), &options))
		return;
	if (net_run(&net)) {
		size_t n = 0;
		for (size_t k = 0; k < net.n; k++) {
			const size_t population = net_population(&net.sim->engine.network, net.spikes[k].id);
			if (population < 2)
				continue;
			const double t = net.spikes[k].t, first = t < 50 ? 11 : 56;
			CHECK_ABS(t, first + 2 * (double)(population - 2), 1e-12,
				"times are sums of ten numbers");
			n++;
		}
		CHECK(n == 400);
	}
	net_close(&net);
}

/* A sample at the time of an arrival sees it, and the spike and the reset that it causes. */
static void samples_that_coincide_with_spikes(void)
{
	static const char *const law[] = {"20 ms", "{uniform: [20 ms, 20 ms]}"};
	for (int g = 0; g < 2; g++) {
		char path[512];
		struct spk_file *file;
		struct net net;
		char *yaml = net_text(
			"spikem: 1\nseed: 1\nduration: 4 ms\npopulations:\n"
			"  a: {size: 1, model: spike_list, spikes: {times: [0.25 ms, 1 ms, 1 ms, 2 ms]}}\n"
			"  cell: {size: 1, model: lif_delta, params: {tau_m: %s, V_reset: 1 mV, t_ref: 1.5 "
			"ms}}\n"
			"projections:\n  - {from: a, to: cell, connect: all_to_all, weight: 10 mV, delay: 1 "
			"ms}\n"
			"record:\n  state: {of: cell, variables: V_m, every: 0.5 ms}\n",
			law[g]);
		net_path(path, "grid.h5");
		const struct spk_sim_options options = {.output = path};
		if (net_make(&net, net_read(yaml), &options) && net_run(&net)) {
			/* 10 mV at 1.25 ms, over the threshold at 2 ms, refractory until 3.5 ms */
			const double want[] = {0, 0, 0, 10 * exp(-0.25 / 20), 1, 1, 1, 1, exp(-0.5 / 20)};
			double v[9] = {0};
			net_close(&net);
			if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
				CHECK(spk_file_read(file, "/state/cell/V_m", SPK_F64, 0, 9, v, NULL) ==
					SPK_OK);
				spk_file_close(file, 1, NULL);
			}
			for (int k = 0; k < 9; k++)
				CHECK_ABS(v[k], want[k], 1e-14, WHY_CLOSED);
		}
		free(yaml);
		unlink(path);
	}
}

TEST_MAIN(TEST(poisson_inputs_of_any_course), TEST(the_end_of_a_run_is_a_time_like_any_other),
	TEST(step_currents), TEST(single_responses), TEST(constant_drive), TEST(a_synfire_chain),
	TEST(samples_that_coincide_with_spikes))
