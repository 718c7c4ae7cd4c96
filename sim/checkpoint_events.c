/*
 * Checkpoints of what is on its way, between two cells or in an open one.
 *
 * A spike in flight is saved by source, time and projection alone (one that was silent has not sent it): the
 * network knows its rows and their delays, so the arrivals that are still to come follow. Weights that have
 * left plastic synapses for the soma are saved as they left.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/checkpoint_parts.h"

enum { PARCEL = 64 }; /* spikes whose weights are merged at a time */

/* An entry of some partition's queue. */
struct entry {
	const struct spk_arrival *arrival;
	uint32_t partition;
	uint32_t nth; /* of entries of this partition that are alike, as a source may fire twice at once */
};

struct entries {
	size_t n;
	struct entry *items;
};

/* What is saved of an entry. The same for all partitions that have it. */
struct flight {
	double t_spike, delay, dendritic; /* delays: of weights that have left their synapses */
	uint32_t epoch, source, table, nth;
};

static int sign(double x)
{
	return (x > 0) - (x < 0);
}

static int order_of(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_spikes(const struct spk_arrival *a, const struct spk_arrival *b)
{
	if (a->epoch != b->epoch)
		return order_of(a->epoch, b->epoch);
	if (a->t_spike != b->t_spike)
		return sign(a->t_spike - b->t_spike);
	return order_of(a->source, b->source);
}

/* Those that are alike in one partition stand together. */
static int compare_in_partition(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	const int order = compare_spikes(a->arrival, b->arrival);

	if (order)
		return order;
	if (a->partition != b->partition)
		return order_of(a->partition, b->partition);
	if (a->arrival->table != b->arrival->table)
		return order_of(a->arrival->table, b->arrival->table);
	return order_of(a->arrival->row, b->arrival->row);
}

static int is_wanted(const struct spk_arrival *a, uint32_t kind, int with_weights)
{
	return a->kind == kind && (a->weights != NULL) == with_weights;
}

/* What has not been worked off of the open cell. */
static struct spk_cell rest_of_open(const struct spk_partition *p)
{
	const struct spk_cell *open = &p->calendar.open;

	return (struct spk_cell){.n = open->n - p->cursor, .items = open->n ? open->items + p->cursor : NULL};
}

static size_t count_entries(const struct spk_partition *p)
{
	size_t n = rest_of_open(p).n;

	for (size_t i = 0; i < p->calendar.n_cells; i++)
		n += p->calendar.cells[i].n;
	return n;
}

static void add_entries(
	const struct spk_cell *cell, uint32_t partition, uint32_t kind, int with_weights, struct entries *ret)
{
	for (size_t k = 0; k < cell->n; k++)
		if (is_wanted(&cell->items[k], kind, with_weights))
			ret->items[ret->n++] = (struct entry){&cell->items[k], partition, 0};
}

/* Entries of this kind in all partitions, each numbered among those that are alike. */
static int gather(const struct spk_network *net, uint32_t kind, int with_weights, struct entries *ret)
{
	size_t n = 0;

	for (uint32_t k = 0; k < net->n_partitions; k++)
		n += count_entries(&net->partitions[k]);
	*ret = (struct entries){.items = malloc((n + 1) * sizeof *ret->items)};
	if (!ret->items)
		return 0;
	for (uint32_t k = 0; k < net->n_partitions; k++) {
		const struct spk_partition *p = &net->partitions[k];
		const struct spk_calendar *calendar = &p->calendar;
		const struct spk_cell open = rest_of_open(p);
		add_entries(&open, k, kind, with_weights, ret);
		for (size_t i = 0; i < calendar->n_cells; i++)
			add_entries(&calendar->cells[i], k, kind, with_weights, ret);
	}
	qsort(ret->items, ret->n, sizeof *ret->items, compare_in_partition);
	for (size_t k = 1; k < ret->n; k++)
		if (compare_in_partition(&ret->items[k - 1], &ret->items[k]) == 0)
			ret->items[k].nth = ret->items[k - 1].nth + 1;
	return 1;
}

static int compare_flights(const void *left, const void *right)
{
	const struct flight *a = left, *b = right;

	if (a->epoch != b->epoch)
		return order_of(a->epoch, b->epoch);
	if (a->t_spike != b->t_spike)
		return sign(a->t_spike - b->t_spike);
	if (a->source != b->source)
		return order_of(a->source, b->source);
	if (a->table != b->table)
		return order_of(a->table, b->table);
	if (a->delay != b->delay)
		return sign(a->delay - b->delay);
	if (a->dendritic != b->dendritic)
		return sign(a->dendritic - b->dendritic);
	return order_of(a->nth, b->nth);
}

static struct flight flight_of(const struct spk_network *net, const struct entry *e, int with_weights)
{
	const struct spk_arrival *a = e->arrival;
	struct flight f = {.t_spike = a->t_spike,
		.epoch = a->epoch,
		.source = a->source,
		.table = a->table,
		.nth = e->nth};

	if (with_weights) {
		const struct spk_row *row =
			&net->partitions[e->partition].tables[a->table].table.rows[a->row];
		f.delay = row->delay;
		f.dendritic = row->dendritic;
	}
	return f;
}

/* Sorted, each once; returns how many. */
static uint64_t keep_each_once(struct flight *flights, uint64_t n_entries)
{
	uint64_t n = 0;

	qsort(flights, n_entries, sizeof *flights, compare_flights);
	for (uint64_t k = 0; k < n_entries; k++)
		if (k == 0 || compare_flights(&flights[k], &flights[k - 1]) != 0)
			flights[n++] = flights[k];
	return n;
}

/* Those of all ranks; *flights is replaced. */
static int share_flights(
	struct spk_archive *a, const struct spk_network *net, struct flight **flights, uint64_t *n)
{
	struct spk_error reason = {0};
	struct spk_parts parts;
	size_t bytes = 0;
	const int rc = spk_ranks_share(net->ranks, *n * sizeof **flights, *flights, &parts, &reason);

	for (unsigned k = 0; !rc && k < parts.n; k++)
		bytes += parts.part[k].n;
	struct flight *all = rc ? NULL : malloc(bytes + 1);
	if (!all)
		return rc ? spk_archive_fail(a, rc, "%s", reason.text)
			  : spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	*n = 0;
	for (unsigned k = 0; k < parts.n; k++) {
		if (parts.part[k].n)
			memcpy(all + *n, parts.part[k].data, parts.part[k].n);
		*n += parts.part[k].n / sizeof *all;
	}
	free(*flights);
	*flights = all;
	*n = keep_each_once(all, *n);
	return SPK_OK;
}

/* What is on its way, and the entries of this rank that are parts of it. Both are malloc'ed. */
static int list_flights(struct spk_archive *a, const struct spk_network *net, uint32_t kind, int with_weights,
	struct entries *ret_entries, struct flight **ret_flights, uint64_t *ret_n)
{
	struct flight *flights;

	if (!gather(net, kind, with_weights, ret_entries))
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	*ret_flights = flights = calloc(ret_entries->n + 1, sizeof *flights);
	if (!flights)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < ret_entries->n; k++)
		flights[k] = flight_of(net, &ret_entries->items[k], with_weights);
	*ret_n = keep_each_once(flights, ret_entries->n);
	return spk_ranks_count(net->ranks) > 1 ? share_flights(a, net, ret_flights, ret_n) : SPK_OK;
}

