#include "sim/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fired.h"
#include "sim/member.h"

/*
 * May spikes wait until the partitions run next? Where there are several on one rank, whose weights do not
 * depend on what arrives: at the end of a cell observers see nothing but spikes and weights.
 */
static int may_defer(const struct spk_network *net)
{
	const struct spk_partition *p = &net->partitions[0];
	size_t n_plastic = 0;

	for (size_t k = 0; k < p->n_tables; k++)
		n_plastic += p->tables[k].n_plastic;
	return net->n_partitions > 1 && spk_ranks_count(net->ranks) == 1 && n_plastic == 0;
}

int spk_engine_create(const struct spk_scenario *scenario, unsigned lane, unsigned threads,
	unsigned partitions, struct spk_ranks *ranks, const struct spk_observer *observer,
	struct spk_engine *ret_engine, struct spk_error *err)
{
	struct spk_engine e = {.observer = *observer, .exchange = {.ranks = ranks}};
	int rc = spk_ranks_agree(ranks, spk_pool_create(threads, &e.pool, err), err);

	if (!rc)
		rc = spk_network_create(scenario, lane, partitions, ranks, e.pool, &e.network, err);
	if (rc) {
		spk_pool_free(e.pool);
		return rc;
	}
	e.next_grid = calloc(scenario->n_states + 1, sizeof *e.next_grid);
	e.errors = calloc(e.network.n_partitions, sizeof *e.errors);
	e.stretches = calloc(e.network.cuts + 1, sizeof *e.stretches);
	if (!e.next_grid || !e.errors || !e.stretches) {
		spk_engine_clear(&e);
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	}
	e.defers = may_defer(&e.network);
	for (uint32_t k = 0; k < e.network.n_partitions; k++)
		spk_members_start(&e.network.partitions[k]);
	*ret_engine = e;
	return SPK_OK;
}

void spk_engine_clear(struct spk_engine *e)
{
	spk_pool_free(e->pool);
	spk_network_clear(&e->network);
	spk_exchange_clear(&e->exchange);
	free(e->next_grid);
	free(e->samples);
	free(e->fired);
	free(e->held);
	free(e->errors);
	free(e->stretches);
	memset(e, 0, sizeof *e);
}

static double epoch_elapsed(const struct spk_engine *e)
{
	return (double)e->epoch_cell * e->network.cell_ms;
}

double spk_engine_elapsed(const struct spk_engine *e)
{
	return epoch_elapsed(e) + e->t;
}

static double absolute_epoch(const struct spk_engine *e)
{
	return e->network.partitions[0].epoch;
}

static double cell_start(const struct spk_engine *e)
{
	return (double)(e->cell - e->epoch_cell) * e->network.cell_ms;
}

static int compare_samples(const void *left, const void *right)
{
	const struct spk_sample_time *a = left, *b = right;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	return (a->record > b->record) - (a->record < b->record);
}

static int append_sample(struct spk_engine *e, const struct spk_sample_time *sample)
{
	if (e->n_samples == e->samples_capacity) {
		const size_t capacity = e->samples_capacity ? 2 * e->samples_capacity : 64;
		struct spk_sample_time *samples = realloc(e->samples, capacity * sizeof *samples);
		if (!samples)
			return 0;
		e->samples = samples;
		e->samples_capacity = capacity;
	}
	e->samples[e->n_samples++] = *sample;
	return 1;
}

/* Add the grid points of all recordings from t = a to before b, or up to and including it. */
static int collect_samples(struct spk_engine *e, double a, double b, int inclusive, struct spk_error *err)
{
	const struct spk_scenario *sc = e->network.scenario;
	const size_t first = e->n_samples;

	for (uint32_t k = 0; k < sc->n_states; k++) {
		const struct spk_record_state *r = &sc->states[k];
		for (;; e->next_grid[k]++) {
			const double absolute = r->from + (double)e->next_grid[k] * r->every;
			/* far from time 0 the epoch is rounded, and a point seems to lie before its stretch
			 */
			const struct spk_sample_time s = {fmax(a, absolute - absolute_epoch(e)), absolute, k};
			if (absolute > r->until || s.t > b || (s.t == b && !inclusive))
				break;
			if (absolute >= sc->start && !append_sample(e, &s))
				return spk_fail(err, SPK_E_NOMEM, "out of memory for recorded states");
		}
	}
	if (e->n_samples > first)
		qsort(e->samples + first, e->n_samples - first, sizeof *e->samples, compare_samples);
	return SPK_OK;
}

