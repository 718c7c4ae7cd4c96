/*
 * Sampled states: rank by rank, each partition after the other, they are in the order of the neurons. All
 * partitions sampled the same grid points, also those that hold none of the neurons.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/recorder_parts.h"

/* Samples of one rank between ranks, point by point; values stand row by row. */
struct rows {
	size_t n, n_variables;
	const double *t;
	const uint64_t *ids;
	const double *values;
};

static struct rows rows_of(const struct spk_part *part, size_t n_variables)
{
	struct rows r = {.n_variables = n_variables};

	r.n = part->n / ((2 + n_variables) * sizeof(double));
	r.t = part->data;
	r.ids = (const void *)(r.t + r.n);
	r.values = (const void *)(r.ids + r.n);
	return r;
}

/* Rows [first, first + n), one stream column after the other. */
static int write_rows(
	struct spk_stream *stream, const struct rows *r, size_t first, size_t n, struct spk_error *err)
{
	const void **columns = malloc((r->n_variables + 2) * sizeof *columns);
	double *values = malloc((n * r->n_variables + 1) * sizeof *values);
	int rc = columns && values ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	if (!rc) {
		columns[0] = r->t + first;
		columns[1] = r->ids + first;
		for (size_t i = 0; i < r->n_variables; i++) {
			for (size_t row = 0; row < n; row++)
				values[i * n + row] = r->values[(first + row) * r->n_variables + i];
			columns[i + 2] = values + i * n;
		}
		rc = spk_stream_append(stream, n, columns, err);
	}
	free(columns);
	free(values);
	return rc;
}

static int write_points(struct spk_stream *stream, const struct spk_parts *parts, size_t n_variables,
	size_t n_points, struct spk_error *err)
{
	const size_t n_writes = parts->n == 1 ? 1 : n_points; /* alone, a rank has all rows in order */
	int rc = SPK_OK;

	for (size_t point = 0; !rc && point < n_writes; point++)
		for (unsigned i = 0; !rc && i < parts->n; i++) {
			const struct rows rows = rows_of(&parts->part[i], n_variables);
			const size_t n = rows.n / n_writes;
			if (n)
				rc = write_rows(stream, &rows, point * n, n, err);
		}
	return rc;
}

/* Copy rows [from, from + n) of a sampler to row `to` of a message of n_all rows. */
static void copy_rows(
	const struct spk_sampler *s, size_t from, size_t n, double *message, size_t n_all, size_t to)
{
	const size_t width = s->record->n_variables;
	uint64_t *ids = (void *)(message + n_all);

	if (n == 0)
		return;
	memcpy(message + to, s->t + from, n * sizeof *s->t);
	memcpy(ids + to, s->ids + from, n * sizeof *s->ids);
	memcpy(message + 2 * n_all + to * width, s->values + from * width, n * width * sizeof *s->values);
}

/* The samples of this rank, point by point, partition by partition; the samplers are emptied. malloc'ed. */
static double *take_rows(struct spk_recorder *r, size_t k, size_t n_points, size_t *ret_bytes)
{
	const struct spk_network *net = r->network;
	const size_t width = 2 + net->scenario->states[k].n_variables;
	size_t n = 0, to = 0;

	for (uint32_t i = 0; i < net->n_partitions; i++)
		n += net->partitions[i].samplers[k].n;
	double *message = malloc((n * width + 1) * sizeof *message);
	for (size_t point = 0; message && point < n_points; point++)
		for (uint32_t i = 0; i < net->n_partitions; i++) {
			const struct spk_sampler *s = &net->partitions[i].samplers[k];
			copy_rows(s, point * s->n_neurons, s->n_neurons, message, n, to);
			to += s->n_neurons;
		}
	for (uint32_t i = 0; i < net->n_partitions; i++)
		net->partitions[i].samplers[k].n = net->partitions[i].samplers[k].n_points = 0;
	*ret_bytes = n * width * sizeof *message;
	return message;
}

int spk_recorder_write_states(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	const struct spk_network *net = r->network;
	const size_t n_points = net->partitions[0].samplers[k].n_points;
	const size_t n_variables = net->scenario->states[k].n_variables;
	struct spk_parts parts;
	size_t bytes;

	if (n_points == 0)
		return SPK_OK;
	double *message = take_rows(r, k, n_points, &bytes);
	int rc = message ? spk_ranks_gather(net->ranks, bytes, message, &parts, err)
			 : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	if (!rc && r->file)
		rc = write_points(r->states[k], &parts, n_variables, n_points, err);
	free(message);
	return rc;
}

int spk_recorder_take_states(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	const struct spk_network *net = r->network;
	const struct spk_record_state *record = &net->scenario->states[k];
	const struct spk_population *population = &net->scenario->populations[record->population];
	struct spk_layered *layered = &r->objectives[record->reader.objective - 1].layered;
	const size_t n_points = net->partitions[0].samplers[k].n_points;
	struct spk_parts parts;
	size_t bytes;

	if (n_points == 0)
		return SPK_OK;
	double *message = take_rows(r, k, n_points, &bytes);
	double *row = malloc((population->size + 1) * sizeof *row);
	int rc = message && row ? spk_ranks_share(net->ranks, bytes, message, &parts, err)
				: spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (size_t point = 0; !rc && point < n_points; point++) {
		double *to = row;
		for (unsigned i = 0; i < parts.n; i++) {
			const struct rows rows = rows_of(&parts.part[i], record->n_variables);
			const size_t n = rows.n / n_points;
			if (n)
				memcpy(to, rows.values + point * n, n * sizeof *row);
			to += n;
		}
		rc = spk_layered_states(layered, record->reader.layer, population->copies, row, err);
	}
	free(message);
	free(row);
	return rc;
}
