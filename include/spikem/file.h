/**
 * Result files: column streams and arrays in HDF5, spikes in SONATA layout, safe against a crash.
 *
 * Life cycle: spk_file_create, streams and arrays, spk_file_flush now and then, spk_file_close.
 * The root attribute `complete` is 0 until spk_file_close(file, 1) wrote 1. A process killed at any moment
 * leaves a file that opens and holds what was flushed. Equal calls give equal bytes, whenever the file was
 * flushed. After the first failed write (full disk) every call fails with SPK_E_IO and the file stays as the
 * last flush left it. Not thread-safe: one thread owns a file, and one thread at a time uses HDF5.
 * A forked child must not use a file of its parent.
 */
#ifndef SPIKEM_FILE_H
#define SPIKEM_FILE_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum spk_type { SPK_F64, SPK_F32, SPK_U64, SPK_U32, SPK_I64 };

struct spk_file;   /* opaque */
struct spk_stream; /* opaque: columns of equal length that grow */
struct spk_array;  /* opaque: an array of one dimension that is written piece by piece */

struct spk_column {
	const char *name; /**< data set, e.g. "timestamps" */
	enum spk_type type;
	const char *unit;        /**< attribute `units`; "" for none */
	const char *description; /**< attribute `description` */
};

struct spk_file_options {
	size_t chunk;   /**< elements per chunk; 0: 16384 */
	int compress;   /**< 0: none, 1: shuffle + deflate(1) */
	double flush_s; /**< flush and fsync at least this often while appending; 0: 5 s; < 0: only on request
			 */
};

/** Create a result file. It appears under its name at once and replaces a regular file of that name, which is
 *  left alone if this fails. @param options NULL: defaults */
int spk_file_create(const char *path, const struct spk_file_options *options, struct spk_file **ret_file,
	struct spk_error *err);

/** A stream of columns as data sets of `group` (created with its parents), e.g. "/state/exc". */
int spk_file_stream(struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, struct spk_stream **ret_stream, struct spk_error *err);

/**
 * The same with columns of several numbers a row: widths[k] is 0 for a column of one number, else the column
 * is a data set of rank 2 with rows of so many.
 */
int spk_file_wide_stream(struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, const size_t *widths, struct spk_stream **ret_stream,
	struct spk_error *err);

/** The SONATA spike stream of a population: /spikes/NAME/{timestamps f64 ms, node_ids u64}, by_time. */
int spk_file_spikes(
	struct spk_file *file, const char *population, struct spk_stream **ret_stream, struct spk_error *err);

/** Append n rows; columns[k] points to n values (rows of values) of column k's type. Copied at once. */
int spk_stream_append(struct spk_stream *stream, size_t n, const void *const *columns, struct spk_error *err);

/** Write a whole array at once. dims[rank]; rank <= 4; an element count of 0 is allowed. */
int spk_file_array(struct spk_file *file, const char *path, enum spk_type type, int rank,
	const uint64_t *dims, const void *data, const char *unit, const char *description,
	struct spk_error *err);
/** An array of n elements that is written piece by piece, in order; until it is closed, the file is not. */
int spk_file_array_open(struct spk_file *file, const char *path, enum spk_type type, uint64_t n,
	const char *unit, const char *description, struct spk_array **ret_array, struct spk_error *err);
/** Write the next n elements. */
int spk_array_append(struct spk_array *array, uint64_t n, const void *data, struct spk_error *err);
/** Frees `array` also on failure. Errors: SPK_E_INVALID when elements are missing. NULL allowed. */
int spk_array_close(struct spk_array *array, struct spk_error *err);
/** Write a UTF-8 text as a scalar variable-length string data set. */
int spk_file_text(struct spk_file *file, const char *path, const char *text, struct spk_error *err);
/** Set an attribute of an existing object ("/" for the root); replaces one of that name. */
int spk_file_attr_text(struct spk_file *file, const char *object, const char *name, const char *value,
	struct spk_error *err);
int spk_file_attr_f64(
	struct spk_file *file, const char *object, const char *name, double value, struct spk_error *err);
int spk_file_attr_u64(
	struct spk_file *file, const char *object, const char *name, uint64_t value, struct spk_error *err);

/** All appended data reach the disk (fsync) and are readable after a crash. */
int spk_file_flush(struct spk_file *file, struct spk_error *err);
/** Flush and close; complete: non-zero marks the file as finished. Frees `file` and its streams also on
 * failure. */
