/* Checkpoints of what belongs to neurons: states, sources, streams of inputs, counters. */
#include <stdlib.h>
#include <string.h>

#include "sim/checkpoint_parts.h"

/* ---- Pieces ------------------------------------------------------------------------------------- */

/* What is read must fit what was written. */
static const char SIZE[] = "size of a state";

static int share(struct spk_archive *a, uint32_t n, const struct spk_state *states, size_t piece)
{
	const struct spk_state_piece *first = &states[0].pieces[piece];
	const size_t bytes = first->n * first->size;
	const int rc = spk_archive_bytes(a, first->place, bytes);

	for (uint32_t k = 1; !rc && spk_archive_is_loading(a) && k < n; k++)
		memcpy(states[k].pieces[piece].place, first->place, bytes);
	return rc;
}

static int add_up(
	struct spk_archive *a, const struct spk_network *net, const struct spk_state *states, size_t piece)
{
	uint64_t sum = 0, count;

	for (uint32_t k = 0; k < net->n_partitions; k++) {
		memcpy(&count, states[k].pieces[piece].place, sizeof count);
		sum += count;
	}
	int rc = spk_archive_is_loading(a) ? SPK_OK : spk_checkpoint_sum(a, net->ranks, &sum);
	if (!rc)
		rc = spk_archive_u64(a, &sum);
	for (uint32_t k = 0; !rc && spk_archive_is_loading(a) && k < net->n_partitions; k++) {
		count = net->partitions[k].number == 0 ? sum : 0;
		memcpy(states[k].pieces[piece].place, &count, sizeof count);
	}
	return rc;
}

/* Bytes of a piece on this rank. */
static uint64_t own_size(const struct spk_network *net, const struct spk_state *states, size_t piece)
{
	uint64_t bytes = 0;

	for (uint32_t k = 0; k < net->n_partitions; k++)
		bytes += states[k].pieces[piece].n * states[k].pieces[piece].size;
	return bytes;
}

static void copy_each(const struct spk_network *net, const struct spk_state *states, size_t piece,
	unsigned char *data, int back)
{
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_state_piece *p = &states[k].pieces[piece];
		const size_t n = p->n * p->size;
		if (n)
			memcpy(back ? p->place : data, back ? data : p->place, n);
		data += n;
	}
}

static int transfer_each(
	struct spk_archive *a, const struct spk_network *net, const struct spk_state *states, size_t piece)
{
	const size_t n = own_size(net, states, piece);
	unsigned char *data = malloc(n + 1);

	if (!data)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (!spk_archive_is_loading(a))
		copy_each(net, states, piece, data, 0);
	const int rc = spk_checkpoint_append(a, net->ranks, SIZE, n, data);
	if (!rc && spk_archive_is_loading(a))
		copy_each(net, states, piece, data, 1);
	free(data);
	return rc;
}

static int transfer_piece(
	struct spk_archive *a, const struct spk_network *net, const struct spk_state *states, size_t piece)
{
	const struct spk_state_piece *first = &states[0].pieces[piece];
	int rc = SPK_OK;

	if (first->of != SPK_STATE_EACH)
		rc = spk_archive_expect(a, SIZE, first->n * first->size);
	if (rc)
		return rc;
	switch (first->of) {
	case SPK_STATE_SHARED:
		return share(a, net->n_partitions, states, piece);
	case SPK_STATE_COUNT:
		return add_up(a, net, states, piece);
	case SPK_STATE_EACH:
		return transfer_each(a, net, states, piece);
	}
	return rc;
}

int spk_checkpoint_pieces(
	struct spk_archive *a, struct spk_network *net, spk_checkpoint_list *list, size_t i, size_t k)
{
	const uint32_t n = net->n_partitions;
	struct spk_state *states = calloc(n, sizeof *states);
	int rc = states ? SPK_OK : spk_archive_fail(a, SPK_E_NOMEM, "out of memory");

	for (uint32_t at = 0; !rc && at < n; at++) {
		list(&net->partitions[at], i, k, &states[at]);
		if (states[at].n > SPK_STATE_PIECES || states[at].n != states[0].n)
			rc = spk_archive_fail(a, SPK_E_LIMIT, "a state has too many pieces");
	}
	for (size_t piece = 0; !rc && piece < states[0].n; piece++)
		rc = transfer_piece(a, net, states, piece);
	free(states);
	return rc;
}

