/* The denoising score of the lowest pair of maps against the score of the mixture that the data come from. */
#include "models/stack/score.h"

#include <stdlib.h>

#include "sim/stack_job.h"

enum { DIMS = 2, COLUMNS = 8 };

static int write_columns(struct spk_stack_job *job, size_t n, const double *values, struct spk_error *err)
{
	static const struct {
		const char *name, *description;
	} columns[COLUMNS] = {{"x0", "point, first coordinate"}, {"x1", "point, second coordinate"},
		{"score0", "d log p(x)/dx of the mixture"}, {"score1", "d log p(x)/dx of the mixture"},
		{"blurred0", "the same of the mixture blurred by the corruption"},
		{"blurred1", "the same of the mixture blurred by the corruption"},
		{"estimate0", "(r(x) - x)/sigma^2"}, {"estimate1", "(r(x) - x)/sigma^2"}};
	const uint64_t dims[] = {n};
	int rc = SPK_OK;

	for (size_t k = 0; !rc && job->file && k < COLUMNS; k++) {
		char path[SPK_STACK_PATH];
		spk_stack_path(path, "/stack/score/%s", columns[k].name);
		rc = spk_file_array(
			job->file, path, SPK_F64, 1, dims, values + k * n, "", columns[k].description, err);
	}
	return rc;
}

int spk_stack_score(struct spk_stack_job *job, struct spk_error *err)
{
	const double sigma = job->stack->layers[0].corruption;
	struct spk_stack_items items = {0};
	float *rows = NULL, *estimate = NULL;
	double *values = NULL;
	int rc = spk_stack_items_init(job->data, job->stack->score.split, &items, err);

	if (rc)
		return rc;
	rows = spk_stack_rows(job->data, &items);
	estimate = malloc((items.n + 1) * DIMS * sizeof *estimate);
	values = malloc((items.n + 1) * COLUMNS * sizeof *values);
	if (!rows || !estimate || !values)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the score of %zu points", items.n);
	else
		rc = spk_denoising_score(&job->parallel, &job->net, sigma, items.n, rows, estimate, err);
	for (size_t k = 0; !rc && k < items.n; k++) {
		const double x[DIMS] = {(double)rows[DIMS * k], (double)rows[DIMS * k + 1]};
		double exact[DIMS], blurred[DIMS];
		spk_mixture_score(&job->data->mixture, 0, x, exact);
		spk_mixture_score(&job->data->mixture, sigma, x, blurred);
		for (size_t d = 0; d < DIMS; d++) {
			values[d * items.n + k] = x[d];
			values[(DIMS + d) * items.n + k] = exact[d];
			values[(2 * DIMS + d) * items.n + k] = blurred[d];
			values[(3 * DIMS + d) * items.n + k] = (double)estimate[DIMS * k + d];
		}
	}
	if (!rc)
		rc = write_columns(job, items.n, values, err);
	if (!rc)
		fprintf(job->report, "score             of %zu points\n", items.n);
	free(rows);
	free(estimate);
	free(values);
	spk_stack_items_clear(&items);
	return rc;
}
