/** Builders of what a scenario takes from arrays of HDF5 files, such as the result of an earlier run. */
#ifndef SPIKEM_SIM_SCENARIO_ARRAY_H
#define SPIKEM_SIM_SCENARIO_ARRAY_H

#include "sim/array.h"
#include "sim/scenario_build.h"

/** Numbers of an array that a scenario reads. */
enum { SPK_MAX_ARRAY = 1 << 28 };

/** Open the HDF5 file that the node names; close with spk_file_close. 0 after reporting a mistake. */
int spk_build_array_open(struct spk_builder *builder, struct spk_node *name, struct spk_file **ret_file);

/** Whether the array's attribute `units`, if it has one, is the base unit of `dim`; else SPK_E_FORMAT. */
int spk_array_check_unit(struct spk_file *file, const char *path, enum spk_dim dim, struct spk_error *err);

/** `{file, path, scale, offset}`: one value for each of `size` neurons. 0 after reporting a mistake. */
int spk_build_array_value(struct spk_builder *builder, struct spk_node *map, const struct spk_field *field,
	uint64_t size, struct spk_value *ret_value);

/**
 * `weight: {file, path, snapshot, scale}`: the weights that a projection with the same synapses had in
 * another run. The projection has its connections and delays. 0 after reporting a mistake.
 */
int spk_build_array_weight(
	struct spk_builder *builder, struct spk_node *map, struct spk_projection *projection);

/** Which weights the file `initial_weights` has, into builder->recorded; free with spk_file_free_names. */
void spk_build_recorded(struct spk_builder *builder);
/** Whether `initial_weights` has weights of this name. */
int spk_is_recorded(const struct spk_builder *builder, const char *name);
/** The weights that `initial_weights` has for the projection, as spk_build_array_weight. */
int spk_build_recorded_weight(struct spk_builder *builder, struct spk_projection *projection);

#endif
