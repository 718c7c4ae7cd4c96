/*
 * Streams: columns that grow row by row.
 *
 * Rows gather in RAM until they fill a chunk, which is then written as a whole. What lies in RAM when the
 * file is flushed is brought to the disk in one of two ways:
 *
 * - Not compressed: the rows go to their place in the chunk. Rows already there keep their bytes, so nothing
 *   that was flushed can be torn, and every HDF5 program sees all flushed rows. The chunk gets its place in
 *   the file by its first rows, at once: so the places depend on the rows, not on when the file is flushed,
 *   and equal runs give equal files.
 * - Compressed: a chunk that is written again changes its size and moves, and its old place is used for
 *   other data before the change is committed. (This garbled flushed rows in 13 of 24 killed writers.) So a
 *   compressed chunk is written once, when it is full, and the rows that do not fill one go to the stream's
 *   tail (record_hdf5_tail_write.c). Closing the file writes the last chunk and removes the tails.
 *   Full chunks of spike times pass the filters by.
 */
#include "sim/record_hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 1024, LEAST_ROWS = 256 };

struct column {
	hid_t set;
	enum spk_type type;
	size_t width;        /* numbers in a row of a data set of rank 2; 0: rank 1 */
	int passes_filters;  /* full chunks are stored as they are, in a compressed file too */
	unsigned char *rows; /* [max_rows] of the present chunk */
};

struct spk_stream {
	struct spk_file *file;
	char *group;
	size_t n_columns;
	struct column *columns;
	uint64_t base;           /* rows in chunks before the present one */
	size_t chunk;            /* rows */
	size_t n_rows;           /* rows of the present chunk in RAM */
	size_t n_stored;         /* of these, already in the file */
	size_t max_rows;         /* rows that the buffers hold; grows to a chunk */
	struct spk_tails *tails; /* NULL: not compressed */
};

/* ---- Creation --------------------------------------------------------------------------------------- */

static size_t row_size(const struct column *column)
{
	return spk_type_size(column->type) * (column->width ? column->width : 1);
}

static int rank_of(const struct column *column)
{
	return column->width ? 2 : 1;
}

/* Wide rows come in chunks of fewer, but not so few that narrow columns beside them fall to pieces. */
static size_t choose_chunk(const struct spk_file *file, size_t n_columns, const size_t *widths)
{
	size_t most = 1, chunk;
	for (size_t k = 0; widths && k < n_columns; ++k)
		most = widths[k] > most ? widths[k] : most;
	chunk = file->chunk / most;
	if (chunk < LEAST_ROWS)
		chunk = file->chunk < LEAST_ROWS ? file->chunk : LEAST_ROWS;
	return chunk;
}

static hid_t plan_column(const struct spk_stream *s, const struct column *column)
{
	const struct spk_file *file = s->file;
	const hsize_t chunk[2] = {s->chunk, column->width};
	const hid_t plan = spk_set_plan();
	if (plan < 0)
		return plan;
	herr_t rc = H5Pset_chunk(plan, rank_of(column), chunk);
	if (file->compress) {
		rc = rc < 0 ? rc : H5Pset_shuffle(plan);
		rc = rc < 0 ? rc : H5Pset_deflate(plan, 1);
	} else {
		rc = rc < 0 ? rc : H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER);
	}
	if (rc >= 0)
		return plan;
	H5Pclose(plan);
	return -1;
}

/* Without a chunk cache each write goes to the file at once; writes are whole chunks or append to one. */
static hid_t plan_access(void)
{
	const hid_t plan = H5Pcreate(H5P_DATASET_ACCESS);
	if (plan < 0 || H5Pset_chunk_cache(plan, 1, 0, 1.0) >= 0)
		return plan;
	H5Pclose(plan);
	return -1;
}

