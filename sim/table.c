#include "sim/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/large.h"

/* What the sort moves: an edge's delays beside its place in spk_edges. */
struct delayed {
	double axonal, dendritic;
	uint32_t edge;
};

void spk_table_clear(struct spk_table *table)
{
	free(table->row_of);
	free(table->rows);
	free(table->source_of_row);
	free(table->target);
	free(table->f32);
	free(table->f64);
	memset(table, 0, sizeof *table);
}

size_t spk_table_bytes(const struct spk_table *table)
{
	const size_t per_synapse = sizeof *table->target + (table->f32 ? sizeof *table->f32 : 0) +
				   (table->f64 ? sizeof *table->f64 : 0);

	return table->n_synapses * per_synapse + (table->n_sources + 1) * sizeof *table->row_of +
	       table->n_rows * (sizeof *table->rows + sizeof *table->source_of_row);
}

double spk_table_weight(const struct spk_table *table, uint64_t k)
{
	return table->f64 ? table->f64[k] : table->f32 ? (double)table->f32[k] : table->shared;
}

/* Place of the first of n items of each key in sorted order: ret_first[n_keys + 1]. */
static void count_keys(const uint32_t *key, uint64_t n_keys, uint64_t n, uint32_t *ret_first)
{
	memset(ret_first, 0, (n_keys + 1) * sizeof *ret_first);
	for (uint64_t k = 0; k < n; k++)
		ret_first[key[k] + 1]++;
	for (uint64_t k = 0; k < n_keys; k++)
		ret_first[k + 1] += ret_first[k];
}

/* Stable counting sort of the edge numbers `from` (NULL: 0 .. n - 1) by key; `next` is count_keys' result and
 * is used up. */
static void sort_by(const uint32_t *key, uint64_t n, const uint32_t *from, uint32_t *to, uint32_t *next)
{
	for (uint64_t k = 0; k < n; k++) {
		const uint32_t edge = from ? from[k] : (uint32_t)k;
		to[next[key[edge]]++] = edge;
	}
}

/* Order of the edges by (source, target, rule order). `first` is count_keys by source. */
static int sort_edges(const struct spk_connect_task *task, const struct spk_edges *e, const uint32_t *first,
	uint32_t *ret_order)
{
	const uint64_t n_keys = task->n_source > task->n_target ? task->n_source : task->n_target;
	uint32_t *next = malloc((n_keys + 1) * sizeof *next);
	uint32_t *scratch = e->by_target ? NULL : malloc((e->n + 1) * sizeof *scratch);
	const int ok = next && (e->by_target || scratch);

	if (ok && scratch) {
		count_keys(e->target, task->n_target, e->n, next);
		sort_by(e->target, e->n, NULL, scratch, next);
	}
	if (ok) {
		memcpy(next, first, task->n_source * sizeof *next);
		sort_by(e->source, e->n, scratch, ret_order, next);
	}
	free(next);
	free(scratch);
	return ok;
}

/* Edges that need no more than their target, already by target: straight to their places. */
static int place_targets(const struct spk_connect_task *task, const struct spk_edges *e,
	const uint32_t *first, uint32_t *ret_target)
{
	uint32_t *next = malloc((task->n_source + 1) * sizeof *next);

	if (!next)
		return 0;
	memcpy(next, first, task->n_source * sizeof *next);
	for (uint64_t k = 0; k < e->n; k++)
		ret_target[next[e->source[k]]++] = e->target[k] - (uint32_t)task->target_lo;
	free(next);
	return 1;
}

static double draw_for_edge(const struct spk_connect_task *task, const struct spk_value *value,
	enum spk_rng_purpose purpose, uint32_t sub, uint64_t id)
{
	if (value->law == SPK_CONSTANT)
		return value->a;
	struct spk_rng rng = spk_rng_stream(task->seed, purpose, sub, id);
	return spk_value_draw(value, id, &rng);
}

static int compare_delayed(const void *left, const void *right)
{
	const struct delayed *a = left, *b = right;
	const double da = a->axonal + a->dendritic, db = b->axonal + b->dendritic;

	if (da != db)
		return da < db ? -1 : 1;
	if (a->dendritic != b->dendritic)
		return a->dendritic < b->dendritic ? -1 : 1;
	return 0;
}

