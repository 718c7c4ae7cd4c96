/* Explicit spikes and explicit connections: inline, from CSV, from HDF5. */
#include "sim/dataset.h"
#include "sim/scenario_build.h"

#include <math.h>
#include <spikem/file.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_ROWS = 1 << 28 };

static int is_hdf5(const char *path)
{
	const size_t length = strlen(path);

	return (length > 3 && strcmp(path + length - 3, ".h5") == 0) ||
	       (length > 5 && strcmp(path + length - 5, ".hdf5") == 0);
}

/* ---- HDF5 --------------------------------------------------------------------------------------- */

/* Length of GROUP/NAME, which must be 1-D. */
static int read_length(struct spk_file *file, const char *path, uint64_t *ret_n, struct spk_error *err)
{
	uint64_t dims[4];
	int rank;
	const int rc = spk_file_shape(file, path, &rank, dims, err);

	if (rc != SPK_OK)
		return rc;
	if (rank != 1)
		return spk_fail(err, SPK_E_FORMAT, "%s has %d dimensions, 1 is needed", path, rank);
	if (dims[0] > MAX_FILE_ROWS)
		return spk_fail(err, SPK_E_LIMIT, "%s has more than %d elements", path, MAX_FILE_ROWS);
	*ret_n = dims[0];
	return SPK_OK;
}

/* Read GROUP/NAME of n elements into memory of the scenario. */
static int read_array(struct spk_builder *builder, struct spk_file *file, const char *group, const char *name,
	enum spk_type type, uint64_t n, void **ret_data, struct spk_error *err)
{
	const char *const path = spk_arena_format(&builder->config->arena, "%s/%s", group, name);
	void *const data = spk_build_alloc(builder, (size_t)n, 8);
	uint64_t length;
	int rc;

	if (path == NULL || data == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	rc = read_length(file, path, &length, err);
	if (rc == SPK_OK && length < n)
		rc = spk_fail(err, SPK_E_FORMAT, "%s is shorter than the arrays beside it", path);
	if (rc == SPK_OK)
		rc = spk_file_read(file, path, type, 0, n, data, err);
	if (rc == SPK_OK)
		*ret_data = data;
	return rc;
}

/* ---- Spikes ------------------------------------------------------------------------------------- */

struct spike {
	double time;
	uint64_t id;
};

static int compare_spikes(const void *a, const void *b)
{
	const struct spike *const x = a, *const y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Sort by time, then id. */
static int sort_spikes(struct spk_builder *builder, struct spk_population *population)
{
	const size_t n = (size_t)population->n_spikes;
	struct spike *const spikes = malloc((n + 1) * sizeof *spikes);

	if (spikes == NULL) {
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		return 0;
	}
	for (size_t k = 0; k < n; k++)
		spikes[k] = (struct spike){population->spike_times[k], population->spike_ids[k]};
	qsort(spikes, n, sizeof *spikes, compare_spikes);
	for (size_t k = 0; k < n; k++) {
		population->spike_times[k] = spikes[k].time;
		population->spike_ids[k] = spikes[k].id;
	}
	free(spikes);
	return 1;
}

static int read_spike_csv(struct spk_builder *builder, const char *path, struct spk_population *population,
	struct spk_error *err)
{
	struct spk_csv csv = {0};
	int rc = spk_csv_read(path, 2, 2, &csv, err);

	population->spike_times = spk_build_alloc(builder, csv.n_rows, sizeof(double));
	population->spike_ids = spk_build_alloc(builder, csv.n_rows, sizeof(uint64_t));
	if (population->spike_times == NULL || population->spike_ids == NULL)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < csv.n_rows && rc == SPK_OK; k++) {
		rc = spk_csv_index(path, &csv, k, 0, UINT32_MAX, &population->spike_ids[k], err);
		population->spike_times[k] = csv.values[2 * k + 1];
	}
	population->n_spikes = csv.n_rows;
	spk_csv_clear(&csv);
	return rc;
}

static int read_spike_hdf5(struct spk_builder *builder, const char *path, const char *name,
	struct spk_population *population, struct spk_error *err)
{
	const char *const group = spk_arena_format(&builder->config->arena, "/spikes/%s", name);
	struct spk_file *file = NULL;
	void *times = NULL, *ids = NULL;
	uint64_t n = 0;
	int rc = spk_file_open(path, &file, err);

