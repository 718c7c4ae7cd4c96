/*
 * A long run ends as it begins. The same pattern of input is shown at the start, and twice after a long time
 * with rare events: once a whole number of epochs after the start, where every bit of the answer is the same
 * when times are counted from the pattern, and once at a moment that is none, where they are rounded
 * otherwise. Recorded times are doubles, so 1e9 ms after the start they are rounded to 1.2e-7 ms.
 *
 * 1e7 ms; with SPK_TEST_FULL set 1e9 ms, eleven days and a half.
 */
#include "tests/net.h"

enum { PATTERNS = 3, MAX_SPIKES = 4000, TEXT = 20000 };
static const double PATTERN_MS = 400; /* with what follows from it */
static const double REST_MS = 40000;  /* without input before a pattern: all has decayed to nothing */
static const double SHIFT_MS = 100000.3330078125;

/* A spike of a neuron that sees the pattern. */
struct answer {
	double after; /* ms after the pattern's start */
	double recorded;
	uint32_t id;
};

struct soak {
	struct net net; /* first: observers are given a net */
	double start[PATTERNS];
	size_t n[PATTERNS];
	struct answer answers[PATTERNS][MAX_SPIKES];
	uint64_t n_spikes;
};

static double long_ms(void)
{
	return getenv("SPK_TEST_FULL") ? 1e9 : 1e7;
}

/* Spikes near the patterns, from population 3 on: the others fire all the time, or are the pattern. */
static int keep_answers(
	void *user, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err)
{
	struct soak *s = user;

	s->n_spikes += n;
	for (size_t k = 0; k < n; k++)
		for (size_t p = 0; p < PATTERNS; p++) {
			const double after = epoch - s->start[p] + fired[k].t;
			if (fired[k].id < s->net.sim->engine.network.first_id[3] || !(after >= 0) ||
				after >= PATTERN_MS)
				continue;
			if (CHECK(s->n[p] < MAX_SPIKES))
				s->answers[p][s->n[p]++] =
					(struct answer){after, epoch + fired[k].t, fired[k].id};
		}
	return s->net.inner.spikes(s->net.inner.user, n, fired, epoch, err);
}

/* ---- The network -------------------------------------------------------------------------------- */

/* Times of the pattern's spikes, or their sources: 50 of them within 100 ms, on a grid that doubles have. */
static int write_pattern(char *ret, const double *start, int ids)
{
	int at = 0;

	for (int p = 0; p < PATTERNS; p++)
		for (int k = 0; k < 50; k++)
			at += ids ? snprintf(ret + at, 64, "%d, ", k * 7 % 12)
				  : snprintf(ret + at, 64, "%.10f ms, ",
					    start[p] + k * 2 + (k * 37 % 64) / 64.0);
	return at;
}

/*
 * Neurons in fast groups and in the general one, delays in rows and drawn, rare input that ends before the
 * patterns. A probe sees how pair STDP would change the weights of the pattern and changes nothing;
 * noise_busy learns all the time.
 */
