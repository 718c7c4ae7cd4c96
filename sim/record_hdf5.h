/**
 * Internals of result files, shared by sim/record_hdf5*.c; nothing else includes HDF5.
 *
 * How a file stays readable at every moment: see record_hdf5_disk.c (metadata) and
 * record_hdf5_stream.c (rows).
 */
#ifndef SIM_RECORD_HDF5_H
#define SIM_RECORD_HDF5_H

#define H5_USE_18_API /* the names of HDF5 1.8, whatever the default of the installed library */
#include <hdf5.h>
#include <spikem/file.h>
#include <time.h>

#include "sim/checksum.h"

/* ---- Disk: a driver that commits metadata in an order that is safe at every step ------------------ */

struct spk_disk; /* opaque; owns the descriptor */

/** A property list (H5Pclose) that makes H5Fcreate write to `disk`; negative on failure. */
hid_t spk_disk_access(struct spk_disk *disk);
/** Takes over `fd`, an empty file open for reading and writing. NULL: out of memory (fd stays open). */
struct spk_disk *spk_disk_create(int fd);
/** errno of the first write that failed; 0: none. From then on nothing more reaches the file. */
int spk_disk_errno(const struct spk_disk *disk);
/** Closes the descriptor. The HDF5 file must be closed. NULL is allowed. */
void spk_disk_free(struct spk_disk *disk);

/* ---- Source: a driver that reads files that are not trusted -------------------------------------------- */

struct spk_source; /* opaque; owns the descriptor */

/** Takes over `fd`, open for reading. NULL: out of memory (fd stays open). */
struct spk_source *spk_source_create(int fd);
/** A property list (H5Pclose) that makes H5Fopen read from `source`; negative on failure. */
hid_t spk_source_access(struct spk_source *source);
/** Closes the descriptor. The HDF5 file must be closed. NULL is allowed. */
void spk_source_free(struct spk_source *source);

/* ---- File ----------------------------------------------------------------------------------------- */

#define SPK_FILE_MAGIC 0x0A7Au /* SONATA developer guide, "Common conventions" */
#define SPK_FILE_TAILS                                                                                       \
	"/unfinished" /* group of the tails of compressed streams, see record_hdf5_stream.c                  \
		       */

struct spk_tails; /* opaque: writing */
struct spk_tail;  /* opaque: reading */

struct spk_file {
	char *path;
	hid_t id;
	char reason[200];          /* of HDF5's last failure */
	struct spk_disk *disk;     /* NULL: open for reading */
	struct spk_source *source; /* NULL: open for writing */
	int complete;              /* reading: what the attribute says */
	size_t chunk;
	int compress;
	double flush_s;
	struct timespec flushed; /* time of the last flush */
	size_t n_streams;
	struct spk_stream **streams;
	struct spk_tail *tail; /* reading: of the group asked for last */
};

/** Between begin and end HDF5 prints no errors; the cause of the last one is kept in file->reason. */
struct spk_quiet {
	H5E_auto2_t print;
	void *data;
};
struct spk_quiet spk_quiet_begin(struct spk_file *file);
void spk_quiet_end(struct spk_quiet quiet);

/** The last flush is as long ago as the file's options allow. */
int spk_file_flush_is_due(const struct spk_file *file);

/** Fill *err with "PATH: cannot WHAT: reason", the reason from the disk or from HDF5. */
int spk_file_fail(const struct spk_file *file, int status, struct spk_error *err, const char *format, ...)
	SPK_PRINTF(4, 5);

/** Bytes of a value; 0 for a number that is no enum spk_type. */
size_t spk_type_size(enum spk_type type);
/** The type in memory and in the file. Predefined: not to be closed. */
hid_t spk_type_memory(enum spk_type type);
hid_t spk_type_file(enum spk_type type);

/** Open a data set or group for reading without leaving the file. Negative on failure. */
hid_t spk_object_open(const struct spk_file *file, const char *path);

/** A scalar variable-length UTF-8 string type (H5Tclose). */
hid_t spk_text_type(void);
/** Attribute text, created or replaced. Negative on failure. */
herr_t spk_attr_text(hid_t object, const char *name, const char *value);
/** Scalar attribute, created or replaced. Negative on failure. */
herr_t spk_attr_scalar(hid_t object, const char *name, hid_t file_type, hid_t memory_type, const void *value);
/** Make the groups on the way to `path`, and `path` itself if `last`, where they do not exist. Negative on
 * failure. */
