/**
 * Agreement between what plasticity rules changed and what the gradient of J asks for.
 *
 * Changes and gradients are summed in SPK_AGREEMENT_BLOCKS blocks: presentation k belongs to block k modulo
 * their number, so that all blocks see the whole course of learning and differ by chance alone. The cosine is
 * that of the total sums. Its 95 % interval, the delete-one-block jackknife of Fisher's z, is that of the
 * cosine expected after as many presentations; noise in the updates lowers this cosine itself. It covers 95 %
 * or more.
 */
#ifndef SPK_SIM_AGREEMENT_H
#define SPK_SIM_AGREEMENT_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

enum { SPK_AGREEMENT_BLOCKS = 25 };

struct spk_agreement {
	size_t n; /**< synapses */
	size_t n_rules;
	uint64_t presentations; /**< so far */
	double *change;         /**< [n_rules * BLOCKS * n] sums of weight changes */
	double *gradient;       /**< [BLOCKS * n] sums of dJ/dW */
};

struct spk_cosine {
	double value, low, high; /**< and its 95 % interval; NAN when a sum is zero */
};

int spk_agreement_init(struct spk_agreement *a, size_t n, size_t n_rules, struct spk_error *err);
void spk_agreement_clear(struct spk_agreement *a);

/** The block of the presentation at work: rows to add to. */
double *spk_agreement_change(struct spk_agreement *a, size_t rule);
double *spk_agreement_gradient(struct spk_agreement *a);
/** The presentation is over. */
void spk_agreement_next(struct spk_agreement *a);

/** Sums over all blocks into ret_change[n] and ret_gradient[n]. */
void spk_agreement_total(
	const struct spk_agreement *a, size_t rule, double *ret_change, double *ret_gradient);
/** Blocks that hold presentations. */
size_t spk_agreement_blocks(const struct spk_agreement *a);
/** Cosine of one block. */
double spk_agreement_block_cosine(const struct spk_agreement *a, size_t rule, size_t block);
/** Cosine of the totals with its interval. Errors: SPK_E_NOMEM. */
int spk_agreement_cosine(
	const struct spk_agreement *a, size_t rule, struct spk_cosine *ret_cosine, struct spk_error *err);
/** Another value in the same interval, which keeps its width in Fisher's z. */
void spk_cosine_move(struct spk_cosine *cosine, double value);

#endif
