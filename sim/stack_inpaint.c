/* Missing halves filled in, beside the training mean and the nearest training item. */
#include "models/stack/inpaint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/stack/nearest.h"
#include "sim/schema.h"
#include "sim/stack_job.h"

enum { SHOWN = 20 };

/* Sum and sum of squares over items. */
struct sums {
	double sum, squares;
};

/* Work on one mask. Images are [n * pixels] of the present batch. */
struct painting {
	size_t pixels, rounds;
	const float *points; /* training items */
	const float *mean;   /* their mean */
	struct spk_stack_items items;
	struct spk_batch batch;
	unsigned char *visible;
	float *images, *mean_filled, *nearest_filled;
	size_t *nearest;
	struct sums *error; /* [rounds + 1] of inference and decoding */
	double *agreeing;   /* [rounds + 1] items whose label the completed image has */
	struct sums mean_error, nearest_error;
	double agreeing_mean, agreeing_nearest, agreeing_original, labelled;
	float *shown[5]; /* [SHOWN * pixels] images, masked, filled, mean_filled, nearest_filled */
};

static void painting_clear(struct painting *p)
{
	spk_stack_items_clear(&p->items);
	spk_batch_clear(&p->batch);
	free(p->visible);
	free(p->images);
	free(p->mean_filled);
	free(p->nearest_filled);
	free(p->nearest);
	free(p->error);
	free(p->agreeing);
	for (size_t k = 0; k < 5; k++)
		free(p->shown[k]);
}

static int painting_init(const struct spk_stack_job *job, const float *points, const float *mean,
	struct painting *p, struct spk_error *err)
{
	const size_t pixels = job->net.size[0], rounds = (size_t)job->stack->inpainting.rounds;
	const size_t bytes = SPK_STACK_BATCH * pixels * sizeof(float);
	int ok = 1, rc;

	*p = (struct painting){.pixels = pixels, .rounds = rounds, .points = points, .mean = mean};
	p->visible = malloc(SPK_STACK_BATCH * pixels);
	p->images = malloc(bytes);
	p->mean_filled = malloc(bytes);
	p->nearest_filled = malloc(bytes);
	p->nearest = malloc(SPK_STACK_BATCH * sizeof *p->nearest);
	p->error = calloc(rounds + 1, sizeof *p->error);
	p->agreeing = calloc(rounds + 1, sizeof *p->agreeing);
	for (size_t k = 0; k < 5; k++) {
		p->shown[k] = calloc(SHOWN * pixels, sizeof *p->shown[k]);
		ok = ok && p->shown[k];
	}
	if (!ok || !p->visible || !p->images || !p->mean_filled || !p->nearest_filled || !p->nearest ||
		!p->error || !p->agreeing)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for in-painting");
	rc = spk_stack_items_init(job->data, job->stack->inpainting.split, &p->items, err);
	return rc ? rc : spk_batch_init(&job->net, SPK_STACK_BATCH, &p->batch, err);
}

/* ---- Figures ------------------------------------------------------------------------------------ */

/* Mean squared error of the missing pixels of each image is added up. */
static void add_errors(const struct painting *p, const float *filled, struct sums *sums)
{
	for (size_t k = 0; k < p->batch.n; k++) {
		double sum = 0;
		size_t missing = 0;
		for (size_t i = k * p->pixels; i < (k + 1) * p->pixels; i++) {
			const double e = (double)filled[i] - (double)p->images[i];
			if (p->visible[i])
				continue;
			sum += e * e;
			missing++;
		}
		sum = missing ? sum / (double)missing : 0;
		sums->sum += sum;
		sums->squares += sum * sum;
	}
}

/* Adds the number of images whose nearest training item has the label of item first + k. Of the first
 * SPK_STACK_PROBE items only: it is a search among all training items. */
static int add_agreeing(struct spk_stack_job *job, struct painting *p, size_t first, const float *images,
	double *sum, struct spk_error *err)
{
	const uint32_t *labels = job->data->labels;
	const size_t left = first < SPK_STACK_PROBE ? SPK_STACK_PROBE - first : 0;
	const size_t n = p->batch.n < left ? p->batch.n : left;
	int rc;

	if (n == 0 || job->data->n_labels < 2)
		return SPK_OK;
	rc = spk_nearest_point(
		&job->parallel, p->pixels, NULL, job->training.n, p->points, n, images, p->nearest, err);
	for (size_t k = 0; !rc && k < n; k++)
		*sum += labels[job->training.index[p->nearest[k]]] == labels[p->items.index[first + k]];
	return rc;
}

static int note_round(
	struct spk_stack_job *job, struct painting *p, size_t first, size_t round, struct spk_error *err)
{
	add_errors(p, p->batch.h[0], &p->error[round]);
	return add_agreeing(job, p, first, p->batch.h[0], &p->agreeing[round], err);
}

/* ---- One batch ---------------------------------------------------------------------------------- */

/* Images, masks, and the fills that need no model. The mean fill is also the first guess. */
static int prepare(struct spk_stack_job *job, struct painting *p, enum spk_mask_kind kind, size_t first,
	struct spk_error *err)
{
	const size_t n = p->batch.n;
	int rc = SPK_OK;

