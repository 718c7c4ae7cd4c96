/*
 * Weights of another run: a snapshot of `record: weights`, laid onto the synapses of a projection.
 *
 * The file has its synapses by source, delay and target; the projection numbers its own by edge id. Both are
 * brought into one order, by source and target, and must then be the same. Synapses that join the same pair
 * of neurons stand in the file as the connection rule made them as long as they have one delay; with several
 * delays nothing tells them apart, and they are refused.
 */
#include "sim/connect.h"
#include "sim/scenario_array.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

/* A synapse of the file (number: its row) or of the projection (number: its edge id). */
struct synapse {
	uint64_t source, target, number;
};

/* A recording of weights. */
struct recording {
	struct spk_file *file;
	const char *group;
	char snapshot[512]; /* path of the chosen one */
	struct spk_array source, target, delay, weight;
};

static int compare_synapses(const void *left, const void *right)
{
	const struct synapse *const a = left, *const b = right;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int joins_same(const struct synapse *a, const struct synapse *b)
{
	return a->source == b->source && a->target == b->target;
}

/* ---- The file ----------------------------------------------------------------------------------- */

/* The name with the largest number; names of equal length compare as numbers do. */
static const char *find_last(char *const *names)
{
	const char *last = names[0];

	for (size_t k = 1; last != NULL && names[k] != NULL; k++) {
		const size_t a = strlen(last), b = strlen(names[k]);

		if (b > a || (b == a && strcmp(names[k], last) > 0))
			last = names[k];
	}
	return last;
}

/* `number`: of the snapshot; UINT64_MAX: the last. */
static int find_snapshot(struct recording *r, uint64_t number, struct spk_error *err)
{
	char group[256], name[32];
	const char *last;
	char **names = NULL;
	int rc = SPK_OK;

	if (snprintf(group, sizeof group, "%s/snapshots", r->group) >= (int)sizeof group)
		return spk_fail(err, SPK_E_LIMIT, "the path is too long");
	if (number != UINT64_MAX) {
		(void)snprintf(name, sizeof name, "%06llu", (ull)number);
		(void)snprintf(r->snapshot, sizeof r->snapshot, "%s/%s", group, name);
		return SPK_OK;
	}
	if (!spk_file_is_complete(r->file))
		return spk_fail(err, SPK_E_FORMAT,
			"the run was not finished, its last weights are not those of its end: name a "
			"`snapshot`");
	rc = spk_file_names(r->file, group, &names, err);
	if (rc != SPK_OK)
		return rc;
	last = find_last(names);
	if (last == NULL)
		rc = spk_fail(err, SPK_E_FORMAT, "%s is empty", group);
	else if (snprintf(r->snapshot, sizeof r->snapshot, "%s/%s", group, last) >= (int)sizeof r->snapshot)
		rc = spk_fail(err, SPK_E_LIMIT, "the path is too long");
	spk_file_free_names(names);
	return rc;
}

/* A column of the recording, as long as the first. */
static int read_member(struct recording *r, const char *path, struct spk_array *ret, struct spk_error *err)
{
	const int rc = spk_array_read(r->file, path, SPK_MAX_ARRAY, ret, err);

	if (rc == SPK_OK && (ret->width != 1 || ret->n_rows != r->source.n_rows))
		return spk_fail(err, SPK_E_FORMAT, "%s holds %zu x %zu numbers for %zu synapses", path,
			ret->n_rows, ret->width, r->source.n_rows);
	return rc;
}

static int read_recording(struct recording *r, uint64_t number, struct spk_error *err)
{
	static const char *const names[] = {"source", "target", "delay"};
	struct spk_array *const columns[] = {&r->source, &r->target, &r->delay};
	char path[512];
	int rc = SPK_OK;

	for (size_t k = 0; k < 3 && rc == SPK_OK; k++) {
		if (snprintf(path, sizeof path, "%s/%s", r->group, names[k]) >= (int)sizeof path)
			return spk_fail(err, SPK_E_LIMIT, "the path is too long");
		rc = read_member(r, path, columns[k], err);
	}
	if (rc == SPK_OK)
		rc = find_snapshot(r, number, err);
	if (rc == SPK_OK)
		rc = read_member(r, r->snapshot, &r->weight, err);
	return rc;
}

static void close_recording(struct recording *r)
{
	spk_array_clear(&r->source);
	spk_array_clear(&r->target);
	spk_array_clear(&r->delay);
	spk_array_clear(&r->weight);
	(void)spk_file_close(r->file, 0, NULL);
}

/* Sorted synapses of the file; malloc'ed. */
static int list_recorded(const struct recording *r, struct synapse **ret, struct spk_error *err)
{
	const size_t n = r->source.n_rows;
	struct synapse *const list = malloc((n + 1) * sizeof *list);

	if (list == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < n; k++) {
		const double source = r->source.values[k], target = r->target.values[k];

		if (!(source >= 0 && source < 0x1p32 && target >= 0 && target < 0x1p32) ||
			floor(source) != source || floor(target) != target) {
			free(list);
			return spk_fail(err, SPK_E_FORMAT,
				"%s: synapse %zu leads from %g to %g, which are no neurons", r->group, k,
				source, target);
		}
		list[k] = (struct synapse){(uint64_t)source, (uint64_t)target, k};
	}
	qsort(list, n, sizeof *list, compare_synapses);
	*ret = list;
	return SPK_OK;
}

/* ---- The projection ----------------------------------------------------------------------------- */

/* Sorted synapses between the units of the projection; malloc'ed. */
static int list_connected(const struct spk_builder *builder, const struct spk_projection *projection,
	size_t *ret_n, struct synapse **ret, struct spk_error *err)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const uint64_t n_target = scenario->populations[projection->to].size;
	const struct spk_connect_task task = {.projection = projection,
		.number = (uint32_t)(projection - scenario->projections),
		.seed = scenario->seed,
		.n_source = scenario->populations[projection->from].size,
		.n_target = n_target,
		.target_hi = n_target,
		.keep_ids = 1};
	struct spk_edges edges = {0};
	struct synapse *list;
	const int rc = spk_connect(&task, &edges, err);

	if (rc != SPK_OK)
		return rc;
	list = malloc((edges.n + 1) * sizeof *list);
	for (uint64_t k = 0; k < edges.n && list != NULL; k++)
		list[k] = (struct synapse){edges.source[k], edges.target[k], edges.id[k]};
	*ret_n = (size_t)edges.n;
	spk_edges_clear(&edges);
	if (list == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	qsort(list, *ret_n, sizeof *list, compare_synapses);
	*ret = list;
	return SPK_OK;
}

static int has_one_delay(const struct spk_projection *projection)
{
	return projection->axonal.law == SPK_CONSTANT && projection->dendritic.law == SPK_CONSTANT;
}

/* ---- Both --------------------------------------------------------------------------------------- */

static int check_match(const struct recording *r, const struct spk_projection *projection, size_t n,
	const struct synapse *have, const struct synapse *want, struct spk_error *err)
{
	if (n != r->source.n_rows)
		return spk_fail(err, SPK_E_FORMAT, "%s has %zu synapses, the projection %s has %zu", r->group,
			r->source.n_rows, projection->name, n);
	for (size_t k = 0; k < n; k++) {
		const int is_extra = compare_synapses(&have[k], &want[k]) < 0;
		const struct synapse *const odd = is_extra ? &have[k] : &want[k];

		if (!joins_same(&have[k], &want[k]))
			return spk_fail(err, SPK_E_FORMAT,
				"%s and the projection %s differ: only the %s has a synapse from %llu to "
				"%llu",
				r->group, projection->name, is_extra ? "file" : "projection",
				(ull)odd->source, (ull)odd->target);
		if (k > 0 && joins_same(&have[k], &have[k - 1]) &&
			(!has_one_delay(projection) ||
				r->delay.values[have[k].number] != r->delay.values[have[k - 1].number]))
			return spk_fail(err, SPK_E_FORMAT,
				"several synapses lead from %llu to %llu with delays that differ: nothing "
				"tells which weight is whose",
				(ull)have[k].source, (ull)have[k].target);
		if (!isfinite(r->weight.values[have[k].number]))
			return spk_fail(err, SPK_E_FORMAT, "%s: weight %llu is not finite", r->snapshot,
				(ull)have[k].number);
	}
	return SPK_OK;
}

/* Weights by edge id. Ids that no synapse has get the first one's: nobody reads them, bounds hold for them.
 */
static int lay_out(struct spk_builder *builder, const struct recording *r, double scale, size_t n,
	const struct synapse *have, const struct synapse *want, struct spk_value *ret, struct spk_error *err)
{
	struct spk_value value = {.law = SPK_LIST, .lo = -INFINITY, .hi = INFINITY};
	uint64_t n_ids = 0;

	for (size_t k = 0; k < n; k++)
		n_ids = want[k].number >= n_ids ? want[k].number + 1 : n_ids;
	if (n_ids > SPK_MAX_ARRAY)
		return spk_fail(
			err, SPK_E_LIMIT, "weights of a file go to at most %d pairs or draws", SPK_MAX_ARRAY);
	value.n_list = (size_t)n_ids;
	value.list = spk_build_alloc(builder, value.n_list, sizeof *value.list);
	if (value.list == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < value.n_list; k++)
		value.list[k] = scale * r->weight.values[0];
	for (size_t k = 0; k < n; k++)
		value.list[want[k].number] = scale * r->weight.values[have[k].number];
	*ret = value;
	return SPK_OK;
}

static int match(struct spk_builder *builder, struct recording *r, uint64_t number, double scale,
	struct spk_projection *projection, struct spk_error *err)
{
	struct synapse *have = NULL, *want = NULL;
	size_t n = 0;
	int rc = read_recording(r, number, err);

	if (rc == SPK_OK)
		rc = list_recorded(r, &have, err);
	if (rc == SPK_OK)
		rc = list_connected(builder, projection, &n, &want, err);
	if (rc == SPK_OK)
		rc = check_match(r, projection, n, have, want, err);
	if (rc == SPK_OK)
		rc = lay_out(builder, r, scale, n, have, want, &projection->weight, err);
	free(have);
	free(want);
	return rc;
}

/* `snapshot: last`, `first` or a number. */
static int read_snapshot(struct spk_builder *builder, struct spk_node *node, uint64_t *ret_number)
{
	if (node == NULL || node->bad)
		return 0;
	*ret_number = strcmp(node->text, "last") == 0 ? UINT64_MAX : 0;
	return *ret_number == UINT64_MAX || strcmp(node->text, "first") == 0 ||
	       spk_read_count(builder->config, node, 0, 1e15, ret_number);
}

int spk_build_array_weight(
	struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection)
{
	const enum spk_dim dim = builder->scenario->populations[projection->to].neuron->weight_dim;
	const struct spk_field plain = spk_plain_field("scale", SPK_DIM_NONE);
	struct spk_node *const path = spk_node_get(map, "path"), *const scale = spk_node_get(map, "scale");
	struct recording r = {0};
	double factor = 1;
	uint64_t number;
	struct spk_error err;
	int rc;

	if (map->bad || (path != NULL && path->bad) ||
		!read_snapshot(builder, spk_node_get(map, "snapshot"), &number) ||
		(scale != NULL && !spk_read_quantity(builder->config, scale, &plain, &factor)))
		return 0;
	r.group =
		path != NULL ? path->text : spk_arena_format(builder->arena, "/weights/%s", projection->name);
	if (r.group == NULL || !spk_build_array_open(builder, spk_node_get(map, "file"), &r.file))
		return 0;
	rc = match(builder, &r, number, factor, projection, &err);
	if (rc == SPK_OK && scale == NULL)
		rc = spk_array_check_unit(r.file, r.snapshot, dim, &err);
	if (rc != SPK_OK)
		spk_build_file_error(builder, path != NULL ? path : spk_node_get(map, "file"), &err);
	close_recording(&r);
	return rc == SPK_OK;
}

/* ---- initial_weights ---------------------------------------------------------------------------- */

void spk_build_recorded(struct spk_builder *builder)
{
	struct spk_node *const name = spk_node_get(builder->config->root, "initial_weights");
	struct spk_file *file = NULL;
	struct spk_error err;

	if (name == NULL || !spk_build_array_open(builder, name, &file))
		return;
	if (spk_file_names(file, "/weights", &builder->recorded, &err) != SPK_OK)
		spk_build_file_error(builder, name, &err);
	(void)spk_file_close(file, 0, NULL);
}

int spk_is_recorded(const struct spk_builder *builder, const char *name)
{
	for (size_t k = 0; builder->recorded != NULL && builder->recorded[k] != NULL; k++)
		if (strcmp(builder->recorded[k], name) == 0)
			return 1;
	return 0;
}

int spk_build_recorded_weight(struct spk_builder *builder, struct spk_projection *projection)
{
	const struct spk_node *const name = spk_node_get(builder->config->root, "initial_weights");
	struct spk_node *const map = spk_node_new(builder->config, SPK_NODE_MAP, name),
			       *const file = spk_node_new_text(builder->config, name, name->text),
			       *const last = spk_node_new_text(builder->config, name, "last");

	if (map == NULL || file == NULL || last == NULL)
		return 0;
	spk_node_set(map, "file", file);
	spk_node_set(map, "snapshot", last);
	return spk_build_array_weight(builder, map, projection);
}
