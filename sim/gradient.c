#include "sim/gradient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/member.h"
#include "sim/phase.h"
#include "sim/synapse_walk.h"

static const struct spk_projection *projection_of(const struct spk_protocol_run *run)
{
	return &run->sim->scenario->projections[run->objective->projection];
}

const struct spk_rule *spk_protocol_rule(const struct spk_protocol_run *run, size_t k)
{
	const struct spk_projection *p = projection_of(run);

	return p->plasticity ? (k == 0 ? p->plasticity : &p->probes[k - 1]) : &p->probes[k];
}

/* Weight of synapse k as rule `rule` sees it. */
static double rule_weight(const struct spk_lane *lane, size_t rule, uint64_t k)
{
	const struct spk_protocol_run *run = lane->run;
	const struct spk_partition *p = &lane->engine->network.partitions[run->places[k].partition];

	return p->tables[run->objective->projection].plastic[rule].weight[run->places[k].k];
}

int spk_gradient_create(struct spk_protocol_run *run, struct spk_error *err)
{
	const struct spk_projection *p = projection_of(run);

	run->n_rules = (p->plasticity != NULL) + p->n_probes;
	int rc = spk_synapse_places(
		&run->sim->engine.network, run->objective->projection, &run->places, &run->n_synapses, err);
	if (rc)
		return rc;
	rc = spk_network_params(
		&run->sim->engine.network, run->objective->population, &run->par, &run->n_par, err);
	return rc ? rc : spk_agreement_init(&run->agreement, run->n_synapses, run->n_rules, err);
}

int spk_gradient_init_lane(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const uint64_t n_source = run->sim->scenario->populations[projection_of(run)->from].size;

	lane->last = calloc(run->n_rules * run->n_synapses + 1, sizeof *lane->last);
	lane->rates = calloc(n_source + 1, sizeof *lane->rates);
	lane->source_counts = calloc(n_source + 1, sizeof *lane->source_counts);
	lane->mean_u = calloc(run->n_out + 1, sizeof *lane->mean_u);
	lane->mean_direction = calloc(run->n_out + 1, sizeof *lane->mean_direction);
	lane->terms = calloc(spk_gradient_terms(run) + 1, sizeof *lane->terms);
	if (!lane->last || !lane->rates || !lane->source_counts || !lane->mean_u || !lane->mean_direction ||
		!lane->terms)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the gradient");
	return SPK_OK;
}

void spk_gradient_free(struct spk_protocol_run *run)
{
	free(run->places);
	free(run->par);
	spk_agreement_clear(&run->agreement);
}

int spk_gradient_is_paired(const struct spk_protocol_run *run)
{
	for (size_t k = 0; k < run->protocol->n_phases; k++)
		if (run->protocol->phases[k].nudge_paired)
			return 1;
	return 0;
}

/* Rates are known where sources show the whole item all the time, or nothing at any time; else they are
 * counted. */
static int has_mean_rate(const struct spk_protocol_run *run)
{
	const size_t from = projection_of(run)->from;
	const struct spk_population *population = &run->sim->scenario->populations[from];

	for (size_t k = 0; k < run->protocol->n_stages; k++)
		if (run->protocol->stages[k].mask)
			return 0;
	for (size_t k = 0; k < run->protocol->n_phases; k++) {
		const struct spk_phase *phase = &run->protocol->phases[k];
		for (size_t i = 0; i < phase->n_shown; i++)
			if (phase->shown[i].population == from &&
				(phase->shown[i].kind > SPK_SHOW_WHOLE_IMAGE || phase->mask))
				return 0;
	}
	return population->source && population->source->mean_rate;
}

