/* Pieces that all builders share. */
#include "sim/scenario_array.h"
#include "sim/units.h"

#include <math.h>
#include <string.h>

void *spk_build_alloc(struct spk_builder *builder, size_t n, size_t size)
{
	void *const memory = spk_arena_alloc(builder->arena, n, size);

	if (memory == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	return memory;
}

char *spk_build_text(struct spk_builder *builder, const char *text)
{
	char *const copy = spk_arena_copy(builder->arena, text, strlen(text));

	if (copy == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	return copy;
}

char *spk_build_path(struct spk_builder *builder, const char *file)
{
	char *const path =
		spk_arena_format(builder->arena, "%s%s", file[0] == '/' ? "" : builder->folder, file);

	if (path == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	return path;
}

struct spk_where spk_build_where(const struct spk_node *node)
{
	const struct spk_place *const at = node->key != NULL ? &node->key_at : &node->at;

	if (at->origin != 0)
		return (struct spk_where){0, 0};
	return (struct spk_where){at->line, at->column};
}

void spk_build_file_error(struct spk_builder *builder, struct spk_node *node, const struct spk_error *err)
{
	spk_config_error(builder->config, node, NULL, "%s", err->text);
	(void)spk_config_fail(builder->config, err->status);
}

struct spk_node *spk_name_at(struct spk_node *node, size_t k)
{
	struct spk_node *child;

	if (node == NULL || node->bad)
		return NULL;
	if (node->kind == SPK_NODE_TEXT)
		return k == 0 ? node : NULL;
	for (child = node->first; child != NULL && child->index != k; child = child->next)
		;
	return child;
}

/* Index of the population called `name`. Unknown: reports it at the node, or at its key. */
static int find_population(
	struct spk_builder *builder, struct spk_node *node, const char *name, int at_key, size_t *ret_index)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const char **names, *note;

	for (size_t k = 0; k < scenario->n_populations; k++) {
		if (strcmp(scenario->populations[k].name, name) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	names = spk_build_alloc(builder, scenario->n_populations, sizeof *names);
	if (names == NULL)
		return 0;
	for (size_t k = 0; k < scenario->n_populations; k++)
		names[k] = scenario->populations[k].name;
	note = spk_note_words(builder->config, name, scenario->n_populations, names);
	(at_key ? spk_config_key_error : spk_config_error)(
		builder->config, node, note, "unknown population %s", spk_show_text(builder->config, name));
	return 0;
}

int spk_find_population(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	return name != NULL && !name->bad && find_population(builder, name, name->text, 0, ret_index);
}

int spk_find_population_key(struct spk_builder *builder, struct spk_node *member, size_t *ret_index)
{
	return !member->bad && find_population(builder, member, member->key, 1, ret_index);
}

int spk_find_neurons(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	const struct spk_population *population;
	size_t k;

	if (!spk_find_population(builder, name, &k))
		return 0;
	population = &builder->scenario->populations[k];
	if (population->source != NULL)
		spk_config_error(builder->config, name, NULL,
			"`%s` are spike sources (%s), neurons are needed here", population->name,
			population->source->name);
	if (population->neuron == NULL)
		return 0;
	*ret_index = k;
	return 1;
}

int spk_find_projection(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const char **names;

	if (name == NULL || name->bad)
		return 0;
	for (size_t k = 0; k < scenario->n_projections; k++) {
		if (strcmp(scenario->projections[k].name, name->text) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	names = spk_build_alloc(builder, scenario->n_projections, sizeof *names);
	if (names == NULL)
		return 0;
	for (size_t k = 0; k < scenario->n_projections; k++)
		names[k] = scenario->projections[k].name;
	spk_config_error(builder->config, name,
		spk_note_words(builder->config, name->text, scenario->n_projections, names),
		"unknown projection %s", spk_show_text(builder->config, name->text));
	return 0;
}

int spk_find_data(struct spk_builder *builder, struct spk_node *name, size_t *ret_index)
{
	const struct spk_scenario *const scenario = builder->scenario;
	const char **names;

	if (name == NULL || name->bad)
		return 0;
	names = spk_build_alloc(builder, scenario->n_datasets, sizeof *names);
	for (size_t k = 0; k < scenario->n_datasets && names != NULL; k++) {
		names[k] = scenario->datasets[k].name;
		if (strcmp(names[k], name->text) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	if (names != NULL)
		spk_config_error(builder->config, name,
			spk_note_words(builder->config, name->text, scenario->n_datasets, names),
			"unknown data set %s", spk_show_text(builder->config, name->text));
	return 0;
}

int spk_find_split(
	struct spk_builder *builder, struct spk_node *name, const struct spk_dataset *data, size_t *ret_index)
{
	const char **names;

	if (name == NULL || name->bad)
		return 0;
	names = spk_build_alloc(builder, data->n_splits, sizeof *names);
	for (size_t k = 0; k < data->n_splits && names != NULL; k++) {
		names[k] = data->splits[k].name;
		if (strcmp(names[k], name->text) == 0) {
			*ret_index = k;
			return 1;
		}
	}
	if (names != NULL)
		spk_config_error(builder->config, name,
			spk_note_words(builder->config, name->text, data->n_splits, names),
			"unknown split %s of `%s`", spk_show_text(builder->config, name->text), data->name);
	return 0;
}

void spk_build_subset(struct spk_builder *builder, struct spk_node *names,
	int (*find)(struct spk_builder *, struct spk_node *, size_t *), struct spk_subset *ret_subset)
{
	struct spk_node *name;

	ret_subset->list = spk_build_alloc(builder, names != NULL ? names->n + 1 : 1, sizeof(size_t));
	for (size_t k = 0; ret_subset->list != NULL && (name = spk_name_at(names, k)) != NULL; k++)
		if (find(builder, name, &ret_subset->list[ret_subset->n]))
			ret_subset->n++;
}

int spk_build_schedule(struct spk_builder *builder, struct spk_node *map, const char *values,
	enum spk_dim dim, struct spk_schedule *ret_schedule)
{
	struct spk_config *const config = builder->config;
	struct spk_node *const times = spk_node_get(map, "times"), *const levels = spk_node_get(map, values);
	const struct spk_field time = spk_plain_field("times", SPK_DIM_TIME),
			       level = spk_plain_field(values, dim);
	struct spk_schedule schedule;
	size_t n;

	if (!spk_read_quantities(
		    config, times, &time, 1, SIZE_MAX, builder->arena, &schedule.n, &schedule.times) ||
		!spk_read_quantities(
			config, levels, &level, 0, SIZE_MAX, builder->arena, &n, &schedule.values))
		return 0;
	if (n != schedule.n) {
		spk_config_error(
			config, levels, NULL, "%zu times need as many %s, not %zu", schedule.n, values, n);
		return 0;
	}
	for (struct spk_node *child = times->first; child != NULL; child = child->next) {
		if (child->index > 0 && schedule.times[child->index] <= schedule.times[child->index - 1]) {
			spk_config_error(config, child, NULL, "times must ascend");
			return 0;
		}
	}
	*ret_schedule = schedule;
	return 1;
}

/* ---- Parameters of models ----------------------------------------------------------------------- */

static const struct spk_field *find_field(
	struct spk_builder *builder, struct spk_node *member, size_t n, const struct spk_field *fields)
{
	const char **names;

	for (size_t k = 0; k < n; k++)
		if (strcmp(fields[k].name, member->key) == 0)
			return &fields[k];
	names = spk_build_alloc(builder, n, sizeof *names);
	if (names == NULL)
		return NULL;
	for (size_t k = 0; k < n; k++)
		names[k] = fields[k].name;
	spk_unknown_key(builder->config, member, n, names);
	return NULL;
}

/* The default goes into the tree too, so that the scenario as used shows it. */
static int fill_field(struct spk_builder *builder, struct spk_node *map, const struct spk_field *field)
{
	char text[64];
	struct spk_node *fresh;

	if (isnan(field->def)) {
		spk_config_error(builder->config, map,
			spk_arena_format(&builder->config->arena, "%s: %s", field->name, field->doc),
			"`%s` is missing", field->name);
		return 0;
	}
	if (isinf(field->def)) /* a bound that is not there cannot be written */
		return 1;
	spk_quantity_print(field->def, field->dim, text, sizeof text);
	fresh = spk_node_new_text(
		builder->config, map, field->choices != NULL ? field->choices[(size_t)field->def] : text);
	if (fresh == NULL)
		return 0;
	spk_node_set(map, field->name, fresh);
	return 1;
}

/* Every member is a field; with `fill`, every field is a member afterwards. */
static int match_fields(
	struct spk_builder *builder, struct spk_node *map, size_t n, const struct spk_field *fields, int fill)
{
	int ok = 1;

	if (map == NULL || map->bad || map->kind != SPK_NODE_MAP)
		return 0;
	for (struct spk_node *member = map->first; member != NULL; member = member->next)
		if (find_field(builder, member, n, fields) == NULL)
			ok = 0;
	for (size_t k = 0; k < n && fill && ok; k++)
		if (spk_node_get(map, fields[k].name) == NULL)
			ok = fill_field(builder, map, &fields[k]);
	return ok;
}

int spk_build_params(struct spk_builder *builder, struct spk_node *map, size_t n,
	const struct spk_field *fields, uint64_t size, int fill, struct spk_value **ret_values)
{
	struct spk_config *const config = builder->config;
	struct spk_value *const values = spk_build_alloc(builder, n, sizeof *values);
	int ok = match_fields(builder, map, n, fields, fill) && values != NULL;

	for (size_t k = 0; k < n && values != NULL; k++) {
		struct spk_node *const member = spk_node_get(map, fields[k].name);

		values[k] = (struct spk_value){
			.law = SPK_CONSTANT, .a = fields[k].def, .lo = -INFINITY, .hi = INFINITY};
		if (member == NULL)
			continue;
		if (spk_node_get(member, "file") != NULL && fields[k].choices == NULL) {
			ok &= spk_build_array_value(builder, member, &fields[k], size, &values[k]);
		} else if (!spk_read_value(config, member, &fields[k], builder->arena, &values[k])) {
			ok = 0;
		} else if (values[k].law == SPK_LIST && values[k].n_list != size) {
			spk_config_error(config, member, NULL, "%zu values for %llu neurons",
				values[k].n_list, (unsigned long long)size);
			ok = 0;
		}
	}
	if (ok)
		*ret_values = values;
	return ok;
}

int spk_build_constants(struct spk_builder *builder, struct spk_node *map, size_t n,
	const struct spk_field *fields, size_t n_derived, double **ret_values)
{
	double *const values = spk_build_alloc(builder, n + n_derived, sizeof *values);
	int ok = match_fields(builder, map, n, fields, 1) && values != NULL;

	for (size_t k = 0; k < n && values != NULL; k++) {
		struct spk_node *const member = spk_node_get(map, fields[k].name);

		values[k] = fields[k].def;
		if (member != NULL && !spk_read_quantity(builder->config, member, &fields[k], &values[k]))
			ok = 0;
	}
	if (ok)
		*ret_values = values;
	return ok;
}
