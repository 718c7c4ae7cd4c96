/*
 * What rules read of u in the fast group of lif_delta neurons is what the general group shows, which advances
 * every neuron through its own hooks: the same potentials and weights up to rounding. An initial refractory
 * time drawn from [0, 0] puts a population into the general group and changes nothing else.
 */
#include "tests/net.h"

#include "sim/group_general.h"
#include "sim/reading.h"

#include <math.h>

/* Sums of a few hundred terms of order 1 in scaled coordinates; with tau_u near tau_m they lose two digits.
 */
static const double ROUNDING = 1e-10;

enum { NOISE, CELLS };

/* 30 sources in 40 draws: rows hold several synapses of one neuron. */
static const char NETWORK[] =
	"spikem: 1\nseed: 4\nduration: %g ms\n"
	"populations:\n"
	"  noise: {size: 30, model: poisson, params: {rate: 60 Hz}}\n"
	"  cells:\n"
	"    size: 150\n"
	"    model: lif_delta\n"
	"    params: {tau_m: 8 ms, V_th: 7 mV, E_L: 1 mV, C_m: 250 pF, I_e: %g pA, tau_u: %g ms}\n"
	"    initial: {u: {uniform: [0 mV, 5 mV]}, u_bar: {uniform: [-2 mV, 5 mV]}%s}\n"
	"    keep_u: true\n"
	"%s"
	"projections:\n"
	"  - {from: noise, to: cells, connect: %s, weight: {uniform: [0.1 mV, 0.5 mV]}, "
	"delay: 1.7 ms%s}\n"
	"  - {from: noise, to: cells, connect: {fixed_in_degree: 9}, weight: -0.3 mV, delay: 1 ms}\n";
static const char GENERAL[] = ", refractory: {uniform: [0 ms, 0 ms]}";

struct setting {
	const char *connect, *reading, *bounds, *inputs, *more;
	double eta, I_e, tau_u, duration;
};

static const struct setting plain = {.connect = "{fixed_in_degree: 40}",
	.reading = "u_minus_ubar",
	.bounds = "[-1 mV, 2 mV]",
	.inputs = "",
	.more = "",
	.eta = 1e-4,
	.tau_u = 20,
	.duration = 300};

static int open_setting(struct net *net, const struct setting *s, const char *initial, unsigned partitions)
{
	char *rule = net_text(", plasticity: {rule: eq1, name: main, params: {reading: %s, eta: %.17g, "
			      "tau_x: 15 ms}, bounds: %s}%s",
		s->reading, s->eta, s->bounds, s->more);
	char *yaml = net_text(NETWORK, s->duration, s->I_e, s->tau_u, initial, s->inputs, s->connect, rule);
	const int ok = net_open(net, yaml, 1, partitions);

	if (ok) {
		net->sim->recorder.network = &net->sim->engine.network;
		for (unsigned k = 0; k < partitions; k++)
			CHECK((net->sim->engine.network.partitions[k].members[CELLS].type ==
				      &spk_group_general) == (initial[0] != 0));
	}
	free(rule);
	free(yaml);
	return ok;
}

/* The gate opens and closes on the way. */
static int run_gated(struct net *net)
{
	static const double edges[] = {20, 90, 101.5, 150, 170.25, 280};
	struct spk_error err = {0};
	int ok = 1;

	spk_sim_set_gate(net->sim, 0);
	for (size_t k = 0; ok && k < sizeof edges / sizeof *edges; k++) {
		ok = CHECK(spk_sim_advance(net->sim, edges[k], &err) == SPK_OK);
		spk_sim_set_gate(net->sim, k % 2 == 0);
	}
	ok = ok && CHECK(spk_sim_advance(net->sim, net->scenario->duration, &err) == SPK_OK);
	spk_sim_settle(net->sim);
	return ok;
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
	CHECK_ABS(worst, 0, ROUNDING, "weights of order 1");
	CHECK(n_moved > n / 4);
	free(x);
	free(y);
}

static void compare_states(const struct net *fast, const struct net *general)
{
	double worst = 0;

	for (uint64_t k = 0; k < 150; k++) {
		double x[SPK_N_COMMON_STATES], y[SPK_N_COMMON_STATES];
		net_state(fast, CELLS, k, x);
		net_state(general, CELLS, k, y);
		worst = fmax(worst, fabs(x[SPK_U] - y[SPK_U]));
		worst = fmax(worst, fabs(x[SPK_U_BAR] - y[SPK_U_BAR]));
		worst = fmax(worst, fabs(x[SPK_V_M] - y[SPK_V_M]));
	}
	CHECK_ABS(worst, 0, 10 * ROUNDING, "potentials of order 10");
}

