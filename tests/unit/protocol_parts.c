/* The parts of a protocol one by one: what sources show, actions, silence, gates, resets, readouts. */
#include "models/stack/inpaint.h"
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { ITEMS = 12, WIDTH = 3, HEIGHT = 2, PIXELS = 6, LABELS = 3 };

static int pixel_of(int item, int k)
{
	return (7 * item + 3 * k) % 10;
}

static void write_data(const char *path)
{
	FILE *out = fopen(path, "w");

	for (int item = 0; item < ITEMS; item++) {
		for (int k = 0; k < PIXELS; k++)
			fprintf(out, "%d,", pixel_of(item, k));
		fprintf(out, "%d\n", item % LABELS);
	}
	fclose(out);
}

/* 6 pixels and two times 3 sources onto 4 hidden neurons and these onto 3; `rest` has the protocol. */
static const char NET[] =
	"spikem: 1\nseed: 4\n"
	"data: {d: {file: %s, shape: [2, 3], range: [0, 10], labels: 3, splits: {one: 7}}}\n"
	"populations:\n"
	"  in: {size: 6, model: poisson, params: {rate: 300 Hz}}\n"
	"  plus: {size: 3, model: regular, params: {rate: 500 Hz}}\n"
	"  minus: {size: 3, model: regular, params: {rate: 500 Hz}}\n"
	"  hidden: {size: 4, model: lif_delta, params: {tau_m: 10 ms}, initial: {V_m: 10 mV}}\n"
	"  out: {size: 3, model: lif_delta, params: {tau_m: 10 ms}, initial: {V_m: 10 mV}}\n"
	"projections:\n"
	"  - {name: p, from: in, to: hidden, connect: all_to_all, weight: {uniform: [0 mV, 4 mV]}, delay: 1 "
	"ms, plasticity: {rule: eq1, params: {reading: x_du, eta: %s}}}\n"
	"  - {name: q, from: plus, to: hidden, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: "
	"{rule: eq1, params: {reading: x_du, eta: %s}}}\n"
	"  - {name: w, from: hidden, to: out, connect: all_to_all, weight: {uniform: [0 mV, 5 mV]}, delay: 1 "
	"ms}\n"
	"objective: {model: softmax, of: out, projection: w, readout: u, scale: 2 mV}\n"
	"record: {spikes: all}\n";

struct part {
	const char *eta_p, *eta_q, *protocol, *output;
	unsigned threads, partitions;
};

static int open_part(struct net *net, const struct part *part)
{
	const struct spk_sim_options options = {
		.threads = part->threads, .partitions = part->partitions, .output = part->output};
	char data[512];

	net_path(data, "parts.csv");
	write_data(data);
	char *base = net_text(NET, data, part->eta_p, part->eta_q);
	char *yaml = net_text("%s%s", base, part->protocol);
	const int ok = net_make(net, net_read(yaml), &options) && net_run(net);
	free(base);
	free(yaml);
	unlink(data);
	return ok;
}

static double drive_of(const struct net *net, size_t population, uint64_t k)
{
	uint32_t local = 0;

	return net_member(net, population, k, &local)->units[local].drive;
}

/* ---- What is shown ------------------------------------------------------------------------------ */

/* Drives of the last phase of item 7, whose label is 1. */
static int open_shown(struct net *net, const char *show, const char *stage)
{
	char *protocol = net_text("protocol:\n  data: d\n"
				  "  phases: [{name: a, duration: 30 ms, show: in, readout: true}, {name: b, "
				  "duration: 5 ms, show: {%s}}]\n"
				  "  stages: [{name: s, split: one%s}]\n",
		show, stage);
	const struct part part = {"0", "0", protocol, NULL, 1, 1};
	const int ok = open_part(net, &part);

	free(protocol);
	return ok;
}

static void check_pixels(const char *show, const char *stage, const double *wanted)
{
	struct net net;

	if (!open_shown(&net, show, stage))
		return;
	for (int k = 0; k < PIXELS; k++)
		CHECK(drive_of(&net, 0, (uint64_t)k) == wanted[k]);
	net_close(&net);
}

