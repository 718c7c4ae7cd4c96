/*
 * Weights read on the way (sim/reading.h): what is read is right, and what follows is as without reading, bit
 * for bit, also for rules whose integrals would round differently in other pieces. Times of reading are
 * borders of cells here (1 ms, the smallest delay).
 */
#include "tests/net.h"

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

TEST_MAIN(TEST(reading_integrals_changes_nothing), TEST(reading_pairs_changes_nothing))