/* ---- Neurons ------------------------------------------------------------------------------------ */

static void list_partition(struct spk_partition *p, size_t i, size_t k, struct spk_state *state)
{
	(void)i;
	(void)k;
	spk_state_add(state, SPK_STATE_SHARED, &p->lattice.epoch_cell, 1, sizeof p->lattice.epoch_cell);
	spk_state_add(state, SPK_STATE_SHARED, &p->cell, 1, sizeof p->cell);
	spk_state_add(state, SPK_STATE_SHARED, &p->epoch, 1, sizeof p->epoch);
	spk_state_add(state, SPK_STATE_SHARED, &p->epochs, 1, sizeof p->epochs);
	spk_state_add(state, SPK_STATE_SHARED, &p->epoch_ms, 1, sizeof p->epoch_ms);
	spk_state_add(state, SPK_STATE_COUNT, &p->synaptic_events, 1, sizeof p->synaptic_events);
	spk_state_add(state, SPK_STATE_COUNT, &p->input_events, 1, sizeof p->input_events);
}

static void list_member(struct spk_partition *p, size_t i, size_t k, struct spk_state *state)
{
	struct spk_member *m = &p->members[i];
	const size_t n = m->hi - m->lo;

	(void)k;
	if (m->counts)
		spk_state_add(state, SPK_STATE_EACH, m->counts, n, sizeof *m->counts);
	if (m->type) {
		m->type->list_state(m->group, state);
		return;
	}
	spk_state_add(state, SPK_STATE_EACH, m->par, n, m->population->source->n_params * sizeof *m->par);
	spk_state_add(state, SPK_STATE_EACH, m->units, n, sizeof *m->units);
	spk_state_add(state, SPK_STATE_EACH, m->due.t[0], n, sizeof *m->due.t[0]);
	spk_state_add(state, SPK_STATE_SHARED, &m->next_listed, 1, sizeof m->next_listed);
}

static void list_stream(struct spk_partition *p, size_t i, size_t k, struct spk_state *state)
{
	struct spk_input_stream *s = &p->streams[i];

	(void)k;
	spk_state_add(state, SPK_STATE_SHARED, &s->rate, 1, sizeof s->rate);
	spk_state_add(state, SPK_STATE_EACH, s->rng, s->n, sizeof *s->rng);
	spk_state_add(state, SPK_STATE_EACH, s->due.t[0], s->n, sizeof *s->due.t[0]);
}

static void list_table(struct spk_partition *p, size_t i, size_t k, struct spk_state *state)
{
	struct spk_synapses *s = &p->tables[i];

	(void)k;
	spk_state_add(state, SPK_STATE_SHARED, &s->is_silent, 1, sizeof s->is_silent);
	spk_state_add(state, SPK_STATE_SHARED, &s->gate, 1, sizeof s->gate);
}

static void restore_partition(struct spk_partition *p)
{
	for (size_t k = 0; k < p->n_members; k++) {
		if (p->members[k].type)
			p->members[k].type->restore(p->members[k].group);
		else
			spk_due_restore(&p->members[k].due);
	}
	for (size_t k = 0; k < p->n_streams; k++)
		spk_due_restore(&p->streams[k].due);
}

int spk_checkpoint_members(struct spk_archive *a, struct spk_network *net)
{
	const struct spk_partition *first = &net->partitions[0];
	int rc = spk_checkpoint_pieces(a, net, list_partition, 0, 0);

	for (size_t k = 0; !rc && k < first->n_members; k++) {
		rc = spk_checkpoint_pieces(a, net, list_member, k, 0);
		if (!rc && first->members[k].next_listed > first->members[k].population->n_spikes)
			rc = spk_archive_fail(a, SPK_E_FORMAT, "a list of spikes is shorter here");
	}
	if (!rc)
		rc = spk_archive_expect(a, "streams of inputs", first->n_streams);
	for (size_t k = 0; !rc && k < first->n_streams; k++)
		rc = spk_checkpoint_pieces(a, net, list_stream, k, 0);
	for (size_t k = 0; !rc && k < first->n_tables; k++)
		rc = spk_checkpoint_pieces(a, net, list_table, k, 0);
	for (uint32_t k = 0; !rc && spk_archive_is_loading(a) && k < net->n_partitions; k++)
		restore_partition(&net->partitions[k]);
	return rc;
}
