/* The table of keys. */
#include "sim/schema.h"

#include <math.h>

#define ANY .lo = -INFINITY, .hi = INFINITY
#define AT_LEAST_0 .lo = 0, .hi = INFINITY
#define ABOVE_0 .lo = 0, .lo_open = 1, .hi = INFINITY
#define UP_TO(n) .lo = 0, .hi = (n)
#define MAX_U32 4294967295.0
#define MAX_U64 18446744073709551615.0
#define END                                                                                                  \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

static const char *const input_words[] = {"poisson", "step_current", NULL};
static const char *const filter_words[] = {"count", "exponential", NULL};
static const char *const chain_readout_words[] = {"rate", "u", "u_bar", NULL};

static const struct spk_key rates_keys[] = {
	{"times", SPK_WANT_QUANTITIES, SPK_DIM_TIME, .required = 1, ANY, .doc = "times of change, ascending"},
	{"rates", SPK_WANT_QUANTITIES, SPK_DIM_RATE, .required = 1, AT_LEAST_0,
		.doc = "rate from each of the times on; before the first the constant rate holds"},
	END};
static const struct spk_shape rates_shape = {
	.doc = "A rate that is constant piece by piece.", .keys = rates_keys};

static const char *const spikes_one_of[] = {"times", "file", NULL};
static const struct spk_key spikes_keys[] = {
	{"times", SPK_WANT_QUANTITIES, SPK_DIM_TIME, ANY, .doc = "times of the spikes, in any order"},
	{"ids", SPK_WANT_COUNTS, .hi = MAX_U32,
		.doc = "index of the source of each spike; all 0 unless given"},
	{"file", SPK_WANT_TEXT,
		.doc = "CSV with the columns id and time in ms, or HDF5 in SONATA layout (.h5)"},
	{"population", SPK_WANT_TEXT, .doc = "population in the SONATA file"}, END};
static const struct spk_shape spikes_shape = {
	.doc = "Given spikes.", .keys = spikes_keys, .one_of = spikes_one_of};

static const struct spk_key array_keys[] = {
	{"file", SPK_WANT_TEXT, .required = 1, .doc = "HDF5 file; relative to the folder of the scenario"},
	{"path", SPK_WANT_TEXT, .required = 1, .doc = "array with one number for each neuron, in base units"},
	{"scale", SPK_WANT_QUANTITY, ANY, .doc = "factor of the numbers; 1 unless given"},
	{"offset", SPK_WANT_TEXT, .doc = "quantity that is added to them: 250 pA; nothing unless given"},
	END};
const struct spk_shape spk_schema_array = {.doc = "Values from an array of a file.", .keys = array_keys};

static const struct spk_key snapshot_keys[] = {
	{"file", SPK_WANT_TEXT, .required = 1, .doc = "result file; relative to the folder of the scenario"},
	{"path", SPK_WANT_TEXT,
		.doc = "group of recorded weights; /weights/NAME of this projection unless given"},
	{"snapshot", SPK_WANT_TEXT, .fill = "last", .doc = "`last`, `first`, or its number from 0"},
	{"scale", SPK_WANT_QUANTITY, ANY, .doc = "factor of the weights; 1 unless given"}, END};
static const struct spk_shape snapshot_shape = {
	.doc = "Weights of another run, whose synapses must be the same.", .keys = snapshot_keys};

static const struct spk_key weights_of_keys[] = {{"of", SPK_WANT_NAME, .required = 1,
							 .doc = "another projection with the same sizes and "
								"connection rule; random rules then draw its "
								"pairs"},
	{"scale", SPK_WANT_QUANTITY, .fill = "1", ANY, .doc = "factor of the weights"}, END};
const struct spk_shape spk_schema_weights_of = {
	.doc = "The weights that another projection starts with.", .keys = weights_of_keys};

