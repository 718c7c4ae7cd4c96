/**
 * A scenario: the description of a network and of an experiment on it, as plain data.
 *
 * spk_scenario_load reads YAML, checks every key, unit and reference and fills in defaults; what it returns
 * needs no further checking of single values. All quantities are in the base units of field.h (ms, mV, pA,
 * pF, Hz). The description owns all its memory and is not changed by running it.
 */
#ifndef SPIKEM_SCENARIO_H
#define SPIKEM_SCENARIO_H

#include <spikem/claim.h>
#include <spikem/model.h>
#include <spikem/stack.h>
#include <spikem/status.h>
#include <spikem/sweep.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Place in the scenario file, 1-based; line 0: not from a file. */
struct spk_where {
	int line, column;
};

/** How the values of a quantity are distributed over neurons or synapses. */
enum spk_law {
	SPK_CONSTANT,    /**< a */
	SPK_UNIFORM,     /**< on [a, b] */
	SPK_NORMAL,      /**< mean a, sd b */
	SPK_LOGNORMAL,   /**< mean a and sd b of the quantity itself, not of its logarithm */
	SPK_EXPONENTIAL, /**< mean a */
	SPK_LIST         /**< list[k] for neuron k (explicit connections: synapse k) */
};

/** A quantity. Draws outside [lo, hi] are drawn again. */
struct spk_value {
	enum spk_law law;
	double a, b;
	double lo, hi; /**< -INFINITY / INFINITY when unbounded */
	size_t n_list;
	double *list; /**< owned by the scenario; NULL unless SPK_LIST */
};

/** A piecewise-constant signal: values[k] from times[k] (ms, ascending) on; before times[0] the base value.
 */
struct spk_schedule {
	size_t n;
	double *times;
	double *values;
};

/** Inclusive index range; a selection is a sorted list of disjoint ranges. */
struct spk_range {
	uint64_t first, last;
};
struct spk_selection {
	size_t n;
	struct spk_range *ranges;
};

/** A Gaussian mixture: component k has the mean of row k, the covariance sd^2 times identity, weights[k]. */
struct spk_mixture {
	uint64_t n_components, n_dims; /**< 0: no mixture */
	double *means;                 /**< [n_components * n_dims] row-major */
	double *weights;               /**< [n_components], their sum is 1 */
	double sd;
};

/**
 * Labelled images: n_items rows of n_pixels intensities in [0, 1] and a label each. Points drawn from a
 * mixture are images of one row, whose values are not bounded; their label is their component.
 */
struct spk_dataset {
	char *name;
	char *file; /**< path as resolved: CSV file, first IDX file, folder of a known set; NULL: mixture */
	uint64_t n_items, n_pixels, width, height, n_labels;
	float *pixels;              /**< [n_items * n_pixels] row-major */
	uint32_t *labels;           /**< [n_items] in [0, n_labels) */
	struct spk_mixture mixture; /**< the density that the items were drawn from, if it is known */
	size_t n_splits;
	struct spk_split {
		char *name;
		struct spk_selection items;
	} * splits;
	struct spk_where where;
};

struct spk_population {
	char *name;
	uint64_t size;   /**< neurons or sources, 0 is allowed; a multiple of copies */
	uint64_t copies; /**< neurons that stand for each unit, >= 1: neurons k copies ... (k + 1) copies - 1
			    have the parameters of unit k, which lists, connection rules and inputs speak of.
			    Each gets the synapses of its unit from all copies of the source unit, at weight
			    w / copies of the source. */
	const struct spk_neuron_model *neuron; /**< exactly one of neuron and source is not NULL */
	const struct spk_source_model *source;
	struct spk_value *params;  /**< [n_params of the model] */
	struct spk_value *initial; /**< [n_states] for neurons, a NAN constant: the model's resting value */
	/**
	 * Neurons: keep the reset-free potential u and its low-pass copy u_bar also where no rule or readout
	 * reads them; without it a population may run in a fast group that has no u, which is then not
	 * recorded. The general group that keeps them may differ in last bits and draws inputs of its own.
	 */
	int keep_u;
	struct spk_schedule
		rate;      /**< sources: scheduled values of the parameter `rate` (Hz) for all neurons */
	uint64_t n_spikes; /**< sources that take spikes: the list, sorted by time, then neuron */
	double *spike_times;
	uint64_t *spike_ids;
	struct spk_where where;
};

enum spk_input_kind { SPK_INPUT_POISSON, SPK_INPUT_CURRENT };

