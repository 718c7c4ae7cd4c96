/* Connection rules and synapse tables: exact numbers, distributions, and edges that partitions only share
 * out. */
#include "tests/test.h"

#include <gsl/gsl_cdf.h>

#include "sim/table.h"

enum { N_SOURCE = 90, N_TARGET = 130 };

static struct spk_projection projection_of(
	enum spk_connect_kind kind, uint64_t n, int within, int autapses, int multapses)
{
	return (struct spk_projection){.name = "p",
		.from = 0,
		.to = within ? 0 : 1,
		.connect = kind,
		.n = n,
		.p = 0.1,
		.autapses = autapses,
		.multapses = multapses,
		.weight = {.law = SPK_CONSTANT, .a = 1, .lo = -INFINITY, .hi = INFINITY},
		.axonal = {.law = SPK_CONSTANT, .a = 1, .lo = 0, .hi = INFINITY},
		.dendritic = {.law = SPK_CONSTANT, .a = 0, .lo = 0, .hi = INFINITY}};
}

static struct spk_connect_task task_of(
	const struct spk_projection *p, uint64_t seed, uint64_t lo, uint64_t hi)
{
	const uint64_t n_target = p->from == p->to ? N_SOURCE : N_TARGET;
	return (struct spk_connect_task){.projection = p,
		.number = 3,
		.seed = seed,
		.n_source = N_SOURCE,
		.n_target = n_target,
		.target_lo = lo < n_target ? lo : n_target,
		.target_hi = hi < n_target ? hi : n_target,
		.keep_ids = 1};
}

static struct spk_edges connect(const struct spk_projection *p, uint64_t seed, uint64_t lo, uint64_t hi)
{
	const struct spk_connect_task task = task_of(p, seed, lo, hi);
	struct spk_edges e = {0};
	struct spk_error err = {0};
	if (!CHECK(spk_connect(&task, &e, &err) == SPK_OK))
		printf("# %s\n", err.text);
	return e;
}

static int compare_counts(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Largest number of edges between one pair, and autapses. */
static uint64_t most_repeated(const struct spk_edges *e)
{
	uint64_t *pairs = malloc((e->n + 1) * sizeof *pairs), most = e->n > 0, run = 1;
	for (uint64_t k = 0; k < e->n; k++)
		pairs[k] = (uint64_t)e->source[k] << 32 | e->target[k];
	qsort(pairs, e->n, sizeof *pairs, compare_counts);
	for (uint64_t k = 1; k < e->n; k++) {
		run = pairs[k] == pairs[k - 1] ? run + 1 : 1;
		most = run > most ? run : most;
	}
	free(pairs);
	return most;
}

static uint64_t count_autapses(const struct spk_edges *e)
{
	uint64_t n = 0;
	for (uint64_t k = 0; k < e->n; k++)
		n += e->source[k] == e->target[k];
	return n;
}

static int ids_differ(const struct spk_edges *e)
{
	uint64_t *ids = malloc((e->n + 1) * sizeof *ids);
	int differ = 1;
	memcpy(ids, e->id, e->n * sizeof *ids);
	qsort(ids, e->n, sizeof *ids, compare_counts);
	for (uint64_t k = 1; k < e->n; k++)
		differ = differ && ids[k] != ids[k - 1];
	free(ids);
	return differ;
}

static void degrees_are_exact(void)
{
	for (int kind = SPK_CONNECT_IN_DEGREE; kind <= SPK_CONNECT_OUT_DEGREE; kind++)
		for (int flags = 0; flags < 8; flags++) {
			const int within = flags & 1, autapses = flags >> 1 & 1, multapses = flags >> 2;
			const struct spk_projection p = projection_of(kind, 20, within, autapses, multapses);
			struct spk_edges e = connect(&p, 7, 0, UINT64_MAX);
			const int in = kind == SPK_CONNECT_IN_DEGREE;
			const uint64_t n_own = in && !within ? N_TARGET : N_SOURCE;
			uint64_t degree[N_TARGET] = {0};
			for (uint64_t k = 0; k < e.n; k++)
				degree[in ? e.target[k] : e.source[k]]++;
			CHECK(e.n == 20 * n_own);
			for (uint64_t k = 0; k < n_own; k++)
				CHECK(degree[k] == 20);
			CHECK(multapses ? most_repeated(&e) > 1 : most_repeated(&e) == 1);
			if (within)
				CHECK(autapses ? count_autapses(&e) > 0 : count_autapses(&e) == 0);
			CHECK(ids_differ(&e));
			spk_edges_clear(&e);
		}
}

static void whole_rules(void)
{
	struct spk_projection p = projection_of(SPK_CONNECT_ALL, 0, 1, 0, 0);
	struct spk_edges e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == N_SOURCE * (N_SOURCE - 1) && count_autapses(&e) == 0 && most_repeated(&e) == 1);
	spk_edges_clear(&e);
	p = projection_of(SPK_CONNECT_ALL, 0, 0, 0, 0);
	e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == N_SOURCE * N_TARGET && most_repeated(&e) == 1);
	spk_edges_clear(&e);
	p = projection_of(SPK_CONNECT_ONE, 0, 1, 1, 0);
	e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == N_SOURCE && count_autapses(&e) == N_SOURCE);
	spk_edges_clear(&e);
	for (int flags = 0; flags < 4; flags++) {
		p = projection_of(SPK_CONNECT_TOTAL, 3000, 1, flags & 1, flags >> 1);
		e = connect(&p, 1, 0, UINT64_MAX);
		CHECK(e.n == 3000);
		CHECK(flags >> 1 ? most_repeated(&e) > 1 : most_repeated(&e) == 1);
		CHECK(flags & 1 ? count_autapses(&e) > 0 : count_autapses(&e) == 0);
		spk_edges_clear(&e);
	}
	p = projection_of(SPK_CONNECT_IN_DEGREE, N_SOURCE - 1, 1, 0, 0);
	e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == N_SOURCE * (N_SOURCE - 1) && count_autapses(&e) == 0 && most_repeated(&e) == 1);
	spk_edges_clear(&e);
	p = projection_of(SPK_CONNECT_PROBABILITY, 0, 0, 0, 0);
	p.p = 0;
	e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == 0);
	spk_edges_clear(&e);
	p.p = 1;
	e = connect(&p, 1, 0, UINT64_MAX);
	CHECK(e.n == N_SOURCE * N_TARGET && most_repeated(&e) == 1);
	spk_edges_clear(&e);
}

