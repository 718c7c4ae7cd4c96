/*
 * Writing the tails of a compressed stream: rows that do not fill a chunk yet. struct spk_tail_word says what
 * a slot is.
 *
 * Tails leave a hole in the finished file, so a stream begins with a small one and takes a larger one when
 * its rows no longer fit. This depends on the rows alone, not on when the file is flushed: equal runs give
 * equal files. The smaller ones stay until the end, since the rows flushed last may be in them.
 */
#include "sim/record_hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256, GROWTH = 4, MAX_TAILS = 16 };

struct spk_tails {
	const struct spk_file *file;
	char *group; /* of the stream */
	char *names; /* of the columns, for the reader */
	size_t row_size;
	size_t chunk; /* rows of a chunk of the stream */
	int n;
	hid_t sets[MAX_TAILS];
	size_t rooms[MAX_TAILS]; /* rows in a slot, ascending */
	uint64_t sequence;       /* of the slot written last */
	uint64_t end;            /* rows of the stream that were on their way to the disk with it */
};

void spk_tails_free(struct spk_tails *tails)
{
	if (!tails)
		return;
	for (int k = 0; k < tails->n; ++k)
		H5Dclose(tails->sets[k]);
	free(tails->names);
	free(tails->group);
	free(tails);
}

static char *join_names(size_t n_columns, const struct spk_column *columns)
{
	size_t size = 1, at = 0;
	for (size_t k = 0; k < n_columns; ++k)
		size += strlen(columns[k].name) + 1;
	char *const names = calloc(size, 1);
	for (size_t k = 0; names && k < n_columns; ++k)
		at += (size_t)snprintf(names + at, size - at, "%s%s", k ? "/" : "", columns[k].name);
	return names;
}

struct spk_tails *spk_tails_create(const struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, size_t row_size, size_t chunk)
{
	struct spk_tails *const tails = calloc(1, sizeof *tails);
	if (!tails)
		return NULL;
	tails->file = file;
	tails->group = strdup(group);
	tails->names = join_names(n_columns, columns);
	tails->row_size = row_size;
	tails->chunk = chunk;
	if (tails->group && tails->names)
		return tails;
	spk_tails_free(tails);
	return NULL;
}

static size_t slot_size(const struct spk_tails *tails, int k)
{
	return SPK_TAIL_HEAD * sizeof(uint64_t) + tails->rooms[k] * tails->row_size;
}

/* Add tail number tails->n, with rooms[n] rows. */
static herr_t add_tail(struct spk_tails *tails)
{
	const hsize_t dims[2] = {2, slot_size(tails, tails->n)};
	const hid_t plan = spk_set_plan(), space = H5Screate_simple(2, dims, NULL);
	hid_t set = -1;
	herr_t rc = -1;
	char path[SPK_TAIL_PATH];
	const int fits =
		snprintf(path, sizeof path, SPK_TAIL_FORMAT, tails->group, tails->n) < (int)sizeof path;
	if (fits && plan >= 0 && space >= 0 && H5Pset_alloc_time(plan, H5D_ALLOC_TIME_EARLY) >= 0 &&
		H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER) >= 0 &&
		spk_groups_make(tails->file, path, 0) >= 0)
		set = H5Dcreate2(tails->file->id, path, H5T_STD_U8LE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
	if (set >= 0) {
		rc = spk_attr_text(set, SPK_TAIL_COLUMNS, tails->names);
		tails->sets[tails->n++] = set;
	}
	if (space >= 0)
		H5Sclose(space);
	if (plan >= 0)
		H5Pclose(plan);
	return rc;
}

int spk_tails_have_room(const struct spk_tails *tails, size_t n_rows)
{
	return tails->n > 0 && tails->rooms[tails->n - 1] >= n_rows;
}

/* Every step is taken, so that the file does not depend on how many rows come at a time. */
herr_t spk_tails_make_room(struct spk_tails *tails, size_t n_rows)
{
	while (!spk_tails_have_room(tails, n_rows)) {
		if (tails->n == MAX_TAILS)
			return -1;
		const size_t room = tails->n ? GROWTH * tails->rooms[tails->n - 1] : FIRST_ROOM;
		tails->rooms[tails->n] = room < tails->chunk ? room : tails->chunk;
		if (add_tail(tails) < 0)
			return -1;
	}
	return 0;
}

static herr_t write_slot_part(hid_t set, uint64_t slot, hsize_t at, hsize_t n, const void *bytes)
{
	const hsize_t first[2] = {slot, at}, count[2] = {1, n};
	const hid_t there = H5Dget_space(set), here = H5Screate_simple(2, count, NULL);
	herr_t rc = H5Sselect_hyperslab(there, H5S_SELECT_SET, first, NULL, count, NULL);
	if (rc >= 0)
		rc = H5Dwrite(set, H5T_NATIVE_UINT8, here, there, H5P_DEFAULT, bytes);
	if (here >= 0)
		H5Sclose(here);
	if (there >= 0)
		H5Sclose(there);
	return rc;
}

/* The rows first, then the head with their checksum: a slot that was cut short does not match its head. */
herr_t spk_tails_write(struct spk_tails *tails, uint64_t base, size_t n_rows, size_t n_columns,
	const struct spk_piece *columns)
{
	if (base + n_rows == tails->end)
		return 0;
	uint64_t head[SPK_TAIL_HEAD] = {++tails->sequence, base, n_rows, 0};
	uint64_t hash = spk_checksum(SPK_CHECKSUM_START, head, SPK_TAIL_CHECKSUM * sizeof *head);
	const hid_t set = tails->sets[tails->n - 1];
	hsize_t at = sizeof head;
	herr_t rc = 0;
	for (size_t k = 0; k < n_columns && n_rows > 0 && rc >= 0; ++k) {
		hash = spk_checksum(hash, columns[k].bytes, columns[k].size);
		rc = write_slot_part(set, tails->sequence % 2, at, columns[k].size, columns[k].bytes);
		at += columns[k].size;
	}
	head[SPK_TAIL_CHECKSUM] = hash;
	if (rc >= 0)
		rc = write_slot_part(set, tails->sequence % 2, 0, sizeof head, head);
	tails->end = base + n_rows;
	return rc;
}

/* What lies in the tails differs with the moments of the flushes. */
herr_t spk_tails_clear(struct spk_tails *tails)
{
	static const unsigned char zeros[4096];
	herr_t rc = 0;
	for (int k = 0; k < tails->n; ++k) {
		const size_t end = slot_size(tails, k);
		for (uint64_t slot = 0; slot < 2; ++slot)
			for (size_t at = 0; at < end && rc >= 0; at += sizeof zeros)
				rc = write_slot_part(tails->sets[k], slot, at,
					end - at < sizeof zeros ? end - at : sizeof zeros, zeros);
	}
	return rc;
}
