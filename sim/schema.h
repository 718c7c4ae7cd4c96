/**
 * The one table of the scenario's keys: names, kinds, dimensions, ranges, defaults, meaning.
 *
 * spk_schema_check tests a tree against it and fills in the defaults; spk_schema_write_json prints it as a
 * JSON schema. Parameters of models are not here: they come from the models' own field tables.
 */
#ifndef SPIKEM_SIM_SCHEMA_H
#define SPIKEM_SIM_SCHEMA_H

#include "sim/config.h"

#include <spikem/field.h>
#include <spikem/scenario.h>
#include <stdint.h>
#include <stdio.h>

/** X(name): what stands at a key. */
#define SPK_WANT_LIST(X)                                                                                     \
	X(SPK_WANT_TEXT)         /* any text */                                                              \
	X(SPK_WANT_TEXTS)        /* a text or a list of texts */                                             \
	X(SPK_WANT_NAME)         /* letters, digits, _ and - */                                              \
	X(SPK_WANT_NAMES)        /* a name or a list of names */                                             \
	X(SPK_WANT_WORD)         /* one of `words` */                                                        \
	X(SPK_WANT_WORDS)        /* list of them, each once */                                               \
	X(SPK_WANT_BOOL)         /* true or false */                                                         \
	X(SPK_WANT_COUNT)        /* whole number */                                                          \
	X(SPK_WANT_COUNTS)       /* list of whole numbers */                                                 \
	X(SPK_WANT_QUANTITY)     /* number with unit */                                                      \
	X(SPK_WANT_QUANTITIES)   /* list of them */                                                          \
	X(SPK_WANT_ROWS)         /* list of equally long lists of them */                                    \
	X(SPK_WANT_PAIR)         /* list of two, ascending */                                                \
	X(SPK_WANT_VALUE)        /* quantity, distribution or list */                                        \
	X(SPK_WANT_WEIGHT)       /* value in the weight unit of the target, checked by the builder, or a     \
				    mapping of a shape that has `file`, or of spk_schema_weights_of */       \
	X(SPK_WANT_WEIGHT_PAIR)  /* two of them */                                                           \
	X(SPK_WANT_READOUT)      /* quantity in the unit of the readout, checked by the builder */           \
	X(SPK_WANT_READOUT_PAIR) /* two of them */                                                           \
	X(SPK_WANT_READOUTS)     /* list of them */                                                          \
	X(SPK_WANT_SELECTION)    /* 3, 0-9, [0, 3, 5-7] or all */                                            \
	X(SPK_WANT_SELECTIONS)   /* mapping of names to selections */                                        \
	X(SPK_WANT_DELAY)        /* value, or {axonal, dendritic}; becomes the latter */                     \
	X(SPK_WANT_CONNECT)      /* word, or mapping with exactly one rule; becomes the latter */            \
	X(SPK_WANT_EDGES)        /* list of rows, or a mapping that names a file */                          \
	X(SPK_WANT_PARAMS)       /* mapping of fields of a model, checked by the builder */                  \
	X(SPK_WANT_CONSTANTS)    /* the same, constants only */                                              \
	X(SPK_WANT_MAP)          /* mapping of a shape */                                                    \
	X(SPK_WANT_MAPS)         /* list of mappings of a shape */                                           \
	X(SPK_WANT_ONE_OR_MAPS)  /* one mapping or a list of them; becomes a list */                         \
	X(SPK_WANT_NAMED_MAPS)   /* mapping of names to mappings of a shape */                               \
	X(SPK_WANT_SERIES) /* mapping of names to a text, a mapping of a shape, or a list of both; becomes   \
			      lists of mappings whose first key is the text */                               \
	X(SPK_WANT_AXES)   /* mapping of paths or names to a list, or a mapping of a shape with the keys     \
			      `key` and `values`; becomes the latter */                                      \
	X(SPK_WANT_SHOW)   /* a name or a list of names, which show the first of `words`, or a mapping of    \
			      names to words; becomes the mapping */                                         \
	X(SPK_WANT_WORD_OR_NAMES) /* one of `words` or a list of names */                                    \
	X(SPK_WANT_BOOL_OR_NAMES) /* true, false or a list of names */                                       \
	X(SPK_WANT_SEEDS)         /* whole number or list of them, checked by the builder */                 \
	X(SPK_WANT_ITEMS)         /* list of anything, checked by the builder */

enum spk_want {
#define SPK_WANT_ENUM(name) name,
	SPK_WANT_LIST(SPK_WANT_ENUM)
#undef SPK_WANT_ENUM
		SPK_N_WANTS
};

/** Which registry a key's word and its shape's PARAMS belong to. */
enum spk_registry {
	SPK_REGISTRY_NONE,
	SPK_REGISTRY_POPULATION,
	SPK_REGISTRY_PLASTICITY,
	SPK_REGISTRY_UNIT,
	SPK_REGISTRY_MEASUREMENT
};

struct spk_shape;