static int has_source(const struct spk_synapses *s, uint32_t id)
{
	return id - s->first_source < s->table.n_sources;
}

static int check_flight(struct spk_archive *a, const struct spk_network *net, const struct flight *f)
{
	const struct spk_partition *p = &net->partitions[0];
	const double furthest = SPK_FURTHEST_CELLS * net->cell_ms,
		     here = f->t_spike - (double)(p->epochs - f->epoch) * p->epoch_ms;

	if (f->epoch > p->epochs || f->table >= p->n_tables || !(fabs(f->t_spike) < furthest) ||
		!(fabs(here) < furthest) || !has_source(&p->tables[f->table], f->source))
		return spk_archive_fail(a, SPK_E_FORMAT, "a spike on its way has no source here");
	return SPK_OK;
}

static int transfer_flights(
	struct spk_archive *a, const struct spk_network *net, struct flight **flights, uint64_t *n)
{
	int rc = spk_archive_count(a, sizeof **flights, n);

	if (!rc && spk_archive_is_loading(a)) {
		*flights = calloc(*n + 1, sizeof **flights);
		if (!*flights)
			return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	}
	if (!rc)
		rc = spk_archive_bytes(a, *flights, *n * sizeof **flights);
	for (uint64_t k = 0; !rc && k < *n; k++)
		rc = check_flight(a, net, &(*flights)[k]);
	return rc;
}