	if (rc != SPK_OK)
		return rc;
	rc = group == NULL ? spk_fail(err, SPK_E_NOMEM, "out of memory")
			   : spk_file_rows(file, group, &n, err);
	if (rc == SPK_OK)
		rc = read_array(builder, file, group, "timestamps", SPK_F64, n, &times, err);
	if (rc == SPK_OK)
		rc = read_array(builder, file, group, "node_ids", SPK_U64, n, &ids, err);
	if (rc == SPK_OK) {
		population->n_spikes = n;
		population->spike_times = times;
		population->spike_ids = ids;
	}
	(void)spk_file_close(file, 0, NULL);
	return rc;
}

static int read_spike_file(
	struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	struct spk_node *const file = spk_node_get(map, "file"), *const name =
									 spk_node_get(map, "population");
	char *const path = spk_build_path(builder, file->text);
	struct spk_error err;
	int rc;

	if (path == NULL)
		return 0;
	if (!is_hdf5(path)) {
		if (name != NULL)
			spk_config_key_error(
				builder->config, name, NULL, "`population` belongs to an HDF5 file (.h5)");
		rc = read_spike_csv(builder, path, population, &err);
	} else if (name == NULL || name->bad) {
		spk_config_error(
			builder->config, map, NULL, "`population` is missing: its name in the SONATA file");
		return 0;
	} else {
		rc = read_spike_hdf5(builder, path, name->text, population, &err);
	}
	if (rc != SPK_OK)
		spk_build_file_error(builder, file, &err);
	return rc == SPK_OK;
}

static int read_inline_spikes(
	struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	struct spk_node *const times = spk_node_get(map, "times"), *const ids = spk_node_get(map, "ids");
	const struct spk_field field = spk_plain_field("times", SPK_DIM_TIME);
	size_t n;

	if (!spk_read_quantities(builder->config, times, &field, 0, SIZE_MAX, builder->arena, &n,
		    &population->spike_times))
		return 0;
	population->n_spikes = n;
	population->spike_ids = spk_build_alloc(builder, n, sizeof *population->spike_ids);
	if (population->spike_ids == NULL || (ids != NULL && (ids->bad || ids->kind != SPK_NODE_LIST)))
		return 0;
	if (ids != NULL && ids->n != n) {
		spk_config_error(
			builder->config, ids, NULL, "%zu times need as many ids, not %zu", n, ids->n);
		return 0;
	}
	for (struct spk_node *id = ids != NULL ? ids->first : NULL; id != NULL; id = id->next) {
		if (!spk_read_count(builder->config, id, 0, 4294967295.0, &population->spike_ids[id->index]))
			return 0;
		if (population->spike_ids[id->index] >= population->size) {
			spk_config_error(builder->config, id, NULL,
				"id %s is out of range, `%s` has %llu sources", id->text, population->name,
				(unsigned long long)population->size);
			return 0;
		}
	}
	return 1;
}

void spk_build_spikes(struct spk_builder *builder, struct spk_node *map, struct spk_population *population)
{
	struct spk_node *const file = spk_node_get(map, "file"), *const ids = spk_node_get(map, "ids");

	if (map->bad || map->kind != SPK_NODE_MAP || (file != NULL && file->bad))
		return;
	if (file != NULL && ids != NULL)
		spk_config_key_error(builder->config, ids, NULL, "`ids` belongs to inline `times`");
	if (!(file != NULL ? read_spike_file : read_inline_spikes)(builder, map, population))
		return;
	if (!sort_spikes(builder, population))
		return;
	for (uint64_t k = 0; k < population->n_spikes; k++) {
		if (population->spike_ids[k] >= population->size) {
			spk_config_error(builder->config, map, NULL,
				"id %llu is out of range, `%s` has %llu sources",
				(unsigned long long)population->spike_ids[k], population->name,
				(unsigned long long)population->size);
			return;
		}
	}
	if (population->n_spikes > 0 && !(population->spike_times[0] >= builder->scenario->start))
		spk_config_error(builder->config, map, NULL,
			"a spike at %g ms lies before the start at %g ms", population->spike_times[0],
			builder->scenario->start);
}

/* ---- Connections -------------------------------------------------------------------------------- */

/* Room for n pairs and, with columns, weights and delays. */
static int reserve_edges(
	struct spk_builder *builder, struct spk_projection *projection, size_t n, size_t columns)
{
	const struct spk_value list = {.law = SPK_LIST, .lo = -INFINITY, .hi = INFINITY, .n_list = n};

