/* Building a network: the same tables from any number of threads, edges in their order, failures returned. */
#include "tests/net.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "sim/draw.h"

/* ---- Rows and their order ----------------------------------------------------------------------- */

static void targets_are_decoded_as_they_were(void)
{
	static const uint32_t distance[] = {0, 1, 253, 254, 255, 256, 65535, 65536, 7, UINT32_MAX - 131327};
	enum { N = sizeof distance / sizeof *distance };
	uint8_t bytes[N * SPK_CODE_BYTES];
	const uint8_t *code = bytes;
	size_t n = 0;

	for (size_t k = 0; k < N; k++) {
		const size_t length = spk_target_encode(distance[k], bytes + n);
		CHECK(length == (distance[k] < 254 ? 1 : distance[k] < 65536 ? 3 : 5));
		n += length;
	}
	for (size_t k = 0; k < N; k++)
		CHECK(spk_target_decode(&code) == distance[k]);
	CHECK(code == bytes + n);
}

struct edge {
	uint32_t source, target;
	uint64_t id, place;
};

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

/* The edges of a task by the C library's sort. */
static struct edge *sort_edges(const struct spk_connect_task *task, uint64_t *ret_n)
{
	struct spk_connect_task with_ids = *task;
	struct spk_edges e = {0};
	with_ids.keep_ids = 1;
	CHECK(spk_connect(&with_ids, &e, NULL) == SPK_OK);
	struct edge *edges = malloc((e.n + 1) * sizeof *edges);
	for (uint64_t k = 0; k < e.n; k++)
		edges[k] = (struct edge){e.source[k], e.target[k], e.id[k], k};
	qsort(edges, e.n, sizeof *edges, compare_edges);
	*ret_n = e.n;
	spk_edges_clear(&e);
	return edges;
}

static double draw_one(const struct spk_value *value, enum spk_rng_purpose purpose, uint64_t id)
{
	struct spk_rng rng = spk_rng_stream(5, purpose, 3, id);
	return spk_value_draw(value, id, &rng);
}

static void check_table(const struct spk_connect_task *task)
{
	const struct spk_projection *p = task->projection;
	struct spk_table t = {0};
	uint64_t n, k = 0, wrong = 0;
	struct edge *edges = sort_edges(task, &n);

	CHECK(spk_table_create(task, 0, &t, NULL) == SPK_OK);
	CHECK(t.n_synapses == n && t.delay && t.f32 && !t.target);
	for (uint64_t row = 0; row < t.n_rows; row++) {
		struct spk_targets targets = spk_table_targets(&t, row);
		CHECK(t.rows[row].first == k && t.row_of[t.source_of_row[row]] == row);
		for (uint32_t i = 0; i < t.rows[row].n && k < n; i++, k++) {
			const struct edge *e = &edges[k];
			wrong += t.source_of_row[row] != e->source ||
				 spk_targets_next(&targets) != e->target - task->target_lo ||
				 t.f32[k] != (float)draw_one(&p->weight, SPK_RNG_WEIGHT, e->id) ||
				 t.delay[k] != (float)draw_one(&p->axonal, SPK_RNG_DELAY, e->id);
		}
	}
	CHECK(k == n && wrong == 0);
	free(edges);
	spk_table_clear(&t);
}

/* Tables of one block and of several, of edges that come by target and that do not. */
static void rows_hold_the_edges_in_order(void)
{
	static const struct {
		enum spk_connect_kind rule;
		uint64_t n, n_source, n_target, lo, hi;
	} cases[] = {
		{SPK_CONNECT_TOTAL, 200000, 300, 500, 64, 448},
		{SPK_CONNECT_TOTAL, 150000, 5000, 70000, 64, 70000},
		{SPK_CONNECT_TOTAL, 40, 3, 1, 0, 1},
		{SPK_CONNECT_IN_DEGREE, 200, 300, 500, 0, 500},
		{SPK_CONNECT_OUT_DEGREE, 200, 300, 500, 128, 320},
		{SPK_CONNECT_PROBABILITY, 0, 2500, 700, 64, 700},
		{SPK_CONNECT_ALL, 0, 1, 40000, 0, 40000},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		const struct spk_projection p = {.name = "p",
			.to = 1,
			.connect = cases[k].rule,
			.n = cases[k].n,
			.p = 0.07,
			.multapses = 1,
			.weight = {.law = SPK_NORMAL, .a = 1, .b = 0.5, .lo = 0.2, .hi = 2.5},
			.axonal = {.law = SPK_UNIFORM, .a = 0.5, .b = 2, .lo = 0, .hi = INFINITY},
			.dendritic = {.law = SPK_CONSTANT, .a = 0, .lo = 0, .hi = INFINITY}};
		const struct spk_connect_task task = {.projection = &p,
			.number = 3,
			.seed = 5,
			.n_source = cases[k].n_source,
			.n_target = cases[k].n_target,
			.target_lo = cases[k].lo,
			.target_hi = cases[k].hi};
		check_table(&task);
	}
}

/* ---- Threads ------------------------------------------------------------------------------------ */