/* Source parameters are those of the neuron at work: they may be drawn, or scheduled. */
static int look_up_rates(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const size_t from = projection_of(run)->from;
	const struct spk_network *net = &lane->engine->network;
	const struct spk_source_model *source = run->sim->scenario->populations[from].source;
	const float *pixels = run->data->pixels + lane->now.item * run->data->n_pixels;

	for (uint32_t i = 0; i < net->n_partitions; i++) {
		const struct spk_member *m = &net->partitions[i].members[from];
		for (uint64_t k = m->lo; k < m->hi; k++)
			lane->rates[k] = source->mean_rate(m->par + (k - m->lo) * source->n_params,
				run->shown_ever[from] ? (double)pixels[k] : 1);
	}
	return spk_network_complete(net, from, sizeof *lane->rates, lane->rates, err);
}

static int read_source_counts(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_network *net = &lane->engine->network;

	for (uint32_t i = 0; i < net->n_partitions; i++) {
		const struct spk_member *m = &net->partitions[i].members[projection_of(lane->run)->from];
		for (uint64_t k = m->lo; k < m->hi; k++)
			lane->source_counts[k] = m->counts[k - m->lo];
	}
	return spk_network_complete(
		net, projection_of(lane->run)->from, sizeof *lane->source_counts, lane->source_counts, err);
}

int spk_gradient_begin(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;

	if (!run->objective->on)
		return SPK_OK;
	for (size_t rule = 0; rule < run->n_rules; rule++)
		for (uint64_t k = 0; k < run->n_synapses; k++)
			lane->last[rule * run->n_synapses + k] = rule_weight(lane, rule, k);
	return has_mean_rate(run) ? look_up_rates(lane, err) : read_source_counts(lane, err);
}

static int count_rates(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const uint64_t n = run->sim->scenario->populations[projection_of(run)->from].size;
	const double ms = spk_presentation_duration(run->sim->scenario, lane->now.number);

	for (uint64_t k = 0; k < n; k++)
		lane->rates[k] = -(double)lane->source_counts[k];
	const int rc = read_source_counts(lane, err);
	for (uint64_t k = 0; k < n; k++)
		lane->rates[k] = 1000 * (lane->rates[k] + (double)lane->source_counts[k]) / ms;
	return rc;
}

static const double *target_par(const struct spk_protocol_run *run, uint64_t j)
{
	return run->par + j * run->n_par;
}

static double area_per_weight(const struct spk_neuron_model *model, const double *par, double weight)
{
	const double unit = weight < 0 ? -1 : 1;

	return model->psp_area(par, unit) / unit;
}

static double weight_of(const struct spk_lane *lane, uint64_t k)
{
	return spk_synapse_weight(
		&lane->engine->network, lane->run->objective->projection, &lane->run->places[k]);
}

/* dJ/du of the targets in the rate limit, at the weights with which the presentation began. Each rank sums
 * over the synapses onto its own targets. */
static int find_direction(struct spk_lane *lane, const struct spk_neuron_model *model, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const int learns = run->n_rules && projection_of(run)->plasticity;

	for (size_t j = 0; j < run->n_out; j++)
		lane->mean_u[j] = model->u_rest(target_par(run, j));
	for (uint64_t k = 0; k < run->n_synapses; k++) {
		const struct spk_synapse_place *place = &run->places[k];
		const double w = learns ? lane->last[k] : weight_of(lane, k);
		const double *par = target_par(run, place->target);
		lane->mean_u[place->target] += model->psp_area(par, w) * lane->rates[place->source] / 1000;
	}
	const int rc = spk_network_complete(
		&lane->engine->network, run->objective->population, sizeof *lane->mean_u, lane->mean_u, err);
	if (!rc)
		spk_objective_gradient(&run->objective_par, run->n_out, lane->mean_u,
			run->data->labels[lane->now.item], lane->mean_direction);
	return rc;
}

