/*
 * What the engine promises for every run: results do not depend on partitions and threads, on who watches, or
 * on where time starts.
 */
#include "tests/net.h"

#include <spikem/file.h>

enum { FIRST_PLASTIC = 3, LAST_PLASTIC = 6 }; /* projections */

/* Everything at once: fast and general groups, rules, probes, inputs, spread delays, escape noise. */
static const char RICH[] =
	"spikem: 1\nseed: 7\nstart: %.17g ms\nduration: 200 ms\n"
	"populations:\n"
	"  noise: {size: 200, model: poisson, params: {rate: {uniform: [20 Hz, 60 Hz]}}}\n"
	"  clock: {size: 70, model: regular, params: {rate: 40 Hz}}\n"
	"  delta: {size: 330, model: lif_delta, params: {V_th: 20 mV, V_reset: 10 mV}, "
	"initial: {V_m: {uniform: [0 mV, 20 mV]}}}\n"
	"  driven: {size: 130, model: lif_delta, params: {I_e: 300 pA}, "
	"initial: {V_m: {uniform: [0 mV, 20 mV]}}}\n"
	"  exp: {size: 330, model: lif_exp, params: {V_th: 15 mV, tau_syn_ex: 2 ms, tau_syn_in: 8 "
	"ms}}\n"
	"  spread: {size: 130, model: lif_delta, params: {tau_m: {uniform: [10 ms, 30 ms]}}}\n"
	"  alpha: {size: 70, model: lif_alpha, params: {V_th: 10 mV}}\n"
	"  escape: {size: 70, model: lif_escape, params: {V_th: 10 mV}}\n"
	"  watched: {size: 140, model: lif_delta, params: {V_th: 12 mV}}\n"
	"  soft: {size: 140, model: lif_escape, params: {V_th: 10 mV}}\n"
	"  eager: {size: 70, model: lif_escape, params: {I_e: 250 pA, Delta_u: 1 mV}}\n"
	"  smooth: {size: 140, model: lif_alpha, params: {V_th: 10 mV, tau_syn_in: 8 ms}}\n"
	"  brisk: {size: 70, model: lif_alpha, params: {I_e: 300 pA}}\n"
	"inputs:\n"
	"  up: {model: poisson, rate: 9 kHz, to: [delta, spread, watched], weight: 0.12 mV}\n"
	"  down: {model: poisson, rate: 1 kHz, to: [delta, spread], weight: -0.1 mV, "
	"schedule: {times: [%.17g ms], rates: [2 kHz]}}\n"
	"  rare: {model: poisson, rate: 8 Hz, to: [delta, watched], weight: 2 mV, "
	"schedule: {times: [%.17g ms], rates: [14 Hz]}}\n"
	"  current: {model: poisson, rate: 3 kHz, to: exp, weight: 20 pA}\n"
	"  less: {model: poisson, rate: 1 kHz, to: exp, weight: -15 pA}\n"
	"  step: {model: step_current, to: [alpha, escape], times: [%.17g ms, %.17g ms], "
	"currents: [200 pA, 320 pA]}\n"
	"projections:\n"
	"  - {from: noise, to: [exp, alpha], connect: {fixed_in_degree: 20}, weight: 130 pA, delay: "
	"1 ms}\n"
	"  - {from: noise, to: escape, connect: {fixed_in_degree: 20}, weight: 0.3 mV, delay: 1 ms}\n"
	"  - {from: delta, to: delta, connect: {fixed_in_degree: 20}, weight: {uniform: [0 mV, 0.2 "
	"mV]}, "
	"delay: {axonal: 1.5 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 0.2 mV]}}\n"
	"  - {from: delta, to: spread, connect: {fixed_out_degree: 10}, weight: 0.1 mV, "
	"delay: {axonal: {uniform: [0.5 ms, 2 ms]}, dendritic: {uniform: [0.5 ms, 3 ms]}}, "
	"plasticity: {rule: stdp_triplet, bounds: [0 mV, 0.5 mV]}}\n"
	"  - {from: noise, to: delta, connect: {fixed_probability: 0.05}, weight: 0.1 mV, "
	"delay: {dendritic: 2 ms}, plasticity: {rule: stdp_pair, params: {dependence: "
	"multiplicative}, "
	"bounds: [0 mV, 0.5 mV]}}\n"
	"  - {from: clock, to: watched, connect: {fixed_total: 700}, weight: 0.3 mV, "
	"delay: {axonal: 2 ms}, plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 1e-4}}, "
	"probes: [{rule: eq1, name: p1, params: {reading: s_dudt, eta: 1e-4}}, "
	"{rule: eq1, name: p2, params: {reading: pairs, eta: 1e-4}}, "
	"{rule: eq1, name: p3, params: {reading: x_du, eta: 1e-4}}, "
	"{rule: eq1, name: p4, params: {reading: x_dv, eta: 1e-4}}, "
	"{rule: eq1, name: p5, params: {reading: x_dv_reset, eta: 1e-4}}]}\n"
	"  - {from: driven, to: delta, connect: {fixed_in_degree: 5}, weight: -0.3 mV, "
	"delay: {normal: {mean: 3 ms, sd: 1 ms, min: 0.8 ms}}}\n"
	"  - {from: driven, to: exp, connect: {fixed_in_degree: 5}, "
	"weight: {normal: {mean: -60 pA, sd: 20 pA, max: 0 pA}}, delay: 1.1 ms}\n"
	"  - {from: exp, to: exp, connect: {fixed_in_degree: 10}, weight: 40 pA, delay: 25 ms}\n"
	"  - {from: exp, to: spread, connect: {fixed_in_degree: 10}, weight: 0.3 mV, "
	"delay: {lognormal: {mean: 5 ms, sd: 4 ms, min: 0.9 ms}}}\n"
	"  - {from: noise, to: [soft, eager], connect: {fixed_in_degree: 20}, weight: 0.3 mV, "
	"delay: {dendritic: 2 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 0.5 mV]}}\n"
	"  - {from: soft, to: eager, connect: {fixed_total: 900}, weight: -1 mV, delay: 1 ms}\n"
	"  - {from: eager, to: soft, connect: all_to_all, weight: {uniform: [-1 mV, 1 mV]}, delay: 9 "
	"ms}\n"
	"  - {from: noise, to: [smooth, brisk], connect: {fixed_in_degree: 20}, weight: 60 pA, "
	"delay: 2 ms, plasticity: {rule: stdp_pair, bounds: [0 pA, 100 pA]}}\n"
	"  - {from: smooth, to: brisk, connect: {fixed_total: 900}, weight: -20 pA, delay: 1 ms}\n"
	"  - {from: brisk, to: smooth, connect: all_to_all, weight: {uniform: [-5 pA, 5 pA]}, delay: 9 "
	"ms}\n%s";