static void images_are_masked(void)
{
	double whole[PIXELS], masked[PIXELS], visible[PIXELS], hidden[PIXELS], drawn[PIXELS];
	unsigned char mask[PIXELS];

	CHECK(spk_mask(SPK_MASK_RANDOM, HEIGHT, WIDTH, 4, 7, mask, NULL) == SPK_OK);
	for (int k = 0; k < PIXELS; k++) {
		whole[k] = (double)(float)(pixel_of(7, k) / 10.0);
		visible[k] = k >= WIDTH; /* the top row is missing */
		hidden[k] = k < WIDTH;
		masked[k] = k >= WIDTH ? whole[k] : 0;
		drawn[k] = mask[k] ? whole[k] : 0;
	}
	check_pixels("in: image", "", whole);
	check_pixels("in: image", ", mask: top", masked);
	check_pixels("in: image}, mask: random, gate: closed, clamp: {population: out, on: 1 pA",
		", mask: top", drawn);
	check_pixels("in: whole_image", ", mask: top", whole);
	check_pixels("in: visible_pixels", ", mask: top", visible);
	check_pixels("in: hidden_pixels", ", mask: top, learn: false", hidden);
}

/* Normal numbers of one stream a pixel, numbered by the presentation, which is the first; hidden pixels stay
 * dark. */
static void noise_is_added_to_each_pixel(void)
{
	double noisy[PIXELS], masked[PIXELS];
	size_t n_between = 0;

	for (int k = 0; k < PIXELS; k++) {
		struct spk_rng rng = spk_rng_stream(4, SPK_RNG_NOISE, (uint32_t)k, 0);
		const double pixel = (double)(float)(pixel_of(7, k) / 10.0) + 0.3 * spk_rng_normal(&rng);
		noisy[k] = fmax(0, fmin(1, pixel));
		masked[k] = k >= WIDTH ? noisy[k] : 0;
		n_between += noisy[k] > 0 && noisy[k] < 1;
	}
	CHECK(n_between > PIXELS / 2);
	check_pixels("in: noisy_image", "}]\n  noise: 0.3 #", noisy);
	check_pixels("in: noisy_image", ", mask: top}]\n  noise: 0.3 #", masked);
}

static void labels_and_errors_are_shown_where_something_is_learned(void)
{
	struct net net;

	if (open_shown(&net, "plus: label", "")) {
		for (uint64_t k = 0; k < LABELS; k++)
			CHECK(drive_of(&net, 1, k) == (k == 1));
		net_close(&net);
	}
	if (open_shown(&net, "plus: label, minus: error_off", ", learn: false")) {
		for (uint64_t k = 0; k < LABELS; k++)
			CHECK(drive_of(&net, 1, k) == 0 && drive_of(&net, 2, k) == 0);
		net_close(&net);
	}
	if (open_shown(&net, "plus: error_on, minus: error_off", "")) {
		const double *u = net.sim->protocol->lanes[0].readout;
		const double sum = exp(u[0] / 2) + exp(u[1] / 2) + exp(u[2] / 2);
		CHECK(u[0] != u[1] && u[1] > 0.1);
		for (uint64_t k = 0; k < LABELS; k++) {
			const double error = (k == 1) - exp(u[k] / 2) / sum;
			CHECK_ABS(drive_of(&net, 1, k), fmax(0, error), 1e-13, "rounding of two softmaxes");
			CHECK_ABS(drive_of(&net, 2, k), fmax(0, -error), 1e-13, "rounding of two softmaxes");
		}
		net_close(&net);
	}
}

/* ---- Actions ------------------------------------------------------------------------------------ */

static int open_bandit(struct net *net, const char *reward, const char *stage, const char *output)
{
	char *protocol = net_text("protocol:\n  data: d\n  reward: {%s}\n"
				  "  phases: [{name: a, duration: 10 ms, show: in, readout: true}, {name: b, "
				  "duration: 5 ms, show: {plus: reward_on, minus: reward_off}}]\n"
				  "  stages: [{name: s, epochs: 40%s}]\n",
		reward, stage);
	const struct part part = {"0", "0", protocol, output, 1, 1};
	const int ok = open_part(net, &part);

	free(protocol);
	return ok;
}

