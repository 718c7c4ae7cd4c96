/*
 * Checkpoints of plastic synapses: weights, states and traces of rows, postsynaptic spikes still owed.
 *
 * Rows of one source and delay lie in all partitions that have targets of it. They have passed the same
 * arrivals, so their traces are equal and saved once; their synapses follow by target.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/checkpoint_parts.h"

int spk_row_compare(const struct spk_row *a, const struct spk_row *b)
{
	if (a->delay != b->delay)
		return a->delay < b->delay ? -1 : 1;
	return (a->dendritic > b->dendritic) - (a->dendritic < b->dendritic);
}

static int compare_keys(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

int spk_row_order_find(struct spk_row_order *order, const struct spk_table *table, uint32_t row)
{
	const struct spk_row *r = &table->rows[row];
	int is_sorted = 1;

	if (r->n > order->capacity) {
		const size_t capacity = 2 * (size_t)r->n;
		uint32_t *places = realloc(order->places, capacity * sizeof *places);
		if (places)
			order->places = places;
		uint64_t *keys = realloc(order->keys, capacity * sizeof *keys);
		if (keys)
			order->keys = keys;
		if (!places || !keys)
			return 0;
		order->capacity = capacity;
	}
	for (uint32_t k = 0; k < r->n; k++) {
		order->keys[k] = (uint64_t)table->target[r->first + k] << 32 | k;
		is_sorted = is_sorted && (k == 0 || order->keys[k - 1] < order->keys[k]);
	}
	if (!is_sorted)
		qsort(order->keys, r->n, sizeof *order->keys, compare_keys);
	for (uint32_t k = 0; k < r->n; k++)
		order->places[k] = r->first + (uint32_t)order->keys[k];
	return 1;
}

void spk_row_order_clear(struct spk_row_order *order)
{
	free(order->places);
	free(order->keys);
	memset(order, 0, sizeof *order);
}

/* ---- Synapses ----------------------------------------------------------------------------------- */

/*
 * A walk through the rows of some sources of a projection in all partitions: first the rows of this rank are
 * listed, as items that are merged with those of the other ranks, then their bytes are moved.
 */
struct walk {
	struct spk_archive *a;
	struct spk_network *net;
	size_t projection;
	uint32_t *row; /* [n_partitions] next row of the source */
	struct spk_row_order order;
	int moves; /* else it lists */
	size_t n_items, items_capacity;
	struct spk_merge_item *items;
	size_t at, capacity; /* bytes */
	unsigned char *data;
};

static struct spk_synapses *synapses_of(const struct walk *w, uint32_t partition)
{
	return &w->net->partitions[partition].tables[w->projection];
}

/* Doubles kept for each synapse. */
static size_t count_values(const struct spk_synapses *s)
{
	size_t n = 0;

	for (size_t k = 0; k < s->n_plastic; k++)
		n += 1 + s->plastic[k].rule->model->n_syn_states;
	return n;
}

/* Bytes of a synapse or row, out of the network or into it. */
static void move(struct walk *w, void *own, size_t n)
{
	unsigned char *data = w->data + w->at;

	if (w->moves && n)
		memcpy(spk_archive_is_loading(w->a) ? own : data, spk_archive_is_loading(w->a) ? data : own,
			n);
	w->at += n;
}

static int move_synapses(struct walk *w, struct spk_synapses *s, uint32_t row)
{
	const uint32_t n = s->table.rows[row].n;

	if (!w->moves) {
		w->at += n * count_values(s) * sizeof(double);
		return SPK_OK;
	}
	if (!spk_row_order_find(&w->order, &s->table, row))
		return spk_archive_fail(w->a, SPK_E_NOMEM, "out of memory");
	for (uint32_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n_plastic; k++) {
			struct spk_plastic *p = &s->plastic[k];
			const size_t at = w->order.places[i], n_syn = p->rule->model->n_syn_states;
			move(w, &p->weight[at], sizeof *p->weight);
			if (p->syn)
				move(w, p->syn + at * n_syn, n_syn * sizeof *p->syn);
		}
	return SPK_OK;
}

