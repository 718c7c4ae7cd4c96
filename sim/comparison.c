#include "sim/comparison.h"

#include <math.h>
#include <stdlib.h>

#include "sim/gradient.h"
#include "sim/protocol_run.h"

static const struct spk_comparison_plan *plan_of(const struct spk_protocol_run *run, size_t k)
{
	return &run->protocol->comparisons[k];
}

static const struct spk_projection *projection_of(const struct spk_protocol_run *run, size_t k)
{
	return &run->sim->scenario->projections[plan_of(run, k)->projection];
}

static uint64_t count_targets(const struct spk_protocol_run *run, size_t k)
{
	return run->sim->scenario->populations[projection_of(run, k)->to].size;
}

/* Synapse j of the sample. */
static uint64_t place_in_sample(const struct spk_comparison *c, size_t j)
{
	return j * c->n / c->sample.n;
}

static int create_one(struct spk_protocol_run *run, size_t k, struct spk_error *err)
{
	struct spk_comparison *c = &run->comparisons[k];
	const struct spk_network *net = &run->sim->engine.network;
	int rc = spk_synapse_places(net, plan_of(run, k)->projection, &c->places, &c->n, err);

	if (rc)
		return rc;
	c->change = calloc(c->n + 1, sizeof *c->change);
	c->gradient = calloc(c->n + 1, sizeof *c->gradient);
	c->direction = calloc(count_targets(run, k) + 1, sizeof *c->direction);
	if (!c->change || !c->gradient || !c->direction)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates with the gradient");
	rc = spk_network_params(net, projection_of(run, k)->to, &c->par, &c->n_par, err);
	return rc ? rc
		  : spk_agreement_init(&c->sample,
			    c->n < SPK_COMPARED_SYNAPSES ? (size_t)c->n : SPK_COMPARED_SYNAPSES, 1, err);
}

int spk_comparisons_create(struct spk_protocol_run *run, struct spk_error *err)
{
	const size_t n = run->protocol->n_comparisons;
	int rc = SPK_OK;

	run->comparisons = calloc(n + 1, sizeof *run->comparisons);
	if (!run->comparisons)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates with the gradient");
	for (size_t k = 0; !rc && k < n; k++)
		rc = create_one(run, k, err);
	return rc;
}

void spk_comparisons_free(struct spk_protocol_run *run)
{
	for (size_t k = 0; run->comparisons && k < run->protocol->n_comparisons; k++) {
		struct spk_comparison *c = &run->comparisons[k];
		free(c->places);
		free(c->change);
		free(c->gradient);
		free(c->direction);
		free(c->par);
		spk_agreement_clear(&c->sample);
	}
	free(run->comparisons);
}

/* ---- A lane ------------------------------------------------------------------------------------- */

static void free_weights(const struct spk_protocol_run *run, double **weights)
{
	for (size_t k = 0; weights && k < run->protocol->n_comparisons; k++)
		free(weights[k]);
	free(weights);
}

/* Room for the weights of each comparison; NULL: out of memory. */
static double **create_weights(const struct spk_protocol_run *run)
{
	const size_t n = run->protocol->n_comparisons;
	double **weights = calloc(n + 1, sizeof *weights);
	int has_all = weights != NULL;

	for (size_t k = 0; has_all && k < n; k++) {
		weights[k] = calloc(run->comparisons[k].n + 1, sizeof *weights[k]);
		has_all = weights[k] != NULL;
	}
	if (has_all)
		return weights;
	free_weights(run, weights);
	return NULL;
}

int spk_comparisons_init_lane(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;

	lane->compared = create_weights(run);
	lane->ended = run->ranks ? create_weights(run) : NULL;
	return lane->compared && (lane->ended || !run->ranks)
		       ? SPK_OK
		       : spk_fail(err, SPK_E_NOMEM, "out of memory to compare updates");
}

void spk_comparisons_clear_lane(struct spk_lane *lane)
{
	free_weights(lane->run, lane->compared);
	free_weights(lane->run, lane->ended);
}

/* Weight of a synapse of a plastic projection. */
static double weight_at(
	const struct spk_network *network, size_t projection, const struct spk_synapse_place *place)
{
	return network->partitions[place->partition].tables[projection].table.f64[place->k];
}

static void read_weights(const struct spk_lane *lane, double **ret_weights)
{
	for (size_t k = 0; k < lane->run->protocol->n_comparisons; k++) {
		const struct spk_comparison *c = &lane->run->comparisons[k];
		for (uint64_t i = 0; i < c->n; i++)
			ret_weights[k][i] = weight_at(
				&lane->engine->network, plan_of(lane->run, k)->projection, &c->places[i]);
	}
}

void spk_comparisons_begin(struct spk_lane *lane)
{
	read_weights(lane, lane->compared);
}

void spk_comparisons_end(struct spk_lane *lane)
{
	if (lane->ended)
		read_weights(lane, lane->ended);
}

/* ---- Directions --------------------------------------------------------------------------------- */

/* du/dW of a target for each Hz of the source, on the side of the weight's sign. */
static double shift_of(const struct spk_neuron_model *model, const double *par, double weight)
{
	const double unit = weight < 0 ? -1 : 1;

	return model->psp_area(par, unit) / unit / 1000;
}