/* Actions of all presentations, those predicted, and rewards. */
static void read_actions(const char *reward, const char *stage, uint32_t *ret_action, uint32_t *ret_predicted)
{
	enum { N = 40 * ITEMS };
	static double rewards[N], expected[N];
	static uint32_t labels[N];
	struct spk_file *file = NULL;
	struct net net;
	char path[512];

	net_path(path, "actions.h5");
	if (!open_bandit(&net, reward, stage, path))
		return;
	net_close(&net);
	if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
		const char *group = "/protocol/presentations";
		uint64_t rows = 0;
		CHECK(spk_file_rows(file, group, &rows, NULL) == SPK_OK && rows == N);
		CHECK(!spk_file_read(
			file, "/protocol/presentations/action", SPK_U32, 0, N, ret_action, NULL));
		CHECK(!spk_file_read(
			file, "/protocol/presentations/predicted", SPK_U32, 0, N, ret_predicted, NULL));
		CHECK(!spk_file_read(file, "/protocol/presentations/reward", SPK_F64, 0, N, rewards, NULL));
		CHECK(!spk_file_read(
			file, "/protocol/presentations/expected", SPK_F64, 0, N, expected, NULL));
		CHECK(!spk_file_read(file, "/protocol/presentations/label", SPK_U32, 0, N, labels, NULL));
		for (int k = 0; k < N; k++)
			CHECK(rewards[k] == (labels[k] == ret_action[k]) && expected[k] > 0 &&
				expected[k] < 1);
		spk_file_close(file, 0, NULL);
	}
	unlink(path);
}

static void actions_explore_as_often_as_asked(void)
{
	enum { N = 40 * ITEMS };
	static uint32_t action[N], predicted[N], again[N];
	int differ = 0, counts[LABELS] = {0};

	read_actions("explore: 0", "", action, predicted);
	CHECK(memcmp(action, predicted, sizeof action) == 0);
	read_actions("explore: 1", ", learn: false", action, predicted);
	CHECK(memcmp(action, predicted, sizeof action) == 0);
	read_actions("explore: 1", "", action, predicted);
	read_actions("explore: 1", "", again, predicted);
	CHECK(memcmp(action, again, sizeof action) == 0);
	for (int k = 0; k < N; k++)
		counts[action[k]]++;
	for (int k = 0; k < LABELS; k++) /* 160 expected, sd 10.3: 4.8 sd */
		CHECK(counts[k] > 110 && counts[k] < 210);
	read_actions("explore: 0.3", "", action, predicted);
	for (int k = 0; k < N; k++)
		differ += action[k] != predicted[k];
	CHECK(differ > 55 && differ < 140); /* 480 * 0.3 * 2/3 = 96, sd 8.8 */
}

/* The sources of the chosen unit show reward - prediction, the softmax probability of the readout. */
static void rewards_are_shown_by_the_chosen_unit(void)
{
	struct net net;

	if (!open_bandit(&net, "action: softmax", "", NULL))
		return;
	const struct spk_lane *lane = &net.sim->protocol->lanes[0];
	const double *u = lane->readout;
	const double q = exp(u[lane->action] / 2) / (exp(u[0] / 2) + exp(u[1] / 2) + exp(u[2] / 2));
	const double r = lane->action == (ITEMS - 1) % LABELS;
	for (uint64_t k = 0; k < LABELS; k++) {
		CHECK_ABS(drive_of(&net, 1, k), k == lane->action ? fmax(0, r - q) : 0, 1e-13, "rounding");
		CHECK_ABS(drive_of(&net, 2, k), k == lane->action ? fmax(0, q - r) : 0, 1e-13, "rounding");
	}
	net_close(&net);
}

/* ---- Silence, resets, gates --------------------------------------------------------------------- */

static void silent_projections_send_nothing_new(void)
{
	const struct part part = {"0", "0",
		"protocol:\n  data: d\n"
		"  phases: [{name: a, duration: 20 ms, show: in, readout: true}, {name: b, duration: 20 ms, "
		"show: in, silent: p}, {name: c, duration: 10 ms}]\n"
		"  stages: [{name: s, split: one}]\n",
		NULL, 1, 1};
	struct net net;
	uint64_t events = 0, unsent = 0;

	if (!open_part(&net, &part))
		return;
	for (size_t k = 0; k < net.n; k++) {
		const size_t from = net_population(&net.sim->engine.network, net.spikes[k].id);
		if (from == 0 && net.spikes[k].elapsed >= 20)
			unsent++;
		else if (net.spikes[k].elapsed < 49)
			events += from == 0 || from == 1 ? 4 : from == 3 ? 3 : 0;
	}
	CHECK(unsent > 5 && events > 20 && net.counts.synaptic_events == events);
	net_close(&net);
}

