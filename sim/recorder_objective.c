/* Objectives of chains of populations: their rows as soon as all that goes into them is known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/recorder_parts.h"
#include "sim/synapse_walk.h"

static const char GROUP[] = "objective";

/* A gradient on its way into the file. */
struct gradient_run {
	const struct spk_link *link;
	struct spk_array *array;
};

static int open_stream(struct spk_recorder *r, struct spk_objective_state *s, struct spk_error *err)
{
	const struct spk_layered *l = &s->layered;
	struct spk_column *columns = calloc(l->n_links + 2, sizeof *columns);
	char(*names)[SPK_RECORDER_PATH] = calloc(l->n_links + 1, sizeof *names);
	char path[SPK_RECORDER_PATH];
	int rc = columns && names ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	if (!rc) {
		columns[0] = (struct spk_column){"time", SPK_F64, "ms", "time of the sample"};
		columns[1] = (struct spk_column){"J", SPK_F64, "", "the objective"};
		for (size_t k = 0; k < l->n_links; k++) {
			const int is_decoder = k < l->n_decoders;
			snprintf(names[k], sizeof names[k], "%s_%s", is_decoder ? "decoder" : "encoder",
				l->layers[l->links[k].to].population->name);
			columns[k + 2] = (struct spk_column){names[k], SPK_F64, "",
				is_decoder ? "log p of this layer given the one above"
					   : "log q of this layer given the one below, without alpha"};
		}
		spk_recorder_path(path, GROUP, l->record->name, 0, "");
		rc = spk_file_stream(r->file, path, l->n_links + 2, columns, &s->stream, err);
	}
	free(columns);
	free(names);
	return rc;
}

int spk_recorder_open_objective(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	struct spk_objective_state *s = &r->objectives[k];
	int rc = spk_layered_create(r->network, &r->network->scenario->objectives[k], &s->layered, err);

	if (rc)
		return rc;
	s->terms = calloc(s->layered.n_links + 1, sizeof *s->terms);
	if (!s->terms)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the objective");
	return r->file ? open_stream(r, s, err) : SPK_OK;
}

void spk_recorder_close_objective(struct spk_objective_state *s)
{
	spk_layered_clear(&s->layered);
	free(s->terms);
}

/* ---- What it reads ------------------------------------------------------------------------------ */

double spk_recorder_next_objective(const struct spk_recorder *r)
{
	double t = INFINITY;

	for (size_t k = 0; k < r->network->scenario->n_objectives; k++) {
		const struct spk_objective_state *s = &r->objectives[k];
		if (spk_layered_is_plastic(&s->layered))
			t = fmin(t, (double)s->next_weights * s->layered.record->every);
	}
	return t;
}

int spk_recorder_objective_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < r->network->scenario->n_objectives; k++) {
		struct spk_objective_state *s = &r->objectives[k];
		if (!spk_layered_is_plastic(&s->layered) ||
			(double)s->next_weights * s->layered.record->every > elapsed)
			continue;
		s->next_weights++;
		rc = spk_layered_weights(&s->layered, r->network, err);
	}
	return rc;
}

/* ---- What is written ---------------------------------------------------------------------------- */

static int write_point(
	const struct spk_recorder *r, struct spk_objective_state *s, const double *J, struct spk_error *err)
{
	const double t = r->network->scenario->start + (double)s->next_grid++ * s->layered.record->every;
	const void **columns = malloc((s->layered.n_links + 2) * sizeof *columns);

	if (!columns)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	columns[0] = &t;
	columns[1] = J;
	for (size_t k = 0; k < s->layered.n_links; k++)
		columns[k + 2] = &s->terms[k];
	const int rc = spk_stream_append(s->stream, 1, columns, err);
	free(columns);
	return rc;
}

int spk_recorder_write_objectives(struct spk_recorder *r, struct spk_error *err)
{
	double J;
	int rc = SPK_OK;

	for (size_t k = 0; r->is_on && k < r->network->scenario->n_objectives; k++) {
		struct spk_objective_state *s = &r->objectives[k];
		while (!rc && spk_layered_has_next(&s->layered)) {
			rc = spk_layered_next(&s->layered, s->terms, &J, err);
			if (!rc && r->file)
				rc = write_point(r, s, &J, err);
		}
	}
	return rc;
}

/* Elements of a gradient come to rank 0 piece by piece. */
static double gradient_of(void *user, uint64_t k)
{
	const struct gradient_run *run = user;

	return run->link->gradient[k];
}

static int take_gradient(void *user, const struct spk_synapse_piece *piece, struct spk_error *err)
{
	const struct gradient_run *run = user;

	return spk_array_append(run->array, piece->n, piece->value, err);
}

static int write_gradient(struct spk_recorder *r, const struct spk_layered *l, const struct spk_link *link,
	struct spk_error *err)
{
	const struct spk_projection *p = &r->network->scenario->projections[link->projection];
	const struct spk_neuron_model *to = r->network->scenario->populations[p->to].neuron;
	struct gradient_run run = {.link = link};
	const struct spk_synapse_walk walk = {.network = r->network,
		.n = link->n,
		.places = link->places,
		.value = gradient_of,
		.take = take_gradient,
		.user = &run};
	char path[SPK_RECORDER_PATH], member[256];
	uint64_t n = link->n;
	int rc = spk_ranks_sum(r->network->ranks, 1, &n, err);

	snprintf(member, sizeof member, "gradient/%s", p->name);
	spk_recorder_path(path, GROUP, l->record->name, 0, member);
	if (!rc && r->file)
		rc = spk_file_array_open(r->file, path, SPK_F64, n,
			to->weight_dim == SPK_DIM_VOLTAGE ? "1/mV" : "1/pA",
			"dJ/dW of each synapse, summed over the samples", &run.array, err);
	if (!rc)
		rc = spk_synapse_walk(&walk, err);
	const int closed = spk_array_close(run.array, rc ? NULL : err);
	return rc ? rc : closed;
}

int spk_recorder_finish_objectives(struct spk_recorder *r, struct spk_error *err)
{
	int rc = spk_recorder_write_objectives(r, err);

	for (size_t k = 0; r->is_on && k < r->network->scenario->n_objectives; k++) {
		const struct spk_layered *l = &r->objectives[k].layered;
		for (size_t i = 0; !rc && l->record->gradient && i < l->n_links; i++)
			rc = write_gradient(r, l, &l->links[i], err);
	}
	return rc;
}
