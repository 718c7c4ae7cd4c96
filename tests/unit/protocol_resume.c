/*
 * Checkpoints of protocols with several lanes: a run that goes on from any of its rounds ends as the run in
 * one go, bit for bit, in all lanes, with any number of threads before and after.
 */
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { ITEMS = 11, PIXELS = 6, LABELS = 2, MOST_ROUNDS = 32 };

/*
 * Phases end in the middle of cells, some of them after durations that are drawn. Drawn delays, dendritic
 * delays, rules with probes, schedules and a silent projection: something of each kind is on its way when a
 * round ends, and stays on its way without resets.
 */
static const char NET[] =
	"spikem: 1\nseed: 8\n"
	"data: {d: {file: %s, shape: [2, 3], range: [0, 10], labels: 2, splits: {few: 0-1}}}\n"
	"populations:\n"
	"  in: {size: 6, model: poisson, params: {rate: 300 Hz}}\n"
	"  beat: {size: 4, model: regular, params: {rate: 170 Hz}, schedule: {times: [100 ms, 200 ms], "
	"rates: [50 Hz, 190 Hz]}}\n"
	"  up: {size: 2, model: regular, params: {rate: 900 Hz}}\n"
	"  hidden: {size: 130, model: lif_delta, params: {tau_m: 10 ms, V_th: 6 mV}, initial: {V_m: "
	"{uniform: [0 mV, "
	"5 mV]}}}\n"
	"  slow: {size: 20, model: %s}\n"
	"  out: {size: 2, like: hidden}\n"
	"inputs:\n"
	"  steps: {model: step_current, to: hidden, neurons: 3-9, times: [11 ms, 140 ms], currents: [90 pA, "
	"-40 pA]}\n"
	"  noise: {model: poisson, rate: 2 kHz, to: slow, weight: %s}\n"
	"projections:\n"
	"  - {name: p, from: in, to: hidden, connect: all_to_all, weight: {uniform: [0 mV, 2 mV]}, delay: "
	"1.3 ms,\n"
	"     plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 0.01}}, probes: [{rule: eq1, "
	"name: r, params: "
	"{reading: x_du, eta: 0.01}}]}\n"
	"  - {name: q, from: hidden, to: out, connect: all_to_all, weight: {uniform: [0 mV, 0.2 mV]},\n"
	"     delay: {axonal: 1 ms, dendritic: 2.3 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 4 "
	"mV]}}\n"
	"  - {from: beat, to: hidden, connect: {fixed_in_degree: 3}, weight: 1 mV, delay: 1 ms}\n"
	"  - {name: wide, from: hidden, to: slow, connect: {fixed_in_degree: 9}, weight: {uniform: [%s]}, "
	"delay: {uniform: "
	"[1 ms, 30 ms]}}\n"
	"  - {from: hidden, to: hidden, connect: {fixed_in_degree: 5}, weight: -0.4 mV, delay: {uniform: [1 "
	"ms, 12 ms]}, "
	"plasticity: {rule: stdp_triplet, bounds: [-2 mV, 0 mV]}}\n"
	"  - {name: back, from: up, to: hidden, connect: all_to_all, weight: {normal: {mean: 0 mV, sd: 1 "
	"mV}}, delay: 1 ms}\n"
	"objective: {model: softmax, of: out, projection: q, readout: u, scale: 1 mV}\n"
	"protocol:\n"
	"  data: d\n"
	"  reset: %s\n"
	"  lanes: %u\n  batch: %u\n"
	"  phases:\n"
	"    - {name: free, duration: {uniform: [9 ms, 31.6 ms]}, show: in, readout: true, silent: wide}\n"
	"    - {name: nudge, duration: 15.1 ms, show: {in: image, up: error_on}, nudge: 90 pA, paired: true, "
	"gate: open}\n"
	"  readouts: [{name: code, of: hidden, phase: nudge, window: 10 ms}, {name: u, of: out, phase: free, "
	"readout: u},\n"
	"    {name: v, of: out, phase: nudge, readout: u}]\n"
	"  agreement: [{projection: q, name: e, target: v, prediction: u, pre: code}]\n"
	"  stages: [{name: before, split: few, learn: false}, {name: train, epochs: 2, order: shuffled}]\n"
	"record: {spikes: all, weights: {of: p, every: 50 ms}, state: {of: hidden, neurons: 0-3, variables: "
	"[V_m], every: "
	"0.7 ms}}\n";

struct setting {
	const char *model, *weight, *weights, *reset;
	unsigned lanes, batch;
};

struct taker {
	struct net *net;
	size_t n;
	size_t n_spikes[MOST_ROUNDS]; /* handed out before */
	char path[MOST_ROUNDS][600];
};

