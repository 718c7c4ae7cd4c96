/* Data sets from arrays of HDF5 files: their rows, draws around them, and the mistakes one can make. */
#include "tests/unit/array_file.h"

#include <math.h>
#include <string.h>

#define NET "spikem: 1\nduration: 1 s\npopulations:\n"

enum { ITEMS = 400, UNITS = 3 };
#define ALL UINT32_MAX

/* Correlated units: u0 in [0, 8], u1 = 2 u0, u2 its own. */
static void write_codes(void)
{
	struct spk_file *const file = begin_file("c.h5");
	static double values[ITEMS][UNITS], labels[ITEMS], same[6];

	for (int k = 0; k < ITEMS; k++) {
		values[k][0] = k % 9;
		values[k][1] = 2 * (k % 9);
		values[k][2] = k % 7;
		labels[k] = k % 5;
	}
	put(file, "/codes/values", ITEMS, UNITS, values[0], "Hz");
	put(file, "/codes/label", ITEMS, 0, labels, "");
	put(file, "/codes/few", 7, 0, labels, "");
	put(file, "/codes/half", ITEMS, 0, &values[0][0], "");
	put(file, "/same", 3, 2, same, "");
	put(file, "/empty", 0, 2, same, "");
	values[3][1] = INFINITY;
	put(file, "/broken", 5, UNITS, values[0], "");
	CHECK(spk_file_close(file, 1, NULL) == SPK_OK);
}

#define DATA NET "  a: {size: 1, model: lif_delta}\ndata:\n"

static void rows_of_an_array_are_items(void)
{
	struct loaded loaded;

	write_codes();
	loaded = load_right(
		DATA "  d: {hdf5: {file: c.h5, values: /codes/values, labels: /codes/label, "
		     "range: [0, 32], rows: [0, "
		     "10-12], shape: [3, 1]}, splits: {a: 1-2}}\n"
		     "  e: {hdf5: {file: c.h5, values: /codes/values, classes: 10}}\n"
		     "  f: {hdf5: {file: c.h5, values: /codes/values, range: [1, 3], clip: true}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_dataset *const d = loaded.scenario->datasets, *const e = d + 1,
						*const f = d + 2;

		CHECK(d->n_items == 4 && d->height == 3 && d->width == 1 && d->n_pixels == 3);
		CHECK(d->n_labels == 3 && d->labels[0] == 0 && d->labels[1] == 0 && d->labels[3] == 2);
		CHECK(d->pixels[3] == 1.0f / 32 && d->pixels[4] == 2.0f / 32 && d->pixels[11] == 5.0f / 32);
		CHECK(d->n_splits == 1 && d->splits[0].items.ranges[0].first == 1);
		CHECK(f->pixels[0] == 0 && f->pixels[3] == 0 && f->pixels[4] == 0.5F &&
			f->pixels[6] == 0.5F && f->pixels[7] == 1 && f->pixels[10] == 1);
		CHECK(e->n_items == ITEMS && e->height == 1 && e->width == 3 && e->n_labels == 10);
		CHECK(e->pixels[0] == 0 && e->pixels[8 * 3 + 1] == 1 && e->labels[7] == 0);
		CHECK(strstr(loaded.scenario->used, "range: [0, 16]") != NULL);
	}
	loaded_clear(&loaded);
}

/* Of the items of one label; ALL: of all items. Returns their number. */
static double find_moments(const struct spk_dataset *data, uint32_t label, double *mean, double *cov)
{
	const size_t width = data->n_pixels;
	double n = 0;

	memset(mean, 0, width * sizeof *mean);
	memset(cov, 0, width * width * sizeof *cov);
	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (size_t k = 0; k < data->n_items; k++) {
			const float *const x = data->pixels + k * width;
			if (label != ALL && data->labels[k] != label)
				continue;
			n++;
			for (size_t i = 0; i < width; i++)
				for (size_t j = 0; pass == 1 && j < width; j++)
					cov[i * width + j] +=
						((double)x[i] - mean[i]) * ((double)x[j] - mean[j]);
			for (size_t i = 0; pass == 0 && i < width; i++)
				mean[i] += (double)x[i];
		}
		for (size_t i = 0; pass == 0 && i < width; i++)
			mean[i] /= n;
	}
	for (size_t i = 0; i < width * width; i++)
		cov[i] /= n;
	return n;
}

