/* Recording weights, and u and u_bar where they are kept, changes nothing: no spike, weight or state, not by
 * one bit. */
#include "tests/net.h"

/* A general and two fast groups, unless they keep u, with rules that read spikes alone; then with more. */
static const char SMALL[] =
	"spikem: 1\nseed: 3\nduration: 150 ms\n"
	"populations:\n"
	"  noise: {size: 80, model: poisson, params: {rate: 100 Hz}}\n"
	"  fast: {size: 80, model: lif_delta, params: {V_th: 10 mV, I_e: %s}, keep_u: %s}\n"
	"  exp: {size: 80, model: lif_exp, params: {V_th: 10 mV, I_e: 100 pA}, keep_u: %s}\n"
	"  slow: {size: 80, model: lif_delta, params: {V_th: 10 mV, tau_m: {uniform: [10 ms, 20 ms]}}}\n"
	"  soft: {size: 80, model: lif_escape, params: {V_th: 10 mV, I_e: %s}}\n"
	"  alpha: {size: 80, model: lif_alpha, params: {V_th: 10 mV, I_e: %s}}\n"
	"%s"
	"projections:\n"
	"  - {from: noise, to: fast, connect: {fixed_in_degree: 10}, weight: 1 mV, delay: 1 ms, %s}\n"
	"  - {from: noise, to: slow, connect: {fixed_in_degree: 10}, weight: 1 mV, delay: {dendritic: 2.5 "
	"ms}, "
	"plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: fast, to: exp, connect: {fixed_in_degree: 10}, weight: 60 pA, delay: 1 ms, "
	"plasticity: {rule: stdp_triplet, bounds: [0 pA, 200 pA]}}\n"
	"  - {from: exp, to: fast, connect: {fixed_in_degree: 5}, weight: -0.5 mV, delay: 1.7 ms}\n"
	"  - {from: noise, to: soft, connect: {fixed_in_degree: 10}, weight: 1 mV, delay: {dendritic: 1 ms}, "
	"plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: noise, to: alpha, connect: {fixed_in_degree: 10}, weight: 60 pA, delay: {dendritic: 1 "
	"ms}, "
	"plasticity: {rule: stdp_pair, bounds: [0 pA, 100 pA]}}\n%s";
static const char WEIGHTS[] =
	"record:\n  weights: [{of: noise_fast, every: 7.3 ms, synapses: 0-9, trace_every: 3.1 ms}, "
	"{of: noise_slow, every: 5 ms}, {of: fast_exp, every: 11 ms}, {of: noise_soft, every: 2.9 ms}, "
	"{of: noise_alpha, every: 2.9 ms}]\n";
static const char POISSON[] =
	"inputs:\n  up: {model: poisson, rate: 9 kHz, to: [fast, slow], weight: 0.05 mV}\n"
	"  current: {model: poisson, rate: 3 kHz, to: exp, weight: 9 pA}\n"
	"  less: {model: poisson, rate: 2 kHz, to: exp, weight: -5 pA}\n";
static const char PAIR[] = "plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}";

static void compare_kept(
	const char *keep_u, const char *I_e, const char *inputs, const char *rule, const char *record)
{
	char path[512];
	char *plain = net_text(SMALL, I_e, keep_u, keep_u, I_e, I_e, inputs, rule, ""),
	     *recorded = net_text(SMALL, I_e, keep_u, keep_u, I_e, I_e, inputs, rule, record);
	struct net blind, watched;
	net_path(path, "small.h5");
	const struct spk_sim_options options = {.threads = 1, .partitions = 2, .output = path};
	if (net_open(&blind, plain, 1, 1) && net_run(&blind) &&
		net_make(&watched, net_read(recorded), &options) && net_run(&watched)) {
		CHECK(net_count(&blind, 1) > 50 && net_count(&blind, 2) > 50 && net_count(&blind, 3) > 50 &&
			net_count(&blind, 4) > 50 && net_count(&blind, 5) > 50);
		CHECK(net_same_spikes(&blind, &watched));
		CHECK(net_same_weights(&blind, &watched));
		CHECK(net_same_states(&blind, &watched));
		net_close(&watched);
		net_close(&blind);
	}
	free(plain);
	free(recorded);
	unlink(path);
}

static void compare(const char *I_e, const char *inputs, const char *rule, const char *record)
{
	compare_kept("false", I_e, inputs, rule, record);
}

static void watching_weights_changes_nothing(void)
{
	compare("0 pA", "", PAIR, WEIGHTS);
}

static void watching_weights_of_driven_neurons_changes_nothing(void)
{
	compare("200 pA", "", PAIR, WEIGHTS);
}

static void watching_weights_beside_poisson_inputs_changes_nothing(void)
{
	compare("0 pA", POISSON, PAIR, WEIGHTS);
}

static void watching_weights_that_follow_the_potential_changes_nothing(void)
{
	compare("0 pA", "", "plasticity: {rule: eq1, params: {reading: x_du, eta: 1e-3}}", WEIGHTS);
	compare("0 pA", "", "plasticity: {rule: eq1, params: {reading: x_dv, eta: 1e-3}}", WEIGHTS);
	compare("0 pA", "", "plasticity: {rule: eq1, params: {reading: u_minus_ubar, eta: 1e-3}}", WEIGHTS);
}

static void watching_u_changes_nothing(void)
{
	compare_kept("true", "0 pA", "", PAIR,
		"record:\n  state: [{of: fast, variables: u, every: 1 ms, neurons: 0-5}, "
		"{of: exp, variables: u_bar, every: 1 ms, neurons: 0}, {of: slow, variables: [u, u_bar], "
		"every: 2 ms}]\n");
}

static void watching_u_beside_poisson_inputs_changes_nothing(void)
{
	compare_kept("true", "0 pA", POISSON, PAIR,
		"record:\n  state: {of: fast, variables: u, every: 1 ms, neurons: 0-5}\n");
}

TEST_MAIN(TEST(watching_weights_changes_nothing), TEST(watching_weights_of_driven_neurons_changes_nothing),
	TEST(watching_weights_beside_poisson_inputs_changes_nothing),
	TEST(watching_weights_that_follow_the_potential_changes_nothing), TEST(watching_u_changes_nothing),
	TEST(watching_u_beside_poisson_inputs_changes_nothing))