static void compare(const struct setting *s)
{
	struct net fast, general;
	uint64_t n;

	if (!open_setting(&fast, s, "", 1))
		return;
	double *start = net_weights(&fast, 0, &n);
	if (open_setting(&general, s, GENERAL, 1)) {
		if (run_gated(&fast) && run_gated(&general)) {
			CHECK(net_count(&fast, CELLS) > 100);
			CHECK(net_count(&fast, CELLS) == net_count(&general, CELLS));
			compare_weights(&fast, &general, start);
			compare_states(&fast, &general);
		}
		net_close(&general);
	}
	free(start);
	net_close(&fast);
}

static const struct {
	const char *reading;
	double eta;
} readings[] = {{"u_minus_ubar", 3e-3}, {"s_dudt", 3e-2}, {"x_du", 3e-3}};

static void readings_agree(void)
{
	for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
		struct setting s = plain;
		s.reading = readings[k].reading;
		s.eta = readings[k].eta;
		compare(&s);
		s.I_e = 400; /* up to 13.8 mV: the neurons fire by themselves */
		compare(&s);
	}
}

/* Through the point where the time constants coincide, and to its far ends: tau_m is 8 ms. */
static const char *const windows[] = {"u_minus_ubar, u_bar_min: 4 mV", "u_minus_ubar, u_bar_max: 6 mV",
	"u_minus_ubar, u_bar_min: 2 mV, u_bar_max: 8 mV", "s_dudt, u_bar_min: 4 mV"};

static void windows_agree(void)
{
	for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
		struct setting s = plain;
		s.reading = windows[k];
		s.eta = 3e-3;
		compare(&s);
		s.inputs = "inputs:\n  step: {model: step_current, to: cells, times: [50 ms], currents: [40 "
			   "pA]}\n";
		compare(&s);
		s.connect = "all_to_all"; /* rows in order */
		compare(&s);
	}
}

/* Synapses of neurons outside the window keep every bit, those of the others move, until the gate closes. */
static void check_window(const char *reading, const char *connect, const char *initial)
{
	struct setting s = plain;
	struct net net;
	size_t n_inside = 0, n_wrong = 0;
	int inside[150];

	s.connect = connect;
	s.reading = reading;
	s.bounds = "[-1000 mV, 1000 mV]";
	s.eta = 3e-3;
	if (!open_setting(&net, &s, initial, 1))
		return;
	const struct spk_table *table = &net.sim->engine.network.partitions[0].tables[0].table;
	double *start = malloc(table->n_synapses * sizeof *start);
	spk_sim_set_gate(net.sim, 0);
	CHECK(spk_sim_advance(net.sim, 60, NULL) == SPK_OK);
	for (uint64_t k = 0; k < 150; k++) {
		double state[SPK_N_COMMON_STATES];
		net_state(&net, CELLS, k, state);
		inside[k] = state[SPK_U_BAR] >= 4 && state[SPK_U_BAR] <= 6;
		n_inside += inside[k] != 0;
	}
	memcpy(start, table->f64, table->n_synapses * sizeof *start);
	spk_sim_set_gate(net.sim, 1);
	CHECK(spk_sim_advance(net.sim, 200, NULL) == SPK_OK);
	spk_sim_set_gate(net.sim, 0); /* x_dubar changes weights here */
	for (uint64_t k = 0; k < table->n_synapses; k++)
		n_wrong += (table->f64[k] != start[k]) != inside[table->target[k]];
	CHECK(n_inside > 10 && n_inside < 140);
	CHECK(n_wrong == 0);
	free(start);
	net_close(&net);
}

static void the_window_is_that_of_the_gate_opening(void)
{
	static const char *const within[] = {"u_minus_ubar, u_bar_min: 4 mV, u_bar_max: 6 mV",
		"x_dubar, u_bar_min: 4 mV, u_bar_max: 6 mV"};

	for (size_t k = 0; k < sizeof within / sizeof *within; k++) {
		check_window(within[k], "{fixed_in_degree: 40}", "");
		check_window(within[k], "{fixed_in_degree: 40}", GENERAL);
		check_window(within[k], "all_to_all", "");
	}
}

static void every_tau_u_agrees(void)
{
	static const double tau_u[] = {0.5, 4, 7.93, 7.999, 8, 8.0000001, 8.07, 9, 500};

	for (size_t k = 0; k < sizeof tau_u / sizeof *tau_u; k++) {
		struct setting s = plain;
		s.tau_u = tau_u[k];
		s.eta = tau_u[k] < 1 ? 1e-2 : 3e-3;
		compare(&s);
	}
}

static void bounds_agree(void)
{
	for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
		struct setting s = plain;
		s.reading = readings[k].reading;
		s.eta = 10 * readings[k].eta;
		s.bounds = "[0.05 mV, 0.55 mV]";
		s.I_e = 400;
		/* the integrals are clipped where they are settled, at the same times in both groups */
		compare(&s);
	}
}

