/* Reading result files and SONATA spike files: numbers. The file is not trusted; nothing is allocated by what
 * it says of itself except a chunk, whose size is checked. Names, texts and attributes:
 * record_hdf5_inspect.c. */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CHUNK_BYTES = 1 << 30 };

/* ---- Opening ---------------------------------------------------------------------------------------- */

static int read_complete(struct spk_file *file, struct spk_error *err)
{
	uint32_t complete = 1;
	const htri_t there = H5Aexists(file->id, "complete");
	if (there > 0) {
		double value = 0;
		const int rc = spk_file_read_attr_f64(file, "/", "complete", &value, err);
		if (rc)
			return rc;
		complete = value > 0;
	}
	file->complete = complete != 0;
	return there < 0 ? spk_file_fail(file, SPK_E_FORMAT, err, "read the attribute complete") : SPK_OK;
}

/* Lengths of another size would take other heaps than the driver looks through. */
static int check_sizes(const struct spk_file *file)
{
	const hid_t plan = H5Fget_create_plist(file->id);
	size_t of_address = 0, of_length = 0;
	const herr_t rc = plan < 0 ? -1 : H5Pget_sizes(plan, &of_address, &of_length);

	if (plan >= 0)
		H5Pclose(plan);
	return rc >= 0 && of_length == sizeof(uint64_t);
}

static int open_content(struct spk_file *file, struct spk_error *err)
{
	const int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return spk_fail(err, SPK_E_IO, "%s: cannot open the file: %s", file->path, strerror(errno));
	file->source = spk_source_create(fd);
	if (!file->source) {
		close(fd);
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	}
	const hid_t access = spk_source_access(file->source);
	if (access >= 0) {
		file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
		H5Pclose(access);
	}
	if (file->id < 0)
		return spk_file_fail(file, SPK_E_FORMAT, err, "read the file as HDF5");
	if (!check_sizes(file))
		return spk_fail(err, SPK_E_FORMAT,
			"%s: its lengths do not have 8 bytes, as those of HDF5 files have", file->path);
	return read_complete(file, err);
}

