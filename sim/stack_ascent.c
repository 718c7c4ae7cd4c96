/* J at each step of inference, and how well the estimators of its gradient point. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/stack_job.h"

/* J of each item at each step, and sums of the terms over the items. */
struct ascent {
	size_t n, steps, n_terms;
	float *items;  /* [n * (steps + 1)] */
	double *terms; /* [n_terms * (steps + 1)] */
	double *mean, *se, *step;
};

static int ascent_init(size_t n, size_t steps, size_t n_terms, struct ascent *a, struct spk_error *err)
{
	*a = (struct ascent){.n = n, .steps = steps, .n_terms = n_terms};
	a->items = malloc((n + 1) * (steps + 1) * sizeof *a->items);
	a->terms = calloc(n_terms * (steps + 1), sizeof *a->terms);
	a->mean = malloc((steps + 1) * sizeof *a->mean);
	a->se = malloc((steps + 1) * sizeof *a->se);
	a->step = malloc((steps + 1) * sizeof *a->step);
	if (!a->items || !a->terms || !a->mean || !a->se || !a->step)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for J of %zu items", n);
	return SPK_OK;
}

static void ascent_clear(struct ascent *a)
{
	free(a->items);
	free(a->terms);
	free(a->mean);
	free(a->se);
	free(a->step);
}

/* ---- Ascent ------------------------------------------------------------------------------------- */

static void note_step(const struct spk_stack_probe *probe, size_t first, size_t step, struct ascent *a)
{
	for (size_t k = 0; k < probe->batch.n; k++)
		a->items[(first + k) * (a->steps + 1) + step] = (float)probe->total[k];
	for (size_t t = 0; t < a->n_terms; t++)
		for (size_t k = 0; k < probe->batch.n; k++)
			a->terms[t * (a->steps + 1) + step] += probe->terms[t * probe->batch.n + k];
}

static int climb(struct spk_stack_job *job, const struct spk_stack_items *items,
	struct spk_stack_probe *probe, struct ascent *a, struct spk_error *err)
{
	struct spk_batch *batch = &probe->batch;
	int rc = SPK_OK;

	for (size_t first = 0; !rc && first < items->n; first += batch->n) {
		struct spk_rng noise = spk_stack_noise(job, SPK_STACK_SUB_ASCENT, first);
		batch->n = items->n - first < SPK_STACK_BATCH ? items->n - first : SPK_STACK_BATCH;
		spk_stack_gather(job->data, items, first, batch->n, batch->h[0]);
		spk_encode(&job->parallel, &job->net, batch);
		for (size_t step = 0; step <= a->steps; step++) {
			if (step > 0)
				spk_infer_step(&job->parallel, &job->net, &job->stack->ascent.inference,
					job->random.decoder, &noise, batch);
			spk_stack_probe_read(job, probe);
			note_step(probe, first, step, a);
		}
		rc = spk_stack_tick(job, first + batch->n, items->n, err);
	}
	return rc;
}

static struct spk_stack_mean mean_of_step(const struct ascent *a, size_t step)
{
	double sum = 0, squares = 0;

	for (size_t k = 0; k < a->n; k++) {
		const double J = (double)a->items[k * (a->steps + 1) + step];
		sum += J;
		squares += J * J;
	}
	return spk_stack_mean_of(sum, squares, a->n);
}

/* Gain of each item from first to last step. */
static struct spk_stack_mean mean_gain(const struct ascent *a, double *ret_share_rising)
{
	double sum = 0, squares = 0;
	size_t rising = 0;

	for (size_t k = 0; k < a->n; k++) {
		const float *J = a->items + k * (a->steps + 1);
		const double gain = (double)J[a->steps] - (double)J[0];
		rising += gain > 0;
		sum += gain;
		squares += gain * gain;
	}
	*ret_share_rising = (double)rising / (double)a->n;
	return spk_stack_mean_of(sum, squares, a->n);
}

/* Terms in the order of struct spk_deep: decoders, prior, encoders. */
static void name_term(const struct spk_stack *stack, size_t t, char name[SPK_STACK_NAME])
{
	const size_t maps = stack->n_layers - 1;

	if (t < maps)
		(void)snprintf(name, SPK_STACK_NAME, "decoder_%s", stack->layers[t].name);
	else if (t == maps)
		(void)snprintf(name, SPK_STACK_NAME, "prior");
	else
		(void)snprintf(name, SPK_STACK_NAME, "encoder_%s", stack->layers[t - maps].name);
}

