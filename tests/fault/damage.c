/*
 * Files that were cut off, changed by a bit, or are empty, under the whole program: it says what is wrong and
 * ends with an exit code, or, where the file is a right one all the same, takes it. What carries a checksum
 * (checkpoints, gzip) is never taken.
 */
#include <zlib.h>

#include "tests/fault/program.h"
#include "tests/fault/scenarios.h"

enum { SOME = 10, ALL = 300, ROOM = 1 << 20 };

struct file {
	size_t n;
	unsigned char bytes[ROOM];
};

static void read_file(const char *path, struct file *ret)
{
	FILE *const in = fopen(path, "rb");

	ret->n = in ? fread(ret->bytes, 1, ROOM, in) : 0;
	CHECK(ret->n > 0 && ret->n < ROOM);
	if (in)
		(void)fclose(in);
}

struct tally {
	int tried, refused;
};

/* @param sure  a change cannot go unnoticed */
static void try_file(const struct program *program, const char *path, const struct file *file, int sure,
	const char *what, size_t at, struct tally *tally)
{
	program_write(path, file->bytes, file->n);
	const struct outcome outcome = program_run(program);
	const int refused =
		outcome.signal == 0 && (outcome.code == 1 || outcome.code == 2) && outcome.text[0];

	if (!CHECK(refused || (!sure && outcome.code == 0))) {
		printf("#   %s: %s %zu\n", path, what, at);
		program_show(&outcome);
	}
	tally->tried++;
	tally->refused += refused;
}

/* Run the program with damaged versions of a file that it reads. */
static void damage(const struct program *program, const char *path, int sure_when_cut, int sure_when_flipped)
{
	static struct file whole, changed;
	const size_t n_each = program_full() ? ALL : SOME;
	struct tally tally = {0};
	uint64_t seed = 3;

	read_file(path, &whole);
	const struct outcome undamaged = program_run(program);
	if (!CHECK(undamaged.code == 0))
		program_show(&undamaged);
	for (size_t k = 0; k < n_each; k++) {
		changed = whole;
		changed.n = whole.n * k / n_each; /* 0: empty */
		try_file(program, path, &changed, sure_when_cut || k == 0, "cut to", changed.n, &tally);
	}
	for (size_t k = 0; k < n_each; k++) {
		const size_t at = test_random(&seed) % whole.n;
		changed = whole;
		changed.bytes[at] ^= (unsigned char)(1u << test_random(&seed) % 8);
		try_file(program, path, &changed, sure_when_flipped, "a bit in byte", at, &tally);
	}
	program_write(path, whole.bytes, whole.n);
	printf("# %d damaged files, %d refused\n", tally.tried, tally.refused);
	CHECK(tally.refused >= (int)n_each / 3);
}

/* ---- Kinds of files ----------------------------------------------------------------------------- */

static void write_text(char path[PROGRAM_PATH], const char *name, const char *text)
{
	program_write(program_file(path, name), text, strlen(text));
}

static void check_with(const char *text, const char *name, int sure_when_cut, int sure_when_flipped)
{
	char scenario[PROGRAM_PATH], path[PROGRAM_PATH];

	write_text(scenario, "damage.yaml", text);
	const struct program program = {.args = {"check", scenario, NULL}};
	damage(&program, program_file(path, name), sure_when_cut, sure_when_flipped);
}

static void scenarios(void)
{
	check_with(scenario_network, "damage.yaml", 0, 0);
}

static void tables(void)
{
	char path[PROGRAM_PATH];

	scenario_items(program_file(path, "items.csv"));
	check_with(scenario_protocol, "items.csv", 0, 0);
}

static void lists_of_spikes(void)
{
	char path[PROGRAM_PATH];

	write_text(path, "spikes.csv", "id,time\n0,1.5\n19,2.25\n3,0.25\n7,800\n");
	check_with("spikem: 1\nduration: 1 s\npopulations:\n"
		   "  x: {size: 20, model: spike_list, spikes: {file: spikes.csv}}\n",
		"spikes.csv", 0, 0);
}

