/*
 * Every call begins in the same way: blocks of equal size go round, each with the rank's status, the length
 * of its message, and the message itself if it is short. So one exchange does for what is usual, and a rank
 * that failed is heard in whatever call the others are in.
 */
#include "sim/ranks.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/ranks_wire.h"

enum { HEAD = 16, ALIGN = 16, FIRST_ROOM = 1024, MAX_ROOM = 1 << 16 };

struct head {
	int32_t status;
	uint32_t notes;
	uint64_t n;
};

_Static_assert(sizeof(struct head) == HEAD, "a message behind its head is aligned");

struct spk_ranks {
	struct spk_wire *wire;
	struct spk_error failure; /* of a call; until the next spk_ranks_agree all calls fail with it */
	size_t room;              /* of a block for its message; the same on all ranks */
	unsigned char *block;     /* [HEAD + room] */
	unsigned char *blocks;    /* [count * (HEAD + room)] */
	size_t long_capacity;     /* as far as it was asked for, the same on all ranks */
	unsigned char *longs;     /* messages that are longer than room */
	struct spk_part *part;    /* [count] */
	int *sizes, *places;      /* [count] */
	struct spk_traffic traffic;
	unsigned notes, heard; /* that go out with the next exchange; those of all that came in */
};

/* ---- Life cycle --------------------------------------------------------------------------------- */

/* Launchers tell their processes so; one process by itself needs no wire, also when a launcher started it. */
static int is_one_of_several(void)
{
	static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};

	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		const char *const size = getenv(sizes[k]);
		if (size)
			return strcmp(size, "1") != 0;
	}
	return getenv("PMIX_RANK") != NULL || getenv("PMI_RANK") != NULL;
}

static int reserve_blocks(struct spk_ranks *r, size_t room)
{
	const size_t size = HEAD + room;
	unsigned char *block = realloc(r->block, size);
	unsigned char *blocks = realloc(r->blocks, r->wire->count * size);

	r->block = block ? block : r->block;
	r->blocks = blocks ? blocks : r->blocks;
	return block && blocks;
}

static void release(struct spk_ranks *r)
{
	free(r->block);
	free(r->blocks);
	free(r->longs);
	free(r->part);
	free(r->sizes);
	free(r->places);
	free(r);
}

int spk_ranks_join(struct spk_ranks **ret_ranks, struct spk_error *err)
{
	struct spk_ranks *r = NULL;

	if (!is_one_of_several()) {
		*ret_ranks = NULL;
		return SPK_OK;
	}
	r = calloc(1, sizeof *r);
	int rc = r ? spk_wire_open(&r->wire, err) : spk_fail(err, SPK_E_NOMEM, "out of memory");
	if (rc) {
		free(r);
		return rc;
	}
	r->room = FIRST_ROOM;
	r->part = calloc(r->wire->count, sizeof *r->part);
	r->sizes = calloc(r->wire->count, sizeof *r->sizes);
	r->places = calloc(r->wire->count, sizeof *r->places);
	if (!reserve_blocks(r, r->room) || !r->part || !r->sizes || !r->places) {
		release(r); /* the others wait until the launcher sees this process end */
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	}
	*ret_ranks = r;
	return SPK_OK;
}

void spk_ranks_leave(struct spk_ranks *ranks)
{
	if (!ranks)
		return;
	ranks->wire->close(ranks->wire);
	release(ranks);
}

unsigned spk_ranks_count(const struct spk_ranks *ranks)
{
	return ranks ? ranks->wire->count : 1;
}

unsigned spk_ranks_number(const struct spk_ranks *ranks)
{
	return ranks ? ranks->wire->number : 0;
}

void spk_ranks_note(struct spk_ranks *ranks, unsigned note)
{
	ranks->notes |= note;
}

unsigned spk_ranks_take_notes(struct spk_ranks *ranks)
{
	const unsigned heard = ranks->heard;

	ranks->heard = 0;
	return heard;
}

struct spk_traffic spk_ranks_traffic(const struct spk_ranks *ranks)
{
	return ranks ? ranks->traffic : (struct spk_traffic){0};
}

/* ---- One exchange ------------------------------------------------------------------------------- */

static struct head head_of(const struct spk_ranks *r, unsigned k)
{
	struct head head;

	memcpy(&head, r->blocks + k * (HEAD + r->room), sizeof head);
	return head;
}

