/* Data sets from IDX files: named one by one, or those of a known set. */
#include "sim/dataset_known.h"
#include "sim/scenario_data.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 64 };

/* Files of images and labels that are open at the same time, so that all shapes are known before reading. */
struct pair {
	struct spk_node *node; /* where mistakes are reported */
	const char *images_path, *labels_path;
	struct spk_idx images, labels;
};

static void close_pairs(size_t n, struct pair *pairs)
{
	for (size_t k = 0; k < n; k++) {
		spk_idx_close(&pairs[k].images);
		spk_idx_close(&pairs[k].labels);
	}
}

/* All images have the shape of the first; the numbers of items add up. */
static int join_shape(const struct pair *pairs, size_t k, struct spk_dataset *data, struct spk_error *err)
{
	const uint64_t *const first = pairs[0].images.dims, *const dims = pairs[k].images.dims;
	const uint64_t n_pixels = dims[1] * dims[2];

	if (dims[1] != first[1] || dims[2] != first[2])
		return spk_fail(err, SPK_E_FORMAT, "%s holds %llu x %llu pixels an image, %s %llu x %llu",
			pairs[k].images_path, (unsigned long long)dims[1], (unsigned long long)dims[2],
			pairs[0].images_path, (unsigned long long)first[1], (unsigned long long)first[2]);
	if (n_pixels > SPK_MAX_PIXELS)
		return spk_fail(err, SPK_E_LIMIT, "%s holds more than %d pixels an image",
			pairs[k].images_path, SPK_MAX_PIXELS);
	if (data->n_items + dims[0] > SPK_MAX_DATA / n_pixels)
		return spk_fail(err, SPK_E_LIMIT, "with %s the set has more than %d pixels",
			pairs[k].images_path, SPK_MAX_DATA);
	data->height = dims[1];
	data->width = dims[2];
	data->n_pixels = n_pixels;
	data->n_items += dims[0];
	return SPK_OK;
}

static int open_pairs(struct spk_builder *builder, const struct spk_known_set *set, size_t n,
	struct pair *pairs, struct spk_dataset *data)
{
	for (size_t k = 0; k < n; k++) {
		struct pair *const pair = &pairs[k];
		struct spk_error err;
		int rc = spk_idx_open_pair(
			pair->images_path, pair->labels_path, &pair->images, &pair->labels, &err);

		if (rc == SPK_OK)
			rc = join_shape(pairs, k, data, &err);
		if (rc == SPK_OK && set != NULL)
			rc = spk_known_fits(set, &set->parts[k], &pair->images, &err);
		if (rc != SPK_OK) {
			spk_build_file_error(builder, pair->node, &err);
			return 0;
		}
	}
	return 1;
}

static int read_pairs(struct spk_builder *builder, size_t n, struct pair *pairs, struct spk_dataset *data)
{
	uint64_t item = 0;

	if (!spk_build_items(builder, data))
		return 0;
	for (size_t k = 0; k < n; k++) {
		struct pair *const pair = &pairs[k];
		struct spk_error err;
		int rc = spk_idx_read_pixels(&pair->images, &data->pixels[item * data->n_pixels], &err);

		if (rc == SPK_OK)
			rc = spk_idx_read_labels(&pair->labels, data->n_labels, &data->labels[item], &err);
		if (rc != SPK_OK) {
			spk_build_file_error(builder, pair->node, &err);
			return 0;
		}
		item += pair->images.dims[0];
	}
	return 1;
}

static int load_pairs(struct spk_builder *builder, const struct spk_known_set *set, size_t n,
	struct pair *pairs, struct spk_dataset *data)
{
	const int ok = open_pairs(builder, set, n, pairs, data) && read_pairs(builder, n, pairs, data);

	close_pairs(n, pairs);
	return ok;
}

/* ---- Named files -------------------------------------------------------------------------------- */

static size_t count_texts(const struct spk_node *node)
{
	return node->kind == SPK_NODE_LIST ? node->n : 1;
}

