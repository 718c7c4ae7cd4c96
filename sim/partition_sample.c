/* Samples of recorded states. */
#include <stdlib.h>

#include "sim/partition.h"

static int grow_sampler(struct spk_sampler *s)
{
	const size_t n = s->n + s->n_neurons;

	if (n <= s->capacity)
		return 1;
	const size_t capacity = n > 2 * s->capacity ? n : 2 * s->capacity;
	double *values = realloc(s->values, capacity * s->record->n_variables * sizeof *values);
	if (values)
		s->values = values;
	double *t = realloc(s->t, capacity * sizeof *t);
	if (t)
		s->t = t;
	uint64_t *ids = realloc(s->ids, capacity * sizeof *ids);
	if (ids)
		s->ids = ids;
	if (values && t && ids)
		s->capacity = capacity;
	return values && t && ids;
}

int spk_partition_sample(struct spk_partition *p, const struct spk_sample_time *when, struct spk_error *err)
{
	struct spk_sampler *s = &p->samplers[when->record];
	const struct spk_member *m = &p->members[s->member];

	if (!grow_sampler(s))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recorded states");
	s->n_points++;
	for (size_t k = 0; k < s->n_neurons; k++, s->n++) {
		m->type->peek(m->group, s->neurons[k], when->t, p->peeked);
		s->t[s->n] = when->absolute;
		s->ids[s->n] = m->lo + s->neurons[k];
		for (size_t i = 0; i < s->record->n_variables; i++)
			s->values[s->n * s->record->n_variables + i] = p->peeked[s->record->variables[i]];
	}
	return SPK_OK;
}

void spk_partition_drop_samples(struct spk_partition *p)
{
	for (size_t k = 0; k < p->n_samplers; k++)
		p->samplers[k].n = p->samplers[k].n_points = 0;
}
