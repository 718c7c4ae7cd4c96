/*
 * The readings of eq 1 on one neuron: which of them measure a change of the neuron's drive?
 *
 * A LIF neuron (tau_m 20 ms, no refractoriness) fires by itself at about 28 Hz; a Poisson source of 40 Hz
 * reaches it through a synapse of weight 0, which each rule watches. The gate is open for 500 ms; in its
 * middle the drive steps by -0.15, 0 or +0.15 of the threshold. For a gradient the update must be the step
 * times the mean trace, 0.8: the readings of u give exactly this, balanced pairs the change of the rate; the
 * integral of x dV measures the product of the rates whatever the step, and with the reset jumps next to
 * nothing. All expectations are closed forms of the rates. Many independent neurons stand for many trials;
 * their drives differ by 10 % so that phases mix.
 */
#include "tests/net.h"

enum { TRIALS = 4000, STEPS = 3 };
enum { X_DU, X_DV, X_DV_RESET, S_DUDT, U_MINUS_UBAR, PAIRS, RULES };

static const double V_TH = 20, STEP_MV = 3, TAU = 20, PRE = 0.04, OPEN = 400, STEP_AT = 650, CLOSE = 900;

static const char scenario[] =
	"spikem: 1\n"
	"seed: 5\n"
	"duration: 900 ms\n"
	"populations:\n"
	"  pre: {size: 4000, model: poisson, params: {rate: 40 Hz}}\n"
	"  down:\n"
	"    size: 4000\n"
	"    model: lif_delta\n"
	"    params: {tau_m: 20 ms, C_m: 250 pF, E_L: 0 mV, V_th: 20 mV, V_reset: 0 mV, t_ref: 0 ms, tau_u: "
	"20 ms,\n"
	"      I_e: {uniform: [270 pA, 330 pA]}}\n"
	"    initial: {V_m: {uniform: [0 mV, 20 mV]}}\n"
	"  same: {size: 4000, like: down}\n"
	"  up: {size: 4000, like: down}\n"
	"inputs:\n"
	"  step_down: {model: step_current, to: down, times: [650 ms], currents: [-37.5 pA]}\n"
	"  step_up: {model: step_current, to: up, times: [650 ms], currents: [37.5 pA]}\n"
	"projections:\n"
	"  - from: pre\n"
	"    to: [down, same, up]\n"
	"    connect: one_to_one\n"
	"    weight: 0 mV\n"
	"    delay: 1 ms\n"
	"    plasticity: {rule: eq1, name: a, params: {reading: x_du, eta: 0}}\n"
	"    probes:\n"
	"      - {rule: eq1, name: b, params: {reading: x_dv, eta: 1}}\n"
	"      - {rule: eq1, name: c, params: {reading: x_dv_reset, eta: 1}}\n"
	"      - {rule: eq1, name: d, params: {reading: s_dudt, eta: 1}}\n"
	"      - {rule: eq1, name: e, params: {reading: u_minus_ubar, eta: 1}}\n"
	"      - {rule: eq1, name: f, params: {reading: pairs, eta: 1}}\n"
	"      - {rule: eq1, name: g, params: {reading: x_du, eta: 1}}\n"
	"record: {spikes: none}\n";

struct figure {
	double mean, sd, error; /* error: of the mean */
};

static struct figure results[RULES][STEPS];

/* The synapses that carry each reading: the rule that changes weights has eta 0, so that they stay at 0. */
static const size_t places[RULES] = {
	[X_DU] = 6, [X_DV] = 1, [X_DV_RESET] = 2, [S_DUDT] = 3, [U_MINUS_UBAR] = 4, [PAIRS] = 5};

static struct figure summarise(const struct spk_plastic *p)
{
	double sum = 0, squares = 0;

	for (size_t k = 0; k < TRIALS; k++) {
		sum += p->weight[k];
		squares += p->weight[k] * p->weight[k];
	}
	const double mean = sum / TRIALS, variance = squares / TRIALS - mean * mean;
	return (struct figure){mean, sqrt(variance), sqrt(variance / TRIALS)};
}

/* Run once; all tests read the results. */
static int run(void)
{
	static int done;
	struct net net;
	struct spk_error err = {0};

	if (done)
		return 1;
	if (!net_open(&net, scenario, 1, 1))
		return 0;
	net.sim->recorder.network = &net.sim->engine.network;
	spk_sim_set_gate(net.sim, 0);
	done = CHECK(spk_sim_advance(net.sim, OPEN, &err) == SPK_OK);
	spk_sim_set_gate(net.sim, 1);
	done = CHECK(spk_sim_advance(net.sim, CLOSE, &err) == SPK_OK) && done;
	spk_sim_set_gate(net.sim, 0);
	for (size_t step = 0; step < STEPS; step++) {
		const struct spk_synapses *s = &net.sim->engine.network.partitions[0].tables[step];
		CHECK(s->table.n_synapses == TRIALS && s->n_plastic == 7);
		for (size_t rule = 0; rule < RULES; rule++)
			results[rule][step] = summarise(&s->plastic[places[rule]]);
	}
	net_close(&net);
	return done;
}

static double step_of(size_t step)
{
	return STEP_MV * ((double)step - 1);
}

/* Rate (1/ms) of a neuron, and its mean potential over an interval between two spikes. */
static double rate_at(double drive)
{
	return drive > V_TH ? 1 / (TAU * log(drive / (drive - V_TH))) : 0;
}

static double potential_at(double drive)
{
	return drive - V_TH * TAU * rate_at(drive);
}

/* Mean over the neurons with their drives shifted by `mv`. */
static double mean_over_drives(double (*quantity)(double drive), double mv)
{
	double sum = 0;

	for (int k = 0; k < 1000; k++)
		sum += quantity(21.6 + (k + 0.5) * 4.8 / 1000 + mv) / 1000;
	return sum;
}

