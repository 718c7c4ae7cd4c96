/* Inference on items outside of training: J of a batch, the prior. */
#include <stdlib.h>
#include <string.h>

#include "sim/stack_job.h"

struct spk_rng spk_stack_noise(const struct spk_stack_job *job, uint32_t sub, uint64_t id)
{
	return spk_rng_stream(job->scenario->seed, SPK_RNG_STACK_NOISE, sub, id);
}

int spk_stack_probe_init(const struct spk_stack_job *job, const struct spk_net *net,
	struct spk_stack_probe *ret_probe, struct spk_error *err)
{
	struct spk_stack_probe probe = {0};
	int rc = spk_batch_init(net, SPK_STACK_BATCH, &probe.batch, err);

	if (!rc)
		rc = spk_deep_init(net->n_layers, net->size, &probe.deep, err);
	if (!rc) {
		spk_deep_load(&probe.deep, job->stack, net);
		if (job->stack->objective_prior)
			probe.deep.prior = &job->top;
		rc = spk_deep_state_init(&probe.deep, SPK_STACK_BATCH, &probe.state, err);
	}
	if (!rc) {
		probe.n_terms = spk_deep_n_terms(&probe.deep);
		probe.terms = malloc(probe.n_terms * SPK_STACK_BATCH * sizeof *probe.terms);
		probe.total = malloc(SPK_STACK_BATCH * sizeof *probe.total);
		if (!probe.terms || !probe.total)
			rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the terms of J");
	}
	if (rc)
		spk_stack_probe_clear(&probe);
	else
		*ret_probe = probe;
	return rc;
}

void spk_stack_probe_clear(struct spk_stack_probe *probe)
{
	spk_batch_clear(&probe->batch);
	spk_deep_clear(&probe->deep);
	spk_deep_state_clear(&probe->state);
	free(probe->terms);
	free(probe->total);
	*probe = (struct spk_stack_probe){0};
}

void spk_stack_probe_read(const struct spk_stack_job *job, struct spk_stack_probe *probe)
{
	spk_deep_state_load(&probe->state, &probe->deep, &probe->batch);
	spk_deep_terms(&job->parallel, &probe->deep, &probe->state, probe->terms);
	spk_deep_total(&probe->deep, probe->state.n, probe->terms, probe->total);
}

int spk_stack_fit_prior(struct spk_stack_job *job, const struct spk_stack_items *items, uint32_t sub,
	int with_ticks, struct spk_error *err)
{
	const size_t last = job->net.n_layers - 1, width = job->net.size[last];
	float *top = malloc((items->n + 1) * width * sizeof *top);
	struct spk_batch batch = {0};
	int rc = top ? spk_batch_init(&job->net, SPK_STACK_BATCH, &batch, err)
		     : spk_fail(err, SPK_E_NOMEM, "out of memory for the top layer of %zu items", items->n);

	for (size_t first = 0; !rc && first < items->n; first += batch.n) {
		struct spk_rng noise = spk_stack_noise(job, sub, first);
		batch.n = items->n - first < SPK_STACK_BATCH ? items->n - first : SPK_STACK_BATCH;
		spk_stack_gather(job->data, items, first, batch.n, batch.h[0]);
		spk_infer(&job->parallel, &job->net, &job->stack->inference, job->random.decoder, &noise,
			&batch);
		memcpy(top + first * width, batch.h[last], batch.n * width * sizeof *top);
		if (with_ticks)
			rc = spk_stack_tick(job, first, items->n, err);
	}
	if (!rc) {
		spk_top_clear(&job->top);
		job->top = (struct spk_top){0};
		rc = spk_top_fit(&job->stack->prior, job->stack->layers[last].unit->lo,
			job->stack->layers[last].unit->hi, width, items->n, top, &job->top, err);
	}
	spk_batch_clear(&batch);
	free(top);
	return rc;
}