static const struct spk_key population_keys[] = {{"size", SPK_WANT_COUNT, .required = 1, UP_TO(MAX_U32),
							 .doc = "number of neurons or sources; 0 is allowed"},
	{"model", SPK_WANT_WORD, .required = 1, .unless = "like", .registry = SPK_REGISTRY_POPULATION,
		.doc = "neuron or source model (`spikem list`)"},
	{"copies", SPK_WANT_COUNT, .fill = "1", .lo = 1, .hi = 1e6,
		.doc = "neurons that stand for each of `size` units: same parameters, all synapses of the "
		       "unit, "
		       "weights and input weights divided by the copies they come from"},
	{"like", SPK_WANT_NAME,
		.doc = "population whose model, params, initial and keep_u hold here unless given"},
	{"params", SPK_WANT_PARAMS, .fill = "{}", .registry = SPK_REGISTRY_POPULATION,
		.doc = "parameters of the model (`spikem describe MODEL`)"},
	{"initial", SPK_WANT_PARAMS, .fill = "{}", .doc = "states at the start; else those of rest"},
	{"keep_u", SPK_WANT_BOOL, .fill = "false",
		.doc = "keep the reset-free potential u and its low-pass copy u_bar also where no rule or "
		       "readout reads them; without it a population may run in a fast group that has no u"},
	{"schedule", SPK_WANT_MAP, .shape = &rates_shape, .doc = "sources with a rate: its course in time"},
	{"spikes", SPK_WANT_MAP, .shape = &spikes_shape, .doc = "spike_list: the spikes"}, END};
static const struct spk_shape population_shape = {
	.doc = "Neurons of one model, or spike sources.", .keys = population_keys};

static const struct spk_key input_keys[] = {
	{"model", SPK_WANT_WORD, .required = 1, .words = input_words, .doc = "kind of input"},
	{"to", SPK_WANT_NAMES, .required = 1, .doc = "target populations"},
	{"neurons", SPK_WANT_SELECTION, .fill = "all", .doc = "neurons of each target"},
	{"rate", SPK_WANT_VALUE, SPK_DIM_RATE, UP_TO(1e9), .only = "poisson",
		.doc = "rate of the spikes that each neuron receives, independent of those of the others"},
	{"weight", SPK_WANT_WEIGHT, .required = 1, .only = "poisson", .doc = "weight of each spike"},
	{"schedule", SPK_WANT_MAP, .shape = &rates_shape, .only = "poisson", .doc = "course of the rate"},
	{"times", SPK_WANT_QUANTITIES, SPK_DIM_TIME, .required = 1, ANY, .only = "step_current",
		.doc = "times of change, ascending"},
	{"currents", SPK_WANT_QUANTITIES, SPK_DIM_CURRENT, .required = 1, ANY, .only = "step_current",
		.doc = "current from each of the times on; 0 before the first"},
	END};
static const struct spk_shape input_shape = {
	.doc = "An input straight into neurons, without source neurons.", .keys = input_keys};

static const char *const edges_one_of[] = {"file", NULL};
static const struct spk_key edges_keys[] = {{"file", SPK_WANT_TEXT,
						    .doc = "CSV with the columns pre, post and, if wanted, "
							   "weight and delay in base units, or HDF5 (.h5)"},
	{"group", SPK_WANT_TEXT, .doc = "HDF5 group that holds source, target, weight and delay"}, END};
static const struct spk_shape edges_shape = {
	.doc = "A file of connections.", .keys = edges_keys, .one_of = edges_one_of};

static const char *const connect_one_of[] = {"all_to_all", "one_to_one", "fixed_in_degree",
	"fixed_out_degree", "fixed_probability", "fixed_total", "list", NULL};
static const struct spk_key connect_keys[] = {
	{"all_to_all", SPK_WANT_BOOL, .doc = "true: each source to each target"},
	{"one_to_one", SPK_WANT_BOOL, .doc = "true: source k to target k"},
	{"fixed_in_degree", SPK_WANT_COUNT, UP_TO(MAX_U32), .doc = "number of random sources of each target"},
	{"fixed_out_degree", SPK_WANT_COUNT, UP_TO(MAX_U32),
		.doc = "number of random targets of each source"},
	{"fixed_probability", SPK_WANT_QUANTITY, UP_TO(1), .doc = "probability of each pair"},
	{"fixed_total", SPK_WANT_COUNT, UP_TO(1e15), .doc = "number of random pairs"},
	{"list", SPK_WANT_EDGES, .shape = &edges_shape,
		.doc = "pairs [pre, post], with weight and delay if wanted: [[0, 3], [1, 2]], or a file"},
	{"autapses", SPK_WANT_BOOL, .fill = "true", .doc = "a neuron may connect to itself"},
	{"multapses", SPK_WANT_BOOL, .fill = "true", .doc = "random rules may draw a pair more than once"},
	END};
