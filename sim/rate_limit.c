#include "sim/rate_limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/member.h"

enum { BLOCK = 64 };

static const double MAX_BYTES = 1073741824; /* of all matrices */
static const char RATE[] = "rate";

static int no_memory(struct spk_error *err)
{
	return spk_fail(err, SPK_E_NOMEM, "out of memory for the rate limit");
}

/* ---- Units -------------------------------------------------------------------------------------- */

/* The members of a population, one after the other, are its neurons in order. */
static const struct spk_member *member_of(const struct spk_network *net, size_t population, uint64_t neuron)
{
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_member *m = &net->partitions[k].members[population];
		if (neuron >= m->lo && neuron < m->hi)
			return m;
	}
	return NULL;
}

static int copy_params(const struct spk_network *net, struct spk_rate_units *u, struct spk_error *err)
{
	const struct spk_neuron_model *neuron = u->population->neuron;
	const struct spk_source_model *source = u->population->source;
	const size_t n_params = neuron ? neuron->n_params : source->n_params;
	const uint64_t copies = u->population->copies;
	int rc = SPK_OK;

	u->par_stride = n_params + (neuron ? neuron->n_derived : 0);
	u->par = malloc((u->n * u->par_stride + 1) * sizeof *u->par);
	if (!u->par)
		return no_memory(err);
	for (uint64_t k = 0; !rc && k < u->n; k++) {
		const struct spk_member *m = member_of(net, u->index, k * copies);
		double *par = u->par + k * u->par_stride;
		for (size_t i = 0; i < n_params; i++)
			par[i] = spk_member_param(m, net->scenario->seed, i, k * copies - m->lo);
		if (neuron)
			rc = neuron->derive(par, err);
		else if (source->derive)
			rc = source->derive(par, err);
	}
	return rc;
}

/* The equations of the reset-free states are linear: the mean over the copies moves like one of them. */
static void copy_states(const struct spk_network *net, struct spk_rate_units *u)
{
	const struct spk_neuron_model *model = u->population->neuron;
	const uint64_t copies = u->population->copies;

	for (uint64_t k = 0; k < u->n; k++) {
		double *st = u->state + k * model->n_states;
		for (uint64_t c = k * copies; c < (k + 1) * copies; c++) {
			const struct spk_member *m = member_of(net, u->index, c);
			for (size_t i = 0; i < model->n_states; i++)
				st[i] += m->initial[(c - m->lo) * model->n_states + i] / (double)copies;
		}
		u->initial[k] = st[SPK_I_EXT];
		u->rate[k] = model->rate(u->par + k * u->par_stride, st[SPK_U]);
	}
}

static int create_units(
	const struct spk_network *net, size_t k, struct spk_rate_units *u, struct spk_error *err)
{
	const struct spk_population *population = &net->scenario->populations[k];
	const struct spk_neuron_model *model = population->neuron;

	u->population = population;
	u->index = k;
	u->n = population->size / population->copies;
	u->rate_field = SIZE_MAX;
	for (size_t i = 0; !model && i < population->source->n_params; i++)
		if (strcmp(population->source->params[i].name, RATE) == 0)
			u->rate_field = i;
	u->rate = calloc(u->n + 1, sizeof *u->rate);
	if (model) {
		u->state = calloc(u->n * model->n_states + 1, sizeof *u->state);
		u->initial = calloc(u->n + 1, sizeof *u->initial);
		u->drive[0] = calloc(u->n + 1, sizeof *u->drive[0]);
		u->drive[1] = calloc(u->n + 1, sizeof *u->drive[1]);
	}
	if (!u->rate || (model && (!u->state || !u->initial || !u->drive[0] || !u->drive[1])))
		return no_memory(err);
	const int rc = copy_params(net, u, err);
	if (!rc && model)
		copy_states(net, u);
	return rc;
}

/* ---- Inputs ------------------------------------------------------------------------------------- */

