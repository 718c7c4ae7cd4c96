/*
 * Injected currents and resets in fast groups: the same spikes, potentials and weights as in the general
 * group, which advances every neuron through its own hooks. An initial refractory time drawn from [0, 0] puts
 * a population into the general group and changes nothing else.
 */
#include "tests/net.h"

#include "sim/gate.h"
#include "sim/group_general.h"
#include "sim/reading.h"

#include <math.h>

enum { NOISE, CELLS, N_CELLS = 150 };

/* Of order 10 in scaled coordinates; each of the few hundred arrivals and changes rounds once. */
static const double POTENTIAL_ROUNDING = 1e-9, WEIGHT_ROUNDING = 1e-10;
/* The contract of a crossing. */
static const double TIME_MS = 1e-9;

static const char NETWORK[] =
	"spikem: 1\nseed: 4\nduration: 400 ms\n"
	"populations:\n"
	"  noise: {size: 30, model: poisson, params: {rate: 60 Hz}}\n"
	"  cells:\n"
	"    size: 150\n"
	"    model: lif_delta\n"
	"    params: {tau_m: 8 ms, V_th: 7 mV, E_L: 1 mV, C_m: 250 pF, I_e: %g pA, tau_u: %g ms}\n"
	"    initial: {V_m: {uniform: [-2 mV, 9 mV]}, u: {uniform: [0 mV, 5 mV]}, "
	"u_bar: {uniform: [-2 mV, 5 mV]}%s}\n"
	"inputs:\n"
	"  steps: {model: step_current, to: cells, neurons: 5-40, times: [13 ms, 55.5 ms, 90 ms, 300 ms], "
	"currents: [90 pA, 300 pA, -200 pA, 0 pA]}\n"
	"  rare: {model: poisson, rate: 80 Hz, to: cells, weight: -0.7 mV}\n"
	"projections:\n"
	"  - {from: noise, to: cells, connect: {fixed_in_degree: 40}, weight: {uniform: [0.1 mV, 0.5 mV]}, "
	"delay: 1.7 ms, plasticity: {rule: %s}}\n"
	"  - {from: noise, to: cells, connect: {fixed_in_degree: 9}, weight: -0.3 mV, delay: 1 ms%s}\n"
	"  - {from: noise, to: cells, connect: {fixed_in_degree: 5}, weight: 0.2 mV, delay: 1 ms}\n";
static const char GENERAL[] = ", refractory: {uniform: [0 ms, 0 ms]}";

struct setting {
	const char *rule;
	double I_e, tau_u;
	const char *other; /* end of the second projection: a rule, or nothing */
};

static int open_setting(struct net *net, const struct setting *s, const char *initial, unsigned partitions)
{
	char *yaml = net_text(NETWORK, s->I_e, s->tau_u, initial, s->rule, s->other);
	const int ok = net_open(net, yaml, 1, partitions);

	for (unsigned k = 0; ok && k < partitions; k++)
		CHECK((net->sim->engine.network.partitions[k].members[CELLS].type == &spk_group_general) ==
			(initial[0] != 0));
	if (ok)
		net->sim->recorder.network = &net->sim->engine.network;
	free(yaml);
	return ok;
}

/* What happens at a border; neurons are reset behind a closed gate and an open one. */
static const struct border {
	double elapsed;
	int gate, reset;
	double scale; /* of the currents into the upper neurons, pA */
} borders[] = {{10, 1, 0, 0}, {20.3, 1, 0, 50}, {40, 0, 0, 250}, {60, 1, 0, -100}, {80, 0, 0, 0},
	{100, 0, 1, 0}, {130.7, 1, 0, 400}, {141.3, 1, 1, -50}, {150, 1, 0, 0}, {180, 0, 0, 70},
	{200, 0, 1, 300}, {230, 1, 0, 20}, {260, 0, 0, 0}, {330, 1, 0, 0}, {400, 0, 0, 0}};
enum { N_BORDERS = sizeof borders / sizeof *borders };

