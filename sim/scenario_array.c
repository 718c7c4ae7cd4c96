/* Arrays of HDF5 files in a scenario: opening them, and the values of parameters and states from them. */
#include "sim/scenario_array.h"
#include "sim/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int spk_build_array_open(struct spk_builder *builder, struct spk_node *name, struct spk_file **ret_file)
{
	struct spk_error err;
	char *path;
	int rc;

	if (name == NULL || name->bad)
		return 0;
	path = spk_build_path(builder, name->text);
	if (path == NULL)
		return 0;
	rc = spk_file_open(path, ret_file, &err);
	if (rc != SPK_OK)
		spk_build_file_error(builder, name, &err);
	return rc == SPK_OK;
}

int spk_array_check_unit(struct spk_file *file, const char *path, enum spk_dim dim, struct spk_error *err)
{
	char *unit = NULL;
	int rc = SPK_OK;

	if (spk_file_read_attr_text(file, path, "units", &unit, NULL) != SPK_OK)
		return SPK_OK; /* a file of another program need not say */
	if (unit[0] != '\0' && strcmp(unit, spk_dim_unit(dim)) != 0)
		rc = spk_fail(err, SPK_E_FORMAT, "%s is in %.40s, %s is needed: give a `scale`", path, unit,
			dim == SPK_DIM_NONE ? "a plain number" : spk_dim_unit(dim));
	free(unit);
	return rc;
}

/* The array's numbers, scaled, within the field's range. */
static int convert(struct spk_builder *builder, const struct spk_array *array, const char *path,
	const struct spk_field *field, double scale, double offset, struct spk_value *ret_value,
	struct spk_error *err)
{
	struct spk_value value = {.law = SPK_LIST, .lo = -INFINITY, .hi = INFINITY, .n_list = array->n_rows};

	value.list = spk_build_alloc(builder, value.n_list, sizeof *value.list);
	if (value.list == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < value.n_list; k++) {
		const double x = scale * array->values[k] + offset;

		if (!isfinite(x) || x < field->lo || x > field->hi || (field->lo_open && x == field->lo))
			return spk_fail(err, SPK_E_FORMAT, "%s: value %zu gives %g %s, which `%s` cannot be",
				path, k, x, spk_dim_unit(field->dim), field->name);
		value.list[k] = x;
	}
	*ret_value = value;
	return SPK_OK;
}

int spk_build_array_value(struct spk_builder *builder, struct spk_node *map, const struct spk_field *field,
	uint64_t size, struct spk_value *ret_value)
{
	const struct spk_field plain = spk_plain_field("scale", SPK_DIM_NONE),
			       shift = spk_plain_field("offset", field->dim);
	struct spk_node *const path = spk_node_get(map, "path"), *const scale = spk_node_get(map, "scale"),
			       *const offset = spk_node_get(map, "offset");
	double factor = 1, term = 0;
	struct spk_array array = {0};
	struct spk_file *file = NULL;
	struct spk_error err;
	int rc;

	if (map->bad || path == NULL || path->bad ||
		(scale != NULL && !spk_read_quantity(builder->config, scale, &plain, &factor)) ||
		(offset != NULL && !spk_read_quantity(builder->config, offset, &shift, &term)) ||
		!spk_build_array_open(builder, spk_node_get(map, "file"), &file))
		return 0;
	rc = spk_array_read(file, path->text, SPK_MAX_ARRAY, &array, &err);
	if (rc == SPK_OK && (array.width != 1 || array.n_rows != size))
		rc = spk_fail(&err, SPK_E_FORMAT, "%s holds %zu x %zu numbers for %llu neurons", path->text,
			array.n_rows, array.width, (unsigned long long)size);
	if (rc == SPK_OK && scale == NULL)
		rc = spk_array_check_unit(file, path->text, field->dim, &err);
	if (rc == SPK_OK)
		rc = convert(builder, &array, path->text, field, factor, term, ret_value, &err);
	if (rc != SPK_OK)
		spk_build_file_error(builder, path, &err);
	spk_array_clear(&array);
	(void)spk_file_close(file, 0, NULL);
	return rc == SPK_OK;
}
