#include "sim/table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/large.h"
#include "sim/draw.h"
#include "sim/edge_blocks.h"

/* What the sort by delay moves: an edge, and its place before. */
struct delayed {
	double axonal, dendritic;
	uint32_t place, target;
	uint64_t id;
};

/* A table that is being filled, block by block. */
struct filling {
	const struct spk_connect_task *task;
	struct spk_table *table;
	struct spk_edge_blocks blocks;
	struct delayed *delays; /* [blocks.most] where rows differ in delay, else NULL */
	uint64_t rows_capacity, codes_capacity;
};

void spk_table_clear(struct spk_table *table)
{
	free(table->row_of);
	free(table->rows);
	free(table->source_of_row);
	free(table->target);
	free(table->code);
	free(table->code_of_row);
	free(table->delay);
	free(table->f32);
	free(table->f64);
	memset(table, 0, sizeof *table);
}

size_t spk_table_bytes(const struct spk_table *table)
{
	const size_t per_synapse =
		(table->target ? sizeof *table->target : 0) + (table->delay ? sizeof *table->delay : 0) +
		(table->f32 ? sizeof *table->f32 : 0) + (table->f64 ? sizeof *table->f64 : 0);
	const size_t per_row = sizeof *table->rows + sizeof *table->source_of_row +
			       (table->code ? sizeof *table->code_of_row : 0);

	return table->n_synapses * per_synapse + (table->n_sources + 1) * sizeof *table->row_of +
	       table->n_rows * per_row + table->n_codes;
}

double spk_table_weight(const struct spk_table *table, uint64_t k)
{
	return table->f64 ? table->f64[k] : table->f32 ? (double)table->f32[k] : table->shared;
}

