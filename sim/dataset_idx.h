/**
 * IDX files, plain or gzip: arrays of unsigned bytes with a header.
 *
 * The header is two zero bytes, the type of the values (8: unsigned bytes, the only one read here), the
 * number of dimensions, and each dimension as a 32-bit number, most significant byte first; the values
 * follow, the last index fastest, and nothing after them.
 * Source: LeCun, Cortes, Burges: The MNIST database of handwritten digits (file formats).
 */
#ifndef SPIKEM_SIM_DATASET_IDX_H
#define SPIKEM_SIM_DATASET_IDX_H

#include "sim/gz.h"

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

enum { SPK_IDX_MAX_RANK = 3 };

/** An open file whose header was read. Zero-initialised memory is one that is not open. */
struct spk_idx {
	const char *path; /* borrowed */
	struct spk_gz *in;
	unsigned rank;
	uint64_t dims[SPK_IDX_MAX_RANK]; /* the first counts the items */
	uint64_t left;                   /* values not read yet */
};

/**
 * Open a file and check its header: as many dimensions as wanted, none of them 0, at most 2^28 values and no
 * more than a file of its size can hold, so that memory may be taken by the header's word.
 * Errors: SPK_E_IO, SPK_E_FORMAT, SPK_E_LIMIT (2^28 values), SPK_E_NOMEM. Close with spk_idx_close.
 */
int spk_idx_open(const char *path, unsigned rank, struct spk_idx *ret_idx, struct spk_error *err);
void spk_idx_close(struct spk_idx *idx);

/**
 * Read all values as v / 255. The file must end with them. ret_pixels may be NULL: they are only checked.
 * Errors: SPK_E_IO, SPK_E_FORMAT (cut off, or bytes after the values, or damaged compressed data).
 */
int spk_idx_read_pixels(struct spk_idx *idx, float *ret_pixels, struct spk_error *err);
/** The same as whole numbers, each below n_labels (SPK_E_FORMAT). */
int spk_idx_read_labels(struct spk_idx *idx, uint64_t n_labels, uint32_t *ret_labels, struct spk_error *err);

/** Open images (three dimensions) and their labels (one): as many of the latter as of the former. */
int spk_idx_open_pair(const char *images, const char *labels, struct spk_idx *ret_images,
	struct spk_idx *ret_labels, struct spk_error *err);

#endif
