/*
 * What several ranks have of one thing, brought into the one order that a checkpoint has, and back. Rank 0
 * never holds more than a piece of what the others have.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/checkpoint_parts.h"

enum { CHUNK = 1 << 22 }; /* bytes that a rank sends at a time */

static int fail(struct spk_archive *a, const struct spk_error *reason)
{
	return spk_archive_fail(a, reason->status, "%s", reason->text);
}

/* ---- One rank after the other ------------------------------------------------------------------- */

/* Few bytes in one message of all, many in messages of one rank after the other. */
static int send_chunks(struct spk_archive *a, struct spk_ranks *ranks, const uint64_t *sizes, unsigned from,
	const unsigned char *data)
{
	const int is_own = spk_ranks_number(ranks) == from;
	struct spk_error reason = {0};
	struct spk_parts parts;
	int rc = SPK_OK;

	for (size_t at = 0; !rc && at < sizes[from]; at += CHUNK) {
		const size_t some = sizes[from] - at < CHUNK ? sizes[from] - at : CHUNK;
		rc = spk_ranks_gather(ranks, is_own ? some : 0, is_own ? data + at : NULL, &parts, &reason);
		if (rc)
			return fail(a, &reason);
		if (parts.n)
			rc = spk_archive_bytes(a, (void *)(uintptr_t)parts.part[from].data, some);
	}
	return rc;
}

static int send_all(struct spk_archive *a, struct spk_ranks *ranks, size_t n, const void *data)
{
	struct spk_error reason = {0};
	struct spk_parts parts;
	int rc = spk_ranks_gather(ranks, n, data, &parts, &reason);

	if (rc)
		return fail(a, &reason);
	for (unsigned k = 0; !rc && k < parts.n; k++)
		rc = spk_archive_bytes(a, (void *)(uintptr_t)parts.part[k].data, parts.part[k].n);
	return rc;
}

static int transfer_parts(
	struct spk_archive *a, struct spk_ranks *ranks, const uint64_t *sizes, uint64_t total, void *data)
{
	const unsigned own = spk_ranks_number(ranks);
	int rc = SPK_OK;

	if (!spk_archive_is_loading(a) && total <= CHUNK)
		return send_all(a, ranks, sizes[own], data);
	for (unsigned k = 0; !rc && k < spk_ranks_count(ranks); k++) {
		if (!spk_archive_is_loading(a))
			rc = send_chunks(a, ranks, sizes, k, data);
		else if (k == own)
			rc = spk_archive_bytes(a, data, sizes[k]);
		else
			rc = spk_archive_skip(a, sizes[k]);
	}
	return rc;
}

int spk_checkpoint_append(
	struct spk_archive *a, struct spk_ranks *ranks, const char *what, size_t n, void *data)
{
	const unsigned count = spk_ranks_count(ranks);
	uint64_t *sizes = calloc(count, sizeof *sizes), total = 0;
	struct spk_error reason = {0};
	int rc = sizes ? spk_archive_status(a) : spk_archive_fail(a, SPK_E_NOMEM, "out of memory");

	if (!rc) {
		sizes[spk_ranks_number(ranks)] = n;
		rc = spk_ranks_sum(ranks, count, sizes, &reason) ? fail(a, &reason) : SPK_OK;
	}
	for (unsigned k = 0; !rc && k < count; k++)
		total += sizes[k];
	if (!rc)
		rc = spk_archive_expect(a, what, total);
	if (!rc)
		rc = transfer_parts(a, ranks, sizes, total, data);
	free(sizes);
	return rc;
}

int spk_checkpoint_sum(struct spk_archive *a, struct spk_ranks *ranks, uint64_t *value)
{
	struct spk_error reason = {0};

	if (spk_archive_status(a))
		return spk_archive_status(a);
	return spk_ranks_sum(ranks, 1, value, &reason) ? fail(a, &reason) : SPK_OK;
}