static void readings_of_u_are_exact(void)
{
	static const struct {
		size_t rule;
		double gain;
	} exact[] = {{X_DU, 20}, {S_DUDT, 1}, {U_MINUS_UBAR, 20}};

	if (!run())
		return;
	for (size_t k = 0; k < 3; k++)
		for (size_t step = 0; step < STEPS; step++) {
			const struct figure *r = &results[exact[k].rule][step];
			const double want = PRE * exact[k].gain * step_of(step);
			CHECK_ABS(r->mean, want, 3.5 * r->error + 2e-4, "3.5 standard errors; exp(-250/20)");
			CHECK(step == 1 || (r->sd < 0.9 * fabs(want) && r->sd > 0.2 * fabs(want)));
		}
	/* In units of the threshold, as the table has it: -0.120, 0, +0.120 with sd 0.05 */
	CHECK_ABS(results[X_DU][2].mean / V_TH, 0.120, 0.004, "3.5 standard errors");
	CHECK_ABS(results[X_DU][2].sd / V_TH, 0.06, 0.01, "as printed, 0.05, to one digit");
}

static void x_dv_is_the_product_of_the_rates(void)
{
	if (!run())
		return;
	for (size_t step = 0; step < STEPS; step++) {
		const struct figure *r = &results[X_DV][step];
		const double spikes = mean_over_drives(rate_at, 0) * (STEP_AT - OPEN) +
				      mean_over_drives(rate_at, step_of(step)) * (CLOSE - STEP_AT);
		CHECK_REL(r->mean, PRE * TAU * V_TH * spikes, 0.03, "standard error 0.4 %, ends of the gate");
		CHECK(r->mean > 50 * fabs(results[X_DU][0].mean));
	}
	CHECK(results[X_DV][0].mean > 0.5 * results[X_DV][2].mean); /* the same sign for opposite steps */
}

/* It telescopes to the mean potential after less that before, which falls when the drive rises. */
static void x_dv_with_resets_has_no_signal(void)
{
	if (!run())
		return;
	for (size_t step = 0; step < STEPS; step++) {
		const struct figure *r = &results[X_DV_RESET][step];
		const double want =
			PRE * TAU *
			(mean_over_drives(potential_at, step_of(step)) - mean_over_drives(potential_at, 0));
		CHECK_ABS(r->mean, want, 3.5 * r->error, "3.5 standard errors");
		CHECK(want * step_of(step) <= 0);
		CHECK(r->sd > 10 * results[X_DU][2].sd);
	}
}

static void pairs_measure_the_change_of_the_rate(void)
{
	if (!run())
		return;
	for (size_t step = 0; step < STEPS; step++) {
		const struct figure *r = &results[PAIRS][step];
		const double want = TAU * TAU * PRE *
				    (mean_over_drives(rate_at, step_of(step)) - mean_over_drives(rate_at, 0));
		CHECK_ABS(r->mean, want, 3.5 * r->error, "3.5 standard errors");
		CHECK(r->error < 0.03);
	}
	/* a signal-to-noise ratio of 0.06 to 0.2 a trial, beside that of x du, above 1 */
	const double snr = results[PAIRS][2].mean / results[PAIRS][2].sd;
	CHECK(snr > 0.05 && snr < 0.25);
	CHECK(results[X_DU][2].mean > results[X_DU][2].sd);
}

/* Weight of one synapse after `spikes` arrivals, 5 ms apart; tau_x is tau_m, the start of the gate that of u.
 */
static double weight_after(double decay)
{
	char *yaml = net_text(
		"spikem: 1\nseed: 1\nduration: 1 s\n"
		"populations:\n"
		"  pre: {size: 1, model: regular, params: {rate: 200 Hz}}\n"
		"  post: {size: 1, model: lif_delta, params: {tau_m: 20 ms}}\n"
		"projections: [{from: pre, to: post, connect: all_to_all, weight: 1 mV, delay: 1 ms,\n"
		"  plasticity: {rule: eq1, params: {reading: x_du, eta: 1e-6, tau_x: 20 ms, decay: %g}}}]\n"
		"record: {spikes: none}\n",
		decay);
	struct net net;
	const struct spk_sim_options options = {.threads = 1};
	double weight = 0;
	uint64_t n = 0;

	if (net_make(&net, net_read(yaml), &options)) {
		(void)net_run(&net);
		double *w = net_weights(&net, 0, &n);
		weight = n == 1 ? w[0] : 0;
		free(w);
		net_close(&net);
	}
	free(yaml);
	return weight;
}

/* u = w x: each jump of x from b to b + 1 adds (b + 1) w to the integral of x du, half a w more than x^2/2
 * does. */
static void own_jumps_grow_a_weight_and_decay_takes_it_off(void)
{
	double x = 0, arrivals = 0;

	for (double t = 1; t <= 1000; t += 5, arrivals++)
		x = x * exp(-5 / 20.0) + 1;
	const double grown = weight_after(0) - 1, kept = weight_after(0.5e-6) - 1;
	CHECK_REL(grown, 1e-6 * arrivals / 2, 0.2, "the trace at the end counts too");
	CHECK_ABS(grown - kept, 1e-6 * arrivals / 2, 2e-8, "second order in eta; one arrival would be 5e-7");
	CHECK(fabs(kept) < 1e-6 * x * x);
}

TEST_MAIN(TEST(own_jumps_grow_a_weight_and_decay_takes_it_off), TEST(readings_of_u_are_exact),
	TEST(x_dv_is_the_product_of_the_rates), TEST(x_dv_with_resets_has_no_signal),
	TEST(pairs_measure_the_change_of_the_rate))