static void run_partition(void *context, unsigned k)
{
	struct spk_engine *e = context;
	struct spk_partition *p = &e->network.partitions[k];
	int rc = SPK_OK;

	e->errors[k].status = SPK_OK;
	if (e->n_feed)
		rc = spk_partition_receive(p, e->n_feed, e->feed, e->t, &e->errors[k]);
	if (!rc && e->opens)
		rc = spk_partition_open(p, e->cell, &e->errors[k]);
	for (size_t i = e->first; !rc && i <= e->last; i++) {
		const struct spk_stretch *s = &e->stretches[i];
		const double t = i < e->last ? s->b : e->until;
		if (i > e->first || !e->is_running)
			rc = spk_partition_begin(p, s, &e->errors[k]);
		if (!rc)
			rc = spk_partition_advance(p, s, t, &e->errors[k]);
		if (!rc)
			rc = t < s->b ? spk_partition_pause(p, t, &e->errors[k])
				      : spk_partition_finish(p, &e->errors[k]);
	}
}

static void open_partition(void *context, unsigned k)
{
	struct spk_engine *e = context;

	e->errors[k].status = SPK_OK;
	(void)spk_partition_open(&e->network.partitions[k], e->cell, &e->errors[k]);
}

static void reopen_partition(void *context, unsigned k)
{
	struct spk_engine *e = context;

	e->errors[k].status = SPK_OK;
	(void)spk_partition_reopen(&e->network.partitions[k], e->cell, &e->errors[k]);
}

static void feed_partition(void *context, unsigned k)
{
	struct spk_engine *e = context;

	e->errors[k].status = SPK_OK;
	(void)spk_partition_receive(&e->network.partitions[k], e->n_feed, e->feed, e->t, &e->errors[k]);
}

/* Run one step on all partitions; the first failure counts. */
static int on_all(struct spk_engine *e, void (*step)(void *, unsigned), struct spk_error *err)
{
	spk_pool_run(e->pool, e->network.n_partitions, step, e);
	for (uint32_t k = 0; k < e->network.n_partitions; k++) {
		if (e->errors[k].status) {
			if (err)
				*err = e->errors[k];
			return e->errors[k].status;
		}
	}
	return SPK_OK;
}

/* Move the spikes before t = `before` of a partition to the end of e->fired; the others wait. */
static void take_fired(struct spk_engine *e, struct spk_fired_list *list, double before)
{
	size_t kept = 0;

	for (size_t k = 0; k < list->n; k++) {
		if (list->items[k].t < before)
			e->fired[e->n_fired++] = list->items[k];
		else
			list->items[kept++] = list->items[k];
	}
	list->n = kept;
}

static int reserve_fired(struct spk_engine *e, size_t n, struct spk_error *err)
{
	if (n <= e->fired_capacity)
		return SPK_OK;
	struct spk_fired *fired = realloc(e->fired, 4 * n * sizeof *fired);
	if (!fired)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes");
	e->fired = fired;
	e->fired_capacity = 2 * n;
	return SPK_OK;
}

/* The spikes of this rank before t = `before`, sorted. */
static int merge_fired(struct spk_engine *e, double before, struct spk_error *err)
{
	size_t n = 0;

	for (uint32_t k = 0; k < e->network.n_partitions; k++)
		n += e->network.partitions[k].fired.n;
	const int rc = reserve_fired(e, n, err);
	if (rc)
		return rc;
	e->n_fired = 0;
	for (uint32_t k = 0; k < e->network.n_partitions; k++)
		take_fired(e, &e->network.partitions[k].fired, before);
	if (e->n_fired > 1)
		spk_fired_sort(e->n_fired, e->fired, e->fired + e->fired_capacity);
	return SPK_OK;
}

/* Sort spikes of the other ranks in among the own; sorted by themselves they stay behind those of this rank
 * in the second half. */
static int merge_others(struct spk_engine *e, size_t n, const struct spk_fired *others, struct spk_error *err)
{
	const size_t own = e->n_fired;
	const int rc = n ? reserve_fired(e, own + n, err) : SPK_OK;

	if (rc || n == 0)
		return rc;
	struct spk_fired *scratch = e->fired + e->fired_capacity;
	memcpy(scratch + own, others, n * sizeof *others);
	spk_fired_sort(n, scratch + own, e->fired + own);
	if (own)
		memcpy(scratch, e->fired, own * sizeof *scratch);
	spk_fired_merge(own, own + n, scratch, e->fired);
	e->n_fired = own + n;
	return SPK_OK;
}