/* ---- By keys ------------------------------------------------------------------------------------ */

/* What a rank has: `data` is known of this rank, and at rank 0 of all when writing. */
struct side {
	const struct spk_merge_item *next, *end;
	unsigned char *data;
};

static int compare_keys(const struct spk_merge_item *a, const struct spk_merge_item *b)
{
	for (size_t k = 0; k < sizeof a->key / sizeof *a->key; k++)
		if (a->key[k] != b->key[k])
			return a->key[k] < b->key[k] ? -1 : 1;
	return 0;
}

static const struct spk_merge_item *find_nearest(unsigned count, const struct side *sides)
{
	const struct spk_merge_item *nearest = NULL;

	for (unsigned k = 0; k < count; k++)
		if (sides[k].next < sides[k].end && (!nearest || compare_keys(sides[k].next, nearest) < 0))
			nearest = sides[k].next;
	return nearest;
}

static int has_key(const struct side *side, const struct spk_merge_item *key)
{
	return side->next < side->end && compare_keys(side->next, key) == 0;
}

static int transfer_bytes(struct spk_archive *a, unsigned char *data, size_t n)
{
	return data ? spk_archive_bytes(a, data, n) : spk_archive_skip(a, n);
}

/* All items of one key. What they have in common is written of the first. */
static int transfer_key(struct spk_archive *a, unsigned count, struct side *sides, unsigned own,
	const struct spk_merge_item *key)
{
	unsigned first = 0;
	int rc;

	while (!has_key(&sides[first], key))
		first++;
	if (spk_archive_is_loading(a) && has_key(&sides[own], key))
		first = own;
	rc = transfer_bytes(a, sides[first].data, key->common);
	for (unsigned k = 0; !rc && k < count; k++) {
		struct side *side = &sides[k];
		if (!has_key(side, key))
			continue;
		rc = transfer_bytes(a, side->data ? side->data + key->common : NULL, side->next->bytes);
		if (side->data)
			side->data += key->common + side->next->bytes;
		side->next++;
	}
	return rc;
}

static int transfer_sides(struct spk_archive *a, unsigned count, struct side *sides, unsigned own)
{
	const struct spk_merge_item *nearest;
	int rc = SPK_OK;

	while (!rc && (nearest = find_nearest(count, sides)) != NULL) {
		const struct spk_merge_item key = *nearest;
		rc = transfer_key(a, count, sides, own, &key);
	}
	return rc;
}

static size_t count_bytes(size_t n, const struct spk_merge_item *items)
{
	size_t bytes = 0;

	for (size_t k = 0; k < n; k++)
		bytes += items[k].common + items[k].bytes;
	return bytes;
}

/* Items and, when writing, data go to rank 0; when reading all need the items of all. */
static int exchange(struct spk_archive *a, struct spk_ranks *ranks, size_t n,
	const struct spk_merge_item *items, const void *data, struct spk_parts *ret_parts)
{
	const size_t bytes = spk_archive_is_loading(a) ? 0 : count_bytes(n, items);
	const uint64_t head[2] = {n};
	unsigned char *message = malloc(sizeof head + n * sizeof *items + bytes);
	struct spk_error reason = {0};
	int rc;

	if (!message)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	memcpy(message, head, sizeof head);
	if (n)
		memcpy(message + sizeof head, items, n * sizeof *items);
	if (bytes)
		memcpy(message + sizeof head + n * sizeof *items, data, bytes);
	rc = (spk_archive_is_loading(a) ? spk_ranks_share : spk_ranks_gather)(
		ranks, sizeof head + n * sizeof *items + bytes, message, ret_parts, &reason);
	free(message);
	return rc ? fail(a, &reason) : SPK_OK;
}