static int create_input(const struct spk_network *net, uint32_t number, size_t to, struct spk_rate_input *in,
	const struct spk_rate_units *u, struct spk_error *err)
{
	const uint64_t copies = u->population->copies;

	in->input = &net->scenario->inputs[number];
	in->to = to;
	in->rate = calloc(u->n + 1, sizeof *in->rate);
	in->chosen = calloc(u->n + 1, 1);
	if (!in->rate || !in->chosen)
		return no_memory(err);
	for (uint64_t k = 0; k < u->n; k++) {
		const struct spk_member *m = member_of(net, to, k * copies);
		in->chosen[k] = (unsigned char)spk_selection_has(&in->input->neurons, k);
		if (in->input->kind == SPK_INPUT_POISSON)
			in->rate[k] =
				spk_input_rate(net->scenario, number, m, k * copies - m->lo) / (double)copies;
	}
	return SPK_OK;
}

static int create_inputs(const struct spk_network *net, struct spk_rate_limit *l, struct spk_error *err)
{
	const struct spk_scenario *sc = net->scenario;
	size_t n = 0;
	int rc = SPK_OK;

	for (size_t k = 0; k < sc->n_inputs; k++)
		n += sc->inputs[k].n_targets;
	l->inputs = calloc(n + 1, sizeof *l->inputs);
	if (!l->inputs)
		return no_memory(err);
	for (uint32_t k = 0; k < sc->n_inputs; k++)
		for (size_t i = 0; !rc && i < sc->inputs[k].n_targets; i++) {
			const size_t to = sc->inputs[k].targets[i];
			rc = create_input(net, k, to, &l->inputs[l->n_inputs++], &l->units[to], err);
		}
	return rc;
}

/* ---- Matrices ----------------------------------------------------------------------------------- */

static uint64_t lag_of(const struct spk_rate_limit *l, double delay)
{
	return (uint64_t)fmax(1, floor(delay / l->dt + 0.5));
}

static struct spk_rate_matrix *find_matrix(
	const struct spk_rate_limit *l, size_t projection, uint64_t lag, int sign)
{
	for (size_t k = l->n_matrices; k-- > 0 && l->matrices[k].projection == projection;)
		if (l->matrices[k].lag == lag && l->matrices[k].sign == sign)
			return &l->matrices[k];
	return NULL;
}

static int add_matrix(
	struct spk_rate_limit *l, size_t projection, uint64_t lag, int sign, struct spk_error *err)
{
	const struct spk_projection *p = &l->scenario->projections[projection];
	const uint64_t n_to = l->units[p->to].n, n_from = l->units[p->from].n;
	struct spk_rate_matrix *grown = realloc(l->matrices, (l->n_matrices + 1) * sizeof *grown);

	if (!grown)
		return no_memory(err);
	l->matrices = grown;
	if (((double)l->n_weights + (double)n_to * (double)n_from) * sizeof(double) > MAX_BYTES)
		return spk_fail(err, SPK_E_LIMIT,
			"the rate limit keeps a matrix for each projection, delay and sign; with another "
			"%llu x "
			"%llu weights for %s they need more than %.0f MiB",
			(unsigned long long)n_to, (unsigned long long)n_from, p->name, MAX_BYTES / 1048576);
	struct spk_rate_matrix m = {
		.projection = projection, .from = p->from, .to = p->to, .lag = lag, .sign = sign};
	m.weight = calloc(n_to * n_from + 1, sizeof *m.weight);
	if (!m.weight)
		return no_memory(err);
	l->n_weights += n_to * n_from;
	l->matrices[l->n_matrices++] = m;
	if (lag >= l->depth)
		l->depth = lag + 1;
	return SPK_OK;
}

