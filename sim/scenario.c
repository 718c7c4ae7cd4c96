/* Life of a scenario: read the file, check it, build it. */
#include "sim/scenario_plan.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE_BYTES = 16 << 20 };

/* The public part comes first, so that one pointer serves for both. */
struct owned_scenario {
	struct spk_scenario scenario;
	struct spk_arena arena;
};

void spk_scenario_free(struct spk_scenario *scenario)
{
	struct owned_scenario *const owned = (struct owned_scenario *)scenario;

	if (owned == NULL)
		return;
	spk_arena_clear(&owned->arena);
	free(owned);
}

static int read_stream(FILE *in, const char *path, char **ret_text, size_t *ret_length, struct spk_error *err)
{
	size_t length = 0, room = 1 << 14;
	char *text = malloc(room);

	while (text != NULL) {
		char *larger;

		length += fread(text + length, 1, room - 1 - length, in);
		if (length < room - 1)
			break;
		if (room > MAX_FILE_BYTES) {
			free(text);
			return spk_fail(
				err, SPK_E_LIMIT, "%s is larger than 16 MiB: put data into a CSV file", path);
		}
		room *= 2;
		larger = realloc(text, room);
		if (larger == NULL)
			free(text);
		text = larger;
	}
	if (text == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory while reading %s", path);
	if (ferror(in)) {
		free(text);
		return spk_fail(err, SPK_E_IO, "cannot read %s: %s", path, strerror(errno));
	}
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return SPK_OK;
}

static int read_file(const char *path, char **ret_text, size_t *ret_length, struct spk_error *err)
{
	FILE *in;
	int rc;

	if (strcmp(path, "-") == 0)
		return read_stream(stdin, "the standard input", ret_text, ret_length, err);
	in = fopen(path, "rb");
	if (in == NULL)
		return spk_fail(err, SPK_E_IO, "cannot open %s: %s", path, strerror(errno));
	rc = read_stream(in, path, ret_text, ret_length, err);
	(void)fclose(in);
	return rc;
}

static void parse(struct spk_config *config)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	const struct spk_place start = {0, 1, 1};
	const size_t skip = strncmp(config->text, byte_order_mark, 3) == 0 ? 3 : 0;

	(void)spk_config_parse(config, config->text + skip, config->length - skip, start, &config->root);
}

static void build_top(struct spk_builder *builder)
{
	const struct spk_node *const root = builder->config->root;
	struct spk_scenario *const scenario = builder->scenario;
	const struct spk_field start = {.name = "start", .dim = SPK_DIM_TIME, .lo = -1e12, .hi = 1e12};
	const struct spk_node *const title = spk_node_get(root, "title");

	if (title != NULL && !title->bad)
		scenario->title = spk_build_text(builder, title->text);
	(void)spk_read_count(
		builder->config, spk_node_get(root, "seed"), 0, 18446744073709551615.0, &scenario->seed);
	(void)spk_read_quantity(builder->config, spk_node_get(root, "start"), &start, &scenario->start);
}

/* The claim of a file without a network: what it is about is read with its runs. */
static void build_about(struct spk_builder *builder)
{
	struct spk_node *const file = spk_node_get(builder->config->root, "scenario");

	if (file == NULL || file->bad)
		return;
	builder->scenario->about = spk_build_scenario_path(builder, file);
	builder->only_plan = 1;
}

/* Beside `scenario` there is nothing but the claim. */
static void check_alone(struct spk_config *config)
{
	static const char *const words[] = {"spikem", "title", "seed", "scenario", "claim"};
	const struct spk_node *const root = config->root;
	const int is_alone = spk_node_get(root, "scenario") != NULL && spk_node_get(root, "claim") != NULL;
	struct spk_node *member = is_alone ? root->first : NULL;

	for (; member != NULL; member = member->next) {
		size_t k = 0;

		while (k < sizeof words / sizeof *words && strcmp(words[k], member->key) != 0)
			k++;
		if (k == sizeof words / sizeof *words)
			spk_config_key_error(config, member, "the network is that of the other file",
				"`%s` has no place beside `scenario`", member->key);
	}
}

static void build_network(struct spk_builder *builder)
{
	spk_build_populations(builder);
	spk_build_data(builder);
	spk_build_inputs(builder);
	spk_build_projections(builder);
	spk_build_protocol(builder);
	spk_build_objective(builder);
	spk_build_copies(builder);
	spk_build_duration(builder);
	spk_build_rate_limit(builder);
	spk_build_record(builder);
}

static void build(struct spk_builder *builder)
{
	build_top(builder);
	build_about(builder);
	if (!builder->only_plan && spk_node_get(builder->config->root, "stack") != NULL) {
		spk_build_data(builder);
		spk_build_stack(builder);
	} else if (!builder->only_plan) {
		build_network(builder);
	}
	spk_build_claim(builder);
	spk_build_sweep(builder);
}