int spk_file_open(const char *path, struct spk_file **ret_file, struct spk_error *err)
{
	struct spk_file *const file = calloc(1, sizeof *file);
	if (!file)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", path);
	file->id = -1;
	file->path = strdup(path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc =
		file->path ? open_content(file, err) : spk_fail(err, SPK_E_NOMEM, "%s: out of memory", path);
	spk_quiet_end(quiet);
	if (rc)
		spk_file_close(file, 0, NULL);
	else
		*ret_file = file;
	return rc;
}

int spk_file_is_complete(const struct spk_file *file)
{
	return file->complete;
}

static herr_t refuse_link(const char *parent_file, const char *parent_group, const char *child_file,
	const char *child_object, unsigned *flags, hid_t access, void *user)
{
	(void)parent_file, (void)parent_group, (void)child_file, (void)child_object, (void)flags,
		(void)access, (void)user;
	return -1;
}

hid_t spk_object_open(const struct spk_file *file, const char *path)
{
	const hid_t plan = H5Pcreate(H5P_LINK_ACCESS);
	hid_t object = -1;
	if (plan < 0)
		return -1;
	if (H5Pset_elink_cb(plan, refuse_link, NULL) >= 0)
		object = H5Oopen(file->id, path, plan);
	H5Pclose(plan);
	return object;
}

/* ---- Data sets -------------------------------------------------------------------------------------- */

/* A data set of numbers, opened and checked. */
struct numbers {
	hid_t set, type, space;
	int rank;
	hsize_t dims[4], max_dims[4];
	int is_chunked;
	uint64_t n_chunks; /* that the dimensions need */
};

static void close_numbers(struct numbers *numbers)
{
	if (numbers->space >= 0)
		H5Sclose(numbers->space);
	if (numbers->type >= 0)
		H5Tclose(numbers->type);
	if (numbers->set >= 0)
		H5Oclose(numbers->set);
}

/* Data inside the file, in chunks that fit into memory. */
static int check_layout(struct numbers *numbers)
{
	hsize_t chunk[H5S_MAX_RANK], size = H5Tget_size(numbers->type), n_chunks = 1;
	const hid_t plan = H5Dget_create_plist(numbers->set);
	if (plan < 0)
		return 0;
	const H5D_layout_t layout = H5Pget_layout(plan);
	int is_right = (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED) &&
		       H5Pget_external_count(plan) == 0;
	if (is_right && layout == H5D_CHUNKED) {
		is_right = H5Pget_chunk(plan, H5S_MAX_RANK, chunk) == numbers->rank;
		for (int k = 0; k < numbers->rank && is_right; ++k) {
			size *= chunk[k];
			is_right = chunk[k] > 0 && size > 0 && size <= MAX_CHUNK_BYTES;
			n_chunks *= is_right ? numbers->dims[k] / chunk[k] + (numbers->dims[k] % chunk[k] > 0)
					     : 0;
		}
		numbers->is_chunked = 1;
		numbers->n_chunks = n_chunks;
	}
	H5Pclose(plan);
	return is_right;
}

static int is_numbers(struct numbers *numbers)
{
	if (numbers->set < 0 || H5Iget_type(numbers->set) != H5I_DATASET)
		return 0;
	numbers->type = H5Dget_type(numbers->set);
	numbers->space = H5Dget_space(numbers->set);
	if (numbers->type < 0 || numbers->space < 0)
		return 0;
	const H5T_class_t class = H5Tget_class(numbers->type);
	const H5S_class_t form = H5Sget_simple_extent_type(numbers->space);
	numbers->rank = H5Sget_simple_extent_ndims(numbers->space);
	if ((class != H5T_INTEGER && class != H5T_FLOAT) || H5Tget_size(numbers->type) > 16 ||
		form == H5S_NULL || numbers->rank < 0 || numbers->rank > 4)
		return 0;
	return numbers->rank == 0 ||
	       H5Sget_simple_extent_dims(numbers->space, numbers->dims, numbers->max_dims) == numbers->rank;
}

static int open_numbers(
	const struct spk_file *file, const char *path, struct numbers *numbers, struct spk_error *err)
{
	*numbers = (struct numbers){.type = -1, .space = -1};
	numbers->set = spk_object_open(file, path);
	int rc = SPK_OK;
	if (numbers->set < 0)
		rc = spk_file_fail(file, SPK_E_FORMAT, err, "open %s", path);
	else if (!is_numbers(numbers))
		rc = spk_fail(err, SPK_E_FORMAT, "%s: %s is not a data set of numbers", file->path, path);
	else if (!check_layout(numbers))
		rc = spk_fail(err, SPK_E_FORMAT,
			"%s: %s lies outside the file or in chunks of more than 1 GiB", file->path, path);
	if (rc)
		close_numbers(numbers);
	return rc;
}

/* A header may promise any number of rows; what the file holds of them can be counted. */
static int check_stored(
	const struct spk_file *file, const char *path, const struct numbers *numbers, struct spk_error *err)
{
	hsize_t n_held = 0, n_promised = numbers->n_chunks, file_size = 0;
	if (numbers->is_chunked) {
		if (H5Dget_num_chunks(numbers->set, numbers->space, &n_held) < 0)
			return spk_file_fail(file, SPK_E_FORMAT, err, "count the chunks of %s", path);
	} else {
		n_held = H5Dget_storage_size(numbers->set) / H5Tget_size(numbers->type);
		n_promised = (hsize_t)H5Sget_simple_extent_npoints(numbers->space);
		if (H5Fget_filesize(file->id, &file_size) < 0 || n_held > file_size)
			n_held = 0;
	}
	if (n_held < n_promised)
		return spk_fail(err, SPK_E_FORMAT,
			"%s: %s is damaged: its header promises %llu %s, %llu are there", file->path, path,
			(unsigned long long)n_promised, numbers->is_chunked ? "chunks" : "elements",
			(unsigned long long)n_held);
	return SPK_OK;
}

static int is_extensible(const struct numbers *numbers)
{
	return (numbers->rank == 1 || numbers->rank == 2) && numbers->max_dims[0] == H5S_UNLIMITED;
}

/* The shortest column of each sort in the group. */
struct columns {
	uint64_t n_fixed, fixed, n_extensible, extensible;
};

static int measure_columns(
	struct spk_file *file, const char *group, struct columns *ret, struct spk_error *err)
{
	char **names = NULL, path[1024];
	struct columns columns = {0, UINT64_MAX, 0, UINT64_MAX};
	int rc = spk_file_names(file, group, &names, err);
	for (size_t k = 0; !rc && names[k]; ++k) {
		struct numbers numbers;
		enum spk_kind kind = SPK_KIND_NONE;
		if (snprintf(path, sizeof path, "%s/%s", group, names[k]) >= (int)sizeof path)
			continue;
		rc = spk_file_kind(file, path, &kind, err);
		if (rc || kind != SPK_KIND_NUMBERS)
			continue; /* a group, a text: no column */
		rc = open_numbers(file, path, &numbers, err);
		if (rc)
			continue;
		rc = check_stored(file, path, &numbers, err);
		if (is_extensible(&numbers)) {
			++columns.n_extensible;
			columns.extensible =
				numbers.dims[0] < columns.extensible ? numbers.dims[0] : columns.extensible;
		} else if (numbers.rank == 1) {
			++columns.n_fixed;
			columns.fixed = numbers.dims[0] < columns.fixed ? numbers.dims[0] : columns.fixed;
		}
		close_numbers(&numbers);
	}
	spk_file_free_names(names);
	if (!rc)
		*ret = columns;
	return rc;
}

static int count_rows(struct spk_file *file, const char *group, uint64_t *ret_rows, struct spk_error *err)
{
	struct columns columns;
	const int rc = measure_columns(file, group, &columns, err);
	if (rc)
		return rc;
	if (columns.n_extensible == 0 && columns.n_fixed == 0)
		return spk_fail(err, SPK_E_FORMAT, "%s: %s holds no columns", file->path, group);
	if (columns.n_extensible == 0) {
		*ret_rows = columns.fixed;
		return SPK_OK;
	}
	if (!file->complete)
		return spk_tail_end(file, group, columns.extensible, ret_rows, err);
	*ret_rows = columns.extensible;
	return SPK_OK;
}

int spk_file_rows(struct spk_file *file, const char *group, uint64_t *ret_rows, struct spk_error *err)
{
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = count_rows(file, group, ret_rows, err);
	spk_quiet_end(quiet);
	return rc;
}

/* Group and name of the data set; both free'd with the group. */
static char *split_path(const char *path, const char **ret_name)
{
	const char *const slash = strrchr(path, '/');
	char *const copy = strdup(path);
	if (!copy)
		return NULL;
	*ret_name = slash ? slash + 1 : path;
	copy[slash ? slash - path : 0] = '\0';
	return copy;
}

/* Length of the data set with its tail. */
static int extend_by_tail(struct spk_file *file, const char *path, const struct numbers *numbers,
	uint64_t *ret_length, struct spk_error *err)
{
	uint64_t rows = 0;
	const char *name;
	*ret_length = numbers->rank ? numbers->dims[0] : 1;
	if (file->complete || !is_extensible(numbers))
		return SPK_OK;
	char *const group = split_path(path, &name);
	if (!group)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	const int rc = count_rows(file, group, &rows, err);
	free(group);
	*ret_length = rows > *ret_length ? rows : *ret_length;
	return rc;
}

static int measure_set(
	struct spk_file *file, const char *path, int *ret_rank, uint64_t ret_dims[4], struct spk_error *err)
{
	struct numbers numbers;
	uint64_t length = 0;
	int rc = open_numbers(file, path, &numbers, err);
	if (rc)
		return rc;
	rc = check_stored(file, path, &numbers, err);
	if (!rc)
		rc = extend_by_tail(file, path, &numbers, &length, err);
	if (!rc) {
		*ret_rank = numbers.rank;
		for (int k = 0; k < 4; ++k)
			ret_dims[k] = k >= numbers.rank ? 1 : k == 0 ? length : numbers.dims[k];
	}
	close_numbers(&numbers);
	return rc;
}

int spk_file_shape(
	struct spk_file *file, const char *path, int *ret_rank, uint64_t ret_dims[4], struct spk_error *err)
{
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = measure_set(file, path, ret_rank, ret_dims, err);
	spk_quiet_end(quiet);
	return rc;
}

int spk_file_type(struct spk_file *file, const char *path, enum spk_type *ret_type, struct spk_error *err)
{
	struct numbers numbers;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const int rc = open_numbers(file, path, &numbers, err);
	if (!rc) {
		const size_t size = H5Tget_size(numbers.type);
		if (H5Tget_class(numbers.type) == H5T_FLOAT)
			*ret_type = size <= 4 ? SPK_F32 : SPK_F64;
		else if (H5Tget_sign(numbers.type) == H5T_SGN_NONE)
			*ret_type = size <= 4 ? SPK_U32 : SPK_U64;
		else
			*ret_type = SPK_I64;
		close_numbers(&numbers);
	}
	spk_quiet_end(quiet);
	return rc;
}

/* Read n slices that lie in the data set itself. */
static herr_t read_inside(
	const struct numbers *numbers, hid_t type, uint64_t first, uint64_t n, void *ret_data)
{
	hsize_t from[4] = {first, 0, 0, 0},
		count[4] = {n, numbers->dims[1], numbers->dims[2], numbers->dims[3]};
	if (n == 0)
		return 0;
	if (numbers->rank == 0)
		return H5Dread(numbers->set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, ret_data);
	const hid_t here = H5Screate_simple(numbers->rank, count, NULL);
	herr_t rc = H5Sselect_hyperslab(numbers->space, H5S_SELECT_SET, from, NULL, count, NULL);
	if (rc >= 0)
		rc = H5Dread(numbers->set, type, here, numbers->space, H5P_DEFAULT, ret_data);
	if (here >= 0)
		H5Sclose(here);
	return rc;
}

static int read_numbers(struct spk_file *file, const char *path, const struct numbers *numbers,
	enum spk_type type, uint64_t first, uint64_t n, void *ret_data, struct spk_error *err)
{
	uint64_t length = 0;
	const uint64_t inside = numbers->rank ? numbers->dims[0] : 1;
	int rc = first <= inside && n <= inside - first ? SPK_OK
							: extend_by_tail(file, path, numbers, &length, err);
	length = length > inside ? length : inside;
	if (rc)
		return rc;
	if (first > length || n > length - first)
		return spk_fail(err, SPK_E_INVALID, "%s: %s ends at %llu, asked for %llu from %llu",
			file->path, path, (unsigned long long)length, (unsigned long long)n,
			(unsigned long long)first);
	const uint64_t n_inside = first >= inside ? 0 : n < inside - first ? n : inside - first;
	if (read_inside(numbers, spk_type_memory(type), first, n_inside, ret_data) < 0)
		return spk_file_fail(file, SPK_E_FORMAT, err, "read %s", path);
	if (n_inside == n)
		return SPK_OK;
	const char *name;
	char *const group = split_path(path, &name);
	if (!group)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	rc = spk_tail_read(file, group, name, spk_type_memory(type), first + n_inside, n - n_inside,
		(unsigned char *)ret_data +
			n_inside * spk_type_size(type) * (numbers->rank == 2 ? numbers->dims[1] : 1),
		err);
	free(group);
	return rc;
}

int spk_file_read(struct spk_file *file, const char *path, enum spk_type type, uint64_t first, uint64_t n,
	void *ret_data, struct spk_error *err)
{
	struct numbers numbers;
	if (!spk_type_size(type))
		return spk_fail(err, SPK_E_INVALID, "%s: %s: no such type", file->path, path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	int rc = open_numbers(file, path, &numbers, err);
	if (!rc) {
		rc = read_numbers(file, path, &numbers, type, first, n, ret_data, err);
		close_numbers(&numbers);
	}
	spk_quiet_end(quiet);
	return rc;
}
