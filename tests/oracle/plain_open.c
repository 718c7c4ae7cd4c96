/*
 * Open loop: whole runs of the benchmark networks. Of each neuron of a sample, all arrivals (the recorded
 * spikes of its sources through its edges, and its input events) are replayed into the plain engine, which
 * must give the spikes that the engine recorded. Chaos does not matter here: errors are not fed back.
 *
 * Input events of fast groups are those of models/neuron/bulk_input.h, drawn again beside the run; those of
 * general groups, and rare ones, are drawn again from the input's streams. What is under test is what the
 * engine makes of them.
 */
#include "tests/plain_net.h"

#include "models/math/det.h"
#include "models/neuron/bulk_input.h"
#include "sim/member.h"

#include <spikem/rng.h>

enum { MAX_SAMPLE = 120, MAX_POPULATIONS = 8 };

/* Poisson input of one population's group, drawn a second time. */
struct shadow {
	const struct spk_group *group;
	const struct spk_group_type *type;
	struct spk_group_type wrapped;
	struct spk_bulk bulk;
	double tau;
};

static struct {
	struct shadow shadows[MAX_POPULATIONS];
	size_t n_shadows;
	const struct spk_engine *engine;
	struct plain *plain; /* the sample, ids as in the network */
	uint32_t first_id[MAX_POPULATIONS];
	size_t n_sample;
	uint32_t sample[MAX_SAMPLE];
} run;

static int is_sampled(uint32_t id)
{
	return run.plain->neurons[id].tau_m > 0;
}

static void push_input(uint32_t id, double t, double w)
{
	plain_push(run.plain, (struct plain_event){t, 0, id, UINT32_MAX, 0, w, 0});
}

/* The group's begin(), and after it the same events drawn again and written down for the sample. */
static void begin_and_list(struct spk_group *group, double a, double b)
{
	struct shadow *s = run.shadows;
	while (s->group != group)
		s++;
	s->type->begin(group, a, b);
	const double base = (double)run.engine->epoch_cell * run.engine->network.cell_ms;
	double early[SPK_BULK_BLOCK], late[SPK_BULK_BLOCK];
	spk_bulk_begin(&s->bulk, a, b, spk_exp(a / s->tau));
	for (size_t block = 0; block < s->bulk.n_blocks; block++)
		spk_bulk_block(&s->bulk, block, 0, early, late);
	for (size_t k = 0; k < run.n_sample; k++) {
		const uint32_t first = run.first_id[s - run.shadows];
		if (run.sample[k] < first || run.sample[k] - first >= s->bulk.n)
			continue;
		const struct spk_bulk_list list = spk_bulk_events(&s->bulk, run.sample[k] - first);
		for (uint32_t i = list.first; i < list.first + list.n; i++)
			push_input(run.sample[k], base + s->bulk.events[i].t, s->bulk.events[i].w);
	}
}

static int watch_bulk_inputs(struct net *net, struct spk_member *m)
{
	struct spk_group_input inputs[SPK_BULK_MAX_INPUTS];
	struct shadow *s = &run.shadows[run.n_shadows];
	struct spk_group_spec spec = {.model = m->population->neuron,
		.n = m->hi - m->lo,
		.first_id = m->first_id,
		.seed = net->scenario->seed,
		.inputs = inputs};
	for (uint32_t k = 0; k < net->scenario->n_inputs; k++)
		for (size_t i = 0; i < net->scenario->inputs[k].n_targets; i++)
			if (net->scenario->inputs[k].targets[i] == m->index &&
				spk_input_is_drawn_by_group(net->scenario, k, m))
				inputs[spec.n_inputs++] = (struct spk_group_input){
					net->scenario->inputs[k].rate.a, net->scenario->inputs[k].weight, k};
	if (spec.n_inputs == 0)
		return 1;
	s->tau = plain_param(m, 0, "tau_m");
	if (!CHECK(spk_bulk_init(&s->bulk, &spec, s->tau, NULL) == SPK_OK))
		return 0;
	s->group = m->group;
	s->type = m->type;
	s->wrapped = *m->type;
	s->wrapped.begin = begin_and_list;
	m->type = &s->wrapped;
	run.first_id[run.n_shadows++] = m->first_id;
	return 1;
}

