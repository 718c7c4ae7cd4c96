/*
 * Checkpoints: run(a + b) is run(a), save, load, run(b), bit for bit, for every neuron model, plasticity rule
 * and source in the registries, with any number of partitions before and after. Each network has rows, drawn
 * delays, dendritic delays, inputs in bulk and one by one, probes, schedules; epochs move several times. A
 * checkpoint is taken between two cells, or where a run of the engine ends in the middle of one.
 */
#include "tests/net.h"
#include "tests/neuron_probe.h"

#include "sim/checkpoint.h"

enum { SAVES = 4, PARTITIONS = 3, TEXT = 8192 };
/* Borders of cells (1 ms) at which checkpoints are taken; an epoch has 96 cells or 1000. */
static const uint64_t BORDERS[SAVES] = {1, 30, 96, 97};
static const double DURATION_MS = 115;
/* Stops in cells and at their borders, in their first epoch and later. */
static const double STOPS[] = {30.37, 97.95, 96, 1.003, 96.01};
enum { N_STOPS = sizeof STOPS / sizeof *STOPS };

/* What was known when a checkpoint was taken. */
struct save {
	char path[600];
	size_t n_spikes;
};

struct taker {
	struct net *net;
	uint64_t border;
	size_t n;
	struct save saves[SAVES];
};

static enum spk_checkpoint_wish take(void *user)
{
	struct taker *t = user;

	if (t->n == SAVES || ++t->border != BORDERS[t->n])
		return SPK_CHECKPOINT_NONE;
	t->saves[t->n].n_spikes = t->net->n;
	t->net->sim->options.checkpoint = t->saves[t->n++].path;
	return SPK_CHECKPOINT_WRITE;
}

static void name_saves(struct taker *t)
{
	for (size_t k = 0; k < SAVES; k++) {
		char name[64];
		snprintf(name, sizeof name, "checkpoint%zu", k);
		net_path(t->saves[k].path, name);
	}
}

static void drop_saves(const struct taker *t)
{
	for (size_t k = 0; k < SAVES; k++)
		unlink(t->saves[k].path);
}

/* Same weights of all rules, probes among them. */
static int same_rules(const struct net *a, const struct net *b)
{
	int same = 1;

	for (size_t p = 0; p < a->scenario->n_projections; p++) {
		struct spk_synapse_place *x = NULL, *y = NULL;
		uint64_t n = 0, m = 0;
		same = same && !spk_synapse_places(&a->sim->engine.network, p, &x, &n, NULL) &&
		       !spk_synapse_places(&b->sim->engine.network, p, &y, &m, NULL) && n == m;
		for (uint64_t k = 0; same && k < n; k++) {
			const struct spk_synapses
				*s = &a->sim->engine.network.partitions[x[k].partition].tables[p],
				*t = &b->sim->engine.network.partitions[y[k].partition].tables[p];
			for (size_t i = 0; same && i < s->n_plastic; i++)
				same = memcmp(&s->plastic[i].weight[x[k].k], &t->plastic[i].weight[y[k].k],
					       sizeof(double)) == 0;
		}
		free(x);
		free(y);
	}
	return same;
}

/* The spikes of the resumed run are the last ones of the whole one. */
static int same_rest(const struct net *whole, const struct net *rest, size_t first)
{
	struct net last = *whole;

	last.spikes += first;
	last.n -= first;
	return net_same_spikes(&last, rest);
}

static int same_counts(const struct net *a, const struct net *b)
{
	return a->counts.spikes == b->counts.spikes &&
	       a->counts.synaptic_events == b->counts.synaptic_events &&
	       a->counts.input_events == b->counts.input_events &&
	       a->counts.plastic_events == b->counts.plastic_events;
}

