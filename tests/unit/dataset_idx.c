/* IDX files: what is right is read to the last bit, what is not is refused with a reason. */
#include "sim/dataset_idx.h"
#include "tests/test.h"
#include "tests/unit/idx_file.h"

#include <sys/stat.h>

static const uint32_t image_dims[] = {5, 3, 4};
static const uint32_t label_dims[] = {5};
enum { N_VALUES = 60, N_LABELS = 5 };

static const char *path_of(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	const char *const folder = getenv("SPK_TEST_DIR");
	char *const path = paths[next++ % 4];

	(void)snprintf(path, sizeof paths[0], "%s/%s", folder != NULL ? folder : "/tmp", name);
	return path;
}

static struct bytes images(void)
{
	return make_idx(3, image_dims, 0, 51, 256);
}

/* Read a file of images; `kept` stays as it is when reading fails. */
static int read_images(const char *path, float kept[N_VALUES], struct spk_error *err)
{
	struct spk_idx idx = {0};
	float pixels[2 * N_VALUES];
	int rc = spk_idx_open(path, 3, &idx, err);

	if (rc != SPK_OK) {
		CHECK(idx.in == NULL);
		return rc;
	}
	if (idx.left > 2 * N_VALUES)
		rc = spk_fail(err, SPK_E_LIMIT, "larger than the test's memory");
	else
		rc = spk_idx_read_pixels(&idx, pixels, err);
	spk_idx_close(&idx);
	if (rc == SPK_OK)
		memcpy(kept, pixels, N_VALUES * sizeof *pixels);
	return rc;
}

static int read_bytes_as_images(
	const void *bytes, size_t length, float pixels[N_VALUES], struct spk_error *err)
{
	const char *const path = path_of("case.idx");

	memset(err, 0, sizeof *err);
	if (!CHECK(write_bytes(path, bytes, length) == 0))
		return SPK_OK;
	return read_images(path, pixels, err);
}

static void check_refused(const void *bytes, size_t length, int status, const char *part)
{
	struct spk_error err;
	float pixels[N_VALUES];
	const int rc = read_bytes_as_images(bytes, length, pixels, &err);

	if (!CHECK(rc == status) | !CHECK(strstr(err.text, part) != NULL))
		printf("#   status %d, %s\n#   expected: %s\n", rc, err.text, part);
}

static void check_pixels(const float *pixels)
{
	for (int k = 0; k < N_VALUES; k++)
		CHECK_ABS(pixels[k], (51 * k % 256) / 255.0, 6e-8, "half a unit of single precision at 1");
}

static void plain_and_gzip(void)
{
	const struct bytes plain = images(), packed = make_gzip(&plain);
	struct spk_error err;
	float pixels[N_VALUES] = {0};

	CHECK(read_bytes_as_images(plain.data, plain.length, pixels, &err) == SPK_OK);
	check_pixels(pixels);
	CHECK(pixels[0] == 0.0f && pixels[5] == 1.0f); /* bytes 0 and 255 */
	memset(pixels, 0, sizeof pixels);
	CHECK(packed.length > 0 && read_bytes_as_images(packed.data, packed.length, pixels, &err) == SPK_OK);
	check_pixels(pixels);
}

/* gzip files may be concatenated. */
static void several_gzip_members(void)
{
	const struct bytes whole = images();
	struct bytes head = whole, tail = {.length = whole.length - 30}, both;
	struct spk_error err;
	float pixels[N_VALUES] = {0};

	head.length = 30;
	memcpy(tail.data, whole.data + 30, tail.length);
	both = make_gzip(&head);
	tail = make_gzip(&tail);
	memcpy(both.data + both.length, tail.data, tail.length);
	CHECK(read_bytes_as_images(both.data, both.length + tail.length, pixels, &err) == SPK_OK);
	check_pixels(pixels);
}