int spk_engine_flush(struct spk_engine *e, struct spk_error *err)
{
	const int rc = e->n_feed ? on_all(e, feed_partition, err) : SPK_OK;

	e->n_feed = 0;
	return rc;
}

/* Spikes, sorted, go into the queues of all partitions: at once, or when they run next. */
static int feed(
	struct spk_engine *e, size_t n, const struct spk_fired *fired, int later, struct spk_error *err)
{
	e->n_feed = n;
	e->feed = fired;
	return later ? SPK_OK : spk_engine_flush(e, err);
}

/*
 * Exchange the spikes before now among the partitions. Those of this rank go into its queues while the others
 * are on their way: a queue is sorted later, and each source's spikes come from one rank. `later`: into the
 * queues when the partitions run next, which saves the threads from waiting for each other once more.
 */
static int exchange(struct spk_engine *e, int later, struct spk_error *err)
{
	const struct spk_fired *others;
	size_t n_others;
	int rc = merge_fired(e, e->t, err);

	if (!rc)
		rc = spk_exchange_begin(&e->exchange, e->n_fired, e->fired, err);
	if (rc)
		return rc;
	rc = feed(e, e->n_fired, e->fired, later, err);
	const int received = spk_exchange_end(&e->exchange, &n_others, &others, rc ? NULL : err);
	if (rc || received || n_others == 0)
		return rc ? rc : received;
	const size_t own = e->n_fired;
	rc = merge_others(e, n_others, others, err);
	return rc || n_others == 0 ? rc : feed(e, n_others, e->fired + e->fired_capacity + own, 0, err);
}

/*
 * At a pause some neurons' spikes are not found yet, so the observer has to wait for the others too. Held
 * spikes are told at the end of the cell or the run, before the epoch can move.
 */
static int hold_fired(struct spk_engine *e, struct spk_error *err)
{
	const size_t n = e->n_held + e->n_fired;

	if (n > e->held_capacity) { /* the second half is for sorting */
		struct spk_fired *held = realloc(e->held, 4 * n * sizeof *held);
		if (!held)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes");
		e->held = held;
		e->held_capacity = 2 * n;
	}
	if (e->n_fired)
		memcpy(e->held + e->n_held, e->fired, e->n_fired * sizeof *e->fired);
	e->n_held = n;
	return SPK_OK;
}

/* Hand all spikes before now to the observer, those held since the last time among them. */
static int tell_fired(struct spk_engine *e, struct spk_error *err)
{
	const struct spk_observer *o = &e->observer;
	const struct spk_fired *fired = e->fired;
	size_t n = e->n_fired;
	int rc = SPK_OK;

	if (e->n_held) {
		rc = hold_fired(e, err);
		if (rc)
			return rc;
		spk_fired_sort(e->n_held, e->held, e->held + e->held_capacity);
		fired = e->held;
		n = e->n_held;
		e->n_held = 0;
	}
	if (n && o->spikes)
		rc = o->spikes(o->user, n, fired, absolute_epoch(e), err);
	if (!rc && o->exchanged)
		rc = o->exchanged(o->user, absolute_epoch(e) + e->t, err);
	return rc;
}

/* All spikes before now are found: exchange them and hand them on. */
static int exchange_all(struct spk_engine *e, int later, struct spk_error *err)
{
	const int rc = exchange(e, later, err);

	return rc ? rc : tell_fired(e, err);
}

/* The next cell: the partitions open it when they run next. */
static int open_cell(struct spk_engine *e, struct spk_error *err)
{
	const uint64_t cells = e->network.epoch_cells;

	if (e->cell - e->epoch_cell >= cells) {
		const double shift = (double)cells * e->network.cell_ms;
		const int rc = spk_engine_flush(e, err);
		if (rc)
			return rc;
		for (uint32_t k = 0; k < e->network.n_partitions; k++)
			spk_partition_rebase(&e->network.partitions[k], shift, cells);
		e->epoch_cell += cells;
		e->t -= shift;
	}
	e->is_open = e->opens = 1;
	return SPK_OK;
}