int spk_file_close(struct spk_file *file, int complete, struct spk_error *err);

/* ---- Going on with an unfinished file ------------------------------------------------------------
 * A file is made anew under another name, gets the rows of the unfinished one, and then takes its name.
 */

/** Rows appended so far to the streams, in the order of their creation: the first `max` of all, whose number
 *  is returned. */
size_t spk_file_stream_rows(const struct spk_file *file, size_t max, uint64_t *ret_rows);
/** Append to each stream k < n, in the order of their creation, the first rows[k] rows of that of the same
 *  name in `from`. Errors: SPK_E_INVALID (another number of streams) and those of reading and writing. */
int spk_file_continue(
	struct spk_file *file, struct spk_file *from, size_t n, const uint64_t *rows, struct spk_error *err);
/** Bring all to the disk, then give the file this name; a file of that name is replaced. Errors: SPK_E_IO. */
int spk_file_rename(struct spk_file *file, const char *path, struct spk_error *err);

/* ---- Reading ------------------------------------------------------------------------------------
 * Files come from anywhere: what does not have the expected form is answered with SPK_E_FORMAT, what is
 * too large to be meant with SPK_E_LIMIT, what the disk refuses with SPK_E_IO. Links into other files and
 * data kept outside the file are refused. In an unfinished file a stream's last rows may lie in a tail
 * outside its data sets (compressed files); all functions here count and read them as part of the columns.
 */

/** What a path names. SPK_KIND_OTHER: a data set that is neither numbers nor one text, a named type. */
enum spk_kind { SPK_KIND_NONE, SPK_KIND_GROUP, SPK_KIND_NUMBERS, SPK_KIND_TEXT, SPK_KIND_OTHER };

/** Open for reading; an unfinished file opens too. Close with spk_file_close (`complete` has no meaning). */
int spk_file_open(const char *path, struct spk_file **ret_file, struct spk_error *err);
/** 1 complete, 0 unfinished. A file of another program, without the attribute `complete`, counts as complete.
 */
int spk_file_is_complete(const struct spk_file *file);
/** What lies at `path`; SPK_KIND_NONE when nothing does. */
int spk_file_kind(struct spk_file *file, const char *path, enum spk_kind *ret_kind, struct spk_error *err);
/** Type of a data set of numbers; the widest of its class for a type that is not one of ours. */
int spk_file_type(struct spk_file *file, const char *path, enum spk_type *ret_type, struct spk_error *err);
/** Size of a data set: rank and dims[4]. */
int spk_file_shape(
	struct spk_file *file, const char *path, int *ret_rank, uint64_t ret_dims[4], struct spk_error *err);
/** Read `n` elements of a data set from `first`, converted to `type` (clipped to its range). Of a data set of
 *  rank 2 to 4, `first` and `n` count along the first dimension, and each brings a whole row-major slice.
 *  In a stream of an unfinished file only rows that all its columns hold exist: spk_file_rows. */
int spk_file_read(struct spk_file *file, const char *path, enum spk_type type, uint64_t first, uint64_t n,
	void *ret_data, struct spk_error *err);
/** Rows of the stream in `group`: the smallest length of its columns, including a tail not yet in a chunk.
 * Its columns are the data sets that are extensible along their first dimension, or, in a file of another
 * program, all 1-D data sets. */
int spk_file_rows(struct spk_file *file, const char *group, uint64_t *ret_rows, struct spk_error *err);
/** A scalar string data set of at most 64 MiB; free it. */
int spk_file_read_text(struct spk_file *file, const char *path, char **ret_text, struct spk_error *err);
/** A scalar attribute that is a number. An unsigned number beyond 2^53 is rounded. */
int spk_file_read_attr_f64(struct spk_file *file, const char *object, const char *name, double *ret_value,
	struct spk_error *err);
/** A scalar attribute that is a text of at most 64 KiB; free it. */
int spk_file_read_attr_text(
	struct spk_file *file, const char *object, const char *name, char **ret_text, struct spk_error *err);
/** Names of the members of a group, NULL-terminated, sorted; free with spk_file_free_names. */
int spk_file_names(struct spk_file *file, const char *group, char ***ret_names, struct spk_error *err);
/** Names of the attributes of an object, as spk_file_names. */
int spk_file_attr_names(struct spk_file *file, const char *object, char ***ret_names, struct spk_error *err);
void spk_file_free_names(char **names);

#ifdef __cplusplus
}
#endif
#endif