static void pairs(void)
{
	const struct bytes first = images(), second = make_idx(1, label_dims, 9, 3, 10);
	const char *const images_path = path_of("images"), *const labels_path = path_of("labels");
	static const uint32_t want[N_LABELS] = {9, 2, 5, 8, 1};
	uint32_t labels[N_LABELS] = {0};
	struct spk_idx a = {0}, b = {0};
	struct spk_error err;

	CHECK(write_bytes(images_path, first.data, first.length) == 0);
	CHECK(write_bytes(labels_path, second.data, second.length) == 0);
	CHECK(spk_idx_open_pair(images_path, labels_path, &a, &b, &err) == SPK_OK);
	CHECK(a.dims[0] == 5 && a.dims[1] == 3 && a.dims[2] == 4);
	CHECK(b.dims[0] == 5);
	CHECK(spk_idx_read_labels(&b, 10, labels, &err) == SPK_OK);
	CHECK(memcmp(labels, want, sizeof want) == 0);
	spk_idx_close(&a);
	spk_idx_close(&b);
	/* the two the wrong way round, then the same file twice */
	CHECK(spk_idx_open_pair(labels_path, images_path, &a, &b, &err) == SPK_E_FORMAT);
	CHECK(strstr(err.text, "has 1 dimension, images have 3") != NULL);
	CHECK(spk_idx_open_pair(images_path, images_path, &a, &b, &err) == SPK_E_FORMAT);
	CHECK(strstr(err.text, "has 3 dimensions, labels have 1") != NULL);
	CHECK(a.in == NULL && b.in == NULL);
}

static void wrong_labels(void)
{
	static const uint32_t four[] = {4};
	const struct bytes first = images(), fewer = make_idx(1, four, 0, 1, 10),
			   high = make_idx(1, label_dims, 7, 1, 256);
	const char *const images_path = path_of("images"), *const labels_path = path_of("labels");
	uint32_t labels[N_LABELS];
	struct spk_idx a = {0}, b = {0};
	struct spk_error err;

	CHECK(write_bytes(images_path, first.data, first.length) == 0);
	CHECK(write_bytes(labels_path, fewer.data, fewer.length) == 0);
	CHECK(spk_idx_open_pair(images_path, labels_path, &a, &b, &err) == SPK_E_FORMAT);
	CHECK(strstr(err.text, "holds 5 images") != NULL && strstr(err.text, "holds 4 labels") != NULL);
	CHECK(write_bytes(labels_path, high.data, high.length) == 0);
	CHECK(spk_idx_open(labels_path, 1, &b, &err) == SPK_OK);
	CHECK(spk_idx_read_labels(&b, 10, labels, &err) == SPK_E_FORMAT);
	CHECK(strstr(err.text, "the label of item 3 is 10, labels lie below 10") != NULL);
	spk_idx_close(&b);
	/* 7 to 11 are right where there are twelve labels */
	CHECK(spk_idx_open(labels_path, 1, &b, &err) == SPK_OK);
	CHECK(spk_idx_read_labels(&b, 12, labels, &err) == SPK_OK && labels[4] == 11);
	spk_idx_close(&b);
}

static void cut_off_at_every_byte(void)
{
	const struct bytes plain = images(), packed = make_gzip(&plain);

	for (size_t length = 0; length < plain.length; length++)
		check_refused(plain.data, length, SPK_E_FORMAT, "cut off");
	for (size_t length = 0; length < packed.length; length++)
		check_refused(packed.data, length, SPK_E_FORMAT, "case.idx");
}

static void every_bit_of_the_header_matters(void)
{
	for (unsigned bit = 0; bit < 16 * 8; bit++) {
		struct bytes idx = images();
		struct spk_error err;
		float pixels[N_VALUES];
		int rc;

		idx.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		rc = read_bytes_as_images(idx.data, idx.length, pixels, &err);
		CHECK(rc == SPK_E_FORMAT || (rc == SPK_E_LIMIT && strstr(err.text, "more than 268435456")));
	}
}

