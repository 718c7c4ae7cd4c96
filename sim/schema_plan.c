/* The keys of a claim and of a sweep. */
#include "sim/schema.h"

#include <math.h>

#define ANY .lo = -INFINITY, .hi = INFINITY
#define UP_TO(n) .lo = 0, .hi = (n)
#define MAX_U32 4294967295.0
#define END                                                                                                  \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

static const char *const verdict_words[] = {"holds", "fails", NULL};

static const char *const where_one_of[] = {"is", "in", NULL};
static const struct spk_key where_keys[] = {
	{"column", SPK_WANT_TEXT, .required = 1,
		.doc = "data set with as many rows: a name in the same group, or a whole path"},
	{"is", SPK_WANT_QUANTITY, ANY, .doc = "the number in the rows that are kept"},
	{"in", SPK_WANT_PAIR, ANY, .doc = "range of the numbers in the rows that are kept: [lo, hi]"}, END};
static const struct spk_shape where_shape = {
	.doc = "Which rows are kept.", .keys = where_keys, .one_of = where_one_of};

static const char *const part_one_of[] = {"data", "values", "dataset", NULL};
static const struct spk_key part_keys[] = {
	{"data", SPK_WANT_TEXT, .doc = "data set of the result file, or OBJECT@NAME for an attribute"},
	{"file", SPK_WANT_TEXT,
		.doc = "another HDF5 file that has `data`, relative to the folder of the scenario, or "
		       "{NAME}, the "
		       "result of a run before; the result file unless given"},
	{"values", SPK_WANT_QUANTITIES, ANY, .doc = "numbers given here"},
	{"dataset", SPK_WANT_NAME, .doc = "data set of the scenario: a row of intensities for each item"},
	{"split", SPK_WANT_NAME, .with = "dataset", .doc = "part of the data set; all of it unless given"},
	{"minus", SPK_WANT_TEXT, .doc = "number, or data set of the same shape, that is taken away"},
	{"where", SPK_WANT_ONE_OR_MAPS, .shape = &where_shape, .doc = "which rows are kept"},
	{"by", SPK_WANT_TEXT,
		.doc = "column that the rows are sorted by: a name in the same group, or a path"},
	{"rows", SPK_WANT_TEXTS, .doc = "of the rows left: first, last, or a selection such as [0, 3, 5-7]"},
	{"column", SPK_WANT_COUNT, UP_TO(MAX_U32), .doc = "of each row of a table only this number, from 0"},
	{"scale", SPK_WANT_QUANTITY, .fill = "1", ANY, .doc = "factor"}, END};
static const struct spk_shape part_shape = {
	.doc = "Numbers of a result file.", .keys = part_keys, .one_of = part_one_of};

static const char *const runs_one_of[] = {"values", "sets", NULL};
static const struct spk_key runs_keys[] = {
	{"key", SPK_WANT_TEXTS, .with = "values", .required = 1,
		.doc = "key of the scenario that varies, `stack.layers[1].sigma`, or several that do "
		       "together"},
	{"values", SPK_WANT_ITEMS, .doc = "its values, one for each run"},
	{"sets", SPK_WANT_ITEMS,
		.doc = "in place of key and values: for each run a list of PATH=VALUE; [] is the scenario as "
		       "it is"},
	{"x", SPK_WANT_QUANTITIES, ANY,
		.doc = "number of each run for `across`; unless given, the values or, where they are none, "
		       "0, 1, 2, "
		       "..."},
	END};
static const struct spk_shape runs_shape = {.doc = "Variants of the scenario, each run with each seed.",
	.keys = runs_keys,
	.one_of = runs_one_of};

static const struct spk_key across_keys[] = {{"measure", SPK_WANT_TEXT, .required = 1,
						     .doc = "measurement with inputs x and y, or one input; "
							    "or change: last minus first; or ratio: "
							    "last over first"},
	{"params", SPK_WANT_CONSTANTS, .fill = "{}", .doc = "parameters of the measurement"}, END};
static const struct spk_shape across_shape = {
	.doc = "How the figures of the runs make one.", .keys = across_keys};

static const char *const expect_one_of[] = {"at_least", "at_most", "between", NULL};
static const struct spk_key expect_keys[] = {{"at_least", SPK_WANT_QUANTITY, ANY, .doc = "smallest value"},
	{"at_most", SPK_WANT_QUANTITY, ANY, .doc = "largest value"},
	{"between", SPK_WANT_PAIR, ANY, .doc = "smallest and largest value: [0.95, 1.05]"}, END};
static const struct spk_shape expect_shape = {
	.doc = "What the measured value should be.", .keys = expect_keys, .one_of = expect_one_of};

static const struct spk_key before_keys[] = {{"name", SPK_WANT_NAME, .required = 1,
						     .doc = "in `set` of later runs and of the claim, and as "
							    "`file` of an input, {NAME} stands for "
							    "the result file"},
	{"scenario", SPK_WANT_TEXT, .doc = "its file; that of the claim unless given"},
	{"set", SPK_WANT_TEXTS, .doc = "overrides PATH=VALUE"}, END};