static void resume(const struct net *whole, const char *yaml, const struct save *save, unsigned partitions)
{
	const struct spk_sim_options options = {
		.threads = 1, .partitions = partitions, .checkpoint = save->path, .resume = 1};
	struct net rest;

	if (!net_make(&rest, net_read(yaml), &options))
		return;
	const int ok = net_run(&rest) && CHECK(same_rest(whole, &rest, save->n_spikes)) &&
		       CHECK(net_same_weights(whole, &rest)) && CHECK(same_rules(whole, &rest)) &&
		       CHECK(net_same_states(whole, &rest)) && CHECK(same_counts(whole, &rest));
	if (!ok)
		printf("# from %s with %u partitions:\n%s\n", save->path, partitions, yaml);
	net_close(&rest);
}

/* Save at all borders with some number of partitions, and go on with all. */
static void check_network(const char *yaml, unsigned partitions, size_t least)
{
	struct taker taker = {.n = 0};
	struct net plain, saved;
	const struct spk_sim_options options = {
		.threads = 1, .partitions = partitions, .checkpoint = "none", .wish = take, .user = &taker};

	name_saves(&taker);
	taker.net = &saved;
	if (!net_open(&plain, yaml, 1, 1))
		return;
	if (net_make(&saved, net_read(yaml), &options)) {
		if (net_run(&plain) && net_run(&saved)) {
			CHECK(taker.n == SAVES);
			CHECK(plain.n > least);
			/* taking them changed nothing */
			CHECK(net_same_spikes(&plain, &saved) && net_same_weights(&plain, &saved) &&
				net_same_states(&plain, &saved));
			for (size_t k = 0; k < SAVES; k++)
				resume(&plain, yaml, &taker.saves[k], 1 + (unsigned)(k + partitions) % 3);
		}
		net_close(&saved);
	}
	net_close(&plain);
	drop_saves(&taker);
}

/* ---- In the middle of a cell -------------------------------------------------------------------- */

/* Run up to `elapsed` as one part of a run. */
static int go_on(struct net *net, double elapsed)
{
	struct spk_error err = {0};

	return CHECK(spk_sim_advance(net->sim, elapsed, &err) == SPK_OK);
}

/* To the end, where the gate closes: what a rule kept since it opened shows in the weights. */
static int go_to_end(struct net *net)
{
	const int ok = go_on(net, DURATION_MS);

	spk_sim_set_gate(net->sim, 0);
	return ok;
}

static int begin(struct net *net, const char *yaml, unsigned partitions)
{
	if (!net_open(net, yaml, 1, partitions))
		return 0;
	net->sim->recorder.network = &net->sim->engine.network;
	return 1;
}

static void resume_stopped(
	const struct net *whole, const char *yaml, const char *path, size_t first, unsigned partitions)
{
	struct net rest;
	uint64_t *rows = NULL;
	int found = 0;

	if (!begin(&rest, yaml, partitions))
		return;
	if (CHECK(spk_checkpoint_load(rest.sim, path, &found, &rows, NULL) == SPK_OK && found) &&
		CHECK(spk_engine_resume(&rest.sim->engine, NULL) == SPK_OK) && go_to_end(&rest) &&
		!(CHECK(same_rest(whole, &rest, first)) && CHECK(net_same_weights(whole, &rest)) &&
			CHECK(same_rules(whole, &rest)) && CHECK(net_same_states(whole, &rest))))
		printf("# with %u partitions:\n%s\n", partitions, yaml);
	free(rows);
	net_close(&rest);
}

/* A run of the engine ends anywhere, most often in an open cell. */
static void check_stopped(const char *yaml, double stop, unsigned partitions)
{
	struct net net;
	char path[512];

	net_path(path, "stopped");
	if (!begin(&net, yaml, partitions))
		return;
	/* it opens while the network is under way, so that a rule has something to keep of that moment */
	spk_sim_set_gate(net.sim, 0);
	const int under_way = go_on(&net, stop / 2);
	spk_sim_set_gate(net.sim, 1);
	if (under_way && go_on(&net, stop)) {
		const size_t first = net.n;
		CHECK(spk_checkpoint_save(net.sim, path, NULL) == SPK_OK);
		if (go_to_end(&net))
			for (unsigned k = 1; k <= PARTITIONS; k++)
				resume_stopped(&net, yaml, path, first, k);
		unlink(path);
	}
	net_close(&net);
}

