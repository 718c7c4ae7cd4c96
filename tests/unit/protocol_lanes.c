/* Lanes: a batch of items on replicas of the network, whose changes of the weights are summed up. */
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { ITEMS = 11, PIXELS = 6, LABELS = 2 };

/* Two layers that learn, both nudged by errors. Regular sources draw nothing: all lanes do the same. */
static char *make_yaml(const char *data, const char *source, const char *bounds, const char *protocol)
{
	return net_text(
		"spikem: 1\nseed: 8\n"
		"data: {d: {file: %s, shape: [2, 3], range: [0, 10], labels: 2, splits: {a: 4, b: 7, ab: [4, "
		"7]}}}\n"
		"populations:\n"
		"  in: {size: 6, model: %s, params: {rate: 300 Hz}}\n"
		"  up: {size: 2, model: regular, params: {rate: 900 Hz}}\n"
		"  hidden: {size: 9, model: lif_delta, params: {tau_m: 10 ms, V_th: 6 mV}}\n"
		"  out: {size: 2, like: hidden}\n"
		"projections:\n"
		"  - {name: p, from: in, to: hidden, connect: all_to_all, weight: {uniform: [0 mV, 2 mV]}, "
		"delay: 1 ms,\n"
		"     plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}%s}}\n"
		"  - {name: q, from: hidden, to: out, connect: all_to_all, weight: {uniform: [0 mV, 3 mV]}, "
		"delay: 1 ms,\n"
		"     plasticity: {rule: stdp_pair, bounds: [0 mV, 4 mV]}}\n"
		"  - {name: back, from: up, to: hidden, connect: all_to_all, weight: {normal: {mean: 0 mV, "
		"sd: "
		"1 mV}}, delay: 1 ms}\n"
		"objective: {model: softmax, of: out, projection: q, scale: 1 mV}\n"
		"protocol:\n"
		"  data: d\n"
		"  phases:\n"
		"    - {name: free, duration: 20 ms, show: in, readout: true}\n"
		"    - {name: nudge, duration: 15 ms, show: {in: image, up: error_on}, gate: open}\n"
		"  readouts: [{name: code, of: hidden, phase: nudge, window: 10 ms}]\n%s",
		data, source, bounds, protocol);
}

static int open_net(struct net *net, const char *source, const char *bounds, const char *protocol,
	unsigned threads, const char *output)
{
	const struct spk_sim_options options = {.threads = threads, .output = output};
	char data[512];

	net_path(data, "lanes.csv");
	net_write_data(data, ITEMS, PIXELS, LABELS);
	char *yaml = make_yaml(data, source, bounds, protocol);
	const int ok = net_make(net, net_read(yaml), &options);
	free(yaml);
	unlink(data);
	return ok;
}

/* Weights of projection 0 or 1 after a run of a split; free them. */
static double *run_split(
	const char *bounds, const char *split, unsigned lanes, size_t projection, uint64_t *ret_n)
{
	char *protocol = net_text("  lanes: %u\n  stages: [{name: train, split: %s}]\n", lanes, split);
	struct net net;
	double *w = NULL;

	if (open_net(&net, "regular", bounds, protocol, 1, NULL)) {
		(void)net_run(&net);
		w = net_weights(&net, projection, ret_n);
		net_close(&net);
	}
	free(protocol);
	return w;
}

/* Weights as they are built. */
static double *first_weights(size_t projection, uint64_t *ret_n)
{
	struct net net;
	double *w = NULL;

	if (open_net(&net, "regular", "", "  stages: [{name: train}]\n", 1, NULL)) {
		w = net_weights(&net, projection, ret_n);
		net_close(&net);
	}
	return w;
}

