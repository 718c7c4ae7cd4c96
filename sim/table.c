#include "sim/table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/large.h"
#include "sim/draw.h"

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
	free(table->delay);
	free(table->f32);
	free(table->f64);
	memset(table, 0, sizeof *table);
}

size_t spk_table_bytes(const struct spk_table *table)
{
	const size_t per_synapse = sizeof *table->target + (table->delay ? sizeof *table->delay : 0) +
				   (table->f32 ? sizeof *table->f32 : 0) +
				   (table->f64 ? sizeof *table->f64 : 0);

	return table->n_synapses * per_synapse + (table->n_sources + 1) * sizeof *table->row_of +
	       table->n_rows * (sizeof *table->rows + sizeof *table->source_of_row);
}

double spk_table_weight(const struct spk_table *table, uint64_t k)
{
	return table->f64 ? table->f64[k] : table->f32 ? (double)table->f32[k] : table->shared;
}

double spk_table_delay(const struct spk_table *table, uint64_t row, uint64_t k)
{
	return table->delay ? (double)table->delay[k] : table->rows[row].delay;
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

/* Numbers of the edges by target, in the rule's order for each. */
static int sort_by_target(
	const struct spk_connect_task *task, const struct spk_edges *e, uint32_t *ret_sorted)
{
	uint32_t *next = malloc((task->n_target + 1) * sizeof *next);

	if (!next)
		return 0;
	count_keys(e->target, task->n_target, e->n, next);
	sort_by(e->target, e->n, NULL, ret_sorted, next);
	free(next);
	return 1;
}

static struct spk_value_draws weights_of(const struct spk_connect_task *task)
{
	return (struct spk_value_draws){
		&task->projection->weight, task->seed, SPK_RNG_WEIGHT, spk_connect_drawn(task)};
}

/* What each weight of the law is multiplied by. */
static double factor_of(const struct spk_connect_task *task)
{
	return task->projection->weights_of > 0 ? task->projection->weight_scale : 1;
}

static struct spk_value_draws axonal_of(const struct spk_connect_task *task)
{
	return (struct spk_value_draws){&task->projection->axonal, task->seed, SPK_RNG_DELAY, task->number};
}

static struct spk_value_draws dendritic_of(const struct spk_connect_task *task)
{
	return (struct spk_value_draws){
		&task->projection->dendritic, task->seed, SPK_RNG_DELAY, UINT32_MAX - task->number};
}

static double draw_one(const struct spk_value_draws *draws, uint64_t id)
{
	double x;

	spk_draw_values(draws, 1, &id, &x);
	return x;
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
	const struct spk_value_draws axonal = axonal_of(task), dendritic = dendritic_of(task);

	for (uint64_t k = first; k < last; k++) {
		const uint64_t id = e->id[order[k]];
		scratch[k - first].axonal = draw_one(&axonal, id);
		scratch[k - first].dendritic = draw_one(&dendritic, id);
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

/*
 * Delays stand beside the synapses: drawn from a law, and no rule needs rows. Listed delays are as exact as
 * they were written and keep their rows.
 */
static int has_own_delays(const struct spk_projection *p, int plastic)
{
	return !plastic && p->n_probes == 0 && p->axonal.law != SPK_CONSTANT && p->axonal.law != SPK_LIST &&
	       p->dendritic.law == SPK_CONSTANT && p->dendritic.a == 0;
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

static int allocate_table(struct spk_table *t, const struct spk_projection *p, int plastic)
{
	const int drawn = p->weight.law != SPK_CONSTANT;
	const int f64 = plastic || p->weight.law == SPK_LIST || (p->weights_f64 && drawn),
		  f32 = !f64 && drawn;
	const int own = has_own_delays(p, plastic);

	t->row_of = spk_large_alloc((t->n_sources + 1) * sizeof *t->row_of);
	t->rows = spk_large_alloc((t->n_rows + 1) * sizeof *t->rows);
	t->source_of_row = spk_large_alloc((t->n_rows + 1) * sizeof *t->source_of_row);
	t->target = spk_large_alloc((t->n_synapses + 1) * sizeof *t->target);
	if (f64)
		t->f64 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f64);
	if (f32)
		t->f32 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f32);
	if (own)
		t->delay = spk_large_alloc((t->n_synapses + 1) * sizeof *t->delay);
	return t->row_of && t->rows && t->source_of_row && t->target && (!f64 || t->f64) &&
	       (!f32 || t->f32) && (!own || t->delay);
}

/* Everything but the edges themselves; what is not needed stays NULL. */
struct scratch {
	uint32_t *first;        /* [n_sources + 1] first edge of each source */
	uint32_t *next;         /* [n_sources + 1] place of each source's next edge */
	uint32_t *sorted;       /* [n] edge numbers by target; NULL: edges come by target */
	uint32_t *order;        /* [n] edge numbers in the table's order; NULL: not by delay */
	struct delayed *delays; /* [n] where rows differ in delay */
};

enum { BATCH = 256 };

/* Edges of one step, and their places in the table. */
struct batch {
	size_t n;
	uint32_t edge[BATCH], place[BATCH];
	uint64_t id[BATCH];
};

static void choose_batch(const struct spk_edges *e, struct scratch *s, uint64_t first, struct batch *b)
{
	b->n = e->n - first < BATCH ? (size_t)(e->n - first) : BATCH;
	for (size_t k = 0; k < b->n; k++) {
		const uint64_t at = first + k;
		b->edge[k] = s->order ? s->order[at] : s->sorted ? s->sorted[at] : (uint32_t)at;
		b->place[k] = s->order ? (uint32_t)at : s->next[e->source[b->edge[k]]]++;
	}
	for (size_t k = 0; e->id && k < b->n; k++)
		b->id[k] = e->id[b->edge[k]];
}

static void put_weights(const struct spk_connect_task *task, const struct batch *b, struct spk_table *t)
{
	const double share = task->source_copies > 1 ? (double)task->source_copies : 1;
	const double factor = factor_of(task);
	const struct spk_value_draws draws = weights_of(task);
	double w[BATCH];

	spk_draw_values(&draws, b->n, b->id, w);
	for (size_t k = 0; k < b->n; k++) {
		if (t->f64)
			t->f64[b->place[k]] = factor * w[k] / share;
		else
			t->f32[b->place[k]] = (float)(factor * w[k] / share);
	}
}

static void put_delays(const struct spk_connect_task *task, const struct batch *b, struct spk_table *t)
{
	const struct spk_value_draws draws = axonal_of(task);
	double delay[BATCH];

	spk_draw_values(&draws, b->n, b->id, delay);
	for (size_t k = 0; k < b->n; k++)
		t->delay[b->place[k]] = fmaxf((float)delay[k], FLT_MIN);
}

/* Each edge to its place: target, weight, delay of its own. */
static void place_edges(const struct spk_connect_task *task, const struct spk_edges *e, struct scratch *s,
	struct spk_table *t)
{
	struct batch b = {0};

	t->shared = factor_of(task) * task->projection->weight.a /
		    (task->source_copies > 1 ? (double)task->source_copies : 1);
	memcpy(s->next, s->first, task->n_source * sizeof *s->next);
	for (uint64_t first = 0; first < e->n; first += b.n) {
		choose_batch(e, s, first, &b);
		for (size_t k = 0; k < b.n; k++)
			t->target[b.place[k]] = e->target[b.edge[k]] - (uint32_t)task->target_lo;
		if (t->f32 || t->f64)
			put_weights(task, &b, t);
		if (t->delay)
			put_delays(task, &b, t);
	}
}

/* The smallest delay of each row, whose synapses have their own. */
static void summarize_delays(struct spk_table *t)
{
	t->min_delay = HUGE_VAL;
	t->max_delay = 0;
	for (uint64_t row = 0; row < t->n_rows; row++) {
		const struct spk_row *r = &t->rows[row];
		float min = t->delay[r->first], max = min;
		for (uint32_t k = r->first; k < r->first + r->n; k++) {
			min = t->delay[k] < min ? t->delay[k] : min;
			max = t->delay[k] > max ? t->delay[k] : max;
		}
		t->rows[row].delay = (double)min;
		t->min_delay = fmin(t->min_delay, (double)min);
		t->max_delay = fmax(t->max_delay, (double)max);
	}
}

static int allocate_scratch(
	const struct spk_connect_task *task, const struct spk_edges *e, int by_delay, struct scratch *s)
{
	s->first = malloc((task->n_source + 1) * sizeof *s->first);
	s->next = malloc((task->n_source + 1) * sizeof *s->next);
	s->sorted = e->by_target ? NULL : malloc((e->n + 1) * sizeof *s->sorted);
	s->order = by_delay ? malloc((e->n + 1) * sizeof *s->order) : NULL;
	s->delays = by_delay ? malloc((e->n + 1) * sizeof *s->delays) : NULL;
	return s->first && s->next && (e->by_target || s->sorted) && (!by_delay || (s->order && s->delays));
}

static int fill_table(const struct spk_connect_task *task, const struct spk_edges *e, int plastic,
	struct scratch *s, struct spk_table *t)
{
	const int by_delay = !has_one_delay(task->projection) && !has_own_delays(task->projection, plastic);

	if (!allocate_scratch(task, e, by_delay, s) || (s->sorted && !sort_by_target(task, e, s->sorted)))
		return 0;
	count_keys(e->source, t->n_sources, e->n, s->first);
	if (by_delay) {
		memcpy(s->next, s->first, task->n_source * sizeof *s->next);
		sort_by(e->source, e->n, s->sorted, s->order, s->next);
		if (!order_delays(task, e, s->first, s->order, s->delays))
			return 0;
	}
	t->n_synapses = e->n;
	t->n_rows = count_rows(s->first, t->n_sources, s->delays);
	if (!allocate_table(t, task->projection, plastic))
		return 0;
	t->n_rows = 0;
	fill_rows(task, s->first, s->delays, t);
	place_edges(task, e, s, t);
	if (!t->delay)
		return spk_table_spread(t, task->keeps_order);
	summarize_delays(t);
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
	free(s.next);
	free(s.sorted);
	free(s.order);
	free(s.delays);
	spk_edges_clear(&e);
	return rc;
}