	projection->n_list = n;
	projection->pre = spk_build_alloc(builder, n, sizeof *projection->pre);
	projection->post = spk_build_alloc(builder, n, sizeof *projection->post);
	if (columns > 2) {
		projection->weight = list;
		projection->weight.list = spk_build_alloc(builder, n, sizeof(double));
	}
	if (columns > 3) {
		projection->axonal = list;
		projection->axonal.list = spk_build_alloc(builder, n, sizeof(double));
	}
	return builder->config->status == SPK_OK;
}

static int read_row(struct spk_builder *builder, struct spk_node *row, size_t n_columns,
	struct spk_projection *projection)
{
	const struct spk_population *const populations = builder->scenario->populations;
	const uint64_t sizes[] = {populations[projection->from].size, populations[projection->to].size};
	uint64_t *const ends[] = {&projection->pre[row->index], &projection->post[row->index]};
	const struct spk_field weight =
		spk_plain_field("weight", populations[projection->to].neuron->weight_dim);
	const struct spk_field delay = {
		.name = "delay", .dim = SPK_DIM_TIME, .lo = 0, .lo_open = 1, .hi = 1e6};
	struct spk_node *cell = row->first;

	if (row->kind != SPK_NODE_LIST || row->n != n_columns || n_columns < 2 || n_columns > 4) {
		spk_config_error(builder->config, row,
			"rows [pre, post], [pre, post, weight] or "
			"[pre, post, weight, delay], all of the same kind",
			"this is not a row of connections");
		return 0;
	}
	for (size_t k = 0; k < 2; k++, cell = cell->next) {
		if (!spk_read_count(builder->config, cell, 0, 4294967295.0, ends[k]))
			return 0;
		if (*ends[k] >= sizes[k]) {
			spk_config_error(builder->config, cell, NULL,
				"index %s is out of range, the %s has %llu neurons", cell->text,
				k == 0 ? "source" : "target", (unsigned long long)sizes[k]);
			return 0;
		}
	}
	return (cell == NULL || spk_read_quantity(builder->config, cell, &weight,
					&projection->weight.list[row->index])) &&
	       (cell == NULL || cell->next == NULL ||
		       spk_read_quantity(
			       builder->config, cell->next, &delay, &projection->axonal.list[row->index]));
}

static int read_edge_csv(struct spk_builder *builder, const char *path, struct spk_projection *projection,
	struct spk_error *err)
{
	const struct spk_population *const populations = builder->scenario->populations;
	struct spk_csv csv = {0};
	int rc = spk_csv_read(path, 2, 4, &csv, err);

	if (rc == SPK_OK && !reserve_edges(builder, projection, csv.n_rows, csv.n_columns))
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < csv.n_rows && rc == SPK_OK; k++) {
		const double *const row = &csv.values[k * csv.n_columns];

		rc = spk_csv_index(
			path, &csv, k, 0, populations[projection->from].size, &projection->pre[k], err);
		if (rc == SPK_OK)
			rc = spk_csv_index(path, &csv, k, 1, populations[projection->to].size,
				&projection->post[k], err);
		if (csv.n_columns > 2)
			projection->weight.list[k] = row[2];
		if (csv.n_columns > 3)
			projection->axonal.list[k] = row[3];
		if (rc == SPK_OK && csv.n_columns > 3 && !(row[3] > 0 && row[3] <= 1e6))
			rc = spk_fail(err, SPK_E_FORMAT,
				"%s:%d: a delay must be > 0 ms and <= 1e6 ms, got %g", path, csv.lines[k],
				row[3]);
	}
	spk_csv_clear(&csv);
	return rc;
}