int spk_build_idx(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	struct spk_node *const images = spk_node_get(map, "images"), *const labels =
									     spk_node_get(map, "labels");
	struct pair *pairs;
	size_t n;

	if (images == NULL || images->bad || labels == NULL || labels->bad ||
		!spk_read_count(builder->config, spk_node_get(map, "classes"), 1, 256, &data->n_labels))
		return 0;
	n = count_texts(images);
	if (n == 0 || n > MAX_FILES) {
		spk_config_error(builder->config, images, NULL, "1 to %d files are expected", MAX_FILES);
		return 0;
	}
	if (count_texts(labels) != n) {
		spk_config_error(builder->config, labels, NULL, "%zu files of labels for %zu of images",
			count_texts(labels), n);
		return 0;
	}
	pairs = spk_arena_alloc(&builder->config->arena, n, sizeof *pairs);
	if (pairs == NULL) {
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		return 0;
	}
	for (size_t k = 0; k < n; k++) {
		pairs[k].node = spk_name_at(images, k);
		pairs[k].images_path = spk_build_path(builder, pairs[k].node->text);
		pairs[k].labels_path = spk_build_path(builder, spk_name_at(labels, k)->text);
		if (pairs[k].images_path == NULL || pairs[k].labels_path == NULL)
			return 0;
	}
	data->file = spk_build_text(builder, pairs[0].images_path);
	return data->file != NULL && load_pairs(builder, NULL, n, pairs, data);
}

/* ---- Known sets --------------------------------------------------------------------------------- */

static void report_missing(
	struct spk_builder *builder, struct spk_node *node, const struct spk_known_set *set)
{
	struct spk_arena *const arena = &builder->config->arena;
	const char *places = "";

	for (unsigned k = 0; k < SPK_KNOWN_PLACES && places != NULL; k++) {
		char *folder = NULL;

		if (spk_known_place(set, k, &folder, NULL) != SPK_OK)
			(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		if (folder != NULL)
			places = spk_arena_format(arena, "%s%s%s", places, *places ? ", " : "", folder);
		free(folder);
	}
	spk_config_error(builder->config, node,
		spk_arena_format(arena, "get it with: spikem data fetch %s\nlooked in %s", set->name,
			places != NULL && *places ? places
						  : "no folder: neither SPIKEM_DATA nor HOME is set"),
		"the data set %s is not on this machine", set->name);
	(void)spk_config_fail(builder->config, SPK_E_IO);
}

/* A copy in the arena of one file's path; 0 after a failure. */
static int find_file(struct spk_builder *builder, const char *folder, const char *name, const char **ret_path)
{
	char *path = NULL;
	const int rc = spk_known_file(folder, name, &path, NULL);

	if (rc != SPK_OK || path == NULL)
		(void)spk_config_fail(builder->config, rc != SPK_OK ? rc : SPK_E_IO);
	*ret_path = path != NULL ? spk_build_text(builder, path) : NULL;
	free(path);
	return *ret_path != NULL;
}

/* The parts become splits, in the tree too, unless the scenario names its own. */
static void fill_splits(struct spk_builder *builder, struct spk_node *map, const struct spk_known_set *set)
{
	struct spk_config *const config = builder->config;
	struct spk_node *const splits = spk_node_get(map, "splits");
	uint64_t first = 0;

	if (splits == NULL || splits->bad || splits->n > 0)
		return;
	for (size_t k = 0; k < SPK_KNOWN_PARTS; k++) {
		const uint64_t last = first + set->parts[k].n_items - 1;
		const char *const text = spk_arena_format(
			&config->arena, "%llu-%llu", (unsigned long long)first, (unsigned long long)last);
		struct spk_node *const fresh = text != NULL ? spk_node_new_text(config, splits, text) : NULL;

		if (fresh == NULL) {
			(void)spk_config_fail(config, SPK_E_NOMEM);
			return;
		}
		spk_node_set(splits, set->parts[k].name, fresh);
		first = last + 1;
	}
}

int spk_build_known(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data)
{
	struct spk_node *const node = spk_node_get(map, "set");
	struct pair pairs[SPK_KNOWN_PARTS] = {{0}};
	const struct spk_known_set *set;
	char *folder = NULL;

	if (node->bad)
		return 0;
	set = spk_known_find(node->text);
	if (spk_known_locate(set, &folder, NULL) != SPK_OK) {
		(void)spk_config_fail(builder->config, SPK_E_NOMEM);
		return 0;
	}
	if (folder == NULL) {
		report_missing(builder, node, set);
		return 0;
	}
	data->file = spk_build_text(builder, folder);
	free(folder);
	data->n_labels = set->n_labels;
	for (size_t k = 0; k < SPK_KNOWN_PARTS; k++) {
		pairs[k].node = node;
		if (data->file == NULL ||
			!find_file(builder, data->file, set->parts[k].images, &pairs[k].images_path) ||
			!find_file(builder, data->file, set->parts[k].labels, &pairs[k].labels_path))
			return 0;
	}
	fill_splits(builder, map, set);
	return load_pairs(builder, set, SPK_KNOWN_PARTS, pairs, data);
}