/* The tree as YAML; NULL when out of memory, which is remembered. */
static char *write_tree(struct spk_builder *builder)
{
	char *const text = spk_config_write(builder->config);
	char *copy = NULL;

	if (text == NULL)
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
	else
		copy = spk_build_text(builder, text);
	free(text);
	return copy;
}

/* Text, path and used text go into the scenario. */
static void keep_texts(struct spk_builder *builder, const char *path)
{
	struct spk_config *const config = builder->config;

	builder->scenario->path = spk_build_text(builder, path);
	builder->scenario->text = spk_build_text(builder, config->text);
	builder->scenario->used = write_tree(builder);
	if (builder->scenario->stack.on) { /* the tree is not used any more */
		spk_strip_stack(config);
		builder->scenario->stack.fingerprint = write_tree(builder);
	}
}

static int load(struct spk_config *config, const char *path, int only_plan, struct spk_scenario *scenario,
	struct spk_arena *arena)
{
	struct spk_builder builder = {
		.config = config, .scenario = scenario, .arena = arena, .only_plan = only_plan};
	const char *const slash = strrchr(path, '/');

	parse(config);
	spk_config_override(config);
	if (config->root != NULL && config->status == SPK_OK) {
		builder.folder = spk_arena_copy(arena, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
		if (builder.folder == NULL)
			return spk_config_fail(config, SPK_E_NOMEM);
		spk_expand_like(config);
		check_alone(config);
		spk_schema_check(config);
		if (config->status == SPK_OK && config->root->kind == SPK_NODE_MAP)
			build(&builder);
		if (config->status == SPK_OK && config->n_diagnostics == 0)
			keep_texts(&builder, path);
	}
	if (config->status != SPK_OK)
		return config->status;
	return config->n_diagnostics > 0 ? SPK_E_SCENARIO : SPK_OK;
}

static int load_in_c_locale(struct spk_config *config, const char *path, int only_plan,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err)
{
	struct owned_scenario *const owned = calloc(1, sizeof *owned);
	char *diagnostics;
	int rc;

	if (owned == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	rc = load(config, path, only_plan, &owned->scenario, &owned->arena);
	diagnostics = spk_config_report(config);
	*ret_diagnostics = diagnostics;
	if (rc == SPK_OK) {
		*ret_scenario = &owned->scenario;
		return SPK_OK;
	}
	spk_scenario_free(&owned->scenario);
	if (config->n_diagnostics == 0)
		return spk_fail(err, rc, "cannot read %s: %s", config->file, spk_strstatus(rc));
	return spk_fail(err, rc, "%s: %zu mistake%s", config->file, config->n_diagnostics + config->n_dropped,
		config->n_diagnostics + config->n_dropped == 1 ? "" : "s");
}

static int load_file(const char *path, int only_plan, size_t n_overrides,
	const struct spk_override *overrides, struct spk_scenario **ret_scenario, char **ret_diagnostics,
	struct spk_error *err)
{
	struct spk_config config = {
		.file = strcmp(path, "-") == 0 ? "<stdin>" : path, .n_overrides = n_overrides};
	const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	const char **texts = calloc(n_overrides + 1, sizeof *texts);
	char *text = NULL;
	locale_t before;
	int rc;

	*ret_diagnostics = NULL;
	if (texts == NULL || plain == (locale_t)0) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory");
		goto out;
	}
	for (size_t k = 0; k < n_overrides; k++)
		texts[k] = overrides[k].text;
	config.overrides = texts;
	rc = read_file(path, &text, &config.length, err);
	if (rc != SPK_OK)
		goto out;
	config.text = text;
	/* numbers have a decimal point in any country; uselocale changes this thread only */
	before = uselocale(plain);
	rc = load_in_c_locale(&config, path, only_plan, ret_scenario, ret_diagnostics, err);
	(void)uselocale(before);
out:
	if (plain != (locale_t)0)
		freelocale(plain);
	spk_config_clear(&config);
	free(text);
	free(texts);
	return rc;
}

int spk_scenario_load(const char *path, size_t n_overrides, const struct spk_override *overrides,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err)
{
	return load_file(path, 0, n_overrides, overrides, ret_scenario, ret_diagnostics, err);
}

int spk_scenario_load_plan(const char *path, size_t n_overrides, const struct spk_override *overrides,
	struct spk_scenario **ret_scenario, char **ret_diagnostics, struct spk_error *err)
{
	return load_file(path, 1, n_overrides, overrides, ret_scenario, ret_diagnostics, err);
}

int spk_scenario_write_schema(FILE *out, struct spk_error *err)
{
	return spk_schema_write_json(out, err);
}
