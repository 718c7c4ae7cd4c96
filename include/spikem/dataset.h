/**
 * Known sets of labelled images: what they consist of and where on this machine they are looked for.
 *
 * A known set is four files in IDX format (images and labels, for training and testing), each plain or
 * compressed by gzip (NAME or NAME.gz), in a folder of their own. Nothing here fetches anything.
 */
#ifndef SPIKEM_DATASET_H
#define SPIKEM_DATASET_H

#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SPK_KNOWN_PARTS = 2, SPK_KNOWN_PLACES = 3 };

/** A part is a split of the same name; parts are concatenated in their order. */
struct spk_known_part {
	const char *name;            /**< of the split */
	const char *images, *labels; /**< file names without .gz */
	uint64_t n_items;
};

struct spk_known_set {
	const char *name, *summary;
	uint64_t height, width, n_labels;
	const char *installed; /**< folder where a package of the system puts it, NULL: there is none */
	struct spk_known_part parts[SPK_KNOWN_PARTS];
};

/** All of them; ends with name NULL. */
extern const struct spk_known_set spk_known_sets[];
/** Their names in the same order; ends with NULL. */
extern const char *const spk_known_names[];
/** The set of this name, or NULL. */
const struct spk_known_set *spk_known_find(const char *name);

/**
 * Folder in which a set is looked for, malloc'ed: 0 $SPIKEM_DATA/NAME, 1 ${XDG_DATA_HOME:-~/.local/share}
 * /spikem/NAME, 2 where a package of the system puts it. *ret_folder is NULL for a place that there is not,
 * because its variables are unset. Errors: SPK_E_NOMEM.
 */
int spk_known_place(
	const struct spk_known_set *set, unsigned place, char **ret_folder, struct spk_error *err);

/**
 * The first of these folders that has all files of the set, malloc'ed; NULL: none has. The files are not
 * read. Errors: SPK_E_NOMEM.
 */
int spk_known_locate(const struct spk_known_set *set, char **ret_folder, struct spk_error *err);

/**
 * Path of one file in a folder, malloc'ed: NAME, or NAME.gz if there is no NAME; NULL: neither is there.
 * Errors: SPK_E_NOMEM.
 */
int spk_known_file(const char *folder, const char *name, char **ret_path, struct spk_error *err);

/**
 * Read all files of the set in this folder and check them: format, shape, numbers of items, labels.
 * Errors: SPK_E_IO (also a missing file), SPK_E_FORMAT, SPK_E_NOMEM.
 */
int spk_known_check(const struct spk_known_set *set, const char *folder, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
