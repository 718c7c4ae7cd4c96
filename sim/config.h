/**
 * A scenario file as a tree that knows where each node stands, and the mistakes found in it.
 *
 * spk_config_parse (config_yaml.c) fills the tree, spk_config_override edits it, spk_config_write prints it.
 * Whoever finds a mistake calls spk_config_error and goes on; spk_config_report makes the text for people.
 * Everything lives in the configuration's arena until spk_config_clear.
 */
#ifndef SPIKEM_SIM_CONFIG_H
#define SPIKEM_SIM_CONFIG_H

#include "sim/arena.h"

#include <spikem/status.h>
#include <stddef.h>

enum spk_node_kind { SPK_NODE_TEXT, SPK_NODE_LIST, SPK_NODE_MAP };

/** Places are 1-based, in characters; origin 0 is the file, k > 0 the k-th override. */
struct spk_place {
	unsigned origin;
	int line, column;
};

/** One value; in a mapping it also holds its key. Children form a list in file order. */
struct spk_node {
	enum spk_node_kind kind;
	int quoted; /* written in quotes or as a block: never a number, word or null by accident */
	int bad;    /* a mistake was reported here: its value must not be used */
	struct spk_place at, key_at;
	char *text; /* scalars, else NULL */
	char *key;  /* members of a mapping, else NULL */
	struct spk_node *parent, *next, *first, *last;
	size_t n;     /* number of children */
	size_t index; /* among the parent's children */
};

enum { SPK_MAX_DIAGNOSTICS = 20 };

struct spk_diagnostic {
	struct spk_place at;
	const char *what;  /* with its path */
	const char *notes; /* further lines, or NULL */
};

struct spk_config {
	struct spk_arena arena;
	const char *file; /* name shown in messages */
	char *text;       /* the file */
	size_t length;
	const char *const *overrides; /* texts of --set */
	size_t n_overrides;
	struct spk_node *root; /* NULL: nothing could be parsed */
	struct spk_diagnostic diagnostics[SPK_MAX_DIAGNOSTICS];
	size_t n_diagnostics, n_dropped;
	struct spk_diagnostic warnings[SPK_MAX_DIAGNOSTICS]; /* those beyond are not told */
	size_t n_warnings;
	int status; /* SPK_OK, or the first failure that is none of the scenario's: out of memory, a data file
		     */
};

void spk_config_clear(struct spk_config *config);

/* ---- Mistakes ----------------------------------------------------------------------------------- */

/**
 * Report a mistake in a node's value; the node becomes bad, and a second mistake at a place is not reported.
 * The text is followed by " at PATH".
 * @param notes  further lines (spk_note_*) or NULL; borrowed until spk_config_clear
 */
void spk_config_error(struct spk_config *config, struct spk_node *node, const char *notes, const char *format,
	...) SPK_PRINTF(4, 5);
/** The same at the node's key. */
void spk_config_key_error(struct spk_config *config, struct spk_node *node, const char *notes,
	const char *format, ...) SPK_PRINTF(4, 5);
/** Report a mistake at a place that has no node; nothing is added to the text. */
void spk_config_error_at(struct spk_config *config, struct spk_place at, const char *notes,
	const char *format, ...) SPK_PRINTF(4, 5);
/** Report that a node's value, which is right by itself, will not do what it seems to do. It is no mistake.
 */
void spk_config_warn(struct spk_config *config, const struct spk_node *node, const char *notes,
	const char *format, ...) SPK_PRINTF(4, 5);
/** Remember a failure that is not the scenario's fault; the first one counts. Returns status. */
int spk_config_fail(struct spk_config *config, int status);

/** "expected one of a, b, c", and the nearest one if `got` (may be NULL) is at most two edits away. */
const char *spk_note_words(struct spk_config *config, const char *got, size_t n, const char *const *words);
/** The word at most two edits (insert, delete, replace, swap) away from `got`, or NULL. */
const char *spk_nearest_word(const char *got, size_t n, const char *const *words);
/** `text` in backticks, cut and without control characters. Never NULL. */
const char *spk_show_text(struct spk_config *config, const char *text);

/** All mistakes, sorted by place, as text for people; malloc'ed, NULL if there are none or memory ran out. */
char *spk_config_report(struct spk_config *config);

/* ---- Tree --------------------------------------------------------------------------------------- */

/** A node that nobody has yet, at the place of `like`; NULL when out of memory (status is set). */
struct spk_node *spk_node_new(
	struct spk_config *config, enum spk_node_kind kind, const struct spk_node *like);
/** A scalar with this text, otherwise as spk_node_new. */
struct spk_node *spk_node_new_text(struct spk_config *config, const struct spk_node *like, const char *text);
/** Append a child; key: NULL in lists, borrowed for as long as the arena lives. */
void spk_node_append(struct spk_node *parent, const char *key, struct spk_node *child);
/** Add a member to a mapping, with the key's place taken from the child. */
void spk_node_set(struct spk_node *map, const char *key, struct spk_node *child);
/** Put `fresh` where `old` is, under the same key. */
void spk_node_replace(struct spk_node *old, struct spk_node *fresh);
void spk_node_remove(struct spk_node *node);
/** A deep copy without parent; NULL when out of memory. */
struct spk_node *spk_node_copy(struct spk_config *config, const struct spk_node *node);
/** Member of a mapping, or NULL; also NULL when `map` is NULL, bad or no mapping. Bad members are returned.
 */
struct spk_node *spk_node_get(const struct spk_node *map, const char *key);
/** "projections[0].weight"; "the scenario" for the root. Never NULL. */
const char *spk_node_path(struct spk_config *config, const struct spk_node *node);

/* ---- Reading, editing, writing ------------------------------------------------------------------ */

/**
 * Parse one YAML document into a tree (libyaml). Mistakes are reported, *ret_root is then NULL.
 *
 * Refused: aliases, anchors, tags, several documents, duplicate keys, keys that are no plain words, more than
 * 16 levels, more than 500,000 nodes.
 * @param at  place of the first character
 */
int spk_config_parse(struct spk_config *config, const char *text, size_t length, struct spk_place at,
	struct spk_node **ret_root);

/** Apply the overrides, in order, to the tree. Mistakes are reported. */
void spk_config_override(struct spk_config *config);

/** The tree as YAML, malloc'ed; NULL when out of memory. It parses to an equal tree. */
char *spk_config_write(const struct spk_config *config);
/** One value in one line, otherwise as spk_config_write: what an override takes. */
char *spk_config_write_value(const struct spk_node *node);

#endif
