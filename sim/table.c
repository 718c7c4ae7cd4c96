#include "sim/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Stable counting sort of the edge numbers `from` by key[edge], into `to`; count: [n_keys + 1] scratch. */
static void sort_by(const uint32_t *key, uint64_t n_keys, uint64_t n, const uint32_t *from, uint32_t *to,
	uint32_t *count)
{
	memset(count, 0, (n_keys + 1) * sizeof *count);
	for (uint64_t k = 0; k < n; k++)
		count[key[k] + 1]++;
	for (uint64_t k = 0; k < n_keys; k++)
		count[k + 1] += count[k];
	for (uint64_t k = 0; k < n; k++) {
		const uint32_t edge = from ? from[k] : (uint32_t)k;
		to[count[key[edge]]++] = edge;
	}
}

/* Order of the edges by (source, target, rule order); `order` has room for all. */
static int sort_edges(const struct spk_connect_task *task, const struct spk_edges *e, uint32_t *order)
{
	const uint64_t n_keys = task->n_source > task->n_target ? task->n_source : task->n_target;
	uint32_t *count = malloc((n_keys + 1) * sizeof *count);
	uint32_t *scratch = e->by_target ? NULL : malloc((e->n + 1) * sizeof *scratch);
	const int ok = count && (e->by_target || scratch);

	if (ok) {
		if (scratch)
			sort_by(e->target, task->n_target, e->n, NULL, scratch, count);
		sort_by(e->source, task->n_source, e->n, scratch, order, count);
	}
	free(count);
	free(scratch);
	return ok;
}

static double draw_for_edge(const struct spk_connect_task *task, const struct spk_value *value,
	enum spk_rng_purpose purpose, uint64_t id)
{
	if (value->law == SPK_CONSTANT)
		return value->a;
	struct spk_rng rng = spk_rng_stream(task->seed, purpose, task->number, id);
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
		scratch[k - first].axonal = draw_for_edge(task, &p->axonal, SPK_RNG_DELAY, id);
		scratch[k - first].dendritic = draw_for_edge(task, &p->dendritic, SPK_RNG_DELAY, ~id);
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

/* Sort within sources by delay where delays differ; delays: [n] or NULL when there is one delay. */
static int order_delays(const struct spk_connect_task *task, const struct spk_edges *e, uint32_t *order,
	struct delayed *delays)
{
	struct delayed *scratch = malloc((e->n + 1) * sizeof *scratch);

	if (!scratch)
		return 0;
	for (uint64_t first = 0; first < e->n;) {
		uint64_t last = first + 1;
		while (last < e->n && e->source[order[last]] == e->source[order[first]])
			last++;
		sort_by_delay(task, e, order, first, last, scratch, delays);
		first = last;
	}
	free(scratch);
	return 1;
}

static int starts_row(const struct spk_edges *e, const uint32_t *order, const struct delayed *delays, uint64_t k)
{
	return k == 0 || e->source[order[k]] != e->source[order[k - 1]] ||
	       (delays && compare_delayed(&delays[k], &delays[k - 1]) != 0);
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

static void fill_weights(const struct spk_connect_task *task, const struct spk_edges *e, const uint32_t *order,
	struct spk_table *t)
{
	const struct spk_value *weight = &task->projection->weight;

	t->shared = weight->a;
	if (!t->f32 && !t->f64)
		return;
	for (uint64_t k = 0; k < t->n_synapses; k++) {
		const double w = draw_for_edge(task, weight, SPK_RNG_WEIGHT, e->id ? e->id[order[k]] : 0);
		if (t->f64)
			t->f64[k] = w;
		else
			t->f32[k] = (float)w;
	}
}

static void fill_rows(const struct spk_connect_task *task, const struct spk_edges *e, const uint32_t *order,
	const struct delayed *delays, struct spk_table *t)
{
	uint64_t source = 0;

	for (uint64_t k = 0; k < e->n; k++) {
		if (starts_row(e, order, delays, k)) {
			while (source <= e->source[order[k]])
				t->row_of[source++] = (uint32_t)t->n_rows;
			put_row(t, task->projection, delays, e->source[order[k]], k);
		}
		t->rows[t->n_rows - 1].n++;
		t->target[k] = e->target[order[k]] - (uint32_t)task->target_lo;
	}
	while (source <= t->n_sources)
		t->row_of[source++] = (uint32_t)t->n_rows;
}

static uint64_t count_rows(const struct spk_edges *e, const uint32_t *order, const struct delayed *delays)
{
	uint64_t n = 0;

	for (uint64_t k = 0; k < e->n; k++)
		n += (uint64_t)starts_row(e, order, delays, k);
	return n;
}

static int allocate_table(struct spk_table *t, const struct spk_value *weight, int plastic)
{
	t->row_of = malloc((t->n_sources + 1) * sizeof *t->row_of);
	t->rows = malloc((t->n_rows + 1) * sizeof *t->rows);
	t->source_of_row = malloc((t->n_rows + 1) * sizeof *t->source_of_row);
	t->target = malloc((t->n_synapses + 1) * sizeof *t->target);
	const int f64 = plastic || weight->law == SPK_LIST, f32 = !f64 && weight->law != SPK_CONSTANT;
	if (f64)
		t->f64 = malloc((t->n_synapses + 1) * sizeof *t->f64);
	if (f32)
		t->f32 = malloc((t->n_synapses + 1) * sizeof *t->f32);
	return t->row_of && t->rows && t->source_of_row && t->target && (!f64 || t->f64) && (!f32 || t->f32);
}

int spk_table_create(const struct spk_connect_task *given, int plastic, struct spk_table *ret_table,
	struct spk_error *err)
{
	struct spk_connect_task task = *given;
	const struct spk_projection *p = task.projection;
	struct spk_table t = {.n_sources = task.n_source, .min_delay = INFINITY};
	struct spk_edges e = {0};
	uint32_t *order = NULL;
	struct delayed *delays = NULL;

	task.keep_ids = !has_one_delay(p) || p->weight.law != SPK_CONSTANT;
	int rc = spk_connect(&task, &e, err);
	if (rc)
		return rc;
	order = malloc((e.n + 1) * sizeof *order);
	delays = has_one_delay(p) ? NULL : malloc((e.n + 1) * sizeof *delays);
	if (!order || (!has_one_delay(p) && !delays) || !sort_edges(&task, &e, order))
		goto no_memory;
	if (delays && !order_delays(&task, &e, order, delays))
		goto no_memory;
	t.n_synapses = e.n;
	t.n_rows = count_rows(&e, order, delays);
	if (!allocate_table(&t, &p->weight, plastic))
		goto no_memory;
	t.n_rows = 0;
	fill_rows(&task, &e, order, delays, &t);
	fill_weights(&task, &e, order, &t);
	*ret_table = t;
	goto out;
no_memory:
	rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the %llu synapses of projection %s",
		(unsigned long long)e.n, p->name);
	spk_table_clear(&t);
out:
	free(order);
	free(delays);
	spk_edges_clear(&e);
	return rc;
}
