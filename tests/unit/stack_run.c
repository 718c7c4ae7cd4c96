/* Runs of small stacks: what is in the result file, threads, checkpoints, interruption. */
#include "tests/unit/scenario_file.h"

#include <math.h>
#include <spikem/file.h>
#include <unistd.h>

enum { ITEMS = 90, PIXELS = 16, PATH = 512 };

/* Images of bars at one of four places with noise: CSV, written anew for each test. */
static void write_images(void)
{
	char path[PATH];
	uint64_t state = 7;
	FILE *out;

	scratch_path(path, sizeof path, "bars.csv");
	out = fopen(path, "w");
	if (!CHECK(out != NULL))
		return;
	for (int k = 0; k < ITEMS; k++) {
		for (int i = 0; i < PIXELS; i++)
			(void)fprintf(out, "%.0f,", (i % 4 == k % 4 ? 80 : 10) + test_uniform(&state, 0, 20));
		(void)fprintf(out, "%d\n", k % 4);
	}
	CHECK(fclose(out) == 0);
}

static const char text[] =
	"spikem: 1\ntitle: Bars\nseed: 5\n"
	"data: {bars: {file: bars.csv, shape: [4, 4], range: [0, 100], labels: 4, splits: {train: 0-49, "
	"validate: 50-69, test: 70-89}}}\n"
	"stack:\n"
	"  data: bars\n"
	"  layers:\n"
	"    - {name: x, unit: sigmoid, corruption: 0.1}\n"
	"    - {name: h1, size: 12, unit: softplus, bias: -1, gain: 0.5, corruption: 0.1}\n"
	"    - {name: h2, size: 5, unit: sigmoid, draws: 3}\n"
	"  objective: {prior: true}\n"
	"  training: {split: train, epochs: 4, minibatch: 8, encoder_step: 1e-3, decoder_step: 1e-2}\n"
	"  evaluate:\n"
	"    ascent: {split: test, steps: 6, directions: true}\n"
	"    likelihood:\n"
	"      split: test\n"
	"      choose_on: validate\n"
	"      samples: 40\n"
	"      widths: [0.1, 0.2, 0.4]\n"
	"      samplers:\n"
	"        - {name: ancestral, model: ancestral}\n"
	"        - {name: generate, model: generate, rounds: 2, alpha: 0.3, temperature: 0.01}\n"
	"        - {name: joint, model: joint, rounds: 2}\n"
	"        - {name: reconstructions, model: reconstruction}\n"
	"        - {name: training images, model: data}\n"
	"        - {name: centroids, model: centroids}\n"
	"    inpainting: {split: test, rounds: 3, masks: [left, random]}\n";

/* ---- Runs --------------------------------------------------------------------------------------- */

/* Interrupts a run in the training epoch after `epochs` are done; < 0: never. */
struct stop {
	const char *checkpoint;
	int epochs, calls;
};

/* Epochs in the checkpoint, -1 when there is none. */
static double epochs_in(const char *path)
{
	struct spk_file *file = NULL;
	double epochs = -1;

	if (access(path, F_OK) != 0 || spk_file_open(path, &file, NULL) != SPK_OK)
		return -1;
	CHECK(spk_file_read_attr_f64(file, "/", "epochs", &epochs, NULL) == SPK_OK);
	CHECK(spk_file_close(file, 0, NULL) == SPK_OK);
	return epochs;
}

static int watch(void *user, const struct spk_stack_progress *progress)
{
	struct stop *stop = user;

	stop->calls++;
	CHECK(progress->share >= 0 && progress->share <= 1.0001 && progress->stage[0] != '\0');
	return stop->epochs >= 0 && epochs_in(stop->checkpoint) >= stop->epochs;
}

struct run {
	int rc;
	struct spk_error err;
	char *report;
	char output[PATH], checkpoint[PATH];
};