/* ---- Networks ----------------------------------------------------------------------------------- */

/* Parameters of a rule with choice `choice` of field `field`; n_params: all defaults. */
static void rule_params(const struct spk_plasticity_model *m, size_t field, size_t choice, double *ret_par)
{
	struct spk_error err;

	for (size_t k = 0; k < m->n_params; k++)
		ret_par[k] = isnan(m->params[k].def) ? 1e-3 : m->params[k].def;
	if (field < m->n_params)
		ret_par[field] = (double)choice;
	if (m->derive)
		CHECK(m->derive(ret_par, &err) == SPK_OK);
}

static int reads_potential(const struct spk_plasticity_model *m, size_t field, size_t choice)
{
	double par[64];

	rule_params(m, field, choice, par);
	return (m->needs(par) & (SPK_NEEDS_U | SPK_NEEDS_CHANGE | SPK_NEEDS_GATE_U_BAR)) != 0;
}

static void write_rule(
	const struct spk_plasticity_model *m, size_t field, size_t choice, const char *unit, char *ret)
{
	int at = snprintf(ret, TEXT, "{rule: %s, params: {", m->name);

	for (size_t k = 0; k < m->n_params; k++)
		if (isnan(m->params[k].def))
			at += snprintf(ret + at, TEXT, "%s: 1e-3, ", m->params[k].name);
	if (field < m->n_params)
		at += snprintf(
			ret + at, TEXT, "%s: %s", m->params[field].name, m->params[field].choices[choice]);
	snprintf(ret + at, TEXT, "}, bounds: [0 %s, 400 %s]}", unit, unit);
}

static void write_source(const struct spk_source_model *m, char *ret)
{
	int at = snprintf(ret, TEXT, "{size: 40, model: %s, params: {", m->name);

	for (size_t k = 0; k < m->n_params; k++)
		if (isnan(m->params[k].def))
			at += snprintf(ret + at, TEXT, "%s: %s, ", m->params[k].name,
				m->params[k].dim == SPK_DIM_TIME ? "60 ms" : "80 Hz");
	snprintf(ret + at, TEXT, "}%s}",
		m->takes_spikes ? ", spikes: {times: [6.5 ms, 6.5 ms, 94.2 ms, 95.5 ms, 95.5 ms, 96.5 ms, "
				  "96.6 ms, 98 ms], "
				  "ids: [3, 3, 4, 5, 5, 6, 39, 1]}"
				: "");
}

/* A drive below threshold needs noise and synapses to fire; one above fires by itself. */
static char *network(
	const struct spk_neuron_model *m, const char *rule, const char *source, int is_slow, double drive_pa)
{
	const int jumps = m->weight_dim == SPK_DIM_VOLTAGE;
	const char *unit = jumps ? "mV" : "pA";
	const double w = jumps ? 1 : 60;

	return net_text(
		"spikem: 1\nseed: 3\nduration: %g ms\npopulations:\n"
		"  src: %s\n"
		"  cells: {size: 140, model: %s, params: {tau_m: 4 ms, V_th: 5 mV, I_e: %g pA}}\n"
		"  other: {size: 130, like: cells}\n"
		"inputs:\n"
		"  noise: {model: poisson, rate: 1 kHz, to: [cells, other], weight: %g %s}\n"
		"  rare: {model: poisson, rate: 5 Hz, to: other, weight: %g %s}\n"
		"projections:\n"
		"  - {from: src, to: cells, connect: {fixed_in_degree: 8}, weight: %g %s, "
		"delay: {axonal: 0.7 ms%s}, plasticity: %s, probes: [%s]}\n"
		"  - {name: rows, from: cells, to: cells, connect: {fixed_in_degree: 4}, weight: %g %s, "
		"delay: {uniform: [1 ms, 5 ms]}, plasticity: %s}\n"
		"  - {from: cells, to: other, connect: {fixed_in_degree: 9}, weight: {uniform: [%g %s, %g "
		"%s]}, "
		"delay: {uniform: [1 ms, 40 ms]}}\n"
		"  - {from: other, to: [cells, other], connect: {fixed_in_degree: 6}, weight: -%g %s, "
		"delay: 2.5 ms}\n",
		DURATION_MS, source, m->name, drive_pa, w, unit, w, unit, 2 * w, unit,
		is_slow ? ", dendritic: 2.6 ms" : "", rule, rule, w, unit, rule, 0 * w, unit, w, unit,
		0.5 * w, unit);
}

