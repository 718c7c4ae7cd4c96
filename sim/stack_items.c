/* Items of splits, as numbers of rows and as rows. */
#include <stdlib.h>
#include <string.h>

#include "sim/stack_job.h"

int spk_stack_items_init(const struct spk_dataset *data, size_t split, struct spk_stack_items *ret_items,
	struct spk_error *err)
{
	const struct spk_selection *selection = &data->splits[split].items;
	struct spk_stack_items items = {0};

	for (size_t k = 0; k < selection->n; k++)
		items.n += (size_t)(selection->ranges[k].last - selection->ranges[k].first + 1);
	items.index = malloc((items.n + 1) * sizeof *items.index);
	if (!items.index)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for a split of %zu items", items.n);
	for (size_t k = 0, at = 0; k < selection->n; k++)
		for (uint64_t i = selection->ranges[k].first; i <= selection->ranges[k].last; i++)
			items.index[at++] = i;
	*ret_items = items;
	return SPK_OK;
}

void spk_stack_items_clear(struct spk_stack_items *items)
{
	free(items->index);
	*items = (struct spk_stack_items){0};
}

void spk_stack_gather(const struct spk_dataset *data, const struct spk_stack_items *items, size_t first,
	size_t n, float *ret_rows)
{
	const size_t width = (size_t)data->n_pixels;

	for (size_t k = 0; k < n; k++)
		memcpy(ret_rows + k * width, data->pixels + items->index[first + k] * width,
			width * sizeof *ret_rows);
}

float *spk_stack_rows(const struct spk_dataset *data, const struct spk_stack_items *items)
{
	float *rows = malloc((items->n + 1) * (size_t)data->n_pixels * sizeof *rows);

	if (rows)
		spk_stack_gather(data, items, 0, items->n, rows);
	return rows;
}

int spk_stack_choose(
	const struct spk_stack_job *job, size_t n, struct spk_stack_items *ret_items, struct spk_error *err)
{
	struct spk_rng rng = spk_rng_stream(job->scenario->seed, SPK_RNG_CHOICE, SPK_STACK_SUB_START, 0);
	struct spk_stack_items items = {.n = job->training.n};

	items.index = malloc((items.n + 1) * sizeof *items.index);
	if (!items.index)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu items", items.n);
	memcpy(items.index, job->training.index, items.n * sizeof *items.index);
	spk_rng_shuffle(&rng, items.n, items.index);
	items.n = n;
	*ret_items = items;
	return SPK_OK;
}
