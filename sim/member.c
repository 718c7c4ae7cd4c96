#include "sim/member.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/draw.h"
#include "sim/group_general.h"
#include "sim/network.h"
#include "sim/source.h"

int spk_selection_has(const struct spk_selection *selection, uint64_t k)
{
	for (size_t i = 0; i < selection->n; i++)
		if (k >= selection->ranges[i].first && k <= selection->ranges[i].last)
			return 1;
	return selection->n == 0;
}

static void choose_block(struct spk_member *m, uint32_t number, uint32_t n_partitions)
{
	const uint64_t blocks = (m->population->size + SPK_GROUP_BLOCK - 1) / SPK_GROUP_BLOCK;

	m->lo = blocks * number / n_partitions * SPK_GROUP_BLOCK;
	m->hi = blocks * (number + 1) / n_partitions * SPK_GROUP_BLOCK;
	if (m->hi > m->population->size)
		m->hi = m->population->size;
	if (m->lo > m->hi)
		m->lo = m->hi;
}

static void emit_spike(void *context, uint32_t neuron, double t)
{
	struct spk_member *m = context;
	struct spk_partition *p = m->partition;
	int rc = spk_fired_append(&p->fired, t, m->first_id + neuron);

	spk_member_count(m, neuron);
	for (size_t i = 0; m->has_rules && i < p->n_tables; i++)
		for (size_t k = 0; !rc && p->tables[i].to == m->index && k < p->tables[i].n_plastic; k++)
			rc = spk_plastic_post_spike(&p->tables[i].plastic[k], neuron, t);
	if (rc)
		p->status = rc;
}

int spk_input_targets(const struct spk_input *input, size_t population)
{
	for (size_t k = 0; k < input->n_targets; k++)
		if (input->targets[k] == population)
			return 1;
	return 0;
}

/*
 * Fewer events than one a millisecond onto a block of neurons: drawing them block by block, window by window,
 * would cost more than handling each by itself.
 */
static int is_slow(const struct spk_input *input, uint64_t copies)
{
	double rate = input->rate.a;

	for (size_t k = 0; k < input->schedule.n; k++)
		rate = fmax(rate, input->schedule.values[k]);
	return rate * (double)copies * SPK_GROUP_BLOCK < 1000;
}

int spk_input_is_drawn_by_group(const struct spk_scenario *sc, uint32_t input, const struct spk_member *m)
{
	return m->type != &spk_group_general && !m->keeps &&
	       !is_slow(&sc->inputs[input], m->population->copies);
}

/* The fast group may still decline: its parameters decide. */
static int is_served(const struct spk_member *m, const double *par, size_t n_inputs)
{
	const struct spk_group_type *type = m->type;

	return (!type->suits || type->suits(par, n_inputs, m->pauses)) &&
	       (!m->keeps || !(m->keeps & ~type->can_keep(par)));
}

/* Unit of neuron k of the member, in its population. */
static uint64_t unit_of(const struct spk_member *m, uint64_t k)
{
	return (m->lo + k) / m->population->copies;
}

double spk_member_param(const struct spk_member *m, uint64_t seed, size_t field, uint64_t k)
{
	const uint32_t sub = m->index << 8 | (uint32_t)field;
	const uint64_t unit = unit_of(m, k);
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_PARAM, sub, m->first_unit + unit);

	return spk_value_draw(&m->population->params[field], unit, &rng);
}

/* Copies of a unit start from states of their own. */
static double draw_state(const struct spk_member *m, uint64_t seed, size_t field, uint64_t k)
{
	const uint32_t sub = m->index << 8 | (uint32_t)field;
	struct spk_rng rng = spk_rng_stream(seed, SPK_RNG_INITIAL, sub, m->first_id + k);

	return spk_value_draw(&m->population->initial[field], unit_of(m, k), &rng);
}

int spk_member_params(const struct spk_member *m, uint64_t seed, double **ret_par, size_t *ret_stride,
	struct spk_error *err)
{
	const struct spk_neuron_model *model = m->population->neuron;
	const size_t n_par = model->n_params + model->n_derived, n = m->hi - m->lo;
	const int shared = spk_values_are_constant(m->population->params, model->n_params);
	const size_t blocks = shared ? 1 : n;
	double *par = malloc((blocks * n_par + 1) * sizeof *par);
	int rc = SPK_OK;

	if (!par)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for parameters");
	for (size_t k = 0; !rc && k < blocks; k++) {
		for (size_t i = 0; i < model->n_params; i++)
			par[k * n_par + i] = spk_member_param(m, seed, i, k);
		rc = model->derive(par + k * n_par, err);
	}
	if (rc) {
		free(par);
		return rc;
	}
	*ret_par = par;
	*ret_stride = shared ? 0 : n_par;
	return SPK_OK;
}

static int draw_initial(struct spk_member *m, uint64_t seed, const double *par, size_t stride)
{
	const struct spk_neuron_model *model = m->population->neuron;
	const size_t n = m->hi - m->lo;

	m->initial = malloc((n * model->n_states + 1) * sizeof *m->initial);
	if (!m->initial)
		return 0;
	for (size_t k = 0; k < n; k++) {
		double *st = m->initial + k * model->n_states;
		for (size_t i = 0; i < model->n_states; i++)
			st[i] = draw_state(m, seed, i, k);
		model->init(st, par + k * stride);
	}
	return 1;
}