/* Run the text with overrides. Files are called after `name`. */
static struct run run_stack(
	const char *name, unsigned threads, int resume, int stop_epochs, size_t n, const char *const *sets)
{
	struct run run = {0};
	char file[64], path[PATH];
	struct stop stop = {run.checkpoint, stop_epochs, 0};
	struct loaded loaded;

	(void)snprintf(file, sizeof file, "%s.h5", name);
	scratch_path(run.output, sizeof run.output, file);
	(void)snprintf(file, sizeof file, "%s.checkpoint", name);
	scratch_path(run.checkpoint, sizeof run.checkpoint, file);
	scratch_path(path, sizeof path, "bars.yaml");
	write_scratch(path, text, sizeof text - 1);
	loaded = load_file(path, n, sets);
	if (!CHECK(loaded.rc == SPK_OK)) {
		printf("# %s\n", loaded.report);
		run.rc = loaded.rc;
		return run;
	}
	const struct spk_stack_options options = {.threads = threads,
		.output = run.output,
		.checkpoint = run.checkpoint,
		.resume = resume,
		.progress = watch,
		.user = &stop};
	run.rc = spk_stack_run(loaded.scenario, &options, &run.report, &run.err);
	if (run.rc != SPK_OK)
		printf("# %s\n", run.err.text);
	loaded_clear(&loaded);
	return run;
}

static void forget(const struct run *run)
{
	free(run->report);
	(void)unlink(run->checkpoint);
	(void)unlink(run->output);
}

/* All numbers of a data set as doubles; *ret_n their number. NULL when it cannot be read. */
static double *read_all(const char *path, const char *name, size_t *ret_n)
{
	struct spk_file *file = NULL;
	uint64_t dims[4] = {0};
	double *values = NULL;
	int rank = 0;

	*ret_n = 0;
	if (!CHECK(spk_file_open(path, &file, NULL) == SPK_OK))
		return NULL;
	if (spk_file_shape(file, name, &rank, dims, NULL) == SPK_OK) {
		*ret_n = 1;
		for (int k = 0; k < rank; k++)
			*ret_n *= (size_t)dims[k];
		values = malloc((*ret_n + 1) * sizeof *values);
		if (values && spk_file_read(file, name, SPK_F64, 0, dims[0], values, NULL) != SPK_OK)
			*ret_n = 0;
	}
	CHECK(spk_file_close(file, 0, NULL) == SPK_OK);
	return values;
}

static const char *const data_sets[] = {"/stack/training/epoch", "/stack/training/encoder_loss_h1",
	"/stack/training/encoder_loss_h2", "/stack/training/decoder_loss_x",
	"/stack/training/decoder_loss_h1", "/stack/training/objective_before",
	"/stack/training/objective_after", "/stack/ascent/step", "/stack/ascent/mean",
	"/stack/ascent/decoder_x", "/stack/ascent/decoder_h1", "/stack/ascent/prior",
	"/stack/ascent/encoder_h1", "/stack/ascent/encoder_h2", "/stack/ascent/items",
	"/stack/directions/h1/target_prop", "/stack/directions/h2/random",
	"/stack/directions_untrained/h1/target_prop", "/stack/likelihood/ancestral/log_density",
	"/stack/likelihood/generate/samples", "/stack/likelihood/joint/samples",
	"/stack/likelihood/reconstructions/samples", "/stack/likelihood/training images/samples",
	"/stack/likelihood/centroids/samples", "/stack/inpainting/left/round", "/stack/inpainting/left/mse",
	"/stack/inpainting/left/mse_se", "/stack/inpainting/left/mean_fill",
	"/stack/inpainting/left/nearest_fill", "/stack/inpainting/left/agreement",
	"/stack/inpainting/random/filled", "/stack/inpainting/random/masked", "/stack/weights/f1/weight",
	"/stack/weights/f2/bias", "/stack/weights/g1/weight", "/stack/weights/g2/weight"};
enum { N_SETS = sizeof data_sets / sizeof *data_sets };

/* Bit for bit, NAN being NAN. */
static void check_same(const char *a, const char *b)
{
	for (size_t k = 0; k < N_SETS; k++) {
		size_t n, m, i = 0;
		double *const x = read_all(a, data_sets[k], &n), *const y = read_all(b, data_sets[k], &m);
		while (i < n && n == m && (x[i] == y[i] || (isnan(x[i]) && isnan(y[i]))))
			i++;
		if (!CHECK(n == m && i == n && n > 0))
			printf("#   %s: %zu and %zu values, different from %zu on\n", data_sets[k], n, m, i);
		free(x);
		free(y);
	}
}

static double read_attr(const char *path, const char *object, const char *name)
{
	struct spk_file *file = NULL;
	double value = (double)NAN;

	if (!CHECK(spk_file_open(path, &file, NULL) == SPK_OK))
		return value;
	CHECK(spk_file_read_attr_f64(file, object, name, &value, NULL) == SPK_OK);
	CHECK(spk_file_close(file, 0, NULL) == SPK_OK);
	return value;
}

