/**
 * When many processes are due next, in a tree of minima: a window in which few of them are due costs those
 * few, not a look at each.
 */
#ifndef SPK_SIM_DUE_H
#define SPK_SIM_DUE_H

#include <spikem/status.h>
#include <stddef.h>

enum { SPK_DUE_LEVELS = 9 }; /* of 16 children each: more than 2^32 processes */

struct spk_due {
	size_t n_levels;
	size_t n[SPK_DUE_LEVELS];
	double *t[SPK_DUE_LEVELS]; /**< t[0]: the processes' times (ms); above, the minima of 16 each */
};

/** All are due at INFINITY. `due` is zero, or was cleared. */
int spk_due_init(struct spk_due *due, size_t n, struct spk_error *err);
void spk_due_clear(struct spk_due *due);
void spk_due_set(struct spk_due *due, size_t k, double t);
/** The times t[0] have been filled in: find their minima. */
void spk_due_restore(struct spk_due *due);
/** Move all times `shift` ms back. */
void spk_due_rebase(struct spk_due *due, double shift);
/**
 * Call `step` for each process that is due before b, in order of k, until its new time (*ret_next) is not.
 * Stops at the first step that fails and returns its status.
 */
int spk_due_run(struct spk_due *due, double b,
	int (*step)(void *context, size_t k, double t, double *ret_next), void *context);

#endif
