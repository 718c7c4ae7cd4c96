/* Checkpoints of recordings: where each of them stands, and the rows of which it will be the continuation. */
#include <stdlib.h>
#include <string.h>

#include "sim/checkpoint_parts.h"

static int no_memory(struct spk_archive *a)
{
	return spk_archive_fail(a, SPK_E_NOMEM, "out of memory for recordings");
}

static int transfer_doubles(struct spk_archive *a, double *values, uint64_t n)
{
	return spk_archive_bytes(a, values, n * sizeof *values);
}

/* Spikes in the window of a count. */
static int transfer_window(struct spk_archive *a, struct spk_rate_state *s)
{
	uint64_t n = s->n - s->first;
	int rc = spk_archive_count(a, sizeof *s->spikes, &n);

	if (!rc && spk_archive_is_loading(a)) {
		struct spk_rate_spike *spikes = realloc(s->spikes, (n + 1) * sizeof *spikes);
		if (!spikes)
			return no_memory(a);
		s->spikes = spikes;
		s->first = 0;
		s->n = n;
		s->capacity = n + 1;
	}
	for (uint64_t k = 0; !rc && k < n; k++) {
		struct spk_rate_spike *spike = &s->spikes[s->first + k];
		rc = spk_archive_bytes(a, &spike->t, sizeof spike->t);
		if (!rc)
			rc = spk_archive_u64(a, &spike->unit);
		if (!rc && spike->unit >= s->n_units)
			rc = spk_archive_fail(a, SPK_E_FORMAT, "a spike has no unit here");
	}
	return rc;
}

static int transfer_rate(struct spk_archive *a, struct spk_rate_state *s)
{
	int rc = spk_archive_u64(a, &s->next_grid);

	if (!rc)
		rc = transfer_doubles(a, &s->t_filtered, 1);
	if (!rc)
		rc = transfer_doubles(a, s->events, s->n_units);
	return rc ? rc : transfer_window(a, s);
}

static int transfer_weights(struct spk_archive *a, struct spk_weights_state *w)
{
	int rc = spk_archive_u64(a, &w->next_snapshot);

	if (!rc)
		rc = spk_archive_u64(a, &w->n_snapshots);
	if (!rc)
		rc = spk_archive_u64(a, &w->next_trace);
	return rc ? rc : transfer_doubles(a, &w->last_snapshot, 1);
}

/* Rows that wait, `size` bytes each in the file: how many, and room for them. */
static int transfer_waiting(struct spk_archive *a, struct spk_rows *rows, uint64_t size)
{
	uint64_t n = rows->n - rows->first;
	const int rc = spk_archive_count(a, size, &n);

	if (!rc && spk_archive_is_loading(a)) {
		double *values = realloc(rows->values, (n * rows->width + 1) * sizeof *values);
		if (!values)
			return no_memory(a);
		rows->values = values;
		rows->first = 0;
		rows->n = rows->capacity = n;
	}
	return rc;
}

static int transfer_rows(struct spk_archive *a, struct spk_rows *rows)
{
	const int rc = transfer_waiting(a, rows, rows->width * sizeof *rows->values);

	return rc ? rc
		  : transfer_doubles(a, rows->values + rows->first * rows->width,
			    (rows->n - rows->first) * rows->width);
}

/* Each rank has its own synapses. */
static int transfer_link(struct spk_archive *a, const struct spk_layered *l, struct spk_link *link)
{
	const struct spk_merge_synapses synapses = {.ranks = l->ranks,
		.n_sources = l->layers[link->from].population->size,
		.n = link->n,
		.places = link->places};
	uint64_t n_all = link->n;
	int rc = spk_checkpoint_sum(a, l->ranks, &n_all);

	if (!rc)
		rc = transfer_waiting(a, &link->waiting, n_all * sizeof(double));
	for (size_t k = link->waiting.first; !rc && k < link->waiting.n; k++)
		rc = spk_checkpoint_synapses(a, &synapses, link->waiting.values + k * link->n);
	return rc || !link->gradient ? rc : spk_checkpoint_synapses(a, &synapses, link->gradient);
}

