/* The keys of data sets. */
#include "sim/schema.h"

#include <math.h>
#include <spikem/dataset.h>

#define ABOVE_0 .lo = 0, .lo_open = 1, .hi = INFINITY
#define END                                                                                                  \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

static const char *const label_words[] = {"first", "last", NULL};

static const struct spk_key idx_keys[] = {
	{"images", SPK_WANT_TEXTS, .required = 1,
		.doc = "IDX files of images, plain or gzip, one after another; relative to the folder of the "
		       "scenario"},
	{"labels", SPK_WANT_TEXTS, .required = 1, .doc = "IDX files of their labels, as many"},
	{"classes", SPK_WANT_COUNT, .fill = "10", .lo = 1, .hi = 256,
		.doc = "number of labels; they count from 0"},
	END};
static const struct spk_shape idx_shape = {
	.doc = "Images and labels in IDX files, pixels 0 to 255.", .keys = idx_keys};

static const struct spk_key mixture_keys[] = {
	{"items", SPK_WANT_COUNT, .required = 1, .lo = 1, .hi = 1 << 28, .doc = "number of points"},
	{"dims", SPK_WANT_COUNT, .lo = 1, .hi = 65536,
		.doc = "coordinates of a point, as many as each mean has"},
	{"means", SPK_WANT_ROWS, .required = 1, .lo = -1e6, .hi = 1e6,
		.doc = "centre of each component: [[0, 1], [1, 0]]; its number is the label of its points"},
	{"sd", SPK_WANT_QUANTITY, .required = 1, .lo = 0, .lo_open = 1, .hi = 1e6,
		.doc = "standard deviation of each coordinate around the centre"},
	{"weights", SPK_WANT_QUANTITIES, ABOVE_0,
		.doc = "relative frequency of each component; all the same unless given"},
	END};
static const struct spk_shape mixture_shape = {
	.doc = "Points drawn from a mixture of Gaussians.", .keys = mixture_keys};

#define ROWS_KEYS                                                                                            \
	{"file", SPK_WANT_TEXT, .required = 1, .doc = "HDF5 file; relative to the folder of the scenario"},  \
		{"values", SPK_WANT_TEXT, .required = 1,                                                     \
			.doc = "path of an array with a row for each item and a column for each unit"},      \
		{"rows", SPK_WANT_SELECTION, .fill = "all", .doc = "rows of the array that are used"},       \
		{"range", SPK_WANT_PAIR, .lo = -INFINITY, .hi = INFINITY,                                    \
			.doc = "values that become intensity 0 and 1; the smallest and largest of these "    \
			       "rows unless given"},                                                         \
	{                                                                                                    \
		"shape", SPK_WANT_COUNTS,                                                                    \
			.lo = 1, .hi = 65536,                                                                \
			.doc = "rows and columns of an item as an image; one row unless given"               \
	}

static const struct spk_key rows_keys[] = {ROWS_KEYS,
	{"labels", SPK_WANT_TEXT, .doc = "path of a column with the label of each row; all 0 unless given"},
	{"classes", SPK_WANT_COUNT, .lo = 1, .hi = 65536,
		.doc = "number of labels; as many as the largest asks for unless given"},
	{"clip", SPK_WANT_BOOL, .fill = "false",
		.doc = "values outside the range are cut to it; else they are a mistake"},
	END};
static const struct spk_shape rows_shape = {
	.doc = "Items out of an array, such as readouts of an earlier run.", .keys = rows_keys};

static const struct spk_key gaussian_keys[] = {ROWS_KEYS,
	{"items", SPK_WANT_COUNT, .required = 1, .lo = 1, .hi = 1 << 28, .doc = "number of draws"},
	{"spread", SPK_WANT_QUANTITY, .fill = "1", ABOVE_0, .doc = "factor on the variance of the rows"},
	{"covariance", SPK_WANT_WORD, .fill = "full", .words = spk_stack_covariance_words,
		.doc = "independent units, or all of them together"},
	{"labels", SPK_WANT_TEXT,
		.doc = "path of a column with the label of each row: a Gaussian is fitted to the rows of "
		       "each, "
		       "and labels are drawn as often as they are among the rows; one Gaussian, all labels "
		       "0, "
		       "unless given"},
	{"classes", SPK_WANT_COUNT, .lo = 1, .hi = 65536,
		.doc = "number of labels, where a population needs one neuron for each; as many as the "
		       "largest "
		       "asks for unless given"},
	END};
static const struct spk_shape gaussian_shape = {.doc = "Draws from a Gaussian with the mean and covariance "
						       "of the rows of an array, or of each label's, cut to "
						       "the range.",
	.keys = gaussian_keys};

static const char *const one_of[] = {"file", "idx", "set", "mixture", "hdf5", "gaussian", NULL};
static const struct spk_key data_keys[] = {
	{"file", SPK_WANT_TEXT,
		.doc = "CSV file, plain or gzip, one row per item; relative to the folder of the scenario"},
	{"shape", SPK_WANT_COUNTS, .required = 1, .with = "file", .lo = 1, .hi = 65536,
		.doc = "rows and columns of an image: [8, 8]"},
	{"range", SPK_WANT_PAIR, .required = 1, .with = "file", .lo = -INFINITY, .hi = INFINITY,
		.doc = "pixel values that become intensity 0 and 1: [0, 16]"},
	{"label", SPK_WANT_WORD, .fill = "last", .with = "file", .words = label_words,
		.doc = "column of the label"},
	{"labels", SPK_WANT_COUNT, .required = 1, .with = "file", .lo = 1, .hi = 65536,
		.doc = "number of labels; they count from 0"},
	{"idx", SPK_WANT_MAP, .shape = &idx_shape, .doc = "images and labels in IDX files"},
	{"set", SPK_WANT_WORD, .words = spk_known_names,
		.doc = "a known set, once fetched (`spikem data fetch NAME`)"},
	{"mixture", SPK_WANT_MAP, .shape = &mixture_shape, .doc = "points drawn from a known density"},
	{"hdf5", SPK_WANT_MAP, .shape = &rows_shape, .doc = "rows of an array of an HDF5 file"},
	{"gaussian", SPK_WANT_MAP, .shape = &gaussian_shape,
		.doc = "points drawn from a Gaussian fitted to an array of an HDF5 file"},
	{"splits", SPK_WANT_SELECTIONS, .fill = "{}",
		.doc = "named parts: {train: 0-1296, test: 1297-1796}; a known set brings its own unless "
		       "given"},
	END};
const struct spk_shape spk_schema_data = {
	.doc = "A set of labelled images.", .keys = data_keys, .one_of = one_of};