static herr_t create_column(
	struct spk_stream *s, hid_t group, const struct spk_column *column, struct column *ret)
{
	const hsize_t none[2] = {0, ret->width}, unlimited[2] = {H5S_UNLIMITED, ret->width};
	const hid_t plan = plan_column(s, ret), access = plan_access();
	const hid_t space = H5Screate_simple(rank_of(ret), none, unlimited);
	herr_t rc = -1;
	if (plan < 0 || access < 0 || space < 0)
		goto out;
	ret->type = column->type;
	ret->set = H5Dcreate2(
		group, column->name, spk_type_file(column->type), space, H5P_DEFAULT, plan, access);
	if (ret->set < 0)
		goto out;
	rc = column->unit && *column->unit ? spk_attr_text(ret->set, "units", column->unit) : 0;
	if (rc >= 0 && column->description && *column->description)
		rc = spk_attr_text(ret->set, "description", column->description);
out:
	if (space >= 0)
		H5Sclose(space);
	if (access >= 0)
		H5Pclose(access);
	if (plan >= 0)
		H5Pclose(plan);
	return rc;
}

static struct spk_stream *alloc_stream(
	struct spk_file *file, const char *group, size_t n_columns, const size_t *widths)
{
	struct spk_stream *const s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->file = file;
	s->group = strdup(group);
	s->columns = calloc(n_columns, sizeof *s->columns);
	if (!s->group || !s->columns) {
		spk_stream_free(s);
		return NULL;
	}
	s->n_columns = n_columns;
	s->chunk = choose_chunk(file, n_columns, widths);
	for (size_t k = 0; k < n_columns; ++k) {
		s->columns[k].set = -1;
		s->columns[k].width = widths ? widths[k] : 0;
	}
	return s;
}

/* Room for one more stream in the file's list. */
static int grow_list(struct spk_file *file)
{
	struct spk_stream **const list = realloc(file->streams, (file->n_streams + 1) * sizeof(*list));
	if (list)
		file->streams = list;
	return list != NULL;
}

static int create_stream(struct spk_file *file, size_t n_columns, const struct spk_column *columns,
	struct spk_stream *s, struct spk_error *err)
{
	int rc = SPK_OK;
	const hid_t group =
		spk_groups_make(file, s->group, 1) < 0 ? -1 : H5Gopen2(file->id, s->group, H5P_DEFAULT);
	if (group < 0)
		rc = spk_file_fail(file, SPK_E_INVALID, err, "create the group %s", s->group);
	for (size_t k = 0; k < n_columns && !rc; ++k) {
		if (create_column(s, group, &columns[k], &s->columns[k]) < 0)
			rc = spk_file_fail(file, SPK_E_INVALID, err, "create the data set %s/%s", s->group,
				columns[k].name);
	}
	if (!rc && file->compress) {
		size_t size = 0;
		for (size_t k = 0; k < n_columns; ++k)
			size += row_size(&s->columns[k]);
		s->tails = spk_tails_create(file, s->group, n_columns, columns, size, s->chunk);
		rc = s->tails ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	}
	if (!rc && spk_disk_errno(file->disk))
		rc = spk_file_fail(file, SPK_E_IO, err, "create %s", s->group);
	if (group >= 0)
		H5Gclose(group);
	return rc;
}

int spk_file_stream(struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, struct spk_stream **ret_stream, struct spk_error *err)
{
	return spk_file_wide_stream(file, group, n_columns, columns, NULL, ret_stream, err);
}

