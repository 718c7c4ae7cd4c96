/** The objective of a spiking chain by hand: recorded spikes, states, rates, weights and textbook formulas.
 */
#ifndef SPIKEM_TESTS_CHAIN_BY_HAND_H
#define SPIKEM_TESTS_CHAIN_BY_HAND_H

#include "tests/net.h"

#include <spikem/file.h>

enum { N_LAYERS = 3, MOST = 5, SAMPLES = 61 };

static const double EVERY = 5, WIDTH = 40, SIGMA[] = {30, 20, 15};

/* Three models, drawn on both sides of their thresholds. */
static const int SIZE[] = {5, 4, 3};
static const char *const LAYER[] = {"x", "h1", "h2"};
static const double TAU_X[] = {10, 12, 14, 16, 18}, I_X[] = {150, 200, 230, 260, 300},
		    I_H1[] = {150, 200, 230, 180};

static const char NETWORK[] =
	"spikem: 1\nseed: %d\nstart: %g ms\nduration: 300 ms\npopulations:\n"
	"  s: {size: 4, copies: %d, model: poisson, params: {rate: 200 Hz}}\n"
	"  x: {size: 5, copies: %d, model: lif_exp, keep_u: true, params: {tau_m: [10 ms, 12 ms, 14 ms, 16 "
	"ms, "
	"18 ms], V_th: 10 mV, I_e: [150 pA, 200 pA, 230 pA, 260 pA, 300 pA], tau_syn_in: 4 ms}}\n"
	"  h1: {size: 4, copies: %d, model: lif_delta, keep_u: true, params: {tau_m: 10 ms, V_th: 8 mV, I_e: "
	"[150 pA, 200 pA, 230 pA, 180 pA]}}\n"
	"  h2: {size: 3, copies: %d, model: lif_escape, keep_u: true, params: {V_th: 10 mV, Delta_u: 3 mV, "
	"rho_0: "
	"50 Hz, I_e: 100 pA}}\n"
	"projections:\n"
	"  - {from: s, to: x, connect: all_to_all, weight: 60 pA, delay: 1 ms}\n"
	"  - {name: f1, from: x, to: h1, connect: all_to_all, weight: {uniform: [-1 mV, 2.5 mV]}, delay: 1 "
	"ms}\n"
	"  - {name: f2, from: h1, to: h2, connect: {fixed_probability: 0.7}, weight: {uniform: [-0.5 mV, 2 "
	"mV]}, "
	"delay: {uniform: [1 ms, 3 ms]}}\n"
	"  - {name: g1, from: h1, to: x, connect: all_to_all, weight: {uniform: [%g pA, 60 pA]}, delay: 1.7 "
	"ms%s}\n"
	"  - {name: g2, from: h2, to: h1, connect: {fixed_in_degree: 4}, weight: {uniform: [-1 mV, 2 mV]}, "
	"delay: "
	"1.3 ms}\n"
	"record:\n"
	"  spikes: all\n"
	"  state: [{of: x, variables: [u, u_bar], every: 5 ms}, {of: h1, variables: [u, u_bar], every: 5 "
	"ms}, "
	"{of: h2, variables: [u, u_bar], every: 5 ms}]\n"
	"  weights: [{of: f1}, {of: f2}, {of: g1, every: 5 ms}, {of: g2}]\n"
	"  rates: [{of: x, per_neuron: true, width: 40 ms, every: 5 ms}, {of: h1, per_neuron: true, width: "
	"40 ms, "
	"every: 5 ms}, {of: h2, per_neuron: true, width: 40 ms, every: 5 ms}]\n"
	"%s";

/* Maps in the order of the terms. */
static const struct map {
	const char *name, *term;
	int from, to;
} MAPS[] = {{"g1", "decoder_x", 1, 0}, {"g2", "decoder_h1", 2, 1}, {"f1", "encoder_h1", 0, 1},
	{"f2", "encoder_h2", 1, 2}};

struct run {
	struct spk_file *file;
	double start;
	int copies;
	const char *readout;
	double rate[SAMPLES][N_LAYERS][MOST * 4]; /* of neurons; of units in the rate limit */
	double h[SAMPLES][N_LAYERS][MOST];
	uint64_t n[4]; /* synapses of each map */
	uint64_t *source[4], *target[4];
	double *weight[4][SAMPLES];
};

static inline void *read_column(
	struct spk_file *file, const char *group, const char *name, enum spk_type type, uint64_t *ret_n)
{
	char path[128];
	uint64_t dims[4] = {0};
	int rank;
	snprintf(path, sizeof path, "%s/%s", group, name);
	CHECK(spk_file_shape(file, path, &rank, dims, NULL) == SPK_OK);
	double *values = calloc(dims[0] + 1, sizeof *values);
	CHECK(spk_file_read(file, path, type, 0, dims[0], values, NULL) == SPK_OK);
	*ret_n = dims[0];
	return values;
}

/* ---- What a prediction is made of --------------------------------------------------------------- */

static inline double rest_of(int layer, uint64_t unit)
{
	return layer == 0   ? I_X[unit] * TAU_X[unit] / 250
	       : layer == 1 ? I_H1[unit] * 10 / 250
			    : 100 * 20 / 250.0;
}

static inline double area_of(int layer, uint64_t unit, double w)
{
	return layer == 0 ? w * TAU_X[unit] / 250 * (w < 0 ? 4 : 5) : layer == 1 ? w * 10 : w * 20;
}

/* Mean interval of the escape neuron: integral of the chance to have no spike yet. */
static inline double escape_rate(double u)
{
	const double dt = 0.01;
	double survived = 1, mean = 2;
	for (double t = 0; survived > 1e-14; t += dt) {
		const double v = u * (1 - exp(-(t + dt / 2) / 20)),
			     next = survived * exp(-dt * 0.05 * exp((v - 10) / 3));
		mean += dt * (survived + next) / 2;
		survived = next;
	}
	return 1000 / mean;
}

