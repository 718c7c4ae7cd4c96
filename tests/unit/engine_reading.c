/*
 * Weights read on the way (sim/reading.h): what is read is right, and what follows is as without reading, bit
 * for bit, also for rules whose integrals would round differently in other pieces. Times of reading are
 * borders of cells here (1 ms, the smallest delay).
 */
#include "tests/net.h"

#include <spikem/file.h>

#include "sim/reading.h"

static const char NETWORK[] =
	"spikem: 1\nseed: 5\nduration: 400 ms\n"
	"populations:\n"
	"  noise: {size: 60, model: poisson, params: {rate: 100 Hz}}\n"
	"  cells: {size: 70, model: lif_delta, params: {V_th: 10 mV}}\n"
	"projections:\n"
	"  - {from: noise, to: cells, connect: {fixed_in_degree: 12}, weight: 1 mV, delay: 1 ms, "
	"plasticity: {rule: eq1, params: {reading: %s, eta: %s}, bounds: [0 mV, 3 mV]}}\n"
	"  - {from: cells, to: cells, connect: {fixed_in_degree: 6}, weight: 0.5 mV, delay: 1.7 ms, "
	"plasticity: {rule: stdp_pair, params: {A_plus: 0.01, A_minus: 0.01}, bounds: [0 mV, 1 mV]}}\n";

/* The weights as a reader gets them, and those of a run that ends at that time. */
static void check_reading(struct net *net, const char *yaml, double at)
{
	struct spk_reading *reading;
	struct net other;
	struct spk_error err = {0};
	if (!net_open(&other, yaml, 1, 2))
		return;
	net_advance(&other, at);
	if (CHECK(spk_reading_begin(&net->sim->engine.network, net->sim->engine.t, &reading, &err) == SPK_OK))
		CHECK(net_same_weights(net, &other));
	spk_reading_end(reading);
	net_close(&other);
}

static void read_often(const char *reading, const char *eta)
{
	struct net blind, read;
	struct spk_error err = {0};
	char *yaml = net_text(NETWORK, reading, eta);
	if (net_open(&blind, yaml, 1, 1) && net_open(&read, yaml, 1, 3)) {
		read.sim->recorder.network = &read.sim->engine.network; /* opened by spk_sim_run alone */
		spk_sim_set_gate(read.sim, 1);
		for (double t = 7; t < 400; t += 7) {
			CHECK(spk_sim_advance(read.sim, t, &err) == SPK_OK);
			if (t == 21 || t == 154 || t == 350)
				check_reading(&read, yaml, t);
			struct spk_reading *taken;
			CHECK(spk_reading_begin(
				      &read.sim->engine.network, read.sim->engine.t, &taken, &err) == SPK_OK);
			spk_reading_end(taken);
		}
		CHECK(net_run(&blind) && net_run(&read));
		CHECK(net_count(&blind, 1) > 200);
		CHECK(net_same_spikes(&blind, &read));
		CHECK(net_same_weights(&blind, &read));
		CHECK(net_same_states(&blind, &read));
		net_close(&read);
		net_close(&blind);
	}
	free(yaml);
}

static void reading_integrals_changes_nothing(void)
{
	read_often("x_du", "1e-3");
	read_often("x_dv", "1e-3");
}

static void reading_pairs_changes_nothing(void)
{
	read_often("pairs", "1e-2");
}

/* With dendritic delay alone a spike is at the synapse at once: at a reading, those of neurons that have no
 * plastic synapses themselves must be known too. Readings lie inside cells here. */
static void spikes_without_axonal_delay_count(void)
{
	static const char text[] =
		"spikem: 1\nduration: %g ms\npopulations:\n"
		"  b: {size: 9, model: lif_exp, params: {I_e: {uniform: [500 pA, 700 pA]}, V_th: 10 mV}}\n"
		"  a: {size: 9, model: lif_exp, params: {I_e: {uniform: [500 pA, 700 pA]}, V_th: 10 mV}}\n"
		"projections:\n"
		"  - {from: b, to: a, connect: all_to_all, weight: 1 pA, delay: {dendritic: 8 ms}, "
		"plasticity: {rule: "
		"stdp_pair, params: {A_plus: 0.01, A_minus: 0.01}, bounds: [0 pA, 2 pA]}}\n"
		"record: {weights: {of: b_a, every: 6.5 ms}}\n";
	char path[512], *whole = net_text(text, 60.);
	struct net net, part;
	struct spk_file *file;
	net_path(path, "reading.h5");
	const struct spk_sim_options options = {.threads = 1, .partitions = 2, .output = path};
	if (net_make(&net, net_read(whole), &options) && net_run(&net) &&
		CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
		for (int k = 1; k < 9; k++) {
			char snapshot[64], *yaml = net_text(text, 6.5 * k);
			double got[81] = {0};
			uint64_t n;
			snprintf(snapshot, sizeof snapshot, "/weights/b_a/snapshots/%06d", k);
			CHECK(spk_file_read(file, snapshot, SPK_F64, 0, 81, got, NULL) == SPK_OK);
			if (net_open(&part, yaml, 1, 1) && net_run(&part)) {
				double *want = net_weights(&part, 0, &n);
				CHECK(n == 81 && memcmp(got, want, sizeof got) == 0);
				CHECK(k < 8 || want[0] != 1);
				free(want);
				net_close(&part);
			}
			free(yaml);
		}
		(void)spk_file_close(file, 0, NULL);
		net_close(&net);
	}
	unlink(path);
	free(whole);
}

TEST_MAIN(TEST(reading_integrals_changes_nothing), TEST(reading_pairs_changes_nothing),
	TEST(spikes_without_axonal_delay_count))