int spk_file_wide_stream(struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, const size_t *widths, struct spk_stream **ret_stream,
	struct spk_error *err)
{
	if (!file->disk || !group || group[0] != '/' || n_columns == 0 || n_columns > MAX_COLUMNS)
		return spk_fail(err, SPK_E_INVALID,
			"a stream needs a file open for writing, an absolute group and 1 to %d columns",
			MAX_COLUMNS);
	for (size_t k = 0; k < n_columns; ++k) {
		if (!spk_type_size(columns[k].type) || !columns[k].name || !*columns[k].name ||
			strchr(columns[k].name, '/'))
			return spk_fail(err, SPK_E_INVALID, "%s: column %zu of %s has no valid name or type",
				file->path, k, group);
	}
	struct spk_stream *const s = alloc_stream(file, group, n_columns, widths);
	if (!s || !grow_list(file)) {
		spk_stream_free(s);
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory for the stream %s", file->path, group);
	}
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = create_stream(file, n_columns, columns, s, err);
	if (rc) {
		spk_stream_free(s);
	} else {
		file->streams[file->n_streams++] = s;
		*ret_stream = s;
	}
	spk_quiet_end(quiet);
	return rc;
}

/* SONATA: enum on u8 {none, by_id, by_time}; readers refuse a string here. */
static herr_t mark_sorted(hid_t file, const char *group)
{
	static const char *const names[] = {"none", "by_id", "by_time"};
	herr_t rc = -1;
	const uint8_t by_time = 2;
	const hid_t object = H5Gopen2(file, group, H5P_DEFAULT);
	const hid_t type = H5Tenum_create(H5T_STD_U8LE);
	if (object < 0 || type < 0)
		goto out;
	rc = 0;
	for (uint8_t k = 0; k < 3 && rc >= 0; ++k)
		rc = H5Tenum_insert(type, names[k], &k);
	if (rc >= 0)
		rc = spk_attr_scalar(object, "sorting", type, type, &by_time);
out:
	if (type >= 0)
		H5Tclose(type);
	if (object >= 0)
		H5Gclose(object);
	return rc;
}

int spk_file_spikes(
	struct spk_file *file, const char *population, struct spk_stream **ret_stream, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"timestamps", SPK_F64, "ms", "time of the spike"},
		{"node_ids", SPK_U64, "", "neuron within the population, from 0"},
	};
	char group[512];
	if (!*population || strchr(population, '/') || strlen(population) > 400)
		return spk_fail(err, SPK_E_INVALID, "%s: '%s' cannot be the name of a population", file->path,
			population);
	(void)snprintf(group, sizeof group, "/spikes/%s", population);
	struct spk_stream *s;
	int rc = spk_file_stream(file, group, 2, columns, &s, err);
	if (rc)
		return rc;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	/* Exact times are noise but for their leading bytes: deflate took 100 ns a spike to save 30 %. */
	s->columns[0].passes_filters = H5Tequal(spk_type_file(SPK_F64), spk_type_memory(SPK_F64)) > 0;
	if (mark_sorted(file->id, group) < 0)
		rc = spk_file_fail(file, SPK_E_IO, err, "write the attribute sorting of %s", group);
	else
		*ret_stream = s;
	spk_quiet_end(quiet);
	return rc;
}

/* ---- Rows ------------------------------------------------------------------------------------------- */

static int grow_buffers(struct spk_stream *s, size_t n)
{
	if (n <= s->max_rows)
		return 1;
	size_t max = s->max_rows ? 2 * s->max_rows : 256;
	while (max < n)
		max *= 2;
	max = max < s->chunk ? max : s->chunk;
	for (size_t k = 0; k < s->n_columns; ++k) {
		unsigned char *const rows = realloc(s->columns[k].rows, max * row_size(&s->columns[k]));
		if (!rows)
			return 0;
		s->columns[k].rows = rows;
	}
	s->max_rows = max;
	return 1;
}

static herr_t write_past_filters(const struct spk_stream *s, const struct column *column)
{
	const uint32_t both = 3; /* shuffle and deflate */
	const hsize_t first = s->base, end = s->base + s->n_rows;
	const herr_t rc = H5Dset_extent(column->set, &end);

	return rc < 0 ? rc
		      : H5Dwrite_chunk(column->set, H5P_DEFAULT, both, &first,
				s->n_rows * spk_type_size(column->type), column->rows);
}