/* ---- Tests -------------------------------------------------------------------------------------- */

/* Sizes of all data sets, and figures that can be computed from others. */
static void result_file(void)
{
	static const size_t sizes[N_SETS] = {5, 5, 5, 5, 5, 5, 5, 7, 7, 7, 7, 7, 7, 7, 20 * 7, 20, 20, 20, 20,
		40 * PIXELS, 40 * PIXELS, 40 * PIXELS, 40 * PIXELS, 40 * PIXELS, 4, 4, 4, 4, 4, 4,
		20 * PIXELS, 20 * PIXELS, 12 * PIXELS, 5, 12 * PIXELS, 60};
	struct run run;
	double sum = 0, gain = 0;
	size_t n, rising = 0;

	write_images();
	run = run_stack("whole", 1, 0, -1, 0, NULL);
	if (!CHECK(run.rc == SPK_OK && run.report != NULL))
		return;
	for (size_t k = 0; k < N_SETS; k++) {
		free(read_all(run.output, data_sets[k], &n));
		if (!CHECK(n == sizes[k]))
			printf("#   %s has %zu values\n", data_sets[k], n);
	}
	double *values = read_all(run.output, "/stack/likelihood/ancestral/log_density", &n);
	for (size_t k = 0; k < n; k++)
		sum += values[k];
	CHECK_REL(read_attr(run.output, "/stack/likelihood/ancestral", "mean"), sum / (double)n, 1e-12,
		"another order of the sum");
	free(values);
	values = read_all(run.output, "/stack/ascent/items", &n);
	for (size_t k = 0; k < 20 && n == 140; k++) {
		gain += values[7 * k + 6] - values[7 * k];
		rising += values[7 * k + 6] > values[7 * k];
	}
	free(values);
	CHECK_ABS(
		read_attr(run.output, "/stack/ascent", "gain"), gain / 20, 1e-9, "another order of the sum");
	CHECK_ABS(read_attr(run.output, "/stack/ascent", "share_rising"), (double)rising / 20, 1e-12,
		"a quotient of whole numbers");
	CHECK(strstr(run.report, "ancestral") != NULL && strstr(run.report, "in-painting") != NULL);
	CHECK(access(run.checkpoint, F_OK) == 0);
	forget(&run);
}

/* J = decoders + prior + alpha encoders, by the means of the terms that the file holds; training lowers the
 * losses; visible pixels are kept. */
static void figures_agree(void)
{
	struct run run;
	double *mean, *terms[5], *loss, *images, *filled;
	static const char *const names[] = {"/stack/ascent/decoder_x", "/stack/ascent/decoder_h1",
		"/stack/ascent/prior", "/stack/ascent/encoder_h1", "/stack/ascent/encoder_h2"};
	size_t n;

	write_images();
	run = run_stack("figures", 1, 0, -1, 0, NULL);
	if (!CHECK(run.rc == SPK_OK))
		return;
	mean = read_all(run.output, "/stack/ascent/mean", &n);
	for (size_t k = 0; k < 5; k++)
		terms[k] = read_all(run.output, names[k], &n);
	for (size_t s = 0; s < 7 && n == 7; s++)
		CHECK_REL(mean[s],
			terms[0][s] + terms[1][s] + terms[2][s] + 0.001 * (terms[3][s] + terms[4][s]), 1e-6,
			"J of each item is kept in single precision");
	for (size_t k = 0; k < 5; k++)
		free(terms[k]);
	free(mean);
	loss = read_all(run.output, "/stack/training/decoder_loss_x", &n);
	CHECK(n == 5 && isnan(loss[0]) && loss[4] < loss[1]);
	free(loss);
	images = read_all(run.output, "/stack/inpainting/left/images", &n);
	filled = read_all(run.output, "/stack/inpainting/left/filled", &n);
	for (size_t i = 0; i < n && n == 20 * PIXELS; i++)
		CHECK(i % 4 < 2 || images[i] == filled[i]);
	free(images);
	free(filled);
	forget(&run);
}

static void threads_change_no_bit(void)
{
	struct run one, two, three;

	write_images();
	one = run_stack("one", 1, 0, -1, 0, NULL);
	two = run_stack("two", 2, 0, -1, 0, NULL);
	three = run_stack("three", 3, 0, -1, 0, NULL);
	if (CHECK(one.rc == SPK_OK && two.rc == SPK_OK && three.rc == SPK_OK)) {
		check_same(one.output, two.output);
		check_same(one.output, three.output);
	}
	forget(&one);
	forget(&two);
	forget(&three);
}