/* The inputs that the member's group draws itself. */
static size_t list_inputs(
	const struct spk_scenario *sc, const struct spk_member *m, struct spk_group_input *ret_inputs)
{
	size_t n = 0;

	for (uint32_t k = 0; k < sc->n_inputs; k++)
		if (spk_input_targets(&sc->inputs[k], m->index) && spk_input_is_drawn_by_group(sc, k, m))
			ret_inputs[n++] = (struct spk_group_input){.rate = spk_input_rate(sc, k, m, 0),
				.weight = sc->inputs[k].weight / (double)m->population->copies,
				.number = k};
	return n;
}

/* Weights depend on its spikes at once: those of the target, and those of a source without axonal delay. */
static int is_settled_at_pauses(const struct spk_scenario *sc, size_t population)
{
	for (size_t k = 0; k < sc->n_projections; k++) {
		const struct spk_projection *p = &sc->projections[k];
		const int is_early = p->dendritic.law != SPK_CONSTANT || p->dendritic.a > 0;
		if ((p->plasticity || p->n_probes) &&
			(p->to == population || (p->from == population && is_early)))
			return 1;
	}
	return 0;
}

static int create_group(struct spk_partition *p, struct spk_member *m, struct spk_error *err)
{
	const struct spk_scenario *sc = p->scenario;
	struct spk_group_input *inputs = malloc((sc->n_inputs + 1) * sizeof *inputs);
	double *par = NULL;
	size_t stride = 0, n_inputs = 0;
	int rc = inputs ? spk_member_params(m, sc->seed, &par, &stride, err)
			: spk_fail(err, SPK_E_NOMEM, "out of memory for inputs");

	if (rc)
		goto out;
	if (!draw_initial(m, p->seed, par, stride)) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for initial states");
		goto out;
	}
	m->pauses = is_settled_at_pauses(sc, m->index);
	m->keeps = spk_member_reads(sc, m->index);
	m->type = spk_member_type(sc, m->index);
	n_inputs = list_inputs(sc, m, inputs);
	if (!is_served(m, par, n_inputs)) {
		m->type = &spk_group_general;
		n_inputs = 0;
	}
	if (m->type->epoch_tau)
		m->epoch_tau = m->type->epoch_tau(par);
	const struct spk_group_spec spec = {.model = m->population->neuron,
		.n = m->hi - m->lo,
		.first_id = m->first_id,
		.seed = p->seed,
		.par = par,
		.par_stride = stride,
		.state = m->initial,
		.keeps = m->keeps,
		.n_inputs = n_inputs,
		.inputs = inputs,
		.is_driven = spk_member_is_driven(sc, m->index),
		.emit = emit_spike,
		.context = m};
	rc = m->type->create(&spec, &m->group, err);
	if (rc)
		m->type = NULL;
out:
	free(inputs);
	free(par);
	return rc;
}

static int create_sources(struct spk_member *m, uint64_t seed, struct spk_error *err)
{
	const struct spk_source_model *model = m->population->source;
	const size_t n = m->hi - m->lo;

	m->par = malloc((n * model->n_params + 1) * sizeof *m->par);
	m->units = calloc(n + 1, sizeof *m->units);
	if (!m->par || !m->units)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for sources");
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < model->n_params; i++)
			m->par[k * model->n_params + i] = spk_member_param(m, seed, i, k);
		const int rc = model->derive ? model->derive(m->par + k * model->n_params, err) : SPK_OK;
		if (rc)
			return rc;
		m->units[k].drive = 1;
		m->units[k].rng =
			spk_rng_stream(m->partition->seed, SPK_RNG_SOURCE, m->index, m->first_id + k);
	}
	return spk_due_init(&m->due, n, err);
}

double spk_input_rate(const struct spk_scenario *sc, uint32_t input, const struct spk_member *m, uint64_t k)
{
	const uint64_t unit = unit_of(m, k);
	struct spk_rng rng =
		spk_rng_stream(sc->seed, SPK_RNG_PARAM, UINT32_MAX - input, m->first_unit + unit);

	return spk_value_draw(&sc->inputs[input].rate, unit, &rng) * (double)m->population->copies;
}

