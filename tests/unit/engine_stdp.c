/*
 * Pair STDP through the engine against the textbook: for each synapse the list of arrivals (source spike +
 * axonal delay) and of postsynaptic spikes (spike + dendritic delay), all pairs summed one by one, each
 * change clipped. Weights must be right at any time they are read, for any split of the delay.
 */
#include "tests/net.h"

#define WHY_SUM "sums of some hundred terms of 0.01 mV, rounded"

enum { MAX_SPIKES = 4096 };
static const double A_PLUS = 0.02, A_MINUS = 0.021, TAU_PLUS = 17, TAU_MINUS = 34, W_MAX = 0.5;

static const char NETWORK[] =
	"spikem: 1\nseed: %d\nduration: 250 ms\n"
	"populations:\n"
	"  drive: {size: 70, model: poisson, params: {rate: 100 Hz}}\n"
	"  pre: {size: 7, model: poisson, params: {rate: 60 Hz}}\n"
	"  cells: {size: 70, model: lif_delta, params: {V_th: 10 mV, t_ref: %s, tau_m: %s}}\n"
	"projections:\n"
	"  - {from: drive, to: cells, connect: {fixed_in_degree: 10}, weight: 1.6 mV, delay: 1.3 ms}\n"
	"  - {from: pre, to: cells, connect: {fixed_probability: 0.5}, weight: {uniform: [0 mV, 0.5 mV]}, "
	"delay: %s, "
	"plasticity: {rule: stdp_pair, params: {A_plus: 0.02, A_minus: 0.021, tau_plus: 17 ms, tau_minus: 34 "
	"ms}, "
	"bounds: [0 mV, 0.5 mV]}}\n"
	"  - {from: cells, to: cells, connect: {fixed_in_degree: 6, autapses: true, multapses: true}, "
	"weight: 0.2 mV, "
	"delay: %s, plasticity: {rule: stdp_pair, params: {A_plus: 0.02, A_minus: 0.021, tau_plus: 17 ms, "
	"tau_minus: 34 ms}, bounds: [0 mV, 0.5 mV]}}\n";

static double sum_trace(size_t n, const double *t, double until, int inclusive, double tau)
{
	double sum = 0;
	for (size_t k = 0; k < n && (t[k] < until || (inclusive && t[k] == until)); k++)
		sum += exp((t[k] - until) / tau);
	return sum;
}

static double clip(double w)
{
	return w < 0 ? 0 : w > W_MAX ? W_MAX : w;
}

/* Weight at time `until` from arrivals x and post spikes y, both as seen at the synapse. */
static double textbook(double w, size_t n_x, const double *x, size_t n_y, const double *y, double until)
{
	for (size_t i = 0, j = 0;;) {
		const double next_x = i < n_x && x[i] < until ? x[i] : HUGE_VAL;
		const double next_y = j < n_y && y[j] < until ? y[j] : HUGE_VAL;
		if (isinf(next_x) && isinf(next_y))
			return w;
		if (next_x <= next_y) {
			w = clip(w - W_MAX * A_MINUS * sum_trace(n_y, y, next_x, 0, TAU_MINUS));
			i++;
		} else {
			w = clip(w + W_MAX * A_PLUS * sum_trace(n_x, x, next_y, 1, TAU_PLUS));
			j++;
		}
	}
}

/* All synapses of a projection at time `until` against the textbook. `initial`: by place. Returns how many
 * moved. */
static size_t check_weights(const struct net *net, size_t projection, const double *initial, double until)
{
	static double x[MAX_SPIKES], y[MAX_SPIKES];
	const struct spk_network *network = &net->sim->engine.network;
	const struct spk_projection *p = &net->scenario->projections[projection];
	struct spk_synapse_place *places;
	uint64_t n;
	size_t moved = 0;
	if (!CHECK(spk_synapse_places(network, projection, &places, &n, NULL) == SPK_OK))
		return 0;
	for (uint64_t k = 0; k < n; k++) {
		const struct spk_table *table =
			&network->partitions[places[k].partition].tables[projection].table;
		uint64_t row = 0;
		while (places[k].k >= table->rows[row].first + table->rows[row].n)
			row++;
		const double dendritic = table->rows[row].dendritic,
			     axonal = table->rows[row].delay - dendritic;
		const size_t n_x = net_times(net, p->from, places[k].source, MAX_SPIKES, x);
		const size_t n_y = net_times(net, p->to, places[k].target, MAX_SPIKES, y);
		for (size_t i = 0; i < n_x; i++)
			x[i] += axonal;
		for (size_t i = 0; i < n_y; i++)
			y[i] += dendritic;
		const double want = textbook(initial[k], n_x, x, n_y, y, until);
		CHECK_ABS(spk_synapse_weight(network, projection, &places[k]), want, 1e-12, WHY_SUM);
		moved += want != initial[k];
	}
	free(places);
	return moved;
}

static void run(int seed, const char *t_ref, const char *tau_m, const char *delay, unsigned partitions)
{
	static const double reads[] = {0.1, 33.333, 33.334, 100, 101.5, 180.05, 249};
	char *yaml = net_text(NETWORK, seed, t_ref, tau_m, delay, delay);
	struct net net;
	uint64_t n;
	if (net_open(&net, yaml, 1, partitions)) {
		double *from_pre = net_weights(&net, 1, &n), *from_cells = net_weights(&net, 2, &n);
		size_t moved = 0;
		for (size_t k = 0; k < sizeof reads / sizeof *reads && net_advance(&net, reads[k]); k++) {
			moved = check_weights(&net, 1, from_pre, reads[k]);
			moved += check_weights(&net, 2, from_cells, reads[k]);
		}
		CHECK(moved > 400);
		CHECK(net_count(&net, 2) > 300);
		free(from_pre);
		free(from_cells);
		net_close(&net);
	}
	free(yaml);
}

static const char *const delays[] = {"{axonal: 2 ms}", "{dendritic: 2 ms}",
	"{axonal: 0.4 ms, dendritic: 2.1 ms}", "{axonal: 3 ms, dendritic: 0.2 ms}",
	"{axonal: {uniform: [0.1 ms, 4 ms]}, dendritic: {uniform: [0 ms, 4 ms]}}",
	"{axonal: 0 ms, dendritic: {uniform: [1 ms, 30 ms]}}", "{axonal: 25 ms, dendritic: 0.01 ms}"};

static void any_split_of_the_delay(void)
{
	for (size_t k = 0; k < sizeof delays / sizeof *delays; k++)
		run(1, "2 ms", "20 ms", delays[k], 1);
}

static void any_split_of_the_delay_onto_general_groups(void)
{
	for (size_t k = 0; k < sizeof delays / sizeof *delays; k++)
		run(2, "0 ms", "{uniform: [15 ms, 25 ms]}", delays[k], 2);
}

TEST_MAIN(TEST(any_split_of_the_delay), TEST(any_split_of_the_delay_onto_general_groups))
