#include "sim/synapse_walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Synapses of all ranks in one piece, but for a single source that has more. */
enum { PIECE = 1 << 18 };

/* A synapse between ranks. */
struct item {
	uint32_t source, target;
	double delay, value;
};

struct pieces {
	size_t capacity, merged_capacity;
	struct item *items;
	struct spk_synapse_piece merged;
	size_t *next; /* [ranks] item of each part */
};

static int reserve_items(struct pieces *p, size_t n)
{
	if (n <= p->capacity)
		return 1;
	struct item *items = realloc(p->items, n * sizeof *items);
	if (!items)
		return 0;
	p->items = items;
	p->capacity = n;
	return 1;
}

static void clear_merged(struct spk_synapse_piece *m)
{
	free(m->source);
	free(m->target);
	free(m->delay);
	free(m->value);
	free(m->rank);
	*m = (struct spk_synapse_piece){0};
}

static int reserve_merged(struct pieces *p, size_t n)
{
	struct spk_synapse_piece *m = &p->merged;

	if (n <= p->merged_capacity)
		return 1;
	clear_merged(m);
	p->merged_capacity = n;
	m->source = malloc(n * sizeof *m->source);
	m->target = malloc(n * sizeof *m->target);
	m->delay = malloc(n * sizeof *m->delay);
	m->value = malloc(n * sizeof *m->value);
	m->rank = malloc(n * sizeof *m->rank);
	return m->source && m->target && m->delay && m->value && m->rank;
}

/* Synapses onto one target are all of one rank. */
static int is_before(const struct item *a, const struct item *b)
{
	if (a->source != b->source)
		return a->source < b->source;
	if (a->delay != b->delay)
		return a->delay < b->delay;
	return a->target < b->target;
}

static void put(struct spk_synapse_piece *m, const struct item *item, unsigned rank)
{
	m->source[m->n] = item->source;
	m->target[m->n] = item->target;
	m->delay[m->n] = item->delay;
	m->value[m->n] = item->value;
	m->rank[m->n++] = rank;
}

/* The sorted parts of all ranks in one. */
static int merge(struct pieces *p, const struct spk_parts *parts, struct spk_error *err)
{
	size_t n = 0;

	for (unsigned k = 0; k < parts->n; k++)
		n += parts->part[k].n / sizeof(struct item);
	if (!reserve_merged(p, n + 1))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for synapses");
	memset(p->next, 0, parts->n * sizeof *p->next);
	for (p->merged.n = 0; p->merged.n < n;) {
		const struct item *first = NULL;
		unsigned rank = 0;
		for (unsigned k = 0; k < parts->n; k++) {
			const struct item *items = parts->part[k].data, *item = items + p->next[k];
			if (p->next[k] == parts->part[k].n / sizeof *item ||
				(first && !is_before(item, first)))
				continue;
			first = item;
			rank = k;
		}
		p->next[rank]++;
		put(&p->merged, first, rank);
	}
	return SPK_OK;
}

/* The source that a piece which begins with synapse `at` has to end before, as far as this rank is concerned.
 */
static double propose_end(const struct spk_synapse_walk *w, uint64_t at)
{
	const uint64_t share = PIECE / spk_ranks_count(w->network->ranks) + 1;

	if (w->n - at <= share)
		return HUGE_VAL;
	const uint32_t next = w->places[at + share].source, first = w->places[at].source;
	return next > first ? next : first + 1.0;
}

/* The synapses of this rank from `at` to before source `end`. */
static int list_items(const struct spk_synapse_walk *w, struct pieces *p, uint64_t at, double end,
	size_t *ret_n, struct spk_error *err)
{
	size_t n = 0;

	while (at + n < w->n && w->places[at + n].source < end)
		n++;
	if (!reserve_items(p, n))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for synapses");
	for (size_t k = 0; k < n; k++) {
		const struct spk_synapse_place *place = &w->places[at + k];
		p->items[k] = (struct item){
			place->source, place->target, place->delay, w->value ? w->value(w->user, at + k) : 0};
	}
	*ret_n = n;
	return SPK_OK;
}

int spk_synapse_walk(const struct spk_synapse_walk *w, struct spk_error *err)
{
	struct spk_ranks *ranks = w->network->ranks;
	struct pieces p = {.next = calloc(spk_ranks_count(ranks), sizeof *p.next)};
	struct spk_parts parts;
	uint64_t at = 0;
	double end = 0;
	int rc = p.next ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for synapses");

	while (!rc && end < HUGE_VAL) {
		size_t n = 0;
		end = propose_end(w, at);
		rc = spk_ranks_min(ranks, 1, &end, err);
		if (!rc)
			rc = list_items(w, &p, at, end, &n, err);
		if (!rc)
			rc = spk_ranks_gather(ranks, n * sizeof *p.items, p.items, &parts, err);
		if (!rc && parts.n) {
			rc = merge(&p, &parts, err);
			if (!rc)
				rc = w->take(w->user, &p.merged, err);
		}
		at += n;
	}
	clear_merged(&p.merged);
	free(p.items);
	free(p.next);
	return rc;
}