static const char NETWORK[] =
	"spikem: 1\nseed: 4\nduration: 5 ms\npopulations:\n"
	"  noise: {size: 300, model: poisson, params: {rate: 50 Hz}}\n"
	"  a: {size: 1000, model: lif_exp, params: {C_m: {uniform: [200 pF, 300 pF]}}, "
	"initial: {V_m: {uniform: [-65 mV, -50 mV]}}}\n"
	"  b: {size: 500, model: lif_exp}\n"
	"projections:\n"
	"  - {from: noise, to: a, connect: {fixed_in_degree: 30}, weight: 20 pA, delay: 1 ms, "
	"plasticity: {rule: stdp_pair, bounds: [0 pA, 40 pA]}}\n"
	"  - {from: [a, b], to: [a, b], connect: {fixed_total: 30000, multapses: true}, "
	"weight: {normal: {mean: 1 pA, sd: 1 pA}}, delay: {uniform: [1 ms, 3 ms]}}\n"
	"  - {from: a, to: b, name: own, connect: {fixed_out_degree: 20}, weight: {uniform: [0 pA, 1 pA]}, "
	"delay: {axonal: {uniform: [1 ms, 2 ms]}, dendritic: {uniform: [0 ms, 2 ms]}}}\n"
	"  - {from: b, to: a, name: back, connect: {fixed_probability: 0.05}, weight: -1 pA, delay: 2 ms}\n";

static int same(const void *a, const void *b, size_t n)
{
	return (!a && !b) || n == 0 || (a && b && memcmp(a, b, n) == 0);
}

static int same_rows(const struct spk_table *a, const struct spk_table *b)
{
	for (uint64_t k = 0; k < a->n_rows; k++)
		if (a->rows[k].delay != b->rows[k].delay || a->rows[k].dendritic != b->rows[k].dendritic ||
			a->rows[k].first != b->rows[k].first || a->rows[k].n != b->rows[k].n)
			return 0;
	return 1;
}

static int same_tables(const struct spk_table *a, const struct spk_table *b)
{
	const size_t n = a->n_synapses;
	return n == b->n_synapses && a->n_rows == b->n_rows && a->n_codes == b->n_codes &&
	       a->shared == b->shared && a->min_delay == b->min_delay && a->max_delay == b->max_delay &&
	       same(a->row_of, b->row_of, (a->n_sources + 1) * sizeof *a->row_of) && same_rows(a, b) &&
	       same(a->source_of_row, b->source_of_row, a->n_rows * sizeof *a->source_of_row) &&
	       same(a->target, b->target, n * sizeof *a->target) && same(a->code, b->code, a->n_codes) &&
	       same(a->code_of_row, b->code_of_row, a->n_rows * sizeof *a->code_of_row) &&
	       same(a->delay, b->delay, n * sizeof *a->delay) && same(a->f32, b->f32, n * sizeof *a->f32) &&
	       same(a->f64, b->f64, n * sizeof *a->f64);
}

static void threads_build_the_same_tables(void)
{
	for (unsigned partitions = 1; partitions <= 3; partitions += 2) {
		struct net one, many;
		if (!net_open(&one, NETWORK, 1, partitions))
			return;
		for (unsigned threads = 2; threads <= 4; threads++) {
			if (!net_open(&many, NETWORK, threads, partitions))
				break;
			const struct spk_network *a = &one.sim->engine.network,
						 *b = &many.sim->engine.network;
			CHECK(a->n_synapses == b->n_synapses && a->n_synapses > 170000);
			for (unsigned k = 0; k < partitions; k++)
				for (size_t i = 0; i < a->partitions[k].n_tables; i++)
					CHECK(same_tables(&a->partitions[k].tables[i].table,
						&b->partitions[k].tables[i].table));
			net_close(&many);
		}
		net_close(&one);
	}
}

/* Threads that may be started before the next one fails; -1: all. */
static int threads_left = -1;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "pthread_create");
	memcpy(&create, &symbol, sizeof create);
	if (threads_left == 0)
		return EAGAIN;
	threads_left -= threads_left > 0;
	return create(thread, attributes, run, argument);
}

static void threads_that_do_not_start_are_an_error(void)
{
	struct spk_scenario *scenario = net_read(NETWORK);
	for (int n = 0; scenario && n < 3; n++) {
		const struct spk_sim_options options = {.threads = 4};
		struct spk_error err = {0};
		struct spk_sim *sim = NULL;
		threads_left = n;
		CHECK(spk_sim_create(scenario, &options, &sim, &err) == SPK_E_LIMIT && !sim);
		CHECK(strstr(err.text, "cannot start 4 threads"));
		threads_left = -1;
	}
	spk_scenario_free(scenario);
}

/* Of several failures the first in the order of the scenario comes back, whoever is the first to fail. */
static void the_first_failure_counts(void)
{
	struct spk_scenario *scenario = net_read(NETWORK);
	if (!scenario)
		return;
	for (unsigned threads = 1; threads <= 4; threads++) {
		const struct spk_sim_options options = {.threads = threads, .partitions = 2};
		struct spk_error err = {0};
		struct spk_sim *sim = NULL;
		for (size_t k = 2; k < 5; k++) {
			scenario->projections[k].n = (uint64_t)1000 * 1000 + 1;
			scenario->projections[k].multapses = 0;
		}
		CHECK(spk_sim_create(scenario, &options, &sim, &err) == SPK_E_INVALID && !sim);
		CHECK(strstr(err.text, scenario->projections[2].name));
	}
	spk_scenario_free(scenario);
}

TEST_MAIN(TEST(targets_are_decoded_as_they_were), TEST(rows_hold_the_edges_in_order),
	TEST(threads_build_the_same_tables), TEST(threads_that_do_not_start_are_an_error),
	TEST(the_first_failure_counts))