/** One key. lo and hi are in base units and, like lo_open, those of struct spk_field. */
struct spk_key {
	const char *name;
	enum spk_want kind;
	enum spk_dim dim;
	int required;
	const char *fill; /* default as YAML text, "{}" for an empty mapping; NULL: none */
	const char *doc;
	double lo, hi;
	int lo_open;
	const char *const *words;
	const struct spk_shape *shape;
	enum spk_registry registry;
	const char *unless;  /* a required key may be missing when this one, or one of several with blanks
				between, is there; NULL: never */
	const char *only;    /* the key belongs to mappings whose `model` is this word, or one of several with
				blanks between; NULL: to all */
	const char *with;    /* the key belongs to mappings that have this key, one for each shape, or NULL */
	const char *without; /* the key has no place beside this one, one for each shape, or NULL */
};

/** A mapping. Keys end with a NULL name. one_of: NULL-terminated; exactly one of these keys must be there. */
struct spk_shape {
	const char *doc;
	const struct spk_key *keys;
	const char *const *one_of;
};

/** The whole scenario. */
extern const struct spk_shape spk_schema;
/** The shape of a stack of rate units. */
extern const struct spk_shape spk_schema_stack;
/** Words of a stack's keys, NULL-terminated, in the order of the enumerations of spikem/stack.h; sources:
 * clean, corrupted; covariances: diagonal, full. */
extern const char *const spk_stack_estimator_words[],
	*const spk_stack_source_words[], *const spk_stack_optimiser_words[],
						 *const spk_stack_covariance_words[],
							 *const spk_stack_sampler_words[],
								 *const spk_stack_mask_words[];
/** The shapes of a protocol and of its objective. */
extern const struct spk_shape spk_schema_protocol, spk_schema_objective;
/** What a source population can show, NULL-terminated, in the order of enum spk_show_kind. */
extern const char *const spk_show_words[];
/** The shape of a claim. */
extern const struct spk_shape spk_schema_claim;
/** The shape of a sweep. */
extern const struct spk_shape spk_schema_sweep;
/** The shape of a data set. */
extern const struct spk_shape spk_schema_data;
/** The shape of values of parameters and states that an array of a file has. */
extern const struct spk_shape spk_schema_array;
/** The shape of weights that another projection has. */
extern const struct spk_shape spk_schema_weights_of;
/** The shape of a delay in two parts. */
extern const struct spk_shape spk_schema_delay;

/** A distribution: `{uniform: [lo, hi]}`, or `{NAME: {mean, sd, min, max}}`. Ended by a NULL name. */
struct spk_distribution {
	const char *name;
	enum spk_law law;
	int has_sd;
	const char *doc;
};
extern const struct spk_distribution spk_distributions[];

/** Whether a key belongs to mappings whose `model` is this word. */
int spk_key_is_for(const struct spk_key *key, const char *model);

/** Names of all neuron and source models, or of all rules, units or measurements, NULL-terminated; NULL when
 * out of memory. */
const char *const *spk_registry_names(struct spk_arena *arena, enum spk_registry registry);

/** Check the tree, report mistakes, put defaults and canonical forms into it. */
void spk_schema_check(struct spk_config *config);

/** JSON schema, draft-07. */
int spk_schema_write_json(FILE *out, struct spk_error *err);

/* ---- Leaves, shared by check and builders (schema_value.c) --------------------------------------- */

/** Read a quantity within field's range. Returns 0 after reporting a mistake or if node is NULL or bad. */
int spk_read_quantity(
	struct spk_config *config, struct spk_node *node, const struct spk_field *field, double *ret_value);
/** Whole number in [lo, hi]. */
int spk_read_count(
	struct spk_config *config, struct spk_node *node, double lo, double hi, uint64_t *ret_value);
/** true or false. */
int spk_read_bool(struct spk_config *config, struct spk_node *node, int *ret_value);
/** Index of the word. */
int spk_read_word(struct spk_config *config, struct spk_node *node, size_t n, const char *const *words,
	size_t *ret_index);
/** A quantity, a distribution, or a list, whose memory comes from `arena`. */
int spk_read_value(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	struct spk_arena *arena, struct spk_value *ret_value);
/** List of n quantities (n_min <= n <= n_max). */
int spk_read_quantities(struct spk_config *config, struct spk_node *node, const struct spk_field *field,
	size_t n_min, size_t n_max, struct spk_arena *arena, size_t *ret_n, double **ret_values);
/** Two quantities, the first not larger than the second. */
int spk_read_pair(
	struct spk_config *config, struct spk_node *node, const struct spk_field *field, double ret_pair[2]);
/** Selection within [0, size); `all` gives n == 0. */
int spk_read_selection(struct spk_config *config, struct spk_node *node, uint64_t size,
	struct spk_arena *arena, struct spk_selection *ret_selection);
/** Whether the node is a usable scalar; reports what was expected ("a name") if not. */
int spk_expect_text(struct spk_config *config, struct spk_node *node, const char *what);
/** Report a key that is not among `words`. */
void spk_unknown_key(struct spk_config *config, struct spk_node *member, size_t n, const char *const *words);

/** A field of that dimension without bounds. */
struct spk_field spk_plain_field(const char *name, enum spk_dim dim);

#endif
