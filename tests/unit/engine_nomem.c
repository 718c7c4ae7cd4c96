/*
 * Out of memory at any allocation: building or running a network answers SPK_E_NOMEM, or does without; it
 * does not crash, give another result or lose memory. The allocator is replaced by one that fails when told
 * to.
 */
#include "tests/net.h"

#include <stdatomic.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_ALLOCATOR 1
#else
#define HAS_OWN_ALLOCATOR 0
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);
#endif

/* What the allocator does. */
static struct {
	atomic_long calls;
	long fail_at;     /* this call fails; 0: none */
	int forever;      /* and all after it */
	atomic_long live; /* allocations not yet freed */
} allocator;

static inline int fails(void)
{
	const long call = ++allocator.calls;
	return allocator.fail_at &&
	       (call == allocator.fail_at || (allocator.forever && call > allocator.fail_at));
}

#if !HAS_OWN_ALLOCATOR
void *malloc(size_t size)
{
	void *memory = fails() ? NULL : __libc_malloc(size);
	allocator.live += memory != NULL;
	return memory;
}

void *calloc(size_t n, size_t size)
{
	void *memory = fails() ? NULL : __libc_calloc(n, size);
	allocator.live += memory != NULL;
	return memory;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	void *memory = fails() ? NULL : __libc_memalign(alignment, size);
	allocator.live += memory != NULL;
	return memory;
}

void *realloc(void *old, size_t size)
{
	void *memory = fails() ? NULL : __libc_realloc(old, size);
	allocator.live += memory != NULL && old == NULL;
	return memory;
}

void free(void *memory)
{
	allocator.live -= memory != NULL;
	__libc_free(memory);
}
#endif

static const char NETWORK[] =
	"spikem: 1\nseed: 7\nduration: 30 ms\n"
	"populations:\n"
	"  noise: {size: 70, model: poisson, params: {rate: 100 Hz}}\n"
	"  list: {size: 2, model: spike_list, spikes: {times: [1 ms, 2 ms], ids: [0, 1]}}\n"
	"  fast: {size: 130, model: lif_delta, params: {V_th: 5 mV}}\n"
	"  exp: {size: 70, model: lif_exp, params: {V_th: 3 mV}}\n"
	"  slow: {size: 70, model: lif_delta, params: {V_th: 5 mV, tau_m: {uniform: [10 ms, 20 ms]}}}\n"
	"inputs:\n"
	"  up: {model: poisson, rate: 9 kHz, to: [fast, slow], weight: 0.1 mV, "
	"schedule: {times: [10 ms], rates: [8 kHz]}}\n"
	"  current: {model: poisson, rate: 3 kHz, to: exp, weight: 9 pA}\n"
	"  step: {model: step_current, to: slow, neurons: 3-9, times: [5 ms], currents: [50 pA]}\n"
	"projections:\n"
	"  - {from: noise, to: fast, connect: {fixed_in_degree: 5}, weight: 1 mV, delay: {uniform: [1 ms, 5 "
	"ms]}, "
	"plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: noise, to: slow, connect: {fixed_probability: 0.2}, weight: {uniform: [0 mV, 1 mV]}, "
	"delay: {dendritic: 2.5 ms}, plasticity: {rule: stdp_pair, bounds: [0 mV, 2 mV]}}\n"
	"  - {from: fast, to: exp, connect: {fixed_total: 300}, weight: {uniform: [0 pA, 60 pA]}, delay: 12 "
	"ms}\n"
	"  - {from: exp, to: slow, connect: {fixed_out_degree: 5}, weight: 0.5 mV, delay: 1.7 ms, "
	"probes: [{rule: eq1, params: {reading: x_dv, eta: 1e-3}}, {rule: eq1, name: u, params: {eta: "
	"1e-3}}]}\n"
	"  - {from: list, to: exp, connect: {list: [[0, 1, 2 pA, 1 ms], [1, 69, 3 pA, 2 ms]]}}\n"
	"record:\n  state: {of: slow, variables: [V_m, u], every: 1 ms}\n";

/* Build and run; *ret_sum tells results apart. Only what lies between is counted. */
static int run_once(const struct spk_scenario *scenario, double *ret_sum, struct spk_error *err)
{
	const struct spk_sim_options options = {.threads = 1, .partitions = 2};
	struct spk_sim *sim = NULL;
	struct spk_counts counts;
	int rc = spk_sim_create(scenario, &options, &sim, err);

	*ret_sum = 0;
	if (rc)
		return rc;
	rc = spk_sim_run(sim, err);
	if (!rc) {
		const struct spk_network *net = &sim->engine.network;
		spk_sim_counts(sim, &counts);
		*ret_sum = (double)counts.spikes + 1e6 * (double)counts.synaptic_events;
		for (uint32_t k = 0; k < net->n_partitions; k++)
			for (uint64_t i = 0; i < net->partitions[k].tables[0].table.n_synapses; i++)
				*ret_sum += spk_table_weight(&net->partitions[k].tables[0].table, i);
	}
	spk_sim_free(sim);
	return rc;
}

