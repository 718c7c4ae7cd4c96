#include "sim/outgoing.h"

#include <stdlib.h>

#include "models/math/large.h"
#include "models/math/touch.h"
#include "sim/partition.h"

enum { FEWEST = 8 }; /* synapses a place: it takes a byte a synapse at most */

static int has_one_row_a_source(const struct spk_synapses *s)
{
	const struct spk_table *t = &s->table;

	if (t->delay || t->min_delay != t->max_delay || (s->n_plastic && s->plastic[0].max_dendritic > 0))
		return 0;
	for (uint64_t source = 0; source < t->n_sources; source++)
		if (t->row_of[source + 1] - t->row_of[source] > 1)
			return 0;
	return 1;
}

static int has_places(const struct spk_partition *p, const struct spk_outgoing *to)
{
	uint64_t n_places = 0, n_synapses = 0;

	for (uint32_t i = 0; i < to->n; i++) {
		const struct spk_synapses *s = &p->tables[to->table[i]];
		if (!has_one_row_a_source(s))
			return 0;
		n_places += s->table.n_sources;
		n_synapses += s->table.n_synapses;
	}
	return n_places > 0 && n_synapses >= FEWEST * n_places;
}

static uint64_t count_sources(const struct spk_partition *p, const struct spk_outgoing *to)
{
	return p->tables[to->table[0]].table.n_sources;
}

static void fill_places(const struct spk_table *t, size_t stride, struct spk_row_place *ret_place)
{
	for (uint64_t source = 0; source <= t->n_sources; source++) {
		const uint32_t row = t->row_of[source];
		ret_place[source * stride] = (struct spk_row_place){
			row, row < t->n_rows ? t->rows[row].first : (uint32_t)t->n_synapses};
	}
}

static int create_places(const struct spk_partition *p, struct spk_outgoing *to)
{
	if (!has_places(p, to))
		return 1;
	to->first_source = p->tables[to->table[0]].first_source;
	to->place = spk_large_alloc((count_sources(p, to) + 1) * to->n * sizeof *to->place);
	for (uint32_t i = 0; to->place && i < to->n; i++)
		fill_places(&p->tables[to->table[i]].table, to->n, to->place + i);
	return to->place != NULL;
}

int spk_outgoing_create(struct spk_partition *p, struct spk_error *err)
{
	int ok = 1;

	p->outgoing = calloc(p->n_members + 1, sizeof *p->outgoing);
	for (size_t from = 0; p->outgoing && ok && from < p->n_members; from++) {
		struct spk_outgoing *to = &p->outgoing[from];
		to->table = malloc((p->n_tables + 1) * sizeof *to->table);
		for (uint32_t k = 0; to->table && k < p->n_tables; k++)
			if (p->scenario->projections[k].from == from)
				to->table[to->n++] = k;
		ok = to->table && create_places(p, to);
	}
	return p->outgoing && ok ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for projections");
}

void spk_outgoing_free(struct spk_partition *p)
{
	for (size_t from = 0; p->outgoing && from < p->n_members; from++) {
		free(p->outgoing[from].table);
		free(p->outgoing[from].place);
	}
	free(p->outgoing);
}

size_t spk_outgoing_bytes(const struct spk_partition *p)
{
	size_t bytes = 0;

	for (size_t from = 0; from < p->n_members; from++) {
		const struct spk_outgoing *to = &p->outgoing[from];
		if (to->place)
			bytes += (count_sources(p, to) + 1) * to->n * sizeof *to->place;
	}
	return bytes;
}

const struct spk_outgoing *spk_outgoing_of(const struct spk_partition *p, uint32_t id)
{
	size_t from = p->n_members - 1;

	while (from > 0 && id < p->first_id[from])
		from--;
	return &p->outgoing[from];
}

/* Where the rows of a neuron begin in a table. */
static const uint32_t *row_of(const struct spk_synapses *s, uint32_t id)
{
	return &s->table.row_of[id - s->first_source];
}

/* Numbers of rows first, or places. */
static void touch_numbers(const struct spk_partition *p, const struct spk_outgoing *to, uint32_t id)
{
	const struct spk_row_place *place = spk_outgoing_places(to, id);

	if (place)
		spk_touch(place, 2 * to->n * sizeof *place);
	for (uint32_t i = 0; !place && i < to->n; i++)
		spk_touch(row_of(&p->tables[to->table[i]], id), 2 * sizeof(uint32_t));
}

static void touch_rows(const struct spk_partition *p, const struct spk_outgoing *to, uint32_t id)
{
	for (uint32_t i = 0; !to->place && i < to->n; i++) {
		const struct spk_synapses *s = &p->tables[to->table[i]];
		const uint32_t *row = row_of(s, id);
		if (row[0] < row[1])
			spk_touch(&s->table.rows[*row], sizeof(struct spk_row));
	}
}

void spk_outgoing_touch(const struct spk_partition *p, size_t n, const struct spk_fired *fired)
{
	for (size_t k = 0; k < n; k++)
		touch_numbers(p, spk_outgoing_of(p, fired[k].id), fired[k].id);
	for (size_t k = 0; k < n; k++)
		touch_rows(p, spk_outgoing_of(p, fired[k].id), fired[k].id);
}

void spk_outgoing_fetch(const struct spk_partition *p, const struct spk_outgoing *to, uint32_t id)
{
	enum { PER_LINE = 16, MAX_N = 128, LINE = 64 };

	for (uint32_t i = 0; !to->place && i < to->n; i++) {
		const struct spk_synapses *s = &p->tables[to->table[i]];
		const struct spk_table *t = &s->table;
		if (!t->delay || s->is_silent)
			continue;
		const uint32_t *rows = row_of(s, id);
		if (rows[0] == rows[1])
			continue;
		const struct spk_row *row = &t->rows[rows[0]];
		const uint32_t n = row->n < MAX_N ? row->n : MAX_N;
		for (uint32_t k = 0; k < n; k += LINE)
			__builtin_prefetch(t->code + t->code_of_row[rows[0]] + k);
		for (uint32_t k = row->first; k < row->first + n; k += PER_LINE) {
			__builtin_prefetch(t->delay + k);
			if (t->f32)
				__builtin_prefetch(t->f32 + k);
		}
	}
}
