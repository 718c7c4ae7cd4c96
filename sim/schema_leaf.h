/** Checks of what stands at the ends of the tree, for schema_check.c. */
#ifndef SPIKEM_SIM_SCHEMA_LEAF_H
#define SPIKEM_SIM_SCHEMA_LEAF_H

#include "sim/schema.h"

/** Check a text, name, word, number or selection, or a list of them, by the kind of its key. */
void spk_check_leaf(struct spk_config *config, struct spk_node *node, const struct spk_key *key);

/** Whether a word cannot name anything: YAML 1.1 reads it otherwise, or it means something in a scenario. */
int spk_is_reserved(const char *name);

/** Length of a list that ends with NULL. */
size_t spk_count_words(const char *const *words);

#endif