double spk_table_delay(const struct spk_table *table, uint64_t row, uint64_t k)
{
	return table->delay ? (double)table->delay[k] : table->rows[row].delay;
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

/* Stable merge sort is not in the C library: ties keep their order through the place they had before. */
static int compare_delayed_stable(const void *left, const void *right)
{
	const int order = compare_delayed(left, right);
	const uint32_t a = ((const struct delayed *)left)->place, b = ((const struct delayed *)right)->place;

	return order ? order : (a > b) - (a < b);
}

enum { BATCH = 256 };

/* The edges of a sorted block change places: within each source by delay. */
static void sort_by_delay(struct filling *f, const struct spk_edge_block *b)
{
	const struct spk_value_draws axonal = axonal_of(f->task), dendritic = dendritic_of(f->task);
	const uint32_t *first = f->blocks.first + b->first_source;
	struct delayed *d = f->delays;

	for (uint32_t k = 0; k < b->n; k += BATCH) {
		const uint32_t n = b->n - k < BATCH ? b->n - k : BATCH;
		double x[BATCH], y[BATCH];
		spk_draw_values(&axonal, n, b->id + k, x);
		spk_draw_values(&dendritic, n, b->id + k, y);
		for (uint32_t i = 0; i < n; i++)
			d[k + i] = (struct delayed){x[i], y[i], k + i, b->target[k + i], b->id[k + i]};
	}
	for (uint64_t k = 0; k < b->n_sources; k++)
		qsort(d + (first[k] - b->first), first[k + 1] - first[k], sizeof *d, compare_delayed_stable);
	for (uint32_t k = 0; k < b->n; k++) {
		b->target[k] = d[k].target;
		b->id[k] = d[k].id;
	}
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

/* ---- Rows --------------------------------------------------------------------------------------- */

/* Make a block of memory longer; 0: out of memory, and nothing has changed. */
static int enlarge(void **memory, size_t used, size_t size)
{
	void *larger = spk_large_alloc(size);

	if (!larger)
		return 0;
	if (used)
		memcpy(larger, *memory, used);
	free(*memory);
	*memory = larger;
	return 1;
}

static int reserve_rows(struct filling *f, uint64_t n)
{
	struct spk_table *t = f->table;
	const uint64_t capacity = n > 2 * f->rows_capacity ? n : 2 * f->rows_capacity;

	if (n <= f->rows_capacity)
		return 1;
	if (!enlarge((void **)&t->rows, t->n_rows * sizeof *t->rows, capacity * sizeof *t->rows) ||
		!enlarge((void **)&t->source_of_row, t->n_rows * sizeof *t->source_of_row,
			capacity * sizeof *t->source_of_row) ||
		(t->delay && !enlarge((void **)&t->code_of_row, t->n_rows * sizeof *t->code_of_row,
				     capacity * sizeof *t->code_of_row)))
		return 0;
	f->rows_capacity = capacity;
	return 1;
}

/* A row that starts with synapse k. `delays`: those of its first edge, or NULL. */
static int put_row(struct filling *f, const struct delayed *delays, uint32_t source, uint32_t k)
{
	struct spk_table *t = f->table;
	const struct spk_projection *p = f->task->projection;

	if (!reserve_rows(f, t->n_rows + 1))
		return 0;
	struct spk_row *row = &t->rows[t->n_rows];
	row->dendritic = delays ? delays->dendritic : p->dendritic.a;
	row->delay = (delays ? delays->axonal : p->axonal.a) + row->dendritic;
	row->first = k;
	row->n = 0;
	t->source_of_row[t->n_rows++] = source;
	if (!t->delay) {
		t->min_delay = fmin(t->min_delay, row->delay);
		t->max_delay = fmax(t->max_delay, row->delay);
	}
	return 1;
}

static int put_rows(struct filling *f, const struct spk_edge_block *b)
{
	struct spk_table *t = f->table;
	const uint32_t *first = f->blocks.first + b->first_source;
	const struct delayed *d = f->delays;

	for (uint64_t source = 0; source < b->n_sources; source++) {
		t->row_of[b->first_source + source] = (uint32_t)t->n_rows;
		for (uint32_t k = first[source] - b->first; k < first[source + 1] - b->first;
			k += t->rows[t->n_rows - 1].n) {
			uint32_t n = d ? 1 : first[source + 1] - first[source];
			if (!put_row(f, d ? d + k : NULL, (uint32_t)(b->first_source + source), b->first + k))
				return 0;
			while (d && b->first + k + n < first[source + 1] &&
				compare_delayed(d + k, d + k + n) == 0)
				n++;
			t->rows[t->n_rows - 1].n = n;
		}
	}
	return 1;
}

/* ---- Synapses ----------------------------------------------------------------------------------- */

static void put_weights(struct filling *f, const struct spk_edge_block *b)
{
	const double share = f->task->source_copies > 1 ? (double)f->task->source_copies : 1;
	const double factor = factor_of(f->task);
	const struct spk_value_draws draws = weights_of(f->task);
	static const uint64_t any[BATCH]; /* all weights are equal: there are no ids */
	struct spk_table *t = f->table;
	double w[BATCH];

	for (uint32_t k = 0; k < b->n; k += BATCH) {
		const uint32_t n = b->n - k < BATCH ? b->n - k : BATCH;
		spk_draw_values(&draws, n, b->id ? b->id + k : any, w);
		for (uint32_t i = 0; i < n; i++)
			w[i] = factor * w[i] / share;
		for (uint32_t i = 0; i < n && t->f32; i++)
			t->f32[b->first + k + i] = (float)w[i];
		if (t->f64)
			memcpy(t->f64 + b->first + k, w, n * sizeof *w);
	}
}

static void put_delays(struct filling *f, const struct spk_edge_block *b)
{
	const struct spk_value_draws draws = axonal_of(f->task);
	double delay[BATCH];

	for (uint32_t k = 0; k < b->n; k += BATCH) {
		const uint32_t n = b->n - k < BATCH ? b->n - k : BATCH;
		spk_draw_values(&draws, n, b->id + k, delay);
		for (uint32_t i = 0; i < n; i++) {
			const float x = (float)delay[i];
			f->table->delay[b->first + k + i] = x > FLT_MIN ? x : FLT_MIN;
		}
	}
}

/* The smallest delay of each row from row `first` on, whose synapses have their own. */
static void summarize_delays(struct spk_table *t, uint64_t first)
{
	for (uint64_t row = first; row < t->n_rows; row++) {
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

static int reserve_codes(struct filling *f, uint64_t n)
{
	struct spk_table *t = f->table;
	const uint64_t capacity = n > 2 * f->codes_capacity ? n : 2 * f->codes_capacity;

	if (n <= f->codes_capacity)
		return 1;
	if (!enlarge((void **)&t->code, t->n_codes, capacity))
		return 0;
	f->codes_capacity = capacity;
	return 1;
}

/* The targets of each row from row `first` on. */
static int put_codes(struct filling *f, const struct spk_edge_block *b, uint64_t first)
{
	struct spk_table *t = f->table;

	for (uint64_t row = first; row < t->n_rows; row++) {
		const uint32_t begin = t->rows[row].first - b->first, end = begin + t->rows[row].n;
		uint32_t last = 0;
		if (!reserve_codes(f, t->n_codes + (uint64_t)SPK_CODE_BYTES * (end - begin)))
			return 0;
		t->code_of_row[row] = t->n_codes;
		for (uint32_t k = begin; k < end; last = b->target[k++])
			t->n_codes += spk_target_encode(b->target[k] - last, t->code + t->n_codes);
	}
	return 1;
}

static int fill_block(struct filling *f, uint64_t number)
{
	const struct spk_edge_block b = spk_edge_blocks_sort(&f->blocks, number);
	struct spk_table *t = f->table;
	const uint64_t first = t->n_rows;

	if (f->delays)
		sort_by_delay(f, &b);
	if (!put_rows(f, &b))
		return 0;
	if (t->target)
		memcpy(t->target + b.first, b.target, b.n * sizeof *t->target);
	else if (!put_codes(f, &b, first))
		return 0;
	if (t->f32 || t->f64)
		put_weights(f, &b);
	if (t->delay) {
		put_delays(f, &b);
		summarize_delays(t, first);
	}
	return 1;
}

/* ---- Tables ------------------------------------------------------------------------------------- */

static int allocate_table(struct spk_table *t, const struct spk_projection *p, int plastic)
{
	const int drawn = p->weight.law != SPK_CONSTANT;
	const int f64 = plastic || p->weight.law == SPK_LIST || (p->weights_f64 && drawn),
		  f32 = !f64 && drawn;
	const int own = has_own_delays(p, plastic);

	t->row_of = spk_large_alloc((t->n_sources + 1) * sizeof *t->row_of);
	if (f64)
		t->f64 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f64);
	if (f32)
		t->f32 = spk_large_alloc((t->n_synapses + 1) * sizeof *t->f32);
	if (own)
		t->delay = spk_large_alloc((t->n_synapses + 1) * sizeof *t->delay);
	else
		t->target = spk_large_alloc((t->n_synapses + 1) * sizeof *t->target);
	return t->row_of && (t->target || t->delay) && (!f64 || t->f64) && (!f32 || t->f32);
}

static uint64_t count_firing(const struct spk_edge_blocks *b)
{
	uint64_t n = 0;

	for (uint64_t source = 0; source < b->n_sources; source++)
		n += b->first[source + 1] > b->first[source];
	return n;
}

static int fill_table(
	const struct spk_connect_task *task, struct spk_edges *e, int plastic, struct spk_table *t)
{
	struct filling f = {.task = task, .table = t};
	const int by_delay = !has_one_delay(task->projection) && !has_own_delays(task->projection, plastic);

	t->n_synapses = e->n;
	if (!spk_edge_blocks_init(&f.blocks, task, e))
		return 0;
	f.delays = by_delay ? malloc((f.blocks.most + 1) * sizeof *f.delays) : NULL;
	int ok = (!by_delay || f.delays) && allocate_table(t, task->projection, plastic) &&
		 reserve_rows(&f, count_firing(&f.blocks) + 1) &&
		 (!t->delay || reserve_codes(&f, t->n_synapses + t->n_synapses / 8));
	t->shared = factor_of(task) * task->projection->weight.a /
		    (task->source_copies > 1 ? (double)task->source_copies : 1);
	for (uint64_t k = 0; ok && k < f.blocks.n_blocks; k++)
		ok = fill_block(&f, k);
	if (ok)
		t->row_of[t->n_sources] = (uint32_t)t->n_rows;
	spk_edge_blocks_clear(&f.blocks);
	free(f.delays);
	return ok && (t->delay || spk_table_spread(t, task->keeps_order));
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

	task.keep_ids = !has_one_delay(task.projection) || task.projection->weight.law != SPK_CONSTANT;
	if (task.keep_ids && !ids_fit(&task))
		return spk_fail(err, SPK_E_LIMIT,
			"projection %s is too large for weights or delays drawn synapse by synapse",
			task.projection->name);
	int rc = spk_connect(&task, &e, err);
	if (rc)
		return rc;
	if (fill_table(&task, &e, plastic, &t)) {
		*ret_table = t;
	} else {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the %llu synapses of projection %s",
			(unsigned long long)t.n_synapses, task.projection->name);
		spk_table_clear(&t);
	}
	spk_edges_clear(&e);
	return rc;
}