static int transfer_objective(struct spk_archive *a, struct spk_objective_state *s)
{
	struct spk_layered *l = &s->layered;
	int rc = spk_archive_u64(a, &s->next_grid);

	if (!rc)
		rc = spk_archive_u64(a, &s->next_weights);
	for (size_t k = 0; !rc && k < l->n_layers; k++) {
		rc = transfer_rows(a, &l->layers[k].rates);
		if (!rc)
			rc = transfer_rows(a, &l->layers[k].states);
	}
	for (size_t k = 0; !rc && k < l->n_links; k++)
		rc = transfer_link(a, l, &l->links[k]);
	return rc;
}

static int transfer_compared(struct spk_archive *a, struct spk_recorder *r)
{
	const struct spk_scenario *sc = r->network->scenario;
	int rc = SPK_OK;

	for (size_t k = 0; !rc && r->compare.counts && k < sc->rate_limit.n_compared; k++) {
		const struct spk_population *p = &sc->populations[sc->rate_limit.compared[k]];
		rc = spk_archive_bytes(
			a, r->compare.counts[k], p->size / p->copies * sizeof *r->compare.counts[k]);
	}
	return rc;
}

int spk_checkpoint_recorder(struct spk_archive *a, struct spk_recorder *r)
{
	const struct spk_scenario *sc = r->network->scenario;
	int rc = spk_archive_u64(a, &r->n_spikes);

	if (!rc)
		rc = spk_archive_expect(a, "a result file", (uint64_t)r->is_on);
	if (rc || !r->is_on)
		return rc;
	for (size_t k = 0; !rc && k < sc->n_rates; k++)
		rc = transfer_rate(a, &r->rates[k]);
	for (size_t k = 0; !rc && k < sc->n_weights; k++)
		rc = transfer_weights(a, &r->weights[k]);
	for (size_t k = 0; !rc && k < sc->n_objectives; k++)
		rc = transfer_objective(a, &r->objectives[k]);
	return rc ? rc : transfer_compared(a, r);
}

/* ---- The result file ---------------------------------------------------------------------------- */

static int transfer_row_counts(struct spk_archive *a, const struct spk_recorder *r, uint64_t **ret_rows)
{
	const size_t n = r->file ? spk_file_stream_rows(r->file, 0, NULL) : 0;
	uint64_t *rows = calloc(n + 1, sizeof *rows);
	int rc = rows ? spk_archive_expect(a, "recordings", n) : no_memory(a);

	if (!rc && r->file)
		(void)spk_file_stream_rows(r->file, n, rows);
	if (!rc)
		rc = spk_archive_bytes(a, rows, n * sizeof *rows);
	if (!rc && spk_archive_is_loading(a))
		*ret_rows = rows;
	else
		free(rows);
	return rc;
}

int spk_checkpoint_rows(struct spk_archive *a, const struct spk_recorder *r, uint64_t **ret_rows)
{
	int is_own, rc = spk_archive_begin(a, 0, &is_own);

	if (!rc && is_own)
		rc = transfer_row_counts(a, r, ret_rows);
	return rc ? rc : spk_archive_end(a);
}

int spk_checkpoint_copy_results(
	struct spk_recorder *r, const char *path, const uint64_t *rows, struct spk_error *err)
{
	const struct spk_scenario *sc = r->network->scenario;
	struct spk_file *from = NULL;
	struct spk_error reason = {0};
	int rc = spk_file_open(path, &from, &reason);

	if (!rc)
		rc = spk_file_continue(r->file, from, spk_file_stream_rows(r->file, 0, NULL), rows, &reason);
	for (size_t k = 0; !rc && k < sc->n_weights; k++)
		rc = spk_recorder_copy_snapshots(r, &r->weights[k], from, &reason);
	(void)spk_file_close(from, 0, NULL);
	if (!rc)
		return spk_file_rename(r->file, path, err);
	return spk_fail(err, rc, "the result file does not have what was recorded up to the checkpoint: %s",
		reason.text);
}