/* Stable merge sort is not in the C library: ties keep their order through the place `edge` had before. */
static int compare_delayed_stable(const void *left, const void *right)
{
	const int order = compare_delayed(left, right);
	const uint32_t a = ((const struct delayed *)left)->edge, b = ((const struct delayed *)right)->edge;

	return order ? order : (a > b) - (a < b);
}

/* Sort the edges [first, last) of one source by delay. `order` holds edge numbers before and after. */
static void sort_by_delay(const struct spk_connect_task *task, const struct spk_edges *e, uint32_t *order,
	uint64_t first, uint64_t last, struct delayed *scratch, struct delayed *ret_delays)
{
	const struct spk_projection *p = task->projection;

	for (uint64_t k = first; k < last; k++) {
		const uint64_t id = e->id ? e->id[order[k]] : 0;
		scratch[k - first].axonal = draw_for_edge(task, &p->axonal, SPK_RNG_DELAY, task->number, id);
		scratch[k - first].dendritic =
			draw_for_edge(task, &p->dendritic, SPK_RNG_DELAY, UINT32_MAX - task->number, id);
		scratch[k - first].edge = (uint32_t)k;
	}
	qsort(scratch, last - first, sizeof *scratch, compare_delayed_stable);
	for (uint64_t k = first; k < last; k++) {
		ret_delays[k] = scratch[k - first];
		ret_delays[k].edge = order[scratch[k - first].edge];
	}
	for (uint64_t k = first; k < last; k++)
		order[k] = ret_delays[k].edge;
}

static int has_one_delay(const struct spk_projection *p)
{
	return p->axonal.law == SPK_CONSTANT && p->dendritic.law == SPK_CONSTANT;
}

/* Sort within sources by delay where delays differ. */
static int order_delays(const struct spk_connect_task *task, const struct spk_edges *e, const uint32_t *first,
	uint32_t *order, struct delayed *delays)
{
	struct delayed *scratch = malloc((e->n + 1) * sizeof *scratch);

	for (uint64_t source = 0; scratch && source < task->n_source; source++)
		sort_by_delay(task, e, order, first[source], first[source + 1], scratch, delays);
	free(scratch);
	return scratch != NULL;
}

/* Does edge k, not the first of its source, start a row? */
static int changes_delay(const struct delayed *delays, uint64_t k)
{
	return delays && compare_delayed(&delays[k], &delays[k - 1]) != 0;
}

static void put_row(struct spk_table *t, const struct spk_projection *p, const struct delayed *delays,
	uint32_t source, uint64_t k)
{
	struct spk_row *row = &t->rows[t->n_rows];
	const double axonal = delays ? delays[k].axonal : p->axonal.a;

	row->dendritic = delays ? delays[k].dendritic : p->dendritic.a;
	row->delay = axonal + row->dendritic;
	row->first = (uint32_t)k;
	row->n = 0;
	t->source_of_row[t->n_rows++] = source;
	t->min_delay = fmin(t->min_delay, row->delay);
	t->max_delay = fmax(t->max_delay, row->delay);
}

static void fill_weights(const struct spk_connect_task *task, const struct spk_edges *e,
	const uint32_t *order, struct spk_table *t)
{
	const struct spk_value *weight = &task->projection->weight;
	const double share = task->source_copies > 1 ? (double)task->source_copies : 1;

	t->shared = weight->a / share;
	if (!t->f32 && !t->f64)
		return;
	for (uint64_t k = 0; k < t->n_synapses; k++) {
		const uint64_t id = e->id ? e->id[order[k]] : 0;
		const double w = draw_for_edge(task, weight, SPK_RNG_WEIGHT, task->number, id) / share;
		if (t->f64)
			t->f64[k] = w;
		else
			t->f32[k] = (float)w;
	}
}

static void fill_rows(const struct spk_connect_task *task, const uint32_t *first,
	const struct delayed *delays, struct spk_table *t)
{
	for (uint64_t source = 0; source < t->n_sources; source++) {
		t->row_of[source] = (uint32_t)t->n_rows;
		for (uint64_t k = first[source]; k < first[source + 1]; k++) {
			if (k == first[source] || changes_delay(delays, k))
				put_row(t, task->projection, delays, (uint32_t)source, k);
			t->rows[t->n_rows - 1].n++;
		}
	}
	t->row_of[t->n_sources] = (uint32_t)t->n_rows;
}

