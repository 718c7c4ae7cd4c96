/** `spikem validate`, inside: runs that several claims may need, each made once. */
#ifndef TOOLS_BEFORE_H
#define TOOLS_BEFORE_H

#include "tools/jobs.h"
#include <spikem/claim.h>

/** A run that others need, with the seeds that are asked for. */
struct spk_before {
	char *folder; /**< of its result files; its name tells such runs apart */
	char *scenario;
	size_t n_sets, n_needs, n_seeds;
	char **sets;
	size_t *needed;         /**< [n_needs] indices of earlier runs */
	struct spk_need *needs; /**< [n_needs] the same for the batch */
	uint64_t *seeds;
	struct spk_variant run; /**< the only one of the batch */
};

struct spk_befores {
	char *root; /**< folder of their folders, an absolute path */
	size_t n;
	struct spk_before *items;
};

/** Create the folder of such runs in `output`. Free in any case. @return exit code, the reason is printed */
int spk_befores_init(struct spk_befores *all, const char *output);
void spk_befores_free(struct spk_befores *all);
/**
 * Add what a claim needs, or find it among those there.
 *
 * @param path  file of the claim
 * @param about  file of the scenario that it is about; NULL: its own, whose runs are not among these
 * @param ret_before  [claim->n_before] their indices
 * @param ret_runs  [claim->n_runs] those of the claim's own runs, if `about`
 * @return exit code, the reason is printed
 */
int spk_befores_add(struct spk_befores *all, const char *path, const char *about,
	const struct spk_claim *claim, size_t *ret_before, size_t *ret_runs);
/** One batch each. @param ret_batches  [all->n], which `needs` then point into */
void spk_befores_batches(struct spk_befores *all, struct spk_batch *ret_batches);

#endif
