/* The protocol of learning experiments on small synthetic data: order, gate, readout, gradient, learning. */
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { PIXELS = 4, LABELS = 2, ITEMS = 40, SYNAPSES = PIXELS * LABELS };

/* Two classes: the left or the right pair of pixels is bright, with noise. */
static void draw_item(uint64_t *seed, int item, double *ret_pixels)
{
	for (int i = 0; i < PIXELS; i++)
		ret_pixels[i] = floor(test_uniform(seed, 0, 4)) + (i / 2 == item % LABELS ? 6 : 0);
}

/* Data sets keep pixels as float. */
static double pixel_of(int item, int pixel)
{
	uint64_t seed = 11;
	double pixels[PIXELS];

	for (int k = 0; k <= item; k++)
		draw_item(&seed, k, pixels);
	return (double)(float)(pixels[pixel] / 10);
}

static void write_data(const char *path)
{
	uint64_t seed = 11;
	FILE *out = fopen(path, "w");

	for (int k = 0; out && k < ITEMS; k++) {
		double pixels[PIXELS];
		draw_item(&seed, k, pixels);
		for (int i = 0; i < PIXELS; i++)
			fprintf(out, "%g,", pixels[i]);
		fprintf(out, "%d\n", k % LABELS);
	}
	if (CHECK(out != NULL))
		fclose(out);
}

struct setup {
	int seed;
	const char *source, *rule, *phases, *stages, *objective;
};

static const struct setup usual = {1,
	"{size: 4, model: regular, params: {rate: 400 Hz, phase: {uniform: [0, 1]}}}",
	"{rule: eq1, params: {reading: x_du, eta: 0.02}}",
	"[{name: settle, duration: 60 ms, show: in, readout: true},"
	" {name: nudge, duration: 40 ms, show: in, nudge: 25 pA, gate: open}]",
	"[{name: before, learn: false}, {name: train, epochs: 3, order: shuffled}, {name: after, learn: "
	"false}]",
	"{model: softmax, of: out, projection: p, readout: u, scale: 0.5 mV}"};

/* A network of 4 sources onto 2 neurons, its data in a scratch file while it is being read. */
static int open_setup(struct net *net, const struct setup *s, const char *output)
{
	char data[512];
	const struct spk_sim_options options = {.output = output};

	net_path(data, "items.csv");
	write_data(data);
	char *yaml =
		net_text("spikem: 1\nseed: %d\n"
			 "data: {d: {file: %s, shape: [2, 2], range: [0, 10], labels: 2, splits: {one: 3}}}\n"
			 "populations:\n"
			 "  in: %s\n"
			 "  out:\n"
			 "    size: 2\n"
			 "    model: lif_exp\n"
			 "    params: {tau_m: 10 ms, C_m: 250 pF, I_e: 475 pA, tau_syn_ex: 5 ms, tau_syn_in: "
			 "4 ms, tau_u: 10 ms}\n"
			 "    initial: {u: 19 mV, u_bar: 19 mV}\n"
			 "projections:\n"
			 "  - {name: p, from: in, to: out, connect: all_to_all, weight: {normal: {mean: 0 "
			 "pA, sd: 1 pA}},\n"
			 "    delay: 1 ms, plasticity: %s}\n"
			 "protocol: {data: d, phases: %s, stages: %s}\n"
			 "objective: %s\n"
			 "record: {spikes: none}\n",
			s->seed, data, s->source, s->rule, s->phases, s->stages, s->objective);
	const int ok = net_make(net, net_read(yaml), &options);
	free(yaml);
	unlink(data);
	return ok;
}

static void learning_raises_accuracy_and_objective(void)
{
	struct net net;

	if (!open_setup(&net, &usual, NULL))
		return;
	if (net_run(&net)) {
		const struct spk_stage_score *s = net.sim->protocol->scores;
		CHECK(s[0].n == ITEMS && s[1].n == 3 * ITEMS && s[2].n == ITEMS);
		CHECK(s[2].right == ITEMS && s[0].right < ITEMS);
		CHECK(s[2].objective > s[0].objective / 3 && s[0].objective / ITEMS < -0.3);
	}
	net_close(&net);
}

static void check_frozen(const struct setup *s)
{
	struct net net;
	uint64_t n, m;

	if (!open_setup(&net, s, NULL))
		return;
	double *before = net_weights(&net, 0, &n);
	(void)net_run(&net);
	double *after = net_weights(&net, 0, &m);
	CHECK(n == SYNAPSES && m == n && memcmp(before, after, n * sizeof *before) == 0);
	free(before);
	free(after);
	net_close(&net);
}

static void closed_gate_leaves_every_bit(void)
{
	struct setup s = usual;

	s.phases = "[{name: settle, duration: 60 ms, show: in, readout: true},"
		   " {name: nudge, duration: 40 ms, show: in, nudge: 25 pA}]";
	check_frozen(&s);
	s = usual;
	s.stages = "[{name: test, learn: false}]";
	check_frozen(&s);
}

