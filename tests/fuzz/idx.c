/*
 * IDX files, plain and gzip: values in their range or a reason, and never memory that the file cannot fill.
 * First byte: images or labels.
 */
#include "sim/dataset_idx.h"
#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 20000;

enum { N_LABELS = 10, MAX_RATIO = 1032 /* bytes from one: the densest that gzip can be */ };

static void read_labels(struct spk_idx *idx, size_t n)
{
	struct spk_error err = {0};
	uint32_t *const labels = malloc(n * sizeof *labels);

	FUZZ_HOLDS(labels);
	const int rc = spk_idx_read_labels(idx, N_LABELS, labels, &err);
	if (rc)
		FUZZ_IS_ERROR(rc, err);
	for (size_t k = 0; k < n && !rc; k++)
		FUZZ_HOLDS(labels[k] < N_LABELS);
	free(labels);
}

static void read_pixels(struct spk_idx *idx, size_t n)
{
	struct spk_error err = {0};
	float *const pixels = malloc(n * sizeof *pixels);

	FUZZ_HOLDS(pixels);
	const int rc = spk_idx_read_pixels(idx, pixels, &err);
	if (rc)
		FUZZ_IS_ERROR(rc, err);
	for (size_t k = 0; k < n && !rc; k++)
		FUZZ_HOLDS(pixels[k] >= 0.0f && pixels[k] <= 1.0f);
	free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = {data, size};
	const unsigned rank = fuzz_number(&bytes, 1) % 2 ? 3 : 1;
	struct spk_error err = {0};
	struct spk_idx idx = {0};
	char path[FUZZ_PATH];

	fuzz_write("case.idx", bytes.at, bytes.left, path);
	const int rc = spk_idx_open(path, rank, &idx, &err);
	if (rc) {
		FUZZ_IS_ERROR(rc, err);
		FUZZ_HOLDS(!idx.in);
		return 0;
	}
	FUZZ_HOLDS(idx.left > 0 && idx.left <= MAX_RATIO * bytes.left);
	(rank == 1 ? read_labels : read_pixels)(&idx, (size_t)idx.left);
	spk_idx_close(&idx);
	return 0;
}