static char *rich(double start, const char *record)
{
	return net_text(RICH, start, start + 100.25, start + 80.5, start + 50.125, start + 150, record);
}

static int open_rich(struct net *net, double start, const char *record, unsigned threads, unsigned partitions)
{
	char *yaml = rich(start, record);
	const int ok = net_open(net, yaml, threads, partitions);
	free(yaml);
	return ok;
}

/* Weights of all probes, by (source, delay, target): the places of the table's own weights. */
static int same_probes(const struct net *a, const struct net *b)
{
	int same = 1;
	for (size_t p = 0; p < a->scenario->n_projections; p++) {
		struct spk_synapse_place *x, *y;
		uint64_t n, m;
		if (spk_synapse_places(&a->sim->engine.network, p, &x, &n, NULL) ||
			spk_synapse_places(&b->sim->engine.network, p, &y, &m, NULL))
			return 0;
		for (uint64_t k = 0; n == m && k < n; k++) {
			const struct spk_synapses *s =
				&a->sim->engine.network.partitions[x[k].partition].tables[p];
			const struct spk_synapses *t =
				&b->sim->engine.network.partitions[y[k].partition].tables[p];
			for (size_t i = 0; i < s->n_plastic; i++)
				same = same && memcmp(&s->plastic[i].weight[x[k].k],
						       &t->plastic[i].weight[y[k].k], sizeof(double)) == 0;
		}
		same = same && n == m;
		free(x);
		free(y);
	}
	return same;
}

static void everything_takes_part(void)
{
	struct net net;
	if (!open_rich(&net, 0, "", 1, 1) || !net_run(&net))
		return;
	for (size_t k = 0; k < net.scenario->n_populations; k++)
		if (!CHECK(net_count(&net, k) > 20))
			printf("# %s: %zu spikes\n", net.scenario->populations[k].name, net_count(&net, k));
	for (size_t k = FIRST_PLASTIC; k <= LAST_PLASTIC; k++) {
		uint64_t n;
		size_t moved = 0;
		double *w = net_weights(&net, k, &n);
		for (uint64_t i = 1; w && i < n; i++)
			moved += w[i] != w[0];
		CHECK(moved > 10);
		free(w);
	}
	net_close(&net);
}

static void partitions_and_threads_do_not_matter(void)
{
	static const unsigned cases[][2] = {{1, 2}, {1, 3}, {1, 5}, {2, 2}, {2, 5}};
	struct net one, other;
	if (!open_rich(&one, 0, "", 1, 1) || !net_run(&one))
		return;
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		if (!open_rich(&other, 0, "", cases[k][0], cases[k][1]) || !net_run(&other))
			return;
		CHECK(net_same_spikes(&one, &other));
		CHECK(net_same_weights(&one, &other));
		CHECK(net_same_states(&one, &other));
		CHECK(same_probes(&one, &other));
		CHECK(one.counts.synaptic_events == other.counts.synaptic_events);
		CHECK(one.counts.input_events == other.counts.input_events);
		CHECK(one.counts.plastic_events == other.counts.plastic_events);
		net_close(&other);
	}
	net_close(&one);
}

