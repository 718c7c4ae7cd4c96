/*
 * Activity of the benchmark networks against what other simulators measured on the same networks.
 *
 * Brunel: NEST, exact and on the grid, 36.9 to 38.4 Hz in pieces of 0.2 s; CV of the intervals 0.376 in
 * windows of 0.2 s (short windows favour short intervals). Vogels and Abbott: 5.41 to 5.67 Hz in NEST,
 * Brian2, GeNN and Auryn; CV 0.66 in 3 s (neurons with at least 5 spikes).
 */
#include "tests/net.h"

struct statistics {
	double rate, cv;
	size_t n_cv;
};

static int compare_spikes(const void *left, const void *right)
{
	const struct net_spike *a = left, *b = right;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->t > b->t) - (a->t < b->t);
}

/* Mean rate after `from` ms (Hz) and mean CV of the intervals over neurons with at least `least` spikes. */
static struct statistics measure(struct net *net, double from, size_t least)
{
	struct statistics s = {0};
	const double seconds = (net->scenario->duration - from) / 1000;
	const size_t n_neurons = net->counts.neurons;
	size_t first = 0, n = 0;
	qsort(net->spikes, net->n, sizeof *net->spikes, compare_spikes);
	for (size_t k = 0; k < net->n; k++)
		if (net->spikes[k].t >= from)
			net->spikes[n++] = net->spikes[k];
	s.rate = (double)n / (double)n_neurons / seconds;
	for (size_t k = 1; k <= n; k++) {
		if (k < n && net->spikes[k].id == net->spikes[first].id)
			continue;
		double sum = 0, squares = 0;
		const double m = (double)(k - first) - 1;
		for (size_t i = first + 1; i < k; i++) {
			const double interval = net->spikes[i].t - net->spikes[i - 1].t;
			sum += interval;
			squares += interval * interval;
		}
		if (k - first >= least) {
			s.cv += sqrt(squares / m - sum / m * sum / m) / (sum / m);
			s.n_cv++;
		}
		first = k;
	}
	s.cv /= (double)s.n_cv;
	return s;
}

static struct statistics run(const char *path, const char *duration, double from, size_t least)
{
	const struct spk_override overrides[] = {{duration}};
	const struct spk_sim_options options = {.threads = 1, .partitions = 1};
	struct statistics s = {0};
	struct net net;
	if (net_make(&net, net_load(path, 1, overrides), &options)) {
		if (net_run(&net)) {
			s = measure(&net, from, least);
			printf("# %s: %.4g Hz, CV %.4g of %zu neurons\n", path, s.rate, s.cv, s.n_cv);
		}
		net_close(&net);
	}
	return s;
}

static void brunel(void)
{
	const struct statistics s = run("scenarios/brunel.yaml", "duration=300 ms", 100, 3);
	CHECK_ABS(
		s.rate, 37.65, 1.1, "range of NEST's pieces of 0.2 s, and as much again for another network");
	CHECK_ABS(s.cv, 0.376, 0.03,
		"NEST in windows of 0.2 s; another least number of spikes moves it by 0.02");
	CHECK(s.n_cv > 10000);
}

static void vogels_abbott(void)
{
	const struct statistics s = run("scenarios/vogels_abbott_cuba.yaml", "duration=3 s", 0, 5);
	CHECK_ABS(s.rate, 5.55, 0.25, "5.41 to 5.67 Hz in four simulators; standard error of 3 s 0.1 Hz");
	CHECK_ABS(s.cv, 0.66, 0.04, "NEST in 3 s");
	CHECK(s.n_cv > 2000);
}

TEST_MAIN(TEST(brunel), TEST(vogels_abbott))
