/* Data sets of a scenario: IDX files, known sets, mixtures, and the mistakes one can make with them. */
#include "tests/unit/idx_file.h"
#include "tests/unit/scenario_wrong.h"

#include <spikem/dataset.h>
#include <sys/stat.h>

#define NET "spikem: 1\nduration: 1 s\npopulations: {a: {size: 1, model: lif_delta}}\n"

static const char beginning[] = NET "data:\n";

static void write_idx(const char *name, const struct bytes *bytes)
{
	char path[512];

	scratch_path(path, sizeof path, name);
	CHECK(write_bytes(path, bytes->data, bytes->length) == 0);
}

/* Images of 2 x 3 with values first, first + 1, ..., and labels 0, 1, ... */
static void write_pair(const char *images, const char *labels, uint32_t n, unsigned first, int packed)
{
	const uint32_t dims[] = {n, 2, 3};
	struct bytes bytes = make_idx(3, dims, first, 1, 256);

	if (packed)
		bytes = make_gzip(&bytes);
	write_idx(images, &bytes);
	bytes = make_idx(1, dims, 0, 1, 10);
	write_idx(labels, &bytes);
}

static struct loaded load_data(const char *data)
{
	char text[2048];
	struct loaded loaded;

	(void)snprintf(text, sizeof text, "%s%s", beginning, data);
	loaded = load_text(text);
	if (!CHECK(loaded.rc == SPK_OK && loaded.scenario != NULL))
		printf("#   %s\n%s\n", data, loaded.report != NULL ? loaded.report : loaded.err.text);
	return loaded;
}

static void idx_files_one_after_another(void)
{
	struct loaded loaded;

	write_pair("i1", "l1", 4, 0, 0);
	write_pair("i2", "l2", 3, 100, 1);
	loaded = load_data("  d: {idx: {images: [i1, i2], labels: [l1, l2], classes: 4},"
			   " splits: {a: 0-3, b: 4-6}}\n"
			   "  e: {idx: {images: i2, labels: l2}}\n");
	if (loaded.scenario != NULL) {
		const struct spk_dataset *const d = loaded.scenario->datasets, *const e = d + 1;

		CHECK(d->n_items == 7 && d->height == 2 && d->width == 3 && d->n_pixels == 6);
		CHECK(d->n_labels == 4 && d->n_splits == 2 && d->splits[1].items.ranges[0].first == 4);
		CHECK(d->mixture.n_components == 0 && strstr(d->file, "/i1") != NULL);
		for (int k = 0; k < 42; k++)
			CHECK_ABS(d->pixels[k], (k < 24 ? k : 100 + k - 24) / 255.0, 3e-8,
				"half a unit of single precision below 1/2");
		for (uint32_t k = 0; k < 7; k++)
			CHECK(d->labels[k] == (k < 4 ? k : k - 4));
		CHECK(e->n_items == 3 && e->n_labels == 10 && e->pixels[0] == d->pixels[24]);
	}
	loaded_clear(&loaded);
}

/* ---- Known sets --------------------------------------------------------------------------------- */

static void make_folder(char *path, size_t size, const char *name)
{
	scratch_path(path, size, name);
	(void)mkdir(path, 0777);
}

static void write_known(const char *folder, int packed)
{
	const struct spk_known_part *const parts = spk_known_find("mnist")->parts;

	for (int k = 0; k < SPK_KNOWN_PARTS; k++) {
		char images[300], labels[300];

		(void)snprintf(
			images, sizeof images, "%s/mnist/%s%s", folder, parts[k].images, packed ? ".gz" : "");
		(void)snprintf(labels, sizeof labels, "%s/mnist/%s", folder, parts[k].labels);
		write_pair(images, labels, 3, 0, packed);
	}
}

/* What an earlier run may have left. */
static void remove_known(const char *folder)
{
	static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
		"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

	for (int k = 0; k < 8; k++) {
		char name[300], path[900];

		(void)snprintf(name, sizeof name, "%s/mnist/%s%s", folder, names[k / 2], k % 2 ? ".gz" : "");
		scratch_path(path, sizeof path, name);
		(void)remove(path);
	}
}

static void check_place(const char *want)
{
	const struct spk_known_set *const set = spk_known_find("mnist");
	char *folder = NULL;

	CHECK(spk_known_locate(set, &folder, NULL) == SPK_OK);
	CHECK(folder != NULL && strncmp(folder, want, strlen(want)) == 0 &&
		strcmp(folder + strlen(want), "/mnist") == 0);
	free(folder);
}

