/* Life of a stack: set up, train, measure, write. */
#include <stdlib.h>

#include "sim/stack_job.h"

static void run_on_pool(void *pool, unsigned n, void (*work)(void *context, unsigned k), void *context)
{
	spk_pool_run(pool, n, work, context);
}

static int set_up(struct spk_stack_job *job, struct spk_error *err)
{
	const unsigned threads = job->options->threads ? job->options->threads : 1;
	int found = 0;
	int rc = spk_pool_create(threads, &job->pool, err);

	job->parallel = (struct spk_parallel){run_on_pool, job->pool};
	if (!rc)
		rc = spk_stack_items_init(job->data, job->stack->training.split, &job->training, err);
	if (!rc)
		rc = spk_stack_start(job, err);
	if (!rc && job->options->resume && job->options->checkpoint)
		rc = spk_stack_load(job, &found, err);
	if (rc)
		return rc;
	spk_stack_meter_init(job);
	fprintf(job->report, "stack             ");
	for (size_t l = 0; l < job->net.n_layers; l++)
		fprintf(job->report, "%s%s %zu", l ? ", " : "", job->stack->layers[l].name, job->net.size[l]);
	fprintf(job->report, "\n");
	if (found)
		fprintf(job->report, "resumed           after epoch %llu\n", (unsigned long long)job->epochs);
	return spk_stack_open(job, err);
}

static int measure(struct spk_stack_job *job, struct spk_error *err)
{
	const struct spk_stack *stack = job->stack;
	int rc;

	spk_stack_stage(job, "prior", spk_stack_work_prior(job));
	rc = spk_stack_fit_prior(job, &job->training, SPK_STACK_SUB_PRIOR, 1, err);
	if (!rc && stack->ascent.on)
		rc = spk_stack_ascent(job, err);
	if (!rc && stack->likelihood.on)
		rc = spk_stack_likelihood(job, err);
	if (!rc && stack->inpainting.on)
		rc = spk_stack_inpainting(job, err);
	if (!rc && stack->score.on)
		rc = spk_stack_score(job, err);
	return rc;
}

static void tear_down(struct spk_stack_job *job)
{
	spk_learner_clear(&job->learner);
	spk_net_clear(&job->net);
	spk_net_clear(&job->random);
	spk_top_clear(&job->top);
	spk_stack_items_clear(&job->training);
	spk_pool_free(job->pool);
	free(job->history);
}

static int run_job(struct spk_stack_job *job, char **report, size_t *length, struct spk_error *err)
{
	const double start_s = spk_stack_clock();
	int rc, closed;

	job->report = open_memstream(report, length);
	if (!job->report)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the report");
	rc = set_up(job, err);
	if (!rc)
		rc = spk_stack_train(job, err);
	if (!rc)
		rc = measure(job, err);
	if (!rc)
		fprintf(job->report, "whole run         %.1f s\n", spk_stack_clock() - start_s);
	if (fclose(job->report) != 0 && !rc)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the report");
	if (!rc)
		rc = spk_stack_write_end(job, spk_stack_clock() - start_s, *report, err);
	if (job->file) {
		closed = spk_file_close(job->file, rc == SPK_OK, rc ? NULL : err);
		rc = rc ? rc : closed;
	}
	return rc;
}

int spk_stack_run(const struct spk_scenario *scenario, const struct spk_stack_options *options,
	char **ret_report, struct spk_error *err)
{
	struct spk_stack_job job = {.scenario = scenario, .stack = &scenario->stack, .options = options};
	char *report = NULL;
	size_t length = 0;
	int rc;

	if (!scenario->stack.on)
		return spk_fail(err, SPK_E_INVALID, "the scenario has no stack");
	job.data = &scenario->datasets[scenario->stack.dataset];
	rc = run_job(&job, &report, &length, err);
	tear_down(&job);
	if (!rc && ret_report)
		*ret_report = report;
	else
		free(report);
	return rc;
}
