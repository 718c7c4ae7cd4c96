/*
 * Result files whose heap of texts was damaged: read or refused with a reason, and never endlessly. HDF5
 * itself walks in a heap by the lengths in it, and stays where one is 0.
 */
#include "tests/unit/file_rows.h"

enum { MAX_FILE = 1 << 16, SECONDS = 60, HEAD = 16 };

static struct {
	size_t n, heap; /* where the heap begins */
	unsigned char bytes[MAX_FILE];
} whole;

static void write_texts(void)
{
	struct spk_error err = {0};
	struct spk_file *file = NULL;

	CHECK(!spk_file_create(scratch("heap.h5"), NULL, &file, &err));
	CHECK(!spk_file_text(file, "/scenario/source", "spikem: 1\n", &err));
	CHECK(!spk_file_attr_text(file, "/scenario/source", "note", "a text in the same heap", &err));
	CHECK(!spk_file_close(file, 1, &err));
}

static int read_whole(void)
{
	FILE *const in = fopen(scratch("heap.h5"), "rb");

	whole.n = in ? fread(whole.bytes, 1, MAX_FILE, in) : 0;
	if (in)
		(void)fclose(in);
	const unsigned char *const at = memmem(whole.bytes, whole.n, "GCOL", 4);
	whole.heap = at ? (size_t)(at - whole.bytes) : 0;
	return CHECK(whole.n < MAX_FILE && at);
}

/* Read both texts of a file with these bytes. @return what failed first, or SPK_OK */
static int read_texts(const unsigned char *bytes, struct spk_error *err)
{
	struct spk_file *file = NULL;
	char *text = NULL, *note = NULL;
	FILE *const out = fopen(scratch("damaged.h5"), "wb");

	CHECK(out && fwrite(bytes, 1, whole.n, out) == whole.n && fclose(out) == 0);
	(void)alarm(SECONDS);
	int rc = spk_file_open(scratch("damaged.h5"), &file, err);
	if (!rc)
		rc = spk_file_read_text(file, "/scenario/source", &text, err);
	if (!rc)
		rc = spk_file_read_attr_text(file, "/scenario/source", "note", &note, err);
	(void)spk_file_close(file, 0, NULL);
	free(text);
	free(note);
	(void)alarm(0);
	return rc;
}

static uint64_t get(size_t at, size_t n)
{
	uint64_t value = 0;

	memcpy(&value, whole.bytes + whole.heap + at, n);
	return value;
}

/* Read the file with another length at this place of the heap. */
static int with_length(size_t at, uint64_t length, struct spk_error *err)
{
	static unsigned char bytes[MAX_FILE];

	memcpy(bytes, whole.bytes, whole.n);
	memcpy(bytes + whole.heap + at, &length, sizeof length);
	return read_texts(bytes, err);
}

/* Each item of the heap with lengths that lead nowhere, behind its end, or past the largest number. */
static void lengths_that_lead_nowhere_are_refused(void)
{
	struct spk_error err = {0};
	size_t at = HEAD, n = 0;

	write_texts();
	if (!read_whole())
		return;
	const uint64_t size = get(8, 8);
	CHECK(read_texts(whole.bytes, &err) == SPK_OK);
	CHECK(with_length(8, 0, &err) == SPK_E_FORMAT && with_length(8, UINT64_MAX, &err) == SPK_E_FORMAT);
	while (size - at >= HEAD) {
		const uint64_t length = get(at + 8, 8), index = get(at, 2);
		const uint64_t wrong[] = {index ? size : 0, size, size - at + 1, UINT64_MAX, UINT64_MAX - 6};
		for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
			CHECK(with_length(at + 8, wrong[k], &err) == SPK_E_FORMAT);
			CHECK(strstr(err.text, "a heap of texts is damaged"));
		}
		at += index ? HEAD + (size_t)((length + 7) / 8 * 8) : (size_t)length;
		n++;
	}
	CHECK(at == size && n > 2);
}

/* Each bit of the heads of items, and each byte as a zero: whatever comes of it, it comes at once. */
static void any_bit_of_the_heap_may_be_wrong(void)
{
	static unsigned char bytes[MAX_FILE];
	struct spk_error err = {0};
	unsigned refused = 0;

	write_texts();
	if (!read_whole())
		return;
	for (size_t k = 0; k < 9 * 320; k++) {
		const size_t at = whole.heap + k / 9;
		memcpy(bytes, whole.bytes, whole.n);
		bytes[at] = k % 9 == 8 ? 0 : (unsigned char)(bytes[at] ^ 1u << k % 9);
		const int rc = read_texts(bytes, &err);
		CHECK(rc == SPK_OK || (rc == SPK_E_FORMAT && err.text[0]));
		refused += rc != SPK_OK;
	}
	CHECK(refused > 100);
}

TEST_MAIN(TEST(lengths_that_lead_nowhere_are_refused), TEST(any_bit_of_the_heap_may_be_wrong))
