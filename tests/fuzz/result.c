/*
 * Result files as `spikem compare`, `export` and `plot` read them: everything in a file is listed and read,
 * or refused with a reason. The bytes are a script that makes an HDF5 file of any form: types, shapes and
 * filters that no result file has, links in circles and into nowhere, streams with columns of unequal
 * lengths, tails full of anything. Bytes of the file itself are not changed: HDF5 answers for its own format.
 */
#include <hdf5.h>
#include <spikem/file.h>

#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 2000;

enum { MAX_DEPTH = 4, PATH_ROOM = 1024, N_READ = 512 };

static void read_attributes(struct spk_file *file, const char *path)
{
	struct spk_error err = {0};
	char **names = NULL, *text = NULL;
	double number;

	if (spk_file_attr_names(file, path, &names, &err))
		FUZZ_HOLDS(err.text[0] && !names);
	for (size_t k = 0; names && names[k]; k++) {
		text = NULL;
		if (spk_file_read_attr_text(file, path, names[k], &text, &err))
			FUZZ_HOLDS(err.text[0] && !text);
		free(text);
		(void)spk_file_read_attr_f64(file, path, names[k], &number, &err);
	}
	spk_file_free_names(names);
}

/* From the start and from the end, in every type. */
static void read_numbers(struct spk_file *file, const char *path)
{
	static double values[N_READ];
	struct spk_error err = {0};
	uint64_t dims[4] = {0}, slice = 1, n;
	enum spk_type type;
	int rank = 0, rc = spk_file_shape(file, path, &rank, dims, &err);

	if (rc) {
		FUZZ_IS_ERROR(rc, err);
		return;
	}
	FUZZ_HOLDS(rank >= 0 && rank <= 4);
	(void)spk_file_type(file, path, &type, &err);
	for (int k = 1; k < rank; k++) {
		if (dims[k] > N_READ)
			return;
		slice *= dims[k];
	}
	if (slice == 0 || slice > N_READ)
		return;
	n = rank == 0 ? 1 : dims[0];
	n = n > N_READ / slice ? N_READ / slice : n;
	for (int t = SPK_F64; t <= SPK_I64; t++) {
		rc = spk_file_read(file, path, (enum spk_type)t, 0, n, values, &err);
		if (rc)
			FUZZ_IS_ERROR(rc, err);
	}
	if (rank > 0 && dims[0] > n)
		(void)spk_file_read(file, path, SPK_F64, dims[0] - n, n, values, &err);
	/* what does not exist is not read */
	FUZZ_HOLDS(rank == 0 || dims[0] == UINT64_MAX ||
		   spk_file_read(file, path, SPK_F64, dims[0], 1, values, &err) != SPK_OK);
}

static void read_group(struct spk_file *file, const char *path, int depth);

static void read_object(struct spk_file *file, const char *path, int depth)
{
	struct spk_error err = {0};
	enum spk_kind kind = SPK_KIND_NONE;
	char *text = NULL;

	if (spk_file_kind(file, path, &kind, &err))
		return;
	read_attributes(file, path);
	if (kind == SPK_KIND_GROUP && depth < MAX_DEPTH)
		read_group(file, path, depth);
	else if (kind == SPK_KIND_NUMBERS)
		read_numbers(file, path);
	else if (kind == SPK_KIND_TEXT && spk_file_read_text(file, path, &text, &err))
		FUZZ_HOLDS(err.text[0] && !text);
	free(text);
}

static void read_group(struct spk_file *file, const char *path, int depth)
{
	struct spk_error err = {0};
	char **names = NULL, below[PATH_ROOM];
	uint64_t rows;

	if (spk_file_names(file, path, &names, &err))
		FUZZ_HOLDS(err.text[0] && !names);
	(void)spk_file_rows(file, path, &rows, &err);
	for (size_t k = 0; names && names[k]; k++)
		if (snprintf(below, sizeof below, "%s/%s", depth ? path : "", names[k]) < PATH_ROOM)
			read_object(file, below, depth + 1);
	spk_file_free_names(names);
}

/* ---- Files of any form -------------------------------------------------------------------------- */

enum { N_OBJECTS = 24, N_BYTES = 256 };

static const char *const names[] = {"spikes", "exc", "timestamps", "node_ids", "state", "unfinished", "tail0",
	"tail1", "time", "V_m", "weights", "report"};
