/**
 * What passes between ranks during a run: whole messages in the order of ranks, failures with them.
 *
 * Each call returns the same status on all ranks: nobody waits in vain for a rank that failed, because that
 * rank calls spk_ranks_agree. After it all have stopped at the same place and may go on with what ends a run.
 * With ranks == NULL a process has its own message alone.
 */
#ifndef SPK_SIM_RANKS_H
#define SPK_SIM_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include <spikem/ranks.h>

struct spk_part {
	size_t n;         /**< bytes */
	const void *data; /**< aligned for any type */
};

/** One message of each rank, lent until the next call. Not to be copied. */
struct spk_parts {
	unsigned n; /**< as many as ranks; 0: the messages went elsewhere */
	const struct spk_part *part;
	struct spk_part own;
};

/** What went over the wire so far. */
struct spk_traffic {
	uint64_t exchanges;
	uint64_t bytes; /**< of the messages of all ranks, each counted once */
};

/**
 * The message of each rank to all. Errors: SPK_E_NOMEM, SPK_E_LIMIT (2 GiB or more in one call), those of the
 * other ranks.
 */
int spk_ranks_share(struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts,
	struct spk_error *err);
/** The same in two steps; the message stays as it is in between, and nothing else is called. */
void spk_ranks_share_begin(
	struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts);
int spk_ranks_share_end(struct spk_ranks *ranks, struct spk_parts *ret_parts, struct spk_error *err);
/** The message of each rank to rank 0; no parts come back elsewhere. */
int spk_ranks_gather(struct spk_ranks *ranks, size_t n, const void *message, struct spk_parts *ret_parts,
	struct spk_error *err);

/** Each rank knows items [lo, hi) of `items`, ranks one after the other: afterwards all know all. */
int spk_ranks_complete(struct spk_ranks *ranks, size_t lo, size_t hi, size_t size_of_item, void *items,
	struct spk_error *err);
/** Sums over the ranks, in place. */
int spk_ranks_sum(struct spk_ranks *ranks, size_t n, uint64_t *values, struct spk_error *err);
/** The smallest over the ranks, in place. */
int spk_ranks_min(struct spk_ranks *ranks, size_t n, double *values, struct spk_error *err);

/** Bits that all ranks are told with the next exchange, whatever it is about: no message of their own. */
void spk_ranks_note(struct spk_ranks *ranks, unsigned note);
/** What ranks noted, this one among them, in the exchanges since this was asked last: the same on all. */
unsigned spk_ranks_take_notes(struct spk_ranks *ranks);

struct spk_traffic spk_ranks_traffic(const struct spk_ranks *ranks);

#endif
