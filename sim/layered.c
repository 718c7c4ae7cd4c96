#include "sim/layered.h"

#include <stdlib.h>
#include <string.h>

#include "sim/member.h"

static int no_memory(struct spk_error *err)
{
	return spk_fail(err, SPK_E_NOMEM, "out of memory for the objective");
}

/* ---- Rows that wait ----------------------------------------------------------------------------- */

/* Room for a row at the end; NULL when out of memory. */
static double *push_row(struct spk_rows *rows)
{
	if (rows->first == rows->n)
		rows->first = rows->n = 0;
	if (rows->n == rows->capacity) {
		const size_t capacity = rows->capacity ? 2 * rows->capacity : 4;
		double *grown = realloc(rows->values, (capacity * rows->width + 1) * sizeof *grown);
		if (!grown)
			return NULL;
		rows->values = grown;
		rows->capacity = capacity;
	}
	return rows->values + rows->n++ * rows->width;
}

static int has_row(const struct spk_rows *rows)
{
	return rows->first < rows->n;
}

static const double *first_row(const struct spk_rows *rows)
{
	return rows->values + rows->first * rows->width;
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

/* Parameters of the first copy of each unit; all copies have the same. */
static int copy_params(
	const struct spk_network *net, size_t population, struct spk_layer *layer, struct spk_error *err)
{
	const struct spk_population *p = layer->population;
	const struct spk_neuron_model *model = p->neuron;
	int rc = SPK_OK;

	layer->n_par = model->n_params + model->n_derived;
	layer->par = calloc(layer->n * layer->n_par + 1, sizeof *layer->par);
	layer->rest = calloc(layer->n + 1, sizeof *layer->rest);
	layer->area[0] = calloc(layer->n + 1, sizeof *layer->area[0]);
	layer->area[1] = calloc(layer->n + 1, sizeof *layer->area[1]);
	if (!layer->par || !layer->rest || !layer->area[0] || !layer->area[1])
		return no_memory(err);
	for (uint32_t i = 0; i < net->n_partitions; i++) {
		const struct spk_member *m = &net->partitions[i].members[population];
		double *blocks;
		size_t stride;
		rc = spk_member_params(m, net->scenario->seed, &blocks, &stride, err);
		if (rc)
			return rc;
		for (uint64_t k = m->lo; k < m->hi; k++)
			if (k % p->copies == 0)
				memcpy(layer->par + k / p->copies * layer->n_par,
					blocks + (k - m->lo) * stride, layer->n_par * sizeof *blocks);
		free(blocks);
	}
	rc = spk_ranks_complete(
		net->ranks, layer->lo, layer->hi, layer->n_par * sizeof *layer->par, layer->par, err);
	for (size_t k = 0; !rc && k < layer->n; k++) {
		const double *par = layer->par + k * layer->n_par;
		layer->rest[k] = model->u_rest(par);
		layer->area[0][k] = model->psp_area(par, 1);
		layer->area[1][k] = -model->psp_area(par, -1);
	}
	return rc;
}

static int create_layer(
	const struct spk_network *net, struct spk_layered *layered, size_t l, struct spk_error *err)
{
	struct spk_layer *layer = &layered->layers[l];
	const size_t population = layered->record->layers[l];
	uint64_t lo, hi;

	layer->population = &net->scenario->populations[population];
	layer->n = layer->population->size / layer->population->copies;
	spk_network_own(net, population, &lo, &hi);
	layer->lo = (lo + layer->population->copies - 1) / layer->population->copies;
	layer->hi = (hi + layer->population->copies - 1) / layer->population->copies;
	layer->has_states = layer->population->neuron && layered->record->readout != SPK_READ_RATE;
	layer->rates.width = layer->states.width = layer->n;
	return layer->population->neuron ? copy_params(net, population, layer, err) : SPK_OK;
}

/* Synapses onto the first copy of each unit stand for those of all. */
static void keep_first_copies(struct spk_link *link)
{
	uint64_t n = 0;

	for (uint64_t k = 0; k < link->n; k++)
		if (link->places[k].target % link->to_copies == 0)
			link->places[n++] = link->places[k];
	link->n = n;
}

static int create_link(const struct spk_network *net, const struct spk_layered *layered,
	struct spk_link *link, struct spk_error *err)
{
	const struct spk_projection *p = &net->scenario->projections[link->projection];
	const struct spk_population *populations = net->scenario->populations;

	link->is_plastic = p->plasticity != NULL;
	int rc = spk_synapse_places(net, link->projection, &link->places, &link->n, err);
	if (rc)
		return rc;
	link->from_copies = (uint32_t)populations[p->from].copies;
	link->to_copies = (uint32_t)populations[p->to].copies;
	keep_first_copies(link);
	link->waiting.width = link->n;
	link->weights = calloc(link->n + 1, sizeof *link->weights);
	if (layered->record->gradient)
		link->gradient = calloc(link->n + 1, sizeof *link->gradient);
	if (!link->weights || (layered->record->gradient && !link->gradient))
		return no_memory(err);
	for (uint64_t k = 0; k < link->n; k++)
		link->weights[k] = spk_synapse_weight(net, link->projection, &link->places[k]);
	return SPK_OK;
}

static void list_links(struct spk_layered *l)
{
	const struct spk_record_objective *r = l->record;

	for (size_t k = r->lowest; k + 1 < r->n_layers; k++)
		l->links[l->n_links++] =
			(struct spk_link){.projection = r->decoders[k], .from = k + 1, .to = k, .factor = 1};
	l->n_decoders = l->n_links;
	for (size_t k = 0; r->encoders && k + 1 < r->n_layers; k++)
		l->links[l->n_links++] = (struct spk_link){
			.projection = r->encoders[k], .from = k, .to = k + 1, .factor = r->alpha};
}

int spk_layered_create(const struct spk_network *network, const struct spk_record_objective *record,
	struct spk_layered *ret_layered, struct spk_error *err)
{
	struct spk_layered l = {.record = record, .ranks = network->ranks, .n_layers = record->n_layers};
	size_t largest = 0;
	int rc = SPK_OK;

	l.layers = calloc(l.n_layers, sizeof *l.layers);
	l.links = calloc(2 * l.n_layers, sizeof *l.links);
	if (!l.layers || !l.links)
		rc = no_memory(err);
	for (size_t k = 0; !rc && k < l.n_layers; k++) {
		rc = create_layer(network, &l, k, err);
		largest = l.layers[k].n > largest ? l.layers[k].n : largest;
	}
	if (!rc)
		list_links(&l);
	for (size_t k = 0; !rc && k < l.n_links; k++)
		rc = create_link(network, &l, &l.links[k], err);
	l.scratch = calloc(largest + 1, sizeof *l.scratch);
	if (!rc && !l.scratch)
		rc = no_memory(err);
	if (rc)
		spk_layered_clear(&l);
	else
		*ret_layered = l;
	return rc;
}

void spk_layered_clear(struct spk_layered *l)
{
	for (size_t k = 0; l->layers && k < l->n_layers; k++) {
		struct spk_layer *layer = &l->layers[k];
		free(layer->par);
		free(layer->rest);
		free(layer->area[0]);
		free(layer->area[1]);
		free(layer->rates.values);
		free(layer->states.values);
	}
	for (size_t k = 0; k < l->n_links; k++) {
		struct spk_link *link = &l->links[k];
		free(link->places);
		free(link->weights);
		free(link->waiting.values);
		free(link->gradient);
	}
	free(l->layers);
	free(l->links);
	free(l->scratch);
	*l = (struct spk_layered){0};
}

/* ---- What comes in ------------------------------------------------------------------------------ */

int spk_layered_is_plastic(const struct spk_layered *l)
{
	for (size_t k = 0; k < l->n_links; k++)
		if (l->links[k].is_plastic)
			return 1;
	return 0;
}

int spk_layered_rates(struct spk_layered *l, size_t layer, const double *rates, struct spk_error *err)
{
	double *row = push_row(&l->layers[layer].rates);

	if (!row)
		return no_memory(err);
	memcpy(row, rates, l->layers[layer].n * sizeof *row);
	return SPK_OK;
}

int spk_layered_states(
	struct spk_layered *l, size_t layer, size_t n, const double *values, struct spk_error *err)
{
	double *row = push_row(&l->layers[layer].states);

	if (!row)
		return no_memory(err);
	for (size_t k = 0; k < l->layers[layer].n; k++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += values[k * n + i];
		row[k] = sum / (double)n;
	}
	return SPK_OK;
}

int spk_layered_weights(struct spk_layered *l, const struct spk_network *network, struct spk_error *err)
{
	for (size_t k = 0; k < l->n_links; k++) {
		struct spk_link *link = &l->links[k];
		double *row = link->is_plastic ? push_row(&link->waiting) : link->weights;
		if (!row)
			return no_memory(err);
		for (uint64_t i = 0; link->is_plastic && i < link->n; i++)
			row[i] = spk_synapse_weight(network, link->projection, &link->places[i]);
	}
	return SPK_OK;
}

/* ---- One point ---------------------------------------------------------------------------------- */

int spk_layered_has_next(const struct spk_layered *l)
{
	for (size_t k = 0; k < l->n_layers; k++)
		if (!has_row(&l->layers[k].rates) ||
			(l->layers[k].has_states && !has_row(&l->layers[k].states)))
			return 0;
	for (size_t k = 0; k < l->n_links; k++)
		if (l->links[k].is_plastic && !has_row(&l->links[k].waiting))
			return 0;
	return 1;
}

static void take_weights(struct spk_link *link)
{
	if (!link->is_plastic)
		return;
	memcpy(link->weights, first_row(&link->waiting), link->n * sizeof *link->weights);
	link->waiting.first++;
}

/* Units of synapse k. */
static uint32_t source_of(const struct spk_link *link, uint64_t k)
{
	return link->places[k].source / link->from_copies;
}

static uint32_t target_of(const struct spk_link *link, uint64_t k)
{
	return link->places[k].target / link->to_copies;
}

/* Scratch: the net input a of each unit of the link's target. */
static int predict(const struct spk_layered *l, const struct spk_link *link, struct spk_error *err)
{
	const struct spk_layer *to = &l->layers[link->to];
	const double *rates = first_row(&l->layers[link->from].rates);

	memcpy(l->scratch, to->rest, to->n * sizeof *l->scratch);
	for (uint64_t k = 0; k < link->n; k++) {
		const uint32_t j = target_of(link, k);
		const double w = link->weights[k];
		l->scratch[j] += w * to->area[w < 0][j] * rates[source_of(link, k)] / 1000;
	}
	return spk_ranks_complete(l->ranks, to->lo, to->hi, sizeof *l->scratch, l->scratch, err);
}

/* From a to d term / da (without factor); the term itself is returned. */
static double compare(const struct spk_layered *l, const struct spk_link *link)
{
	const struct spk_layer *to = &l->layers[link->to];
	const struct spk_neuron_model *model = to->population->neuron;
	const double *h = first_row(to->has_states ? &to->states : &to->rates);
	const double sigma = l->record->sigma[link->to];
	double sum = 0;

	for (size_t j = 0; j < to->n; j++) {
		const double *par = to->par + j * to->n_par, a = l->scratch[j];
		const double rest = h[j] - (to->has_states ? a : model->rate(par, a));
		const double slope = to->has_states ? 1 : link->gradient ? model->rate_slope(par, a) : 0;
		sum += rest * rest;
		/* a unit that is where it should be has no gradient, also at a threshold */
		l->scratch[j] = rest == 0 ? 0 : rest / (sigma * sigma) * slope;
	}
	return -sum / (2 * sigma * sigma);
}

static void add_gradient(const struct spk_layered *l, struct spk_link *link)
{
	const struct spk_layer *to = &l->layers[link->to];
	const double *rates = first_row(&l->layers[link->from].rates);

	for (uint64_t k = 0; link->gradient && k < link->n; k++) {
		const uint32_t j = target_of(link, k);
		link->gradient[k] += link->factor * l->scratch[j] * to->area[link->weights[k] < 0][j] *
				     rates[source_of(link, k)] / 1000;
	}
}

int spk_layered_next(struct spk_layered *l, double *ret_terms, double *ret_J, struct spk_error *err)
{
	double J = 0;

	for (size_t k = 0; k < l->n_links; k++) {
		struct spk_link *link = &l->links[k];
		take_weights(link);
		const int rc = predict(l, link, err);
		if (rc)
			return rc;
		ret_terms[k] = compare(l, link);
		add_gradient(l, link);
		J += link->factor * ret_terms[k];
	}
	for (size_t k = 0; k < l->n_layers; k++) {
		l->layers[k].rates.first++;
		l->layers[k].states.first += (size_t)l->layers[k].has_states;
	}
	*ret_J = J;
	return SPK_OK;
}