static const char *const attributes[] = {"complete", "units", "columns", "seed", "version", "description"};
enum { N_NAMES = sizeof names / sizeof *names, N_ATTRIBUTES = sizeof attributes / sizeof *attributes };

/* A file that is being made; paths of the groups and objects so far. */
struct making {
	hid_t file;
	size_t n;
	char path[N_OBJECTS][PATH_ROOM];
};

/* A type to be closed. */
static hid_t pick_type(struct fuzz_bytes *in)
{
	const hid_t numbers[] = {H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_U64LE, H5T_STD_U32LE, H5T_STD_I64BE,
		H5T_STD_U8LE, H5T_STD_I16LE, H5T_NATIVE_LDOUBLE, H5T_STD_B8LE, H5T_STD_REF_OBJ};
	const uint64_t what = fuzz_number(in, 1) % 16;
	hid_t type;

	if (what < sizeof numbers / sizeof *numbers)
		return H5Tcopy(numbers[what]);
	switch (what) {
	case 10:
		type = H5Tcopy(H5T_C_S1);
		(void)H5Tset_size(type, H5T_VARIABLE);
		return type;
	case 11:
		type = H5Tcopy(H5T_C_S1);
		(void)H5Tset_size(type, 1 + (size_t)fuzz_number(in, 1) * 1000);
		return type;
	case 12:
		return H5Tvlen_create(H5T_STD_U8LE);
	case 13:
		return H5Tarray_create2(H5T_IEEE_F64LE, 1, (const hsize_t[]){3});
	case 14:
		type = H5Tcreate(H5T_COMPOUND, 16);
		(void)H5Tinsert(type, "a", 0, H5T_IEEE_F64LE);
		(void)H5Tinsert(type, "b", 8, H5T_STD_U64LE);
		return type;
	default:
		return H5Tcreate(H5T_OPAQUE, 1 + (size_t)fuzz_number(in, 1));
	}
}

/* A space to be closed; rank and *ret_n elements, 0 when there are too many to be written. */
static hid_t pick_space(struct fuzz_bytes *in, int *ret_rank, hsize_t dims[6], size_t *ret_n)
{
	const uint64_t form = fuzz_number(in, 1) % 8;
	hsize_t most[6];

	*ret_rank = 0;
	*ret_n = form == 1 ? 0 : 1;
	if (form < 2)
		return H5Screate(form == 0 ? H5S_SCALAR : H5S_NULL);
	*ret_rank = form < 6 ? 1 : 1 + (int)fuzz_number(in, 1) % 6;
	for (int k = 0; k < *ret_rank; k++) {
		const uint64_t n = fuzz_number(in, 1);
		dims[k] = n < 200 ? n % 20 : UINT64_C(1) << (n % 60);
		most[k] = n % 2 ? H5S_UNLIMITED : dims[k];
		*ret_n = dims[k] < 4096 && *ret_n < 4096 ? *ret_n * (size_t)dims[k] : 0;
	}
	return H5Screate_simple(*ret_rank, dims, most);
}

/* Layout, filters and where the values lie. */
static hid_t pick_plan(struct fuzz_bytes *in, int rank)
{
	const uint64_t what = fuzz_number(in, 1);
	const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
	hsize_t chunk[6];

	for (int k = 0; k < rank; k++)
		chunk[k] = 1 + what % 16;
	if (rank > 0 && what % 8 != 7)
		(void)H5Pset_chunk(plan, rank, chunk);
	else if (what % 16 == 15)
		(void)H5Pset_external(plan, "/etc/passwd", 0, H5F_UNLIMITED);
	if (rank > 0 && what % 3 == 1)
		(void)H5Pset_deflate(plan, 1);
	if (rank > 0 && what % 5 == 1)
		(void)H5Pset_fletcher32(plan);
	return plan;
}