/* Events of inputs come one by one, also to some of the neurons only. */
static void inputs_agree(void)
{
	struct setting s = plain;

	s.eta = 3e-3;
	s.inputs = "inputs:\n"
		   "  every: {model: poisson, rate: 900 Hz, to: cells, weight: 0.4 mV}\n"
		   "  some: {model: poisson, rate: 500 Hz, to: cells, neurons: 10-60, weight: -0.3 mV}\n";
	compare(&s);
}

/* Many moves of the epoch, which is 24 tau_m long, and restarts of the integrals. */
static void long_runs_agree(void)
{
	for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
		struct setting s = plain;
		s.reading = readings[k].reading;
		s.eta = 0.3 * readings[k].eta;
		s.duration = 3000;
		compare(&s);
		s.tau_u = 8;
		compare(&s);
	}
}

/* A time constant so short that its factor would leave the range of doubles. */
static void the_shortest_tau_u_runs_in_the_general_group(void)
{
	struct setting s = plain;
	struct net net;

	s.tau_u = 0.49;
	if (open_setting(&net, &s, GENERAL, 1))
		net_close(&net);
	char *yaml = net_text(NETWORK, 10., 0., s.tau_u, "", "", s.connect, "");
	if (net_open(&net, yaml, 1, 1)) {
		CHECK(net.sim->engine.network.partitions[0].members[CELLS].type == &spk_group_general);
		net_close(&net);
	}
	free(yaml);
}

/* Rows are cut at other places, and reading on the way changes nothing. */
static void partitions_and_readers_leave_the_same_bits(void)
{
	for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
		struct setting s = plain;
		struct net one, other;
		s.reading = readings[k].reading;
		s.eta = readings[k].eta;
		s.I_e = k == 1 ? 400 : 0;
		if (!open_setting(&one, &s, "", 1))
			return;
		for (unsigned partitions = 2; partitions < 4; partitions++) {
			struct spk_error err = {0};
			struct spk_reading *reading;
			if (!open_setting(&other, &s, "", partitions))
				continue;
			spk_sim_set_gate(other.sim, 1);
			spk_sim_set_gate(one.sim, 1);
			for (double t = 30; t < 300; t += 30) {
				CHECK(spk_sim_advance(other.sim, t, &err) == SPK_OK);
				CHECK(spk_reading_begin(&other.sim->engine.network, other.sim->engine.t,
					      &reading, &err) == SPK_OK);
				spk_reading_end(reading);
				if (partitions == 2)
					CHECK(spk_sim_advance(one.sim, t, &err) == SPK_OK);
			}
			CHECK(spk_sim_advance(other.sim, 290, &err) == SPK_OK);
			CHECK(spk_sim_advance(one.sim, 290, &err) == SPK_OK);
			CHECK(net_same_spikes(&one, &other));
			CHECK(net_same_weights(&one, &other));
			CHECK(net_same_states(&one, &other));
			net_close(&other);
		}
		net_close(&one);
	}
}

/* A probe of the same rule reads the potentials apart from the delivery; it must not disturb the rule. */
static void probes_see_the_same_and_change_nothing(void)
{
	struct setting s = plain, probed = plain;
	struct net alone, watched;

	s.eta = probed.eta = 3e-3;
	probed.more = ", probes: [{rule: eq1, name: twin, params: {reading: u_minus_ubar, eta: 3e-3}, "
		      "bounds: [-1 mV, 2 mV]}, "
		      "{rule: eq1, name: other, params: {reading: x_du, eta: 1e-3}}]";
	if (!open_setting(&alone, &s, "", 1))
		return;
	if (open_setting(&watched, &probed, "", 1)) {
		if (run_gated(&alone) && run_gated(&watched)) {
			const struct spk_synapses *table =
				&watched.sim->engine.network.partitions[0].tables[0];
			double worst = 0;
			CHECK(net_same_weights(&alone, &watched) && net_same_spikes(&alone, &watched));
			for (uint64_t k = 0; k < table->table.n_synapses; k++)
				worst = fmax(worst, fabs(table->plastic[1].weight[k] - table->table.f64[k]));
			CHECK_ABS(worst, 0, 1e-12, "some hundred roundings of order 1e-16");
			CHECK(table->plastic[0].has_form && !table->plastic[1].has_form);
			CHECK(table->plastic[0].events == table->plastic[1].events);
		}
		net_close(&watched);
	}
	net_close(&alone);
}

TEST_MAIN(TEST(readings_agree), TEST(windows_agree), TEST(the_window_is_that_of_the_gate_opening),
	TEST(every_tau_u_agrees), TEST(bounds_agree), TEST(inputs_agree), TEST(long_runs_agree),
	TEST(the_shortest_tau_u_runs_in_the_general_group), TEST(partitions_and_readers_leave_the_same_bits),
	TEST(probes_see_the_same_and_change_nothing))