static void drive(struct net *net, const struct border *b)
{
	struct spk_engine *e = &net->sim->engine;

	if (b->reset)
		spk_engine_drop_spikes(e);
	for (uint32_t i = 0; i < e->network.n_partitions; i++) {
		const struct spk_member *m = &e->network.partitions[i].members[CELLS];
		if (b->reset)
			m->type->reset(m->group, e->t, m->initial);
		for (uint64_t k = m->lo; k < m->hi; k++)
			if (k >= 60) /* some above the threshold, some below rest, some none at all */
				m->type->set_current(m->group, (uint32_t)(k - m->lo), e->t,
					b->scale * (k % 7 == 0 ? 0 : (double)(k % 10) / 5 - 0.6));
	}
	spk_sim_set_gate(net->sim, b->gate);
}

/* `watch` sees the network before each border. */
static int run_driven(struct net *net, struct net *other, void (*watch)(struct net *, struct net *))
{
	struct spk_error err = {0};
	int ok = 1;

	for (size_t k = 0; ok && k < N_BORDERS; k++) {
		ok = CHECK(spk_sim_advance(net->sim, borders[k].elapsed, &err) == SPK_OK);
		if (other)
			ok = ok && CHECK(spk_sim_advance(other->sim, borders[k].elapsed, &err) == SPK_OK);
		watch(net, other);
		drive(net, &borders[k]);
		if (other)
			drive(other, &borders[k]);
	}
	return ok;
}

static void compare_states(struct net *fast, struct net *general)
{
	double worst = 0;

	for (uint64_t k = 0; k < N_CELLS; k++) {
		double x[SPK_N_COMMON_STATES], y[SPK_N_COMMON_STATES];
		net_state(fast, CELLS, k, x);
		net_state(general, CELLS, k, y);
		for (size_t i = 0; i < SPK_N_COMMON_STATES; i++)
			worst = fmax(worst, fabs(x[i] - y[i]));
	}
	CHECK_ABS(worst, 0, POTENTIAL_ROUNDING, "states of order 10");
}

static void compare_spikes(const struct net *fast, const struct net *general)
{
	double worst = 0;

	CHECK(net_count(fast, CELLS) > 100);
	if (!CHECK(fast->n == general->n))
		return;
	for (uint32_t id = 0; id < 30 + N_CELLS; id++) {
		enum { MOST = 400 };
		double x[MOST], y[MOST];
		const size_t population = id < 30 ? NOISE : CELLS, index = id < 30 ? id : id - 30;
		const size_t n = net_times(fast, population, index, MOST, x);
		if (!CHECK(n == net_times(general, population, index, MOST, y) && n <= MOST))
			return;
		for (size_t k = 0; k < n; k++)
			worst = fmax(worst, fabs(x[k] - y[k]));
	}
	CHECK_ABS(worst, 0, TIME_MS, "the contract");
}

/* The weights at the start, for how many of them have changed. */
static void compare_weights(const struct net *fast, const struct net *general, const double *start)
{
	uint64_t n, m;
	double *x = net_weights(fast, 0, &n), *y = net_weights(general, 0, &m), worst = 0;
	size_t n_moved = 0;

	CHECK(n == m);
	for (uint64_t k = 0; k < n; k++) {
		worst = fmax(worst, fabs(x[k] - y[k]));
		n_moved += fabs(x[k] - start[k]) > 1e-3;
	}
	CHECK_ABS(worst, 0, WEIGHT_ROUNDING, "weights of order 1");
	CHECK(n_moved > n / 4);
	free(x);
	free(y);
}

static void compare(const struct setting *s)
{
	struct net fast, general;
	uint64_t n;

	if (!open_setting(&fast, s, "", 1))
		return;
	double *start = net_weights(&fast, 0, &n);
	if (open_setting(&general, s, GENERAL, 1)) {
		if (run_driven(&fast, &general, compare_states)) {
			spk_sim_settle(fast.sim);
			spk_sim_settle(general.sim);
			compare_spikes(&fast, &general);
			compare_weights(&fast, &general, start);
		}
		net_close(&general);
	}
	free(start);
	net_close(&fast);
}