	spk_stack_gather(job->data, &p->items, first, n, p->images);
	for (size_t k = 0; !rc && k < n; k++)
		rc = spk_mask(kind, (size_t)job->data->height, (size_t)job->data->width, job->scenario->seed,
			first + k, p->visible + k * p->pixels, err);
	if (!rc)
		rc = spk_nearest_point(&job->parallel, p->pixels, p->visible, job->training.n, p->points, n,
			p->images, p->nearest, err);
	for (size_t i = 0; !rc && i < n * p->pixels; i++) {
		const float *point = p->points + p->nearest[i / p->pixels] * p->pixels;
		p->mean_filled[i] = p->visible[i] ? p->images[i] : p->mean[i % p->pixels];
		p->nearest_filled[i] = p->visible[i] ? p->images[i] : point[i % p->pixels];
	}
	if (!rc)
		memcpy(p->batch.h[0], p->mean_filled, n * p->pixels * sizeof(float));
	return rc;
}

static void keep_shown(struct painting *p, size_t first)
{
	const float *const rows[] = {p->images, NULL, p->batch.h[0], p->mean_filled, p->nearest_filled};
	const size_t left = first < SHOWN ? SHOWN - first : 0, n = p->batch.n < left ? p->batch.n : left;

	for (size_t k = 0; k < 5; k++)
		for (size_t i = 0; i < n * p->pixels; i++)
			p->shown[k][first * p->pixels + i] =
				rows[k] ? rows[k][i] : (p->visible[i] ? p->images[i] : 0);
}

static int fill_batch(struct spk_stack_job *job, struct painting *p, enum spk_mask_kind kind, size_t first,
	struct spk_error *err)
{
	struct spk_rng noise = spk_stack_noise(job, SPK_STACK_SUB_INPAINTING, first);
	int rc = prepare(job, p, kind, first, err);

	if (rc)
		return rc;
	add_errors(p, p->mean_filled, &p->mean_error);
	add_errors(p, p->nearest_filled, &p->nearest_error);
	rc = add_agreeing(job, p, first, p->mean_filled, &p->agreeing_mean, err);
	if (!rc)
		rc = add_agreeing(job, p, first, p->nearest_filled, &p->agreeing_nearest, err);
	if (!rc)
		rc = add_agreeing(job, p, first, p->images, &p->agreeing_original, err);
	for (size_t round = 0; !rc && round <= p->rounds; round++) {
		if (round > 0)
			spk_inpaint_round(&job->parallel, &job->net, &job->stack->inpainting.inference,
				job->random.decoder, p->visible, &noise, &p->batch);
		rc = note_round(job, p, first, round, err);
		if (!rc)
			rc = spk_stack_tick(job, first * (p->rounds + 1) + round * p->batch.n,
				p->items.n * (p->rounds + 1), err);
	}
	keep_shown(p, first);
	return rc;
}

/* ---- Output ------------------------------------------------------------------------------------- */

enum {
	ROUND,
	MSE,
	MSE_SE,
	MEAN,
	MEAN_SE,
	NEAREST,
	NEAREST_SE,
	AGREEMENT,
	AGREEMENT_MEAN,
	AGREEMENT_NEAREST,
	COLUMNS
};

static int write_table(
	struct spk_stack_job *job, const struct painting *p, const char *group, struct spk_error *err)
{
	static const struct spk_column columns[COLUMNS] = {
		{"round", SPK_U64, "",
			"rounds of inference and decoding; 0: the training mean, the first guess"},
		{"mse", SPK_F64, "", "squared error of the missing pixels, mean over the items"},
		{"mse_se", SPK_F64, "", "its standard error"},
		{"mean_fill", SPK_F64, "", "the same of the mean of the training items"},
		{"mean_fill_se", SPK_F64, "", "its standard error"},
		{"nearest_fill", SPK_F64, "", "the same of the training item nearest in the visible pixels"},
		{"nearest_fill_se", SPK_F64, "", "its standard error"},
		{"agreement", SPK_F64, "",
			"share of completed images whose nearest training item has their label"},
		{"agreement_mean_fill", SPK_F64, "", "the same of the mean fill"},
		{"agreement_nearest_fill", SPK_F64, "", "the same of the nearest fill"}};
	const size_t rows = p->rounds + 1, n_columns = job->data->n_labels > 1 ? COLUMNS : AGREEMENT;
	double *values = malloc(COLUMNS * rows * sizeof *values);
	const double *starts[COLUMNS];
	int rc;

