/**
 * Result files: column streams and arrays in HDF5, spikes in SONATA layout, safe against a crash.
 *
 * Life cycle: spk_file_create, streams and arrays, spk_file_flush now and then, spk_file_close.
 * The root attribute `complete` is 0 until spk_file_close(file, 1) wrote 1. A process killed at any moment
 * leaves a file that opens and holds what was flushed. Not thread-safe: one thread owns a file.
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

struct spk_column {
	const char *name;        /**< data set, e.g. "timestamps" */
	enum spk_type type;
	const char *unit;        /**< attribute `units`; "" for none */
	const char *description; /**< attribute `description` */
};

struct spk_file_options {
	size_t chunk;     /**< elements per chunk; 0: 16384 */
	int compress;     /**< 0: none, 1: shuffle + deflate(1) */
	double flush_s;   /**< flush and fsync at least this often while appending; 0: 5 s; < 0: only on request */
};

/** Create (replace) a result file. The file appears under its name at once. @param options NULL: defaults */
int spk_file_create(const char *path, const struct spk_file_options *options, struct spk_file **ret_file,
                    struct spk_error *err);

/** A stream of columns as data sets of `group` (created with its parents), e.g. "/state/exc". */
int spk_file_stream(struct spk_file *file, const char *group, size_t n_columns,
                    const struct spk_column *columns, struct spk_stream **ret_stream, struct spk_error *err);

/** The SONATA spike stream of a population: /spikes/NAME/{timestamps f64 ms, node_ids u64}, by_time. */
int spk_file_spikes(struct spk_file *file, const char *population, struct spk_stream **ret_stream,
                    struct spk_error *err);

/** Append n rows; columns[k] points to n values of column k's type. Copied at once. */
int spk_stream_append(struct spk_stream *stream, size_t n, const void *const *columns, struct spk_error *err);

/** Write a whole array at once. dims[rank]; rank <= 4; an element count of 0 is allowed. */
int spk_file_array(struct spk_file *file, const char *path, enum spk_type type, int rank, const uint64_t *dims,
                   const void *data, const char *unit, const char *description, struct spk_error *err);
/** Write a UTF-8 text as a scalar variable-length string data set. */
int spk_file_text(struct spk_file *file, const char *path, const char *text, struct spk_error *err);
/** Set an attribute of an existing object ("/" for the root); replaces one of that name. */
int spk_file_attr_text(struct spk_file *file, const char *object, const char *name, const char *value,
                       struct spk_error *err);
int spk_file_attr_f64(struct spk_file *file, const char *object, const char *name, double value,
                      struct spk_error *err);
int spk_file_attr_u64(struct spk_file *file, const char *object, const char *name, uint64_t value,
                      struct spk_error *err);

/** All appended data reach the disk (fsync) and are readable after a crash. */
int spk_file_flush(struct spk_file *file, struct spk_error *err);
/** Flush and close; complete: non-zero marks the file as finished. Frees `file` and its streams also on failure. */
int spk_file_close(struct spk_file *file, int complete, struct spk_error *err);

/* ---- Reading ------------------------------------------------------------------------------------ */

/** Open for reading; an unfinished file opens too. */
int spk_file_open(const char *path, struct spk_file **ret_file, struct spk_error *err);
/** 1 complete, 0 unfinished. */
int spk_file_is_complete(const struct spk_file *file);
/** Size of a data set: rank and dims[4]. */
int spk_file_shape(struct spk_file *file, const char *path, int *ret_rank, uint64_t ret_dims[4],
                   struct spk_error *err);
/** Read `n` elements of a 1-D data set from `first`, converted to `type`. In a stream of an unfinished file
 *  only rows that all its columns hold exist: spk_file_rows. */
int spk_file_read(struct spk_file *file, const char *path, enum spk_type type, uint64_t first, uint64_t n,
                  void *ret_data, struct spk_error *err);
/** Rows of the stream in `group`: the smallest length of its columns, including a tail not yet in a chunk. */
int spk_file_rows(struct spk_file *file, const char *group, uint64_t *ret_rows, struct spk_error *err);
/** Names of the members of a group, NULL-terminated, sorted; free with spk_file_free_names. */
int spk_file_names(struct spk_file *file, const char *group, char ***ret_names, struct spk_error *err);
void spk_file_free_names(char **names);

#ifdef __cplusplus
}
#endif
#endif