/* Times minus the start agree to the resolution of a double at 1e9 ms; the dynamics do not know the start. */
static void the_start_of_time_does_not_matter(void)
{
	static const double starts[] = {1e9, -1e9, 12345.678};
	struct net zero, late;
	if (!open_rich(&zero, 0, "", 1, 1) || !net_run(&zero))
		return;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		if (!open_rich(&late, starts[i], "", 1, 1) || !net_run(&late))
			return;
		/* the schedule's times are doubles near the start: those of 12345.678 are rounded */
		const int exact = fabs(starts[i]) == 1e9;
		size_t k = 0;
		while (exact && k < zero.n && k < late.n &&
			zero.spikes[k].elapsed == late.spikes[k].elapsed &&
			zero.spikes[k].id == late.spikes[k].id)
			k++;
		CHECK(!exact || (k == zero.n && k == late.n));
		CHECK(!exact || net_same_weights(&zero, &late));
		CHECK(!exact || net_same_states(&zero, &late));
		for (k = 0; k < late.n; k++)
			CHECK_ABS(late.spikes[k].t - starts[i], late.spikes[k].elapsed, 1.2e-7,
				"one rounding of a time near 1e9 ms");
		net_close(&late);
	}
	net_close(&zero);
}

static const char STATES[] =
	"record:\n"
	"  spikes: all\n"
	"  state: [{of: delta, variables: [V_m, refractory], every: 0.7 ms}, "
	"{of: exp, variables: [V_m, I_syn_ex], every: 1.5 ms}, {of: escape, variables: [V_m, u], every: 0.3 "
	"ms}, "
	"{of: watched, variables: [V_m, u, u_bar], every: 1 ms}, {of: spread, variables: V_m, every: 5 ms}, "
	"{of: soft, variables: [V_m, refractory], every: 0.3 ms}, "
	"{of: eager, variables: [V_m, refractory], every: 0.3 ms}, "
	"{of: smooth, variables: [V_m, A_syn_ex, I_syn_in], every: 0.3 ms}, "
	"{of: brisk, variables: V_m, every: 0.3 ms}]\n"
	"  rates: [{of: delta, filter: count, width: 10 ms, every: 1.1 ms}, "
	"{of: exp, filter: exponential, width: 10 ms, every: 1.1 ms}]\n";

static void compare_watched(const char *record)
{
	char path[512], *yaml = rich(0, record);
	struct net blind, watched;
	net_path(path, "watched.h5");
	const struct spk_sim_options options = {.threads = 1, .partitions = 2, .output = path};
	if (open_rich(&blind, 0, "", 1, 1) && net_run(&blind) &&
		net_make(&watched, net_read(yaml), &options) && net_run(&watched)) {
		CHECK(net_same_spikes(&blind, &watched));
		CHECK(net_same_weights(&blind, &watched));
		CHECK(net_same_states(&blind, &watched));
		CHECK(same_probes(&blind, &watched));
		net_close(&watched);
		net_close(&blind);
	}
	free(yaml);
	unlink(path);
}

static void watching_states_and_rates_changes_nothing(void)
{
	compare_watched(STATES);
}

/* Times of recorded spikes and samples on a grid far from 0, with cells that 1e9 ms cannot resolve exactly.
 */
static void nothing_is_lost_far_from_time_0(void)
{
	static const double starts[] = {0, 1e9, 1e9 + 0.3, -1e9 + 0.7};
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		char path[512], times[20000] = "", *yaml;
		uint64_t rows = 0;
		struct net net;
		struct spk_file *file;
		net_path(path, "far.h5");
		for (size_t k = 0, n = 0; k < 600; k++)
			n += (size_t)snprintf(times + n, sizeof times - n, "%s%.17g ms", k ? ", " : "",
				starts[i] + 0.1 * (double)k);
		yaml = net_text(
			"spikem: 1\nseed: 1\nstart: %.17g ms\nduration: 60 ms\npopulations:\n"
			"  list: {size: 1, model: spike_list, spikes: {times: [%s]}}\n"
			"  cell: {size: 1, model: lif_exp, params: {tau_syn_ex: 0.1 ms}}\n"
			"projections:\n  - {from: list, to: cell, connect: all_to_all, weight: 1 pA, "
			"delay: 0.013 ms}\n"
			"record:\n  spikes: all\n  state: {of: cell, variables: V_m, every: 0.1 ms}\n",
			starts[i], times);
		const struct spk_sim_options options = {.output = path};
		if (net_make(&net, net_read(yaml), &options) && net_run(&net)) {
			CHECK(net_count(&net, 0) == 600);
			CHECK(net.counts.synaptic_events >= 599);
			net_close(&net);
		}
		if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
			CHECK(spk_file_rows(file, "/state/cell", &rows, NULL) == SPK_OK);
			CHECK(rows == 601 ||
				(starts[i] != 0 && rows == 600)); /* the last may be rounded off */
			spk_file_close(file, 1, NULL);
		}
		free(yaml);
		unlink(path);
	}
}

TEST_MAIN(TEST(everything_takes_part), TEST(partitions_and_threads_do_not_matter),
	TEST(the_start_of_time_does_not_matter), TEST(nothing_is_lost_far_from_time_0),
	TEST(watching_states_and_rates_changes_nothing))
