/**
 * Ranks: the processes of one run, started together by `mpirun -n R` or the like, perhaps on several
 * machines.
 *
 * Life cycle: spk_ranks_join, anything that takes ranks, spk_ranks_leave; one thread calls. NULL stands for a
 * process by itself wherever ranks are asked for. All ranks make the same calls in the same order. A rank
 * that fails between two of them says so in spk_ranks_agree, and the others learn of it in the call they are
 * in.
 */
#ifndef SPIKEM_RANKS_H
#define SPIKEM_RANKS_H

#include <spikem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct spk_ranks; /* opaque */

/**
 * Join the other ranks; *ret_ranks is NULL when the process was started by itself. Once in a process.
 * Errors: SPK_E_NOMEM, SPK_E_IO, SPK_E_INVALID (one of several ranks, but built without MPI).
 */
int spk_ranks_join(struct spk_ranks **ret_ranks, struct spk_error *err);
/** Wait for the other ranks, which must be here too, and part. NULL allowed. */
void spk_ranks_leave(struct spk_ranks *ranks);

/** How many there are. */
unsigned spk_ranks_count(const struct spk_ranks *ranks);
/** Which one this is, from 0. Rank 0 writes files and speaks for all. */
unsigned spk_ranks_number(const struct spk_ranks *ranks);

/**
 * End a part of the work: `status` and *err say how it ended here; what comes back is the same on all ranks:
 * SPK_OK if it ended well everywhere, else the failure of the first rank that has one (an interruption only
 * if nothing worse happened), its text in *err, with the rank's number unless all have it in common. Called
 * after every failure, else at the end of each part.
 */
int spk_ranks_agree(struct spk_ranks *ranks, int status, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
