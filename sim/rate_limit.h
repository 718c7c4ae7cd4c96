/**
 * The rate limit of a network: what the same scenario does when its spikes become so many and so small that
 * only their rates count.
 *
 * Units are those of the scenario (the copies of a unit share one rate). A source has its mean rate. A neuron
 * has the reset-free states of its own model, driven through the model's own hooks: in the middle of each
 * step it receives, for each sign, one event of the summed weight x rate x dt; its rate is the model's
 * transfer function of u (rate()). Rates travel with the projection's delays, rounded to whole steps. The
 * error is of second order in the step, but for the rounding of delays. V_m plays no role.
 *
 * Sums over synapses are products of dense matrices, one for each projection, delay and sign. Rows are cut
 * into blocks that do not depend on the number of threads, so results do not either.
 */
#ifndef SPK_SIM_RATE_LIMIT_H
#define SPK_SIM_RATE_LIMIT_H

#include "sim/network.h"
#include "sim/pool.h"

/** A population as units. */
struct spk_rate_units {
	const struct spk_population *population;
	size_t index;
	uint64_t n;
	double *par;       /**< parameter blocks with derived values, par_stride apart */
	size_t par_stride; /**< 0: one for all */
	size_t rate_field; /**< sources: the parameter `rate`; SIZE_MAX: none */
	double *state;     /**< [n * n_states] neurons: now */
	double *initial;   /**< [n] neurons: I_ext until a current input changes it */
	double *rate;      /**< [n] Hz, now */
	double *past;      /**< [depth * n] Hz, mean rate in each of the last steps */
	double *drive[2];  /**< [n] neurons: excitatory and inhibitory input of this step, weight x Hz */
};

/** An input of the scenario onto one population. */
struct spk_rate_input {
	const struct spk_input *input;
	size_t to;
	double *rate;          /**< [n] Poisson: Hz while nothing is scheduled */
	unsigned char *chosen; /**< [n] */
	double own,
		now; /**< in this step: share of the time in which nothing is scheduled, mean of the rest */
};

/** Synapses of one projection, delay and sign: weight[to][from]. */
struct spk_rate_matrix {
	size_t projection, from, to;
	uint64_t lag; /**< delay in steps, >= 1 */
	int sign;     /**< 1: weights < 0 */
	double *weight;
};

struct spk_rate_limit {
	const struct spk_scenario *scenario;
	double dt;              /**< ms; the duration is a whole number of steps */
	uint64_t n_steps, step; /**< of the run; done so far */
	uint64_t depth;         /**< steps that are remembered */
	size_t n_inputs, n_matrices, n_blocks;
	struct spk_rate_units *units; /**< [n_populations] */
	struct spk_rate_input *inputs;
	struct spk_rate_matrix *matrices;
	struct spk_rate_block {
		size_t population;
		uint64_t first, n;
	} * blocks; /**< work that threads share */
	uint64_t n_weights;
};

/**
 * Build the rate limit of a network's scenario, at the start. The network lends its synapses and starting
 * states and is not changed; it must not have plastic synapses.
 * Errors: SPK_E_NOMEM, SPK_E_LIMIT (matrices too large), those of the models' parameter checks.
 */
int spk_rate_limit_create(
	const struct spk_network *network, struct spk_rate_limit **ret_limit, struct spk_error *err);
void spk_rate_limit_free(struct spk_rate_limit *limit);
/** One step. */
void spk_rate_limit_advance(struct spk_rate_limit *limit, struct spk_pool *pool);
/** Mean rates (Hz) of a population in the last step. */
const double *spk_rate_limit_last(const struct spk_rate_limit *limit, size_t population);

#endif