static void seeds_differ(void)
{
	static const char *const sets[] = {"seed=6"};
	struct run a, b;
	double *x, *y;
	size_t n, m, same = 0;

	write_images();
	a = run_stack("a", 1, 0, -1, 0, NULL);
	b = run_stack("b", 1, 0, -1, 1, sets);
	x = read_all(a.output, "/stack/weights/g1/weight", &n);
	y = read_all(b.output, "/stack/weights/g1/weight", &m);
	for (size_t k = 0; k < n && n == m; k++)
		same += x[k] == y[k];
	CHECK(n == m && n > 0 && same == 0);
	free(x);
	free(y);
	forget(&a);
	forget(&b);
}

/* Codes inferred from noisy items: without noise it is the same run; with it, the decoder explains less. */
static void inferred_from_noise(void)
{
	static const char *const sets[][3] = {
		{"stack.layers[0].corruption=0", "stack.training.infer_from=clean",
			"stack.training.epochs=24"},
		{"stack.layers[0].corruption=0", "stack.training.infer_from=corrupted",
			"stack.training.epochs=24"},
		{"stack.layers[0].corruption=1", "stack.training.infer_from=clean",
			"stack.training.epochs=24"},
		{"stack.layers[0].corruption=1", "stack.training.infer_from=corrupted",
			"stack.training.epochs=24"}};
	struct run runs[4];
	double *loss[4], *weight[2];
	size_t n[4], m[2];

	write_images();
	for (size_t k = 0; k < 4; k++) {
		const char name[] = {(char)('a' + k), '\0'};
		runs[k] = run_stack(name, 1, 0, -1, 3, sets[k]);
		loss[k] = read_all(runs[k].output, "/stack/training/decoder_loss_x", &n[k]);
	}
	for (size_t k = 0; k < 2; k++)
		weight[k] = read_all(runs[k].output, "/stack/weights/g1/weight", &m[k]);
	if (CHECK(n[2] == 25 && n[3] == 25 && m[0] > 0 && m[0] == m[1])) {
		CHECK(memcmp(weight[0], weight[1], m[0] * sizeof *weight[0]) == 0);
		CHECK(loss[3][24] > 1.05 * loss[2][24]);
	}
	for (size_t k = 0; k < 4; k++) {
		free(loss[k]);
		forget(&runs[k]);
	}
	free(weight[0]);
	free(weight[1]);
}

/* A run that was stopped after two epochs and went on ends as one without a break, for every optimiser. */
static void resumed_is_the_same(void)
{
	static const char *const sets[][2] = {
		{"stack.training.optimiser=rmsprop", "stack.training.final=0.1"},
		{"stack.training.optimiser=adam", "stack.training.decay=0.9"},
		{"stack.training.optimiser=sgd", "stack.inference.temperature=0.01"}};

	write_images();
	for (size_t k = 0; k < 3; k++) {
		struct run whole = run_stack("whole", 1, 0, -1, 2, sets[k]), rest;
		struct run part = run_stack("part", 2, 0, 2, 2, sets[k]);
		CHECK(whole.rc == SPK_OK && part.rc == SPK_E_INTERRUPTED);
		CHECK(read_attr(part.output, "/", "complete") == 0 && epochs_in(part.checkpoint) == 2);
		free(part.report);
		rest = run_stack("part", 2, 1, -1, 2, sets[k]);
		CHECK(rest.rc == SPK_OK && read_attr(rest.output, "/", "complete") == 1);
		CHECK(rest.report && strstr(rest.report, "resumed") != NULL);
		check_same(whole.output, rest.output);
		forget(&whole);
		forget(&rest);
	}
}