static void where_known_sets_are_looked_for(void)
{
	const struct spk_known_set *const set = spk_known_find("mnist");
	char own[512], user[512], path[600], *folder = path;

	make_folder(own, sizeof own, "own");
	make_folder(path, sizeof path, "own/mnist");
	make_folder(path, sizeof path, "user");
	make_folder(user, sizeof user, "user/spikem");
	make_folder(path, sizeof path, "user/spikem/mnist");
	remove_known("own");
	remove_known("user/spikem");
	CHECK(setenv("SPIKEM_DATA", own, 1) == 0);
	scratch_path(path, sizeof path, "user");
	CHECK(setenv("XDG_DATA_HOME", path, 1) == 0);
	CHECK(spk_known_locate(set, &folder, NULL) == SPK_OK && folder == NULL);
	write_known("user/spikem", 1);
	check_place(user);
	write_known("own", 0);
	check_place(own);
	/* a folder that lacks one file does not count */
	(void)snprintf(path, sizeof path, "%s/mnist/t10k-labels-idx1-ubyte", own);
	CHECK(remove(path) == 0);
	check_place(user);
	CHECK(unsetenv("SPIKEM_DATA") == 0);
	check_place(user);
	CHECK(unsetenv("XDG_DATA_HOME") == 0 && setenv("HOME", own, 1) == 0);
	CHECK(spk_known_place(set, 1, &folder, NULL) == SPK_OK && folder != NULL);
	(void)snprintf(path, sizeof path, "%s/.local/share/spikem/mnist", own);
	CHECK_STR(folder, path);
	free(folder);
	CHECK(unsetenv("HOME") == 0);
	CHECK(spk_known_place(set, 1, &folder, NULL) == SPK_OK && folder == NULL);
	CHECK(spk_known_find("digits") == NULL);
}

/* Files of the right names that are not those of the set. */
static void known_sets_are_checked(void)
{
	static const struct wrong wrong = {"  d: {set: @mnist}\n",
		"holds 3 images of 2 x 3 pixels; mnist has "
		"60000 of 28 x 28 there"};
	const struct spk_known_set *const set = spk_known_find("mnist");
	char own[512], path[600];
	struct spk_error err;

	make_folder(own, sizeof own, "wrong");
	make_folder(path, sizeof path, "wrong/mnist");
	remove_known("wrong");
	CHECK(setenv("SPIKEM_DATA", own, 1) == 0);
	CHECK(spk_known_check(set, path, &err) == SPK_E_IO && strstr(err.text, "is missing") != NULL);
	write_known("wrong", 0);
	check_wrong_after(beginning, &wrong);
	CHECK(spk_known_check(set, path, &err) == SPK_E_FORMAT && strstr(err.text, "28 x 28") != NULL);
}

static void missing_sets(void)
{
	static const struct wrong list[] = {
		{"  d: {set: @mnist}\n", "the data set mnist is not on this machine"},
		{"  d: {set: @mnist}\n", "get it with: spikem data fetch mnist"},
		{"  d: {set: @mnist}\n", "looked in /no/such/folder/mnist, /nor/such/spikem/mnist"},
	};

	CHECK(setenv("SPIKEM_DATA", "/no/such/folder", 1) == 0);
	CHECK(setenv("XDG_DATA_HOME", "/nor/such", 1) == 0);
	for (size_t k = 0; k < sizeof list / sizeof *list; k++)
		check_wrong_after(beginning, &list[k]);
}

/* ---- Mixtures ----------------------------------------------------------------------------------- */

enum { N_POINTS = 40000 };
#define MIXTURE                                                                                              \
	"mixture: {items: 40000, dims: 2, means: [[0.2, 0.3], [1, -0.5], [0, 2]], sd: 0.1, weights: [1, 2, " \
	"5]}"

