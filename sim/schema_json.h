/**
 * Pieces of the JSON schema that its two files share.
 */
#ifndef SPIKEM_SIM_SCHEMA_JSON_H
#define SPIKEM_SIM_SCHEMA_JSON_H

#include "sim/schema.h"

/** The text as a JSON string. */
void spk_json_string(FILE *out, const char *text);
/** Name of a dimension's definition: "time". With "_value" behind it: quantity, list or distribution. */
const char *spk_json_dim(enum spk_dim dim);
/** Members of "definitions": quantities, values, names, selections. */
void spk_json_definitions(FILE *out);
/** Member `enum` of a NULL-terminated list of words. */
void spk_json_words(FILE *out, const char *const *words);
/** Members of a key that takes names, or something else that is said by words. */
void spk_json_or_names(FILE *out, const struct spk_key *key);
/** `, "default": ` and the default of a key that has one. */
void spk_json_default(FILE *out, const struct spk_key *key);

#endif