static void send_block(struct spk_ranks *r, int status, size_t n, const void *message)
{
	const struct head head = {status, r->notes, n};

	r->notes = 0;
	memcpy(r->block, &head, sizeof head);
	if (n && n <= r->room)
		memcpy(r->block + HEAD, message, n);
	r->wire->begin(r->wire, HEAD + r->room, r->block, r->blocks);
}

static void finish_block(struct spk_ranks *r)
{
	r->wire->finish(r->wire);
	for (unsigned k = 0; k < r->wire->count; k++)
		r->heard |= head_of(r, k).notes;
}

/* The rank whose failure counts: the first, but an interruption only where nothing worse happened. One that
 * all have in common is no single rank's: *ret_rank is their number. */
static int find_failure(const struct spk_ranks *r, unsigned *ret_rank)
{
	int found = SPK_OK, is_common = 1;

	for (unsigned k = r->wire->count; k-- > 0;) {
		const int status = head_of(r, k).status;
		is_common = is_common && status == head_of(r, 0).status;
		if (status == SPK_OK || (status == SPK_E_INTERRUPTED && found && found != status))
			continue;
		found = status;
		*ret_rank = k;
	}
	if (found && is_common)
		*ret_rank = r->wire->count;
	return found;
}

/* All hear what the rank has to say; r->failure holds it at that rank. */
static int hear_failure(struct spk_ranks *r, int status, unsigned rank)
{
	struct spk_error said = r->failure;
	const int is_common = rank == r->wire->count;

	r->wire->tell(r->wire, is_common ? 0 : rank, sizeof said.text, said.text);
	said.text[sizeof said.text - 1] = '\0';
	if (status == SPK_E_INTERRUPTED || is_common)
		return spk_fail(&r->failure, status, "%s", said.text);
	return spk_fail(&r->failure, status, "rank %u: %s", rank, said.text);
}

static int pass_on(const struct spk_ranks *r, struct spk_error *err)
{
	if (err)
		*err = r->failure;
	return r->failure.status;
}

/* Room for long messages, and for messages of this length in blocks from now on. All ranks see the same
 * sizes, so they come here together; they go on only if all have found the memory. */
static int grow(struct spk_ranks *r, size_t total, size_t longest)
{
	int64_t mine = SPK_OK;
	size_t room = r->room;
	unsigned rank = 0;

	if (total > r->long_capacity) {
		unsigned char *longs = realloc(r->longs, 2 * total);
		if (longs)
			r->longs = longs;
		mine = longs ? SPK_OK : SPK_E_NOMEM;
	}
	while (room < longest && room < MAX_ROOM)
		room *= 2;
	if (!mine && !reserve_blocks(r, room))
		mine = SPK_E_NOMEM;
	(void)spk_fail(&r->failure, (int)mine, "out of memory for what the ranks exchange");
	send_block(r, (int)mine, 0, NULL);
	finish_block(r);
	const int rc = find_failure(r, &rank);
	if (rc)
		return hear_failure(r, rc, rank);
	r->long_capacity = total > r->long_capacity ? 2 * total : r->long_capacity;
	r->room = room;
	r->failure.status = SPK_OK;
	return SPK_OK;
}

/* Messages that do not fit into blocks follow by themselves: to all, or to rank 0. */
static int fetch_long(struct spk_ranks *r, const struct spk_part *own, int to_all)
{
	const unsigned count = r->wire->count;
	size_t total = 0, longest = 0;

	for (unsigned k = 0; k < count; k++) {
		const size_t n = (size_t)head_of(r, k).n;
		if (n > INT_MAX - ALIGN || total > INT_MAX - n - ALIGN)
			return spk_fail(
				&r->failure, SPK_E_LIMIT, "2 GiB or more in one exchange of the ranks");
		r->places[k] = (int)total;
		r->sizes[k] = (int)n;
		total += (n + ALIGN - 1) / ALIGN * ALIGN;
		longest = n > longest ? n : longest;
	}
	if (total > r->long_capacity || (longest > r->room && r->room < MAX_ROOM)) {
		const int rc = grow(r, total, longest);
		if (rc)
			return rc;
	}
	if (to_all)
		r->wire->share(r->wire, own->data, r->sizes, r->places, r->longs);
	else
		r->wire->gather(r->wire, own->data, r->sizes, r->places, r->longs);
	for (unsigned k = 0; k < count; k++)
		r->part[k] = (struct spk_part){(size_t)r->sizes[k], r->longs + r->places[k]};
	return SPK_OK;
}