static void out_of_memory_anywhere(void)
{
	if (HAS_OWN_ALLOCATOR)
		SKIP("the sanitizer has its own allocator");
	struct spk_scenario *scenario = net_read(NETWORK);
	struct spk_error err = {0};
	double want, got;
	if (!scenario || !CHECK(run_once(scenario, &want, &err) == SPK_OK))
		return;
	allocator.calls = 0;
	CHECK(run_once(scenario, &got, &err) == SPK_OK && got == want);
	const long n = allocator.calls;
	long refused = 0;
	CHECK(n > 200);
	for (int forever = 0; forever < 2; forever++)
		for (long k = 1; k <= n; k++) {
			const long live = allocator.live;
			err.status = 0;
			allocator.calls = 0;
			allocator.forever = forever;
			allocator.fail_at = k;
			const int rc = run_once(scenario, &got, &err);
			allocator.fail_at = 0;
			const int ok =
				rc == SPK_E_NOMEM ? err.status == SPK_E_NOMEM : rc == SPK_OK && got == want;
			refused += rc == SPK_E_NOMEM;
			if (!CHECK(ok))
				printf("# allocation %ld of %ld%s: status %d, %s; %.17g, not %.17g\n", k, n,
					forever ? " and all later" : "", rc, err.text, got, want);
			if (!CHECK(allocator.live == live))
				printf("# allocation %ld of %ld%s: %ld lost\n", k, n,
					forever ? " and all later" : "", allocator.live - live);
		}
	printf("# %ld allocations, refused %ld times\n", n, refused);
	CHECK(refused > n);
	spk_scenario_free(scenario);
}

/* Which thread is refused differs from run to run: the answer is an error, and nothing is lost. */
static void threads_out_of_memory_anywhere(void)
{
	if (HAS_OWN_ALLOCATOR)
		SKIP("the sanitizer has its own allocator");
	const struct spk_sim_options options = {.threads = 3, .partitions = 2};
	struct spk_scenario *scenario = net_read(NETWORK);
	struct spk_sim *sim = NULL;
	struct spk_error err = {0};
	/* once before counting: the C library keeps the stacks of threads */
	if (!scenario || !CHECK(spk_sim_create(scenario, &options, &sim, &err) == SPK_OK))
		return;
	spk_sim_free(sim);
	allocator.calls = 0;
	CHECK(spk_sim_create(scenario, &options, &sim, &err) == SPK_OK);
	spk_sim_free(sim);
	const long n = allocator.calls;
	for (int forever = 0; forever < 2; forever++)
		for (long k = 1; k <= n; k++) {
			const long live = allocator.live;
			err.status = 0;
			sim = NULL;
			allocator.calls = 0;
			allocator.forever = forever;
			allocator.fail_at = k;
			const int rc = spk_sim_create(scenario, &options, &sim, &err);
			allocator.fail_at = 0;
			CHECK(rc ? err.status == rc && (rc == SPK_E_NOMEM || rc == SPK_E_LIMIT)
				 : sim != NULL);
			spk_sim_free(sim);
			if (!CHECK(allocator.live == live))
				printf("# allocation %ld of %ld: %ld lost\n", k, n, allocator.live - live);
		}
	spk_scenario_free(scenario);
}

static const char CHAIN[] =
	"spikem: 1\nduration: 1 ms\npopulations:\n"
	"  x: {size: 70, model: lif_delta, keep_u: true}\n  h: {size: 2, model: lif_delta, keep_u: true}\n"
	"projections:\n"
	"  - {from: h, to: x, connect: all_to_all, weight: 1 mV, delay: 1 ms, plasticity: {rule: stdp_pair, "
	"bounds: [0 mV, 2 mV]}}\n"
	"  - {from: x, to: h, connect: all_to_all, weight: 1 mV, delay: 1 ms}\n"
	"record: {objective: {layers: [x, h], decoders: h_x, encoders: x_h, sigma: [1 mV, 1 mV], readout: u, "
	"width: 1 ms, every: 1 ms, gradient: true}}\n";

/* What comes in for one point of an objective, and the point. */
static int feed_chain(const struct spk_network *network, double *ret_J, struct spk_error *err)
{
	static const double zeros[70];
	struct spk_layered layered;
	double terms[2];
	int rc = spk_layered_create(network, &network->scenario->objectives[0], &layered, err);

	if (rc)
		return rc;
	for (size_t l = 0; !rc && l < 2; l++) {
		rc = spk_layered_rates(&layered, l, zeros, err);
		if (!rc)
			rc = spk_layered_states(&layered, l, 1, zeros, err);
	}
	if (!rc)
		rc = spk_layered_weights(&layered, network, err);
	CHECK(spk_layered_has_next(&layered) == (rc == SPK_OK));
	if (!rc)
		rc = spk_layered_next(&layered, terms, ret_J, err);
	spk_layered_clear(&layered);
	return rc;
}

static void objective_out_of_memory_anywhere(void)
{
	struct spk_error err = {0};
	struct net net;
	double J;
	if (HAS_OWN_ALLOCATOR)
		SKIP("the sanitizer has its own allocator");
	if (!net_open(&net, CHAIN, 1, 2))
		return;
	allocator.calls = 0;
	CHECK(feed_chain(&net.sim->engine.network, &J, &err) == SPK_OK && J == 0);
	const long n = allocator.calls;
	CHECK(n > 15);
	for (long k = 1; k <= n; k++) {
		const long live = allocator.live;
		err.status = 0;
		allocator.calls = 0;
		allocator.fail_at = k;
		const int rc = feed_chain(&net.sim->engine.network, &J, &err);
		allocator.fail_at = 0;
		CHECK(rc == SPK_OK || (rc == SPK_E_NOMEM && err.status == SPK_E_NOMEM));
		CHECK(allocator.live == live);
	}
	net_close(&net);
}

TEST_MAIN(TEST(out_of_memory_anywhere), TEST(threads_out_of_memory_anywhere),
	TEST(objective_out_of_memory_anywhere))