/* dJ/drate of the targets of comparison k: the directions above, sent back through the weights. */
static void send_back(struct spk_protocol_run *run, const struct spk_lane *lane, size_t k)
{
	const size_t above = plan_of(run, k)->above;
	const struct spk_comparison *from = &run->comparisons[above];
	const struct spk_neuron_model *model =
		run->sim->scenario->populations[projection_of(run, above)->to].neuron;
	double *direction = run->comparisons[k].direction;

	for (uint64_t i = 0; i < count_targets(run, k); i++)
		direction[i] = 0;
	for (uint64_t s = 0; s < from->n; s++) {
		const struct spk_synapse_place *place = &from->places[s];
		const double *par = from->par + place->target * from->n_par;
		direction[place->source] += from->direction[place->target] *
					    model->psp_area(par, lane->compared[above][s]) / 1000;
	}
}

static void find_direction(struct spk_protocol_run *run, const struct spk_lane *lane, size_t k)
{
	const struct spk_comparison_plan *plan = plan_of(run, k);
	const struct spk_comparison *c = &run->comparisons[k];
	const struct spk_neuron_model *model =
		run->sim->scenario->populations[projection_of(run, k)->to].neuron;

	if (plan->kind == SPK_DIRECTION_BACK)
		send_back(run, lane, k);
	for (uint64_t j = 0; j < count_targets(run, k); j++) {
		if (plan->kind == SPK_DIRECTION_TOP)
			c->direction[j] = lane->direction[j];
		if (plan->kind == SPK_DIRECTION_ERROR)
			c->direction[j] = (double)lane->readouts[plan->target].values[j] -
					  (double)lane->readouts[plan->prediction].values[j];
		else if (plan->u != SIZE_MAX)
			c->direction[j] *= model->rate_slope(
				c->par + j * c->n_par, (double)lane->readouts[plan->u].values[j]);
	}
}

/* ---- Sums --------------------------------------------------------------------------------------- */

/* What the synapses of a comparison add after a presentation. */
struct terms {
	const struct spk_comparison *comparison;
	const struct spk_lane *lane;
	size_t number;                        /* of the comparison */
	const float *pre;                     /* readout of the sources */
	const double *last;                   /* weights as the presentation began */
	const struct spk_neuron_model *model; /* of the targets; NULL: u is not moved by its psp_area */
	double sign;                          /* of the changes */
};

static struct terms terms_of(const struct spk_protocol_run *run, const struct spk_lane *lane, size_t k)
{
	const struct spk_comparison_plan *plan = plan_of(run, k);
	const int is_error = plan->kind == SPK_DIRECTION_ERROR;

	return (struct terms){.comparison = &run->comparisons[k],
		.lane = lane,
		.number = k,
		.pre = lane->readouts[plan->pre].values,
		.last = lane->compared[k],
		.model = is_error ? NULL : run->sim->scenario->populations[projection_of(run, k)->to].neuron,
		.sign = !is_error && spk_gradient_is_paired(run) && lane->now.number % 2 ? -1 : 1};
}

static double gradient_of(const struct terms *t, uint64_t i)
{
	const struct spk_comparison *c = t->comparison;
	const struct spk_synapse_place *place = &c->places[i];
	const double product = c->direction[place->target] * (double)t->pre[place->source];

	return t->model ? product * shift_of(t->model, c->par + place->target * c->n_par, t->last[i])
			: product;
}

static double change_of(const struct terms *t, uint64_t i)
{
	const struct spk_lane *lane = t->lane;
	const double weight =
		lane->ended ? lane->ended[t->number][i]
			    : weight_at(&lane->engine->network, plan_of(lane->run, t->number)->projection,
				      &t->comparison->places[i]);

	return t->sign * (weight - t->last[i]);
}

void spk_comparisons_add(struct spk_protocol_run *run, const struct spk_lane *lane)
{
	for (size_t k = 0; k < run->protocol->n_comparisons; k++) {
		struct spk_comparison *c = &run->comparisons[k];
		const struct terms terms = terms_of(run, lane, k);
		find_direction(run, lane, k);
		for (uint64_t i = 0; i < c->n; i++) {
			const double gradient = gradient_of(&terms, i), change = change_of(&terms, i);
			if (gradient !=
				0) /* most are 0: sources that were silent, synapses without arrivals */
				c->gradient[i] += gradient;
			if (change != 0)
				c->change[i] += change;
		}
		double *gradients = spk_agreement_gradient(&c->sample),
		       *changes = spk_agreement_change(&c->sample, 0);
		for (size_t j = 0; j < c->sample.n; j++) {
			gradients[j] += gradient_of(&terms, place_in_sample(c, j));
			changes[j] += change_of(&terms, place_in_sample(c, j));
		}
		spk_agreement_next(&c->sample);
	}
}

int spk_comparison_cosine(
	const struct spk_comparison *c, struct spk_cosine *ret_cosine, struct spk_error *err)
{
	double cc = 0, cg = 0, gg = 0;
	const int rc = spk_agreement_cosine(&c->sample, 0, ret_cosine, err);

	for (uint64_t i = 0; i < c->n; i++) {
		cc += c->change[i] * c->change[i];
		cg += c->change[i] * c->gradient[i];
		gg += c->gradient[i] * c->gradient[i];
	}
	if (!rc && c->sample.n < c->n)
		spk_cosine_move(ret_cosine, cg / sqrt(cc * gg));
	return rc;
}