/* ---- Spikes on their way ------------------------------------------------------------------------ */

/* Put what is still to come of a spike through one table into the queue. */
static int send_again(struct spk_partition *p, uint32_t kind, const struct flight *f, double now)
{
	const struct spk_table *t = &p->tables[f->table].table;
	const uint32_t source = f->source - p->tables[f->table].first_source, last = t->row_of[source + 1];
	struct spk_arrival a = {.t_spike = f->t_spike,
		.source = f->source,
		.table = f->table,
		.kind = kind,
		.epoch = f->epoch};
	int rc = SPK_OK;

	for (a.row = t->row_of[source]; !rc && a.row < last; a.row++) {
		const struct spk_row *row = &t->rows[a.row];
		spk_partition_set_arrival(
			p, &a, row, kind == SPK_AT_SOMA ? row->delay : row->delay - row->dendritic);
		if (a.t < now)
			continue;
		a.row_end = kind == SPK_AT_SOMA ? last : a.row + 1;
		rc = spk_calendar_push(&p->calendar, &a, NULL);
		if (kind == SPK_AT_SOMA)
			break; /* the others wait with the nearest one */
	}
	return rc;
}

static int send_flight(struct spk_network *net, uint32_t kind, const struct flight *f, double now)
{
	int rc = SPK_OK;

	for (uint32_t k = 0; !rc && k < net->n_partitions; k++)
		rc = send_again(&net->partitions[k], kind, f, now);
	return rc;
}

static int transfer_spikes(struct spk_archive *a, struct spk_network *net, uint32_t kind, double now)
{
	struct entries entries = {0};
	struct flight *flights = NULL;
	uint64_t n = 0;
	int rc = SPK_OK;

	if (!spk_archive_is_loading(a))
		rc = list_flights(a, net, kind, 0, &entries, &flights, &n);
	if (!rc)
		rc = transfer_flights(a, net, &flights, &n);
	for (uint64_t k = 0; !rc && spk_archive_is_loading(a) && k < n; k++)
		if (send_flight(net, kind, &flights[k], now))
			rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	free(entries.items);
	free(flights);
	return rc;
}

/* ---- Weights on their way down the dendrite ----------------------------------------------------- */

/* The row of a source with these delays, or the end of its rows. */
static uint32_t find_row(const struct spk_synapses *s, const struct flight *f)
{
	const struct spk_row wanted = {.delay = f->delay, .dendritic = f->dendritic};
	const uint32_t source = f->source - s->first_source;
	uint32_t row = s->table.row_of[source];

	while (row < s->table.row_of[source + 1] && spk_row_compare(&s->table.rows[row], &wanted) != 0)
		row++;
	return row;
}

static const struct spk_arrival *find_entry(
	const struct entries *entries, uint32_t partition, uint32_t row, const struct flight *f)
{
	const struct spk_arrival like = {
		.t_spike = f->t_spike, .source = f->source, .table = f->table, .row = row, .epoch = f->epoch};
	const struct entry key = {.arrival = &like, .partition = partition};
	const struct entry *at =
		entries->n ? bsearch(&key, entries->items, entries->n, sizeof key, compare_in_partition)
			   : NULL;

	while (at && at->nth > f->nth)
		at--;
	while (at && at + 1 < entries->items + entries->n && at->nth < f->nth)
		at++;
	return at ? at->arrival : NULL;
}

/* Weights on their way through one table, as a message of this rank. */
struct parcel {
	struct spk_archive *a;
	struct spk_network *net;
	struct entries entries;
	struct spk_row_order order;
	double *data;
	size_t at, capacity; /* weights */
};

static void move_weights(struct parcel *p, uint32_t first, uint32_t n, double *weights)
{
	for (uint32_t k = 0; k < n; k++, p->at++) {
		double *const weight = &weights[p->order.places[k] - first];
		if (spk_archive_is_loading(p->a))
			*weight = p->data[p->at];
		else
			p->data[p->at] = *weight;
	}
}