/** An input straight into neurons, without source neurons: independent Poisson spikes, or a current. */
struct spk_input {
	char *name;
	enum spk_input_kind kind;
	size_t n_targets;
	size_t *targets;              /**< indices of populations */
	struct spk_selection neurons; /**< of each target; n == 0: all */
	struct spk_value rate;        /**< Poisson: Hz, per neuron */
	double weight;                /**< Poisson: in the target's weight unit */
	struct spk_schedule schedule; /**< Poisson: rates (Hz); current: pA (0 before times[0]) */
	struct spk_where where;
};

enum spk_connect_kind {
	SPK_CONNECT_ALL,         /**< all_to_all */
	SPK_CONNECT_ONE,         /**< one_to_one */
	SPK_CONNECT_IN_DEGREE,   /**< fixed_in_degree: n */
	SPK_CONNECT_OUT_DEGREE,  /**< fixed_out_degree: n */
	SPK_CONNECT_PROBABILITY, /**< fixed_probability: p */
	SPK_CONNECT_TOTAL,       /**< fixed_total: n */
	SPK_CONNECT_LIST         /**< list */
};

/** A plasticity rule with its parameters: constants only. */
struct spk_rule {
	char *name; /**< label of the rule in the output; the model's name unless given */
	const struct spk_plasticity_model *model;
	double *params;      /**< [n_params + n_derived], derived */
	double w_min, w_max; /**< bounds of the weight, -INFINITY / INFINITY when none */
	struct spk_where where;
};

struct spk_projection {
	char *name;      /**< "from_to" unless given; unique */
	size_t from, to; /**< indices of populations; `to` is never a source */
	enum spk_connect_kind connect;
	uint64_t n; /**< degree or total number */
	double p;   /**< probability */
	int autapses, multapses;
	uint64_t n_list; /**< explicit list: pre[k], post[k] */
	uint64_t *pre, *post;
	struct spk_value weight;
	/**
	 * n > 0: pairs and weights are those that projection n - 1 starts with, the weights times
	 * weight_scale; `weight` is its law. weights_f64: it keeps them in double precision.
	 */
	size_t weights_of;
	double weight_scale;
	int weights_f64;
	struct spk_value axonal, dendritic; /**< delays, ms; their sum is > 0 */
	struct spk_rule *plasticity;        /**< NULL: static */
	size_t n_probes; /**< rules that accumulate the change they would make, without making it */
	struct spk_rule *probes;
	struct spk_where where;
};

/** Who reads a recording that is not written: layer `layer` of objective number objective - 1; 0: nobody. */
struct spk_reader {
	size_t objective, layer;
};

/** Quantities sampled on a grid: first, first + every, ... up to and including `until`. */
struct spk_record_state {
	size_t population;
	struct spk_selection neurons; /**< n == 0: all */
	size_t n_variables;
	size_t *variables; /**< indices into the model's states */
	double every, from, until;
	struct spk_reader reader;
};

struct spk_record_weights {
	size_t projection;
	double every;                  /**< snapshot period, ms; INFINITY: start and end only */
	struct spk_selection synapses; /**< traces of these synapses (numbered by source, then target) every
					    `trace_every` ms; n == 0: none */
	double trace_every;
};

/** Rates from spikes: per population, over a sliding count window or an exponential filter. */
enum spk_rate_filter { SPK_RATE_COUNT, SPK_RATE_EXPONENTIAL };
struct spk_record_rates {
	size_t population;
	enum spk_rate_filter filter;
	double width; /**< window or time constant, ms */
	double every;
	int per_neuron; /**< one rate for each unit (mean of its copies), in place of that of the population
			 */
	struct spk_reader reader;
};

enum spk_readout_kind { SPK_READ_U, SPK_READ_U_BAR, SPK_READ_RATE };

/**
 * J of a deep chain of populations as a time series, and its gradients with respect to the weights of the
 * chain (sim/layered.h says what they are).
 */
struct spk_record_objective {
	char *name;
	size_t n_layers;
	size_t *layers;   /**< [n_layers] populations from the observation up; sources: the first at most */
	size_t lowest;    /**< lowest layer of neurons: 1 if the first are sources, else 0 */
	size_t *decoders; /**< [n_layers - 1] projections onto layer l from layer l + 1, from `lowest` on */
	size_t *encoders; /**< [n_layers - 1] projections onto layer l + 1 from layer l; NULL: none */
	double alpha;     /**< weight of the encoders' terms */
	double *sigma;    /**< [n_layers] from `lowest` on: mV for u and u_bar, Hz for rates */
	enum spk_readout_kind readout;
	double width; /**< rates: spikes of the last such time, ms */
	double every;
	int gradient; /**< sum the gradients of all samples */
};