static void lists_of_connections(void)
{
	char path[PROGRAM_PATH];

	write_text(path, "edges.csv", "0,29,0.1,1.5\n19,0,-2,1\n7,7,0.5,2\n");
	check_with(
		"spikem: 1\nduration: 1 s\npopulations:\n"
		"  x: {size: 20, model: poisson, params: {rate: 1 Hz}}\n  z: {size: 30, model: lif_delta}\n"
		"projections:\n  - {from: x, to: z, connect: {list: {file: edges.csv}}}\n",
		"edges.csv", 0, 0);
}

/* Images of 4 x 4 pixels with their labels; gzip guards all but some of its header. */
static void write_idx(void)
{
	unsigned char images[16 + 12 * 16] = {0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 4};
	unsigned char labels[8 + 12] = {0, 0, 8, 1, 0, 0, 0, 12};
	char path[PROGRAM_PATH];

	for (int k = 0; k < 12 * 16; k++)
		images[16 + k] = (unsigned char)(k * 37);
	for (int k = 0; k < 12; k++)
		labels[8 + k] = (unsigned char)(k % 3);
	const gzFile out = gzopen(program_file(path, "images.gz"), "wb");
	CHECK(out && gzwrite(out, images, sizeof images) == (int)sizeof images && gzclose(out) == Z_OK);
	program_write(program_file(path, "labels"), labels, sizeof labels);
}

static const char with_idx[] = "spikem: 1\nduration: 10 ms\n"
			       "data: {digits: {idx: {images: images.gz, labels: labels, classes: 3}, "
			       "splits: {train: 0-8, test: 9-11}}}\n"
			       "populations:\n  x: {size: 16, model: poisson, params: {rate: 1 Hz}}\n";

static void idx_files(void)
{
	write_idx();
	check_with(with_idx, "labels", 1, 0);
}

static void idx_files_in_gzip(void)
{
	write_idx();
	check_with(with_idx, "images.gz", 1, 0);
}

static void checkpoints(void)
{
	char scenario[PROGRAM_PATH], items[PROGRAM_PATH], output[PROGRAM_PATH], saved[PROGRAM_PATH];
	struct program program = {.args = {"run", "-q", scenario, "-o", program_file(output, "stack.h5"),
					  "--checkpoint", program_file(saved, "saved"), NULL}};

	scenario_items(program_file(items, "items.csv"));
	write_text(scenario, "damage.yaml", scenario_stack);
	CHECK(program_run(&program).code == 0);
	program.args[7] = "--resume";
	damage(&program, saved, 1, 1);
}

/* Lists in HDF5 are cut off at most: their format guards itself against that alone. */
static void lists_in_hdf5(void)
{
	static struct file whole, changed;
	char scenario[PROGRAM_PATH], reader[PROGRAM_PATH], path[PROGRAM_PATH];
	struct tally tally = {0};
	const struct program make = {
		.args = {"run", "-q", scenario, "-o", program_file(path, "spikes.h5"), NULL}};
	const struct program check = {.args = {"check", reader, NULL}};

	write_text(scenario, "make.yaml",
		"spikem: 1\nduration: 1 s\npopulations:\n"
		"  x: {size: 20, model: poisson, params: {rate: 90 Hz}}\n"
		"record: {spikes: [x]}\n");
	write_text(reader, "read.yaml",
		"spikem: 1\nduration: 1 s\npopulations:\n"
		"  x: {size: 20, model: spike_list, spikes: {file: spikes.h5, population: x}}\n");
	CHECK(program_run(&make).code == 0 && program_run(&check).code == 0);
	read_file(path, &whole);
	for (size_t k = 0; k < SOME; k++) {
		changed = whole;
		changed.n = whole.n * k / SOME;
		try_file(&check, path, &changed, 1, "cut to", changed.n, &tally);
	}
}

TEST_MAIN(TEST(scenarios), TEST(tables), TEST(lists_of_spikes), TEST(lists_of_connections), TEST(idx_files),
	TEST(idx_files_in_gzip), TEST(checkpoints), TEST(lists_in_hdf5))