static const struct spk_shape connect_shape = {
	.doc = "Which pairs are connected.", .keys = connect_keys, .one_of = connect_one_of};

static const struct spk_key delay_keys[] = {{"axonal", SPK_WANT_VALUE, SPK_DIM_TIME, .fill = "0 ms",
						    UP_TO(1e6), .doc = "from the source to the synapse"},
	{"dendritic", SPK_WANT_VALUE, SPK_DIM_TIME, .fill = "0 ms", UP_TO(1e6),
		.doc = "from the synapse to the soma"},
	END};
const struct spk_shape spk_schema_delay = {
	.doc = "Delay in two parts, which plasticity can tell apart.", .keys = delay_keys};

static const struct spk_key plasticity_keys[] = {
	{"rule", SPK_WANT_WORD, .required = 1, .registry = SPK_REGISTRY_PLASTICITY,
		.doc = "plasticity rule (`spikem list`)"},
	{"name", SPK_WANT_NAME, .doc = "label in the output; the rule's name unless given"},
	{"params", SPK_WANT_CONSTANTS, .fill = "{}", .registry = SPK_REGISTRY_PLASTICITY,
		.doc = "parameters of the rule (`spikem describe RULE`)"},
	{"bounds", SPK_WANT_WEIGHT_PAIR, .doc = "smallest and largest weight; none unless given"}, END};
static const struct spk_shape plasticity_shape = {.doc = "How weights change.", .keys = plasticity_keys};

static const struct spk_key projection_keys[] = {{"name", SPK_WANT_NAME, .doc = "FROM_TO unless given"},
	{"from", SPK_WANT_NAMES, .required = 1,
		.doc = "source populations; several make one projection each"},
	{"to", SPK_WANT_NAMES, .required = 1, .doc = "target populations; several make one projection each"},
	{"connect", SPK_WANT_CONNECT, .required = 1, .shape = &connect_shape, .doc = "connection rule"},
	{"weight", SPK_WANT_WEIGHT, .shape = &snapshot_shape,
		.doc = "in mV or pA as the target's model has it, or from a result file or "
		       "another projection; required unless a list gives it"},
	{"delay", SPK_WANT_DELAY, .shape = &spk_schema_delay, .doc = "required unless a list gives it"},
	{"plasticity", SPK_WANT_MAP, .shape = &plasticity_shape, .doc = "rule that changes the weights"},
	{"probes", SPK_WANT_ONE_OR_MAPS, .shape = &plasticity_shape,
		.doc = "rules that sum up the change they would make, without making it"},
	END};
static const struct spk_shape projection_shape = {
	.doc = "Synapses from one population to another.", .keys = projection_keys};

static const struct spk_key state_keys[] = {
	{"of", SPK_WANT_NAME, .required = 1, .doc = "population of neurons"},
	{"neurons", SPK_WANT_SELECTION, .fill = "all", .doc = "which neurons"},
	{"variables", SPK_WANT_NAMES, .fill = "V_m", .doc = "states of the model"},
	{"every", SPK_WANT_QUANTITY, SPK_DIM_TIME, .required = 1, ABOVE_0, .doc = "sampling interval"},
	{"from", SPK_WANT_QUANTITY, SPK_DIM_TIME, ANY, .doc = "first sample; the start unless given"},
	{"until", SPK_WANT_QUANTITY, SPK_DIM_TIME, ANY, .doc = "last sample; the end unless given"}, END};
static const struct spk_shape state_shape = {.doc = "States on a time grid.", .keys = state_keys};

