/* Writing result files: creation, arrays, texts, attributes, flush, close. Rows: record_hdf5_stream.c. */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/folder.h"

enum { DEFAULT_CHUNK = 16384, MAX_CHUNK = 1 << 26, BESIDE_EXTRA = 40 };

/* ---- Creation --------------------------------------------------------------------------------------- */

static herr_t write_root(struct spk_file *file)
{
	const uint32_t magic = SPK_FILE_MAGIC, version[2] = {0, 1}, complete = 0;
	const hsize_t two = 2;
	herr_t rc = spk_attr_scalar(file->id, "magic", H5T_STD_U32LE, H5T_NATIVE_UINT32, &magic);
	const hid_t space = H5Screate_simple(1, &two, NULL);
	const hid_t attr = H5Acreate2(file->id, "version", H5T_STD_U32LE, space, H5P_DEFAULT, H5P_DEFAULT);
	if (rc >= 0)
		rc = attr < 0 ? -1 : H5Awrite(attr, H5T_NATIVE_UINT32, version);
	if (attr >= 0)
		H5Aclose(attr);
	if (space >= 0)
		H5Sclose(space);
	if (rc >= 0)
		rc = spk_attr_scalar(file->id, "complete", H5T_STD_U32LE, H5T_NATIVE_UINT32, &complete);
	return rc;
}

static int create_content(struct spk_file *file, const char *name, struct spk_error *err)
{
	const hid_t access = spk_disk_access(file->disk), plan = H5Pcreate(H5P_FILE_CREATE);
	/* Freed space is not used again: what lay there may still belong to the last commit. */
	if (access >= 0 && H5Pset_file_space_strategy(plan, H5F_FSPACE_STRATEGY_NONE, 0, 1) >= 0 &&
		spk_plan_links(plan) >= 0)
		file->id = H5Fcreate(name, H5F_ACC_TRUNC, plan, access);
	if (plan >= 0)
		H5Pclose(plan);
	if (access >= 0)
		H5Pclose(access);
	if (file->id < 0 || write_root(file) < 0 || H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 ||
		spk_disk_errno(file->disk))
		return spk_file_fail(file, SPK_E_IO, err, "create the file");
	return SPK_OK;
}

static void release(struct spk_file *file)
{
	for (size_t k = 0; k < file->n_streams; ++k)
		spk_stream_free(file->streams[k]);
	spk_tail_free(file->tail);
	if (file->id >= 0)
		H5Fclose(file->id);
	spk_disk_free(file->disk);
	spk_source_free(file->source);
	free(file->streams);
	free(file->path);
	free(file);
}

static struct spk_file *alloc_file(const char *path, const struct spk_file_options *options)
{
	static const struct spk_file_options defaults = {0, 0, 0};
	struct spk_file *const file = calloc(1, sizeof *file);
	if (!file)
		return NULL;
	options = options ? options : &defaults;
	file->id = -1;
	file->chunk = options->chunk ? options->chunk : DEFAULT_CHUNK;
	file->compress = options->compress != 0;
	file->flush_s = options->flush_s > 0 || options->flush_s < 0 ? options->flush_s : 5;
	file->path = strdup(path);
	if (file->path)
		return file;
	free(file);
	return NULL;
}