static void only_the_listed_populations_are_reset(void)
{
	const struct part part = {"0", "0",
		"protocol:\n  data: d\n  reset: [out]\n"
		"  phases: [{name: a, duration: 20 ms, readout: true, silent: [p, q]}, {name: b, duration: 5 "
		"ms, "
		"reset: hidden, silent: [p, q]}]\n"
		"  stages: [{name: s, split: one, epochs: 2}]\n",
		NULL, 1, 1};
	struct net net;
	double state[32];

	if (!open_part(&net, &part))
		return;
	net_state(&net, 3, 2, state); /* on its way back from 10 mV since 5 ms; out since 25 ms, not 50 */
	CHECK_REL(state[SPK_V_M], 10 * exp(-0.5), 1e-12, "one exponential");
	net_state(&net, 4, 2, state);
	CHECK_REL(state[SPK_V_M], 10 * exp(-2.5), 1e-12, "one exponential");
	net_close(&net);
}

/* Rules that share the integrals of a group: the gate of one opens and closes while that of the other is
 * open. */
static void gates_of_projections_do_not_meddle(void)
{
	static const char *const gates[] = {"gate: [p]", "gate: [p, q]"};
	double *w[2] = {NULL, NULL}, change = 0;
	uint64_t n = 0;

	for (int k = 0; k < 2; k++) {
		char *protocol =
			net_text("protocol:\n  data: d\n  reset: false\n"
				 "  phases: [{name: a, duration: 20 ms, show: in, readout: true}, {name: b, "
				 "duration: 11 ms, "
				 "show: {in: image, plus: label}, gate: [p]}, {name: c, duration: 12 ms, "
				 "show: in, %s}, "
				 "{name: d, duration: 13 ms, show: {in: image, plus: label}, gate: [p]}]\n"
				 "  stages: [{name: s}]\n",
				gates[k]);
		const struct part part = {"0.01", "1e-300", protocol, NULL, 1, 1};
		struct net net;
		if (open_part(&net, &part)) {
			w[k] = net_weights(&net, 0, &n);
			net_close(&net);
		}
		free(protocol);
	}
	for (uint64_t k = 0; w[0] && w[1] && k < n; k++) {
		CHECK_ABS(w[1][k], w[0][k], 1e-10, "sums cut in other pieces");
		change += fabs(w[0][k] - 2);
	}
	CHECK(change > 0.1);
	free(w[0]);
	free(w[1]);
}

/* Only the projection whose gate is open changes. */
static void gates_name_their_projections(void)
{
	const struct part part = {"0.01", "0.01",
		"protocol:\n  data: d\n"
		"  phases: [{name: a, duration: 20 ms, show: in, readout: true}, {name: b, duration: 20 ms, "
		"show: "
		"{in: image, plus: label}, gate: [q]}]\n"
		"  stages: [{name: s}]\n",
		NULL, 1, 1};
	struct part frozen = part;
	struct net net, other;
	uint64_t n = 0;
	int changed = 0;

	frozen.eta_p = frozen.eta_q = "0";
	if (!open_part(&net, &part))
		return;
	if (open_part(&other, &frozen)) {
		double *p = net_weights(&net, 0, &n), *p0 = net_weights(&other, 0, &n);
		CHECK(memcmp(p, p0, n * sizeof *p) == 0);
		double *q = net_weights(&net, 1, &n);
		for (uint64_t k = 0; k < n; k++)
			changed += q[k] != 1;
		CHECK(changed > 6);
		free(p);
		free(p0);
		free(q);
		net_close(&other);
	}
	net_close(&net);
}

/* ---- Readouts and partitions -------------------------------------------------------------------- */

static const char MANY[] =
	"protocol:\n  data: d\n  reset: [out]\n  reward: {action: softmax, explore: 0.2}\n"
	"  phases:\n"
	"    - {name: a, duration: 20 ms, show: {in: image, plus: label}, readout: true}\n"
	"    - {name: b, duration: 15 ms, show: {in: hidden_pixels, plus: error_on, minus: reward_off}, "
	"mask: "
	"random, "
	"gate: [p], silent: [q], reset: hidden}\n"
	"    - {name: c, duration: 9 ms, show: {in: whole_image, minus: reward_on}, gate: [q], silent: [w]}\n"
	"  stages: [{name: s, epochs: 3, order: shuffled}, {name: t, learn: false, mask: left}]\n"
	"  readouts:\n"
	"    - {name: rates, of: hidden, phase: b, window: 12 ms, stages: s}\n"
	"    - {name: pixels, of: in, phase: c}\n"
	"    - {name: drives, of: out, phase: a, readout: u}\n";