/**
 * The rate limit: units with the neurons' own transfer functions in place of spikes (sim/rate_limit.h says
 * how).
 */
struct spk_rate_limit_plan {
	int run;     /**< the run is that of the rate limit, in place of the spiking network */
	double step; /**< longest step, ms */
	/** At the end of a spiking run: mean rates from `from` on beside those of the rate limit. */
	size_t n_compared;
	size_t *compared; /**< populations of neurons */
	double from;
};

/** Some projections or populations: all, or those listed. */
struct spk_subset {
	int all;
	size_t n;
	size_t *list; /**< [n] indices */
};

/** What a source population shows. Label, errors and rewards only in stages that learn. */
enum spk_show_kind {
	SPK_SHOW_IMAGE,          /**< the pixels; hidden ones have drive 0 */
	SPK_SHOW_WHOLE_IMAGE,    /**< all pixels, also the hidden ones */
	SPK_SHOW_VISIBLE_PIXELS, /**< 1 where the mask shows the image, 0 where it hides it */
	SPK_SHOW_HIDDEN_PIXELS,  /**< 1 where the mask hides the image, 0 where it shows it */
	SPK_SHOW_NOISY_IMAGE,    /**< as SPK_SHOW_IMAGE, plus the protocol's noise, cut to 0 and 1 */
	SPK_SHOW_LABEL,          /**< 1 for the source of the label, 0 for the others */
	/**
	 * Positive (on) or negative (off) part of scale dJ/dreadout at the readout of this presentation, at
	 * most 1: of label - softmax, or of (target - readout) / scale.
	 */
	SPK_SHOW_ERROR_ON,
	SPK_SHOW_ERROR_OFF,
	/** Positive or negative part of reward - prediction, at the source of the chosen action. */
	SPK_SHOW_REWARD_ON,
	SPK_SHOW_REWARD_OFF
};

struct spk_show {
	size_t population;
	enum spk_show_kind kind;
};

/** A phase of one presentation. */
struct spk_phase {
	char *name;
	struct spk_value duration; /**< ms; of a law: drawn anew for each presentation, see sim/phase.h */
	double shortest;           /**< ms: no draw of it is shorter */
	size_t n_shown;
	struct spk_show *shown; /**< source populations that show something; the others have drive 0 */
	const enum spk_mask_kind *mask; /**< NULL: that of the stage */
	double nudge;     /**< > 0: I_ext of the objective's population = nudge * dJ/dreadout (pA per unit) */
	int nudge_paired; /**< the sign of the nudge alternates between presentations */
	struct spk_clamp { /**< the label as a current: pA into the neuron of the label, and into the others
			    */
		int on;
		size_t population;
		double on_pa, off_pa;
	} clamp;
	struct spk_subset gate;   /**< projections whose plasticity is open (in stages that learn) */
	struct spk_subset silent; /**< projections that do not transmit what is emitted in this phase */
	struct spk_subset reset;  /**< populations reset as the phase begins; spikes on their way stay */
	int readout;              /**< the readout is taken at the end of this phase */
	struct spk_where where;
};

struct spk_stage {
	char *name;
	struct spk_selection items;
	uint64_t epochs;
	int shuffled;
	const enum spk_mask_kind *mask; /**< NULL: nothing is hidden */
	int learn;                      /**< 0: gate closed; no nudge, no clamp, no label, error or reward */
	struct spk_where where;
};

/** How the action is chosen at the readout, in stages that learn; else it is the largest readout. */
struct spk_bandit {
	int on;             /**< some phase shows a reward */
	int from_softmax;   /**< drawn from the softmax of the readouts; 0: the largest readout */
	double explore;     /**< probability that it is drawn evenly from all units instead */
	int predicts_value; /**< the prediction is readout / scale; 0: the softmax probability */
};

enum spk_objective_kind { SPK_OBJECTIVE_SOFTMAX, SPK_OBJECTIVE_SQUARED };

/** One-layer objective J of a population given the label, and its gradient with respect to one projection. */
struct spk_objective {
	int on;
	enum spk_objective_kind kind;
	size_t population, projection;
	enum spk_readout_kind readout;
	double scale; /**< unit of the readout: mV for u, Hz for rates: softmax temperature or target spread
		       */
	double target_on, target_off; /**< squared error: targets of the labelled neuron and of the others */
	double window; /**< readout from spikes: counted over the last `window` ms of the phase */
};

/** A readout that is written for each presentation: of the units of a population at the end of a phase. */
struct spk_protocol_readout {
	char *name;
	size_t population; /**< sources: rates only */
	enum spk_readout_kind readout;
	size_t phase;
	double window; /**< rates: spikes of the last such time of the phase, ms; INFINITY: all of it */
	unsigned char *stages; /**< [n_stages] of the protocol */
	struct spk_where where;
};

