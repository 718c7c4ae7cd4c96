/* Known data sets: the table, and where their files are looked for. */
#include "sim/dataset_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARTS                                                                                                \
	{                                                                                                    \
		{"train", "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 60000},                      \
			{"test", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 10000},                 \
	}

const struct spk_known_set spk_known_sets[] = {
	{"mnist", "handwritten digits (LeCun, Cortes, Burges)", 28, 28, 10, NULL, PARTS},
	{"fashion-mnist", "pieces of clothing in the format of mnist (Xiao, Rasul, Vollgraf 2017)", 28, 28,
		10, "/usr/share/datasets/fashion-mnist", PARTS},
	{.name = NULL},
};

const char *const spk_known_names[] = {"mnist", "fashion-mnist", NULL};

const struct spk_known_set *spk_known_find(const char *name)
{
	for (const struct spk_known_set *set = spk_known_sets; set->name != NULL; set++)
		if (strcmp(set->name, name) == 0)
			return set;
	return NULL;
}

/* a + b + c, malloc'ed. */
static int join(const char *a, const char *b, const char *c, char **ret_path, struct spk_error *err)
{
	const size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *const path = malloc(size);

	if (path == NULL)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	(void)snprintf(path, size, "%s%s%s", a, b, c);
	*ret_path = path;
	return SPK_OK;
}

static const char *get_variable(const char *name)
{
	const char *const value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

int spk_known_place(const struct spk_known_set *set, unsigned place, char **ret_folder, struct spk_error *err)
{
	static const char *const variables[] = {"SPIKEM_DATA", "XDG_DATA_HOME", "HOME"};
	static const char *const folders[] = {"/", "/spikem/", "/.local/share/spikem/"};
	const char *root;
	char *folder = NULL;
	size_t k = place;
	int rc = SPK_OK;

	if (place >= 2) {
		if (set->installed != NULL)
			rc = join(set->installed, "", "", &folder, err);
	} else {
		root = get_variable(variables[k]);
		if (root == NULL && place == 1)
			root = get_variable(variables[++k]);
		if (root != NULL)
			rc = join(root, folders[k], set->name, &folder, err);
	}
	if (rc == SPK_OK)
		*ret_folder = folder;
	return rc;
}

int spk_known_file(const char *folder, const char *name, char **ret_path, struct spk_error *err)
{
	static const char *const ends[] = {"", ".gz"};
	char *stem, *path = NULL;
	int rc = join(folder, "/", name, &stem, err);

	if (rc != SPK_OK)
		return rc;
	for (size_t k = 0; k < 2 && rc == SPK_OK && path == NULL; k++) {
		rc = join(stem, ends[k], "", &path, err);
		if (rc == SPK_OK && access(path, F_OK) != 0) {
			free(path);
			path = NULL;
		}
	}
	free(stem);
	if (rc == SPK_OK)
		*ret_path = path;
	return rc;
}

static int has_file(const char *folder, const char *name, int *ret_has, struct spk_error *err)
{
	char *path;
	const int rc = spk_known_file(folder, name, &path, err);

	if (rc != SPK_OK)
		return rc;
	*ret_has &= path != NULL;
	free(path);
	return SPK_OK;
}

int spk_known_locate(const struct spk_known_set *set, char **ret_folder, struct spk_error *err)
{
	for (unsigned place = 0; place < SPK_KNOWN_PLACES; place++) {
		char *folder = NULL;
		int has = 1, rc = spk_known_place(set, place, &folder, err);

		if (rc == SPK_OK && folder == NULL)
			continue;
		for (size_t k = 0; k < SPK_KNOWN_PARTS && rc == SPK_OK; k++) {
			rc = has_file(folder, set->parts[k].images, &has, err);
			if (rc == SPK_OK)
				rc = has_file(folder, set->parts[k].labels, &has, err);
		}
		if (rc == SPK_OK && has) {
			*ret_folder = folder;
			return SPK_OK;
		}
		free(folder);
		if (rc != SPK_OK)
			return rc;
	}
	*ret_folder = NULL;
	return SPK_OK;
}

int spk_known_fits(const struct spk_known_set *set, const struct spk_known_part *part,
	const struct spk_idx *images, struct spk_error *err)
{
	const uint64_t *const dims = images->dims;

	if (dims[0] == part->n_items && dims[1] == set->height && dims[2] == set->width)
		return SPK_OK;
	return spk_fail(err, SPK_E_FORMAT,
		"%s holds %llu images of %llu x %llu pixels; %s has %llu of %llu x %llu there", images->path,
		(unsigned long long)dims[0], (unsigned long long)dims[1], (unsigned long long)dims[2],
		set->name, (unsigned long long)part->n_items, (unsigned long long)set->height,
		(unsigned long long)set->width);
}

static int check_pair(const struct spk_known_set *set, const struct spk_known_part *part, const char *images,
	const char *labels, struct spk_error *err)
{
	struct spk_idx first = {0}, second = {0};
	int rc = spk_idx_open_pair(images, labels, &first, &second, err);

	if (rc == SPK_OK)
		rc = spk_known_fits(set, part, &first, err);
	if (rc == SPK_OK)
		rc = spk_idx_read_pixels(&first, NULL, err);
	if (rc == SPK_OK)
		rc = spk_idx_read_labels(&second, set->n_labels, NULL, err);
	spk_idx_close(&first);
	spk_idx_close(&second);
	return rc;
}

int spk_known_check(const struct spk_known_set *set, const char *folder, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < SPK_KNOWN_PARTS && rc == SPK_OK; k++) {
		const struct spk_known_part *const part = &set->parts[k];
		const char *missing = NULL;
		char *images = NULL, *labels = NULL;

		rc = spk_known_file(folder, part->images, &images, err);
		if (rc == SPK_OK)
			rc = spk_known_file(folder, part->labels, &labels, err);
		if (rc == SPK_OK && (images == NULL || labels == NULL))
			missing = images == NULL ? part->images : part->labels;
		if (missing != NULL)
			rc = spk_fail(err, SPK_E_IO, "%s/%s is missing", folder, missing);
		if (rc == SPK_OK)
			rc = check_pair(set, part, images, labels, err);
		free(images);
		free(labels);
	}
	return rc;
}