/* The items presented in the train stage of three epochs, in order. */
static void read_order(int seed, uint64_t *ret_items)
{
	struct setup s = usual;
	struct net net;
	struct spk_file *file = NULL;
	char path[512];

	s.seed = seed;
	net_path(path, "order.h5");
	if (!open_setup(&net, &s, path))
		return;
	(void)net_run(&net);
	net_close(&net);
	if (CHECK(spk_file_open(path, &file, NULL) == SPK_OK)) {
		CHECK(spk_file_read(file, "/protocol/presentations/item", SPK_U64, ITEMS, 3 * ITEMS,
			      ret_items, NULL) == SPK_OK);
		spk_file_close(file, 0, NULL);
	}
	unlink(path);
}

static void order_is_shuffled_anew_and_reproducible(void)
{
	uint64_t items[3 * ITEMS] = {0}, again[3 * ITEMS] = {0}, other[3 * ITEMS] = {0};

	read_order(1, items);
	read_order(1, again);
	read_order(2, other);
	CHECK(memcmp(items, again, sizeof items) == 0);
	CHECK(memcmp(items, other, sizeof items) != 0);
	CHECK(memcmp(items, items + ITEMS, ITEMS * sizeof *items) != 0);
	CHECK(memcmp(items + ITEMS, items + 2 * ITEMS, ITEMS * sizeof *items) != 0);
	for (int epoch = 0; epoch < 3; epoch++) {
		int seen[ITEMS] = {0}, once = 0;
		for (int k = 0; k < ITEMS; k++)
			seen[items[epoch * ITEMS + k] % ITEMS]++;
		for (int k = 0; k < ITEMS; k++)
			once += seen[k] == 1;
		CHECK(once == ITEMS);
	}
}

/* J of all items in the rate limit, written anew: u = 19 + sum w tau_syn tau_m/C r. */
static double rate_limit_objective(const double *w, double rate_hz)
{
	double sum = 0;

	for (int item = 0; item < ITEMS; item++) {
		double u[LABELS] = {19, 19};
		for (int k = 0; k < SYNAPSES; k++)
			u[k % LABELS] += w[k] * (w[k] < 0 ? 4.0 : 5.0) * 10 / 250 * rate_hz / 1000 *
					 pixel_of(item, k / LABELS);
		const int label = item % LABELS;
		sum += -log(1 + exp((u[1 - label] - u[label]) / 0.5));
	}
	return sum;
}

static void analytic_gradient_is_the_slope_of_the_rate_limit(void)
{
	struct setup s = usual;
	struct net net;
	uint64_t n;
	double change[SYNAPSES], gradient[SYNAPSES];
	const double h = 1e-4;

	s.rule = "{rule: eq1, params: {reading: x_du, eta: 0}}";
	s.stages = "[{name: train}]";
	s.source = "{size: 4, model: poisson, params: {rate: 150 Hz}}";
	if (!open_setup(&net, &s, NULL))
		return;
	if (net_run(&net)) {
		double *w = net_weights(&net, 0, &n); /* by source, then target */
		spk_agreement_total(&net.sim->protocol->agreement, 0, change, gradient);
		for (int k = 0; k < SYNAPSES; k++) {
			const double old = w[k];
			w[k] = old + h;
			const double up = rate_limit_objective(w, 150);
			w[k] = old - h;
			const double down = rate_limit_objective(w, 150);
			w[k] = old;
			CHECK_REL(gradient[k], (up - down) / (2 * h), 1e-6, "finite differences");
			CHECK(change[k] == 0);
		}
		free(w);
	}
	net_close(&net);
}

/* u of one neuron after a regular train of events that lasts through two phases. */
static void readout_is_the_closed_form(void)
{
	struct setup s = usual;
	struct net net;
	uint64_t n;

	s.source = "{size: 4, model: regular, params: {rate: 170 Hz, phase: 0.3}}";
	s.phases = "[{name: first, duration: 23.7 ms, show: in}, {name: second, duration: 30.1 ms, show: in,"
		   " readout: true}]";
	s.stages = "[{name: test, split: one, learn: false}]";
	if (!open_setup(&net, &s, NULL))
		return;
	if (net_run(&net)) {
		double *w = net_weights(&net, 0, &n), u[LABELS] = {19, 19};
		for (int k = 0; k < SYNAPSES; k++) {
			const double period = 1000 / (170 * pixel_of(3, k / LABELS));
			const double tau_s = w[k] < 0 ? 4 : 5;
			for (double t = 53.8 - 1 - 0.3 * period; t > 0; t -= period)
				u[k % LABELS] += w[k] / 250 * (exp(-t / 10) - exp(-t / tau_s)) /
						 (1 / tau_s - 1 / 10.0);
		}
		for (int j = 0; j < LABELS; j++)
			CHECK_ABS(net.sim->protocol->lanes[0].readout[j], u[j], 1e-10,
				"some ten responses of 0.1 mV");
		CHECK(fabs(u[0] - 19) + fabs(u[1] - 19) > 0.005);
		CHECK_ABS(net.sim->protocol->lanes[0].J, -log(1 + exp((u[0] - u[1]) / 0.5)), 1e-9,
			"item 3 has label 1");
		free(w);
	}
	net_close(&net);
}

TEST_MAIN(TEST(learning_raises_accuracy_and_objective), TEST(closed_gate_leaves_every_bit),
	TEST(order_is_shuffled_anew_and_reproducible), TEST(analytic_gradient_is_the_slope_of_the_rate_limit),
	TEST(readout_is_the_closed_form))