/* A checkpoint before every round. */
static enum spk_checkpoint_wish take(void *user)
{
	struct taker *t = user;
	char name[64];

	if (!CHECK(t->n < MOST_ROUNDS))
		return SPK_CHECKPOINT_NONE;
	snprintf(name, sizeof name, "round%zu", t->n);
	net_path(t->path[t->n], name);
	t->n_spikes[t->n] = t->net->n;
	t->net->sim->options.checkpoint = t->path[t->n++];
	return SPK_CHECKPOINT_WRITE;
}

/* Weights and states of all lanes. */
static int same_lanes(struct net *a, struct net *b)
{
	int same = 1;

	for (unsigned k = 0; same && k < a->sim->protocol->n_lanes; k++) {
		struct spk_engine *const x = a->sim->protocol->lanes[k].engine,
					 *const y = b->sim->protocol->lanes[k].engine;
		const struct spk_engine own_x = a->sim->engine, own_y = b->sim->engine;
		a->sim->engine = *x; /* net_ looks at the simulation's */
		b->sim->engine = *y;
		same = spk_engine_elapsed(x) == spk_engine_elapsed(y) && net_same_weights(a, b) &&
		       net_same_states(a, b);
		a->sim->engine = own_x;
		b->sim->engine = own_y;
	}
	return same;
}

static int same_report(const struct net *a, const struct net *b)
{
	char *x = NULL, *y = NULL;
	const int same =
		!spk_sim_report(a->sim, &x, NULL) && !spk_sim_report(b->sim, &y, NULL) && !strcmp(x, y);

	free(x);
	free(y);
	return same;
}

static int same_counts(const struct net *a, const struct net *b)
{
	return a->counts.spikes == b->counts.spikes &&
	       a->counts.synaptic_events == b->counts.synaptic_events &&
	       a->counts.input_events == b->counts.input_events &&
	       a->counts.plastic_events == b->counts.plastic_events;
}

static void resume(struct net *whole, const char *yaml, const struct taker *taker, size_t k)
{
	const struct spk_sim_options options = {
		.threads = 1 + (unsigned)k % 3, .checkpoint = taker->path[k], .resume = 1};
	struct net rest, last = *whole;

	if (!net_make(&rest, net_read(yaml), &options))
		return;
	last.spikes += taker->n_spikes[k];
	last.n -= taker->n_spikes[k];
	if (!(net_run(&rest) && CHECK(net_same_spikes(&last, &rest)) && CHECK(same_lanes(whole, &rest)) &&
		    CHECK(same_report(whole, &rest)) && CHECK(same_counts(whole, &rest))))
		printf("# from round %zu\n", k);
	net_close(&rest);
}

static void check(const struct setting *s)
{
	struct net plain, saved;
	struct taker taker = {.net = &saved};
	const struct spk_sim_options options = {
		.threads = 2, .checkpoint = "none", .wish = take, .user = &taker};
	char data[512];

	net_path(data, "resume.csv");
	net_write_data(data, ITEMS, PIXELS, LABELS);
	char *yaml = net_text(NET, data, s->model, s->weight, s->weights, s->reset, s->lanes, s->batch);
	if (net_open(&plain, yaml, 1, 1)) {
		if (net_run(&plain) && net_make(&saved, net_read(yaml), &options)) {
			CHECK(plain.n > 500);
			if (net_run(&saved) && CHECK(net_same_spikes(&plain, &saved)) &&
				CHECK(same_lanes(&plain, &saved)))
				for (size_t k = 0; k < taker.n; k++)
					resume(&plain, yaml, &taker, k);
			CHECK(taker.n > 5);
			net_close(&saved);
		}
		net_close(&plain);
	}
	for (size_t k = 0; k < taker.n; k++)
		unlink(taker.path[k]);
	free(yaml);
	unlink(data);
}

/* Batches of several rounds, the last of them with idle lanes; batches of one round; lanes that are always
 * idle. */
static void a_run_goes_on_from_any_round(void)
{
	static const struct setting settings[] = {
		{"lif_exp", "3 pA", "0 pA, 90 pA", "true", 3, 5},
		{"lif_exp", "3 pA", "0 pA, 90 pA", "false", 3, 7},
		{"lif_delta", "0.1 mV", "0 mV, 1 mV", "[hidden]", 4, 4},
		{"lif_escape", "0.1 mV", "0 mV, 1 mV", "false", 5, 3},
	};

	for (size_t k = 0; k < sizeof settings / sizeof *settings; k++)
		check(&settings[k]);
}

TEST_MAIN(TEST(a_run_goes_on_from_any_round))
