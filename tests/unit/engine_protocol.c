/* A protocol on a small made-up data set: the same spikes and weights for any partitions, threads and groups.
 */
#include "tests/net.h"

#include "sim/group_general.h"

#include <math.h>

static const char YAML[] =
	"spikem: 1\nseed: 3\n"
	"data: {shapes: {file: %s, shape: [2, 35], range: [0, 10], labels: 3, splits: {train: 0-8, test: "
	"9-11}}}\n"
	"populations:\n"
	"  pixels: {size: 70, model: poisson, params: {rate: 150 Hz}}\n"
	"  hidden: {size: 130, model: lif_exp, params: {V_th: 6 mV}}\n"
	"  out: {size: 3, model: %s, params: {V_th: 6 mV}, initial: {u: 1 mV%s}}\n"
	"projections:\n"
	"  - {from: pixels, to: hidden, connect: {fixed_in_degree: 20}, weight: 60 pA, delay: 1 ms, "
	"plasticity: {rule: stdp_pair, bounds: [0 pA, 100 pA]}}\n"
	"  - {from: pixels, to: out, connect: all_to_all, weight: {uniform: [%s]}, delay: {axonal: "
	"1.5 ms}, "
	"plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: %s}}, "
	"probes: [{rule: eq1, name: p1, params: {reading: %s, eta: 0.01}}]}\n"
	"  - {from: hidden, to: out, connect: {fixed_in_degree: 10}, weight: %s, "
	"delay: {axonal: 1 ms, dendritic: 1 ms}, plasticity: {rule: stdp_triplet, bounds: [%s]}}\n"
	"objective: {model: softmax, of: out, projection: pixels_out, readout: u, scale: 2 mV}\n"
	"protocol:\n"
	"  data: shapes\n  reset: %s\n"
	"  phases:\n"
	"    - {name: free, duration: 25.3 ms, show: pixels, readout: true}\n"
	"    - {name: nudged, duration: 20 ms, show: pixels, nudge: 200 pA, paired: true, gate: open}\n"
	"    - {name: pause, duration: 7 ms}\n"
	"  stages:\n"
	"    - {name: learn, split: train, epochs: 2, order: shuffled}\n"
	"    - {name: test, split: test, learn: false}\n";

static void write_data(const char *path)
{
	FILE *out = fopen(path, "w");
	uint64_t seed = 5;
	for (int item = 0; item < 12; item++) {
		for (int k = 0; k < 70; k++)
			fprintf(out, "%d,", k % 3 == item % 3 ? (int)(test_random(&seed) % 11) : 1);
		fprintf(out, "%d\n", item % 3);
	}
	fclose(out);
}

/* What stands in the text above for a model of the output neurons. */
static const struct variant {
	const char *model, *weight, *eta, *probe, *inhibition, *bounds;
} variants[] = {{"lif_exp", "0 pA, 30 pA", "0.01", "x_dv", "-10 pA", "-50 pA, 0 pA"},
	{"lif_delta", "0 mV, 0.4 mV", "0.001", "x_du", "-0.2 mV", "-1 mV, 0 mV"}};
enum { N_VARIANTS = sizeof variants / sizeof *variants };

static char *make_text(const struct variant *v, const char *initial, const char *path, int reset)
{
	return net_text(YAML, path, v->model, initial, v->weight, v->eta, v->probe, v->inhibition, v->bounds,
		reset ? "true" : "false");
}

static void compare_runs(const char *yaml)
{
	static const unsigned cases[][2] = {{1, 2}, {1, 3}, {2, 2}};
	struct net one, other;

	if (!net_open(&one, yaml, 1, 1))
		return;
	net_run(&one);
	CHECK(net_count(&one, 1) > 100 && net_count(&one, 2) > 20);
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		if (!net_open(&other, yaml, cases[k][0], cases[k][1]))
			continue;
		net_run(&other);
		CHECK(net_same_spikes(&one, &other));
		CHECK(net_same_weights(&one, &other));
		CHECK(net_same_states(&one, &other));
		char *a = NULL, *b = NULL;
		CHECK(spk_sim_report(one.sim, &a, NULL) == SPK_OK &&
			spk_sim_report(other.sim, &b, NULL) == SPK_OK);
		CHECK_STR(a, b);
		free(a);
		free(b);
		net_close(&other);
	}
	net_close(&one);
}

static void partitions_and_threads_do_not_matter(void)
{
	char path[512];

	net_path(path, "shapes.csv");
	write_data(path);
	for (size_t k = 0; k < N_VARIANTS; k++)
		for (int reset = 0; reset < 2; reset++) {
			char *yaml = make_text(&variants[k], "", path, reset);
			compare_runs(yaml);
			free(yaml);
		}
	unlink(path);
}

/* An initial refractory time drawn from [0, 0] puts a population into the general group, nothing else. */
static void fast_groups_run_protocols_as_the_general_one_does(void)
{
	char path[512];

	net_path(path, "shapes.csv");
	write_data(path);
	for (int reset = 0; reset < 2; reset++) {
		char *yaml = make_text(&variants[1], "", path, reset);
		char *plain = make_text(&variants[1], ", refractory: {uniform: [0 ms, 0 ms]}", path, reset);
		struct net fast, general;
		if (net_open(&fast, yaml, 1, 1)) {
			if (net_open(&general, plain, 1, 1)) {
				double worst = 0;
				CHECK(fast.sim->engine.network.partitions[0].members[2].type !=
					&spk_group_general);
				CHECK(general.sim->engine.network.partitions[0].members[2].type ==
					&spk_group_general);
				net_run(&fast);
				net_run(&general);
				CHECK(fast.n == general.n);
				for (size_t k = 0; k < fast.n && fast.n == general.n; k++)
					worst = fmax(worst, fabs(fast.spikes[k].t - general.spikes[k].t));
				CHECK_ABS(worst, 0, 1e-9, "the contract");
				net_close(&general);
			}
			net_close(&fast);
		}
		free(yaml);
		free(plain);
	}
	unlink(path);
}

TEST_MAIN(TEST(partitions_and_threads_do_not_matter), TEST(fast_groups_run_protocols_as_the_general_one_does))
