/* Reading result files: names, kinds, texts, attributes. */
#include "sim/record_hdf5.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 64 << 20, MAX_ATTR_TEXT = 64 << 10 };

/* ---- Names ------------------------------------------------------------------------------------------ */

struct list {
	size_t n, max;
	char **names; /* NULL-terminated once n < max */
};

static herr_t append_name(struct list *list, const char *name)
{
	if (list->n + 1 >= list->max) {
		const size_t max = list->max ? 2 * list->max : 16;
		char **const grown = realloc(list->names, max * sizeof *grown);
		if (!grown)
			return -1;
		list->names = grown;
		list->max = max;
	}
	list->names[list->n] = strdup(name);
	if (!list->names[list->n])
		return -1;
	list->names[++list->n] = NULL;
	return 0;
}

static herr_t append_link(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
	(void)group, (void)info;
	return append_name(user, name);
}

static herr_t append_attr(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
	(void)object, (void)info;
	return append_name(user, name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_names(
	struct spk_file *file, const char *path, int attributes, char ***ret_names, struct spk_error *err)
{
	struct list list = {0, 16, calloc(16, sizeof *list.names)};
	if (!list.names)
		return spk_fail(err, SPK_E_NOMEM, "%s: out of memory", file->path);
	const struct spk_quiet quiet = spk_quiet_begin(file);
	const hid_t object = spk_object_open(file, path);
	herr_t rc = -1;
	if (object >= 0 && attributes)
		rc = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, append_attr, &list);
	else if (object >= 0 && H5Iget_type(object) == H5I_GROUP)
		rc = H5Literate(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, append_link, &list);
	const int status =
		rc < 0 ? spk_file_fail(file, SPK_E_FORMAT, err, "list what is in %s", path) : SPK_OK;
	if (object >= 0)
		H5Oclose(object);
	spk_quiet_end(quiet);
	if (status) {
		spk_file_free_names(list.names);
		return status;
	}
	qsort(list.names, list.n, sizeof *list.names, compare_names);
	*ret_names = list.names;
	return SPK_OK;
}

int spk_file_names(struct spk_file *file, const char *group, char ***ret_names, struct spk_error *err)
{
	return list_names(file, group, 0, ret_names, err);
}

int spk_file_attr_names(struct spk_file *file, const char *object, char ***ret_names, struct spk_error *err)
{
	return list_names(file, object, 1, ret_names, err);
}

void spk_file_free_names(char **names)
{
	for (size_t k = 0; names && names[k]; ++k)
		free(names[k]);
	free(names);
}

/* ---- Kinds ------------------------------------------------------------------------------------------ */

static enum spk_kind classify_set(hid_t set)
{
	enum spk_kind kind = SPK_KIND_OTHER;
	const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
	if (type >= 0 && space >= 0) {
		const H5T_class_t class = H5Tget_class(type);
		const H5S_class_t form = H5Sget_simple_extent_type(space);
		if ((class == H5T_INTEGER || class == H5T_FLOAT) && form != H5S_NULL &&
			H5Sget_simple_extent_ndims(space) <= 4)
			kind = SPK_KIND_NUMBERS;
		else if (class == H5T_STRING && form == H5S_SCALAR)
			kind = SPK_KIND_TEXT;
	}
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	return kind;
}

/* H5Lexists asks for one step only: each group on the way must exist. */
static htri_t is_there(const struct spk_file *file, const char *path)
{
	char *const copy = strdup(path);
	htri_t there = copy ? 1 : -1;
	for (char *end = copy; there > 0 && *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		const char kept = *end;
		*end = '\0';
		if (copy[strspn(copy, "/")])
			there = H5Lexists(file->id, copy, H5P_DEFAULT);
		*end = kept;
	}
	free(copy);
	return there;
}

int spk_file_kind(struct spk_file *file, const char *path, enum spk_kind *ret_kind, struct spk_error *err)
{
	int rc = SPK_OK;
	enum spk_kind kind = SPK_KIND_NONE;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	if (is_there(file, path) > 0) {
		const hid_t object = spk_object_open(file, path);
		const H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
		if (object < 0)
			rc = spk_file_fail(file, SPK_E_FORMAT, err, "open %s", path);
		else if (type == H5I_GROUP)
			kind = SPK_KIND_GROUP;
		else
			kind = type == H5I_DATASET ? classify_set(object) : SPK_KIND_OTHER;
		if (object >= 0)
			H5Oclose(object);
	}
	spk_quiet_end(quiet);
	if (!rc)
		*ret_kind = kind;
	return rc;
}

/* ---- Texts and attributes --------------------------------------------------------------------------- */

/* Where a scalar is read from: a data set or an attribute. */
struct scalar {
	hid_t id, type, space;
	int is_attr;
};

static void close_scalar(struct scalar *scalar)
{
	if (scalar->space >= 0)
		H5Sclose(scalar->space);
	if (scalar->type >= 0)
		H5Tclose(scalar->type);
	if (scalar->id >= 0)
		scalar->is_attr ? H5Aclose(scalar->id) : H5Oclose(scalar->id);
}

/* @param attr  NULL: the data set itself */
static struct scalar open_scalar(const struct spk_file *file, const char *path, const char *attr)
{
	struct scalar scalar = {.id = -1, .type = -1, .space = -1, .is_attr = attr != NULL};
	const hid_t object = spk_object_open(file, path);
	if (object >= 0 && attr) {
		scalar.id = H5Aopen(object, attr, H5P_DEFAULT);
		H5Oclose(object);
	} else if (object >= 0 && H5Iget_type(object) == H5I_DATASET) {
		scalar.id = object;
	} else if (object >= 0) {
		H5Oclose(object);
	}
	if (scalar.id >= 0) {
		scalar.type = attr ? H5Aget_type(scalar.id) : H5Dget_type(scalar.id);
		scalar.space = attr ? H5Aget_space(scalar.id) : H5Dget_space(scalar.id);
	}
	return scalar;
}

static herr_t read_scalar(const struct scalar *scalar, hid_t type, void *ret_value)
{
	if (scalar->is_attr)
		return H5Aread(scalar->id, type, ret_value);
	return H5Dread(scalar->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, ret_value);
}

static int is_scalar(const struct scalar *scalar)
{
	return scalar->type >= 0 && scalar->space >= 0 && H5Sget_simple_extent_npoints(scalar->space) == 1;
}

/* A text of fixed length, padded in any way, or of variable length. NULL: not to be had. */
static char *read_text(const struct scalar *scalar, size_t max)
{
	char *text = NULL, *held = NULL;
	if (!is_scalar(scalar) || H5Tget_class(scalar->type) != H5T_STRING)
		return NULL;
	if (H5Tis_variable_str(scalar->type) > 0) {
		if (read_scalar(scalar, scalar->type, &held) >= 0 && held) {
			text = strnlen(held, max + 1) <= max ? strdup(held) : NULL;
			H5free_memory(held);
		}
		return text;
	}
	const size_t size = H5Tget_size(scalar->type);
	text = size > 0 && size <= max ? calloc(size + 1, 1) : NULL;
	if (text && read_scalar(scalar, scalar->type, text) < 0) {
		free(text);
		text = NULL;
	}
	return text;
}

int spk_file_read_text(struct spk_file *file, const char *path, char **ret_text, struct spk_error *err)
{
	const struct spk_quiet quiet = spk_quiet_begin(file);
	struct scalar scalar = open_scalar(file, path, NULL);
	char *const text = read_text(&scalar, MAX_TEXT);
	close_scalar(&scalar);
	spk_quiet_end(quiet);
	if (!text && file->reason[0])
		return spk_file_fail(file, SPK_E_FORMAT, err, "read the text %s", path);
	if (!text)
		return spk_fail(err, SPK_E_FORMAT, "%s: %s is not a text", file->path, path);
	*ret_text = text;
	return SPK_OK;
}

int spk_file_read_attr_text(
	struct spk_file *file, const char *object, const char *name, char **ret_text, struct spk_error *err)
{
	const struct spk_quiet quiet = spk_quiet_begin(file);
	struct scalar scalar = open_scalar(file, object, name);
	char *const text = read_text(&scalar, MAX_ATTR_TEXT);
	close_scalar(&scalar);
	spk_quiet_end(quiet);
	if (!text)
		return spk_fail(
			err, SPK_E_FORMAT, "%s: %s has no text attribute %s", file->path, object, name);
	*ret_text = text;
	return SPK_OK;
}

int spk_file_read_attr_f64(
	struct spk_file *file, const char *object, const char *name, double *ret_value, struct spk_error *err)
{
	double value = 0;
	const struct spk_quiet quiet = spk_quiet_begin(file);
	struct scalar scalar = open_scalar(file, object, name);
	const H5T_class_t class = is_scalar(&scalar) ? H5Tget_class(scalar.type) : H5T_NO_CLASS;
	const herr_t rc = class == H5T_INTEGER || class == H5T_FLOAT
				  ? read_scalar(&scalar, H5T_NATIVE_DOUBLE, &value)
				  : -1;
	close_scalar(&scalar);
	spk_quiet_end(quiet);
	if (rc < 0)
		return spk_fail(
			err, SPK_E_FORMAT, "%s: %s has no number attribute %s", file->path, object, name);
	*ret_value = value;
	return SPK_OK;
}