/* The next border after t on the lattice of the cell's cuts. */
static double next_cut(const struct spk_engine *e, double t)
{
	const double start = cell_start(e), cell = e->network.cell_ms;

	for (uint32_t k = 1; k < e->network.cuts; k++) {
		const double cut = start + cell * k / e->network.cuts;
		if (cut > t)
			return cut;
	}
	return start + cell;
}

/* The next pause, ms since the epoch. */
static double next_pause(const struct spk_engine *e)
{
	return e->observer.next_pause ? e->observer.next_pause(e->observer.user) - epoch_elapsed(e)
				      : HUGE_VAL;
}

/* Let the owner look at the network at e->until, inside the stretch. */
static int pause(struct spk_engine *e, double elapsed, struct spk_error *err)
{
	e->t = e->until;
	int rc = exchange(e, 0, err);

	if (!rc)
		rc = hold_fired(e, err);
	return rc ? rc : e->observer.pause(e->observer.user, elapsed, err);
}

/* The stretches from now to before t = stop, in the open cell. */
static int plan_stretches(struct spk_engine *e, double stop, struct spk_error *err)
{
	int rc = SPK_OK;

	e->n_samples = e->n_stretches = 0;
	for (double a = e->t, b; !rc && a < stop; a = b) {
		const size_t n = e->n_samples;
		b = fmin(stop, next_cut(e, a));
		rc = collect_samples(e, a, b, 0, err);
		e->stretches[e->n_stretches++] = (struct spk_stretch){a, b, e->n_samples - n, NULL};
	}
	for (size_t k = 0, n = 0; k < e->n_stretches; n += e->stretches[k++].n_samples)
		e->stretches[k].samples = e->samples ? e->samples + n : NULL;
	return rc;
}

/* Run the open cell up to t = stop. */
static int run_stretches(struct spk_engine *e, double stop, struct spk_error *err)
{
	int rc = plan_stretches(e, stop, err);

	e->first = 0;
	e->is_running = 0;
	while (!rc) {
		const double at = next_pause(e);
		e->until = at < stop ? fmax(at, e->t) : stop;
		e->last = e->first;
		while (e->last + 1 < e->n_stretches && e->until >= e->stretches[e->last].b)
			e->last++;
		rc = on_all(e, run_partition, err);
		e->n_feed = 0;
		e->opens = 0;
		e->first = e->last;
		e->is_running = 1;
		if (rc || !(at < stop))
			break;
		rc = pause(e, at + epoch_elapsed(e), err);
	}
	e->t = stop;
	return rc;
}

int spk_engine_run(struct spk_engine *e, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	while (!rc) {
		if (!e->is_open)
			rc = open_cell(e, err);
		if (rc)
			break;
		const double stop = elapsed - epoch_elapsed(e), end = cell_start(e) + e->network.cell_ms;
		if (!(e->t < stop))
			break;
		rc = run_stretches(e, fmin(stop, end), err);
		if (rc || e->t < end)
			continue;
		rc = exchange_all(e, e->defers, err);
		e->cell++;
		e->is_open = 0;
		if (!rc && e->observer.border)
			rc = e->observer.border(e->observer.user, err);
	}
	if (!rc)
		rc = spk_engine_flush(e, err);
	if (!rc && e->opens) {
		e->opens = 0;
		rc = on_all(e, open_partition, err);
	}
	return rc ? rc : exchange_all(e, 0, err);
}

/* A cell that was not open opens before anything changes in it, as in a run in one go. */
int spk_engine_resume(struct spk_engine *e, struct spk_error *err)
{
	return e->is_open ? on_all(e, reopen_partition, err) : spk_engine_run(e, spk_engine_elapsed(e), err);
}

int spk_engine_sample_now(struct spk_engine *e, struct spk_error *err)
{
	e->n_samples = 0;
	int rc = collect_samples(e, e->t, e->t, 1, err);

	for (size_t i = 0; !rc && i < e->n_samples; i++)
		for (uint32_t k = 0; !rc && k < e->network.n_partitions; k++)
			rc = spk_partition_sample(&e->network.partitions[k], &e->samples[i], err);
	return rc;
}

void spk_engine_drop_spikes(struct spk_engine *e)
{
	for (uint32_t k = 0; k < e->network.n_partitions; k++)
		spk_partition_drop_spikes(&e->network.partitions[k]);
}
