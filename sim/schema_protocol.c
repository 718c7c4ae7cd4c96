/* The protocol's and the objective's part of the table of keys. */
#include "sim/schema.h"

#include <math.h>

#define ANY .lo = -INFINITY, .hi = INFINITY
#define AT_LEAST_0 .lo = 0, .hi = INFINITY
#define ABOVE_0 .lo = 0, .lo_open = 1, .hi = INFINITY
#define END                                                                                                  \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

const char *const spk_show_words[] = {"image", "whole_image", "visible_pixels", "hidden_pixels",
	"noisy_image", "label", "error_on", "error_off", "reward_on", "reward_off", NULL};
static const char *const gate_words[] = {"closed", "open", NULL};
static const char *const order_words[] = {"sequential", "shuffled", NULL};
static const char *const objective_words[] = {"softmax", "squared", NULL};
static const char *const readout_words[] = {"u", "u_bar", "rate", NULL};
static const char *const action_words[] = {"greedy", "softmax", NULL};
static const char *const prediction_words[] = {"softmax", "readout", NULL};

static const struct spk_key clamp_keys[] = {
	{"population", SPK_WANT_NAME, .required = 1, .doc = "population with one neuron per label"},
	{"on", SPK_WANT_QUANTITY, SPK_DIM_CURRENT, .required = 1, ANY,
		.doc = "current into the neuron of the label"},
	{"off", SPK_WANT_QUANTITY, SPK_DIM_CURRENT, .fill = "0 pA", ANY, .doc = "current into the others"},
	END};
static const struct spk_shape clamp_shape = {.doc = "The label as a current.", .keys = clamp_keys};

static const struct spk_key phase_keys[] = {
	{"name", SPK_WANT_NAME, .required = 1, .doc = "name of the phase"},
	{"duration", SPK_WANT_VALUE, SPK_DIM_TIME, .required = 1, ABOVE_0,
		.doc = "its length; a distribution: drawn anew for each presentation"},
	{"show", SPK_WANT_SHOW, .words = spk_show_words,
		.doc = "source populations that show the item, or a mapping of them to what they show; the "
		       "others have drive 0"},
	{"mask", SPK_WANT_WORD, .words = spk_stack_mask_words,
		.doc = "half of the pixels that `image` hides in this phase; else that of the stage"},
	{"nudge", SPK_WANT_QUANTITY, SPK_DIM_CURRENT, .fill = "0 pA", AT_LEAST_0,
		.doc = "current into the objective's population per unit of dJ/dreadout"},
	{"paired", SPK_WANT_BOOL, .fill = "false",
		.doc = "the nudge's sign alternates between presentations"},
	{"clamp", SPK_WANT_MAP, .shape = &clamp_shape, .doc = "label as a current"},
	{"gate", SPK_WANT_WORD_OR_NAMES, .fill = "closed", .words = gate_words,
		.doc = "whether plasticity is open: of all projections, or of those listed"},
	{"silent", SPK_WANT_NAMES,
		.doc = "projections that do not transmit the spikes emitted in this phase; those on their "
		       "way still arrive"},
	{"reset", SPK_WANT_NAMES,
		.doc = "populations whose neurons return to their initial state as the phase begins; spikes "
		       "on their way still arrive"},
	{"readout", SPK_WANT_BOOL, .fill = "false", .doc = "the readout is taken at the end of this phase"},
	END};
static const struct spk_shape phase_shape = {.doc = "A part of each presentation.", .keys = phase_keys};

static const struct spk_key stage_keys[] = {
	{"name", SPK_WANT_NAME, .required = 1, .doc = "name of the stage"},
	{"split", SPK_WANT_NAME, .fill = "all", .doc = "part of the data set, or `all`"},
	{"epochs", SPK_WANT_COUNT, .fill = "1", .lo = 1, .hi = 1e6,
		.doc = "times that the split is gone through"},
	{"order", SPK_WANT_WORD, .fill = "sequential", .words = order_words, .doc = "order of the items"},
	{"mask", SPK_WANT_WORD, .words = spk_stack_mask_words,
		.doc = "half of the pixels that `image` hides in the phases without a mask of their own"},
	{"learn", SPK_WANT_BOOL, .fill = "true",
		.doc = "false: gate closed; no nudge, clamp, label, error or reward"},
	END};
static const struct spk_shape stage_shape = {
	.doc = "Presentations of a split of the data.", .keys = stage_keys};

static const struct spk_key reward_keys[] = {
	{"action", SPK_WANT_WORD, .fill = "greedy", .words = action_words,
		.doc = "the unit with the largest readout, or one drawn from the softmax of the readouts"},
	{"explore", SPK_WANT_QUANTITY, .fill = "0", .lo = 0, .hi = 1,
		.doc = "probability of an action drawn evenly from all units in its place"},
	{"prediction", SPK_WANT_WORD, .fill = "softmax", .words = prediction_words,
		.doc = "reward expected of the action: its softmax probability, or its readout in units of "
		       "the objective's scale"},
	END};
static const struct spk_shape reward_shape = {
	.doc = "A contextual bandit: reward 1 when the action chosen at the readout is the label, else 0.",
	.keys = reward_keys};