static char *write_network(const double *start)
{
	static char times[TEXT], ids[TEXT];

	(void)write_pattern(times, start, 0);
	(void)write_pattern(ids, start, 1);
	return net_text(
		"spikem: 1\nseed: 11\nduration: %.10f ms\npopulations:\n"
		"  noise: {size: 10, model: poisson, params: {rate: 0.05 Hz}}\n"
		"  busy: {size: 10, model: lif_delta, params: {V_th: 5 mV}}\n"
		"  pattern: {size: 12, model: spike_list, spikes: {times: [%s], ids: [%s]}}\n"
		"  fast: {size: 10, model: lif_delta, params: {V_th: 5 mV}}\n"
		"  psc: {size: 10, model: lif_exp, params: {V_th: 5 mV, tau_m: 100 ms}}\n"
		"  each: {size: 10, model: lif_alpha, params: {V_th: 5 mV, tau_m: {uniform: [10 ms, 30 "
		"ms]}}}\n"
		"inputs:\n"
		"  rare: {model: poisson, rate: 0.03 Hz, to: fast, weight: 6 mV, "
		"schedule: {times: [%.10f ms], rates: [0 Hz]}}\n"
		"  rare_current: {model: poisson, rate: 0.03 Hz, to: [psc, each], weight: 2000 pA, "
		"schedule: {times: [%.10f ms], rates: [0 Hz]}}\n"
		"projections:\n"
		"  - {from: noise, to: busy, connect: {fixed_in_degree: 5}, weight: 6 mV, delay: 8 ms, "
		"plasticity: {rule: stdp_pair, bounds: [5.5 mV, 7 mV]}}\n"
		"  - {name: shown, from: pattern, to: fast, connect: {fixed_in_degree: 6}, weight: 2 mV, "
		"delay: 8 ms, probes: [{rule: stdp_pair}]}\n"
		"  - {from: fast, to: psc, connect: {fixed_in_degree: 5}, weight: 300 pA, delay: 9 ms}\n"
		"  - {from: fast, to: each, connect: {fixed_in_degree: 5}, weight: 300 pA, "
		"delay: {uniform: [8 ms, 30 ms]}}\n"
		"record: {spikes: all}\n",
		start[2] + PATTERN_MS, times, ids, start[1] - REST_MS, start[1] - REST_MS);
}

/* A whole number of epochs next to the long time. */
static double find_border(void)
{
	const double start[PATTERNS] = {0, 2 * REST_MS, 4 * REST_MS};
	char *yaml = write_network(start);
	struct net net;
	double epoch = NAN;

	if (net_open(&net, yaml, 1, 1)) {
		epoch = net.sim->engine.network.cell_ms * (double)net.sim->engine.network.epoch_cells;
		net_close(&net);
	}
	free(yaml);
	return ceil(long_ms() / epoch) * epoch;
}

/* ---- Comparing ---------------------------------------------------------------------------------- */

/* Weights of the probe, settled. */
static double *read_probe(const struct soak *s, uint64_t *ret_n)
{
	const struct spk_network *network = &s->net.sim->engine.network;
	struct spk_synapse_place *places = NULL;
	double *weights = NULL;

	if (!CHECK(spk_synapse_places(network, 1, &places, ret_n, NULL) == SPK_OK))
		return NULL;
	weights = calloc(*ret_n + 1, sizeof *weights);
	for (uint64_t k = 0; k < *ret_n; k++)
		weights[k] = network->partitions[0].tables[1].plastic[0].weight[places[k].k];
	free(places);
	return weights;
}

/* Run through a pattern. @return how the probe's weights changed meanwhile */
static double *show_pattern(struct soak *s, size_t p, uint64_t *ret_n)
{
	double *before = NULL, *after = NULL;

	if (net_advance(&s->net, s->start[p]))
		before = read_probe(s, ret_n);
	if (before && net_advance(&s->net, s->start[p] + PATTERN_MS))
		after = read_probe(s, ret_n);
	for (uint64_t k = 0; after && k < *ret_n; k++)
		after[k] -= before[k];
	free(before);
	return after;
}

/* Largest difference of two lists; INFINITY: they cannot be compared. */
static double compare_changes(const double *a, const double *b, uint64_t n)
{
	double largest = a && b ? 0 : INFINITY;

	for (uint64_t k = 0; a && b && k < n; k++)
		largest = fmax(largest, fabs(a[k] - b[k]));
	return largest;
}

