/*
 * How much work the stages are, in multiply-adds of matrix products, which is what nearly all time goes into;
 * and the calls of the progress callback.
 */
#include <time.h>

#include "sim/stack_job.h"

static const double TICK_S = 0.1;
/* Of k-means, at most; see stack_sampler.c. */
static const double CENTROID_STEPS = 10;
/* Products in double precision, and terms of J, against products in single precision. */
static const double DOUBLE_COST = 3;
/* Exponentials and searches beside each product of distances. */
static const double DISTANCE_COST = 1.5;

double spk_stack_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Weights of all encoders. */
static double count_weights(const struct spk_stack *stack)
{
	double n = 0;

	for (size_t l = 0; l + 1 < stack->n_layers; l++)
		n += (double)stack->layers[l].size * (double)stack->layers[l + 1].size;
	return n;
}

static double count_items(const struct spk_stack_job *job, size_t split)
{
	const struct spk_selection *items = &job->data->splits[split].items;
	double n = 0;

	for (size_t k = 0; k < items->n; k++)
		n += (double)(items->ranges[k].last - items->ranges[k].first + 1);
	return n;
}

/* Encoding, then for each step f(h), g(h) and f(g(h)) of every layer. */
static double work_inference(const struct spk_stack *stack, const struct spk_inference *inference)
{
	return count_weights(stack) * (1 + 3 * (double)inference->steps);
}

double spk_stack_work_training(const struct spk_stack_job *job)
{
	const struct spk_stack *stack = job->stack;
	const double weights = count_weights(stack), n = (double)job->training.n;
	const double inference = work_inference(stack, &stack->inference);
	/* two maps, forth and back, and the optimiser once a minibatch */
	const double item = inference + 4 * weights + 10 * weights / (double)stack->training.minibatch;
	const double probe = SPK_STACK_PROBE * (inference + DOUBLE_COST * 4 * weights);

	return (double)stack->training.epochs * (n * item + probe) + probe;
}

double spk_stack_work_prior(const struct spk_stack_job *job)
{
	return (double)job->training.n * work_inference(job->stack, &job->stack->inference);
}

double spk_stack_work_ascent(const struct spk_stack_job *job)
{
	const struct spk_stack *stack = job->stack;
	const double steps = (double)stack->ascent.inference.steps + (stack->ascent.directions ? 4 : 0);

	return count_items(job, stack->ascent.split) * steps * count_weights(stack) * (3 + DOUBLE_COST * 2);
}

double spk_stack_work_sampler(const struct spk_stack_job *job, const struct spk_stack_sampler *sampler)
{
	const struct spk_likelihood_plan *plan = &job->stack->likelihood;
	const double weights = count_weights(job->stack), pixels = (double)job->data->n_pixels;
	const double n = (double)plan->n_samples, rounds = (double)sampler->rounds;
	const double inference = work_inference(job->stack, &sampler->inference);
	const double scored = count_items(job, plan->split) + count_items(job, plan->choose_on);
	double each = 0;

	switch (sampler->kind) {
	case SPK_SAMPLER_ANCESTRAL:
		each = weights;
		break;
	case SPK_SAMPLER_GENERATE:
		each = weights + rounds * (inference + weights);
		break;
	case SPK_SAMPLER_JOINT:
		each = rounds * 2 * weights;
		break;
	case SPK_SAMPLER_RECONSTRUCTION:
		each = inference + weights;
		break;
	case SPK_SAMPLER_CENTROIDS:
		each = CENTROID_STEPS * DISTANCE_COST * (double)job->training.n * pixels;
		break;
	case SPK_SAMPLER_DATA:
	case SPK_SAMPLER_ITEMS:
		break;
	}
	return n * (each + DISTANCE_COST * scored * pixels);
}

double spk_stack_work_mask(const struct spk_stack_job *job)
{
	const struct spk_inpainting_plan *plan = &job->stack->inpainting;
	const double n = count_items(job, plan->split), labelled = n < SPK_STACK_PROBE ? n : SPK_STACK_PROBE;
	const double rounds = (double)plan->rounds;
	const double nearest = DISTANCE_COST * (double)job->training.n * (double)job->data->n_pixels;

	return n * (rounds * (work_inference(job->stack, &plan->inference) + count_weights(job->stack)) +
			   2 * nearest) +
	       labelled * (rounds + 3) * nearest;
}

void spk_stack_meter_init(struct spk_stack_job *job)
{
	const struct spk_stack *stack = job->stack;
	double total = spk_stack_work_training(job) + spk_stack_work_prior(job);

	if (stack->ascent.on)
		total += spk_stack_work_ascent(job);
	for (size_t k = 0; stack->likelihood.on && k < stack->likelihood.n_samplers; k++)
		total += spk_stack_work_sampler(job, &stack->likelihood.samplers[k]);
	if (stack->inpainting.on)
		total += (double)stack->inpainting.n_masks * spk_stack_work_mask(job);
	job->meter = (struct spk_stack_meter){.stage = "", .total = total};
}

void spk_stack_stage(struct spk_stack_job *job, const char *name, double work)
{
	job->meter.before += job->meter.work;
	job->meter.work = work;
	job->meter.stage = name;
}

int spk_stack_tick(struct spk_stack_job *job, uint64_t done, uint64_t total, struct spk_error *err)
{
	struct spk_stack_meter *meter = &job->meter;
	const double now = spk_stack_clock(), part = total ? (double)done / (double)total : 1;

	if (!job->options->progress || now - meter->last_s < TICK_S)
		return SPK_OK;
	meter->last_s = now;
	const struct spk_stack_progress progress = {.stage = meter->stage,
		.done = done,
		.total = total,
		.share = meter->total > 0 ? (meter->before + part * meter->work) / meter->total : 0};
	if (job->options->progress(job->options->user, &progress))
		return spk_fail(err, SPK_E_INTERRUPTED, "interrupted in %s, at %llu of %llu", meter->stage,
			(unsigned long long)done, (unsigned long long)total);
	return SPK_OK;
}