/** Where the direction dJ/du of a projection's targets comes from, see sim/comparison.h. */
enum spk_direction_kind {
	SPK_DIRECTION_ERROR, /**< target - prediction */
	SPK_DIRECTION_TOP,   /**< of the protocol's objective */
	SPK_DIRECTION_BACK   /**< of the projection above, sent back through its weights */
};

/** A projection whose weight changes are compared with direction times presynaptic readout. */
struct spk_comparison_plan {
	char *name;
	size_t projection;
	enum spk_direction_kind kind;
	size_t pre;                /**< readouts, by number: of the sources */
	size_t target, prediction; /**< SPK_DIRECTION_ERROR */
	size_t u;     /**< else: potential of the targets, whose slope counts; SIZE_MAX: it does not */
	size_t above; /**< SPK_DIRECTION_BACK: number of an earlier comparison */
	struct spk_where where;
};

struct spk_protocol {
	int on;
	/**
	 * Replicas of the network that present the items of a batch side by side, item i of it on lane i
	 * modulo their number. After each batch each plastic weight changes by the sum of its changes.
	 */
	uint64_t lanes;
	uint64_t batch; /**< items */
	size_t dataset;
	size_t n_phases;
	struct spk_phase *phases;
	size_t n_stages;
	struct spk_stage *stages;
	/** Neurons that return to their initial state before each presentation; all: spikes are lost too. */
	struct spk_subset reset;
	struct spk_bandit bandit;
	double noise; /**< standard deviation of the Gaussian noise of SPK_SHOW_NOISY_IMAGE, of each pixel */
	size_t n_readouts;
	struct spk_protocol_readout *readouts;
	size_t n_comparisons;
	struct spk_comparison_plan *comparisons;
	int linear_baseline; /**< fit a linear classifier to the same pixels and report it */
	struct spk_objective objective;
};

struct spk_scenario {
	char *path; /**< as given to load; "-" for standard input */
	char *text; /**< the file as read */
	char *used; /**< YAML of the scenario as used: overrides applied, defaults filled in */
	char *title;
	uint64_t seed;
	double duration; /**< ms; with a protocol, the sum of its presentations */
	double start;    /**< time at the start, ms, default 0 */

	size_t n_datasets, n_populations, n_inputs, n_projections;
	struct spk_dataset *datasets;
	struct spk_population *populations;
	struct spk_input *inputs;
	struct spk_projection *projections;

	unsigned char *record_spikes; /**< [n_populations] */
	size_t n_states, n_weights, n_rates, n_objectives;
	struct spk_record_state *states; /**< those with a reader stand last; likewise the rates */
	struct spk_record_weights *weights;
	struct spk_record_rates *rates;
	struct spk_record_objective *objectives;

	struct spk_rate_limit_plan rate_limit;
	struct spk_protocol protocol;
	struct spk_stack stack; /**< a scenario has either this or populations */
	char *about; /**< the scenario that the claim is about, in another file, and this one has no network;
			or NULL */
	struct spk_claim claim;
	struct spk_sweep sweep;
};

/** `--set path=value`: path with dots and [k] ("projections[0].delay=1 ms"). */
struct spk_override {
	const char *text;
};

/**
 * Read and check a scenario. All mistakes (at most 20) are written to *ret_diagnostics, one block each:
 * file:line:column, what, the line with a caret, what was expected, the nearest key.
 *
 * @param path             file, or "-" for standard input
 * @param ret_scenario     the scenario; free with spk_scenario_free
 * @param ret_diagnostics  text to show (may hold warnings on success); malloc'ed, NULL when empty
 * Errors: SPK_E_SCENARIO, SPK_E_IO, SPK_E_FORMAT (a data file), SPK_E_NOMEM, SPK_E_LIMIT.
 */
int spk_scenario_load(const char *path, size_t n_overrides, const struct spk_override *overrides,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err);
/**
 * The same, but only path, text, title, seed, claim and sweep are filled in: keys are checked, but no data
 * are read and what needs more than the table of keys is not looked at. claim.on is 0 in a scenario without a
 * claim, likewise sweep.on.
 */
int spk_scenario_load_plan(const char *path, size_t n_overrides, const struct spk_override *overrides,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err);
void spk_scenario_free(struct spk_scenario *scenario);

/** Write the JSON schema (draft-07) of the scenario file, from the table that the checks use. */
int spk_scenario_write_schema(FILE *out, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