/* The same neurons fired in the same order: how far apart at most, after the pattern and as recorded. */
static void compare_answers(const struct soak *s, size_t p, double *ret_after, double *ret_recorded)
{
	*ret_after = *ret_recorded = 0;
	if (!CHECK(s->n[p] == s->n[0]))
		printf("# %zu and %zu spikes\n", s->n[0], s->n[p]);
	for (size_t k = 0; k < s->n[p] && k < s->n[0]; k++) {
		const struct answer *a = &s->answers[0][k], *b = &s->answers[p][k];
		CHECK(a->id == b->id);
		*ret_after = fmax(*ret_after, fabs(a->after - b->after));
		*ret_recorded = fmax(*ret_recorded, fabs(b->recorded - s->start[p] - b->after));
	}
}

/* Of this process, kB. */
static long resident_kb(void)
{
	FILE *const in = fopen("/proc/self/statm", "r");
	long all = 0, pages = 0;

	if (!CHECK(in && fscanf(in, "%ld %ld", &all, &pages) == 2))
		pages = 0;
	if (in)
		(void)fclose(in);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void check_busy_weights(const struct soak *s)
{
	uint64_t n = 0;
	double *w = net_weights(&s->net, 0, &n);
	int moved = 0;

	for (uint64_t k = 0; w && k < n; k++) {
		CHECK(w[k] >= 5.5 && w[k] <= 7);
		moved += w[k] != 6;
	}
	CHECK(moved > 0);
	free(w);
}

static void check_run(struct soak *s)
{
	double *changes[PATTERNS] = {NULL}, after, recorded;
	uint64_t n = 0;

	changes[0] = show_pattern(s, 0, &n);
	CHECK(net_advance(&s->net, 0.1 * s->start[1]));
	const long early_kb = resident_kb();
	for (size_t p = 1; p < PATTERNS; p++)
		changes[p] = show_pattern(s, p, &n);
	const long late_kb = resident_kb();
	const double peak = compare_changes(changes[0], changes[0] ? (double[1000]){0} : NULL, n);
	CHECK(s->n[0] > 50 && peak > 0 && n < 1000);
	compare_answers(s, 1, &after, &recorded);
	CHECK(after == 0);
	CHECK(recorded <= 0x1p-53 * 2 * s->start[1]);
	printf("# %.9g ms, %llu spikes; %zu of an answer; recorded within %.2g ms\n", s->start[1],
		(unsigned long long)s->n_spikes, s->n[0], recorded);
	compare_answers(s, 2, &after, &recorded);
	CHECK_ABS(after, 0, 1e-10, "times within an epoch of 480 ms are rounded to 6e-14 ms");
	const double d1 = compare_changes(changes[0], changes[1], n),
		     d2 = compare_changes(changes[0], changes[2], n);
	printf("# elsewhere in an epoch: spikes within %.2g ms; STDP: %.3g mV, the same within %.2g and %.2g "
	       "mV\n",
		after, peak, d1, d2);
	CHECK_ABS(fmax(d1, d2), 0, 1e-13, "weights of some mV are rounded to 4e-16 mV at each change");
	printf("# memory: %ld kB at a tenth, %ld kB at the end\n", early_kb, late_kb);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they keep what was freed */
	CHECK(late_kb - early_kb < 1024);
#endif
	check_busy_weights(s);
	for (size_t p = 0; p < PATTERNS; p++)
		free(changes[p]);
}

static void a_long_run_ends_as_it_begins(void)
{
	struct soak *s = calloc(1, sizeof *s);
	struct spk_error err = {0};
	char path[512], *yaml;

	s->start[1] = find_border();
	s->start[2] = s->start[1] + SHIFT_MS;
	yaml = write_network(s->start);
	net_path(path, "long.h5");
	if (CHECK(isfinite(s->start[1])) && net_open(&s->net, yaml, 1, 1)) {
		s->net.sim->engine.observer.spikes = keep_answers;
		if (CHECK(spk_recorder_open(&s->net.sim->recorder, &s->net.sim->engine.network, path, 0,
				  &err) == SPK_OK))
			check_run(s);
		net_close(&s->net);
		unlink(path);
	}
	free(yaml);
	free(s);
}

TEST_MAIN(TEST(a_long_run_ends_as_it_begins))