herr_t spk_groups_make(const struct spk_file *file, const char *path, int last);
/** Let groups of a group or file creation list keep their links in the object header: see record_hdf5_disk.c.
 */
herr_t spk_plan_links(hid_t plan);
/** Data set creation list (H5Pclose) without times, so that equal input gives equal bytes. */
hid_t spk_set_plan(void);

/* ---- Streams -------------------------------------------------------------------------------------- */

/* A tail holds the bytes of rows as they are in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tails are little-endian");

/** Bring all rows to the file, so that a commit makes them durable. `last`: no more rows follow. */
int spk_stream_store(struct spk_stream *stream, int last, struct spk_error *err);
/** After the last store: remove the tails of all streams and commit that. */
int spk_streams_drop_tails(struct spk_file *file, struct spk_error *err);
/** Rows appended so far. */
uint64_t spk_stream_rows(const struct spk_stream *stream);
/** Append the first n rows of the stream of the same name in another file. Errors: those of reading. */
int spk_stream_copy(struct spk_stream *stream, struct spk_file *from, uint64_t n, struct spk_error *err);
/** Close the data sets and free the stream. NULL is allowed. */
void spk_stream_free(struct spk_stream *stream);

/* ---- Tails of compressed streams ----------------------------------------------------------------- */

/**
 * A tail: rows of a compressed stream that do not fill a chunk yet. Data sets SPK_TAIL_FORMAT(group, 0, 1,
 * ...) of bytes [2][SPK_TAIL_HEAD * 8 + rows * bytes per row], each larger than the one before; the newest
 * whole slot of all counts. Slots are written in turn, so one is whole at every moment. A slot: the words of
 * the head, then the columns one after the other, packed, in the order of the data set's attribute
 * SPK_TAIL_COLUMNS (names separated by '/'), all little-endian.
 */
#define SPK_TAIL_FORMAT SPK_FILE_TAILS "%s/tail%d"
#define SPK_TAIL_PATH 1024
#define SPK_TAIL_COLUMNS "columns"
enum spk_tail_word {
	SPK_TAIL_SEQUENCE, /* higher is newer; 0: never written */
	SPK_TAIL_BASE,     /* rows of the stream before the tail */
	SPK_TAIL_ROWS,     /* rows in the tail; the columns follow the head one after the other, packed */
	SPK_TAIL_CHECKSUM, /* of the three words above and the columns */
	SPK_TAIL_HEAD
};
/** Bytes of the rows of one column. */
struct spk_piece {
	const void *bytes;
	size_t size;
};

/** What the writer of a stream knows of its tails. NULL: out of memory. */
struct spk_tails *spk_tails_create(const struct spk_file *file, const char *group, size_t n_columns,
	const struct spk_column *columns, size_t row_size, size_t chunk);
int spk_tails_have_room(const struct spk_tails *tails, size_t n_rows);
/** Create larger tails until n_rows fit. Negative on failure. */
herr_t spk_tails_make_room(struct spk_tails *tails, size_t n_rows);
/** Write n_rows rows that follow on `base` rows in chunks; they fit. Negative on failure. */
herr_t spk_tails_write(struct spk_tails *tails, uint64_t base, size_t n_rows, size_t n_columns,
	const struct spk_piece *columns);
/** Fill all with zeros. Negative on failure. */
herr_t spk_tails_clear(struct spk_tails *tails);
/** Close the data sets. NULL is allowed. */
void spk_tails_free(struct spk_tails *tails);

/**
 * Rows of the tail of `group` that follow on `rows` rows in its data sets: *ret_end is the number of rows
 * with the tail, `rows` where there is none. Errors: SPK_E_FORMAT, SPK_E_NOMEM.
 */
int spk_tail_end(
	struct spk_file *file, const char *group, uint64_t rows, uint64_t *ret_end, struct spk_error *err);
/** Read rows of the column that lie in the tail, as found by spk_tail_end, converted to memory type `type`.
 */
int spk_tail_read(struct spk_file *file, const char *group, const char *column, hid_t type, uint64_t first,
	uint64_t n, void *ret_data, struct spk_error *err);
void spk_tail_free(struct spk_tail *tail);

#endif