/* Counts per pair over many seeds against equal expectation: chi-square over all allowed pairs. */
static void pairs_are_equally_likely(void)
{
	static const struct {
		enum spk_connect_kind kind;
		uint64_t n;
		int autapses, multapses;
	} cases[] = {{SPK_CONNECT_IN_DEGREE, 9, 1, 0}, {SPK_CONNECT_IN_DEGREE, 9, 0, 1},
		{SPK_CONNECT_OUT_DEGREE, 9, 0, 0}, {SPK_CONNECT_OUT_DEGREE, 9, 1, 1},
		{SPK_CONNECT_PROBABILITY, 0, 1, 0}, {SPK_CONNECT_PROBABILITY, 0, 0, 0},
		{SPK_CONNECT_TOTAL, 800, 0, 0}, {SPK_CONNECT_TOTAL, 800, 1, 1}};
	enum { SEEDS = 300 };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		static double count[N_SOURCE][N_SOURCE];
		const struct spk_projection p =
			projection_of(cases[c].kind, cases[c].n, 1, cases[c].autapses, cases[c].multapses);
		const double n_pairs = N_SOURCE * (N_SOURCE - (cases[c].autapses ? 0 : 1));
		double edges = 0, chi2 = 0;
		memset(count, 0, sizeof count);
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct spk_edges e = connect(&p, seed, 0, UINT64_MAX);
			edges += (double)e.n;
			for (uint64_t k = 0; k < e.n; k++)
				count[e.source[k]][e.target[k]]++;
			spk_edges_clear(&e);
		}
		const double mean = edges / n_pairs, density = mean / SEEDS;
		for (int i = 0; i < N_SOURCE; i++)
			for (int j = 0; j < N_SOURCE; j++)
				if (i != j || cases[c].autapses)
					chi2 += (count[i][j] - mean) * (count[i][j] - mean) / mean;
		/* a pair is taken at most once without multapses: the variance is smaller by 1 - density */
		if (!cases[c].multapses)
			chi2 /= 1 - density;
		const double p_value = gsl_cdf_chisq_Q(chi2, n_pairs - 1);
		CHECK(p_value > 1e-5 && p_value < 1 - 1e-5);
		if (cases[c].kind == SPK_CONNECT_PROBABILITY)
			CHECK_ABS(edges, 0.1 * n_pairs * SEEDS, 5 * sqrt(0.09 * n_pairs * SEEDS),
				"five standard deviations");
	}
}

