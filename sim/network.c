#include "sim/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/member.h"
#include "sim/network_build.h"

static const double MAX_CELL_MS = 10;    /* longest window when delays would allow more */
static const double MAX_EPOCH_TAUS = 24; /* shared factors stay below exp(24 + 8) */
static const double MAX_CELL_TAUS = 8;
static const double IDLE_EPOCH_MS = 1000; /* length of an epoch when no group bounds it */

/* Round down to 20 significant bits: multiples k * cell_ms and differences of times to them are exact. */
static double round_cell(double ms)
{
	int exponent;
	const double mantissa = frexp(ms, &exponent);

	return ldexp(floor(ldexp(mantissa, 20)), exponent - 20);
}

static int choose_cell(struct spk_network *net, double *ret_max_delay, struct spk_error *err)
{
	double cell = MAX_CELL_MS, tau = INFINITY, limit = INFINITY, max_delay = 0;

	for (uint32_t i = 0; i < net->n_partitions; i++) {
		const struct spk_partition *p = &net->partitions[i];
		for (size_t k = 0; k < p->n_tables; k++) {
			cell = fmin(cell, p->tables[k].table.min_delay);
			max_delay = fmax(max_delay, p->tables[k].table.max_delay);
		}
		for (size_t k = 0; k < p->n_members; k++) {
			const struct spk_member *m = &p->members[k];
			if (m->type && m->type->epoch_tau)
				tau = fmin(tau, m->epoch_tau);
			if (m->type && m->type->segment_limit)
				limit = fmin(limit, m->type->segment_limit(m->group));
		}
	}
	double bounds[] = {cell, tau, limit, -max_delay};
	const int rc = spk_ranks_min(net->ranks, sizeof bounds / sizeof *bounds, bounds, err);
	if (rc)
		return rc;
	cell = bounds[0];
	tau = bounds[1];
	limit = bounds[2];
	net->cell_ms = round_cell(fmin(cell, MAX_CELL_TAUS * tau));
	net->cuts = limit < net->cell_ms ? (uint32_t)ceil(net->cell_ms / limit) : 1;
	const double epoch = isinf(tau) ? IDLE_EPOCH_MS : MAX_EPOCH_TAUS * tau;
	net->epoch_cells = (uint64_t)fmax(1, floor(epoch / net->cell_ms));
	*ret_max_delay = -bounds[3];
	return SPK_OK;
}

/* Lane 0 is the network without lanes. */
static uint64_t seed_of(const struct spk_scenario *scenario, uint32_t lane)
{
	const struct spk_rng rng = spk_rng_stream(scenario->seed, SPK_RNG_LANE, 0, lane);
	uint32_t words[4];

	if (lane == 0)
		return scenario->seed;
	spk_rng_block(&rng, 0, words);
	return (uint64_t)words[0] << 32 | words[1];
}

/* Ids of all neurons, and the partitions of this rank. */
static int create_parts(struct spk_network *net, uint32_t n_all, struct spk_pool *pool, struct spk_error *err)
{
	const struct spk_scenario *sc = net->scenario;
	const uint32_t count = spk_ranks_count(net->ranks), rank = spk_ranks_number(net->ranks);
	const uint32_t first = (uint32_t)((uint64_t)n_all * rank / count);
	const uint32_t last = (uint32_t)((uint64_t)n_all * (rank + 1) / count);

	if (n_all < count)
		return spk_fail(err, SPK_E_INVALID, "%u ranks need at least as many partitions", count);
	net->n_partitions = last - first;
	net->first_id = calloc(sc->n_populations + 1, sizeof *net->first_id);
	net->partitions = calloc(net->n_partitions, sizeof *net->partitions);
	if (!net->first_id || !net->partitions)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the network");
	for (size_t k = 0; k < sc->n_populations; k++) {
		if (sc->populations[k].size > UINT32_MAX - 1 - net->first_id[k])
			return spk_fail(err, SPK_E_LIMIT, "more than 2^32 - 1 neurons");
		net->first_id[k + 1] = net->first_id[k] + (uint32_t)sc->populations[k].size;
	}
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		net->partitions[k].number = first + k;
		net->partitions[k].n_partitions = n_all;
	}
	return spk_network_build(net, pool, err);
}

static int create_queues(struct spk_network *net, double max_delay, struct spk_error *err)
{
	int rc = SPK_OK;

	for (uint32_t k = 0; !rc && k < net->n_partitions; k++) {
		struct spk_partition *p = &net->partitions[k];
		p->lattice = spk_lattice_of(net->cell_ms);
		rc = spk_calendar_init(&p->calendar, max_delay / net->cell_ms, err);
		if (!rc)
			rc = spk_singles_init(&p->singles, p->n_members, p->calendar.n_cells, err);
	}
	return rc;
}