/* The part of one partition, out of its queue or into it. */
static int move_part(struct parcel *parcel, uint32_t partition, const struct flight *f)
{
	struct spk_archive *a = parcel->a;
	struct spk_partition *p = &parcel->net->partitions[partition];
	const struct spk_synapses *s = &p->tables[f->table];
	const uint32_t row = find_row(s, f);
	const struct spk_row *r = &s->table.rows[row];
	struct spk_arrival arrival = {.t_spike = f->t_spike,
		.source = f->source,
		.table = f->table,
		.row = row,
		.row_end = row + 1,
		.kind = SPK_AT_SOMA,
		.epoch = f->epoch};

	if (row == s->table.row_of[f->source - s->first_source + 1])
		return SPK_OK;
	if (!spk_row_order_find(&parcel->order, &s->table, row))
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (!spk_archive_is_loading(a)) {
		const struct spk_arrival *there = find_entry(&parcel->entries, partition, row, f);
		if (!there)
			return spk_archive_fail(a, SPK_E_INVALID, "weights on their way are missing");
		move_weights(parcel, r->first, r->n, there->weights);
		return SPK_OK;
	}
	arrival.weights = malloc((r->n + 1) * sizeof *arrival.weights);
	if (!arrival.weights)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	spk_partition_set_arrival(p, &arrival, r, r->delay);
	move_weights(parcel, r->first, r->n, arrival.weights);
	if (!spk_calendar_push(&p->calendar, &arrival, NULL))
		return SPK_OK;
	free(arrival.weights);
	return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
}

static int move_parts(struct parcel *parcel, size_t n, const struct flight *flights)
{
	int rc = SPK_OK;

	parcel->at = 0;
	for (size_t k = 0; !rc && k < n; k++)
		for (uint32_t i = 0; !rc && i < parcel->net->n_partitions; i++)
			rc = move_part(parcel, i, &flights[k]);
	return rc;
}

/* Synapses of this rank that the spike went through. */
static size_t count_weights(const struct spk_network *net, const struct flight *f)
{
	size_t n = 0;

	for (uint32_t i = 0; i < net->n_partitions; i++) {
		const struct spk_synapses *s = &net->partitions[i].tables[f->table];
		const uint32_t row = find_row(s, f);
		if (row < s->table.row_of[f->source - s->first_source + 1])
			n += s->table.rows[row].n;
	}
	return n;
}

static int transfer_parcel(struct parcel *parcel, size_t n, const struct flight *flights)
{
	struct spk_merge_item items[PARCEL] = {{.bytes = 0}};
	size_t n_weights = 0;

	for (size_t k = 0; k < n; k++) {
		const size_t some = count_weights(parcel->net, &flights[k]);
		items[k] = (struct spk_merge_item){.key = {k}, .bytes = some * sizeof *parcel->data};
		n_weights += some;
	}
	if (n_weights > parcel->capacity) {
		double *data = realloc(parcel->data, 2 * n_weights * sizeof *data);
		if (!data)
			return spk_archive_fail(parcel->a, SPK_E_NOMEM, "out of memory");
		parcel->data = data;
		parcel->capacity = 2 * n_weights;
	}
	int rc = spk_archive_is_loading(parcel->a) ? SPK_OK : move_parts(parcel, n, flights);
	if (!rc)
		rc = spk_checkpoint_merge(parcel->a, parcel->net->ranks, n, items, parcel->data);
	if (!rc && spk_archive_is_loading(parcel->a))
		rc = move_parts(parcel, n, flights);
	return rc;
}

static int transfer_parcels(struct spk_archive *a, struct spk_network *net)
{
	struct parcel parcel = {.a = a, .net = net};
	struct flight *flights = NULL;
	uint64_t n = 0;
	int rc = SPK_OK;

	if (!spk_archive_is_loading(a))
		rc = list_flights(a, net, SPK_AT_SOMA, 1, &parcel.entries, &flights, &n);
	if (!rc)
		rc = transfer_flights(a, net, &flights, &n);
	for (uint64_t k = 0; !rc && k < n; k += PARCEL)
		rc = transfer_parcel(&parcel, n - k < PARCEL ? (size_t)(n - k) : PARCEL, &flights[k]);
	free(parcel.entries.items);
	free(parcel.data);
	free(flights);
	spk_row_order_clear(&parcel.order);
	return rc;
}

int spk_checkpoint_events(struct spk_archive *a, struct spk_network *net, double now)
{
	int rc = transfer_spikes(a, net, SPK_AT_SOMA, now);

	if (!rc)
		rc = transfer_spikes(a, net, SPK_AT_SYNAPSE, now);
	if (!rc)
		rc = transfer_parcels(a, net);
	return rc ? rc : spk_checkpoint_singles(a, net, now);
}
