/*
 * Closed loop: small recurrent networks in the engine and in the plain engine (tests/plain.h), driven by the
 * same source spikes. Times must agree to 1e-9 ms, the contract; rounding is 1e-12 ms at most, and
 * recurrence, which amplifies it without bound in long runs of chaotic networks, leaves it below that here.
 */
#include "tests/plain_net.h"

/* Compare the first spikes of both; returns how many agree in order and time. */
static size_t count_agreeing(const struct net *net, const struct plain *p)
{
	const uint32_t n_sources = net->sim->engine.network.first_id[1];
	size_t n = 0, k = 0;
	for (; k < net->n && n < p->n_spikes; k++) {
		if (net->spikes[k].id < n_sources)
			continue;
		if (net->spikes[k].id != p->spikes[n].id ||
			fabs(net->spikes[k].elapsed - p->spikes[n].t) > 1e-9)
			break;
		n++;
	}
	return n;
}

/* These networks are short enough for all their spikes to agree. */
static void compare(struct net *net, const char *what)
{
	struct plain p = plain_of(net);
	const uint32_t n_sources = net->sim->engine.network.first_id[1];
	if (!net_run(net)) {
		plain_clear(&p);
		return;
	}
	for (size_t k = 0; k < net->n; k++)
		if (net->spikes[k].id < n_sources)
			plain_send(&p, net->spikes[k].id, net->spikes[k].elapsed);
	plain_run(&p, net->scenario->duration, SIZE_MAX);
	size_t fired = 0;
	for (size_t k = 0; k < net->n; k++)
		fired += net->spikes[k].id >= n_sources;
	const size_t n = count_agreeing(net, &p);
	printf("# %s: %zu spikes, %zu in the plain engine, the first %zu agree to 1e-9 ms\n", what, fired,
		p.n_spikes, n);
	CHECK(fired > 50);
	CHECK(n == fired);
	plain_clear(&p);
}

static const char DELTA[] =
	"spikem: 1\nseed: %llu\nduration: %g ms\n"
	"populations:\n"
	"  noise: {size: 100, model: poisson, params: {rate: 900 Hz}}\n"
	"  exc: {size: 80, model: lif_delta, params: {tau_m: %s, V_th: 20 mV, V_reset: 10 mV, t_ref: %s, "
	"I_e: %s}, initial: {V_m: {uniform: [0 mV, 20 mV]}}}\n"
	"  inh: {size: 20, like: exc}\n"
	"projections:\n"
	"  - {from: noise, to: [exc, inh], connect: {fixed_in_degree: 10}, weight: 0.15 mV, delay: 0.5 ms}\n"
	"  - {from: exc, to: [exc, inh], connect: {fixed_in_degree: 10, autapses: true, multapses: true}, "
	"weight: %s, delay: %s}\n"
	"  - {from: inh, to: [exc, inh], connect: {fixed_probability: 0.2}, weight: -0.5 mV, delay: %s}\n";

static void run_delta(uint64_t seed, double ms, const char *tau_m, const char *t_ref, const char *I_e,
	const char *weight, const char *delay, const char *delay_inh, const char *what)
{
	char *yaml =
		net_text(DELTA, (unsigned long long)seed, ms, tau_m, t_ref, I_e, weight, delay, delay_inh);
	struct net net;
	if (net_open(&net, yaml, 1, 1)) {
		compare(&net, what);
		net_close(&net);
	}
	free(yaml);
}

static void delta_neurons(void)
{
	PROPERTY(3, seed)
	{
		run_delta(
			seed, 300, "20 ms", "2 ms", "0 pA", "0.1 mV", "1.5 ms", "1.5 ms", "delta, one delay");
		run_delta(seed, 300, "20 ms", "0 ms", "100 pA",
			"{normal: {mean: 0.1 mV, sd: 0.05 mV, min: 0 mV}}", "{uniform: [0.3 ms, 20 ms]}",
			"0.8 ms", "delta, spread weights and delays");
	}
}

static void delta_neurons_of_the_general_group(void)
{
	PROPERTY(3, seed)
	{
		run_delta(seed, 300, "{uniform: [20 ms, 20.0001 ms]}", "2 ms", "0 pA", "0.1 mV", "1.5 ms",
			"1.5 ms", "general delta, one delay");
		run_delta(seed, 300, "{uniform: [10 ms, 30 ms]}", "{uniform: [0 ms, 4 ms]}",
			"{normal: {mean: 150 pA, sd: 100 pA}}",
			"{normal: {mean: 0.1 mV, sd: 0.05 mV, min: 0 mV}}", "{uniform: [0.3 ms, 20 ms]}",
			"0.8 ms", "general delta, everything spread, some above threshold");
	}
}