/* Every estimate within five of its standard errors: a false alarm in 1e6 for each. */
static void moments_of_a_mixture(void)
{
	static const double means[3][2] = {{0.2, 0.3}, {1, -0.5}, {0, 2}}, share[] = {0.125, 0.25, 0.625};
	struct loaded loaded = load_data("  d: {" MIXTURE "}\n");
	const struct spk_dataset *const d = loaded.scenario != NULL ? loaded.scenario->datasets : NULL;
	double n[3] = {0}, sum[3][2] = {{0}}, square[3][2] = {{0}}, product[3] = {0};

	if (d == NULL)
		return;
	CHECK(d->n_items == N_POINTS && d->n_pixels == 2 && d->height == 1 && d->width == 2);
	CHECK(d->n_labels == 3 && d->file == NULL && d->mixture.n_components == 3 && d->mixture.n_dims == 2);
	CHECK(d->mixture.sd == 0.1 && d->mixture.means[3] == -0.5 && d->mixture.weights[2] == 0.625);
	for (size_t k = 0; k < N_POINTS; k++) {
		const uint32_t c = d->labels[k];
		const double x = (double)d->pixels[2 * k] - means[c][0];
		const double y = (double)d->pixels[2 * k + 1] - means[c][1];

		n[c]++;
		sum[c][0] += x;
		sum[c][1] += y;
		square[c][0] += x * x;
		square[c][1] += y * y;
		product[c] += x * y;
	}
	for (int c = 0; c < 3; c++) {
		CHECK_ABS(n[c] / N_POINTS, share[c], 5 * sqrt(share[c] * (1 - share[c]) / N_POINTS),
			"5 standard errors of a share");
		for (int i = 0; i < 2; i++) {
			CHECK_ABS(sum[c][i] / n[c], 0, 5 * 0.1 / sqrt(n[c]), "5 standard errors of a mean");
			CHECK_ABS(square[c][i] / n[c], 0.01, 5 * 0.01 * sqrt(2 / n[c]),
				"5 standard errors of a variance");
		}
		CHECK_ABS(product[c] / n[c], 0, 5 * 0.01 / sqrt(n[c]), "5 standard errors of a covariance");
	}
	loaded_clear(&loaded);
}

static int same_points(const struct spk_dataset *a, const struct spk_dataset *b, size_t n)
{
	return memcmp(a->pixels, b->pixels, n * a->n_pixels * sizeof *a->pixels) == 0 &&
	       memcmp(a->labels, b->labels, n * sizeof *a->labels) == 0;
}

/* Points are a function of seed, place of the set and number, and of nothing else. */
static void points_come_from_the_seed(void)
{
	static const char *const reseeded[] = {"seed=2"}, *const fewer[] = {"data.d.mixture.items=100"};
	struct loaded one = load_data("  d: {" MIXTURE "}\n  e: {" MIXTURE "}\n");
	struct loaded again = load_file(one.path, 0, NULL), other = load_file(one.path, 1, reseeded),
		      some = load_file(one.path, 1, fewer);

	CHECK(again.scenario != NULL && other.scenario != NULL && some.scenario != NULL);
	if (one.scenario != NULL && again.scenario != NULL && other.scenario != NULL &&
		some.scenario != NULL) {
		const struct spk_dataset *const d = one.scenario->datasets;

		CHECK(same_points(d, again.scenario->datasets, N_POINTS));
		CHECK(same_points(d + 1, again.scenario->datasets + 1, N_POINTS));
		CHECK(!same_points(d, other.scenario->datasets, 4));
		CHECK(!same_points(d, d + 1, 4));
		CHECK(some.scenario->datasets->n_items == 100 &&
			same_points(d, some.scenario->datasets, 100));
		loaded_clear(&again);
		again = load_text(one.scenario->used);
		CHECK(again.scenario != NULL && same_points(d, again.scenario->datasets, N_POINTS));
	}
	loaded_clear(&one);
	loaded_clear(&again);
	loaded_clear(&other);
	loaded_clear(&some);
}

static void one_component_of_equal_weight(void)
{
	struct loaded loaded = load_data("  d: {mixture: {items: 3, means: [[1, 2, 3]], sd: 1e-6}}\n"
					 "  e: {mixture: {items: 1, means: [[0], [1]], sd: 1}}\n");

	if (loaded.scenario != NULL) {
		const struct spk_dataset *const d = loaded.scenario->datasets;

		CHECK(d->mixture.weights[0] == 1.0 && d->n_labels == 1 && d->labels[2] == 0);
		CHECK_ABS(d->pixels[8], 3, 1e-5, "ten standard deviations");
		CHECK(d[1].mixture.weights[0] == 0.5 && d[1].mixture.weights[1] == 0.5);
	}
	loaded_clear(&loaded);
}

/* ---- Mistakes ----------------------------------------------------------------------------------- */