static const struct spk_key weights_keys[] = {{"of", SPK_WANT_NAME, .required = 1, .doc = "projection"},
	{"every", SPK_WANT_QUANTITY, SPK_DIM_TIME, ABOVE_0,
		.doc = "snapshot interval; start and end only unless given"},
	{"synapses", SPK_WANT_SELECTION, .doc = "synapses to trace, numbered by source, then target"},
	{"trace_every", SPK_WANT_QUANTITY, SPK_DIM_TIME, ABOVE_0, .doc = "sampling interval of the traces"},
	END};
static const struct spk_shape weights_shape = {.doc = "Weights over time.", .keys = weights_keys};

static const struct spk_key filtered_keys[] = {{"of", SPK_WANT_NAME, .required = 1, .doc = "population"},
	{"filter", SPK_WANT_WORD, .fill = "count", .words = filter_words,
		.doc = "spikes in a sliding window, or an exponential filter"},
	{"width", SPK_WANT_QUANTITY, SPK_DIM_TIME, .required = 1, ABOVE_0, .doc = "window or time constant"},
	{"every", SPK_WANT_QUANTITY, SPK_DIM_TIME, .required = 1, ABOVE_0, .doc = "sampling interval"},
	{"per_neuron", SPK_WANT_BOOL, .fill = "false",
		.doc = "the rate of each neuron (mean of the copies of each unit), not their mean"},
	END};
static const struct spk_shape filtered_shape = {.doc = "Rates from spikes.", .keys = filtered_keys};

static const struct spk_key compared_keys[] = {
	{"of", SPK_WANT_NAMES, .required = 1, .doc = "populations of neurons"},
	{"from", SPK_WANT_QUANTITY, SPK_DIM_TIME, ANY,
		.doc = "mean rates from this time to the end; from the start unless given"},
	END};
static const struct spk_shape compared_shape = {
	.doc = "Mean rates of a spiking run beside those of its rate limit.", .keys = compared_keys};

static const struct spk_key chain_keys[] = {
	{"name", SPK_WANT_NAME, .fill = "objective", .doc = "label in the output"},
	{"layers", SPK_WANT_NAMES, .required = 1,
		.doc = "populations from the observation up; sources: the first at most"},
	{"decoders", SPK_WANT_NAMES,
		.doc = "projections onto each layer of neurons from the one above, from the bottom up"},
	{"encoders", SPK_WANT_NAMES,
		.doc = "projections onto each layer from the one below, from the bottom up"},
	{"alpha", SPK_WANT_QUANTITY, .fill = "0", AT_LEAST_0, .doc = "weight of the encoders' terms"},
	{"sigma", SPK_WANT_READOUTS, .required = 1, ABOVE_0,
		.doc = "standard deviation of each layer of neurons: Hz, or mV for u and u_bar"},
	{"readout", SPK_WANT_WORD, .fill = "rate", .words = chain_readout_words,
		.doc = "quantity that J is a function of"},
	{"width", SPK_WANT_QUANTITY, SPK_DIM_TIME, .required = 1, ABOVE_0,
		.doc = "rates: spikes of the last such time"},
	{"every", SPK_WANT_QUANTITY, SPK_DIM_TIME, .required = 1, ABOVE_0, .doc = "sampling interval"},
	{"gradient", SPK_WANT_BOOL, .fill = "false",
		.doc = "also dJ/dW of each synapse, summed over the samples"},
	END};
static const struct spk_shape chain_shape = {
	.doc = "J of a chain of populations, log p(x, h) + alpha log q(h | x), over time.",
	.keys = chain_keys};

static const struct spk_key record_keys[] = {
	{"spikes", SPK_WANT_NAMES, .fill = "neurons",
		.doc = "populations, or `neurons` (all of neurons), `all` (sources too), `none`"},
	{"state", SPK_WANT_ONE_OR_MAPS, .shape = &state_shape, .doc = "states of neurons"},
	{"weights", SPK_WANT_ONE_OR_MAPS, .shape = &weights_shape, .doc = "weights of projections"},
	{"rates", SPK_WANT_ONE_OR_MAPS, .shape = &filtered_shape, .doc = "rates of populations"},
	{"objective", SPK_WANT_ONE_OR_MAPS, .shape = &chain_shape,
		.doc = "J of chains of populations, and its gradients"},
	{"rate_limit", SPK_WANT_MAP, .shape = &compared_shape,
		.doc = "at the end, run the rate limit too and compare"},
	END};