static int has_row(const struct walk *w, uint32_t partition, uint32_t source)
{
	return w->row[partition] < synapses_of(w, partition)->table.row_of[source + 1];
}

static const struct spk_row *row_at(const struct walk *w, uint32_t partition)
{
	return &synapses_of(w, partition)->table.rows[w->row[partition]];
}

/* The partition whose next row of the source comes first; n_partitions: none has more. */
static uint32_t find_nearest(const struct walk *w, uint32_t source)
{
	uint32_t nearest = w->net->n_partitions;

	for (uint32_t k = 0; k < w->net->n_partitions; k++)
		if (has_row(w, k, source) && (nearest == w->net->n_partitions ||
						     spk_row_compare(row_at(w, k), row_at(w, nearest)) < 0))
			nearest = k;
	return nearest;
}

/* Traces of the row, from the first partition that has it to all that do. */
static void move_traces(struct walk *w, uint32_t first, uint32_t source, const struct spk_row *row)
{
	const struct spk_synapses *from = synapses_of(w, first);

	for (size_t k = 0; k < from->n_plastic; k++) {
		struct spk_pre_trace pre = from->plastic[k].pre[w->row[first]];
		double settled = from->plastic[k].settled[w->row[first]];
		move(w, &pre, sizeof pre);
		move(w, &settled, sizeof settled);
		for (uint32_t i = first; w->moves && i < w->net->n_partitions; i++) {
			if (!has_row(w, i, source) || spk_row_compare(row_at(w, i), row) != 0)
				continue;
			synapses_of(w, i)->plastic[k].pre[w->row[i]] = pre;
			synapses_of(w, i)->plastic[k].settled[w->row[i]] = settled;
		}
	}
}

static int add_item(struct walk *w, uint32_t source, const struct spk_row *row, size_t common, size_t bytes)
{
	if (w->n_items == w->items_capacity) {
		const size_t capacity = 2 * w->items_capacity + 64;
		struct spk_merge_item *items = realloc(w->items, capacity * sizeof *items);
		if (!items)
			return spk_archive_fail(w->a, SPK_E_NOMEM, "out of memory");
		w->items = items;
		w->items_capacity = capacity;
	}
	w->items[w->n_items++] = (struct spk_merge_item){
		.key = {source, spk_merge_key(row->delay), spk_merge_key(row->dendritic)},
		.common = common,
		.bytes = bytes};
	return SPK_OK;
}

static int walk_source(struct walk *w, uint32_t source)
{
	uint32_t first;
	int rc = SPK_OK;

	for (uint32_t k = 0; k < w->net->n_partitions; k++)
		w->row[k] = synapses_of(w, k)->table.row_of[source];
	while (!rc && (first = find_nearest(w, source)) < w->net->n_partitions) {
		const struct spk_row row = *row_at(w, first);
		const size_t start = w->at;
		move_traces(w, first, source, &row);
		const size_t common = w->at - start;
		for (uint32_t k = first; !rc && k < w->net->n_partitions; k++)
			if (has_row(w, k, source) && spk_row_compare(row_at(w, k), &row) == 0)
				rc = move_synapses(w, synapses_of(w, k), w->row[k]++);
		if (!rc && !w->moves)
			rc = add_item(w, source, &row, common, w->at - start - common);
	}
	return rc;
}

static int walk_sources(struct walk *w, uint32_t first, uint32_t end, int moves)
{
	int rc = SPK_OK;

	w->moves = moves;
	w->at = 0;
	for (uint32_t source = first; !rc && source < end; source++)
		rc = walk_source(w, source);
	return rc;
}

