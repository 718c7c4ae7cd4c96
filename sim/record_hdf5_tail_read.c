/* Reading the tail of a stream in an unfinished compressed file: struct spk_tail_word says what it is. */
#include "sim/record_hdf5.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536, MAX_ROW = 1 << 28, MAX_TAILS = 16 };

/* The tail of one group: where its slot lies, kept because its checksum takes a pass over it. */
struct spk_tail {
	char *group;
	hid_t set; /* -1: no whole slot was found */
	uint64_t slot, slot_size;
	uint64_t sequence, base, n_rows;
	char *names; /* of the columns, separated by '/' */
};

void spk_tail_free(struct spk_tail *tail)
{
	if (!tail)
		return;
	if (tail->set >= 0)
		H5Dclose(tail->set);
	free(tail->names);
	free(tail->group);
	free(tail);
}

static herr_t read_slot_part(
	const struct spk_tail *tail, uint64_t slot, uint64_t at, size_t n, void *ret_bytes)
{
	const hsize_t first[2] = {slot, at}, count[2] = {1, n};
	const hid_t there = H5Dget_space(tail->set), here = H5Screate_simple(2, count, NULL);
	herr_t rc = H5Sselect_hyperslab(there, H5S_SELECT_SET, first, NULL, count, NULL);
	if (rc >= 0)
		rc = H5Dread(tail->set, H5T_NATIVE_UINT8, here, there, H5P_DEFAULT, ret_bytes);
	if (here >= 0)
		H5Sclose(here);
	if (there >= 0)
		H5Sclose(there);
	return rc;
}

/* Numbers in each row of a column: of rank 1, or of rank 2. 0: it is none. */
static size_t count_in_row(hid_t set)
{
	hsize_t dims[2] = {0, 1};
	const hid_t space = H5Dget_space(set);
	const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
	if ((rank != 1 && rank != 2) || H5Sget_simple_extent_dims(space, dims, NULL) != rank ||
		dims[1] > MAX_ROW)
		dims[1] = 0;
	if (space >= 0)
		H5Sclose(space);
	return (size_t)dims[1];
}

/* Bytes of the columns before `stop` (NULL: of all) in a row; SIZE_MAX: a column is missing or no number. */
static size_t measure_row(const struct spk_file *file, const struct spk_tail *tail, const char *stop)
{
	size_t size = 0;
	const char *name = tail->names;
	char path[1024];
	while (*name) {
		const size_t n = strcspn(name, "/");
		if (stop && strlen(stop) == n && memcmp(name, stop, n) == 0)
			return size;
		const int length = snprintf(path, sizeof path, "%s/%.*s", tail->group, (int)n, name);
		const hid_t set = length < (int)sizeof path ? spk_object_open(file, path) : -1;
		const hid_t type = set < 0 ? -1 : H5Dget_type(set);
		const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
		const size_t each = class == H5T_INTEGER || class == H5T_FLOAT ? H5Tget_size(type) : 0;
		const size_t width = each > 16 ? 0 : each * count_in_row(set);
		if (type >= 0)
			H5Tclose(type);
		if (set >= 0)
			H5Oclose(set);
		size += width;
		if (width == 0 || size > MAX_ROW)
			return SIZE_MAX;
		name += n + (name[n] == '/');
	}
	return stop || size == 0 ? SIZE_MAX : size;
}

/* Whether the slot is whole; then its head is in `head`. */
static int check_slot(
	const struct spk_tail *tail, uint64_t slot, size_t row_size, uint64_t head[SPK_TAIL_HEAD])
{
	unsigned char *block = NULL;
	int is_whole = 0;
	if (read_slot_part(tail, slot, 0, SPK_TAIL_HEAD * sizeof *head, head) < 0 ||
		head[SPK_TAIL_SEQUENCE] == 0)
		return 0;
	const uint64_t room = (tail->slot_size - SPK_TAIL_HEAD * sizeof *head) / row_size;
	if (head[SPK_TAIL_ROWS] > room || head[SPK_TAIL_BASE] > UINT64_MAX / 2)
		return 0;
	block = malloc(BLOCK);
	uint64_t hash = spk_checksum(SPK_CHECKSUM_START, head, SPK_TAIL_CHECKSUM * sizeof *head);
	uint64_t at = SPK_TAIL_HEAD * sizeof *head;
	const uint64_t end = at + head[SPK_TAIL_ROWS] * row_size;
	while (block && at < end) {
		const size_t n = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
		if (read_slot_part(tail, slot, at, n, block) < 0)
			goto out;
		hash = spk_checksum(hash, block, n);
		at += n;
	}
	is_whole = block && hash == head[SPK_TAIL_CHECKSUM];
out:
	free(block);
	return is_whole;
}

/* Take the slot if it is whole, newer than what was taken before, and follows on the rows in the data sets.
 */
static void consider_slot(struct spk_tail *tail, const struct spk_tail *candidate, uint64_t slot,
	size_t row_size, uint64_t rows)
{
	uint64_t head[SPK_TAIL_HEAD];
	if (!check_slot(candidate, slot, row_size, head) || head[SPK_TAIL_BASE] > rows ||
		head[SPK_TAIL_SEQUENCE] <= tail->sequence)
		return;
	if (tail->set != candidate->set) {
		if (tail->set >= 0)
			H5Dclose(tail->set);
		tail->set = candidate->set;
		H5Iinc_ref(tail->set);
	}
	tail->slot = slot;
	tail->sequence = head[SPK_TAIL_SEQUENCE];
	tail->base = head[SPK_TAIL_BASE];
	tail->n_rows = head[SPK_TAIL_ROWS];
}

