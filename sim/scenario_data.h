/**
 * Builders of data sets, one for each origin. Each fills all of the data set but name, splits and place, and
 * returns 0 after it has reported a mistake.
 */
#ifndef SPIKEM_SIM_SCENARIO_DATA_H
#define SPIKEM_SIM_SCENARIO_DATA_H

#include "sim/scenario_build.h"

/** Pixels of one image, and values of a whole set. */
enum { SPK_MAX_PIXELS = 1 << 20, SPK_MAX_DATA = 1 << 28 };

/** `idx: {images, labels, classes}`. */
int spk_build_idx(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data);
/** `set: NAME` in the data set `map`, which gets the set's own splits unless it has some. */
int spk_build_known(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data);
/** `mixture: {...}`; `sub` tells the data sets of a scenario apart. */
int spk_build_mixture(
	struct spk_builder *builder, struct spk_node *map, uint32_t sub, struct spk_dataset *data);

/** `hdf5: {file, values, ...}`: the rows of an array. */
int spk_build_rows(struct spk_builder *builder, struct spk_node *map, struct spk_dataset *data);
/** `gaussian: {file, values, ..., items}`: draws around the rows of an array; `sub` as above. */
int spk_build_gaussian(
	struct spk_builder *builder, struct spk_node *map, uint32_t sub, struct spk_dataset *data);

/** `shape: [rows, columns]` into width, height and n_pixels. */
int spk_build_image_shape(struct spk_builder *builder, struct spk_node *node, struct spk_dataset *data);
/** Memory for pixels and labels of data->n_items; 0 when out of memory, which is remembered. */
int spk_build_items(struct spk_builder *builder, struct spk_dataset *data);

#endif