static int transfer_sources(struct walk *w, uint32_t first, uint32_t end)
{
	w->n_items = 0;
	int rc = walk_sources(w, first, end, 0);

	if (!rc && w->at > w->capacity) {
		unsigned char *data = realloc(w->data, 2 * w->at);
		if (!data)
			return spk_archive_fail(w->a, SPK_E_NOMEM, "out of memory");
		w->data = data;
		w->capacity = 2 * w->at;
	}
	if (!rc && !spk_archive_is_loading(w->a))
		rc = walk_sources(w, first, end, 1);
	if (!rc)
		rc = spk_checkpoint_merge(w->a, w->net->ranks, w->n_items, w->items, w->data);
	if (!rc && spk_archive_is_loading(w->a))
		rc = walk_sources(w, first, end, 1);
	return rc;
}

/* ---- Postsynaptic side -------------------------------------------------------------------------- */

static void list_rule(struct spk_partition *p, size_t i, size_t k, struct spk_state *state)
{
	struct spk_plastic *rule = &p->tables[i].plastic[k];

	spk_state_add(state, SPK_STATE_SHARED, &rule->swept, 1, sizeof rule->swept);
	spk_state_add(state, SPK_STATE_SHARED, &rule->t0, 1, sizeof rule->t0);
	spk_state_add(state, SPK_STATE_SHARED, &rule->reference, 1, sizeof rule->reference);
	spk_state_add(state, SPK_STATE_SHARED, &rule->open, 1, sizeof rule->open);
	spk_state_add(state, SPK_STATE_COUNT, &rule->events, 1, sizeof rule->events);
	spk_state_add(state, SPK_STATE_EACH, rule->views, rule->n_targets, sizeof *rule->views);
	if (rule->gate_factor)
		spk_state_add(
			state, SPK_STATE_EACH, rule->gate_factor, rule->n_targets, sizeof *rule->gate_factor);
	for (size_t edge = 0; rule->gate_u_bar && edge < 2; edge++)
		spk_state_add(state, SPK_STATE_EACH, rule->gate_u_bar + edge * rule->n_targets,
			rule->n_targets, sizeof *rule->gate_u_bar);
}

/* The rings of a rule on this rank: spikes so far and spikes held of each, and those held of all. */
struct rings {
	struct spk_archive *a;
	struct spk_network *net;
	size_t projection, rule;
	uint64_t n, n_held;
	struct ring_size {
		uint64_t n_spikes, n_held;
	} * sizes;
	struct spk_post_spike *spikes;
};

static struct spk_plastic *rule_of(const struct rings *r, uint32_t partition)
{
	return &r->net->partitions[partition].tables[r->projection].plastic[r->rule];
}

static void read_sizes(const struct rings *r)
{
	struct ring_size *size = r->sizes;

	for (uint32_t i = 0; i < r->net->n_partitions; i++)
		for (size_t target = 0; target < rule_of(r, i)->n_targets; target++) {
			const struct spk_post_ring *ring = &rule_of(r, i)->rings[target];
			*size++ = (struct ring_size){ring->n_spikes, ring->n_held};
		}
}

static int transfer_sizes(struct rings *r)
{
	int rc = spk_checkpoint_append(
		r->a, r->net->ranks, "histories of spikes", r->n * sizeof *r->sizes, r->sizes);
	uint64_t n_all = 0, n_there;

	for (uint64_t k = 0; !rc && k < r->n; k++) {
		if (r->sizes[k].n_held > r->sizes[k].n_spikes || r->sizes[k].n_held > UINT32_MAX / 2)
			rc = spk_archive_fail(r->a, SPK_E_FORMAT, "a history of spikes is too long");
		r->n_held += r->sizes[k].n_held;
	}
	n_all = r->n_held;
	if (!rc)
		rc = spk_checkpoint_sum(r->a, r->net->ranks, &n_all);
	n_there = n_all;
	if (!rc)
		rc = spk_archive_count(r->a, sizeof *r->spikes, &n_there);
	if (!rc && n_all != n_there)
		rc = spk_archive_fail(r->a, SPK_E_FORMAT, "a history of spikes is too long");
	return rc;
}

