/* Samples of a stack, and the controls: training items themselves, and their centroids. */
#include <stdlib.h>
#include <string.h>

#include "models/stack/centroids.h"
#include "sim/stack_job.h"

/* Lloyd's algorithm is cut off here: a control needs good centroids, not the last digit of them. */
enum { MAX_CENTROID_STEPS = 10 };

/* Samples that the model draws, or that inference makes of training items. */
static int draw_batches(struct spk_stack_job *job, size_t number, const struct spk_stack_items *start,
	float *ret_samples, struct spk_error *err)
{
	const struct spk_stack_sampler *sampler = &job->stack->likelihood.samplers[number];
	const size_t n = (size_t)job->stack->likelihood.n_samples, width = job->net.size[0];
	const uint32_t sub = SPK_STACK_SUB_SAMPLER + (uint32_t)number;
	struct spk_batch batch = {0};
	float *rows = malloc(SPK_STACK_BATCH * width * sizeof *rows);
	int rc = rows ? spk_batch_init(&job->net, SPK_STACK_BATCH, &batch, err)
		      : spk_fail(err, SPK_E_NOMEM, "out of memory for samples");

	for (size_t first = 0; !rc && first < n; first += batch.n) {
		batch.n = n - first < SPK_STACK_BATCH ? n - first : SPK_STACK_BATCH;
		for (size_t k = 0; k < batch.n; k++) /* more chains than items start anew from the first */
			spk_stack_gather(job->data, start, (first + k) % start->n, 1, rows + k * width);
		if (sampler->kind == SPK_SAMPLER_RECONSTRUCTION) {
			struct spk_rng noise = spk_stack_noise(job, sub, first);
			memcpy(batch.h[0], rows, batch.n * width * sizeof *rows);
			spk_infer(&job->parallel, &job->net, &sampler->inference, job->random.decoder, &noise,
				&batch);
			spk_map_apply(&job->parallel, &job->net.decoder[0], batch.n, batch.h[1],
				ret_samples + first * width);
		} else {
			spk_sample(&job->parallel, job->stack, &job->net, &job->top, sampler,
				job->scenario->seed, sub, first, rows, &batch);
			memcpy(ret_samples + first * width, batch.h[0], batch.n * width * sizeof *rows);
		}
		rc = spk_stack_tick(job, first + batch.n, 2 * n, err);
	}
	spk_batch_clear(&batch);
	free(rows);
	return rc;
}

static int draw_centroids(struct spk_stack_job *job, float *ret_samples, struct spk_error *err)
{
	const size_t n = job->training.n, k = (size_t)job->stack->likelihood.n_samples;
	const size_t width = job->net.size[0];
	float *items = spk_stack_rows(job->data, &job->training);
	size_t *owner = malloc((n + 1) * sizeof *owner), changed = n;
	int rc = items && owner
			 ? spk_centroids_choose(width, n, items, k, job->scenario->seed, ret_samples, err)
			 : spk_fail(err, SPK_E_NOMEM, "out of memory for centroids");

	for (size_t i = 0; owner && i < n; i++)
		owner[i] = SIZE_MAX;
	for (uint64_t step = 0; !rc && changed && step < MAX_CENTROID_STEPS; step++) {
		rc = spk_centroids_step(
			&job->parallel, width, n, items, k, ret_samples, owner, &changed, err);
		if (!rc)
			rc = spk_stack_tick(job, step, MAX_CENTROID_STEPS + 1, err);
	}
	free(items);
	free(owner);
	return rc;
}

int spk_stack_draw(struct spk_stack_job *job, size_t number, float *ret_samples, struct spk_error *err)
{
	const enum spk_sampler_kind kind = job->stack->likelihood.samplers[number].kind;
	const struct spk_dataset *sets = job->scenario->datasets;
	struct spk_stack_items start = {0};
	int rc;

	if (kind == SPK_SAMPLER_CENTROIDS)
		return draw_centroids(job, ret_samples, err);
	if (kind == SPK_SAMPLER_ITEMS) {
		memcpy(ret_samples, sets[job->stack->likelihood.samplers[number].dataset].pixels,
			(size_t)job->stack->likelihood.n_samples * job->net.size[0] * sizeof *ret_samples);
		return SPK_OK;
	}
	rc = spk_stack_choose(job, job->training.n, &start, err);
	if (!rc && kind == SPK_SAMPLER_DATA)
		spk_stack_gather(job->data, &start, 0, (size_t)job->stack->likelihood.n_samples, ret_samples);
	else if (!rc)
		rc = draw_batches(job, number, &start, ret_samples, err);
	spk_stack_items_clear(&start);
	return rc;
}