/* Open a new file beside `path`. @param name [strlen(path) + BESIDE_EXTRA], receives its name */
static int open_beside(const char *path, char *name)
{
	int fd = -1;
	for (int k = 0; k < 100 && fd < 0; ++k) {
		snprintf(name, strlen(path) + BESIDE_EXTRA, "%s.%ld-%d.new", path, (long)getpid(), k);
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

/* Made under another name and renamed when it stands: until then a file of that name is left alone. A rename
 * would also replace a device, /dev/null say, if the user may. */
static int create_beside(struct spk_file *file, char *name, struct spk_error *err)
{
	struct stat there;
	if (stat(file->path, &there) == 0 && !S_ISREG(there.st_mode))
		return spk_fail(err, SPK_E_IO, "%s: cannot create the file: something else has this name",
			file->path);
	const int fd = open_beside(file->path, name);
	if (fd < 0)
		return spk_fail(err, SPK_E_IO, "%s: cannot create the file: %s", file->path, strerror(errno));
	int rc = SPK_OK;
	file->disk = spk_disk_create(fd);
	if (!file->disk) {
		close(fd);
		rc = spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	}
	if (!rc)
		rc = create_content(file, name, err);
	if (!rc && rename(name, file->path))
		rc = spk_fail(err, SPK_E_IO, "%s: cannot create the file: %s", file->path, strerror(errno));
	if (rc)
		unlink(name);
	else
		spk_folder_sync(file->path);
	return rc;
}

int spk_file_create(const char *path, const struct spk_file_options *options, struct spk_file **ret_file,
	struct spk_error *err)
{
	if (options && options->chunk > MAX_CHUNK)
		return spk_fail(err, SPK_E_INVALID, "%s: a chunk holds at most %d rows", path, MAX_CHUNK);
	struct spk_file *const file = alloc_file(path, options);
	char *const name = malloc(strlen(path) + BESIDE_EXTRA);
	if (!file || !name) {
		free(name);
		if (file)
			release(file);
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", path);
	}
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = create_beside(file, name, err);
	if (rc) {
		release(file);
	} else {
		clock_gettime(CLOCK_MONOTONIC, &file->flushed);
		*ret_file = file;
	}
	spk_quiet_end(quiet);
	free(name);
	return rc;
}

/* ---- Arrays, texts, attributes ------------------------------------------------------------------------ */

static int check_target(const struct spk_file *file, const char *path, struct spk_error *err)
{
	if (!file->disk)
		return spk_fail(err, SPK_E_INVALID, "%s: the file is open for reading", file->path);
	if (!path || path[0] != '/')
		return spk_fail(
			err, SPK_E_INVALID, "%s: '%s' is no absolute path", file->path, path ? path : "");
	if (spk_disk_errno(file->disk))
		return spk_file_fail(file, SPK_E_IO, err, "write %s", path);
	return SPK_OK;
}

/* Compressed arrays are cut into chunks along their first dimension. */
static herr_t plan_chunks(const struct spk_file *file, hid_t plan, int rank, const uint64_t *dims)
{
	hsize_t chunk[4], row = 1;
	uint64_t total = 1;
	for (int k = 0; k < rank; ++k)
		total *= dims[k];
	if (!file->compress || rank == 0 || total <= file->chunk)
		return 0;
	for (int k = rank - 1; k > 0; --k) {
		chunk[k] = dims[k] < file->chunk / row ? dims[k] : file->chunk / row;
		row *= chunk[k];
	}
	chunk[0] = dims[0] < file->chunk / row ? dims[0] : file->chunk / row;
	herr_t rc = H5Pset_chunk(plan, rank, chunk);
	rc = rc < 0 ? rc : H5Pset_shuffle(plan);
	return rc < 0 ? rc : H5Pset_deflate(plan, 1);
}

/* An array without values yet; negative on failure. */
static hid_t create_array(struct spk_file *file, const char *path, enum spk_type type, int rank,
	const uint64_t *dims, const char *unit, const char *description)
{
	hsize_t extent[4] = {0};
	herr_t rc = -1;
	hid_t set = -1;
	for (int k = 0; k < rank; ++k)
		extent[k] = dims[k];
	const hid_t plan = spk_set_plan();
	const hid_t space = rank ? H5Screate_simple(rank, extent, NULL) : H5Screate(H5S_SCALAR);
	if (plan < 0 || space < 0 || plan_chunks(file, plan, rank, dims) < 0 ||
		H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER) < 0 || spk_groups_make(file, path, 0) < 0)
		goto out;
	set = H5Dcreate2(file->id, path, spk_type_file(type), space, H5P_DEFAULT, plan, H5P_DEFAULT);
	if (set < 0)
		goto out;
	rc = unit && *unit ? spk_attr_text(set, "units", unit) : 0;
	if (rc >= 0 && description && *description)
		rc = spk_attr_text(set, "description", description);
out:
	if (rc < 0 && set >= 0) {
		H5Dclose(set);
		set = -1;
	}
	if (space >= 0)
		H5Sclose(space);
	if (plan >= 0)
		H5Pclose(plan);
	return set;
}

static herr_t write_array(struct spk_file *file, const char *path, enum spk_type type, int rank,
	const uint64_t *dims, const void *data, const char *unit, const char *description)
{
	const hid_t set = create_array(file, path, type, rank, dims, unit, description);
	uint64_t n = 1;
	if (set < 0)
		return -1;
	for (int k = 0; k < rank; ++k)
		n *= dims[k];
	const herr_t rc = n ? H5Dwrite(set, spk_type_memory(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) : 0;
	H5Dclose(set);
	return rc;
}

int spk_file_array(struct spk_file *file, const char *path, enum spk_type type, int rank,
	const uint64_t *dims, const void *data, const char *unit, const char *description,
	struct spk_error *err)
{
	int rc = check_target(file, path, err);
	if (rc)
		return rc;
	if (!spk_type_size(type) || rank < 0 || rank > 4)
		return spk_fail(err, SPK_E_INVALID, "%s: %s has no valid type or rank", file->path, path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	if (write_array(file, path, type, rank, dims, data, unit, description) < 0 ||
		spk_disk_errno(file->disk))
		rc = spk_file_fail(file, SPK_E_IO, err, "write %s", path);
	spk_quiet_end(quiet);
	return rc;
}

/* ---- Arrays piece by piece ---------------------------------------------------------------------------- */

struct spk_array {
	struct spk_file *file;
	hid_t set;
	enum spk_type type;
	uint64_t n, next;
};

int spk_file_array_open(struct spk_file *file, const char *path, enum spk_type type, uint64_t n,
	const char *unit, const char *description, struct spk_array **ret_array, struct spk_error *err)
{
	int rc = check_target(file, path, err);
	if (rc)
		return rc;
	if (!spk_type_size(type))
		return spk_fail(err, SPK_E_INVALID, "%s: %s has no valid type", file->path, path);
	struct spk_array *const array = calloc(1, sizeof *array);
	if (!array)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	*array = (struct spk_array){.file = file, .type = type, .n = n};
	array->set = create_array(file, path, type, 1, &n, unit, description);
	if (array->set < 0 || spk_disk_errno(file->disk))
		rc = spk_file_fail(file, SPK_E_IO, err, "write %s", path);
	spk_quiet_end(quiet);
	if (rc)
		(void)spk_array_close(array, NULL);
	else
		*ret_array = array;
	return rc;
}

static herr_t write_piece(const struct spk_array *array, hsize_t n, const void *data)
{
	const hsize_t first = array->next;
	const hid_t there = H5Dget_space(array->set), here = H5Screate_simple(1, &n, NULL);
	herr_t rc = H5Sselect_hyperslab(there, H5S_SELECT_SET, &first, NULL, &n, NULL);
	if (rc >= 0)
		rc = H5Dwrite(array->set, spk_type_memory(array->type), here, there, H5P_DEFAULT, data);
	if (here >= 0)
		H5Sclose(here);
	if (there >= 0)
		H5Sclose(there);
	return rc;
}

int spk_array_append(struct spk_array *array, uint64_t n, const void *data, struct spk_error *err)
{
	struct spk_file *const file = array->file;
	if (n > array->n - array->next)
		return spk_fail(err, SPK_E_INVALID, "%s: an array is longer than it was to be", file->path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	int rc = SPK_OK;
	if (n && (write_piece(array, n, data) < 0 || spk_disk_errno(file->disk)))
		rc = spk_file_fail(file, SPK_E_IO, err, "write an array");
	spk_quiet_end(quiet);
	array->next += n;
	return rc;
}

int spk_array_close(struct spk_array *array, struct spk_error *err)
{
	if (!array)
		return SPK_OK;
	struct spk_file *const file = array->file;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	int rc = SPK_OK;
	if (array->set >= 0 && (H5Dclose(array->set) < 0 || spk_disk_errno(file->disk)))
		rc = spk_file_fail(file, SPK_E_IO, err, "write an array");
	spk_quiet_end(quiet);
	if (!rc && array->next < array->n)
		rc = spk_fail(err, SPK_E_INVALID, "%s: an array is shorter than it was to be", file->path);
	if (!rc && spk_file_flush_is_due(file))
		rc = spk_file_flush(file, err);
	free(array);
	return rc;
}

static herr_t write_text(struct spk_file *file, const char *path, const char *text)
{
	herr_t rc = -1;
	hid_t set = -1;
	const hid_t plan = spk_set_plan(), type = spk_text_type();
	const hid_t space = H5Screate(H5S_SCALAR);
	if (plan >= 0 && type >= 0 && space >= 0 && spk_groups_make(file, path, 0) >= 0)
		set = H5Dcreate2(file->id, path, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
	if (set >= 0) {
		rc = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text);
		H5Dclose(set);
	}
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	if (plan >= 0)
		H5Pclose(plan);
	return rc;
}

int spk_file_text(struct spk_file *file, const char *path, const char *text, struct spk_error *err)
{
	int rc = check_target(file, path, err);
	if (rc)
		return rc;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	if (write_text(file, path, text) < 0 || spk_disk_errno(file->disk))
		rc = spk_file_fail(file, SPK_E_IO, err, "write %s", path);
	spk_quiet_end(quiet);
	return rc;
}

/* Exactly one of text and value is not NULL. */
static int set_attr(struct spk_file *file, const char *object, const char *name, const char *text,
	hid_t file_type, hid_t memory_type, const void *value, struct spk_error *err)
{
	int rc = check_target(file, object, err);
	if (rc)
		return rc;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const hid_t id = H5Oopen(file->id, object, H5P_DEFAULT);
	const herr_t written = id < 0 ? -1
			       : text ? spk_attr_text(id, name, text)
				      : spk_attr_scalar(id, name, file_type, memory_type, value);
	if (written < 0 || spk_disk_errno(file->disk))
		rc = spk_file_fail(file, SPK_E_IO, err, "write the attribute %s of %s", name, object);
	if (id >= 0)
		H5Oclose(id);
	spk_quiet_end(quiet);
	return rc;
}

int spk_file_attr_text(
	struct spk_file *file, const char *object, const char *name, const char *value, struct spk_error *err)
{
	return set_attr(file, object, name, value, -1, -1, NULL, err);
}

int spk_file_attr_f64(
	struct spk_file *file, const char *object, const char *name, double value, struct spk_error *err)
{
	return set_attr(file, object, name, NULL, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value, err);
}

int spk_file_attr_u64(
	struct spk_file *file, const char *object, const char *name, uint64_t value, struct spk_error *err)
{
	return set_attr(file, object, name, NULL, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value, err);
}

/* ---- Flush and close ---------------------------------------------------------------------------------- */

static int store_all(struct spk_file *file, int last, struct spk_error *err)
{
	for (size_t k = 0; k < file->n_streams; ++k) {
		const int rc = spk_stream_store(file->streams[k], last, err);
		if (rc)
			return rc;
	}
	if (H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 || spk_disk_errno(file->disk))
		return spk_file_fail(file, SPK_E_IO, err, "write to the disk");
	clock_gettime(CLOCK_MONOTONIC, &file->flushed);
	return SPK_OK;
}

int spk_file_flush(struct spk_file *file, struct spk_error *err)
{
	if (!file->disk)
		return spk_fail(err, SPK_E_INVALID, "%s: the file is open for reading", file->path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = store_all(file, 0, err);
	spk_quiet_end(quiet);
	return rc;
}

/* Each step is committed before the next, so that the file is readable after any of them. */
static int finish(struct spk_file *file, int complete, struct spk_error *err)
{
	int rc = store_all(file, 1, err);
	if (rc)
		return rc;
	if (H5Lexists(file->id, SPK_FILE_TAILS, H5P_DEFAULT) > 0) {
		rc = spk_streams_drop_tails(file, err);
		if (rc)
			return rc;
	}
	if (complete) {
		const uint32_t yes = 1;
		if (spk_attr_scalar(file->id, "complete", H5T_STD_U32LE, H5T_NATIVE_UINT32, &yes) < 0 ||
			H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 || spk_disk_errno(file->disk))
			return spk_file_fail(file, SPK_E_IO, err, "mark the file as complete");
	}
	return SPK_OK;
}

int spk_file_close(struct spk_file *file, int complete, struct spk_error *err)
{
	if (!file)
		return SPK_OK;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = file->disk ? finish(file, complete, err) : SPK_OK;
	release(file);
	spk_quiet_end(quiet);
	return rc;
}