/* From the rings, or into rings that are made for them. */
static int copy_spikes(const struct rings *r)
{
	const int loading = spk_archive_is_loading(r->a);
	const struct ring_size *size = r->sizes;
	struct spk_post_spike *at = r->spikes;

	for (uint32_t i = 0; i < r->net->n_partitions; i++)
		for (size_t target = 0; target < rule_of(r, i)->n_targets; target++, size++) {
			struct spk_plastic *p = rule_of(r, i);
			struct spk_post_ring *ring = &p->rings[target];
			if (loading &&
				!spk_plastic_make_ring(p, target, size->n_spikes, (uint32_t)size->n_held))
				return spk_archive_fail(r->a, SPK_E_NOMEM, "out of memory");
			const uint64_t mask = ((uint64_t)1 << ring->log2_size) - 1;
			struct spk_post_spike *spikes = (struct spk_post_spike *)(uintptr_t)ring->spikes;
			for (uint64_t k = size->n_spikes - size->n_held; k < size->n_spikes; k++, at++)
				*(loading ? &spikes[k & mask] : at) = *(loading ? at : &spikes[k & mask]);
		}
	return SPK_OK;
}

static int transfer_rings(struct spk_archive *a, struct spk_network *net, size_t projection, size_t rule)
{
	struct rings r = {.a = a, .net = net, .projection = projection, .rule = rule};

	for (uint32_t i = 0; i < net->n_partitions; i++)
		r.n += rule_of(&r, i)->n_targets;
	r.sizes = calloc(r.n + 1, sizeof *r.sizes);
	int rc = r.sizes ? SPK_OK : spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (!rc && !spk_archive_is_loading(a))
		read_sizes(&r);
	if (!rc)
		rc = transfer_sizes(&r);
	r.spikes = rc ? NULL : malloc((r.n_held + 1) * sizeof *r.spikes);
	if (!rc && !r.spikes)
		rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (!rc && !spk_archive_is_loading(a))
		rc = copy_spikes(&r);
	if (!rc)
		rc = spk_checkpoint_append(
			a, net->ranks, "spikes held", r.n_held * sizeof *r.spikes, r.spikes);
	if (!rc && spk_archive_is_loading(a))
		rc = copy_spikes(&r);
	free(r.sizes);
	free(r.spikes);
	return rc;
}

/* Bytes of all synapses on this rank, about. */
static uint64_t count_bytes(const struct walk *w)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < w->net->n_partitions; k++)
		n += synapses_of(w, k)->table.n_synapses * count_values(synapses_of(w, k)) * sizeof(double);
	return n;
}

static int transfer_rows(struct spk_archive *a, struct spk_network *net, size_t projection)
{
	struct walk w = {.a = a, .net = net, .projection = projection};
	const uint64_t n_sources = net->partitions[0].tables[projection].table.n_sources;
	uint64_t bytes = count_bytes(&w);
	int rc = spk_checkpoint_sum(a, net->ranks, &bytes);
	const uint64_t step = spk_merge_sources(n_sources, bytes);

	w.row = calloc(net->n_partitions, sizeof *w.row);
	if (!rc && !w.row)
		rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (uint64_t source = 0; !rc && source < n_sources; source += step)
		rc = transfer_sources(&w, (uint32_t)source,
			(uint32_t)(source + step < n_sources ? source + step : n_sources));
	free(w.row);
	free(w.items);
	free(w.data);
	spk_row_order_clear(&w.order);
	return rc;
}

static int transfer_projection(struct spk_archive *a, struct spk_network *net, size_t projection)
{
	const struct spk_synapses *first = &net->partitions[0].tables[projection];
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < first->n_plastic; k++) {
		rc = spk_checkpoint_pieces(a, net, list_rule, projection, k);
		if (!rc && first->plastic[k].needs & SPK_NEEDS_POST_SPIKES)
			rc = transfer_rings(a, net, projection, k);
	}
	return rc ? rc : transfer_rows(a, net, projection);
}

int spk_checkpoint_rules(struct spk_archive *a, struct spk_network *net)
{
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < net->partitions[0].n_tables; k++)
		if (net->partitions[0].tables[k].n_plastic)
			rc = transfer_projection(a, net, k);
	return rc;
}