static void check_model(const struct spk_neuron_model *neuron)
{
	unsigned turn = 0;

	for (const struct spk_plasticity_model *const *at = spk_plasticity_models; *at; at++) {
		const struct spk_plasticity_model *m = *at;
		for (size_t field = 0; field <= m->n_params; field++) {
			const int ends = field == m->n_params;
			for (size_t c = 0;
				ends ? c == 0 : m->params[field].choices && m->params[field].choices[c];
				c++) {
				char rule[2 * TEXT], source[2 * TEXT];
				const size_t n_sources = 4;
				write_rule(m, field, c, neuron->weight_dim == SPK_DIM_VOLTAGE ? "mV" : "pA",
					rule);
				write_source(spk_source_models[turn % n_sources], source);
				char *yaml = network(neuron, rule, source, !reads_potential(m, field, c),
					turn % 2 ? 400 : 200);
				check_network(yaml, 1 + turn % PARTITIONS, 500);
				check_stopped(yaml, STOPS[turn % N_STOPS], 1 + turn % PARTITIONS);
				free(yaml);
				turn++;
			}
		}
	}
}

static void resumed_runs_are_whole_runs(void)
{
	FOR_EACH_NEURON(m)
	check_model(m);
}

/* Neurons that fire by themselves and that nothing arrives at: only their own next spike is known. */
static void neurons_left_alone_fire_on(void)
{
	FOR_EACH_NEURON(m)
	{
		char *yaml = net_text("spikem: 1\nduration: %g ms\npopulations:\n"
				      "  alone: {size: 140, model: %s, params: {tau_m: 4 ms, V_th: 5 mV, "
				      "I_e: {uniform: [320 pA, 350 pA]}}}\n"
				      "  other: {size: 1, like: alone}\n"
				      "projections:\n"
				      "  - {from: other, to: other, connect: {list: [[0, 0]]}, "
				      "weight: 0.1 %s, delay: 1 ms}\n",
			DURATION_MS, m->name, m->weight_dim == SPK_DIM_VOLTAGE ? "mV" : "pA");
		check_network(yaml, 2, 500);
		free(yaml);
	}
}

/* Without rules the spikes of a cell are taken into the queues late: a checkpoint holds them all the same. */
static void spikes_without_rules_are_saved(void)
{
	char *yaml = net_text("spikem: 1\nseed: 3\nduration: %g ms\npopulations:\n"
			      "  cells: {size: 200, model: lif_delta, params: {tau_m: 4 ms, V_th: 5 mV}}\n"
			      "inputs:\n"
			      "  noise: {model: poisson, rate: 2 kHz, to: cells, weight: 1 mV}\n"
			      "projections:\n"
			      "  - {from: cells, to: cells, connect: {fixed_in_degree: 20}, "
			      "weight: {uniform: [0 mV, 0.2 mV]}, delay: {uniform: [1 ms, 4 ms]}}\n"
			      "  - {from: cells, to: cells, name: rows, connect: {fixed_in_degree: 20}, "
			      "weight: -0.1 mV, delay: 1 ms}\n",
		DURATION_MS);

	for (unsigned partitions = 1; partitions <= PARTITIONS; partitions++)
		check_network(yaml, partitions, 500);
	free(yaml);
}

TEST_MAIN(TEST(resumed_runs_are_whole_runs), TEST(neurons_left_alone_fire_on),
	TEST(spikes_without_rules_are_saved))