/* Items a and b side by side: start + (a's change) + (b's change). */
static void check_sum(const char *bounds, double lo, double hi, size_t projection)
{
	uint64_t n = 0, m = 0;
	double *start = first_weights(projection, &n);
	double *a = run_split(bounds, "a", 1, projection, &m), *b = run_split(bounds, "b", 1, projection, &m);
	double *both = run_split(bounds, "ab", 2, projection, &m),
	       *serial = run_split(bounds, "ab", 1, projection, &m);
	int changed = 0, other = 0, clipped = 0;

	if (CHECK(start && a && b && both && serial && n == m))
		for (uint64_t k = 0; k < n; k++) {
			const double sum = start[k] + (a[k] - start[k]) + (b[k] - start[k]);
			CHECK(both[k] == fmax(lo, fmin(hi, sum)));
			changed += a[k] != start[k] && b[k] != start[k];
			other += both[k] != serial[k];
			clipped += sum < lo || sum > hi;
		}
	CHECK(changed > 5 && other > 5);
	CHECK((clipped > 0) == (hi < 3));
	free(start);
	free(a);
	free(b);
	free(both);
	free(serial);
}

static void a_batch_changes_weights_by_the_sum_of_its_lanes(void)
{
	check_sum("", -INFINITY, INFINITY, 0);
	check_sum("", 0, 4, 1);
}

static void the_sum_is_clipped_to_the_bounds(void)
{
	check_sum(", bounds: [-1 mV, 2.01 mV]", -1, 2.01, 0);
}

/* All that a run writes of its presentations, as one sum of bits; 0: it cannot be read. */
static uint64_t digest(const char *path)
{
	static const struct {
		const char *name;
		enum spk_type type;
		size_t size;
	} sets[] = {{"/protocol/presentations/item", SPK_U64, 8},
		{"/protocol/presentations/objective", SPK_F64, 8},
		{"/protocol/presentations/start", SPK_F64, 8}, {"/protocol/presentations/lane", SPK_U32, 4},
		{"/protocol/readouts/code/values", SPK_F32, 4}, {"/protocol/readouts/code/label", SPK_U32, 4},
		{"/spikes/hidden/timestamps", SPK_F64, 8}, {"/weights/p/snapshots/000002", SPK_F64, 8}};
	struct spk_file *file = NULL;
	uint64_t sum = 14695981039346656037u;

	if (!CHECK(spk_file_open(path, &file, NULL) == SPK_OK))
		return 0;
	for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
		uint64_t dims[4] = {0};
		int rank = 0;
		CHECK(spk_file_shape(file, sets[k].name, &rank, dims, NULL) == SPK_OK && dims[0] > 0);
		dims[1] = rank == 2 ? dims[1] : 1;
		unsigned char *bytes = calloc(dims[0] * dims[1] + 1, 8);
		CHECK(spk_file_read(file, sets[k].name, sets[k].type, 0, dims[0], bytes, NULL) == SPK_OK);
		for (size_t i = 0; i < dims[0] * dims[1] * sets[k].size; i++)
			sum = (sum ^ bytes[i]) * 1099511628211u;
		free(bytes);
	}
	spk_file_close(file, 0, NULL);
	return sum;
}

static void threads_do_not_matter(void)
{
	static const char protocol[] =
		"  lanes: 3\n  batch: 7\n"
		"  stages: [{name: before, learn: false}, {name: train, epochs: 2, order: shuffled}]\n"
		"record: {spikes: all, weights: {of: p, every: 100 ms}}\n";
	struct net one, other;
	char path[512];
	uint64_t wanted;

	net_path(path, "lanes.h5");
	if (!open_net(&one, "poisson", "", protocol, 1, path))
		return;
	(void)net_run(&one);
	wanted = digest(path);
	for (unsigned threads = 2; threads < 5; threads++) {
		if (!open_net(&other, "poisson", "", protocol, threads, path))
			continue;
		(void)net_run(&other);
		CHECK(digest(path) == wanted);
		CHECK(net_same_spikes(&one, &other) && net_same_weights(&one, &other) &&
			net_same_states(&one, &other));
		CHECK(one.counts.spikes == other.counts.spikes &&
			one.counts.synaptic_events == other.counts.synaptic_events);
		net_close(&other);
	}
	/* before: 7 + 4 items in 3 + 2 rounds; twice the same */
	CHECK(one.scenario->duration == 3 * 5 * 35);
	net_close(&one);
	unlink(path);
}

