/*
 * IDX files with random damage, plain and gzip: the reader must answer each with values or with a reason, and
 * never crash, leak, overrun or take memory that the file cannot fill (run under ASan and UBSan: `make
 * fuzz`).
 *
 * Usage: idx [N_CASES [FIRST_CASE]]; a case is a pure function of its number.
 */
#include "sim/dataset_idx.h"
#include "tests/unit/idx_file.h"

#include <spikem/rng.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_DAMAGE = 4, DEFAULT_CASES = 2000, N_LABELS = 10 };

static size_t pick(struct spk_rng *rng, size_t n)
{
	return n ? (size_t)spk_rng_below(rng, n) : 0;
}

static void damage(struct bytes *bytes, struct spk_rng *rng)
{
	const size_t at = pick(rng, bytes->length);
	switch (pick(rng, 4)) {
	case 0: /* another byte, most often in the header */
		bytes->data[pick(rng, 2) ? at : pick(rng, 20)] = (unsigned char)pick(rng, 256);
		break;
	case 1: /* a flipped bit */
		bytes->data[at] ^= (unsigned char)(1u << pick(rng, 8));
		break;
	case 2: /* the end is lost */
		bytes->length = at;
		break;
	default: /* something follows */
		while (bytes->length < IDX_ROOM && pick(rng, 8))
			bytes->data[bytes->length++] = (unsigned char)pick(rng, 256);
	}
}

/* A right file of images or labels, plain or gzip. */
static struct bytes make_seed(unsigned rank, struct spk_rng *rng)
{
	const uint32_t dims[] = {
		1 + (uint32_t)pick(rng, 9), 1 + (uint32_t)pick(rng, 9), 1 + (uint32_t)pick(rng, 9)};
	const struct bytes plain = make_idx(
		rank, dims, (unsigned)pick(rng, 256), (unsigned)pick(rng, 256), rank == 1 ? N_LABELS : 256);
	return pick(rng, 2) ? make_gzip(&plain) : plain;
}

/* @return NULL, or what is wrong */
static const char *read_all(struct spk_idx *idx, size_t file_bytes, struct spk_error *err)
{
	const size_t n = (size_t)idx->left;
	const char *wrong = NULL;
	/* 1032 bytes from one is the densest that gzip can be */
	if (n == 0 || n > 1032 * file_bytes)
		return "takes memory by a false header";
	void *const values = malloc(n * sizeof(float));
	const int rc = !values          ? SPK_OK
		       : idx->rank == 1 ? spk_idx_read_labels(idx, N_LABELS, values, err)
					: spk_idx_read_pixels(idx, values, err);
	if (rc != SPK_OK && (err->status != rc || !err->text[0]))
		wrong = "refused without a reason";
	for (size_t k = 0; k < n && values && rc == SPK_OK && !wrong; k++) {
		const float pixel = ((const float *)values)[k];
		if (idx->rank == 1 ? ((const uint32_t *)values)[k] >= N_LABELS
				   : !(pixel >= 0.0f && pixel <= 1.0f))
			wrong = "a value out of its range";
	}
	free(values);
	return wrong;
}

static const char *try_case(const char *path, unsigned rank, const struct bytes *bytes, unsigned *ret_opened)
{
	struct spk_error err = {0};
	struct spk_idx idx = {0};
	const char *wrong = NULL;
	if (write_bytes(path, bytes->data, bytes->length))
		return "cannot write the case";
	const int rc = spk_idx_open(path, rank, &idx, &err);
	if (rc == SPK_OK) {
		(*ret_opened)++;
		wrong = read_all(&idx, bytes->length, &err);
		spk_idx_close(&idx);
	} else if (idx.in) {
		wrong = "a failure touched the output";
	} else if (err.status != rc || !err.text[0]) {
		wrong = "refused without a reason";
	}
	return wrong;
}

int main(int argc, char **argv)
{
	const unsigned long n_cases = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_CASES;
	const unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	char folder[] = "build/fuzz-XXXXXX", path[64];
	const char *wrong = NULL;
	unsigned opened = 0;
	if (!mkdtemp(folder)) {
		fprintf(stderr, "fuzz: run from the root of the sources, after a build\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/case.idx", folder);
	for (unsigned long k = first; k < first + n_cases && !wrong; k++) {
		struct spk_rng rng = spk_rng_stream(2, SPK_RNG_TEST, 0, k);
		const unsigned rank = pick(&rng, 2) ? 3 : 1;
		struct bytes bytes = make_seed(rank, &rng);
		for (size_t d = pick(&rng, MAX_DAMAGE); d > 0; d--)
			damage(&bytes, &rng);
		wrong = try_case(path, rank, &bytes, &opened);
		if (wrong)
			fprintf(stderr, "fuzz: case %lu: %s; it is in %s\n", k, wrong, path);
	}
	if (!wrong) {
		unlink(path);
		rmdir(folder);
		printf("fuzz: %lu damaged IDX files, %u of them with a right header, none mishandled\n",
			n_cases, opened);
	}
	return wrong != NULL;
}
