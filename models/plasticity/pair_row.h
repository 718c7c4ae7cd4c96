/** Pair-based STDP on one row of synapses: what pair.c and its vector form share. */
#ifndef SPK_MODELS_PLASTICITY_PAIR_ROW_H
#define SPK_MODELS_PLASTICITY_PAIR_ROW_H

#include <spikem/model.h>

enum {
	SPK_PAIR_AHEAD = 16, /**< views are fetched so many synapses ahead */
	SPK_PAIR_WIDE = 8    /**< synapses at a time */
};

/** What is common to the synapses of a row: factors that meet those of the postsynaptic spikes. */
struct spk_pair_row {
	double up;   /**< gain_plus x(s) = up * view.up for a spike that reaches the synapse at s */
	double down; /**< gain_minus y(t) = down * view.down for a spike that has reached it before t */
	double since, t, dendritic;
};

/** This processor has the instructions of spk_pair_additive_wide(). */
int spk_pair_can_wide(void);
/**
 * Additive dependence: settle the synapses k .. k + SPK_PAIR_WIDE - 1 and let the spike arrive, with the bits
 * of one at a time.
 * @return bits of the synapses that were left as they are because their views do not tell
 */
unsigned spk_pair_additive_wide(const struct spk_rule_call *call, const struct spk_pair_row *r, size_t k);

#endif