static int write_ascent(struct spk_stack_job *job, const struct ascent *a, struct spk_stack_mean gain,
	double share, struct spk_error *err)
{
	enum { FIXED = 3, MOST = FIXED + 2 * SPK_STACK_MAX_LAYERS };
	const double *values[MOST] = {a->step, a->mean, a->se};
	struct spk_column columns[MOST] = {{"step", SPK_U64, "", "step of inference; 0: the bottom-up pass"},
		{"mean", SPK_F64, "nat", "mean J over the items"},
		{"se", SPK_F64, "nat", "its standard error"}};
	char names[MOST][SPK_STACK_NAME];
	size_t n = FIXED;
	int rc;

	for (size_t t = 0; t < a->n_terms; t++) {
		if (t + 1 == job->stack->n_layers && !job->stack->objective_prior)
			continue;
		name_term(job->stack, t, names[n]);
		columns[n] = (struct spk_column){names[n], SPK_F64, "nat",
			"mean of this term; that of an encoder without the factor alpha"};
		values[n++] = a->terms + t * (a->steps + 1);
	}
	rc = spk_stack_write_table(job, "/stack/ascent", a->steps + 1, n, columns, values, err);
	if (!rc)
		rc = spk_stack_write_matrix(job, "/stack/ascent/items", a->n, a->steps + 1, a->items,
			"J of each item at each step", err);
	if (!rc)
		rc = spk_stack_attr(job, "/stack/ascent", "share_rising", share, err);
	if (!rc)
		rc = spk_stack_attr(job, "/stack/ascent", "gain", gain.mean, err);
	return rc ? rc : spk_stack_attr(job, "/stack/ascent", "gain_se", gain.se, err);
}

static void report_ascent(
	const struct spk_stack_job *job, const struct ascent *a, struct spk_stack_mean gain, double share)
{
	const size_t every = a->steps > 8 ? (a->steps + 3) / 4 : 1;

	fprintf(job->report, "ascent of J       mean over %zu items; step: J (decoders", a->n);
	for (size_t l = 0; l + 1 < job->stack->n_layers; l++)
		fprintf(job->report, " %s", job->stack->layers[l].name);
	fprintf(job->report, ")\n");
	for (size_t step = 0; step <= a->steps; step++) {
		if (step % every != 0 && step != a->steps)
			continue;
		fprintf(job->report, "  %4zu            %9.3f  (", step, a->mean[step]);
		for (size_t l = 0; l + 1 < job->stack->n_layers; l++)
			fprintf(job->report, "%s%.3f", l ? " " : "", a->terms[l * (a->steps + 1) + step]);
		fprintf(job->report, ")\n");
	}
	fprintf(job->report, "  gain            %.3f +- %.3f, rising for %.1f %% of the items\n", gain.mean,
		gain.se, 100 * share);
}

static int run_ascent(struct spk_stack_job *job, const struct spk_stack_items *items, struct spk_error *err)
{
	struct spk_stack_probe probe = {0};
	struct ascent a = {0};
	struct spk_stack_mean gain;
	double share = 0;
	int rc = spk_stack_probe_init(job, &job->net, &probe, err);

	if (!rc)
		rc = ascent_init(
			items->n, (size_t)job->stack->ascent.inference.steps, probe.n_terms, &a, err);
	if (!rc)
		rc = climb(job, items, &probe, &a, err);
	if (!rc) {
		for (size_t step = 0; step <= a.steps; step++) {
			const struct spk_stack_mean mean = mean_of_step(&a, step);
			a.step[step] = (double)step;
			a.mean[step] = mean.mean;
			a.se[step] = mean.se;
		}
		for (size_t k = 0; k < a.n_terms * (a.steps + 1); k++)
			a.terms[k] /= (double)a.n;
		gain = mean_gain(&a, &share);
		rc = write_ascent(job, &a, gain, share, err);
		report_ascent(job, &a, gain, share);
	}
	ascent_clear(&a);
	spk_stack_probe_clear(&probe);
	return rc;
}

/* ---- Directions --------------------------------------------------------------------------------- */

/* Cosine of two rows; 0 where one of them vanishes: it points nowhere. */
static float cosine(size_t n, const float *a, const float *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (size_t k = 0; k < n; k++) {
		ab += (double)a[k] * (double)b[k];
		aa += (double)a[k] * (double)a[k];
		bb += (double)b[k] * (double)b[k];
	}
	return aa > 0 && bb > 0 ? (float)(ab / (sqrt(aa) * sqrt(bb))) : 0.0f;
}