static uint64_t count_rows(const uint32_t *first, uint64_t n_sources, const struct delayed *delays)
{
	uint64_t n = 0;

	for (uint64_t source = 0; source < n_sources; source++) {
		n += first[source + 1] > first[source];
		for (uint64_t k = first[source] + 1; delays && k < first[source + 1]; k++)
			n += (uint64_t)changes_delay(delays, k);
	}
	return n;
}

static int allocate_table(struct spk_table *t, const struct spk_value *weight, int plastic)
{
	t->row_of = spk_large_alloc((t->n_sources + 1) * sizeof *t->row_of);
	t->rows = spk_large_alloc((t->n_rows + 1) * sizeof *t->rows);
	t->source_of_row = spk_large_alloc((t->n_rows + 1) * sizeof *t->source_of_row);
	t->target = spk_large_alloc((t->n_synapses + 1) * sizeof *t->target);
	const int f64 = plastic || weight->law == SPK_LIST, f32 = !f64 && weight->law != SPK_CONSTANT;
	if (f64)
		t->f64 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f64);
	if (f32)
		t->f32 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f32);
	return t->row_of && t->rows && t->source_of_row && t->target && (!f64 || t->f64) && (!f32 || t->f32);
}

/* Everything but the edges themselves; what is not needed stays NULL. */
struct scratch {
	uint32_t *first; /* [n_sources + 1] first edge of each source */
	uint32_t *order; /* [n] edge numbers in the table's order; NULL: targets were placed directly */
	struct delayed *delays; /* [n]; NULL: one delay */
};

static int fill_table(const struct spk_connect_task *task, const struct spk_edges *e, int plastic,
	struct scratch *s, struct spk_table *t)
{
	const int in_place = e->by_target && !e->id;

	s->first = malloc((t->n_sources + 1) * sizeof *s->first);
	s->order = in_place ? NULL : malloc((e->n + 1) * sizeof *s->order);
	s->delays = has_one_delay(task->projection) ? NULL : malloc((e->n + 1) * sizeof *s->delays);
	if (!s->first || (!in_place && !s->order) || (!has_one_delay(task->projection) && !s->delays))
		return 0;
	count_keys(e->source, t->n_sources, e->n, s->first);
	if (!in_place && !sort_edges(task, e, s->first, s->order))
		return 0;
	if (s->delays && !order_delays(task, e, s->first, s->order, s->delays))
		return 0;
	t->n_synapses = e->n;
	t->n_rows = count_rows(s->first, t->n_sources, s->delays);
	if (!allocate_table(t, &task->projection->weight, plastic))
		return 0;
	t->n_rows = 0;
	fill_rows(task, s->first, s->delays, t);
	if (in_place && !place_targets(task, e, s->first, t->target))
		return 0;
	for (uint64_t k = 0; !in_place && k < e->n; k++)
		t->target[k] = e->target[s->order[k]] - (uint32_t)task->target_lo;
	fill_weights(task, e, s->order, t);
	return 1;
}

/* Edge ids key random numbers: pairs of neurons, or places of a neuron's draws, must be countable. */
static int ids_fit(const struct spk_connect_task *task)
{
	const double n_source = (double)task->n_source, n_target = (double)task->n_target;
	const double draws = (double)task->projection->n * fmax(n_source, n_target);

	return fmax(n_source * n_target, draws) < (double)SPK_RNG_MAX_ID;
}

int spk_table_create(
	const struct spk_connect_task *given, int plastic, struct spk_table *ret_table, struct spk_error *err)
{
	struct spk_connect_task task = *given;
	struct spk_table t = {.n_sources = task.n_source, .min_delay = HUGE_VAL};
	struct spk_edges e = {0};
	struct scratch s = {0};

	task.keep_ids = !has_one_delay(task.projection) || task.projection->weight.law != SPK_CONSTANT;
	if (task.keep_ids && !ids_fit(&task))
		return spk_fail(err, SPK_E_LIMIT,
			"projection %s is too large for weights or delays drawn synapse by synapse",
			task.projection->name);
	int rc = spk_connect(&task, &e, err);
	if (rc)
		return rc;
	if (fill_table(&task, &e, plastic, &s, &t)) {
		*ret_table = t;
	} else {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the %llu synapses of projection %s",
			(unsigned long long)e.n, task.projection->name);
		spk_table_clear(&t);
	}
	free(s.first);
	free(s.order);
	free(s.delays);
	spk_edges_clear(&e);
	return rc;
}