	if (!values)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for a table");
	for (size_t k = 0; k < COLUMNS; k++)
		starts[k] = values + k * rows;
	for (size_t r = 0; r < rows; r++) {
		const struct spk_stack_mean error =
			spk_stack_mean_of(p->error[r].sum, p->error[r].squares, p->items.n);
		const struct spk_stack_mean mean =
			spk_stack_mean_of(p->mean_error.sum, p->mean_error.squares, p->items.n);
		const struct spk_stack_mean nearest =
			spk_stack_mean_of(p->nearest_error.sum, p->nearest_error.squares, p->items.n);
		const double row[COLUMNS] = {(double)r, error.mean, error.se, mean.mean, mean.se,
			nearest.mean, nearest.se, p->agreeing[r] / p->labelled,
			p->agreeing_mean / p->labelled, p->agreeing_nearest / p->labelled};
		for (size_t k = 0; k < COLUMNS; k++)
			values[k * rows + r] = row[k];
	}
	rc = spk_stack_write_table(job, group, rows, n_columns, columns, starts, err);
	if (!rc && n_columns == COLUMNS)
		rc = spk_stack_attr(
			job, group, "agreement_original", p->agreeing_original / p->labelled, err);
	if (!rc && n_columns == COLUMNS)
		rc = spk_stack_attr(job, group, "agreement_items", p->labelled, err);
	free(values);
	return rc;
}

static int write_painting(
	struct spk_stack_job *job, const struct painting *p, const char *name, struct spk_error *err)
{
	static const struct {
		const char *name, *description;
	} images[] = {{"images", "the first items"}, {"masked", "with missing pixels 0"},
		{"filled", "after the last round"}, {"mean_filled", "filled with the training mean"},
		{"nearest_filled", "filled from the nearest training item"}};
	const size_t n = p->items.n < SHOWN ? p->items.n : SHOWN;
	char path[SPK_STACK_PATH];
	int rc;

	spk_stack_path(path, "/stack/inpainting/%s", name);
	rc = write_table(job, p, path, err);
	for (size_t k = 0; !rc && k < 5; k++) {
		spk_stack_path(path, "/stack/inpainting/%s/%s", name, images[k].name);
		rc = spk_stack_write_matrix(job, path, n, p->pixels, p->shown[k], images[k].description, err);
	}
	return rc;
}

static void report_mask(const struct spk_stack_job *job, const struct painting *p, const char *name)
{
	const double n = (double)p->items.n;

	fprintf(job->report, "  %-10s %10.5f %10.5f %10.5f %10.5f", name, p->error[1].sum / n,
		p->error[p->rounds].sum / n, p->mean_error.sum / n, p->nearest_error.sum / n);
	if (job->data->n_labels > 1)
		fprintf(job->report, "   %6.1f %6.1f %6.1f", 100 * p->agreeing[p->rounds] / p->labelled,
			100 * p->agreeing_mean / p->labelled, 100 * p->agreeing_nearest / p->labelled);
	fprintf(job->report, "\n");
}

/* ---- All masks ---------------------------------------------------------------------------------- */

static int run_mask(struct spk_stack_job *job, enum spk_mask_kind kind, const float *points,
	const float *mean, struct spk_error *err)
{
	const char *name = spk_stack_mask_words[kind];
	struct painting p;
	int rc;

	spk_stack_stage(job, "in-painting", spk_stack_work_mask(job));
	rc = painting_init(job, points, mean, &p, err);
	p.labelled = (double)(p.items.n < SPK_STACK_PROBE ? p.items.n : SPK_STACK_PROBE);
	for (size_t first = 0; !rc && first < p.items.n; first += p.batch.n) {
		p.batch.n = p.items.n - first < SPK_STACK_BATCH ? p.items.n - first : SPK_STACK_BATCH;
		rc = fill_batch(job, &p, kind, first, err);
	}
	if (!rc)
		rc = write_painting(job, &p, name, err);
	if (!rc)
		report_mask(job, &p, name);
	painting_clear(&p);
	return rc;
}

static void find_mean(size_t n, size_t pixels, const float *points, float *ret_mean, double *sums)
{
	for (size_t i = 0; i < pixels; i++)
		sums[i] = 0;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < pixels; i++)
			sums[i] += (double)points[k * pixels + i];
	for (size_t i = 0; i < pixels; i++)
		ret_mean[i] = (float)(sums[i] / (double)n);
}

int spk_stack_inpainting(struct spk_stack_job *job, struct spk_error *err)
{
	const struct spk_inpainting_plan *plan = &job->stack->inpainting;
	const double start_s = spk_stack_clock();
	const size_t pixels = job->net.size[0];
	float *points = spk_stack_rows(job->data, &job->training), *mean = malloc(pixels * sizeof *mean);
	double *sums = malloc(pixels * sizeof *sums);
	int rc = points && mean && sums ? SPK_OK
					: spk_fail(err, SPK_E_NOMEM, "out of memory for the training items");

	if (!rc) {
		find_mean(job->training.n, pixels, points, mean, sums);
		fprintf(job->report,
			"in-painting       mean squared error of the missing half%s\n"
			"  mask         1 round  %3llu rounds  mean fill    nearest%s\n",
			job->data->n_labels > 1 ? "; % of labels kept" : "", (unsigned long long)plan->rounds,
			job->data->n_labels > 1 ? "    model   mean nearest" : "");
	}
	for (size_t k = 0; !rc && k < plan->n_masks; k++)
		rc = run_mask(job, plan->masks[k], points, mean, err);
	if (!rc)
		rc = spk_stack_seconds(job, "inpainting_s", spk_stack_clock() - start_s, err);
	free(points);
	free(mean);
	free(sums);
	return rc;
}
