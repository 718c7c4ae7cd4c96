/**
 * Networks for tests: a scenario from text, run in memory, with its spikes, weights and states.
 *
 *   struct net net;
 *   if (!net_open(&net, yaml, 1, 1) || !net_run(&net)) return;   // failures are checks that failed
 *   ... net.spikes[k] ...
 *   net_close(&net);
 */
#ifndef SPIKEM_TESTS_NET_H
#define SPIKEM_TESTS_NET_H

#include "tests/test.h"

#include "sim/recorder.h"
#include "sim/sim.h"

#include <stdarg.h>
#include <unistd.h>

struct net_spike {
	double t;       /**< ms as recorded */
	double elapsed; /**< ms since the start, finer than t when the start is far from 0 */
	uint32_t id;    /**< global id */
};

struct net {
	struct spk_scenario *scenario;
	struct spk_sim *sim;
	struct spk_observer inner; /**< the simulation's own */
	size_t n, capacity;
	struct net_spike *spikes; /**< [n] as handed out at the exchanges */
	struct spk_counts counts;
};

/** printf into memory of its own; free it. */
static inline char *net_text(const char *format, ...) SPK_PRINTF(1, 2);
static inline char *net_text(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = malloc((size_t)length + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

/** Path of a scratch file. */
static inline void net_path(char path[512], const char *name)
{
	const char *dir = getenv("SPK_TEST_DIR");
	snprintf(path, 512, "%s/%s.%ld", dir ? dir : "/tmp", name, (long)getpid());
}

static inline int net_keep(
	void *user, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err)
{
	struct net *net = user;
	const struct spk_engine *e = &net->sim->engine;
	const double base = (double)e->epoch_cell * e->network.cell_ms;
	if (net->n + n > net->capacity) {
		net->capacity = 2 * (net->n + n);
		net->spikes = realloc(net->spikes, net->capacity * sizeof *net->spikes);
	}
	for (size_t k = 0; k < n; k++)
		net->spikes[net->n++] =
			(struct net_spike){epoch + fired[k].t, base + fired[k].t, fired[k].id};
	return net->inner.spikes(net->inner.user, n, fired, epoch, err);
}

static inline int net_exchanged(void *user, double now, struct spk_error *err)
{
	struct net *net = user;
	return net->inner.exchanged(net->inner.user, now, err);
}

static inline int net_border(void *user, struct spk_error *err)
{
	struct net *net = user;
	return net->inner.border(net->inner.user, err);
}

/** Read a scenario from a file. */
static inline struct spk_scenario *net_load(const char *path, size_t n, const struct spk_override *overrides)
{
	struct spk_scenario *scenario = NULL;
	char *diagnostics = NULL;
	struct spk_error err = {0};
	if (!CHECK(spk_scenario_load(path, n, overrides, &scenario, &diagnostics, &err) == SPK_OK))
		printf("# %s\n%s\n", err.text, diagnostics ? diagnostics : "");
	free(diagnostics);
	return scenario;
}

/** Read a scenario from a text. */
static inline struct spk_scenario *net_read(const char *yaml)
{
	char path[512];
	net_path(path, "net.yaml");
	FILE *out = fopen(path, "w");
	if (!CHECK(out != NULL))
		return NULL;
	fputs(yaml, out);
	fclose(out);
	struct spk_scenario *scenario = net_load(path, 0, NULL);
	unlink(path);
	return scenario;
}

/** Write a data set as text: pixels from 0 to 10 that are always the same, labels one after the other. */
static inline void net_write_data(const char *path, int n_items, int n_pixels, int n_labels)
{
	FILE *out = fopen(path, "w");
	uint64_t seed = 3;
	if (!CHECK(out != NULL))
		return;
	for (int item = 0; item < n_items; item++) {
		for (int k = 0; k < n_pixels; k++)
			fprintf(out, "%d,", (int)(test_random(&seed) % 11));
		fprintf(out, "%d\n", item % n_labels);
	}
	fclose(out);
}

static inline double net_next_pause(void *user)
{
	const struct net *net = user;
	return net->inner.next_pause(net->inner.user);
}

static inline int net_pause(void *user, double elapsed, struct spk_error *err)
{
	const struct net *net = user;
	return net->inner.pause(net->inner.user, elapsed, err);
}

/** Make a scenario, which the net owns from now on, into a simulation. 0: failed, nothing to close. */
static inline int net_make(
	struct net *net, struct spk_scenario *scenario, const struct spk_sim_options *options)
{
	struct spk_error err = {0};
	*net = (struct net){.scenario = scenario};
	if (!scenario)
		return 0;
	if (!CHECK(spk_sim_create(scenario, options, &net->sim, &err) == SPK_OK)) {
		printf("# %s\n", err.text);
		spk_scenario_free(scenario);
		return 0;
	}
	net->inner = net->sim->engine.observer;
	net->sim->engine.observer = (struct spk_observer){.spikes = net_keep,
		.exchanged = net_exchanged,
		.next_pause = net_next_pause,
		.pause = net_pause,
		.border = net_border,
		.user = net};
	return 1;
}

static inline int net_open(struct net *net, const char *yaml, unsigned threads, unsigned partitions)
{
	const struct spk_sim_options options = {.threads = threads, .partitions = partitions};
	return net_make(net, net_read(yaml), &options);
}

static inline void net_close(struct net *net)
{
	spk_sim_free(net->sim);
	spk_scenario_free(net->scenario);
	free(net->spikes);
}

/** Run to the end. */
static inline int net_run(struct net *net)
{
	struct spk_error err = {0};
	const int ok = CHECK(spk_sim_run(net->sim, &err) == SPK_OK);
	if (!ok)
		printf("# %s\n", err.text);
	spk_sim_counts(net->sim, &net->counts);
	return ok;
}

/** Run up to `elapsed` ms with the gate open and settle the weights, as a reader in between does. */
static inline int net_advance(struct net *net, double elapsed)
{
	struct spk_error err = {0};
	net->sim->recorder.network = &net->sim->engine.network;
	spk_sim_set_gate(net->sim, 1);
	const int ok = CHECK(spk_sim_advance(net->sim, elapsed, &err) == SPK_OK);
	if (!ok)
		printf("# %s\n", err.text);
	spk_sim_settle(net->sim);
	return ok;
}

/** Weights of a projection by (source, delay, target); free them. */
static inline double *net_weights(const struct net *net, size_t projection, uint64_t *ret_n)
{
	const struct spk_network *network = &net->sim->engine.network;
	struct spk_synapse_place *places = NULL;
	double *weights = NULL;
	*ret_n = 0;
	if (CHECK(spk_synapse_places(network, projection, &places, ret_n, NULL) == SPK_OK)) {
		weights = malloc((*ret_n + 1) * sizeof *weights);
		for (uint64_t k = 0; k < *ret_n; k++)
			weights[k] = spk_synapse_weight(network, projection, &places[k]);
	}
	free(places);
	return weights;
}

/** Population of a global id. */
static inline size_t net_population(const struct spk_network *network, uint32_t id)
{
	size_t k = 0;
	while (network->first_id[k + 1] <= id)
		k++;
	return k;
}

/** The member that holds neuron `index` of a population; *ret_local: its index there. */
static inline const struct spk_member *net_member(
	const struct net *net, size_t population, uint64_t index, uint32_t *ret_local)
{
	const struct spk_network *network = &net->sim->engine.network;
	for (uint32_t k = 0; k < network->n_partitions; k++) {
		const struct spk_member *m = &network->partitions[k].members[population];
		if (index >= m->lo && index < m->hi) {
			*ret_local = (uint32_t)(index - m->lo);
			return m;
		}
	}
	return NULL;
}

/** State of a neuron now. */
static inline void net_state(const struct net *net, size_t population, uint64_t index, double *ret_state)
{
	uint32_t local = 0;
	const struct spk_member *m = net_member(net, population, index, &local);
	m->type->peek(m->group, local, net->sim->engine.t, ret_state);
}

/** Number of spikes of a population. */
static inline size_t net_count(const struct net *net, size_t population)
{
	const uint32_t *first = net->sim->engine.network.first_id;
	size_t n = 0;
	for (size_t k = 0; k < net->n; k++)
		n += net->spikes[k].id >= first[population] && net->spikes[k].id < first[population + 1];
	return n;
}

/** Spike times (elapsed) of one neuron, at most `max`; returns how many there are. */
static inline size_t net_times(
	const struct net *net, size_t population, uint64_t index, size_t max, double *ret_t)
{
	const uint32_t id = net->sim->engine.network.first_id[population] + (uint32_t)index;
	size_t n = 0;
	for (size_t k = 0; k < net->n; k++)
		if (net->spikes[k].id == id && n++ < max)
			ret_t[n - 1] = net->spikes[k].elapsed;
	return n;
}

/** Same spikes, bit for bit. */
static inline int net_same_spikes(const struct net *a, const struct net *b)
{
	size_t k = 0;
	while (k < a->n && k < b->n && a->spikes[k].t == b->spikes[k].t && a->spikes[k].id == b->spikes[k].id)
		k++;
	if (k == a->n && k == b->n)
		return 1;
	printf("# %zu and %zu spikes, spike %zu differs\n", a->n, b->n, k);
	return 0;
}

/** Same weights of all projections, bit for bit. */
static inline int net_same_weights(const struct net *a, const struct net *b)
{
	int same = 1;
	for (size_t p = 0; p < a->scenario->n_projections; p++) {
		uint64_t n, m;
		double *x = net_weights(a, p, &n), *y = net_weights(b, p, &m);
		same = same && x && y && n == m && memcmp(x, y, n * sizeof *x) == 0;
		free(x);
		free(y);
	}
	return same;
}

/** Same states of all neurons at the end, bit for bit. */
static inline int net_same_states(const struct net *a, const struct net *b)
{
	int same = 1;
	for (size_t p = 0; p < a->scenario->n_populations; p++) {
		if (!a->scenario->populations[p].neuron)
			continue;
		const size_t n_states = a->scenario->populations[p].neuron->n_states;
		for (uint64_t k = 0; k < a->scenario->populations[p].size; k++) {
			double x[32] = {0}, y[32] = {0};
			net_state(a, p, k, x);
			net_state(b, p, k, y);
			for (size_t i = 0; i < n_states; i++) {
				if (memcmp(&x[i], &y[i], sizeof *x) == 0)
					continue;
				if (same)
					printf("# %s %llu: %s %.17g and %.17g\n",
						a->scenario->populations[p].name, (unsigned long long)k,
						a->scenario->populations[p].neuron->states[i].name, x[i],
						y[i]);
				same = 0;
			}
		}
	}
	return same;
}

#endif