/* Degrees under fixed probability are binomial: chi-square over counts 0 ... n. */
static void degrees_are_binomial(void)
{
	const struct spk_projection p = projection_of(SPK_CONNECT_PROBABILITY, 0, 0, 0, 0);
	double seen[N_SOURCE + 1] = {0}, expected[N_SOURCE + 1], chi2 = 0, rest = 0, rest_seen = 0, bins = 0;
	const double total = 400.0 * N_TARGET;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct spk_edges e = connect(&p, seed, 0, UINT64_MAX);
		int degree[N_TARGET] = {0};
		for (uint64_t k = 0; k < e.n; k++)
			degree[e.target[k]]++;
		for (int k = 0; k < N_TARGET; k++)
			seen[degree[k]]++;
		spk_edges_clear(&e);
	}
	for (int k = 0; k <= N_SOURCE; k++) {
		expected[k] = total * exp(lgamma(N_SOURCE + 1) - lgamma(k + 1) - lgamma(N_SOURCE - k + 1) +
					      k * log(0.1) + (N_SOURCE - k) * log(0.9));
		if (expected[k] < 5) {
			rest += expected[k];
			rest_seen += seen[k];
			continue;
		}
		chi2 += (seen[k] - expected[k]) * (seen[k] - expected[k]) / expected[k];
		bins++;
	}
	chi2 += (rest_seen - rest) * (rest_seen - rest) / rest;
	CHECK(gsl_cdf_chisq_Q(chi2, bins) > 1e-5);
}

static void partitions_share_out_the_same_edges(void)
{
	static const uint64_t borders[] = {0, 1, 64, 64, 129, 1000};
	for (int kind = SPK_CONNECT_ALL; kind <= SPK_CONNECT_TOTAL; kind++) {
		const struct spk_projection p = projection_of(
			kind, kind == SPK_CONNECT_TOTAL ? 900 : 15, kind == SPK_CONNECT_ONE, 1, 0);
		struct spk_edges whole = connect(&p, 11, 0, UINT64_MAX);
		uint64_t n = 0, same = 0;
		for (size_t b = 0; b + 1 < sizeof borders / sizeof *borders; b++) {
			struct spk_edges part = connect(&p, 11, borders[b], borders[b + 1]);
			n += part.n;
			for (uint64_t k = 0; k < part.n; k++) {
				CHECK(part.target[k] >= borders[b] && part.target[k] < borders[b + 1]);
				for (uint64_t i = 0; i < whole.n; i++)
					same += whole.id[i] == part.id[k] &&
						whole.source[i] == part.source[k] &&
						whole.target[i] == part.target[k];
			}
			spk_edges_clear(&part);
		}
		CHECK(n == whole.n && same == whole.n);
		spk_edges_clear(&whole);
	}
}

static void too_high_a_degree_is_refused(void)
{
	const enum spk_connect_kind kinds[] = {
		SPK_CONNECT_IN_DEGREE, SPK_CONNECT_OUT_DEGREE, SPK_CONNECT_TOTAL};
	for (size_t k = 0; k < 3; k++) {
		const struct spk_projection p =
			projection_of(kinds[k], k == 2 ? N_SOURCE * N_SOURCE : N_SOURCE, 1, 0, 0);
		const struct spk_connect_task task = task_of(&p, 1, 0, UINT64_MAX);
		struct spk_edges e = {0};
		struct spk_error err = {0};
		CHECK(spk_connect(&task, &e, &err) == SPK_E_INVALID);
		CHECK(strlen(err.text) > 0 && e.source == NULL);
	}
}