/* A range far wider than the spread, so that nothing is cut; five standard errors. */
static void check_gaussian(
	const struct spk_dataset *rows, const struct spk_dataset *drawn, uint32_t label, int full)
{
	double mean[2][3], cov[2][9];
	const double n_rows = find_moments(rows, label, mean[0], cov[0]);
	const double n = find_moments(drawn, label, mean[1], cov[1]);

	CHECK(n == n_rows / (double)rows->n_items * (double)drawn->n_items);
	for (int i = 0; i < 3; i++) {
		const double var = 4 * cov[0][i * 4] + 1e-6;

		CHECK_ABS(mean[1][i], mean[0][i], 5 * sqrt(var / n), "5 standard errors");
		for (int j = 0; j < 3; j++) {
			const double other = 4 * cov[0][j * 4] + 1e-6;
			const double want = i == j ? var : full ? 4 * cov[0][i * 3 + j] : 0;

			CHECK_ABS(cov[1][i * 3 + j], want, 5 * sqrt((var * other + want * want) / n),
				"5 standard errors of a covariance");
		}
	}
}

static void labels_have_gaussians_of_their_own(void)
{
	struct loaded loaded;

	write_codes();
	loaded = load_right(
		DATA "  rows: {hdf5: {file: c.h5, values: /codes/values, labels: /codes/label, range: "
		     "[-100, 100]}}\n"
		     "  each: {gaussian: {file: c.h5, values: /codes/values, labels: /codes/label, range: "
		     "[-100, 100], items: 40000, spread: 4}}\n"
		     "  some: {gaussian: {file: c.h5, values: /codes/values, labels: /codes/label, items: "
		     "7, rows: [3, 4, 8, 9], classes: 9}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_dataset *const d = loaded.scenario->datasets, *const some = d + 2;

		CHECK(d[1].n_labels == 5 && some->n_labels == 9);
		for (uint32_t label = 0; label < 5; label++)
			check_gaussian(&d[0], &d[1], label, 1);
		for (size_t k = 0; k < 7; k++)
			CHECK(some->labels[k] == 3 + k % 2);
	}
	loaded_clear(&loaded);
}

static void draws_have_the_moments_of_the_rows(void)
{
	struct loaded loaded;

	write_codes();
	loaded = load_right(DATA "  rows: {hdf5: {file: c.h5, values: /codes/values, range: [-100, 100]}}\n"
				 "  full: {gaussian: {file: c.h5, values: /codes/values, range: [-100, 100], "
				 "items: 20000, spread: 4}}\n"
				 "  diagonal: {gaussian: {file: c.h5, values: /codes/values, range: [-100, "
				 "100], items: 20000, spread: "
				 "4, covariance: diagonal, classes: 10}, splits: {few: 0-99}}\n"
				 "  cut: {gaussian: {file: c.h5, values: /codes/values, items: 300, spread: "
				 "4, rows: 0-99}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_dataset *const d = loaded.scenario->datasets;
		size_t n_cut = 0;

		check_gaussian(&d[0], &d[1], ALL, 1);
		check_gaussian(&d[0], &d[2], ALL, 0);
		CHECK(d[1].n_labels == 1 && d[2].n_labels == 10 && d[2].labels[5] == 0 && d[2].n_splits == 1);
		CHECK(d[1].pixels[0] != d[2].pixels[0]);
		for (size_t k = 0; k < 900; k++) {
			CHECK(d[3].pixels[k] >= 0 && d[3].pixels[k] <= 1);
			n_cut += d[3].pixels[k] == 0 || d[3].pixels[k] == 1;
		}
		CHECK(n_cut > 50 && n_cut < 800);
	}
	loaded_clear(&loaded);
}

