/* Injected currents of a running protocol: what steps inject outlives resets, nudges and clamps add to it. */
#include "sim/protocol_run.h"
#include "tests/net.h"

enum { CELLS = 1, OUT, ITEM = 1, LABELS = 3 };

/* R = tau_m / C_m, mV/pA; of order 10 pA and 10 mV, with a few roundings. */
static const double R = 10.0 / 250, ROUNDING = 1e-12;

/* Two presentations of 25 ms, each of phases of 20 ms and 5 ms, of an item with label 1. */
static const char NET[] =
	"spikem: 1\nseed: 4\n"
	"data: {d: {file: %s, shape: [1, 2], range: [0, 1], labels: 3, splits: {one: 1}}}\n"
	"populations:\n"
	"  in: {size: 2, model: poisson, params: {rate: 100 Hz}}\n"
	"  cells: {size: 3, model: %s, initial: {V_m: 10 mV, u: 10 mV, u_bar: 10 mV%s}, params: {tau_m: 10 "
	"ms}}\n"
	"  out: {size: 3, like: cells}\n"
	"inputs:\n"
	"  steps: {model: step_current, to: cells, neurons: 0-1, times: [%s ms, 45 ms], currents: [100 pA, "
	"60 pA]}\n"
	"  more: {model: step_current, to: [cells, out], neurons: 1-2, times: [0 ms], currents: [20 pA]}\n"
	"projections:\n"
	"  - {name: w, from: in, to: out, connect: all_to_all, weight: 0 %s, delay: 1 ms}\n"
	"objective: {model: softmax, of: out, projection: w, readout: u, scale: 2 mV}\n"
	"protocol:\n  data: d\n  reset: %s\n"
	"  phases: [{name: a, duration: 20 ms, readout: true%s}, {name: b, duration: 5 ms%s}]\n"
	"  stages: [{name: s, split: one, epochs: 2%s}]\n";

static const struct model {
	const char *name, *unit, *initial;
} models[] = {{"lif_delta", "mV", ""}, {"lif_delta", "mV", ", refractory: {uniform: [0 ms, 0 ms]}"},
	{"lif_exp", "pA", ""}, {"lif_alpha", "pA", ""}};
enum { N_MODELS = sizeof models / sizeof *models };

struct setting {
	const char *first_step; /* ms */
	const char *reset, *a, *b, *stage;
};

static int open_setting(struct net *net, const struct model *m, const struct setting *s)
{
	char data[512];

	net_path(data, "currents.csv");
	FILE *out = fopen(data, "w");
	fprintf(out, "0,1,0\n1,1,1\n1,0,2\n");
	fclose(out);
	char *yaml = net_text(
		NET, data, m->name, m->initial, s->first_step, m->unit, s->reset, s->a, s->b, s->stage);
	const int ok = net_open(net, yaml, 1, 1) && net_run(net);
	free(yaml);
	unlink(data);
	return ok;
}

/* Potential `ms` after one of 10 mV. */
static double relax(double from, double pa, double ms)
{
	return R * pa + (from - R * pa) * exp(-ms / 10);
}

static void check_cells(const struct net *net, const double *pa, const double *v)
{
	for (uint64_t k = 0; k < 3; k++) {
		double state[32];
		net_state(net, CELLS, k, state);
		CHECK(state[SPK_I_EXT] == pa[k]);
		CHECK_ABS(state[SPK_V_M], v[k], ROUNDING, "exponentials of order 10");
		CHECK_ABS(state[SPK_U], v[k], ROUNDING, "exponentials of order 10");
	}
}

/* A step before the reset, one after it, and one in the very moment of it. */
static void steps_outlive_resets(void)
{
	static const struct setting settings[] = {{"3", "true", "", "", ""}, {"3", "[cells]", "", "", ""},
		{"25", "true", "", "", ""}, {"3", "false", ", reset: cells", "", ""}};
	const double pa[] = {60, 80, 20}, before[] = {100, 120, 20};
	double v[3];

	for (size_t k = 0; k < 3; k++) /* the last reset was 25 ms ago, the last step 5 ms */
		v[k] = relax(relax(10, before[k], 20), pa[k], 5);
	for (size_t m = 0; m < N_MODELS; m++)
		for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
			struct net net;
			if (!open_setting(&net, &models[m], &settings[k]))
				continue;
			check_cells(&net, pa, v);
			net_close(&net);
		}
}

/* A step in the middle of a phase leaves its nudge or clamp as it is. */
static void nudges_and_clamps_add_to_steps(void)
{
	const struct setting setting = {
		"3", "true", "", ", nudge: 30 pA, clamp: {population: cells, on: 5 pA, off: -3 pA}", ""};
	const double pa[] = {60 - 3, 80 + 5, 20 - 3};

	for (size_t m = 0; m < N_MODELS; m++) {
		struct net net;
		if (!open_setting(&net, &models[m], &setting))
			continue;
		const double *u = net.sim->protocol->lanes[0].readout;
		const double sum = exp(u[0] / 2) + exp(u[1] / 2) + exp(u[2] / 2);
		CHECK(u[0] < u[1]);
		for (uint64_t k = 0; k < LABELS; k++) {
			double state[32];
			net_state(&net, OUT, k, state);
			CHECK_ABS(state[SPK_I_EXT],
				(k > 0 ? 20 : 0) + 30 * ((k == ITEM) - exp(u[k] / 2) / sum) / 2, ROUNDING,
				"two softmaxes");
			net_state(&net, CELLS, k, state);
			CHECK(state[SPK_I_EXT] == pa[k]);
		}
		net_close(&net);
	}
}

static void nudges_and_clamps_end_with_their_phase(void)
{
	static const char drives[] = ", nudge: 30 pA, clamp: {population: cells, on: 5 pA, off: -3 pA}";
	const double steps[] = {60, 80, 20};
	const struct setting settings[] = {
		{"3", "false", drives, "", ""}, {"3", "false", "", drives, ", learn: false"}};

	for (size_t m = 0; m < N_MODELS; m++)
		for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
			struct net net;
			if (!open_setting(&net, &models[m], &settings[k]))
				continue;
			for (uint64_t i = 0; i < LABELS; i++) {
				double state[32];
				net_state(&net, CELLS, i, state);
				CHECK(state[SPK_I_EXT] == steps[i]);
				net_state(&net, OUT, i, state);
				CHECK(state[SPK_I_EXT] == (i > 0 ? 20 : 0));
			}
			net_close(&net);
		}
}

TEST_MAIN(TEST(steps_outlive_resets), TEST(nudges_and_clamps_add_to_steps),
	TEST(nudges_and_clamps_end_with_their_phase))