/* What a phase lasts depends on the number of the presentation alone: also of lanes that sit out a round. */
static void drawn_durations_are_those_of_the_presentation(void)
{
	static const char stages[] =
		"  stages: [{name: a, epochs: 2, order: shuffled, split: ab}, {name: b}]\n";

	for (unsigned lanes = 2; lanes < 5; lanes++) {
		char *end = net_text("  lanes: %u\n  batch: 5\n%s", lanes, stages);
		char data[512];
		net_path(data, "lanes.csv");
		net_write_data(data, ITEMS, PIXELS, LABELS);
		char *yaml = make_yaml(data, "regular", "", end);
		char *at = strstr(yaml, "duration: 20 ms"), *whole;
		*at = '\0';
		whole = net_text(
			"%sduration: {uniform: [8 ms, 43 ms]}%s", yaml, at + strlen("duration: 20 ms"));
		const struct spk_sim_options options = {.threads = 1};
		struct net net;
		if (net_make(&net, net_read(whole), &options)) {
			uint64_t number = 0;
			double ms[4] = {0}, least = INFINITY, most = 0;
			(void)net_run(&net);
			for (int stage = 0; stage < 3; stage++) /* twice 2 items, then 11 in batches of 5 */
				for (int item = 0, in = stage < 2 ? 2 : ITEMS; item < in; item++, number++) {
					struct spk_rng rng = spk_rng_stream(8, SPK_RNG_DURATION, 0, number);
					const double drawn = 8 + 35 * spk_rng_uniform(&rng);
					ms[(unsigned)item % 5 % lanes] += drawn + 15;
					least = fmin(least, drawn);
					most = fmax(most, drawn);
				}
			for (unsigned k = 0; k < lanes; k++)
				CHECK_ABS(
					net.sim->protocol->lanes[k].elapsed, ms[k], 1e-9, "rounding of sums");
			CHECK_ABS(net.scenario->duration, ms[0], 1e-9, "rounding of sums");
			CHECK(least < 15 && most > 35);
			net_close(&net);
		}
		free(end);
		free(yaml);
		free(whole);
		unlink(data);
	}
}

/* Lanes draw spikes of their own; after the batch they have equal weights. */
static void lanes_are_replicas_with_noise_of_their_own(void)
{
	struct net net;

	if (!open_net(&net, "poisson", "", "  lanes: 2\n  stages: [{name: train}]\n", 1, NULL))
		return;
	(void)net_run(&net);
	const struct spk_protocol_run *run = net.sim->protocol;
	const struct spk_partition *a = &run->lanes[0].engine->network.partitions[0],
				   *b = &run->lanes[1].engine->network.partitions[0];
	for (size_t k = 0; k < 2; k++)
		CHECK(memcmp(a->tables[k].table.f64, b->tables[k].table.f64,
			      a->tables[k].table.n_synapses * sizeof(double)) == 0);
	CHECK(memcmp(a->members[0].units, b->members[0].units, sizeof *a->members[0].units) != 0);
	int same = 0;
	for (size_t k = 0; k < PIXELS; k++)
		same += a->members[0].counts[k] == b->members[0].counts[k];
	CHECK(same < PIXELS);
	CHECK(run->lanes[0].now.number + 2 == ITEMS + 1 && run->lanes[1].now.number + 2 == ITEMS);
	net_close(&net);
}

TEST_MAIN(TEST(a_batch_changes_weights_by_the_sum_of_its_lanes), TEST(the_sum_is_clipped_to_the_bounds),
	TEST(threads_do_not_matter), TEST(drawn_durations_are_those_of_the_presentation),
	TEST(lanes_are_replicas_with_noise_of_their_own))