static herr_t write_column(const struct spk_stream *s, const struct column *column)
{
	if (column->passes_filters && s->file->compress && s->n_rows == s->chunk)
		return write_past_filters(s, column);
	const hsize_t first[2] = {s->base + s->n_stored, 0}, end[2] = {s->base + s->n_rows, column->width},
		      n[2] = {end[0] - first[0], column->width};
	herr_t rc = H5Dset_extent(column->set, end);
	const hid_t there = H5Dget_space(column->set), here = H5Screate_simple(rank_of(column), n, NULL);
	if (rc >= 0)
		rc = H5Sselect_hyperslab(there, H5S_SELECT_SET, first, NULL, n, NULL);
	if (rc >= 0)
		rc = H5Dwrite(column->set, spk_type_memory(column->type), here, there, H5P_DEFAULT,
			column->rows + s->n_stored * row_size(column));
	if (here >= 0)
		H5Sclose(here);
	if (there >= 0)
		H5Sclose(there);
	return rc;
}

/* Write the rows of the present chunk that the data sets do not hold yet. */
static int write_rows(struct spk_stream *s, struct spk_error *err)
{
	if (s->n_stored == s->n_rows)
		return SPK_OK;
	for (size_t k = 0; k < s->n_columns; ++k) {
		if (write_column(s, &s->columns[k]) < 0 || spk_disk_errno(s->file->disk))
			return spk_file_fail(s->file, SPK_E_IO, err, "append to %s", s->group);
	}
	s->n_stored = s->n_rows;
	return SPK_OK;
}

static int write_tail(struct spk_stream *s, struct spk_error *err)
{
	struct spk_piece pieces[MAX_COLUMNS];
	if (s->base + s->n_rows == 0)
		return SPK_OK;
	for (size_t k = 0; k < s->n_columns; ++k)
		pieces[k] = (struct spk_piece){s->columns[k].rows, s->n_rows * row_size(&s->columns[k])};
	if (spk_tails_write(s->tails, s->base, s->n_rows, s->n_columns, pieces) < 0 ||
		spk_disk_errno(s->file->disk))
		return spk_file_fail(s->file, SPK_E_IO, err, "write the tail of %s", s->group);
	return SPK_OK;
}

int spk_stream_store(struct spk_stream *s, int last, struct spk_error *err)
{
	if (last || !s->tails)
		return write_rows(s, err);
	return write_tail(s, err);
}

int spk_streams_drop_tails(struct spk_file *file, struct spk_error *err)
{
	herr_t rc = 0;
	for (size_t k = 0; k < file->n_streams && rc >= 0; ++k) {
		struct spk_stream *const s = file->streams[k];
		if (s->tails)
			rc = spk_tails_clear(s->tails);
		spk_tails_free(s->tails);
		s->tails = NULL;
	}
	if (rc >= 0)
		rc = H5Ldelete(file->id, SPK_FILE_TAILS, H5P_DEFAULT);
	if (rc < 0 || H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 || spk_disk_errno(file->disk))
		return spk_file_fail(file, SPK_E_IO, err, "remove the tails");
	return SPK_OK;
}

/* What rows just appended need of the file: see the top. `first`: they begin a chunk. */
static int place_rows(struct spk_stream *s, int first, struct spk_error *err)
{
	const int is_full = s->n_rows == s->chunk;
	const int needs_room = s->tails && !spk_tails_have_room(s->tails, s->n_rows);
	if (!is_full && !needs_room && (s->tails || !first))
		return SPK_OK;
	int rc = SPK_OK;
	const struct spk_quiet quiet = spk_quiet_begin(s->file);
	if (needs_room && (spk_tails_make_room(s->tails, s->n_rows) < 0 || spk_disk_errno(s->file->disk)))
		rc = spk_file_fail(s->file, SPK_E_IO, err, "create a tail of %s", s->group);
	if (!rc && (is_full || !s->tails))
		rc = write_rows(s, err);
	spk_quiet_end(quiet);
	return rc;
}

