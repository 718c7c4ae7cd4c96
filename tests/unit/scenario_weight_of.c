/* Weights that a projection takes from another one. */
#include "tests/net.h"
#include "tests/unit/scenario_wrong.h"

#define HEAD                                                                                                 \
	"spikem: 1\nseed: 5\nduration: 1 ms\npopulations:\n"                                                 \
	"  a: {size: 7, model: poisson, params: {rate: 1 Hz}}\n"                                             \
	"  b: {size: 7, model: poisson, params: {rate: 1 Hz}}\n"                                             \
	"  x: {size: 9, model: lif_delta}\n  v: {size: 9, model: lif_delta}\n"                               \
	"  z: {size: 8, model: lif_delta}\n  c: {size: 9, model: lif_exp}\nprojections:\n"

/* The synapses of projections 0 (the source, `of`) and 1: same pairs, weights times the scale, bit for bit.
 */
static void check_copy(const char *rest, double scale, unsigned partitions, int exact)
{
	struct net net;
	struct spk_synapse_place *p[2] = {0};
	uint64_t n[2] = {0};
	char *text = net_text(HEAD "%s", rest);

	if (net_open(&net, text, 1, partitions)) {
		const struct spk_network *network = &net.sim->engine.network;
		int spread = 0;
		for (size_t k = 0; k < 2; k++)
			CHECK(spk_synapse_places(network, k, &p[k], &n[k], NULL) == SPK_OK);
		CHECK(n[0] > 0 && n[0] == n[1]);
		for (uint64_t k = 0; k < n[0] && k < n[1]; k++) {
			const double w = spk_synapse_weight(network, 0, &p[0][k]),
				     v = spk_synapse_weight(network, 1, &p[1][k]);
			CHECK(p[0][k].source == p[1][k].source && p[0][k].target == p[1][k].target);
			CHECK(exact ? v == scale * w : fabs(v - scale * w) <= 2e-7 * fabs(v));
			spread += w != spk_synapse_weight(network, 0, &p[0][0]);
		}
		CHECK((spread > 0) == (strstr(rest, "mean") != NULL || strstr(rest, "list") != NULL));
		free(p[0]);
		free(p[1]);
		net_close(&net);
	}
	free(text);
}

/* Projection p with these keys, and q, which takes its weights; both with one rule, one after the other. */
static void check_pair(const char *rule, const char *weight, const char *keys, double scale, int exact)
{
	for (unsigned partitions = 1; partitions <= 3; partitions += 2) {
		char *text =
			net_text("  - {name: p, from: a, to: x, connect: %s, delay: 1 ms, weight: %s%s}\n"
				 "  - {name: q, from: b, to: v, connect: %s, delay: 2 ms, weight: {of: p, "
				 "scale: %g}}\n",
				rule, weight, keys, rule, scale);
		check_copy(text, scale, partitions, exact);
		free(text);
	}
}

#define NORMAL "{normal: {mean: 0.1 mV, sd: 1 mV}}"

static void weights_are_those_of_the_source(void)
{
	check_pair("all_to_all", NORMAL, "", -1, 1);
	check_pair("all_to_all", "2 mV", "", -3, 1);
	/* bounds hold for the draws, before the factor; single precision is rounded after it */
	check_pair("all_to_all", "{exponential: {mean: 1 mV, max: 1.5 mV}}", "", -0.3, 0);
	check_pair("{list: [[0, 1], [6, 0], [2, 1]]}", "[1 mV, 2.3 mV, 7 mV]", "", -1, 1);
}

static void random_rules_draw_the_pairs_of_the_source(void)
{
	check_pair("{fixed_in_degree: 3}", NORMAL, "", -1, 1);
	check_pair("{fixed_out_degree: 3, multapses: false}", NORMAL, "", -1, 1);
	check_pair("{fixed_probability: 0.4}", NORMAL, "", -1, 1);
	check_pair("{fixed_total: 20}", NORMAL, "", -1, 1);
}

static void plastic_weights_are_copied_in_double_precision(void)
{
	check_pair("all_to_all", NORMAL, ", plasticity: {rule: eq1, params: {eta: 1}}", -1, 1);
	check_pair("all_to_all", "2.3 mV", ", plasticity: {rule: eq1, params: {eta: 1}}", -1, 1);
}

