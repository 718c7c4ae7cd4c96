/**
 * Builders: from a checked tree to struct spk_scenario. One file for each part of a scenario.
 *
 * Each builder reads the nodes that are not bad, reports what does not fit together, and goes on, so that one
 * call finds many mistakes. After a mistake the scenario may have holes (NULL models) that builders step
 * around.
 */
#ifndef SPIKEM_SIM_SCENARIO_BUILD_H
#define SPIKEM_SIM_SCENARIO_BUILD_H

#include "sim/arena.h"
#include "sim/config.h"
#include "sim/schema.h"

#include <spikem/scenario.h>

enum { SPK_MAX_PARTS = 4096, SPK_MAX_PROJECTIONS = 16384 };

struct spk_builder {
	struct spk_config *config;
	struct spk_scenario *scenario;
	struct spk_arena *arena;       /* of the scenario */
	const char *folder;            /* of the scenario file, with a final slash, or "" */
	int only_plan;                 /* build what spk_scenario_load_plan gives */
	struct spk_node **weights_of;  /* [n_projections] weights that another projection has; NULL: others */
	char **recorded;               /* names under /weights of `initial_weights`; NULL: none */
	const struct spk_claim *claim; /* while it is built: its runs before have names */
	int is_whole;                  /* no mistake before the recordings: what they watch has no holes */
};

void spk_build_populations(struct spk_builder *builder);
void spk_build_data(struct spk_builder *builder);
void spk_build_inputs(struct spk_builder *builder);
void spk_build_projections(struct spk_builder *builder);
/** Weights that a projection takes from another (builder->weights_of); needs all projections. */
void spk_build_weights_of(struct spk_builder *builder);
void spk_build_protocol(struct spk_builder *builder);
/** The phases of a protocol, whose data, objective key and stages are known. */
void spk_build_phases(struct spk_builder *builder, struct spk_node *list, struct spk_protocol *protocol);
void spk_build_objective(struct spk_builder *builder);
/** From units to neurons: populations grow by their copies; needs all but the recordings. */
void spk_build_copies(struct spk_builder *builder);
/** What is asked of the rate limit; needs copies and the duration. */
void spk_build_rate_limit(struct spk_builder *builder);
/** duration; needs the protocol. */
void spk_build_duration(struct spk_builder *builder);
/** Needs all others. */
void spk_build_record(struct spk_builder *builder);
/** `readouts` of the protocol; needs all populations. */
void spk_build_readouts(struct spk_builder *builder);
/** `agreement` of the protocol; needs its readouts and the objective. */
void spk_build_agreement(struct spk_builder *builder);
/** `record: objective`; needs the other recordings. */
void spk_build_record_objectives(struct spk_builder *builder, struct spk_node *list);

/** `stack`; needs the data. */
void spk_build_stack(struct spk_builder *builder);
/** Take out of the tree what does not bear on the weights after a given epoch of training. */
void spk_strip_stack(struct spk_config *config);

/** `claim`; the tree is the scenario as used. */
void spk_build_claim(struct spk_builder *builder);
/** `sweep`, likewise. */
void spk_build_sweep(struct spk_builder *builder);

/** Replace `like: NAME` by what it stands for; before the tree is checked. */
void spk_expand_like(struct spk_config *config);

/* ---- Shared pieces ------------------------------------------------------------------------------ */

/** Zeroed memory of the scenario; NULL when out of memory, which is remembered. */
void *spk_build_alloc(struct spk_builder *builder, size_t n, size_t size);
char *spk_build_text(struct spk_builder *builder, const char *text);
/** A path in the scenario, resolved against its folder. */
char *spk_build_path(struct spk_builder *builder, const char *file);
struct spk_where spk_build_where(const struct spk_node *node);

/** k-th name of a node that holds one name or a list of names, or NULL after the last. */
struct spk_node *spk_name_at(struct spk_node *node, size_t k);
/** Index of the population that the node names; reports an unknown one and returns 0. */
int spk_find_population(struct spk_builder *builder, struct spk_node *name, size_t *ret_index);
/** The same for a population of neurons. */
int spk_find_neurons(struct spk_builder *builder, struct spk_node *name, size_t *ret_index);
/** The same for a member of a mapping whose key is the population's name. */
int spk_find_population_key(struct spk_builder *builder, struct spk_node *member, size_t *ret_index);
int spk_find_projection(struct spk_builder *builder, struct spk_node *name, size_t *ret_index);
int spk_find_data(struct spk_builder *builder, struct spk_node *name, size_t *ret_index);
int spk_find_split(struct spk_builder *builder, struct spk_node *name, const struct spk_dataset *data,
	size_t *ret_index);

/** Index of the part of the protocol that the node names, among n names; `what` it is: "phase". */
int spk_find_part(struct spk_builder *builder, struct spk_node *name, const char *what, size_t n,
	const char *const *names, size_t *ret_index);
/** The protocol's data; NULL if they are not known. */
const struct spk_dataset *spk_protocol_data(const struct spk_builder *builder);
/** Index of a population with one neuron per label. */
int spk_find_labelled(struct spk_builder *builder, struct spk_node *name, size_t *ret_index);
/** The mask that a node names; NULL without one. */
const enum spk_mask_kind *spk_build_mask(struct spk_builder *builder, struct spk_node *word);
/** One name or a list of names, each looked up by `find`. */
void spk_build_subset(struct spk_builder *builder, struct spk_node *names,
	int (*find)(struct spk_builder *, struct spk_node *, size_t *), struct spk_subset *ret_subset);

/** {times, VALUES}: equally long, times ascending. */
int spk_build_schedule(struct spk_builder *builder, struct spk_node *map, const char *values,
	enum spk_dim dim, struct spk_schedule *ret_schedule);

/** Members of `map` by the fields; missing ones get their default, in the tree too when `fill`. */
int spk_build_params(struct spk_builder *builder, struct spk_node *map, size_t n,
	const struct spk_field *fields, uint64_t size, int fill, struct spk_value **ret_values);
/** Constants only, with room for n_derived more. */
int spk_build_constants(struct spk_builder *builder, struct spk_node *map, size_t n,
	const struct spk_field *fields, size_t n_derived, double **ret_values);

/** Report a mistake in a data file; the first status that is not SPK_OK is kept. */
void spk_build_file_error(struct spk_builder *builder, struct spk_node *node, const struct spk_error *err);

/** Report, at `name`, that the population does not keep the state called `variable`. */
void spk_check_kept(struct spk_builder *builder, struct spk_node *name, const char *variable,
	size_t population, size_t state);
/** Spikes of a population (`spikes:`). */
void spk_build_spikes(struct spk_builder *builder, struct spk_node *map, struct spk_population *population);
/** Explicit connections (`connect: {list: ...}`). */
int spk_build_edges(struct spk_builder *builder, struct spk_node *list, struct spk_projection *projection);
/** Rule (`plasticity:` or one of `probes:`). */
int spk_build_rule(struct spk_builder *builder, struct spk_node *map, enum spk_dim weight_dim,
	const struct spk_value *weight, struct spk_rule *ret_rule);

#endif