static void wrong_data(void)
{
	static const struct wrong list[] = {
		{"  d: @{splits: {a: 0-3}}\n", "one of the alternatives is missing at data.d"},
		{"  d: {idx: {images: i1, labels: l1}, @set: mnist}\n", "`idx` and `set` exclude each other"},
		{"  d: {mixture: {items: 1, means: [[0]], sd: 1}, @shape: [1, 1]}\n",
			"`shape` belongs to `file` only"},
		{"  d: {idx: {images: i1, labels: l1}, @labels: 10}\n", "`labels` belongs to `file` only"},
		{"  d: @{file: x.csv, shape: [1, 2], labels: 3}\n", "`range` is missing at data.d"},
		{"  d: {set: @mnits}\n", "did you mean `mnist`?"},
		{"  d: {idx: @{images: i1}}\n", "`labels` is missing"},
		{"  d: {idx: {images: [i1, i3], labels: @[l1]}}\n", "1 files of labels for 2 of images"},
		{"  d: {idx: {images: @[], labels: []}}\n", "1 to 64 files are expected"},
		{"  d: {idx: {images: [@{}], labels: l1}}\n", "a text is expected"},
		{"  d: {idx: {images: [i1, @none], labels: [l1, l1]}}\n", "No such file"},
		{"  d: {idx: {images: @l1, labels: l1}}\n", "l1 has 1 dimension, images have 3"},
		{"  d: {idx: {images: @i1, labels: i1}}\n", "i1 has 3 dimensions, labels have 1"},
		{"  d: {idx: {images: @i1, labels: l3}}\n", "holds 4 images"},
		{"  d: {idx: {images: [i1, @i3], labels: [l1, l3]}}\n", "holds 1 x 4 pixels an image"},
		{"  d: {idx: {images: @i1, labels: l1, classes: 3}}\n", "the label of item 3 is 3"},
		{"  d: {idx: {images: i1, labels: l1, classes: @0}}\n", "must lie between 1 and 256"},
		{"  d: {idx: {images: i1, labels: l1}, splits: {a: @0-4}}\n", "the last index is 3"},
	};
	static const uint32_t other[] = {2, 1, 4};
	const struct bytes images = make_idx(3, other, 0, 1, 256), labels = make_idx(1, other, 0, 1, 10);

	write_pair("i1", "l1", 4, 0, 0);
	write_idx("i3", &images);
	write_idx("l3", &labels);
	for (size_t k = 0; k < sizeof list / sizeof *list; k++)
		check_wrong_after(beginning, &list[k]);
}

static void wrong_mixtures(void)
{
	static const struct wrong list[] = {
		{"  d: {mixture: {items: @0, means: [[0]], sd: 1}}\n", "must lie between 1 and"},
		{"  d: {mixture: {items: @200000000, means: [[0, 1]], sd: 1}}\n",
			"more than 268435456 numbers"},
		{"  d: {mixture: {items: 1, means: @[], sd: 1}}\n", "1 to 65536 components"},
		{"  d: {mixture: {items: 1, means: @[[], []], sd: 1}}\n", "1 to 65536 coordinates"},
		{"  d: {mixture: {items: 1, means: [[0, 1], @[2]], sd: 1}}\n",
			"1 numbers, but 2 in the first"},
		{"  d: {mixture: {items: 1, means: [[0, 1], @2], sd: 1}}\n", "a list such as"},
		{"  d: {mixture: {items: 1, means: @2, sd: 1}}\n", "a list of lists is expected"},
		{"  d: {mixture: {items: 1, means: [[@x]], sd: 1}}\n", "means"},
		{"  d: {mixture: {items: 1, means: [[@.inf]], sd: 1}}\n", "finite"},
		{"  d: {mixture: {items: 1, means: [[@1 mV]], sd: 1}}\n", "means"},
		{"  d: {mixture: {items: 1, means: [[0]], sd: @0}}\n", "must be > 0"},
		{"  d: {mixture: @{items: 1, means: [[0]]}}\n", "`sd` is missing"},
		{"  d: {mixture: {items: 1, dims: @2, means: [[0]], sd: 1}}\n",
			"the means have 1 coordinates"},
		{"  d: {mixture: {items: 1, means: [[0]], sd: 1, weights: @[1, 1]}}\n",
			"2 weights for 1 means"},
		{"  d: {mixture: {items: 1, means: [[0]], sd: 1, weights: [@0]}}\n", "must be > 0"},
		{"  d: {mixture: {items: 1, means: [[0], [1]], sd: 1, weights: @[1e308, 1e308]}}\n",
			"too large"},
	};
	static const struct wrong shown = {
		"spikem: 1\npopulations: {p: {size: 1, model: poisson, params: {rate: 1 Hz}}}\n"
		"data: {d: {mixture: {items: 1, means: [[0]], sd: 1}}}\n"
		"protocol: {data: d, phases: [{name: p, duration: 1 ms, show: @p}], stages: [{name: s}]}\n",
		"`p` cannot show points of a mixture"};

	for (size_t k = 0; k < sizeof list / sizeof *list; k++)
		check_wrong_after(beginning, &list[k]);
	check_wrong_after("", &shown);
}

TEST_MAIN(TEST(idx_files_one_after_another), TEST(where_known_sets_are_looked_for),
	TEST(known_sets_are_checked), TEST(missing_sets), TEST(moments_of_a_mixture),
	TEST(points_come_from_the_seed), TEST(one_component_of_equal_weight), TEST(wrong_data),
	TEST(wrong_mixtures))