/* The source may stand later; drawn delays are those of the projection itself. */
static void a_later_projection_can_be_the_source(void)
{
	struct net net;

	if (!net_open(&net,
		    HEAD "  - {name: q, from: b, to: v, connect: all_to_all, delay: {uniform: [1 ms, 2 ms]}, "
			 "weight: {of: p}}\n"
			 "  - {name: p, from: a, to: x, connect: all_to_all, delay: {uniform: [1 ms, 2 ms]}, "
			 "weight: " NORMAL "}\n",
		    1, 1))
		return;
	const struct spk_table *t[] = {&net.sim->engine.network.partitions[0].tables[0].table,
		&net.sim->engine.network.partitions[0].tables[1].table};
	int same_delays = 1;
	CHECK(t[0]->n_synapses == 63 && t[1]->n_synapses == 63);
	CHECK(t[0]->n_codes == t[1]->n_codes && memcmp(t[0]->code, t[1]->code, t[0]->n_codes) == 0);
	for (uint64_t k = 0; k < 63; k++) {
		CHECK(spk_table_weight(t[0], k) == spk_table_weight(t[1], k));
		same_delays = same_delays && t[0]->delay[k] == t[1]->delay[k];
	}
	CHECK(!same_delays);
	net_close(&net);
}

static void wrong_sources(void)
{
#define P "  - {name: p, from: a, to: x, connect: all_to_all, delay: 1 ms, weight: 1 mV}\n"
#define Q "  - {name: q, from: b, to: v, connect: all_to_all, delay: 1 ms, weight: "
	static const struct wrong wrongs[] = {
		{P Q "{of: @r}}\n", "unknown projection `r`"},
		{P Q "{of: @q}}\n", "cannot have the weights of itself"},
		{Q "{of: @r}}\n"
		   "  - {name: r, from: b, to: v, connect: all_to_all, delay: 1 ms, weight: {of: q}}\n",
			"`r` takes its weights from another projection too"},
		{P Q "{of: @p}, plasticity: {rule: eq1, params: {eta: 1}}}\n", "has plasticity"},
		{P Q "{of: @p}, plasticity: {rule: eq1, params: {eta: 1}, bounds: [1 mV, 2 mV]}}\n",
			"has plasticity"},
		{P "  - {name: q, from: x, to: v, connect: all_to_all, delay: 1 ms, weight: {of: @p}}\n",
			"sources are not equally many"},
		{P "  - {name: q, from: a, to: z, connect: all_to_all, delay: 1 ms, weight: {of: @p}}\n",
			"targets are not equally many"},
		{P "  - {name: q, from: a, to: v, connect: {fixed_in_degree: 7}, delay: 1 ms, weight: {of: "
		   "@p}}\n",
			"connection rules differ"},
		{"  - {name: p, from: a, to: x, connect: {list: [[0, 1]]}, delay: 1 ms, weight: 1 mV}\n"
		 "  - {name: q, from: a, to: x, connect: {list: [[1, 0]]}, delay: 1 ms, weight: {of: @p}}\n",
			"lists of connections differ"},
		{"  - {name: p, from: v, to: x, connect: {fixed_in_degree: 3, autapses: false}, delay: 1 ms, "
		 "weight: 1 mV}\n"
		 "  - {name: q, from: x, to: x, connect: {fixed_in_degree: 3, autapses: false}, delay: 1 ms, "
		 "weight: {of: @p}}\n",
			"no neuron to itself"},
		{P "  - {name: q, from: a, to: c, connect: all_to_all, delay: 1 ms, weight: {of: @p}}\n",
			"are in mV, pA is needed"},
		{P Q "{of: p, scale: @1 mV}}\n", "`scale`"},
		{P Q "{of: p, @factor: 2}}\n", "unknown key"},
	};

	for (size_t k = 0; k < sizeof wrongs / sizeof *wrongs; k++)
		check_wrong_after(HEAD, &wrongs[k]);
}

TEST_MAIN(TEST(weights_are_those_of_the_source), TEST(random_rules_draw_the_pairs_of_the_source),
	TEST(plastic_weights_are_copied_in_double_precision), TEST(a_later_projection_can_be_the_source),
	TEST(wrong_sources))
