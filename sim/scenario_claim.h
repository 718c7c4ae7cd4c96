/** Builders of a claim: what scenario_claim.c and scenario_claim_input.c share. */
#ifndef SPIKEM_SIM_SCENARIO_CLAIM_H
#define SPIKEM_SIM_SCENARIO_CLAIM_H

#include "sim/scenario_build.h"

/** Inputs of the claim's measurement: `of`. */
void spk_build_claim_inputs(struct spk_builder *builder, struct spk_node *of, struct spk_claim *claim);

/**
 * Texts PATH=VALUE, or a list of them, as overrides of this scenario; reports one that leads nowhere.
 *
 * @param of_claim  non-zero: keys of the claim may be among them
 */
void spk_build_claim_sets(
	struct spk_builder *builder, struct spk_node *texts, int of_claim, size_t *ret_n, char ***ret_sets);
/** Whether a path (up to the end of the text or `=`) leads to something in the scenario; reports if not. */
int spk_check_claim_path(struct spk_builder *builder, struct spk_node *at, const char *path);

#endif