static inline double rate_of(int layer, uint64_t unit, double u)
{
	const double V_th = layer == 0 ? 10 : 8, tau_m = layer == 0 ? TAU_X[unit] : 10;
	if (layer == 2)
		return escape_rate(u);
	return u > V_th ? 1000 / (2 + tau_m * log(u / (u - V_th))) : 0;
}

/* Term `map` at a sample; weight number `changed` is larger by `by`. */
static inline double term_by_hand(const struct run *run, int map, int sample, uint64_t changed, double by)
{
	const int from = MAPS[map].from, to = MAPS[map].to, is_rate = strcmp(run->readout, "rate") == 0;
	double a[MOST], sum = 0;
	for (int j = 0; j < SIZE[to]; j++)
		a[j] = rest_of(to, (uint64_t)j);
	for (uint64_t k = 0; k < run->n[map]; k++) {
		const uint64_t unit = run->target[map][k] / (uint64_t)run->copies;
		const double w = run->weight[map][sample][k] + (k == changed ? by : 0);
		if (run->target[map][k] % (uint64_t)run->copies == 0)
			a[unit] += area_of(to, unit, w) * run->rate[sample][from][run->source[map][k]] / 1000;
	}
	for (int j = 0; j < SIZE[to]; j++) {
		const double rest = run->h[sample][to][j] - (is_rate ? rate_of(to, (uint64_t)j, a[j]) : a[j]);
		sum += rest * rest;
	}
	return -sum / (2 * SIGMA[to] * SIGMA[to]);
}

/* ---- What is read ------------------------------------------------------------------------------- */

static inline void count_spikes(struct run *run, const struct net *net)
{
	for (int l = 0; l < N_LAYERS; l++) {
		const uint32_t first = net->sim->engine.network.first_id[l + 1];
		for (int i = 0; i < SAMPLES; i++) {
			const double t = run->start + i * EVERY;
			for (size_t k = 0; k < net->n; k++) {
				const struct net_spike *s = &net->spikes[k];
				if (s->id >= first && s->id < first + (uint32_t)(SIZE[l] * run->copies) &&
					s->t <= t && s->t > t - WIDTH)
					run->rate[i][l][s->id - first] += 1000 / WIDTH;
			}
		}
	}
}

static inline void read_rates(struct run *run)
{
	for (int l = 0; l < N_LAYERS; l++) {
		char group[32];
		uint64_t n;
		snprintf(group, sizeof group, "/rates/%s", LAYER[l]);
		double *rate = read_column(run->file, group, "rate", SPK_F64, &n);
		CHECK(n == (uint64_t)(SAMPLES * SIZE[l]));
		for (int i = 0; i < SAMPLES * SIZE[l]; i++)
			run->rate[i / SIZE[l]][l][i % SIZE[l]] = rate[i];
		free(rate);
	}
}

static inline void read_readout(struct run *run, int values_per_unit)
{
	for (int l = 0; l < N_LAYERS; l++) {
		const int size = SIZE[l] * values_per_unit;
		char group[32];
		uint64_t n;
		double *value = NULL;
		snprintf(group, sizeof group, "/state/%s", LAYER[l]);
		if (strcmp(run->readout, "rate") != 0) {
			value = read_column(run->file, group, run->readout, SPK_F64, &n);
			CHECK(n == (uint64_t)(SAMPLES * size));
		}
		for (int i = 0; i < SAMPLES; i++)
			for (int j = 0; j < size; j++)
				run->h[i][l][j / values_per_unit] +=
					(value ? value[i * size + j] : run->rate[i][l][j]) / values_per_unit;
		free(value);
	}
}

static inline void read_weights(struct run *run)
{
	for (int map = 0; map < 4; map++) {
		char group[32], member[32];
		uint64_t n;
		snprintf(group, sizeof group, "/weights/%s", MAPS[map].name);
		run->source[map] = read_column(run->file, group, "source", SPK_U64, &run->n[map]);
		run->target[map] = read_column(run->file, group, "target", SPK_U64, &n);
		for (int i = 0; i < SAMPLES; i++) {
			snprintf(member, sizeof member, "snapshots/%06d", map == 0 ? i : 0);
			run->weight[map][i] = read_column(run->file, group, member, SPK_F64, &n);
		}
	}
}

/* The rate limit writes no weights: take them from the network. */
static inline void copy_weights(struct run *run, const struct net *net)
{
	static const size_t numbers[] = {3, 4, 1, 2};
	for (int map = 0; map < 4; map++) {
		struct spk_synapse_place *places = NULL;
		uint64_t *n = &run->n[map];
		CHECK(spk_synapse_places(&net->sim->engine.network, numbers[map], &places, n, NULL) ==
			SPK_OK);
		run->source[map] = calloc(*n, sizeof(uint64_t));
		run->target[map] = calloc(*n, sizeof(uint64_t));
		for (uint64_t k = 0; k < *n; k++) {
			run->source[map][k] = places[k].source;
			run->target[map][k] = places[k].target;
		}
		for (int i = 0; i < SAMPLES; i++)
			run->weight[map][i] = net_weights(net, numbers[map], n);
		free(places);
	}
}

static inline void run_close(struct run *run)
{
	for (int map = 0; map < 4; map++) {
		free(run->source[map]);
		free(run->target[map]);
		for (int i = 0; i < SAMPLES; i++)
			free(run->weight[map][i]);
	}
	(void)spk_file_close(run->file, 0, NULL);
	free(run);
}

#endif