/* A flipped bit of a gzip file is found, or it is one that says nothing about the contents. */
static void damaged_gzip(void)
{
	const struct bytes plain = images(), packed = make_gzip(&plain);
	int n_refused = 0;

	for (unsigned bit = 0; bit < packed.length * 8; bit++) {
		struct bytes idx = packed;
		struct spk_error err;
		float pixels[N_VALUES] = {0};

		idx.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (read_bytes_as_images(idx.data, idx.length, pixels, &err) == SPK_OK)
			check_pixels(pixels);
		else
			n_refused++;
	}
	/* all but the 10 bytes of the gzip header, which holds a date and a system */
	CHECK(n_refused >= (int)(packed.length - 10) * 8);
}

static void trailing_bytes(void)
{
	struct bytes idx = images(), packed;

	idx.data[idx.length++] = 0;
	packed = make_gzip(&idx);
	check_refused(idx.data, idx.length, SPK_E_FORMAT, "goes on after the last value");
	check_refused(packed.data, packed.length, SPK_E_FORMAT, "goes on after the last value");
}

static void declared_too_large(void)
{
	static const struct {
		uint32_t dims[3];
		int status;
		const char *part;
	} cases[] = {
		{{0xffffffff, 0xffffffff, 0xffffffff}, SPK_E_LIMIT, "more than 268435456 values"},
		{{0x10000, 0x10000, 0x10000}, SPK_E_LIMIT, "more than 268435456 values"},
		{{1u << 31, 2, 1}, SPK_E_LIMIT, "more than 268435456 values"},
		{{1u << 28, 1, 1}, SPK_E_FORMAT, "cut off: it declares 268435456 values"},
		{{6, 3, 4}, SPK_E_FORMAT, "cut off: it declares 72 values"},
		{{0, 3, 4}, SPK_E_FORMAT, "dimension 1 is 0"},
		{{5, 0, 4}, SPK_E_FORMAT, "dimension 2 is 0"},
		{{5, 3, 0}, SPK_E_FORMAT, "dimension 3 is 0"},
	};

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct bytes header = make_idx(3, cases[k].dims, 0, 0, 1), idx = images(), packed;

		memcpy(idx.data, header.data, 16);
		check_refused(idx.data, idx.length, cases[k].status, cases[k].part);
		packed = make_gzip(&idx);
		check_refused(
			packed.data, packed.length, cases[k].status, k == 4 ? "cut off" : cases[k].part);
	}
}

static void other_types(void)
{
	static const struct {
		unsigned char type;
		const char *part;
	} cases[] = {{9, "holds signed bytes"}, {11, "holds 16-bit numbers"}, {12, "holds 32-bit numbers"},
		{13, "holds floating-point numbers"}, {14, "holds double-precision numbers"},
		{10, "is no IDX file: it begins with 00 00 0a 03"}};

	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct bytes idx = images();

		idx.data[2] = cases[k].type;
		check_refused(idx.data, idx.length, SPK_E_FORMAT, cases[k].part);
	}
	check_refused("label,a,b\n", 10, SPK_E_FORMAT, "is no IDX file");
}

static void no_regular_file(void)
{
	struct spk_idx idx = {0};
	struct spk_error err;

	CHECK(spk_idx_open(path_of("nothing"), 3, &idx, &err) == SPK_E_IO);
	CHECK(strstr(err.text, "No such file") != NULL);
	(void)mkdir(path_of("folder"), 0777);
	CHECK(spk_idx_open(path_of("folder"), 3, &idx, &err) == SPK_E_IO);
	CHECK(strstr(err.text, "not a regular file") != NULL);
	CHECK(spk_idx_open("/dev/zero", 3, &idx, &err) == SPK_E_IO && idx.in == NULL);
}

TEST_MAIN(TEST(plain_and_gzip), TEST(several_gzip_members), TEST(pairs), TEST(wrong_labels),
	TEST(cut_off_at_every_byte), TEST(every_bit_of_the_header_matters), TEST(damaged_gzip),
	TEST(trailing_bytes), TEST(declared_too_large), TEST(other_types), TEST(no_regular_file))
