/* A protocol on a small made-up data set: the same spikes and weights for any partitions and threads. */
#include "tests/net.h"

static const char YAML[] =
	"spikem: 1\nseed: 3\n"
	"data: {shapes: {file: %s, shape: [2, 35], range: [0, 10], labels: 3, splits: {train: 0-8, test: "
	"9-11}}}\n"
	"populations:\n"
	"  pixels: {size: 70, model: poisson, params: {rate: 150 Hz}}\n"
	"  hidden: {size: 130, model: lif_exp, params: {V_th: 6 mV}}\n"
	"  out: {size: 3, model: lif_exp, params: {V_th: 6 mV}}\n"
	"projections:\n"
	"  - {from: pixels, to: hidden, connect: {fixed_in_degree: 20}, weight: 60 pA, delay: 1 ms, "
	"plasticity: {rule: stdp_pair, bounds: [0 pA, 100 pA]}}\n"
	"  - {from: pixels, to: out, connect: all_to_all, weight: {uniform: [0 pA, 30 pA]}, delay: {axonal: "
	"1.5 ms}, "
	"plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}}, "
	"probes: [{rule: eq1, name: p1, params: {reading: x_dv, eta: 0.01}}]}\n"
	"  - {from: hidden, to: out, connect: {fixed_in_degree: 10}, weight: -10 pA, "
	"delay: {axonal: 1 ms, dendritic: 1 ms}, plasticity: {rule: stdp_triplet, bounds: [-50 pA, 0 pA]}}\n"
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

static void partitions_and_threads_do_not_matter(void)
{
	static const unsigned cases[][2] = {{1, 2}, {1, 3}, {2, 2}};
	char path[512];
	net_path(path, "shapes.csv");
	write_data(path);
	for (int reset = 0; reset < 2; reset++) {
		char *yaml = net_text(YAML, path, reset ? "true" : "false");
		struct net one, other;
		if (net_open(&one, yaml, 1, 1)) {
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
		free(yaml);
	}
	unlink(path);
}

TEST_MAIN(TEST(partitions_and_threads_do_not_matter))