static int create_stream(struct spk_partition *p, uint32_t number, size_t population, struct spk_error *err)
{
	const struct spk_input *input = &p->scenario->inputs[number];
	struct spk_member *m = &p->members[population];
	struct spk_input_stream *s = &p->streams[p->n_streams++];
	const size_t n = m->hi - m->lo;

	*s = (struct spk_input_stream){.number = number,
		.member = population,
		.weight = input->weight / (double)m->population->copies,
		.rate = NAN};
	s->neurons = malloc((n + 1) * sizeof *s->neurons);
	s->own_rate = malloc((n + 1) * sizeof *s->own_rate);
	s->rng = malloc((n + 1) * sizeof *s->rng);
	if (!s->neurons || !s->own_rate || !s->rng)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for inputs");
	for (uint64_t k = m->lo; k < m->hi; k++) {
		if (!spk_selection_has(&input->neurons, k / m->population->copies))
			continue;
		const uint64_t id = m->first_id + (k - m->lo);
		s->neurons[s->n] = (uint32_t)(k - m->lo);
		s->own_rate[s->n] = spk_input_rate(p->scenario, number, m, k - m->lo);
		s->rng[s->n] = spk_rng_stream(p->seed, SPK_RNG_INPUT, number, id);
		s->n++;
	}
	return spk_due_init(&s->due, s->n, err);
}

static int create_streams(struct spk_partition *p, struct spk_error *err)
{
	const struct spk_scenario *sc = p->scenario;
	size_t n = 0;
	int rc = SPK_OK;

	for (size_t k = 0; k < sc->n_inputs; k++)
		n += sc->inputs[k].n_targets;
	p->streams = calloc(n + 1, sizeof *p->streams);
	if (!p->streams)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for inputs");
	for (uint32_t k = 0; k < sc->n_inputs; k++)
		for (size_t i = 0;
			!rc && sc->inputs[k].kind == SPK_INPUT_POISSON && i < sc->inputs[k].n_targets; i++)
			if (!spk_input_is_drawn_by_group(sc, k, &p->members[sc->inputs[k].targets[i]]))
				rc = create_stream(p, k, sc->inputs[k].targets[i], err);
	return rc;
}

int spk_members_create(struct spk_partition *p, const uint32_t *first_id, struct spk_error *err)
{
	const struct spk_scenario *sc = p->scenario;
	uint64_t first_unit = 0;
	int rc = SPK_OK;

	p->members = calloc(sc->n_populations + 1, sizeof *p->members);
	if (!p->members)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for populations");
	for (; !rc && p->n_members < sc->n_populations; p->n_members++) {
		struct spk_member *m = &p->members[p->n_members];
		m->population = &sc->populations[p->n_members];
		m->partition = p;
		m->index = (uint32_t)p->n_members;
		m->first_unit = first_unit;
		first_unit += m->population->size / m->population->copies;
		choose_block(m, p->number, p->n_partitions);
		m->first_id = first_id[p->n_members] + (uint32_t)m->lo;
		if (sc->protocol.on)
			m->counts = calloc(m->hi - m->lo + 1, sizeof *m->counts);
		if (sc->protocol.on && !m->counts)
			rc = spk_fail(err, SPK_E_NOMEM, "out of memory for populations");
		else if (m->population->neuron)
			rc = create_group(p, m, err);
		else
			rc = create_sources(m, sc->seed, err);
	}
	return rc ? rc : create_streams(p, err);
}

void spk_members_free(struct spk_partition *p)
{
	for (size_t k = 0; p->members && k < p->scenario->n_populations; k++) {
		struct spk_member *m = &p->members[k];
		if (m->type)
			m->type->free(m->group);
		free(m->initial);
		free(m->inputs.items);
		free(m->counts);
		free(m->par);
		free(m->units);
		spk_due_clear(&m->due);
	}
	for (size_t k = 0; k < p->n_streams; k++) {
		free(p->streams[k].neurons);
		free(p->streams[k].own_rate);
		spk_due_clear(&p->streams[k].due);
		free(p->streams[k].rng);
	}
	free(p->members);
	free(p->streams);
}

void spk_members_start(struct spk_partition *p)
{
	for (size_t k = 0; k < p->n_members; k++)
		for (size_t i = 0; !p->members[k].type && i < p->members[k].hi - p->members[k].lo; i++)
			spk_source_set_drive(&p->members[k], i, 0, p->members[k].units[i].drive);
	for (size_t k = 0; k < p->n_streams; k++)
		spk_stream_start(&p->streams[k], 0);
}

int spk_samplers_create(struct spk_partition *p, struct spk_error *err)
{
	const struct spk_scenario *sc = p->scenario;

	p->samplers = calloc(sc->n_states + 1, sizeof *p->samplers);
	if (!p->samplers)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (; p->n_samplers < sc->n_states; p->n_samplers++) {
		struct spk_sampler *s = &p->samplers[p->n_samplers];
		s->record = &sc->states[p->n_samplers];
		s->member = s->record->population;
		const struct spk_member *m = &p->members[s->member];
		s->neurons = malloc((m->hi - m->lo + 1) * sizeof *s->neurons);
		if (!s->neurons)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
		for (uint64_t k = m->lo; k < m->hi; k++)
			if (spk_selection_has(&s->record->neurons, k))
				s->neurons[s->n_neurons++] = (uint32_t)(k - m->lo);
	}
	return SPK_OK;
}

void spk_samplers_free(struct spk_partition *p)
{
	for (size_t k = 0; p->samplers && k < p->scenario->n_states; k++) {
		free(p->samplers[k].neurons);
		free(p->samplers[k].values);
		free(p->samplers[k].t);
		free(p->samplers[k].ids);
	}
	free(p->samplers);
}