static int receive(struct spk_ranks *r, int to_all, struct spk_parts *parts, struct spk_error *err)
{
	int is_long = 0;
	unsigned rank = 0;

	if (r->failure.status)
		return pass_on(r, err);
	finish_block(r);
	r->traffic.exchanges++;
	int rc = find_failure(r, &rank);
	if (rc)
		rc = hear_failure(r, rc, rank);
	for (unsigned k = 0; !rc && k < r->wire->count; k++) {
		const size_t n = (size_t)head_of(r, k).n;
		r->part[k] = (struct spk_part){n, r->blocks + k * (HEAD + r->room) + HEAD};
		r->traffic.bytes += n;
		is_long |= n > r->room;
	}
	if (!rc && is_long)
		rc = fetch_long(r, &parts->own, to_all);
	if (rc)
		return pass_on(r, err);
	parts->n = to_all || r->wire->number == 0 ? r->wire->count : 0;
	parts->part = r->part;
	return SPK_OK;
}

static int has_way_out(const struct spk_ranks *r)
{
	return r && !r->failure.status;
}

/* ---- Calls -------------------------------------------------------------------------------------- */

void spk_ranks_share_begin(
	struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts)
{
	ret_parts->own = (struct spk_part){n, message};
	ret_parts->part = &ret_parts->own;
	ret_parts->n = 1;
	if (has_way_out(ranks))
		send_block(ranks, SPK_OK, n, message);
}

int spk_ranks_share_end(struct spk_ranks *ranks, struct spk_parts *ret_parts, struct spk_error *err)
{
	return ranks ? receive(ranks, 1, ret_parts, err) : SPK_OK;
}

int spk_ranks_share(struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts,
	struct spk_error *err)
{
	spk_ranks_share_begin(ranks, n, message, ret_parts);
	return spk_ranks_share_end(ranks, ret_parts, err);
}

int spk_ranks_gather(struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts,
	struct spk_error *err)
{
	spk_ranks_share_begin(ranks, n, message, ret_parts);
	return ranks ? receive(ranks, 0, ret_parts, err) : SPK_OK;
}

int spk_ranks_agree(struct spk_ranks *ranks, int status, struct spk_error *err)
{
	struct spk_parts parts;
	int rc = status;

	if (!ranks)
		return status;
	if (!ranks->failure.status) {
		if (status)
			(void)spk_fail(&ranks->failure, SPK_OK, "%s",
				err && err->status ? err->text : spk_strstatus(status));
		send_block(ranks, status, 0, NULL);
		parts.own = (struct spk_part){0, NULL};
		rc = receive(ranks, 1, &parts, err);
	} else {
		rc = pass_on(ranks, err);
	}
	ranks->failure.status = SPK_OK;
	return rc;
}

int spk_ranks_complete(struct spk_ranks *ranks, size_t lo, size_t hi, size_t size_of_item, void *items,
	struct spk_error *err)
{
	unsigned char *at = items;
	struct spk_parts parts;

	if (!ranks)
		return SPK_OK;
	const int rc = spk_ranks_share(ranks, (hi - lo) * size_of_item, at + lo * size_of_item, &parts, err);
	for (unsigned k = 0; !rc && k < parts.n; at += parts.part[k++].n)
		if (k != ranks->wire->number && parts.part[k].n)
			memcpy(at, parts.part[k].data, parts.part[k].n);
	return rc;
}

int spk_ranks_sum(struct spk_ranks *ranks, size_t n, uint64_t *values, struct spk_error *err)
{
	struct spk_parts parts;
	const int rc = spk_ranks_share(ranks, n * sizeof *values, values, &parts, err);

	for (unsigned k = 0; !rc && ranks && k < parts.n; k++)
		for (size_t i = 0; k != ranks->wire->number && i < n; i++)
			values[i] += ((const uint64_t *)parts.part[k].data)[i];
	return rc;
}

int spk_ranks_min(struct spk_ranks *ranks, size_t n, double *values, struct spk_error *err)
{
	struct spk_parts parts;
	const int rc = spk_ranks_share(ranks, n * sizeof *values, values, &parts, err);

	for (unsigned k = 0; !rc && k < parts.n; k++)
		for (size_t i = 0; i < n; i++) {
			const double x = ((const double *)parts.part[k].data)[i];
			values[i] = x < values[i] ? x : values[i];
		}
	return rc;
}