static const struct spk_shape before_shape = {
	.doc = "A run before those of the claim, with the same seed.", .keys = before_keys};

static const struct spk_key quick_keys[] = {
	{"seeds", SPK_WANT_SEEDS, .doc = "number of seeds, or a list of them"},
	{"set", SPK_WANT_TEXTS,
		.doc = "overrides PATH=VALUE of keys of the scenario or of the claim: "
		       "claim.expect.at_least=0.5"},
	END};
static const struct spk_shape quick_shape = {
	.doc = "What `spikem validate --quick` changes.", .keys = quick_keys};

static const struct spk_key claim_keys[] = {
	{"statement", SPK_WANT_TEXT, .required = 1, .doc = "what is claimed, in one sentence"},
	{"source", SPK_WANT_TEXT, .required = 1, .doc = "paper, equation or figure that says so"},
	{"measure", SPK_WANT_WORD, .required = 1, .registry = SPK_REGISTRY_MEASUREMENT,
		.doc = "measurement (`spikem list measurements`)"},
	{"params", SPK_WANT_CONSTANTS, .fill = "{}", .doc = "its parameters (`spikem describe MEASUREMENT`)"},
	{"of", SPK_WANT_SERIES, .required = 1, .shape = &part_shape,
		.doc = "each of its inputs: a data set of the result file, a mapping, or a list of them, "
		       "strung "
		       "together"},
	{"before", SPK_WANT_MAPS, .shape = &before_shape,
		.doc = "runs that the claim needs, in the order in which they are made; those that several "
		       "claims have in common are made once"},
	{"set", SPK_WANT_TEXTS,
		.doc = "overrides PATH=VALUE of all runs; {NAME} is the result file of a run before"},
	{"runs", SPK_WANT_MAP, .shape = &runs_shape, .doc = "variants of the scenario"},
	{"across", SPK_WANT_MAP, .with = "runs", .required = 1, .shape = &across_shape,
		.doc = "how the figures of the runs make one"},
	{"expect", SPK_WANT_MAP, .required = 1, .shape = &expect_shape, .doc = "what the value should be"},
	{"seeds", SPK_WANT_SEEDS, .fill = "5",
		.doc = "number of seeds, from the scenario's on, or a list of them"},
	{"confidence", SPK_WANT_QUANTITY, .fill = "0.95", .lo = 0, .lo_open = 1, .hi = 0.999999,
		.doc = "level of the interval"},
	{"verdict", SPK_WANT_WORD, .fill = "holds", .words = verdict_words,
		.doc = "verdict that is expected"},
	{"quick", SPK_WANT_MAP, .shape = &quick_shape, .doc = "changes for a quick version"}, END};
const struct spk_shape spk_schema_claim = {
	.doc = "A statement that measurements of the result bear out or not.", .keys = claim_keys};

static const struct spk_key axis_keys[] = {
	{"key", SPK_WANT_TEXTS, .required = 1,
		.doc = "key of the scenario, or several that take the same values"},
	{"values", SPK_WANT_ITEMS, .required = 1, .doc = "its values"},
	{"x", SPK_WANT_QUANTITIES, ANY,
		.doc = "number of each value for tables and pictures; unless given, the values or, where "
		       "they "
		       "are no numbers, 0, 1, 2, ..."},
	END};
static const struct spk_shape axis_shape = {.doc = "What varies.", .keys = axis_keys};

static const struct spk_key collect_keys[] = {
	{"measure", SPK_WANT_WORD, .required = 1, .registry = SPK_REGISTRY_MEASUREMENT,
		.doc = "measurement (`spikem list measurements`)"},
	{"params", SPK_WANT_CONSTANTS, .fill = "{}", .doc = "its parameters (`spikem describe MEASUREMENT`)"},
	{"of", SPK_WANT_SERIES, .required = 1, .shape = &part_shape,
		.doc = "each of its inputs, as in a claim"},
	END};
static const struct spk_shape collect_shape = {
	.doc = "A figure that is measured on the result of every task.", .keys = collect_keys};

static const struct spk_key sweep_keys[] = {{"grid", SPK_WANT_AXES, .shape = &axis_shape,
						    .doc = "keys and their values, every combination: a path "
							   "and a list, or a name and a mapping"},
	{"zip", SPK_WANT_AXES, .shape = &axis_shape, .doc = "keys whose values go together, as many of each"},
	{"list", SPK_WANT_ITEMS, .doc = "sets of overrides PATH=VALUE; [] is the scenario as it is"},
	{"seeds", SPK_WANT_SEEDS, .fill = "1",
		.doc = "number of seeds, from the scenario's on, or a list of them"},
	{"collect", SPK_WANT_NAMED_MAPS, .shape = &collect_shape, .fill = "{}",
		.doc = "columns of the table of results"},
	{"confidence", SPK_WANT_QUANTITY, .fill = "0.95", .lo = 0, .lo_open = 1, .hi = 0.999999,
		.doc = "level of the intervals"},
	END};
const struct spk_shape spk_schema_sweep = {
	.doc = "Every combination of grid, zip, list and seeds is a task of `spikem sweep`.",
	.keys = sweep_keys};