static const char CURRENTS[] =
	"spikem: 1\nseed: %llu\nduration: %g ms\n"
	"populations:\n"
	"  noise: {size: 100, model: poisson, params: {rate: 200 Hz}}\n"
	"  exc: {size: 80, model: %s, params: {tau_m: %s, V_th: 15 mV, V_reset: 0 mV, t_ref: 2 ms, I_e: "
	"%s, "
	"tau_syn_ex: %s, tau_syn_in: %s}, initial: {V_m: {uniform: [0 mV, 15 mV]}}}\n"
	"  inh: {size: 20, like: exc}\n"
	"projections:\n"
	"  - {from: noise, to: [exc, inh], connect: {fixed_in_degree: 10}, weight: %g pA, delay: 0.5 ms}\n"
	"  - {from: exc, to: [exc, inh], connect: {fixed_in_degree: 10, autapses: true, multapses: true}, "
	"weight: {lognormal: {mean: %g pA, sd: 30 pA}}, delay: %s}\n"
	"  - {from: inh, to: [exc, inh], connect: {fixed_probability: 0.2}, weight: %g pA, delay: 0.8 ms}\n";

/* size: of the weights, against those of exponential currents. */
static void run_currents(const char *model, double size, uint64_t seed, const char *const taus[3],
	const char *I_e, const char *delay, const char *what)
{
	char *yaml = net_text(CURRENTS, (unsigned long long)seed, 150.0, model, taus[0], I_e, taus[1],
		taus[2], 100 * size, 40 * size, delay, -250 * size);
	struct net net;
	if (net_open(&net, yaml, 1, 1)) {
		compare(&net, what);
		net_close(&net);
	}
	free(yaml);
}

static void run_exp(uint64_t seed, const char *tau_m, const char *I_e, const char *tau_ex, const char *tau_in,
	const char *delay, const char *what)
{
	run_currents("lif_exp", 1, seed, (const char *const[]){tau_m, tau_ex, tau_in}, I_e, delay, what);
}

/* An alpha current of the same weight carries e times the charge. */
static void run_alpha(uint64_t seed, const char *tau_m, const char *I_e, const char *tau_ex,
	const char *tau_in, const char *delay, const char *what)
{
	run_currents("lif_alpha", 0.4, seed, (const char *const[]){tau_m, tau_ex, tau_in}, I_e, delay, what);
}

static void exponential_currents(void)
{
	PROPERTY(2, seed)
	{
		run_exp(seed, "20 ms", "0 pA", "5 ms", "10 ms", "1.5 ms", "exp");
		run_exp(seed, "10 ms", "100 pA", "2 ms", "10 ms", "{uniform: [0.2 ms, 15 ms]}",
			"exp, tau_in = tau_m, spread delays");
		run_exp(seed, "10 ms", "400 pA", "0.3 ms", "0.3 ms", "1.5 ms",
			"exp, short currents, above threshold");
		run_exp(seed, "10 ms", "0 pA", "10 ms", "10 ms", "1.5 ms", "exp, all time constants equal");
		run_exp(seed, "10 ms", "0 pA", "10.000001 ms", "9.999999 ms", "1.5 ms",
			"exp, nearly equal time constants");
	}
}

static void exponential_currents_of_the_general_group(void)
{
	PROPERTY(1, seed)
	{
		run_exp(seed, "{uniform: [15 ms, 25 ms]}", "0 pA", "5 ms", "10 ms", "1.5 ms", "general exp");
		run_exp(seed, "{uniform: [5 ms, 20 ms]}", "{uniform: [0 pA, 400 pA]}",
			"{uniform: [1 ms, 20 ms]}", "{uniform: [1 ms, 20 ms]}", "{uniform: [0.2 ms, 15 ms]}",
			"general exp, everything spread");
	}
}

static void alpha_currents(void)
{
	PROPERTY(1, seed)
	{
		run_alpha(seed, "20 ms", "0 pA", "5 ms", "10 ms", "1.5 ms", "alpha");
		run_alpha(seed, "10 ms", "100 pA", "2 ms", "10 ms", "{uniform: [0.2 ms, 15 ms]}",
			"alpha, tau_in = tau_m, spread delays");
		run_alpha(seed, "10 ms", "400 pA", "0.5 ms", "0.3 ms", "1.5 ms",
			"alpha, short currents, above threshold");
		run_alpha(
			seed, "10 ms", "0 pA", "10 ms", "10 ms", "1.5 ms", "alpha, all time constants equal");
		run_alpha(seed, "10 ms", "0 pA", "10.000001 ms", "9.6 ms", "1.5 ms",
			"alpha, nearly equal time constants");
		run_alpha(seed, "10 ms", "300 pA", "10.6 ms", "9.4 ms", "1.5 ms",
			"alpha, time constants not quite equal");
	}
}

static void alpha_currents_of_the_general_group(void)
{
	PROPERTY(1, seed)
	run_alpha(seed, "{uniform: [5 ms, 20 ms]}", "{uniform: [0 pA, 400 pA]}", "{uniform: [1 ms, 20 ms]}",
		"{uniform: [1 ms, 20 ms]}", "{uniform: [0.2 ms, 15 ms]}", "general alpha, everything spread");
}

TEST_MAIN(TEST(alpha_currents), TEST(alpha_currents_of_the_general_group), TEST(delta_neurons),
	TEST(delta_neurons_of_the_general_group), TEST(exponential_currents),
	TEST(exponential_currents_of_the_general_group))
