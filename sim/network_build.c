/*
 * Threads share out the work: first the neurons of each partition, then all synapse tables of all partitions,
 * the largest first, last what needs both. Each piece is a pure function of the scenario and its place, so it
 * does not matter which thread makes it, or when.
 */
#include "sim/network_build.h"

#include <stdlib.h>

#include "sim/member.h"

/* A table to be built. */
struct job {
	uint32_t partition, table;
	double n_expected; /* synapses */
};

struct building {
	struct spk_network *network;
	size_t n_jobs;
	struct job *jobs;         /* [n_jobs] */
	struct spk_error *errors; /* [n_partitions, or n_jobs: by partition, then table] */
};

/* Run a step on n pieces; of several failures the first counts. */
static int on_all(struct building *b, struct spk_pool *pool, size_t n, void (*step)(void *, unsigned),
	struct spk_error *err)
{
	for (size_t k = 0; k < n; k++)
		b->errors[k].status = SPK_OK;
	spk_pool_run(pool, (unsigned)n, step, b);
	for (size_t k = 0; k < n; k++) {
		if (b->errors[k].status) {
			if (err)
				*err = b->errors[k];
			return b->errors[k].status;
		}
	}
	return SPK_OK;
}

/* ---- Neurons ------------------------------------------------------------------------------------ */

static void create_neurons(void *context, unsigned k)
{
	struct building *b = context;
	const struct spk_network *net = b->network;
	struct spk_partition *p = &net->partitions[k];
	struct spk_error *err = &b->errors[k];

	p->scenario = net->scenario;
	p->seed = net->seed;
	p->epoch = net->scenario->start;
	p->first_id = net->first_id;
	if (spk_members_create(p, net->first_id, err))
		return;
	p->tables = calloc(net->scenario->n_projections + 1, sizeof *p->tables);
	if (p->tables)
		p->n_tables = net->scenario->n_projections;
	else
		(void)spk_fail(err, SPK_E_NOMEM, "out of memory for projections");
}

/* ---- Tables ------------------------------------------------------------------------------------- */

static struct spk_connect_task task_of(const struct spk_partition *p, uint32_t table)
{
	const struct spk_scenario *sc = p->scenario;
	const struct spk_projection *projection = &sc->projections[table];
	const struct spk_member *to = &p->members[projection->to];

	return (struct spk_connect_task){.projection = projection,
		.number = table,
		.seed = sc->seed,
		.n_source = sc->populations[projection->from].size,
		.n_target = sc->populations[projection->to].size,
		.target_lo = to->lo,
		.target_hi = to->hi,
		.source_copies = sc->populations[projection->from].copies,
		.target_copies = sc->populations[projection->to].copies,
		.keeps_order = to->type && to->type->wants_order};
}

static void create_table(void *context, unsigned k)
{
	struct building *b = context;
	const struct job *job = &b->jobs[k];
	struct spk_partition *p = &b->network->partitions[job->partition];
	struct spk_synapses *s = &p->tables[job->table];
	const struct spk_connect_task task = task_of(p, job->table);

	s->to = task.projection->to;
	s->first_source = b->network->first_id[task.projection->from];
	(void)spk_table_create(&task, task.projection->plasticity != NULL, &s->table,
		&b->errors[job->partition * p->n_tables + job->table]);
}

static int compare_jobs(const void *left, const void *right)
{
	const struct job *a = left, *b = right;

	if (a->n_expected != b->n_expected)
		return a->n_expected > b->n_expected ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return (a->partition > b->partition) - (a->partition < b->partition);
}

/* The largest first: so that threads end together, and what building takes besides is gone when most tables
 * are there. */
static void list_jobs(struct building *b)
{
	const struct spk_network *net = b->network;

	for (uint32_t i = 0; i < net->n_partitions; i++)
		for (uint32_t k = 0; k < net->partitions[i].n_tables; k++) {
			const struct spk_connect_task task = task_of(&net->partitions[i], k);
			b->jobs[b->n_jobs++] = (struct job){i, k, spk_connect_expected(&task)};
		}
	qsort(b->jobs, b->n_jobs, sizeof *b->jobs, compare_jobs);
}

/* ---- What needs both ---------------------------------------------------------------------------- */

static int create_rules(struct spk_partition *p, size_t number, struct spk_error *err)
{
	const struct spk_projection *projection = &p->scenario->projections[number];
	struct spk_synapses *s = &p->tables[number];
	struct spk_member *to = &p->members[s->to];
	const size_t n = (projection->plasticity != NULL) + projection->n_probes;

	to->has_rules |= n > 0;
	s->has_rule = projection->plasticity != NULL;
	s->plastic = calloc(n + 1, sizeof *s->plastic);
	if (!s->plastic)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for plasticity");
	for (; s->n_plastic < n; s->n_plastic++) {
		const size_t probe = s->n_plastic - (size_t)s->has_rule;
		const int is_probe = !s->has_rule || s->n_plastic > 0;
		const struct spk_rule *rule = is_probe ? &projection->probes[probe] : projection->plasticity;
		const int rc = spk_plastic_init(&s->plastic[s->n_plastic], rule, &s->table, to->type,
			to->group, to->hi - to->lo, is_probe, err);
		if (rc)
			return rc;
		s->reads_spikes |=
			(s->plastic[s->n_plastic].needs & (SPK_NEEDS_POST_SPIKES | SPK_NEEDS_V_CHANGE)) != 0;
	}
	return SPK_OK;
}

static void finish_partition(void *context, unsigned k)
{
	struct building *b = context;
	struct spk_partition *p = &b->network->partitions[k];
	struct spk_error *err = &b->errors[k];
	size_t n_states = 1;
	int rc = SPK_OK;

	for (size_t i = 0; !rc && i < p->n_tables; i++)
		rc = create_rules(p, i, err);
	if (!rc)
		rc = spk_outgoing_create(p, err);
	if (!rc)
		rc = spk_samplers_create(p, err);
	for (size_t i = 0; i < p->n_members; i++)
		if (p->members[i].type && p->members[i].population->neuron->n_states > n_states)
			n_states = p->members[i].population->neuron->n_states;
	p->peeked = malloc(n_states * sizeof *p->peeked);
	if (!rc && !p->peeked)
		(void)spk_fail(err, SPK_E_NOMEM, "out of memory");
}

int spk_network_build(struct spk_network *net, struct spk_pool *pool, struct spk_error *err)
{
	const size_t n_tables = net->n_partitions * net->scenario->n_projections;
	struct building b = {.network = net,
		.jobs = malloc((n_tables + 1) * sizeof *b.jobs),
		.errors = malloc((n_tables + net->n_partitions) * sizeof *b.errors)};
	int rc = b.jobs && b.errors ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for the network");

	if (!rc)
		rc = on_all(&b, pool, net->n_partitions, create_neurons, err);
	if (!rc) {
		list_jobs(&b);
		rc = on_all(&b, pool, b.n_jobs, create_table, err);
	}
	if (!rc)
		rc = on_all(&b, pool, net->n_partitions, finish_partition, err);
	for (size_t k = 0; !rc && k < b.n_jobs; k++)
		net->n_synapses +=
			net->partitions[b.jobs[k].partition].tables[b.jobs[k].table].table.n_synapses;
	free(b.jobs);
	free(b.errors);
	return rc;
}