static void tables_are_sorted_and_keep_each_edge(void)
{
	struct spk_projection p = projection_of(SPK_CONNECT_PROBABILITY, 0, 0, 0, 0);
	p.axonal = (struct spk_value){.law = SPK_UNIFORM, .a = 0.5, .b = 2, .lo = 0, .hi = INFINITY};
	p.dendritic = (struct spk_value){.law = SPK_EXPONENTIAL, .a = 1, .lo = 0.1, .hi = 3};
	p.weight = (struct spk_value){.law = SPK_NORMAL, .a = 1, .b = 0.5, .lo = 0.2, .hi = 2.5};
	const struct spk_connect_task task = task_of(&p, 5, 0, UINT64_MAX);
	struct spk_table t = {0};
	double sum = 0, sum_axonal = 0, sum_dendritic = 0;
	if (!CHECK(spk_table_create(&task, 0, &t, NULL) == SPK_OK))
		return;
	CHECK(t.n_synapses > 1000 && t.f32 && !t.f64);
	CHECK(t.row_of[0] == 0 && t.row_of[N_SOURCE] == t.n_rows);
	for (uint64_t source = 0; source < N_SOURCE; source++)
		for (uint64_t row = t.row_of[source]; row < t.row_of[source + 1]; row++) {
			CHECK(t.source_of_row[row] == source);
			CHECK(row == t.row_of[source] || t.rows[row].delay >= t.rows[row - 1].delay);
			CHECK(t.rows[row].first == (row ? t.rows[row - 1].first + t.rows[row - 1].n : 0));
			CHECK(t.rows[row].delay >= t.min_delay && t.rows[row].delay <= t.max_delay);
			CHECK(t.rows[row].dendritic >= 0.1 && t.rows[row].dendritic <= 3);
			sum_axonal += t.rows[row].n * (t.rows[row].delay - t.rows[row].dendritic);
			sum_dendritic += t.rows[row].n * t.rows[row].dendritic;
		}
	const double n = (double)t.n_synapses;
	for (uint64_t k = 0; k < t.n_synapses; k++) {
		CHECK(spk_table_weight(&t, k) >= (double)0.2f && spk_table_weight(&t, k) <= 2.5);
		sum += spk_table_weight(&t, k);
	}
	/* mean of a normal cut at -1.6 and +3 sd; of an exponential cut at 0.1 and 3 */
	const double cut =
		(exp(-1.28) - exp(-4.5)) / sqrt(2 * M_PI) / (erf(3 / sqrt(2)) / 2 + erf(1.6 / sqrt(2)) / 2);
	CHECK_ABS(sum / n, 1 + 0.5 * cut, 5 * 0.5 / sqrt(n), "five standard errors");
	CHECK_ABS(sum_axonal / n, 1.25, 5 * 1.5 / sqrt(12 * n), "five standard errors");
	const double a = exp(-0.1), b = exp(-3);
	CHECK_ABS(sum_dendritic / n, (1.1 * a - 4 * b) / (a - b), 5 / sqrt(n), "five standard errors");
	CHECK(spk_table_bytes(&t) <= 8 * t.n_synapses + 28 * t.n_rows + 4 * (N_SOURCE + 1));
	spk_table_clear(&t);
}

/* Weights and delays belong to the edge: the same in any partition. */
static void draws_do_not_depend_on_partitions(void)
{
	struct spk_projection p = projection_of(SPK_CONNECT_IN_DEGREE, 9, 0, 0, 1);
	p.axonal = (struct spk_value){.law = SPK_UNIFORM, .a = 0.5, .b = 2, .lo = 0, .hi = INFINITY};
	p.weight = (struct spk_value){.law = SPK_LOGNORMAL, .a = 1, .b = 0.5, .lo = 0, .hi = INFINITY};
	const struct spk_connect_task all = task_of(&p, 5, 0, UINT64_MAX),
				      part = task_of(&p, 5, 64, UINT64_MAX);
	struct spk_table whole = {0}, half = {0};
	uint64_t found = 0;
	if (!CHECK(spk_table_create(&all, 1, &whole, NULL) == SPK_OK &&
		    spk_table_create(&part, 1, &half, NULL) == SPK_OK))
		return;
	CHECK(whole.f64 && half.f64 && half.n_synapses == 9 * (N_TARGET - 64));
	for (uint64_t i = 0; i < half.n_rows; i++)
		for (uint64_t j = 0; j < whole.n_rows; j++)
			found += half.source_of_row[i] == whole.source_of_row[j] &&
				 half.rows[i].delay == whole.rows[j].delay &&
				 half.target[half.rows[i].first] + 64 == whole.target[whole.rows[j].first] &&
				 half.f64[half.rows[i].first] == whole.f64[whole.rows[j].first];
	CHECK(found == half.n_rows && half.n_rows == half.n_synapses);
	spk_table_clear(&whole);
	spk_table_clear(&half);
}

TEST_MAIN(TEST(degrees_are_exact), TEST(whole_rules), TEST(pairs_are_equally_likely),
	TEST(degrees_are_binomial), TEST(partitions_share_out_the_same_edges),
	TEST(too_high_a_degree_is_refused), TEST(tables_are_sorted_and_keep_each_edge),
	TEST(draws_do_not_depend_on_partitions))