/* Synapses of one row onto the first copy of each unit: the other copies have the same ones. */
static int add_row(struct spk_rate_limit *l, const struct spk_partition *part, size_t projection,
	const struct spk_table *table, uint64_t row, struct spk_error *err)
{
	const struct spk_projection *p = &l->scenario->projections[projection];
	const uint64_t lo = part->members[p->to].lo, n_from = l->units[p->from].n;
	const uint64_t source = table->source_of_row[row] / l->units[p->from].population->copies;
	const uint64_t copies = l->units[p->to].population->copies;
	struct spk_targets targets = spk_table_targets(table, row);
	int rc = SPK_OK;

	for (uint32_t k = 0; !rc && k < table->rows[row].n; k++) {
		const uint32_t at = table->rows[row].first + k;
		const uint64_t target = lo + spk_targets_next(&targets);
		const double w = spk_table_weight(table, at);
		const uint64_t lag = lag_of(l, spk_table_delay(table, row, at));
		if (target % copies != 0 || w == 0)
			continue;
		if (!find_matrix(l, projection, lag, w < 0))
			rc = add_matrix(l, projection, lag, w < 0, err);
		if (!rc)
			find_matrix(l, projection, lag, w < 0)->weight[target / copies * n_from + source] +=
				w;
	}
	return rc;
}

static int create_matrices(const struct spk_network *net, struct spk_rate_limit *l, struct spk_error *err)
{
	int rc = SPK_OK;

	l->depth = 1;
	for (size_t k = 0; k < net->scenario->n_projections; k++)
		for (uint32_t i = 0; i < net->n_partitions; i++) {
			const struct spk_table *table = &net->partitions[i].tables[k].table;
			for (uint64_t row = 0; !rc && row < table->n_rows; row++)
				rc = add_row(l, &net->partitions[i], k, table, row, err);
		}
	return rc;
}

/* ---- All of it ---------------------------------------------------------------------------------- */

static int create_blocks(struct spk_rate_limit *l, struct spk_error *err)
{
	uint64_t n = 0;

	for (size_t k = 0; k < l->scenario->n_populations; k++) {
		struct spk_rate_units *u = &l->units[k];
		u->past = calloc(l->depth * u->n + 1, sizeof *u->past);
		if (!u->past)
			return no_memory(err);
		n += u->n / BLOCK + 1;
	}
	l->blocks = calloc(n, sizeof *l->blocks);
	if (!l->blocks)
		return no_memory(err);
	for (size_t k = 0; k < l->scenario->n_populations; k++)
		for (uint64_t i = 0; l->units[k].population->neuron && i < l->units[k].n; i += BLOCK) {
			const uint64_t left = l->units[k].n - i;
			l->blocks[l->n_blocks++] = (struct spk_rate_block){k, i, left < BLOCK ? left : BLOCK};
		}
	return SPK_OK;
}

int spk_rate_limit_create(
	const struct spk_network *network, struct spk_rate_limit **ret_limit, struct spk_error *err)
{
	const struct spk_scenario *sc = network->scenario;
	struct spk_rate_limit *l = calloc(1, sizeof *l);
	int rc = SPK_OK;

	if (!l)
		return no_memory(err);
	l->scenario = sc;
	l->n_steps = (uint64_t)fmax(1, ceil(sc->duration / sc->rate_limit.step - 1e-9));
	l->dt = sc->duration / (double)l->n_steps;
	l->units = calloc(sc->n_populations + 1, sizeof *l->units);
	if (!l->units)
		rc = no_memory(err);
	for (size_t k = 0; !rc && k < sc->n_populations; k++)
		rc = create_units(network, k, &l->units[k], err);
	if (!rc)
		rc = create_inputs(network, l, err);
	if (!rc)
		rc = create_matrices(network, l, err);
	if (!rc)
		rc = create_blocks(l, err);
	if (rc) {
		spk_rate_limit_free(l);
		return rc;
	}
	*ret_limit = l;
	return SPK_OK;
}

void spk_rate_limit_free(struct spk_rate_limit *l)
{
	if (!l)
		return;
	for (size_t k = 0; l->units && k < l->scenario->n_populations; k++) {
		struct spk_rate_units *u = &l->units[k];
		free(u->par);
		free(u->state);
		free(u->initial);
		free(u->rate);
		free(u->past);
		free(u->drive[0]);
		free(u->drive[1]);
	}
	for (size_t k = 0; k < l->n_inputs; k++) {
		free(l->inputs[k].rate);
		free(l->inputs[k].chosen);
	}
	for (size_t k = 0; k < l->n_matrices; k++)
		free(l->matrices[k].weight);
	free(l->units);
	free(l->inputs);
	free(l->matrices);
	free(l->blocks);
	free(l);
}
