/* Parzen log-likelihood of each sampler: the width chosen on one split, the score on another. */
#include <stdlib.h>

#include "models/stack/parzen.h"
#include "sim/stack_job.h"

enum { ITEMS_AT_A_TIME = 1000, KEPT_SAMPLES = 400 };

/* The rows of both splits, and room. */
struct scoring {
	struct spk_stack_items choose, score;
	float *choose_rows, *score_rows, *samples;
	double *log, *part;
};

static void scoring_clear(struct scoring *s)
{
	spk_stack_items_clear(&s->choose);
	spk_stack_items_clear(&s->score);
	free(s->choose_rows);
	free(s->score_rows);
	free(s->samples);
	free(s->log);
	free(s->part);
}

static int scoring_init(const struct spk_stack_job *job, struct scoring *s, struct spk_error *err)
{
	const struct spk_likelihood_plan *plan = &job->stack->likelihood;
	int rc = spk_stack_items_init(job->data, plan->choose_on, &s->choose, err);

	if (!rc)
		rc = spk_stack_items_init(job->data, plan->split, &s->score, err);
	if (rc)
		return rc;
	s->choose_rows = spk_stack_rows(job->data, &s->choose);
	s->score_rows = spk_stack_rows(job->data, &s->score);
	s->samples = malloc((size_t)plan->n_samples * job->net.size[0] * sizeof *s->samples);
	s->log = malloc((s->score.n + 1) * sizeof *s->log);
	s->part = malloc(ITEMS_AT_A_TIME * plan->n_widths * sizeof *s->part);
	if (!s->choose_rows || !s->score_rows || !s->samples || !s->log || !s->part)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the likelihood of %llu samples",
			(unsigned long long)plan->n_samples);
	return SPK_OK;
}

/* Some items at a time, so that the run can be interrupted: sums over the items for each width, and, for a
 * single width, each item's value in ret_log. */
static int score_items(struct spk_stack_job *job, struct scoring *s, size_t n, const float *rows,
	size_t n_widths, const double *widths, double *ret_sums, double *ret_log, struct spk_error *err)
{
	const size_t pixels = job->net.size[0], samples = (size_t)job->stack->likelihood.n_samples;
	int rc = SPK_OK;

	for (size_t w = 0; w < n_widths; w++)
		ret_sums[w] = 0;
	for (size_t first = 0, part; !rc && first < n; first += part) {
		part = n - first < ITEMS_AT_A_TIME ? n - first : ITEMS_AT_A_TIME;
		rc = spk_parzen_log(&job->parallel, pixels, samples, s->samples, part, rows + first * pixels,
			n_widths, widths, s->part, err);
		for (size_t w = 0; !rc && w < n_widths; w++)
			for (size_t k = 0; k < part; k++)
				ret_sums[w] += s->part[w * part + k];
		for (size_t k = 0; !rc && ret_log && k < part; k++)
			ret_log[first + k] = s->part[k];
		if (!rc)
			rc = spk_stack_tick(job, n + first, 2 * n, err);
	}
	return rc;
}

static int write_scored(struct spk_stack_job *job, const struct spk_stack_sampler *sampler,
	const struct scoring *s, double width, struct spk_parzen figure, struct spk_error *err)
{
	const uint64_t n = s->score.n, made = job->stack->likelihood.n_samples;
	char group[SPK_STACK_PATH], path[SPK_STACK_PATH];
	int rc;

	if (!job->file)
		return SPK_OK;
	spk_stack_path(group, "/stack/likelihood/%s", sampler->name);
	spk_stack_path(path, "/stack/likelihood/%s/log_density", sampler->name);
	rc = spk_file_array(job->file, path, SPK_F64, 1, &n, s->log, "nat",
		"log-density of each item of the scored split at the chosen width", err);
	spk_stack_path(path, "/stack/likelihood/%s/samples", sampler->name);
	if (!rc)
		rc = spk_stack_write_matrix(job, path, made < KEPT_SAMPLES ? (size_t)made : KEPT_SAMPLES,
			job->net.size[0], s->samples, "the first samples", err);
	if (!rc)
		rc = spk_stack_attr(job, group, "width", width, err);
	if (!rc)
		rc = spk_stack_attr(job, group, "mean", figure.mean, err);
	return rc ? rc : spk_stack_attr(job, group, "se", figure.se, err);
}

/* The candidate with the best likelihood of the split `choose_on`. */
static int choose_width(
	struct spk_stack_job *job, struct scoring *s, size_t *ret_width, struct spk_error *err)
{
	const struct spk_likelihood_plan *plan = &job->stack->likelihood;
	double *sums = malloc(plan->n_widths * sizeof *sums);
	int rc = sums ? score_items(job, s, s->choose.n, s->choose_rows, plan->n_widths, plan->widths, sums,
				NULL, err)
		      : spk_fail(err, SPK_E_NOMEM, "out of memory for widths");

	*ret_width = 0;
	for (size_t w = 1; !rc && w < plan->n_widths; w++)
		if (sums[w] > sums[*ret_width])
			*ret_width = w;
	free(sums);
	return rc;
}

static int is_extreme(const struct spk_likelihood_plan *plan, size_t width)
{
	size_t smaller = 0;

	for (size_t w = 0; w < plan->n_widths; w++)
		smaller += plan->widths[w] < plan->widths[width];
	return smaller == 0 || smaller + 1 == plan->n_widths;
}

static int score_sampler(struct spk_stack_job *job, size_t number, struct scoring *s, struct spk_error *err)
{
	const struct spk_likelihood_plan *plan = &job->stack->likelihood;
	const struct spk_stack_sampler *sampler = &plan->samplers[number];
	const double start_s = spk_stack_clock();
	struct spk_parzen figure;
	char name[SPK_STACK_NAME];
	double sum;
	size_t width;
	int rc;

	spk_stack_stage(job, sampler->name, spk_stack_work_sampler(job, sampler));
	rc = spk_stack_draw(job, number, s->samples, err);
	if (!rc)
		rc = choose_width(job, s, &width, err);
	if (!rc)
		rc = score_items(
			job, s, s->score.n, s->score_rows, 1, &plan->widths[width], &sum, s->log, err);
	if (rc)
		return rc;
	figure = spk_parzen_summary(s->score.n, s->log);
	fprintf(job->report, "  %-22s %9.2f +- %-7.2f  width %.3g%s  %.1f s\n", sampler->name, figure.mean,
		figure.se, plan->widths[width], is_extreme(plan, width) ? " (last candidate)" : "",
		spk_stack_clock() - start_s);
	rc = write_scored(job, sampler, s, plan->widths[width], figure, err);
	(void)snprintf(name, sizeof name, "likelihood_%s_s", sampler->name);
	return rc ? rc : spk_stack_seconds(job, name, spk_stack_clock() - start_s, err);
}

int spk_stack_likelihood(struct spk_stack_job *job, struct spk_error *err)
{
	const struct spk_likelihood_plan *plan = &job->stack->likelihood;
	struct scoring scoring = {0};
	int rc = scoring_init(job, &scoring, err);

	if (!rc)
		fprintf(job->report, "likelihood        Parzen, %llu samples, %zu items, nat\n",
			(unsigned long long)plan->n_samples, scoring.score.n);
	for (size_t k = 0; !rc && k < plan->n_samplers; k++)
		rc = score_sampler(job, k, &scoring, err);
	scoring_clear(&scoring);
	return rc;
}