static void a_draw_depends_on_seed_and_number_alone(void)
{
	static const char *const sets[] = {"data.d.gaussian.items=5", "seed=2"};
	static const char text[] =
		DATA "  d: {gaussian: {file: c.h5, values: /codes/values, range: [0, 100], items: 9}}\n";
	struct loaded all, few, other;
	char path[512];

	write_codes();
	scratch_path(path, sizeof path, "draws.yaml");
	write_scratch(path, text, strlen(text));
	all = load_file(path, 0, NULL);
	few = load_file(path, 1, sets);
	other = load_file(path, 2, sets);
	if (CHECK(all.scenario != NULL && few.scenario != NULL && other.scenario != NULL)) {
		const float *const a = all.scenario->datasets->pixels;

		CHECK(memcmp(a, few.scenario->datasets->pixels, 15 * sizeof *a) == 0);
		CHECK(memcmp(a, other.scenario->datasets->pixels, 15 * sizeof *a) != 0);
	}
	loaded_clear(&all);
	loaded_clear(&few);
	loaded_clear(&other);
}

static void wrong_data(void)
{
	static const struct wrong wrongs[] = {
		{"{hdf5: @{file: c.h5}}\n", "`values` is missing"},
		{"{hdf5: {file: @no.h5, values: /codes/values}}\n", "cannot open"},
		{"{hdf5: {file: c.h5, values: @/codes/value}}\n", "/codes has few, half, label, values"},
		{"{hdf5: {file: c.h5, values: @/empty}}\n", "holds no items"},
		{"{hdf5: {file: c.h5, values: @/same}}\n", "all values are the same"},
		{"{hdf5: {file: c.h5, values: @/broken}}\n", "column 1 of row 3 is not finite"},
		{"{hdf5: {file: c.h5, values: /codes/values, range: @[3, 3]}}\n", "the range is empty"},
		{"{hdf5: {file: c.h5, values: @/codes/values, range: [0, 15]}}\n",
			"column 1 of chosen row 8 is 16, outside of the range [0, 15]"},
		{"{hdf5: {file: c.h5, values: /codes/values, rows: @399-400}}\n", "out of range"},
		{"{hdf5: {file: c.h5, values: /codes/values, shape: @[2, 2]}}\n",
			"2 x 2 pixels, but rows of 3"},
		{"{hdf5: {file: c.h5, values: /codes/values, labels: @/codes/few}}\n",
			"7 x 1 labels for 400 rows"},
		{"{hdf5: {file: c.h5, values: /codes/values, labels: @/codes/label, classes: 4}}\n",
			"label 4 must be a whole number below 4, got 4"},
		{"{hdf5: {file: c.h5, values: /codes/values, @label: /codes/label}}\n",
			"did you mean `labels`"},
		{"{gaussian: @{file: c.h5, values: /codes/values}}\n", "`items` is missing"},
		{"{gaussian: {file: c.h5, values: /codes/values, items: 5, covariance: @whole}}\n",
			"diagonal, full"},
		{"{gaussian: {file: c.h5, values: /codes/values, items: 5, spread: @0}}\n",
			"`spread` must be > 0"},
		{"{gaussian: {file: c.h5, values: /codes/values, items: @268435456}}\n", "more than"},
		{"{gaussian: {file: c.h5, values: /codes/values, items: 5, @label: /codes/label}}\n",
			"did you mean `labels`"},
		{"{gaussian: {file: c.h5, values: /codes/values, items: 5, labels: @/codes/few}}\n",
			"7 x 1 labels for 400 rows"},
	};

	write_codes();
	for (size_t k = 0; k < sizeof wrongs / sizeof *wrongs; k++)
		check_wrong_after(DATA "  d: ", &wrongs[k]);
}

TEST_MAIN(TEST(rows_of_an_array_are_items), TEST(draws_have_the_moments_of_the_rows),
	TEST(labels_have_gaussians_of_their_own), TEST(a_draw_depends_on_seed_and_number_alone),
	TEST(wrong_data))
