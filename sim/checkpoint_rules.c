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

/* A walk through the rows of a projection in all partitions. */
struct walk {
	struct spk_archive *a;
	struct spk_network *net;
	size_t projection;
	uint32_t *row; /* [n_partitions] next row of the source */
	struct spk_row_order order;
	double *values; /* of the synapses of one row in one partition */
	size_t capacity;
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

static void copy_values(const struct walk *w, struct spk_synapses *s, uint32_t n)
{
	const int loading = spk_archive_is_loading(w->a);
	double *value = w->values;

	for (uint32_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n_plastic; k++) {
			struct spk_plastic *p = &s->plastic[k];
			const size_t at = w->order.places[i], n_syn = p->rule->model->n_syn_states;
			double *syn = p->syn ? p->syn + at * n_syn : NULL;
			if (loading)
				p->weight[at] = *value;
			else
				*value = p->weight[at];
			value++;
			if (syn)
				memcpy(loading ? syn : value, loading ? value : syn, n_syn * sizeof *syn);
			value += n_syn;
		}
}

static int transfer_synapses(struct walk *w, struct spk_synapses *s, uint32_t row)
{
	const uint32_t n = s->table.rows[row].n;
	const size_t n_values = n * count_values(s);

	if (n_values > w->capacity) {
		double *values = realloc(w->values, 2 * n_values * sizeof *values);
		if (!values)
			return spk_archive_fail(w->a, SPK_E_NOMEM, "out of memory");
		w->values = values;
		w->capacity = 2 * n_values;
	}
	if (!spk_row_order_find(&w->order, &s->table, row))
		return spk_archive_fail(w->a, SPK_E_NOMEM, "out of memory");
	if (!spk_archive_is_loading(w->a))
		copy_values(w, s, n);
	const int rc = spk_archive_bytes(w->a, w->values, n_values * sizeof *w->values);
	if (!rc && spk_archive_is_loading(w->a))
		copy_values(w, s, n);
	return rc;
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
static int transfer_traces(const struct walk *w, uint32_t first, uint32_t source, const struct spk_row *row)
{
	const struct spk_synapses *from = synapses_of(w, first);
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < from->n_plastic; k++) {
		struct spk_pre_trace pre = from->plastic[k].pre[w->row[first]];
		double settled = from->plastic[k].settled[w->row[first]];
		rc = spk_archive_bytes(w->a, &pre, sizeof pre);
		if (!rc)
			rc = spk_archive_bytes(w->a, &settled, sizeof settled);
		for (uint32_t i = first; !rc && i < w->net->n_partitions; i++) {
			if (!has_row(w, i, source) || spk_row_compare(row_at(w, i), row) != 0)
				continue;
			synapses_of(w, i)->plastic[k].pre[w->row[i]] = pre;
			synapses_of(w, i)->plastic[k].settled[w->row[i]] = settled;
		}
	}
	return rc;
}

static int transfer_source(struct walk *w, uint32_t source)
{
	uint32_t first;
	int rc = SPK_OK;

	for (uint32_t k = 0; k < w->net->n_partitions; k++)
		w->row[k] = synapses_of(w, k)->table.row_of[source];
	while (!rc && (first = find_nearest(w, source)) < w->net->n_partitions) {
		const struct spk_row row = *row_at(w, first);
		rc = transfer_traces(w, first, source, &row);
		for (uint32_t k = first; !rc && k < w->net->n_partitions; k++)
			if (has_row(w, k, source) && spk_row_compare(row_at(w, k), &row) == 0)
				rc = transfer_synapses(w, synapses_of(w, k), w->row[k]++);
	}
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

static int transfer_ring(struct spk_archive *a, struct spk_plastic *p, size_t target)
{
	struct spk_post_ring *ring = &p->rings[target];
	uint64_t n_spikes = ring->n_spikes, n_held = ring->n_held;
	int rc = spk_archive_u64(a, &n_spikes);

	if (!rc)
		rc = spk_archive_count(a, sizeof *ring->spikes, &n_held);
	if (!rc && spk_archive_is_loading(a)) {
		if (n_held > n_spikes || n_held > UINT32_MAX / 2)
			return spk_archive_fail(a, SPK_E_FORMAT, "a history of spikes is too long");
		if (!spk_plastic_make_ring(p, target, n_spikes, (uint32_t)n_held))
			return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	}
	const uint64_t mask = ((uint64_t)1 << ring->log2_size) - 1;
	struct spk_post_spike *spikes = (struct spk_post_spike *)(uintptr_t)ring->spikes;
	for (uint64_t k = n_spikes - n_held; !rc && k < n_spikes; k++)
		rc = spk_archive_bytes(a, &spikes[k & mask], sizeof *spikes);
	return rc;
}

static int transfer_rings(struct spk_archive *a, struct spk_network *net, size_t projection, size_t k)
{
	int rc = SPK_OK;

	for (uint32_t i = 0; !rc && i < net->n_partitions; i++) {
		struct spk_plastic *p = &net->partitions[i].tables[projection].plastic[k];
		for (size_t target = 0; !rc && target < p->n_targets; target++)
			rc = transfer_ring(a, p, target);
	}
	return rc;
}

static int transfer_projection(struct spk_archive *a, struct spk_network *net, size_t projection)
{
	const struct spk_synapses *first = &net->partitions[0].tables[projection];
	struct walk w = {.a = a, .net = net, .projection = projection};
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < first->n_plastic; k++) {
		rc = spk_checkpoint_pieces(a, net, list_rule, projection, k);
		if (!rc && first->plastic[k].needs & SPK_NEEDS_POST_SPIKES)
			rc = transfer_rings(a, net, projection, k);
	}
	w.row = calloc(net->n_partitions, sizeof *w.row);
	if (!w.row)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (uint32_t source = 0; !rc && source < first->table.n_sources; source++)
		rc = transfer_source(&w, source);
	free(w.row);
	free(w.values);
	spk_row_order_clear(&w.order);
	return rc;
}

int spk_checkpoint_rules(struct spk_archive *a, struct spk_network *net)
{
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < net->partitions[0].n_tables; k++)
		if (net->partitions[0].tables[k].n_plastic)
			rc = transfer_projection(a, net, k);
	return rc;
}
