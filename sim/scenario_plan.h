/** Builders that claims and sweeps share: what is measured, overrides, seeds. */
#ifndef SPIKEM_SIM_SCENARIO_PLAN_H
#define SPIKEM_SIM_SCENARIO_PLAN_H

#include "sim/scenario_build.h"

/** What overrides are of. */
enum spk_set_of {
	SPK_SET_RUN,   /**< the scenario */
	SPK_SET_QUICK, /**< the scenario and the claim; the claim alone where the scenario is another file */
	SPK_SET_OTHER  /**< a scenario in another file */
};

/** Path of a scenario that a claim names; one that cannot be opened is reported. */
char *spk_build_scenario_path(struct spk_builder *builder, struct spk_node *file);
/** Index of the run before the claim's that a text `{NAME}` names; a wrong one is reported. */
int spk_find_before(struct spk_builder *builder, struct spk_node *text, size_t *ret_index);

/** `measure`, `params` and `of` of a mapping; what->measure stays NULL after a mistake in the first. */
void spk_build_observable(
	struct spk_builder *builder, const struct spk_node *map, struct spk_observable *ret_what);

/** Report a path that leads nowhere in the scenario, or into a claim or a sweep. @return 1 if it is good */
int spk_check_key(struct spk_builder *builder, struct spk_node *at, const char *path);
/**
 * Texts PATH=VALUE, or a list of them, as overrides of this scenario; reports one that leads nowhere.
 *
 */
void spk_build_sets(struct spk_builder *builder, struct spk_node *texts, enum spk_set_of of, size_t *ret_n,
	char ***ret_sets);
/** The same as a variant, whose label they are. */
void spk_build_set(struct spk_builder *builder, struct spk_node *texts, struct spk_variant *run);
/** The overrides KEY=VALUE of one value for every key; the label is the value. */
void spk_build_value(struct spk_builder *builder, struct spk_node *keys, const struct spk_node *value,
	struct spk_variant *run);
/** x of each variant: as given (NULL: not), else the values if all are numbers, else 0, 1, 2, ...
 * @return 0 in the last case */
int spk_build_x(struct spk_builder *builder, struct spk_node *x, size_t n, struct spk_variant *runs);
/** A number of seeds, counted up from the scenario's, or a list of them. */
void spk_build_seeds(struct spk_builder *builder, struct spk_node *node, size_t *ret_n, uint64_t **ret_seeds);

#endif