/* When reading, frames pass between ranks too, over what the last exchange lent: items are kept. */
static unsigned char *keep_items(const struct spk_parts *parts)
{
	size_t n = 0;

	for (unsigned k = 0; k < parts->n; k++)
		n += parts->part[k].n;
	unsigned char *all = malloc(n + 1), *at = all;
	for (unsigned k = 0; all && k < parts->n; at += parts->part[k++].n)
		memcpy(at, parts->part[k].data, parts->part[k].n);
	return all;
}

static int transfer_all(struct spk_archive *a, struct spk_ranks *ranks, const struct spk_parts *parts,
	struct side *sides, void *data)
{
	const unsigned own = spk_ranks_number(ranks);
	const int loading = spk_archive_is_loading(a);
	unsigned char *const kept = loading ? keep_items(parts) : NULL;
	size_t at = 0;

	if (loading && !kept)
		return spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (unsigned k = 0; k < parts->n; at += parts->part[k++].n) {
		const uint64_t *head = loading ? (const void *)(kept + at) : parts->part[k].data;
		sides[k].next = (const void *)(head + 2);
		sides[k].end = sides[k].next + head[0];
		sides[k].data = loading ? NULL : (unsigned char *)(uintptr_t)sides[k].end;
	}
	if (loading)
		sides[own].data = data;
	const int rc = transfer_sides(a, parts->n, sides, own);
	free(kept);
	return rc;
}

int spk_checkpoint_merge(struct spk_archive *a, struct spk_ranks *ranks, size_t n,
	const struct spk_merge_item *items, void *data)
{
	struct spk_parts parts = {0};

	if (spk_ranks_count(ranks) == 1 || spk_archive_status(a))
		return spk_archive_bytes(a, data, count_bytes(n, items));
	struct side *sides = calloc(spk_ranks_count(ranks), sizeof *sides);
	int rc = sides ? exchange(a, ranks, n, items, data, &parts)
		       : spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	if (!rc && parts.n)
		rc = transfer_all(a, ranks, &parts, sides, data);
	free(sides);
	return rc;
}

/* ---- Values of synapses ------------------------------------------------------------------------- */

enum {
	PIECE = 1 << 22
}; /* bytes of all ranks that are merged at a time, but for a single source that has more */

uint64_t spk_merge_sources(uint64_t n_sources, uint64_t bytes)
{
	const uint64_t each = bytes / (n_sources + 1) + 1;

	return PIECE / each + 1;
}

/* The bits of times >= 0 are in their order. */
uint64_t spk_merge_key(double ms)
{
	uint64_t key;

	memcpy(&key, &ms, sizeof key);
	return key;
}

/* Synapses from `at` to before source `end`: an item for those of one source and delay. */
static size_t list_items(
	const struct spk_merge_synapses *s, uint64_t *at, uint64_t end, struct spk_merge_item *items)
{
	size_t n = 0;

	for (; *at < s->n && s->places[*at].source < end; ++*at) {
		const struct spk_merge_item item = {
			.key = {s->places[*at].source, spk_merge_key(s->places[*at].delay)}};
		if (n == 0 || compare_keys(&items[n - 1], &item) != 0)
			items[n++] = item;
		items[n - 1].bytes += sizeof(double);
	}
	return n;
}

int spk_checkpoint_synapses(struct spk_archive *a, const struct spk_merge_synapses *s, double *values)
{
	uint64_t n_all = s->n, at = 0;
	int rc = spk_checkpoint_sum(a, s->ranks, &n_all);
	const uint64_t step = spk_merge_sources(s->n_sources, n_all * sizeof *values);
	struct spk_merge_item *items = malloc((s->n + 1) * sizeof *items);

	if (!rc && !items)
		rc = spk_archive_fail(a, SPK_E_NOMEM, "out of memory");
	for (uint64_t source = 0; !rc && source < s->n_sources; source += step) {
		double *const first = values + at;
		const size_t n = list_items(s, &at, source + step, items);
		rc = spk_checkpoint_merge(a, s->ranks, n, items, first);
	}
	free(items);
	return rc;
}