/* Any bytes, or texts. Nothing is written where a value would be a pointer. */
static void fill(hid_t object, int is_attr, hid_t type, size_t n, struct fuzz_bytes *in)
{
	static uint8_t bytes[1 << 20];
	const size_t size = H5Tget_size(type);
	char *text[] = {"timestamps/node_ids"};

	if (n == 0 || size == 0 || n > sizeof bytes / size)
		return;
	if (H5Tis_variable_str(type) > 0 && n == 1) {
		(void)(is_attr ? H5Awrite(object, type, text)
			       : H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text));
	} else if (H5Tdetect_class(type, H5T_VLEN) == 0 && H5Tis_variable_str(type) == 0) {
		for (size_t k = 0; k < n * size; k++)
			bytes[k] = k < N_BYTES ? (uint8_t)fuzz_number(in, 1) : (uint8_t)(k % 251);
		(void)(is_attr ? H5Awrite(object, type, bytes)
			       : H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes));
	}
}

static void make_attribute(struct making *m, const char *path, struct fuzz_bytes *in)
{
	const char *const name = attributes[fuzz_number(in, 1) % N_ATTRIBUTES];
	hsize_t dims[6];
	size_t n;
	int rank;
	const hid_t type = pick_type(in), space = pick_space(in, &rank, dims, &n);
	const hid_t attr = n && H5Tget_size(type) * n < 60000
				   ? H5Acreate_by_name(m->file, path, name, type, space, H5P_DEFAULT,
					     H5P_DEFAULT, H5P_DEFAULT)
				   : -1;

	if (attr >= 0) {
		fill(attr, 1, type, n, in);
		(void)H5Aclose(attr);
	}
	(void)H5Sclose(space);
	(void)H5Tclose(type);
}

static void make_set(struct making *m, const char *path, struct fuzz_bytes *in)
{
	hsize_t dims[6];
	size_t n;
	int rank;
	const hid_t type = pick_type(in), space = pick_space(in, &rank, dims, &n), plan = pick_plan(in, rank);
	const hid_t set = H5Dcreate2(m->file, path, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);

	if (set >= 0) {
		if (H5Pget_external_count(plan) == 0)
			fill(set, 0, type, n, in);
		(void)H5Dclose(set);
	}
	(void)H5Pclose(plan);
	(void)H5Sclose(space);
	(void)H5Tclose(type);
}

static void make_object(struct making *m, struct fuzz_bytes *in)
{
	char *const path = m->path[m->n];
	const char *const parent = m->path[fuzz_number(in, 1) % m->n];
	const char *const other = m->path[fuzz_number(in, 1) % m->n];
	const char *const name = names[fuzz_number(in, 1) % N_NAMES];
	hid_t group;

	if (snprintf(path, PATH_ROOM, "%s/%s", m->n > 1 && parent[1] ? parent : "", name) >= PATH_ROOM)
		return;
	m->n++;
	switch (fuzz_number(in, 1) % 8) {
	case 0:
	case 1:
		group = H5Gcreate2(m->file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		if (group >= 0)
			(void)H5Gclose(group);
		break;
	case 2:
		(void)H5Lcreate_soft(other, m->file, path, H5P_DEFAULT, H5P_DEFAULT);
		break;
	case 3:
		(void)H5Lcreate_hard(m->file, other, m->file, path, H5P_DEFAULT, H5P_DEFAULT);
		break;
	case 4:
		(void)H5Lcreate_external("made.h5", "/", m->file, path, H5P_DEFAULT, H5P_DEFAULT);
		break;
	default:
		make_set(m, path, in);
	}
	for (uint64_t n = fuzz_number(in, 1) % 3; n > 0; n--)
		make_attribute(m, fuzz_number(in, 1) % 2 ? "/" : path, in);
}

static void make_file(const char *path, struct fuzz_bytes *in)
{
	static struct making making;

	making.n = 1;
	(void)snprintf(making.path[0], PATH_ROOM, "/");
	making.file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	FUZZ_HOLDS(making.file >= 0);
	(void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	while (in->left && making.n < N_OBJECTS)
		make_object(&making, in);
	FUZZ_HOLDS(H5Fclose(making.file) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes script = {data, size};
	struct spk_error err = {0};
	struct spk_file *file = NULL;
	char path[FUZZ_PATH];

	(void)snprintf(path, sizeof path, "%s/made.h5", fuzz_folder());
	make_file(path, &script);
	const int rc = spk_file_open(path, &file, &err);
	if (rc) {
		FUZZ_IS_ERROR(rc, err);
		FUZZ_HOLDS(!file);
		return 0;
	}
	(void)spk_file_is_complete(file);
	read_object(file, "/", 0);
	(void)spk_file_close(file, 0, NULL);
	FUZZ_HOLDS(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);
	return 0;
}