/* More epochs later: 2, then 4, as 4 at once. Nothing is trained again when all epochs are done. */
static void more_epochs(void)
{
	static const char *const two[] = {"stack.training.epochs=2"};
	struct run whole, part, rest;

	write_images();
	whole = run_stack("whole", 1, 0, -1, 0, NULL);
	part = run_stack("part", 1, 0, -1, 1, two);
	CHECK(whole.rc == SPK_OK && part.rc == SPK_OK && epochs_in(part.checkpoint) == 2);
	free(part.report);
	rest = run_stack("part", 1, 1, -1, 0, NULL);
	CHECK(rest.rc == SPK_OK && epochs_in(rest.checkpoint) == 4);
	CHECK(rest.report && strstr(rest.report, "4 epochs of 50 items, the last 2 in ") != NULL);
	check_same(whole.output, rest.output);
	free(rest.report);
	rest = run_stack("part", 1, 1, -1, 0, NULL);
	CHECK(rest.rc == SPK_OK && rest.report &&
		strstr(rest.report, "4 epochs of 50 items, the last 0 in "));
	check_same(whole.output, rest.output);
	forget(&whole);
	forget(&rest);
}

static void check_refused(const char *name, size_t n, const char *const *sets, const char *part)
{
	struct run run = run_stack(name, 1, 1, -1, n, sets);

	CHECK(run.rc == SPK_E_FORMAT);
	if (!CHECK(strstr(run.err.text, part) != NULL))
		printf("#   should say: %s\n", part);
	free(run.report);
}

static void other_checkpoints(void)
{
	static const char *const size[] = {"stack.layers[1].size=13"}, *const seed[] = {"seed=9"},
				 *const fewer[] = {"stack.training.epochs=3"}, *const title[] = {"title=b"};
	struct run run;

	write_images();
	run = run_stack("other", 1, 0, -1, 0, NULL);
	CHECK(run.rc == SPK_OK);
	free(run.report);
	check_refused("other", 1, size, "h1, size: 12");
	check_refused("other", 1, seed, "there `seed: 5`, here `seed: 9`");
	check_refused("other", 1, fewer, "trained for 4 epochs, here are 3");
	run = run_stack("other", 1, 1, -1, 1, title);
	CHECK(run.rc == SPK_OK);
	free(run.report);
	write_scratch(run.checkpoint, "not HDF5", 8);
	run = run_stack("other", 1, 1, -1, 0, NULL);
	CHECK(run.rc != SPK_OK && run.rc != SPK_E_NOMEM);
	/* without --resume it is replaced; a missing one is no mistake */
	run = run_stack("other", 1, 0, -1, 0, NULL);
	CHECK(run.rc == SPK_OK && epochs_in(run.checkpoint) == 4);
	forget(&run);
	run = run_stack("other", 1, 1, -1, 0, NULL);
	CHECK(run.rc == SPK_OK);
	forget(&run);
}

/* Other values under the same name. */
static void other_data(void)
{
	struct run run;
	char path[PATH];
	FILE *file;

	write_images();
	run = run_stack("data", 1, 0, -1, 0, NULL);
	CHECK(run.rc == SPK_OK);
	free(run.report);
	scratch_path(path, sizeof path, "bars.csv");
	file = fopen(path, "r+");
	if (CHECK(file != NULL)) {
		(void)fputc('7', file);
		CHECK(fclose(file) == 0);
	}
	check_refused("data", 0, NULL, "the data have changed");
	(void)unlink(run.checkpoint);
}

/* Numbers that run away end the run with a reason. */
static void divergence(void)
{
	static const char *const sets[] = {"stack.training.optimiser=sgd", "stack.training.decoder_step=1e30",
		"stack.layers[0].unit=linear"};
	struct run run;

	write_images();
	run = run_stack("diverging", 1, 0, -1, 3, sets);
	CHECK(run.rc == SPK_E_NUMERIC && strstr(run.err.text, "diverged") != NULL);
	CHECK(read_attr(run.output, "/", "complete") == 0);
	forget(&run);
}

static void nothing_wanted(void)
{
	const struct spk_stack_options options = {.threads = 0};
	struct spk_error err = {0};
	struct loaded loaded;
	char path[PATH];

	write_images();
	scratch_path(path, sizeof path, "bars.yaml");
	write_scratch(path, text, sizeof text - 1);
	loaded = load_file(path, 0, NULL);
	if (CHECK(loaded.rc == SPK_OK))
		CHECK(spk_stack_run(loaded.scenario, &options, NULL, &err) == SPK_OK);
	loaded_clear(&loaded);
}

TEST_MAIN(TEST(result_file), TEST(figures_agree), TEST(threads_change_no_bit), TEST(seeds_differ),
	TEST(inferred_from_noise), TEST(resumed_is_the_same), TEST(more_epochs), TEST(other_checkpoints),
	TEST(other_data), TEST(divergence), TEST(nothing_wanted))