static int check_hdf5_edges(const struct spk_builder *builder, const char *path,
	const struct spk_projection *projection, struct spk_error *err)
{
	const struct spk_population *const populations = builder->scenario->populations;

	for (uint64_t k = 0; k < projection->n_list; k++) {
		if (projection->pre[k] >= populations[projection->from].size ||
			projection->post[k] >= populations[projection->to].size)
			return spk_fail(err, SPK_E_FORMAT,
				"%s: connection %llu leads from %llu to %llu, out of range", path,
				(unsigned long long)k, (unsigned long long)projection->pre[k],
				(unsigned long long)projection->post[k]);
		if (!isfinite(projection->weight.list[k]))
			return spk_fail(err, SPK_E_FORMAT, "%s: weight %llu is not finite", path,
				(unsigned long long)k);
		if (!(projection->axonal.list[k] > 0 && projection->axonal.list[k] <= 1e6))
			return spk_fail(err, SPK_E_FORMAT, "%s: delay %llu must be > 0 ms and <= 1e6 ms",
				path, (unsigned long long)k);
	}
	return SPK_OK;
}

static int read_edge_hdf5(struct spk_builder *builder, const char *path, const char *group,
	struct spk_projection *projection, struct spk_error *err)
{
	static const char *const names[] = {"source", "target", "weight", "delay"};
	static const enum spk_type types[] = {SPK_U64, SPK_U64, SPK_F64, SPK_F64};
	const char *const first = spk_arena_format(&builder->config->arena, "%s/source", group);
	struct spk_file *file = NULL;
	void *data[4] = {NULL};
	uint64_t n = 0;
	int rc = spk_file_open(path, &file, err);

	if (rc != SPK_OK)
		return rc;
	rc = first == NULL ? spk_fail(err, SPK_E_NOMEM, "out of memory") : read_length(file, first, &n, err);
	for (size_t k = 0; k < 4 && rc == SPK_OK; k++)
		rc = read_array(builder, file, group, names[k], types[k], n, &data[k], err);
	if (rc == SPK_OK) {
		const struct spk_value list = {
			.law = SPK_LIST, .lo = -INFINITY, .hi = INFINITY, .n_list = (size_t)n};

		projection->n_list = n;
		projection->pre = data[0];
		projection->post = data[1];
		projection->weight = projection->axonal = list;
		projection->weight.list = data[2];
		projection->axonal.list = data[3];
		rc = check_hdf5_edges(builder, path, projection, err);
	}
	(void)spk_file_close(file, 0, NULL);
	return rc;
}

static int read_edge_file(
	struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection)
{
	struct spk_node *const file = spk_node_get(map, "file"), *const group = spk_node_get(map, "group");
	char *path;
	struct spk_error err;
	int rc;

	if (file == NULL || file->bad)
		return 0;
	path = spk_build_path(builder, file->text);
	if (path == NULL)
		return 0;
	if (!is_hdf5(path)) {
		if (group != NULL)
			spk_config_key_error(
				builder->config, group, NULL, "`group` belongs to an HDF5 file (.h5)");
		rc = read_edge_csv(builder, path, projection, &err);
	} else if (group == NULL || group->bad) {
		spk_config_error(builder->config, map, "for example /weights/exc_exc", "`group` is missing");
		return 0;
	} else {
		rc = read_edge_hdf5(builder, path, group->text, projection, &err);
	}
	if (rc != SPK_OK)
		spk_build_file_error(builder, file, &err);
	return rc == SPK_OK;
}

int spk_build_edges(struct spk_builder *builder, struct spk_node *list, struct spk_projection *projection)
{
	size_t n_columns;
	int ok = 1;

	if (list->kind == SPK_NODE_MAP)
		return read_edge_file(builder, list, projection);
	n_columns = list->first != NULL ? list->first->n : 2;
	if (!reserve_edges(builder, projection, list->n, n_columns))
		return 0;
	for (struct spk_node *row = list->first; row != NULL; row = row->next)
		ok &= read_row(builder, row, n_columns, projection);
	return ok;
}