static void draw_streams(const struct net *net, const struct spk_partition *p)
{
	for (size_t k = 0; k < p->n_streams; k++) {
		const struct spk_input_stream *s = &p->streams[k];
		for (size_t i = 0; i < s->n; i++) {
			const uint32_t id = p->members[s->member].first_id + s->neurons[i];
			struct spk_rng rng =
				spk_rng_stream(net->scenario->seed, SPK_RNG_INPUT, s->number, id);
			if (!is_sampled(id))
				continue;
			for (double t = 0; (t += spk_rng_exponential(&rng) * 1000 / s->own_rate[i]) <
					   net->scenario->duration;)
				push_input(id, t, net->scenario->inputs[s->number].weight);
		}
	}
}

/* Spikes by source, to be looked up. */
static int compare_by_id(const void *left, const void *right)
{
	const struct net_spike *a = left, *b = right;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->elapsed < b->elapsed ? -1 : a->elapsed > b->elapsed;
}

static size_t first_spike_of(const struct net *net, uint32_t id)
{
	size_t lo = 0, hi = net->n;
	while (lo < hi) {
		const size_t middle = (lo + hi) / 2;
		if (net->spikes[middle].id < id)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

/* All arrivals onto the sample. Returns how many. */
static size_t push_arrivals(const struct net *net, const struct spk_partition *part)
{
	size_t n = 0;
	for (size_t k = 0; k < part->n_tables; k++) {
		const struct spk_synapses *s = &part->tables[k];
		const uint32_t first = part->members[s->to].first_id;
		for (uint64_t row = 0; row < s->table.n_rows; row++) {
			struct spk_targets targets = spk_table_targets(&s->table, row);
			for (uint32_t j = s->table.rows[row].first;
				j < s->table.rows[row].first + s->table.rows[row].n; j++) {
				const uint32_t target = first + spk_targets_next(&targets),
					       source = s->first_source + s->table.source_of_row[row];
				if (!is_sampled(target))
					continue;
				for (size_t i = first_spike_of(net, source);
					i < net->n && net->spikes[i].id == source; i++, n++)
					plain_push(
						run.plain, (struct plain_event){
								   net->spikes[i].elapsed +
									   spk_table_delay(&s->table, row, j),
								   0, target, source, j,
								   spk_table_weight(&s->table, j), 0});
			}
		}
	}
	return n;
}

/* A neuron's spikes in both; returns how many. */
static size_t compare_neuron(const struct net *net, uint32_t id)
{
	size_t n = 0, i = first_spike_of(net, id);
	for (size_t k = 0; k < run.plain->n_spikes; k++) {
		if (run.plain->spikes[k].id != id)
			continue;
		if (!CHECK(i < net->n && net->spikes[i].id == id))
			return n;
		CHECK_ABS(net->spikes[i++].elapsed, run.plain->spikes[k].t, 1e-9, "the contract");
		n++;
	}
	CHECK(i == net->n || net->spikes[i].id != id);
	return n;
}

static void replay(
	const char *path, size_t n_overrides, const struct spk_override *overrides, const char *what)
{
	const struct spk_sim_options options = {.threads = 1, .partitions = 1};
	struct net net;
	struct plain p = {0};
	size_t spikes = 0;
	if (!net_make(&net, net_load(path, n_overrides, overrides), &options))
		return;
	struct spk_partition *part = &net.sim->engine.network.partitions[0];
	memset(&run, 0, sizeof run);
	run.engine = &net.sim->engine;
	run.plain = &p;
	p.n_neurons = net.sim->engine.network.first_id[net.scenario->n_populations];
	p.neurons = calloc(p.n_neurons + 1, sizeof *p.neurons);
	plain_index(&p); /* no edges: spikes go nowhere */
	for (uint32_t k = 0; k < MAX_SAMPLE; k++) {
		const uint32_t id = (uint32_t)((uint64_t)k * p.n_neurons / MAX_SAMPLE) + k % 5;
		const size_t population = net_population(&net.sim->engine.network, id);
		run.sample[run.n_sample++] = id;
		p.neurons[id] =
			plain_neuron_of(&part->members[population], id - part->members[population].first_id);
	}
	draw_streams(&net, part);
	for (size_t k = 0; k < part->n_members; k++)
		if (part->members[k].type && part->members[k].type != &spk_group_general)
			CHECK(watch_bulk_inputs(&net, &part->members[k]));
	if (net_run(&net)) {
		qsort(net.spikes, net.n, sizeof *net.spikes, compare_by_id);
		const size_t arrivals = push_arrivals(&net, part), events = p.n_events;
		plain_run(&p, net.scenario->duration, SIZE_MAX);
		for (size_t k = 0; k < run.n_sample; k++)
			spikes += compare_neuron(&net, run.sample[k]);
		printf("# %s: %zu spikes of %zu neurons under %zu arrivals and %zu input events; %.3g Hz in "
		       "all\n",
			what, spikes, run.n_sample, arrivals, events - arrivals,
			1000.0 * (double)net.n / (double)p.n_neurons / net.scenario->duration);
		CHECK(spikes > 50 && arrivals > 5000);
	}
	for (size_t k = 0; k < run.n_shadows; k++)
		spk_bulk_clear(&run.shadows[k].bulk);
	net_close(&net);
	plain_clear(&p);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void brunel(void)
{
	static const struct spk_override smaller[] = {
		{"populations.exc.size=2000"}, {"populations.inh.size=500"}, {"duration=100 ms"}};
	static const struct spk_override general[] = {{"populations.exc.size=1600"},
		{"populations.inh.size=400"}, {"duration=60 ms"},
		{"populations.exc.params.tau_m={uniform: [20 ms, 20 ms]}"}};
	static const struct spk_override inhibited[] = {{"populations.exc.size=2000"},
		{"populations.inh.size=500"}, {"duration=100 ms"},
		{"populations.exc.initial={V_m: {uniform: [0 mV, 20 mV]}}"},
		{"inputs.down={model: poisson, rate: 2 kHz, to: [exc, inh], weight: -0.05 mV}"}};
	replay("scenarios/brunel.yaml", COUNT(smaller), smaller, "brunel");
	replay("scenarios/brunel.yaml", COUNT(general), general, "brunel, general group");
	replay("scenarios/brunel.yaml", COUNT(inhibited), inhibited, "brunel with inhibitory input");
}

static void brunel_with_constant_drive(void)
{
	static const struct spk_override smaller[] = {
		{"populations.exc.size=2000"}, {"populations.inh.size=500"}, {"duration=150 ms"}};
	static const struct spk_override inhibited[] = {{"populations.exc.size=2000"},
		{"populations.inh.size=500"}, {"duration=150 ms"},
		{"projections[0].connect={fixed_in_degree: 50}"},
		{"projections[1].connect={fixed_in_degree: 10}"},
		{"inputs.up={model: poisson, rate: 1 kHz, to: [exc, inh], weight: 0.5 mV}"},
		{"inputs.down={model: poisson, rate: 2 kHz, to: [exc, inh], weight: -0.6 mV}"}};
	replay("tools/bench/brunel_dc.yaml", COUNT(smaller), smaller, "brunel, constant drive");
	replay("tools/bench/brunel_dc.yaml", COUNT(inhibited), inhibited,
		"brunel, constant drive and inhibitory input");
}

static void brunel_with_currents(void)
{
	static const struct spk_override smaller[] = {
		{"populations.exc.size=1600"}, {"populations.inh.size=400"}, {"duration=60 ms"}};
	static const struct spk_override undriven[] = {{"populations.exc.size=1200"},
		{"populations.inh.size=300"}, {"duration=60 ms"}, {"populations.exc.params.I_e=0.999 pA"},
		{"populations.exc.params.tau_syn_in=5 ms"}, {"projections[0].weight=0.028 pA"},
		{"populations.exc.initial={V_m: {uniform: [0 mV, 25 mV]}}"}};
	replay("tools/bench/brunel_exp.yaml", COUNT(smaller), smaller, "brunel, exponential currents");
	replay("tools/bench/brunel_alpha.yaml", COUNT(smaller), smaller, "brunel, alpha currents");
	replay("tools/bench/brunel_alpha.yaml", COUNT(undriven), undriven, "brunel, alpha, V_inf < V_th");
}

static void vogels_abbott(void)
{
	static const struct spk_override shorter[] = {{"duration=250 ms"}};
	static const struct spk_override equal[] = {
		{"duration=150 ms"}, {"populations.exc.params.tau_syn_in=5 ms"}};
	static const struct spk_override confluent[] = {{"duration=150 ms"},
		{"populations.exc.params.tau_syn_in=20 ms"}, {"populations.exc.params.tau_syn_ex=19.9 ms"},
		{"projections[0].weight=5 pA"}};
	static const struct spk_override general[] = {
		{"duration=150 ms"}, {"populations.exc.params.tau_m={uniform: [20 ms, 20 ms]}"}};
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(shorter), shorter, "cuba");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(equal), equal, "cuba, tau_in = tau_ex");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(confluent), confluent,
		"cuba, all time constants nearly equal");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(general), general, "cuba, general group");
}

