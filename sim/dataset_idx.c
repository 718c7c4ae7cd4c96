/* IDX files: header, values, end. */
#include "sim/dataset_idx.h"

#include <string.h>

enum { MAX_VALUES = 1 << 28, CHUNK = 1 << 14, MAGIC_BYTES = 4, DIM_BYTES = 4, TYPE_BYTE = 8 };

static int read_exactly(struct spk_idx *idx, size_t n, unsigned char *bytes, struct spk_error *err)
{
	size_t got = 0;
	const int rc = spk_gz_read(idx->in, n, bytes, &got, err);

	if (rc == SPK_OK && got < n)
		return spk_fail(err, SPK_E_FORMAT, "%s is cut off", idx->path);
	return rc;
}

static const char *name_type(unsigned type)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {{9, "signed bytes"}, {11, "16-bit numbers"}, {12, "32-bit numbers"},
		{13, "floating-point numbers"}, {14, "double-precision numbers"}};

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (names[k].type == type)
			return names[k].name;
	return NULL;
}

static int check_magic(
	const char *path, const unsigned char magic[MAGIC_BYTES], unsigned rank, struct spk_error *err)
{
	const char *const type = name_type(magic[2]);

	if (magic[0] != 0 || magic[1] != 0 || (type == NULL && magic[2] != TYPE_BYTE))
		return spk_fail(err, SPK_E_FORMAT,
			"%s is no IDX file: it begins with %02x %02x %02x %02x, not with 00 00 08 %02x", path,
			magic[0], magic[1], magic[2], magic[3], rank);
	if (type != NULL)
		return spk_fail(err, SPK_E_FORMAT, "%s holds %s; unsigned bytes are needed", path, type);
	if (magic[3] != rank)
		return spk_fail(err, SPK_E_FORMAT, "%s has %u dimension%s, %s have %u", path, magic[3],
			magic[3] == 1 ? "" : "s", rank == 1 ? "labels" : "images", rank);
	return SPK_OK;
}

/* Dimensions, whose product is bounded before it is formed. */
static int read_dims(struct spk_idx *idx, struct spk_error *err)
{
	const uint64_t header = MAGIC_BYTES + DIM_BYTES * (uint64_t)idx->rank;
	unsigned char bytes[DIM_BYTES];

	idx->left = 1;
	for (unsigned k = 0; k < idx->rank; k++) {
		const int rc = read_exactly(idx, sizeof bytes, bytes, err);
		uint64_t dim = 0;

		if (rc != SPK_OK)
			return rc;
		for (size_t b = 0; b < sizeof bytes; b++)
			dim = dim << 8 | bytes[b];
		if (dim == 0)
			return spk_fail(
				err, SPK_E_FORMAT, "%s holds nothing: dimension %u is 0", idx->path, k + 1);
		if (dim > MAX_VALUES / idx->left)
			return spk_fail(
				err, SPK_E_LIMIT, "%s declares more than %d values", idx->path, MAX_VALUES);
		idx->dims[k] = dim;
		idx->left *= dim;
	}
	if (header + idx->left > spk_gz_most_bytes(idx->in))
		return spk_fail(err, SPK_E_FORMAT, "%s is cut off: it declares %llu values", idx->path,
			(unsigned long long)idx->left);
	return SPK_OK;
}

int spk_idx_open(const char *path, unsigned rank, struct spk_idx *ret_idx, struct spk_error *err)
{
	struct spk_idx idx = {.path = path, .rank = rank};
	unsigned char magic[MAGIC_BYTES];
	int rc = spk_gz_open(path, &idx.in, err);

	if (rc == SPK_OK)
		rc = read_exactly(&idx, sizeof magic, magic, err);
	if (rc == SPK_OK)
		rc = check_magic(path, magic, rank, err);
	if (rc == SPK_OK)
		rc = read_dims(&idx, err);
	if (rc == SPK_OK)
		*ret_idx = idx;
	else
		spk_idx_close(&idx);
	return rc;
}

void spk_idx_close(struct spk_idx *idx)
{
	spk_gz_close(idx->in);
	*idx = (struct spk_idx){0};
}

/* The next values, at most CHUNK. */
static int read_chunk(struct spk_idx *idx, unsigned char *bytes, size_t *ret_n, struct spk_error *err)
{
	const size_t n = idx->left < CHUNK ? (size_t)idx->left : CHUNK;
	const int rc = read_exactly(idx, n, bytes, err);

	idx->left -= n;
	*ret_n = n;
	return rc;
}

/* Reading on also makes zlib compare its checksum. */
static int expect_end(struct spk_idx *idx, struct spk_error *err)
{
	unsigned char byte;
	size_t got = 0;
	const int rc = spk_gz_read(idx->in, 1, &byte, &got, err);

	if (rc == SPK_OK && got > 0)
		return spk_fail(err, SPK_E_FORMAT, "%s goes on after the last value", idx->path);
	return rc;
}

int spk_idx_read_pixels(struct spk_idx *idx, float *ret_pixels, struct spk_error *err)
{
	unsigned char bytes[CHUNK];
	size_t n;

	while (idx->left > 0) {
		const int rc = read_chunk(idx, bytes, &n, err);

		if (rc != SPK_OK)
			return rc;
		for (size_t k = 0; k < n && ret_pixels != NULL; k++)
			*ret_pixels++ = (float)bytes[k] / 255.0f;
	}
	return expect_end(idx, err);
}

int spk_idx_read_labels(struct spk_idx *idx, uint64_t n_labels, uint32_t *ret_labels, struct spk_error *err)
{
	unsigned char bytes[CHUNK];
	uint64_t item = 0;
	size_t n;

	while (idx->left > 0) {
		const int rc = read_chunk(idx, bytes, &n, err);

		if (rc != SPK_OK)
			return rc;
		for (size_t k = 0; k < n; k++, item++) {
			if (bytes[k] >= n_labels)
				return spk_fail(err, SPK_E_FORMAT,
					"%s: the label of item %llu is %u, labels lie below %llu", idx->path,
					(unsigned long long)item, bytes[k], (unsigned long long)n_labels);
			if (ret_labels != NULL)
				ret_labels[item] = bytes[k];
		}
	}
	return expect_end(idx, err);
}

int spk_idx_open_pair(const char *images, const char *labels, struct spk_idx *ret_images,
	struct spk_idx *ret_labels, struct spk_error *err)
{
	struct spk_idx first = {0}, second = {0};
	int rc = spk_idx_open(images, 3, &first, err);

	if (rc == SPK_OK)
		rc = spk_idx_open(labels, 1, &second, err);
	if (rc == SPK_OK && first.dims[0] != second.dims[0])
		rc = spk_fail(err, SPK_E_FORMAT, "%s holds %llu images, %s holds %llu labels", images,
			(unsigned long long)first.dims[0], labels, (unsigned long long)second.dims[0]);
	if (rc == SPK_OK) {
		*ret_images = first;
		*ret_labels = second;
		return rc;
	}
	spk_idx_close(&first);
	spk_idx_close(&second);
	return rc;
}
