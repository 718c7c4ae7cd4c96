/* What a stack leaves in the result file. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <spikem/version.h>

#include "sim/stack_job.h"

void spk_stack_path(char path[SPK_STACK_PATH], const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(path, SPK_STACK_PATH, format, list);
	va_end(list);
}

struct spk_stack_mean spk_stack_mean_of(double sum, double squares, size_t n)
{
	const double count = (double)n, mean = sum / count;
	const double variance = (squares - sum * mean) / (count - 1);

	return (struct spk_stack_mean){mean, n > 1 ? sqrt(fmax(variance, 0) / count) : (double)NAN};
}

/* ---- Pieces ------------------------------------------------------------------------------------- */

int spk_stack_write_table(struct spk_stack_job *job, const char *group, size_t n, size_t n_columns,
	const struct spk_column *columns, const double *const *values, struct spk_error *err)
{
	struct spk_stream *stream = NULL;
	uint64_t *counts;
	const void **data;
	int rc;

	if (!job->file)
		return SPK_OK;
	counts = malloc((n + 1) * sizeof *counts);
	data = malloc((n_columns + 1) * sizeof *data);
	rc = counts && data ? spk_file_stream(job->file, group, n_columns, columns, &stream, err)
			    : spk_fail(err, SPK_E_NOMEM, "out of memory for the table %s", group);
	if (!rc) {
		for (size_t k = 0; k < n; k++)
			counts[k] = (uint64_t)values[0][k];
		for (size_t k = 0; k < n_columns; k++)
			data[k] = k == 0 ? (const void *)counts : values[k];
		rc = spk_stream_append(stream, n, data, err);
	}
	free(counts);
	free(data);
	return rc;
}

int spk_stack_write_matrix(struct spk_stack_job *job, const char *path, size_t rows, size_t columns,
	const float *values, const char *description, struct spk_error *err)
{
	const uint64_t dims[] = {rows, columns};

	if (!job->file)
		return SPK_OK;
	return spk_file_array(job->file, path, SPK_F32, 2, dims, values, "", description, err);
}

int spk_stack_attr(
	struct spk_stack_job *job, const char *object, const char *name, double value, struct spk_error *err)
{
	return job->file ? spk_file_attr_f64(job->file, object, name, value, err) : SPK_OK;
}

int spk_stack_seconds(struct spk_stack_job *job, const char *name, double value, struct spk_error *err)
{
	return spk_stack_attr(job, "/provenance", name, value, err);
}

/* ---- Beginning ---------------------------------------------------------------------------------- */

static int open_history(struct spk_stack_job *job, struct spk_error *err)
{
	const struct spk_stack_layer *layers = job->stack->layers;
	const size_t maps = job->net.n_layers - 1;
	struct spk_column columns[2 * SPK_STACK_MAX_LAYERS + 1];
	char names[2 * SPK_STACK_MAX_LAYERS][SPK_STACK_NAME];

	columns[0] = (struct spk_column){"epoch", SPK_U64, "", "epochs done; 0: before training"};
	for (size_t l = 0; l < maps; l++) {
		(void)snprintf(names[l], SPK_STACK_NAME, "encoder_loss_%s", layers[l + 1].name);
		(void)snprintf(names[maps + l], SPK_STACK_NAME, "decoder_loss_%s", layers[l].name);
		columns[1 + l] = (struct spk_column){
			names[l], SPK_F64, "", "mean loss of the encoder onto this layer in the epoch"};
		columns[1 + maps + l] = (struct spk_column){names[maps + l], SPK_F64, "",
			"mean loss of the decoder onto this layer in the epoch"};
	}
	columns[1 + 2 * maps] = (struct spk_column){
		"objective_before", SPK_F64, "nat", "mean J before inference, of the first items"};
	columns[2 + 2 * maps] =
		(struct spk_column){"objective_after", SPK_F64, "nat", "mean J after inference"};
	return spk_file_stream(
		job->file, "/stack/training", job->n_columns, columns, &job->training_stream, err);
}

int spk_stack_write_epoch(struct spk_stack_job *job, uint64_t epoch, struct spk_error *err)
{
	const double *row = job->history + epoch * job->n_columns;
	const void *columns[2 * SPK_STACK_MAX_LAYERS + 1];
	int rc;

	if (!job->file)
		return SPK_OK;
	columns[0] = &epoch;
	for (size_t k = 1; k < job->n_columns; k++)
		columns[k] = row + k;
	rc = spk_stream_append(job->training_stream, 1, columns, err);
	return rc ? rc : spk_file_flush(job->file, err);
}

int spk_stack_open(struct spk_stack_job *job, struct spk_error *err)
{
	const struct spk_scenario *scenario = job->scenario;
	const struct spk_file_options options = {.compress = job->options->compress};
	int rc;

	if (!job->options->output)
		return SPK_OK;
	rc = spk_file_create(job->options->output, &options, &job->file, err);
	if (!rc)
		rc = spk_file_attr_text(job->file, "/", "title", scenario->title ? scenario->title : "", err);
	if (!rc)
		rc = spk_file_text(job->file, "/scenario/source", scenario->text, err);
	if (!rc)
		rc = spk_file_text(job->file, "/scenario/used", scenario->used, err);
	if (!rc)
		rc = spk_file_text(job->file, "/provenance/scenario", scenario->path, err);
	if (!rc)
		rc = open_history(job, err);
	for (uint64_t k = 0; !rc && k < (job->epochs ? job->epochs + 1 : 0); k++)
		rc = spk_stack_write_epoch(job, k, err);
	return rc;
}

/* ---- End ---------------------------------------------------------------------------------------- */

static int write_map(struct spk_stack_job *job, const char *kind, size_t number, const struct spk_map *map,
	struct spk_error *err)
{
	const uint64_t dims[] = {map->n_out};
	char path[SPK_STACK_PATH];
	int rc;

	spk_stack_path(path, "/stack/weights/%s%zu/weight", kind, number);
	rc = spk_stack_write_matrix(job, path, map->n_out, map->n_in, map->weight,
		"weights, a row for each unit mapped onto", err);
	spk_stack_path(path, "/stack/weights/%s%zu/bias", kind, number);
	return rc ? rc : spk_file_array(job->file, path, SPK_F32, 1, dims, map->bias, "", "biases", err);
}

int spk_stack_write_end(struct spk_stack_job *job, double seconds, const char *report, struct spk_error *err)
{
	int rc = SPK_OK;

	if (!job->file)
		return SPK_OK;
	for (size_t l = 0; !rc && l + 1 < job->net.n_layers; l++) {
		rc = write_map(job, "f", l + 1, &job->net.encoder[l], err);
		if (!rc)
			rc = write_map(job, "g", l + 1, &job->net.decoder[l], err);
	}
	if (!rc)
		rc = spk_file_attr_text(job->file, "/provenance", "version", spk_version(), err);
	if (!rc)
		rc = spk_file_attr_text(job->file, "/provenance", "libraries", spk_build_libraries(), err);
	if (!rc)
		rc = spk_file_attr_text(job->file, "/provenance", "build", spk_build_flags(), err);
	if (!rc)
		rc = spk_file_attr_u64(job->file, "/provenance", "seed", job->scenario->seed, err);
	if (!rc)
		rc = spk_file_attr_u64(job->file, "/provenance", "threads",
			job->options->threads ? job->options->threads : 1, err);
	if (!rc)
		rc = spk_stack_seconds(job, "run_s", seconds, err);
	if (!rc)
		rc = spk_file_text(job->file, "/report", report, err);
	return rc;
}