int spk_gradient_end(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const struct spk_neuron_model *model =
		run->sim->scenario->populations[run->objective->population].neuron;
	const double sign = spk_gradient_is_paired(run) && lane->now.number % 2 ? -1 : 1;
	double *change = lane->terms;

	if (!run->objective->on)
		return SPK_OK;
	int rc = has_mean_rate(run) ? SPK_OK : count_rates(lane, err);
	if (!rc)
		rc = find_direction(lane, model, err);
	if (rc)
		return rc;
	for (uint64_t k = 0; k < run->n_synapses; k++) {
		const struct spk_synapse_place *place = &run->places[k];
		const double *par = target_par(run, place->target);
		lane->terms[k] = lane->mean_direction[place->target] *
				 area_per_weight(model, par, weight_of(lane, k)) *
				 lane->rates[place->source] / 1000;
	}
	for (size_t rule = 0; rule < run->n_rules; rule++) {
		change += run->n_synapses;
		for (uint64_t k = 0; k < run->n_synapses; k++)
			change[k] =
				sign * (rule_weight(lane, rule, k) - lane->last[rule * run->n_synapses + k]);
	}
	return SPK_OK;
}

size_t spk_gradient_terms(const struct spk_protocol_run *run)
{
	return run->objective->on ? (1 + run->n_rules) * run->n_synapses : 0;
}

static void add_terms(uint64_t n, const double *terms, double *sums)
{
	for (uint64_t k = 0; k < n; k++)
		sums[k] += terms[k];
}

void spk_gradient_add(struct spk_protocol_run *run, const struct spk_lane *lane)
{
	const uint64_t n = run->n_synapses;

	if (!run->objective->on)
		return;
	add_terms(n, lane->terms, spk_agreement_gradient(&run->agreement));
	for (size_t rule = 0; rule < run->n_rules; rule++)
		add_terms(n, lane->terms + (1 + rule) * n, spk_agreement_change(&run->agreement, rule));
	spk_agreement_next(&run->agreement);
}

/* ---- At the end --------------------------------------------------------------------------------- */

/* One array of the agreement, of this rank and of all. */
struct gathering {
	const double *own;
	double *next;
};

static double own_value(void *user, uint64_t k)
{
	return ((const struct gathering *)user)->own[k];
}

static int take_values(void *user, const struct spk_synapse_piece *piece, struct spk_error *err)
{
	struct gathering *g = user;

	(void)err;
	if (piece->n)
		memcpy(g->next, piece->value, piece->n * sizeof *g->next);
	g->next += piece->n;
	return SPK_OK;
}

/* n_arrays arrays over the synapses, one after the other. */
static int gather_arrays(struct spk_protocol_run *run, size_t n_arrays, const double *own, uint64_t n_all,
	double *ret_all, struct spk_error *err)
{
	struct gathering gathering;
	const struct spk_synapse_walk walk = {.network = &run->sim->engine.network,
		.n = run->n_synapses,
		.places = run->places,
		.value = own_value,
		.take = take_values,
		.user = &gathering};
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < n_arrays; k++) {
		gathering =
			(struct gathering){own + k * run->n_synapses, ret_all ? ret_all + k * n_all : NULL};
		rc = spk_synapse_walk(&walk, err);
	}
	return rc;
}

int spk_gradient_gather(struct spk_protocol_run *run, struct spk_error *err)
{
	struct spk_ranks *ranks = run->sim->options.ranks;
	struct spk_agreement all = {0};
	uint64_t n_all = run->n_synapses;
	int rc = SPK_OK;

	if (spk_ranks_count(ranks) == 1 || run->ranks) /* with several lanes rank 0 has them */
		return SPK_OK;
	rc = spk_ranks_sum(ranks, 1, &n_all, err);
	if (!rc && spk_ranks_number(ranks) == 0)
		rc = spk_agreement_init(&all, n_all, run->n_rules, err);
	if (!rc)
		rc = gather_arrays(run, run->n_rules * SPK_AGREEMENT_BLOCKS, run->agreement.change, n_all,
			all.change, err);
	if (!rc)
		rc = gather_arrays(
			run, SPK_AGREEMENT_BLOCKS, run->agreement.gradient, n_all, all.gradient, err);
	if (rc || spk_ranks_number(ranks) > 0) {
		spk_agreement_clear(&all);
		return rc;
	}
	all.presentations = run->agreement.presentations;
	spk_agreement_clear(&run->agreement);
	run->agreement = all;
	run->n_synapses = n_all;
	return SPK_OK;
}