static const struct spk_shape record_shape = {
	.doc = "What is written to the result file.", .keys = record_keys};

static const struct spk_key rate_limit_keys[] = {
	{"run", SPK_WANT_BOOL, .fill = "false", .doc = "run the rate limit in place of the spiking network"},
	{"step", SPK_WANT_QUANTITY, SPK_DIM_TIME, .fill = "0.1 ms", ABOVE_0,
		.doc = "longest time step; delays are rounded to whole steps"},
	END};
static const struct spk_shape rate_limit_shape = {
	.doc = "The network as units with the transfer functions of its neurons.", .keys = rate_limit_keys};

static const struct spk_key top_keys[] = {
	{"spikem", SPK_WANT_COUNT, .required = 1, .lo = 1, .hi = 1, .doc = "version of this format: 1"},
	{"title", SPK_WANT_TEXT, .fill = "", .doc = "one line about the scenario"},
	{"seed", SPK_WANT_COUNT, .fill = "1", UP_TO(MAX_U64), .doc = "seed of all random numbers"},
	{"stack", SPK_WANT_MAP, .shape = &spk_schema_stack,
		.doc = "layers of rate units in place of populations, and what is measured on them"},
	{"duration", SPK_WANT_QUANTITY, SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = 1e12, .without = "stack",
		.doc = "simulated time; required without a protocol"},
	{"start", SPK_WANT_QUANTITY, SPK_DIM_TIME, .fill = "0 ms", .lo = -1e12, .hi = 1e12,
		.without = "stack", .doc = "time at the start"},
	{"data", SPK_WANT_NAMED_MAPS, .shape = &spk_schema_data, .doc = "data sets by name"},
	{"populations", SPK_WANT_NAMED_MAPS, .required = 1, .unless = "stack scenario", .without = "stack",
		.shape = &population_shape, .doc = "populations by name; required without a stack"},
	{"inputs", SPK_WANT_NAMED_MAPS, .without = "stack", .shape = &input_shape, .doc = "inputs by name"},
	{"projections", SPK_WANT_MAPS, .without = "stack", .shape = &projection_shape, .doc = "projections"},
	{"initial_weights", SPK_WANT_TEXT, .without = "stack",
		.doc = "result file, relative to the folder of the scenario: each projection of whose name "
		       "it "
		       "has recorded weights starts with the last of them, whatever its `weight` says"},
	{"record", SPK_WANT_MAP, .fill = "{}", .without = "stack", .shape = &record_shape,
		.doc = "what is recorded"},
	{"rate_limit", SPK_WANT_MAP, .fill = "{}", .without = "stack", .shape = &rate_limit_shape,
		.doc = "rates in place of spikes"},
	{"protocol", SPK_WANT_MAP, .without = "stack", .shape = &spk_schema_protocol,
		.doc = "presentations of data"},
	{"objective", SPK_WANT_MAP, .without = "stack", .shape = &spk_schema_objective,
		.doc = "what learning is measured against"},
	{"sweep", SPK_WANT_MAP, .shape = &spk_schema_sweep,
		.doc = "values of keys to run the scenario with, and what to collect: `spikem sweep`"},
	{"scenario", SPK_WANT_TEXT, .with = "claim",
		.doc = "file of the scenario that the claim is about, relative to the folder of this one, "
		       "which "
		       "then has no network; several claims share the runs that they have in common"},
	{"claim", SPK_WANT_MAP, .shape = &spk_schema_claim,
		.doc = "what the result is claimed to show; `spikem validate` tells whether it does"},
	END};
const struct spk_shape spk_schema = {
	.doc = "A network of spiking neurons and an experiment on it.", .keys = top_keys};