int spk_network_create(const struct spk_scenario *scenario, uint32_t lane, uint32_t n_partitions,
	struct spk_ranks *ranks, struct spk_pool *pool, struct spk_network *ret_network,
	struct spk_error *err)
{
	struct spk_network net = {.scenario = scenario, .seed = seed_of(scenario, lane), .ranks = ranks};
	double max_delay = 0;
	int rc = spk_ranks_agree(ranks, create_parts(&net, n_partitions, pool, err), err);

	if (!rc)
		rc = choose_cell(&net, &max_delay, err);
	if (!rc)
		rc = spk_ranks_agree(ranks, create_queues(&net, max_delay, err), err);
	if (rc)
		spk_network_clear(&net);
	else
		*ret_network = net;
	return rc;
}

void spk_network_own(const struct spk_network *network, size_t population, uint64_t *ret_lo, uint64_t *ret_hi)
{
	*ret_lo = network->partitions[0].members[population].lo;
	*ret_hi = network->partitions[network->n_partitions - 1].members[population].hi;
}

int spk_network_complete(const struct spk_network *network, size_t population, size_t size_of_item,
	void *items, struct spk_error *err)
{
	uint64_t lo, hi;

	spk_network_own(network, population, &lo, &hi);
	return spk_ranks_complete(network->ranks, lo, hi, size_of_item, items, err);
}

static void clear_partition(struct spk_partition *p)
{
	for (size_t k = 0; p->tables && k < p->scenario->n_projections; k++) {
		for (size_t i = 0; i < p->tables[k].n_plastic; i++)
			spk_plastic_clear(&p->tables[k].plastic[i]);
		free(p->tables[k].plastic);
		spk_table_clear(&p->tables[k].table);
	}
	free(p->tables);
	spk_outgoing_free(p);
	spk_samplers_free(p);
	spk_members_free(p);
	if (p->calendar.cells)
		spk_calendar_clear(&p->calendar);
	spk_singles_clear(&p->singles);
	free(p->fired.items);
	free(p->peeked);
}

void spk_network_clear(struct spk_network *network)
{
	for (uint32_t k = 0; network->partitions && k < network->n_partitions; k++)
		if (network->partitions[k].scenario)
			clear_partition(&network->partitions[k]);
	free(network->partitions);
	free(network->first_id);
	memset(network, 0, sizeof *network);
}

void spk_network_count(const struct spk_network *network, struct spk_counts *counts)
{
	for (uint32_t i = 0; i < network->n_partitions; i++) {
		const struct spk_partition *p = &network->partitions[i];
		counts->synaptic_events += p->synaptic_events;
		counts->input_events += p->input_events;
		for (size_t k = 0; k < p->n_members; k++)
			if (p->members[k].type && p->members[k].type->input_events)
				counts->input_events += p->members[k].type->input_events(p->members[k].group);
		for (size_t k = 0; k < p->n_tables; k++)
			if (p->tables[k].has_rule)
				counts->plastic_events += p->tables[k].plastic[0].events;
	}
}

size_t spk_network_bytes(const struct spk_network *network)
{
	size_t bytes = 0;

	for (uint32_t k = 0; k < network->n_partitions; k++) {
		const struct spk_partition *p = &network->partitions[k];
		for (size_t i = 0; i < p->n_tables; i++) {
			bytes += spk_table_bytes(&p->tables[i].table);
			for (size_t j = 0; j < p->tables[i].n_plastic; j++)
				bytes += spk_plastic_bytes(&p->tables[i].plastic[j]);
		}
		bytes += spk_outgoing_bytes(p);
		for (size_t i = 0; i < p->n_members; i++)
			if (p->members[i].type)
				bytes += p->members[i].type->bytes(p->members[i].group);
	}
	return bytes;
}

int spk_network_params(const struct spk_network *network, size_t population, double **ret_par,
	size_t *ret_n_par, struct spk_error *err)
{
	const struct spk_scenario *sc = network->scenario;
	const struct spk_neuron_model *model = sc->populations[population].neuron;
	const size_t n_par = model->n_params + model->n_derived;
	double *all = malloc((sc->populations[population].size * n_par + 1) * sizeof *all);
	int rc = all ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for parameters");

	for (uint32_t i = 0; !rc && i < network->n_partitions; i++) {
		const struct spk_member *m = &network->partitions[i].members[population];
		double *par = NULL;
		size_t stride = 0;
		rc = spk_member_params(m, sc->seed, &par, &stride, err);
		for (uint64_t j = m->lo; !rc && j < m->hi; j++)
			memcpy(all + j * n_par, par + (j - m->lo) * stride, n_par * sizeof *par);
		free(par);
	}
	if (!rc)
		rc = spk_network_complete(network, population, n_par * sizeof *all, all, err);
	if (rc) {
		free(all);
		return rc;
	}
	*ret_par = all;
	*ret_n_par = n_par;
	return SPK_OK;
}