/* Input events one by one onto a fast group. */
static void a_quiet_network(void)
{
	static const struct spk_override smaller[] = {{"populations.cells.size=2000"}, {"duration=1 s"},
		{"inputs.rare.rate=14 Hz"},
		{"inputs.down={model: poisson, rate: 3 Hz, to: cells, weight: -4 mV}"}};
	replay("tools/bench/quiet_input.yaml", COUNT(smaller), smaller, "quiet");
}

static void microcircuit(void)
{
	static const struct spk_override shorter[] = {{"duration=250 ms"}};
	replay("scenarios/microcircuit.yaml", COUNT(shorter), shorter, "microcircuit, drawn delays");
}

/* Poisson input in bulk; where V_inf < V_th bounds last for ever, else for some segments. */
static void vogels_abbott_with_input(void)
{
	static const struct spk_override above[] = {{"duration=400 ms"},
		{"inputs.up={model: poisson, rate: 3 kHz, to: [exc, inh], weight: 4 pA}"},
		{"inputs.down={model: poisson, rate: 1 kHz, to: [exc], weight: -5 pA}"}};
	static const struct spk_override below[] = {{"duration=400 ms"},
		{"populations.exc.params.E_L=-60 mV"},
		{"inputs.up={model: poisson, rate: 9 kHz, to: [exc, inh], weight: 4 pA}"},
		{"inputs.down={model: poisson, rate: 3 kHz, to: [exc, inh], weight: -2 pA}"}};
	static const struct spk_override strong[] = {{"duration=200 ms"},
		{"populations.exc.params.E_L=-60 mV"}, {"populations.exc.params.tau_syn_ex=0.5 ms"},
		{"populations.exc.params.tau_syn_in=0.5 ms"},
		{"inputs.up={model: poisson, rate: 6 kHz, to: [exc, inh], weight: 60 pA}"},
		{"inputs.down={model: poisson, rate: 1 kHz, to: [exc, inh], weight: -90 pA}"}};
	static const struct spk_override confluent[] = {{"duration=200 ms"},
		{"populations.exc.params.E_L=-60 mV"}, {"populations.exc.params.tau_syn_ex=20 ms"},
		{"inputs.up={model: poisson, rate: 2 kHz, to: [exc, inh], weight: 4 pA}"}};

	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(above), above, "cuba with input");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(below), below, "cuba with input, V_inf < V_th");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(strong), strong, "cuba with strong, fast input");
	replay("scenarios/vogels_abbott_cuba.yaml", COUNT(confluent), confluent,
		"cuba with input, tau_ex = tau_m");
}

TEST_MAIN(TEST(brunel), TEST(brunel_with_constant_drive), TEST(brunel_with_currents), TEST(vogels_abbott),
	TEST(vogels_abbott_with_input), TEST(a_quiet_network), TEST(microcircuit))
