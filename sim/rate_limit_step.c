/* One step of the rate limit. */
#include <math.h>
#include <string.h>

#include "models/stack/blas.h"
#include "sim/rate_limit.h"

const double *spk_rate_limit_last(const struct spk_rate_limit *l, size_t population)
{
	const struct spk_rate_units *u = &l->units[population];

	return u->past + (l->step + l->depth - 1) % l->depth * u->n;
}

/* Mean of a schedule over [a, b] times (b - a) / dt, without the time before its first change: *ret_own. */
static double mean_of(const struct spk_schedule *s, double a, double b, double *ret_own)
{
	double sum = 0;

	*ret_own = s->n ? fmin(1, fmax(0, (s->times[0] - a) / (b - a))) : 1;
	for (size_t k = 0; k < s->n; k++) {
		const double from = fmax(a, s->times[k]), to = k + 1 < s->n ? fmin(b, s->times[k + 1]) : b;
		if (to > from)
			sum += s->values[k] * (to - from);
	}
	return sum / (b - a);
}

/* Rates of sources are known for the whole step. */
static void run_source(struct spk_rate_limit *l, struct spk_rate_units *u, double a)
{
	const struct spk_source_model *model = u->population->source;
	double *past = u->past + l->step % l->depth * u->n, own = 1;
	const double scheduled = mean_of(&u->population->rate, a, a + l->dt, &own);

	for (uint64_t k = 0; k < u->n; k++) {
		double *par = u->par + k * u->par_stride;
		double rate = 0;
		if (own > 0)
			rate = own * model->mean_rate(par, 1);
		if (own < 1) {
			const double before = par[u->rate_field];
			par[u->rate_field] = scheduled / (1 - own);
			rate += (1 - own) * model->mean_rate(par, 1);
			par[u->rate_field] = before;
		}
		past[k] = u->rate[k] = rate;
	}
}

static void look_up_input(struct spk_rate_input *in, double a, double dt)
{
	in->now = mean_of(&in->input->schedule, a, a + dt, &in->own);
}

/* The synaptic input of a block of units in this step. */
static void sum_synapses(const struct spk_rate_limit *l, const struct spk_rate_block *block)
{
	const struct spk_rate_units *u = &l->units[block->population];

	for (int sign = 0; sign < 2; sign++)
		memset(u->drive[sign] + block->first, 0, block->n * sizeof *u->drive[sign]);
	for (size_t k = 0; k < l->n_matrices; k++) {
		const struct spk_rate_matrix *m = &l->matrices[k];
		const struct spk_rate_units *from = &l->units[m->from];
		if (m->to != block->population || m->lag > l->step)
			continue;
		spk_matrix_vector(block->n, from->n, m->weight + block->first * from->n,
			from->past + (l->step - m->lag) % l->depth * from->n,
			u->drive[m->sign] + block->first);
	}
	for (size_t k = 0; k < l->n_inputs; k++) {
		const struct spk_rate_input *in = &l->inputs[k];
		const double weight = in->input->weight;
		if (in->to != block->population || in->input->kind != SPK_INPUT_POISSON)
			continue;
		for (uint64_t i = block->first; i < block->first + block->n; i++)
			if (in->chosen[i])
				u->drive[weight < 0][i] += weight * (in->own * in->rate[i] + in->now);
	}
}

/* The injected current of a unit: that of its start until the first input onto it changes. */
static double current_of(const struct spk_rate_limit *l, const struct spk_rate_units *u, uint64_t unit)
{
	double sum = 0, own = 1;

	for (size_t k = 0; k < l->n_inputs; k++) {
		const struct spk_rate_input *in = &l->inputs[k];
		if (in->to != u->index || in->input->kind != SPK_INPUT_CURRENT || !in->chosen[unit])
			continue;
		sum += in->now;
		own = fmin(own, in->own);
	}
	return sum + own * u->initial[unit];
}

static void run_block(void *context, unsigned k)
{
	struct spk_rate_limit *l = context;
	const struct spk_rate_block *block = &l->blocks[k];
	struct spk_rate_units *u = &l->units[block->population];
	const struct spk_neuron_model *model = u->population->neuron;
	double *past = u->past + l->step % l->depth * u->n;
	const double per_event = l->dt / 1000;

	sum_synapses(l, block);
	for (uint64_t i = block->first; i < block->first + block->n; i++) {
		double *st = u->state + i * model->n_states;
		const double *par = u->par + i * u->par_stride, before = u->rate[i];
		st[SPK_I_EXT] = current_of(l, u, i);
		model->advance(st, par, l->dt / 2);
		for (int sign = 0; sign < 2; sign++)
			if (u->drive[sign][i] != 0)
				model->receive(st, par, u->drive[sign][i] * per_event);
		model->advance(st, par, l->dt / 2);
		u->rate[i] = model->rate(par, st[SPK_U]);
		past[i] = (before + u->rate[i]) / 2;
	}
}

void spk_rate_limit_advance(struct spk_rate_limit *l, struct spk_pool *pool)
{
	const double a = l->scenario->start + (double)l->step * l->dt;

	spk_blas_use_one_thread();
	for (size_t k = 0; k < l->scenario->n_populations; k++)
		if (!l->units[k].population->neuron)
			run_source(l, &l->units[k], a);
	for (size_t k = 0; k < l->n_inputs; k++)
		look_up_input(&l->inputs[k], a, l->dt);
	if (spk_blas_is_thread_safe())
		spk_pool_run(pool, (unsigned)l->n_blocks, run_block, l);
	else
		for (unsigned k = 0; k < l->n_blocks; k++)
			run_block(l, k);
	l->step++;
}