/* Values of a readout of n presentations of so many units. */
static void read_values(const char *path, const char *name, uint64_t n, uint64_t units, float *ret_values)
{
	struct spk_file *file = NULL;
	uint64_t dims[4] = {0}, rows = 0;
	int rank = 0;

	if (!CHECK(spk_file_open(path, &file, NULL) == SPK_OK))
		return;
	char *set = net_text("/protocol/readouts/%s/values", name),
	     *group = net_text("/protocol/readouts/%s", name);
	CHECK(spk_file_shape(file, set, &rank, dims, NULL) == SPK_OK && rank == 2 && dims[0] == n &&
		dims[1] == units);
	CHECK(spk_file_rows(file, group, &rows, NULL) == SPK_OK && rows == n);
	CHECK(spk_file_read(file, set, SPK_F32, 0, n, ret_values, NULL) == SPK_OK);
	free(set);
	free(group);
	spk_file_close(file, 0, NULL);
}

/* Spikes of the window of each presentation, counted anew. */
static void readouts_count_the_spikes_of_their_window(void)
{
	enum { SHOWN = 3 * ITEMS };
	const struct part part = {"0.001", "0.001", MANY, NULL, 1, 1};
	struct part written = part;
	static float values[SHOWN * 4], drives[(SHOWN + ITEMS) * 3];
	double counts[SHOWN * 4] = {0};
	struct net net, plain;
	char path[512];

	net_path(path, "parts.h5");
	written.output = path;
	if (!open_part(&net, &written))
		return;
	read_values(path, "rates", SHOWN, 4, values);
	read_values(path, "drives", SHOWN + ITEMS, 3, drives);
	for (size_t k = 0; k < net.n; k++) {
		const double t = net.spikes[k].elapsed, in = fmod(t, 44);
		const uint32_t unit = net.spikes[k].id - net.sim->engine.network.first_id[3];
		if (net_population(&net.sim->engine.network, net.spikes[k].id) == 3 && in >= 23 && in < 35 &&
			t < SHOWN * 44)
			counts[(size_t)(t / 44) * 4 + unit]++;
	}
	double sum = 0;
	for (size_t k = 0; k < SHOWN * 4; k++) {
		CHECK((double)values[k] == (double)(float)(counts[k] / 0.012));
		sum += counts[k];
	}
	CHECK(sum > 10);
	for (size_t k = 0; k < 3; k++)
		CHECK(drives[(SHOWN + ITEMS - 1) * 3 + k] == (float)net.sim->protocol->lanes[0].readout[k]);
	if (open_part(&plain, &part)) { /* writing changes no bit */
		CHECK(net_same_spikes(&net, &plain) && net_same_weights(&net, &plain));
		net_close(&plain);
	}
	net_close(&net);
	unlink(path);
}

static void partitions_and_threads_do_not_matter(void)
{
	static const unsigned cases[][2] = {{1, 2}, {2, 3}};
	static float wanted[4 * ITEMS * PIXELS], got[4 * ITEMS * PIXELS];
	char path[512];

	net_path(path, "partitions.h5");
	struct part part = {"0.001", "0.001", MANY, path, 1, 1};
	struct net one, other;
	if (!open_part(&one, &part))
		return;
	read_values(path, "pixels", 4 * ITEMS, PIXELS, wanted);
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		part.threads = cases[k][0];
		part.partitions = cases[k][1];
		if (!open_part(&other, &part))
			continue;
		read_values(path, "pixels", 4 * ITEMS, PIXELS, got);
		CHECK(memcmp(wanted, got, sizeof got) == 0);
		CHECK(net_same_spikes(&one, &other) && net_same_weights(&one, &other) &&
			net_same_states(&one, &other));
		net_close(&other);
	}
	net_close(&one);
	unlink(path);
}

TEST_MAIN(TEST(images_are_masked), TEST(noise_is_added_to_each_pixel),
	TEST(labels_and_errors_are_shown_where_something_is_learned), TEST(actions_explore_as_often_as_asked),
	TEST(rewards_are_shown_by_the_chosen_unit), TEST(silent_projections_send_nothing_new),
	TEST(only_the_listed_populations_are_reset), TEST(gates_of_projections_do_not_meddle),
	TEST(gates_name_their_projections), TEST(readouts_count_the_spikes_of_their_window),
	TEST(partitions_and_threads_do_not_matter))