/* Cosines of one layer: [n] of eq 12, then [n] of random weights. */
static int find_cosines(struct spk_stack_job *job, const struct spk_net *net,
	const struct spk_stack_items *items, size_t l, float *ret, struct spk_error *err)
{
	static const enum spk_estimator estimators[] = {SPK_ESTIMATOR_TARGET_PROP, SPK_ESTIMATOR_RANDOM};
	const size_t width = net->size[l];
	struct spk_batch batch = {0};
	float *exact = malloc(SPK_STACK_BATCH * width * sizeof *exact);
	float *other = malloc(SPK_STACK_BATCH * width * sizeof *other);
	int rc = exact && other ? spk_batch_init(net, SPK_STACK_BATCH, &batch, err)
				: spk_fail(err, SPK_E_NOMEM, "out of memory for directions");

	for (size_t first = 0; !rc && first < items->n; first += batch.n) {
		batch.n = items->n - first < SPK_STACK_BATCH ? items->n - first : SPK_STACK_BATCH;
		spk_stack_gather(job->data, items, first, batch.n, batch.h[0]);
		spk_encode(&job->parallel, net, &batch);
		spk_infer_difference(
			&job->parallel, net, SPK_ESTIMATOR_GRADIENT, job->random.decoder, l, &batch, exact);
		for (size_t e = 0; e < 2; e++) {
			spk_infer_difference(
				&job->parallel, net, estimators[e], job->random.decoder, l, &batch, other);
			for (size_t k = 0; k < batch.n; k++)
				ret[e * items->n + first + k] =
					cosine(width, exact + k * width, other + k * width);
		}
		rc = spk_stack_tick(job, 1, 1, err);
	}
	spk_batch_clear(&batch);
	free(exact);
	free(other);
	return rc;
}

static double mean_of(size_t n, const float *values)
{
	double sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += (double)values[k];
	return sum / (double)n;
}

static int write_cosines(struct spk_stack_job *job, const char *group, const char *layer, size_t n,
	const float *cosines, struct spk_error *err)
{
	static const char *const names[] = {"target_prop", "random"};
	const uint64_t dims[] = {n};
	int rc = SPK_OK;

	for (size_t e = 0; !rc && job->file && e < 2; e++) {
		char path[SPK_STACK_PATH];
		spk_stack_path(path, "/stack/%s/%s/%s", group, layer, names[e]);
		rc = spk_file_array(job->file, path, SPK_F32, 1, dims, cosines + e * n, "",
			"cosine with the exact gradient, each item, after the bottom-up pass", err);
	}
	return rc;
}

static int run_directions(struct spk_stack_job *job, const struct spk_net *net, const char *group,
	const char *when, const struct spk_stack_items *items, struct spk_error *err)
{
	float *cosines = malloc((2 * items->n + 1) * sizeof *cosines);
	int rc = cosines ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for directions");

	for (size_t l = 1; !rc && l < net->n_layers; l++) {
		rc = find_cosines(job, net, items, l, cosines, err);
		if (!rc)
			rc = write_cosines(job, group, job->stack->layers[l].name, items->n, cosines, err);
		if (!rc)
			fprintf(job->report, "  %-10s %-10s  %8.3f  %8.3f\n", when,
				job->stack->layers[l].name, mean_of(items->n, cosines),
				mean_of(items->n, cosines + items->n));
	}
	free(cosines);
	return rc;
}

int spk_stack_ascent(struct spk_stack_job *job, struct spk_error *err)
{
	const double start_s = spk_stack_clock();
	struct spk_stack_items items = {0};
	struct spk_net untrained = {0};
	int rc = spk_stack_items_init(job->data, job->stack->ascent.split, &items, err);

	spk_stack_stage(job, "ascent of J", spk_stack_work_ascent(job));
	if (!rc)
		rc = run_ascent(job, &items, err);
	if (!rc && job->stack->ascent.directions) {
		fprintf(job->report,
			"directions        mean cosine with the gradient: eq 12, random weights\n");
		rc = run_directions(job, &job->net, "directions", "trained", &items, err);
		if (!rc)
			rc = spk_stack_first_net(job, &untrained, err);
		if (!rc)
			rc = run_directions(
				job, &untrained, "directions_untrained", "untrained", &items, err);
	}
	if (!rc)
		rc = spk_stack_seconds(job, "ascent_s", spk_stack_clock() - start_s, err);
	spk_net_clear(&untrained);
	spk_stack_items_clear(&items);
	return rc;
}