static int check_shape(struct spk_tail *tail)
{
	hsize_t dims[2];
	const hid_t space = H5Dget_space(tail->set), type = H5Dget_type(tail->set);
	const hid_t plan = H5Dget_create_plist(tail->set);
	const int is_right = space >= 0 && type >= 0 && plan >= 0 && H5Sget_simple_extent_ndims(space) == 2 &&
			     H5Sget_simple_extent_dims(space, dims, NULL) == 2 && dims[0] == 2 &&
			     dims[1] >= SPK_TAIL_HEAD * sizeof(uint64_t) &&
			     H5Tequal(type, H5T_STD_U8LE) > 0 && H5Pget_layout(plan) == H5D_CONTIGUOUS &&
			     H5Pget_external_count(plan) == 0;
	if (is_right)
		tail->slot_size = dims[1];
	if (plan >= 0)
		H5Pclose(plan);
	if (type >= 0)
		H5Tclose(type);
	if (space >= 0)
		H5Sclose(space);
	return is_right;
}

/* Look through one data set. @return 1: there may be more, 0: there is none of this name, or an error */
static int search_tail(
	struct spk_file *file, struct spk_tail *tail, const char *path, uint64_t rows, struct spk_error *err)
{
	enum spk_kind kind = SPK_KIND_NONE;
	int rc = spk_file_kind(file, path, &kind, err);
	if (rc || kind != SPK_KIND_NUMBERS)
		return rc;
	if (!tail->names)
		rc = spk_file_read_attr_text(file, path, SPK_TAIL_COLUMNS, &tail->names, err);
	if (rc)
		return rc;
	struct spk_tail candidate = {.set = spk_object_open(file, path)};
	const size_t row_size = measure_row(file, tail, NULL);
	if (candidate.set < 0 || row_size == SIZE_MAX || !check_shape(&candidate))
		rc = spk_fail(err, SPK_E_FORMAT, "%s: %s is not a tail of %s", file->path, path, tail->group);
	for (uint64_t slot = 0; slot < 2 && !rc; ++slot)
		consider_slot(tail, &candidate, slot, row_size, rows);
	if (candidate.set >= 0)
		H5Dclose(candidate.set);
	return rc ? rc : 1;
}

static int load_tail(struct spk_file *file, const char *group, uint64_t rows, struct spk_error *err)
{
	char path[SPK_TAIL_PATH];
	struct spk_tail *const tail = calloc(1, sizeof *tail);
	spk_tail_free(file->tail);
	file->tail = tail;
	if (tail) {
		tail->set = -1;
		tail->group = strdup(group);
	}
	if (!tail || !tail->group)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	int rc = 1;
	for (int k = 0; k < MAX_TAILS && rc > 0; ++k) {
		const int n = snprintf(path, sizeof path, SPK_TAIL_FORMAT, group, k);
		rc = n < (int)sizeof path ? search_tail(file, tail, path, rows, err) : 0;
	}
	return rc < 0 ? rc : SPK_OK;
}

int spk_tail_end(
	struct spk_file *file, const char *group, uint64_t rows, uint64_t *ret_end, struct spk_error *err)
{
	if (!file->tail || strcmp(file->tail->group, group) != 0) {
		const int rc = load_tail(file, group, rows, err);
		if (rc) {
			spk_tail_free(file->tail);
			file->tail = NULL;
			return rc;
		}
	}
	const struct spk_tail *const tail = file->tail;
	const uint64_t end = tail->base + tail->n_rows;
	*ret_end = tail->n_rows > 0 && tail->base <= rows && end > rows ? end : rows;
	return SPK_OK;
}

int spk_tail_read(struct spk_file *file, const char *group, const char *column, hid_t type, uint64_t first,
	uint64_t n, void *ret_data, struct spk_error *err)
{
	const struct spk_tail *const tail = file->tail;
	char path[1024];
	int rc = SPK_E_FORMAT;
	unsigned char *bytes = NULL;
	snprintf(path, sizeof path, "%s/%s", group, column);
	const hid_t set = spk_object_open(file, path), from = set < 0 ? -1 : H5Dget_type(set);
	const size_t each = set < 0 ? 0 : count_in_row(set), width = from < 0 ? 0 : H5Tget_size(from) * each,
		     target = H5Tget_size(type) * each;
	const size_t before = measure_row(file, tail, column);
	if (width == 0 || before == SIZE_MAX)
		goto out;
	bytes = malloc((size_t)n * (width > target ? width : target) + 1);
	if (!bytes) {
		rc = SPK_E_NOMEM;
		goto out;
	}
	const uint64_t at =
		SPK_TAIL_HEAD * sizeof(uint64_t) + tail->n_rows * before + (first - tail->base) * width;
	if (read_slot_part(tail, tail->slot, at, (size_t)n * width, bytes) < 0 ||
		H5Tconvert(from, type, (size_t)n * each, bytes, NULL, H5P_DEFAULT) < 0)
		goto out;
	memcpy(ret_data, bytes, (size_t)n * target);
	rc = SPK_OK;
out:
	if (rc)
		spk_file_fail(file, rc, err, "read the tail of %s", path);
	free(bytes);
	if (from >= 0)
		H5Tclose(from);
	if (set >= 0)
		H5Oclose(set);
	return rc;
}