static const char *const rules[] = {"eq1, params: {reading: u_minus_ubar, eta: 3e-3}, bounds: [-1 mV, 2 mV]",
	"eq1, params: {reading: s_dudt, eta: 3e-2}, bounds: [-1 mV, 2 mV]",
	"eq1, params: {reading: x_du, eta: 3e-3, tau_x: 15 ms}, bounds: [-1 mV, 2 mV]",
	"stdp_pair, bounds: [0 mV, 0.6 mV]",
	"eq1, params: {reading: x_dubar, eta: 1e-2, tau_x: 15 ms}, bounds: [-1 mV, 2 mV]"};

/* Drives below the threshold, above it, and across it by the currents alone. */
static void the_general_group_agrees(void)
{
	static const double I_e[] = {0, 400, -200};

	for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
		for (size_t i = 0; i < sizeof I_e / sizeof *I_e; i++)
			compare(&(struct setting){rules[k], I_e[i], 20, ""});
	compare(&(struct setting){rules[0], 0, 8, ""}); /* tau_u = tau_m */
	compare(&(struct setting){rules[0], 0, 8.00001, ""});
}

/* Reads the weights as a recorder does. */
static void read_weights(struct net *one, struct net *other)
{
	struct spk_reading *reading;
	struct spk_error err = {0};

	(void)one;
	CHECK(spk_reading_begin(&other->sim->engine.network, other->sim->engine.t, &reading, &err) == SPK_OK);
	spk_reading_end(reading);
}

static void partitions_and_readers_leave_the_same_bits(void)
{
	for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
		for (unsigned partitions = 2; partitions < 4; partitions++) {
			const struct setting s = {rules[k], k == 1 ? 400 : 0, 20, ""};
			struct net one, other;
			if (!open_setting(&one, &s, "", 1))
				return;
			if (open_setting(&other, &s, "", partitions)) {
				run_driven(&one, &other, read_weights);
				CHECK(net_same_spikes(&one, &other));
				CHECK(net_same_weights(&one, &other));
				CHECK(net_same_states(&one, &other));
				net_close(&other);
			}
			net_close(&one);
		}
}

static void set_gates(struct net *net, int first, int second)
{
	const unsigned char open[] = {(unsigned char)first, (unsigned char)second, 0};
	struct spk_engine *e = &net->sim->engine;

	for (uint32_t i = 0; i < e->network.n_partitions; i++)
		spk_partition_set_gates(&e->network.partitions[i], e->t, open);
}

/* The other reads the same integrals, so that these start anew whenever its gate moves; it changes nothing.
 */
static void another_gate_changes_no_weight(void)
{
	static const char QUIET[] =
		", plasticity: {rule: eq1, params: {reading: x_du, eta: 0, tau_x: 15 ms}}";
	static const struct {
		double elapsed;
		int first, second;
	} gates[] = {{10, 1, 0}, {31, 1, 1}, {44, 0, 1}, {60.5, 1, 1}, {90, 1, 0}, {130, 0, 0}, {150, 0, 1},
		{170, 1, 1}, {400, 0, 1}};

	for (size_t general = 0; general < 2; general++) {
		const struct setting s = {rules[2], 0, 20, QUIET};
		const char *initial = general ? GENERAL : "";
		struct net alone, beside;
		struct spk_error err = {0};
		uint64_t n;
		if (!open_setting(&alone, &s, initial, 1))
			return;
		double *start = net_weights(&alone, 0, &n);
		if (open_setting(&beside, &s, initial, 1)) {
			for (size_t k = 0; k < sizeof gates / sizeof *gates; k++) {
				CHECK(spk_sim_advance(alone.sim, gates[k].elapsed, &err) == SPK_OK);
				CHECK(spk_sim_advance(beside.sim, gates[k].elapsed, &err) == SPK_OK);
				set_gates(&alone, gates[k].first, 0);
				set_gates(&beside, gates[k].first, gates[k].second);
			}
			compare_weights(&alone, &beside, start);
			net_close(&beside);
		}
		free(start);
		net_close(&alone);
	}
}

TEST_MAIN(TEST(another_gate_changes_no_weight), TEST(the_general_group_agrees),
	TEST(partitions_and_readers_leave_the_same_bits))