static int append_rows(struct spk_stream *s, size_t n, const void *const *columns, struct spk_error *err)
{
	size_t done = 0;
	while (done < n) {
		const size_t room = s->chunk - s->n_rows;
		const size_t part = n - done < room ? n - done : room;
		if (!grow_buffers(s, s->n_rows + part))
			return spk_fail(err, SPK_E_NOMEM, "%s: out of memory for rows of %s", s->file->path,
				s->group);
		for (size_t k = 0; k < s->n_columns; ++k) {
			const size_t size = row_size(&s->columns[k]);
			memcpy(s->columns[k].rows + s->n_rows * size,
				(const unsigned char *)columns[k] + done * size, part * size);
		}
		const int is_first = s->n_rows == 0;
		s->n_rows += part;
		done += part;
		const int rc = place_rows(s, is_first, err);
		if (rc)
			return rc;
		if (s->n_rows == s->chunk) {
			s->base += s->n_rows;
			s->n_rows = s->n_stored = 0;
		}
	}
	return SPK_OK;
}

int spk_file_flush_is_due(const struct spk_file *file)
{
	struct timespec now;
	if (file->flush_s < 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - file->flushed.tv_sec) +
		       1e-9 * (double)(now.tv_nsec - file->flushed.tv_nsec) >=
	       file->flush_s;
}

int spk_stream_append(struct spk_stream *stream, size_t n, const void *const *columns, struct spk_error *err)
{
	struct spk_file *const file = stream->file;
	int rc = spk_disk_errno(file->disk)
			 ? spk_file_fail(file, SPK_E_IO, err, "append to %s", stream->group)
			 : append_rows(stream, n, columns, err);
	if (!rc && spk_file_flush_is_due(file))
		rc = spk_file_flush(file, err);
	return rc;
}

void spk_stream_free(struct spk_stream *stream)
{
	if (!stream)
		return;
	for (size_t k = 0; k < stream->n_columns; ++k) {
		if (stream->columns[k].set >= 0)
			H5Dclose(stream->columns[k].set);
		free(stream->columns[k].rows);
	}
	spk_tails_free(stream->tails);
	free(stream->columns);
	free(stream->group);
	free(stream);
}

/* ---- Rows of another file ----------------------------------------------------------------------------- */

uint64_t spk_stream_rows(const struct spk_stream *s)
{
	return s->base + s->n_rows;
}

static int read_column(const struct column *c, struct spk_file *from, uint64_t first, uint64_t n, void *rows,
	struct spk_error *err)
{
	char path[SPK_TAIL_PATH];
	const ssize_t length = H5Iget_name(c->set, path, sizeof path);

	if (length <= 0 || (size_t)length >= sizeof path)
		return spk_fail(err, SPK_E_IO, "a column has no name");
	return spk_file_read(from, path, c->type, first, n, rows, err);
}

int spk_stream_copy(struct spk_stream *s, struct spk_file *from, uint64_t n, struct spk_error *err)
{
	const size_t most = s->chunk;
	void **columns = calloc(s->n_columns, sizeof *columns);
	int rc = columns ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");

	for (size_t k = 0; !rc && k < s->n_columns; ++k) {
		columns[k] = malloc(most * row_size(&s->columns[k]));
		rc = columns[k] ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");
	}
	for (uint64_t first = 0; !rc && first < n; first += most) {
		const uint64_t some = n - first < most ? n - first : most;
		for (size_t k = 0; !rc && k < s->n_columns; ++k)
			rc = read_column(&s->columns[k], from, first, some, columns[k], err);
		if (!rc)
			rc = spk_stream_append(s, (size_t)some, (const void *const *)columns, err);
	}
	for (size_t k = 0; columns && k < s->n_columns; ++k)
		free(columns[k]);
	free(columns);
	return rc;
}
