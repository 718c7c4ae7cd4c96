/* What writing and reading result files share: types, attributes, messages. */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *user)
{
	struct spk_file *const file = user;
	if (n == 0 && error->desc)
		snprintf(file->reason, sizeof file->reason, "%s", error->desc);
	return 0;
}

/* HDF5 calls this where it would print: later its next call forgets the cause. */
static herr_t keep_reason(hid_t stack, void *user)
{
	H5Ewalk2(stack, H5E_WALK_UPWARD, keep_innermost, user);
	return 0;
}

struct spk_quiet spk_quiet_begin(struct spk_file *file)
{
	struct spk_quiet quiet = {NULL, NULL};
	file->reason[0] = '\0';
	H5Eget_auto2(H5E_DEFAULT, &quiet.print, &quiet.data);
	H5Eset_auto2(H5E_DEFAULT, keep_reason, file);
	return quiet;
}

void spk_quiet_end(struct spk_quiet quiet)
{
	H5Eset_auto2(H5E_DEFAULT, quiet.print, quiet.data);
}

static const char *describe_errno(int number)
{
	return number == ENOSPC ? "disk full" : number == EFBIG ? "file too large" : strerror(number);
}

int spk_file_fail(const struct spk_file *file, int status, struct spk_error *err, const char *format, ...)
{
	char what[512];
	const char *reason = file->reason[0] ? file->reason : "HDF5 gave no reason";
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (file->disk && spk_disk_errno(file->disk)) {
		reason = describe_errno(spk_disk_errno(file->disk));
		status = SPK_E_IO;
	}
	return spk_fail(err, status, "%s: cannot %s: %s", file->path, what, reason);
}

size_t spk_type_size(enum spk_type type)
{
	switch (type) {
	case SPK_F64:
	case SPK_U64:
	case SPK_I64:
		return 8;
	case SPK_F32:
	case SPK_U32:
		return 4;
	}
	return 0;
}

hid_t spk_type_memory(enum spk_type type)
{
	switch (type) {
	case SPK_F64:
		return H5T_NATIVE_DOUBLE;
	case SPK_F32:
		return H5T_NATIVE_FLOAT;
	case SPK_U64:
		return H5T_NATIVE_UINT64;
	case SPK_U32:
		return H5T_NATIVE_UINT32;
	case SPK_I64:
		return H5T_NATIVE_INT64;
	}
	return -1;
}

hid_t spk_type_file(enum spk_type type)
{
	switch (type) {
	case SPK_F64:
		return H5T_IEEE_F64LE;
	case SPK_F32:
		return H5T_IEEE_F32LE;
	case SPK_U64:
		return H5T_STD_U64LE;
	case SPK_U32:
		return H5T_STD_U32LE;
	case SPK_I64:
		return H5T_STD_I64LE;
	}
	return -1;
}

hid_t spk_text_type(void)
{
	const hid_t type = H5Tcopy(H5T_C_S1);
	if (type < 0)
		return type;
	if (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
		H5Tclose(type);
		return -1;
	}
	return type;
}

/* An attribute of the same type is written where it is: there is no moment without it. */
static hid_t open_attr(hid_t object, const char *name, hid_t type)
{
	const hid_t attr = H5Aopen(object, name, H5P_DEFAULT), old = attr < 0 ? -1 : H5Aget_type(attr);
	const hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
	const int is_same = old >= 0 && space >= 0 && H5Tequal(old, type) > 0 &&
			    H5Sget_simple_extent_type(space) == H5S_SCALAR;
	if (space >= 0)
		H5Sclose(space);
	if (old >= 0)
		H5Tclose(old);
	if (is_same)
		return attr;
	if (attr >= 0)
		H5Aclose(attr);
	return H5Adelete(object, name) < 0 ? -1 : 0;
}

herr_t spk_attr_scalar(hid_t object, const char *name, hid_t file_type, hid_t memory_type, const void *value)
{
	herr_t rc = -1;
	hid_t space = -1, attr = 0;
	const htri_t there = H5Aexists(object, name);
	if (there > 0)
		attr = open_attr(object, name, file_type);
	if (there < 0 || attr < 0)
		return -1;
	if (attr == 0) {
		space = H5Screate(H5S_SCALAR);
		attr = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
	}
	if (attr >= 0) {
		rc = H5Awrite(attr, memory_type, value);
		H5Aclose(attr);
	}
	if (space >= 0)
		H5Sclose(space);
	return rc;
}

herr_t spk_attr_text(hid_t object, const char *name, const char *value)
{
	const hid_t type = spk_text_type();
	if (type < 0)
		return -1;
	const herr_t rc = spk_attr_scalar(object, name, type, type, &value);
	H5Tclose(type);
	return rc;
}

herr_t spk_plan_links(hid_t plan)
{
	if (H5Pset_link_creation_order(plan, H5P_CRT_ORDER_TRACKED) < 0)
		return -1;
	return H5Pset_link_phase_change(plan, 65535, 0);
}

static herr_t make_group(const struct spk_file *file, const char *path)
{
	const htri_t there = H5Lexists(file->id, path, H5P_DEFAULT);
	if (there != 0)
		return there > 0 ? 0 : -1;
	const hid_t plan = H5Pcreate(H5P_GROUP_CREATE);
	hid_t group = -1;
	if (plan >= 0 && spk_plan_links(plan) >= 0 && H5Pset_obj_track_times(plan, 0) >= 0)
		group = H5Gcreate2(file->id, path, H5P_DEFAULT, plan, H5P_DEFAULT);
	if (group >= 0)
		H5Gclose(group);
	if (plan >= 0)
		H5Pclose(plan);
	return group < 0 ? -1 : 0;
}

herr_t spk_groups_make(const struct spk_file *file, const char *path, int last)
{
	char *const copy = strdup(path);
	herr_t rc = copy ? 0 : -1;
	for (char *end = copy; rc >= 0 && *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		if (end == copy || end[-1] == '/' || (!*end && !last))
			break;
		const char kept = *end;
		*end = '\0';
		rc = make_group(file, copy);
		*end = kept;
	}
	free(copy);
	return rc;
}

hid_t spk_set_plan(void)
{
	const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
	if (plan >= 0 && H5Pset_obj_track_times(plan, 0) >= 0)
		return plan;
	if (plan >= 0)
		H5Pclose(plan);
	return -1;
}