static const struct spk_key readout_keys[] = {
	{"name", SPK_WANT_NAME, .required = 1, .doc = "name in the output"},
	{"of", SPK_WANT_NAME, .required = 1, .doc = "population; of sources, rates only"},
	{"readout", SPK_WANT_WORD, .fill = "rate", .words = readout_words, .doc = "what is read"},
	{"phase", SPK_WANT_NAME, .required = 1, .doc = "phase at whose end it is read"},
	{"window", SPK_WANT_QUANTITY, SPK_DIM_TIME, ABOVE_0,
		.doc = "readout: rate: spikes of the last such time count; the whole phase unless given"},
	{"stages", SPK_WANT_NAMES, .fill = "all", .doc = "stages in which it is read, or `all`"}, END};
static const struct spk_shape readout_shape = {
	.doc = "What is written of each presentation.", .keys = readout_keys};

static const char *const agreement_one_of[] = {"projection", "backprop", NULL};
static const struct spk_key agreement_keys[] = {
	{"projection", SPK_WANT_NAME,
		.doc = "plastic projection whose changes are compared with the gradient "
		       "of -1/2 |target - prediction|^2"},
	{"name", SPK_WANT_NAME, .with = "projection", .doc = "name in the output; PROJECTION unless given"},
	{"target", SPK_WANT_NAME, .with = "projection", .required = 1,
		.doc = "readout that its targets are to have"},
	{"prediction", SPK_WANT_NAME, .with = "projection", .required = 1,
		.doc = "readout that they have by this projection"},
	{"pre", SPK_WANT_NAME, .with = "projection", .required = 1, .doc = "readout of its sources"},
	{"backprop", SPK_WANT_NAMES,
		.doc = "in place of projection: plastic projections from the first layer to the objective's "
		       "population, whose changes are compared with the gradient of J by backpropagation"},
	{"rates", SPK_WANT_NAMES, .with = "backprop", .required = 1,
		.doc = "readouts of rates of the sources of each of them"},
	{"u", SPK_WANT_NAMES, .with = "backprop",
		.doc = "readouts of u of the targets of each but the last, and also of the last where the "
		       "objective's readout is rate"},
	END};
static const struct spk_shape agreement_shape = {.doc = "Weight changes beside an analytic gradient.",
	.keys = agreement_keys,
	.one_of = agreement_one_of};

static const struct spk_key protocol_keys[] = {{"data", SPK_WANT_NAME, .required = 1, .doc = "data set"},
	{"phases", SPK_WANT_MAPS, .required = 1, .shape = &phase_shape,
		.doc = "what each presentation consists of"},
	{"stages", SPK_WANT_MAPS, .required = 1, .shape = &stage_shape,
		.doc = "what is presented, in this order"},
	{"reset", SPK_WANT_BOOL_OR_NAMES, .fill = "true",
		.doc = "true: all neurons return to their initial state before each item and spikes on their "
		       "way are lost; populations: only these, and spikes on their way still arrive; "
		       "currents of inputs go on in either case"},
	{"lanes", SPK_WANT_COUNT, .fill = "1", .lo = 1, .hi = 1024,
		.doc = "replicas of the network, each with its own weights in memory, that present the items "
		       "of a "
		       "batch side by side (--threads and ranks run them in parallel); spikes, states and "
		       "rates are "
		       "recorded of the first"},
	{"batch", SPK_WANT_COUNT, .lo = 1, .hi = 1e9,
		.doc = "items after which each plastic weight has changed by the sum of the changes of all "
		       "lanes; "
		       "as many as lanes unless given"},
	{"noise", SPK_WANT_QUANTITY, SPK_DIM_NONE, .lo = 0, .lo_open = 1, .hi = 1,
		.doc = "standard deviation of the Gaussian noise that `noisy_image` adds to each pixel, anew "
		       "in each presentation; 1 is white"},
	{"reward", SPK_WANT_MAP, .shape = &reward_shape,
		.doc = "how the action is chosen that reward_on and reward_off tell about"},
	{"readouts", SPK_WANT_MAPS, .shape = &readout_shape,
		.doc = "readouts of populations that are written for each presentation"},
	{"agreement", SPK_WANT_MAPS, .shape = &agreement_shape,
		.doc = "projections whose weight changes, summed over the presentations that learn, are "
		       "compared with gradients made of readouts"},
	{"linear_baseline", SPK_WANT_BOOL, .fill = "false",
		.doc = "fit a linear classifier to the same pixels too"},
	END};
const struct spk_shape spk_schema_protocol = {
	.doc = "Presentations of data in place of a duration.", .keys = protocol_keys};

static const struct spk_key objective_keys[] = {
	{"model", SPK_WANT_WORD, .required = 1, .words = objective_words, .doc = "kind of objective"},
	{"of", SPK_WANT_NAME, .required = 1, .doc = "population with one neuron per label"},
	{"projection", SPK_WANT_NAME, .required = 1, .doc = "projection whose gradient is computed"},
	{"readout", SPK_WANT_WORD, .fill = "u", .words = readout_words,
		.doc = "quantity that J is a function of"},
	{"scale", SPK_WANT_READOUT, .required = 1, ABOVE_0,
		.doc = "temperature of the softmax, or spread of the squared error: mV, or Hz for readout: "
		       "rate"},
	{"targets", SPK_WANT_READOUT_PAIR, .required = 1, ANY, .only = "squared",
		.doc = "readout wanted of the labelled neuron and of the others"},
	{"window", SPK_WANT_QUANTITY, SPK_DIM_TIME, ABOVE_0,
		.doc = "readout: rate: spikes of the last such time count"},
	END};
const struct spk_shape spk_schema_objective = {
	.doc = "The one-layer objective J that learning is measured against.", .keys = objective_keys};
