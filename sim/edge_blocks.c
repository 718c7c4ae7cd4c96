#include "sim/edge_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "models/math/large.h"

enum {
	BLOCK_EDGES = 1 << 15, /* with 12 bytes an edge, twice, a block fits into L2 */
	MAX_BLOCKS = 1 << 11,  /* as many places are written to in turn */
	KEY_BITS = 32,
	DIGIT_BITS = 11 /* sorted by in one pass */
};

void spk_edge_blocks_clear(struct spk_edge_blocks *b)
{
	free(b->first);
	for (int k = 0; k < 2; k++) {
		free(b->key[k]);
		free(b->id[k]);
	}
	memset(b, 0, sizeof *b);
}

/* Number of the first edge of each source: ret_first[n_sources + 1]. */
static void count_edges(const struct spk_edges *e, uint64_t n_sources, uint32_t *ret_first)
{
	memset(ret_first, 0, (n_sources + 1) * sizeof *ret_first);
	for (uint64_t k = 0; k < e->n; k++)
		ret_first[e->source[k] + 1]++;
	for (uint64_t k = 0; k < n_sources; k++)
		ret_first[k + 1] += ret_first[k];
}

static unsigned count_bits(uint64_t n)
{
	unsigned bits = 0;

	while (bits < 64 && n >> bits)
		bits++;
	return bits;
}

static uint64_t count_blocks(const struct spk_edge_blocks *b, unsigned source_bits)
{
	return (b->n_sources + (UINT64_C(1) << source_bits) - 1) >> source_bits;
}

/* The largest blocks that stay small, unless there are too many of them. */
static void choose_size(struct spk_edge_blocks *b, uint64_t n_edges)
{
	while (b->source_bits + b->target_bits < KEY_BITS && count_blocks(b, b->source_bits) > 1 &&
		(n_edges / count_blocks(b, b->source_bits + 1) <= BLOCK_EDGES ||
			count_blocks(b, b->source_bits) > MAX_BLOCKS))
		b->source_bits++;
	b->n_blocks = count_blocks(b, b->source_bits);
}

static uint64_t last_source(const struct spk_edge_blocks *b, uint64_t number)
{
	const uint64_t last = (number + 1) << b->source_bits;

	return last < b->n_sources ? last : b->n_sources;
}

static uint32_t first_edge(const struct spk_edge_blocks *b, uint64_t number)
{
	return b->first[number << b->source_bits];
}

static void find_largest(struct spk_edge_blocks *b)
{
	for (uint64_t k = 0; k < b->n_blocks; k++) {
		const uint64_t n = b->first[last_source(b, k)] - first_edge(b, k);
		b->most = n > b->most ? n : b->most;
	}
}

/* Each edge to its block, in the order in which they come. `next`: [n_blocks] scratch. */
static void share_out(
	struct spk_edge_blocks *b, const struct spk_edges *e, uint64_t target_lo, uint32_t *next)
{
	const uint32_t within = (uint32_t)((UINT64_C(1) << b->source_bits) - 1);

	for (uint64_t k = 0; k < b->n_blocks; k++)
		next[k] = first_edge(b, k);
	for (uint64_t k = 0; k < e->n; k++) {
		const uint32_t at = next[e->source[k] >> b->source_bits]++;
		b->key[0][at] = (uint32_t)((uint64_t)(e->source[k] & within) << b->target_bits |
					   (e->target[k] - target_lo));
		if (e->id)
			b->id[0][at] = e->id[k];
	}
}

int spk_edge_blocks_init(
	struct spk_edge_blocks *ret_blocks, const struct spk_connect_task *task, struct spk_edges *edges)
{
	const uint64_t n_targets = task->target_hi - task->target_lo;
	struct spk_edge_blocks b = {.n_sources = task->n_source,
		.target_bits = count_bits(n_targets ? n_targets - 1 : 0),
		.by_target = edges->by_target};

	choose_size(&b, edges->n);
	uint32_t *next = malloc((b.n_blocks + 1) * sizeof *next);
	b.first = malloc((b.n_sources + 1) * sizeof *b.first);
	if (b.first && next) {
		count_edges(edges, b.n_sources, b.first);
		find_largest(&b);
		for (int k = 0; k < 2; k++) {
			const uint64_t n = k == 0 ? edges->n : b.most;
			b.key[k] = spk_large_alloc((n + 1) * sizeof **b.key);
			b.id[k] = edges->id ? spk_large_alloc((n + 1) * sizeof **b.id) : NULL;
		}
	}
	const int ok = b.first && next && b.key[0] && b.key[1] && (!edges->id || (b.id[0] && b.id[1]));
	if (ok) {
		share_out(&b, edges, task->target_lo, next);
		spk_edges_clear(edges);
		*ret_blocks = b;
	} else {
		spk_edge_blocks_clear(&b);
	}
	free(next);
	return ok;
}

/* ---- Sorting a block ---------------------------------------------------------------------------- */

struct edges {
	uint32_t *key;
	uint64_t *id;
};

/* Stable counting sort by the bits [low, low + bits) of the keys. */
static void sort_by_digit(size_t n, struct edges from, struct edges to, unsigned low, unsigned bits)
{
	const uint32_t mask = (UINT32_C(1) << bits) - 1;
	uint32_t next[1 << DIGIT_BITS] = {0};
	uint32_t sum = 0;

	for (size_t k = 0; k < n; k++)
		next[from.key[k] >> low & mask]++;
	for (uint32_t digit = 0; digit <= mask; digit++) {
		const uint32_t count = next[digit];
		next[digit] = sum;
		sum += count;
	}
	for (size_t k = 0; k < n; k++) {
		const uint32_t at = next[from.key[k] >> low & mask]++;
		to.key[at] = from.key[k];
		if (from.id)
			to.id[at] = from.id[k];
	}
}

struct spk_edge_block spk_edge_blocks_sort(struct spk_edge_blocks *b, uint64_t number)
{
	const uint32_t first = first_edge(b, number), n = b->first[last_source(b, number)] - first;
	const uint32_t targets = (uint32_t)((UINT64_C(1) << b->target_bits) - 1);
	struct edges from = {b->key[0] + first, b->id[0] ? b->id[0] + first : NULL},
		     to = {b->key[1], b->id[1]};
	unsigned low = b->by_target ? b->target_bits : 0;

	for (unsigned bits, end = b->source_bits + b->target_bits; low < end; low += bits) {
		const unsigned passes = (end - low + DIGIT_BITS - 1) / DIGIT_BITS;
		const struct edges sorted = to;
		bits = (end - low + passes - 1) / passes;
		sort_by_digit(n, from, to, low, bits);
		to = from;
		from = sorted;
	}
	for (uint32_t k = 0; k < n; k++)
		from.key[k] &= targets;
	return (struct spk_edge_block){.first_source = number << b->source_bits,
		.n_sources = last_source(b, number) - (number << b->source_bits),
		.first = first,
		.n = n,
		.target = from.key,
		.id = from.id};
}
