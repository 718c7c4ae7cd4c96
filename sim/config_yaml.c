/* YAML into a tree that keeps the place of every node. The only file that knows libyaml. */
#include "sim/config.h"

#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16, MAX_NODES = 500000, MAX_KEY = 64, MAX_PATH = 256, MAX_MEMBERS = 4096 };

struct reader {
	struct spk_config *config;
	yaml_parser_t parser;
	struct spk_place start;
	struct spk_node *root, *open; /* open: innermost list or mapping that has not ended */
	const char *key;              /* key that waits for its value, or NULL */
	struct spk_place key_at;
	size_t depth, n_nodes;
	int documents;
};

static struct spk_place place_of(const struct reader *reader, const yaml_mark_t *mark)
{
	struct spk_place at = reader->start;

	if (mark->line == 0)
		at.column += (int)mark->column;
	else
		at.column = (int)mark->column + 1;
	at.line += (int)mark->line;
	return at;
}

static void report(struct reader *reader, const yaml_mark_t *mark, const char *notes, const char *what)
{
	spk_config_error_at(reader->config, place_of(reader, mark), notes, "%s", what);
}

/* Whether the character with this number is a tab. */
static int is_tab(const char *text, size_t length, size_t index)
{
	for (size_t k = 0; k < length; k++)
		if (((unsigned char)text[k] & 0xc0) != 0x80 && index-- == 0)
			return text[k] == '\t';
	return 0;
}

/* libyaml adds a line break to a text without a final one; a mark behind it moves to the end of the text. */
static yaml_mark_t clamp_mark(yaml_mark_t mark, const char *text, size_t length)
{
	size_t breaks = 0, column = 0;

	for (size_t k = 0; k < length; k++) {
		if (text[k] == '\n') {
			breaks++;
			column = 0;
		} else {
			column += ((unsigned char)text[k] & 0xc0) != 0x80;
		}
	}
	if (mark.line > breaks && memchr(text, '\r', length) == NULL) {
		mark.line = breaks;
		mark.column = column;
	}
	return mark;
}

/* A syntax error in our words where the reason is a well-known trap, else in libyaml's. */
static void report_syntax(struct reader *reader, const char *text, size_t length)
{
	const yaml_parser_t *const parser = &reader->parser;
	const char *const problem = parser->problem != NULL ? parser->problem : "it cannot be read";
	const yaml_mark_t mark = clamp_mark(parser->problem_mark, text, length);
	const char *notes = NULL;

	if (parser->error == YAML_MEMORY_ERROR) {
		(void)spk_config_fail(reader->config, SPK_E_NOMEM);
		return;
	}
	if (parser->error == YAML_READER_ERROR) {
		spk_config_error_at(reader->config, place_of(reader, &parser->mark),
			"a scenario is a text file in UTF-8 without control characters",
			"not a text: %s (byte %zu)", problem, parser->problem_offset);
		return;
	}
	if (parser->error == YAML_SCANNER_ERROR && is_tab(text, length, mark.index))
		notes = "this is a tab: YAML wants spaces for indentation";
	else if (strstr(problem, "mapping values are not allowed") != NULL)
		notes = "a text that holds `: ` needs quotes; keys of one mapping need the same indentation";
	else if (parser->context != NULL)
		notes = spk_arena_format(&reader->config->arena, "%s that begins in line %zu",
			parser->context, parser->context_mark.line + (size_t)reader->start.line);
	spk_config_error_at(reader->config, place_of(reader, &mark), notes, "not YAML: %s", problem);
}

/* A word, or a path such as `projections[0].weight`, which only a sweep has as a key. */
static int is_key(const char *text, size_t length)
{
	static const char characters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.[]";
	const size_t n = strspn(text, characters);

	return n == length && n > 0 && strchr(".[]", *text) == NULL &&
	       n <= (strcspn(text, ".[") < n ? MAX_PATH : MAX_KEY);
}

static int take_key(struct reader *reader, const yaml_event_t *event)
{
	const char *const text = (const char *)event->data.scalar.value;
	const size_t length = event->data.scalar.length;
	struct spk_config *const config = reader->config;
	struct spk_node *twin;

	if (!is_key(text, length)) {
		report(reader, &event->start_mark, "a key has 1 to 64 letters, digits, `_` or `-`",
			"this cannot be a key");
		return -1;
	}
	if (reader->open->n >= MAX_MEMBERS) {
		report(reader, &event->start_mark, NULL, "more than 4096 keys in one mapping");
		return -1;
	}
	reader->key = spk_arena_copy(&config->arena, text, length);
	if (reader->key == NULL)
		return spk_config_fail(config, SPK_E_NOMEM);
	reader->key_at = place_of(reader, &event->start_mark);
	twin = spk_node_get(reader->open, reader->key);
	if (twin != NULL) {
		spk_config_error_at(config, reader->key_at,
			spk_arena_format(&config->arena, "it stands in line %d already", twin->key_at.line),
			"duplicate key `%s` at %s", reader->key, spk_node_path(config, reader->open));
		reader->key =
			spk_arena_format(&config->arena, "%s ", reader->key); /* equal to no other key */
	}
	return reader->key != NULL ? 0 : spk_config_fail(config, SPK_E_NOMEM);
}

/* A node begins: put it where it belongs and, if it can have children, open it. */
static int take_node(
	struct reader *reader, const yaml_event_t *event, enum spk_node_kind kind, char *text, int quoted)
{
	struct spk_node *node;

	if (++reader->n_nodes > MAX_NODES || reader->depth >= MAX_DEPTH) {
		report(reader, &event->start_mark, "put long lists into a CSV file",
			reader->n_nodes > MAX_NODES ? "more than 500000 values"
						    : "nested more than 16 levels deep");
		return -1;
	}
	node = spk_node_new(reader->config, kind, NULL);
	if (node == NULL)
		return -1;
	node->at = node->key_at = place_of(reader, &event->start_mark);
	node->text = text;
	node->quoted = quoted;
	if (reader->open == NULL) {
		reader->root = node;
	} else {
		spk_node_append(reader->open, reader->key, node);
		if (reader->key != NULL)
			node->key_at = reader->key_at;
		reader->key = NULL;
	}
	if (kind != SPK_NODE_TEXT) {
		reader->open = node;
		reader->depth++;
	}
	return 0;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *const value = (const char *)event->data.scalar.value;
	const size_t length = event->data.scalar.length;
	char *text;

	if (memchr(value, '\0', length) != NULL) {
		report(reader, &event->start_mark, NULL, "a text with a NUL character");
		return -1;
	}
	text = spk_arena_copy(&reader->config->arena, value, length);
	if (text == NULL)
		return spk_config_fail(reader->config, SPK_E_NOMEM);
	return take_node(
		reader, event, SPK_NODE_TEXT, text, event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
}

/* Anchors and tags are not needed in a scenario and make bombs and surprises possible. */
static int has_extras(struct reader *reader, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor == NULL && tag == NULL && event->type != YAML_ALIAS_EVENT)
		return 0;
	report(reader, &event->start_mark,
		tag == NULL ? "to repeat a population's parameters write `like: NAME`" : NULL,
		tag != NULL ? "tags (`!...`) are not supported"
			    : "anchors and aliases (`&`, `*`) are not supported");
	return 1;
}

/* 0: go on, 1: the stream ended, -1: a mistake was reported. */
static int take_event(struct reader *reader, const yaml_event_t *event)
{
	const int wants_key =
		reader->open != NULL && reader->open->kind == SPK_NODE_MAP && reader->key == NULL;

	if (has_extras(reader, event))
		return -1;
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		if (++reader->documents > 1) {
			report(reader, &event->start_mark, NULL,
				"a second document (`---`): a file holds one scenario");
			return -1;
		}
		return 0;
	case YAML_SCALAR_EVENT:
		return wants_key ? take_key(reader, event) : take_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (wants_key) {
			report(reader, &event->start_mark, NULL, "a list or a mapping cannot be a key");
			return -1;
		}
		return take_node(reader, event,
			event->type == YAML_MAPPING_START_EVENT ? SPK_NODE_MAP : SPK_NODE_LIST, NULL, 0);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reader->open = reader->open->parent;
		reader->depth--;
		return 0;
	default:
		return 0;
	}
}

int spk_config_parse(struct spk_config *config, const char *text, size_t length, struct spk_place at,
	struct spk_node **ret_root)
{
	struct reader reader = {.config = config, .start = at};
	const size_t before = config->n_diagnostics;
	int step = 0;

	if (!yaml_parser_initialize(&reader.parser))
		return spk_config_fail(config, SPK_E_NOMEM);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	while (step == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&reader.parser, &event)) {
			report_syntax(&reader, text, length);
			break;
		}
		step = take_event(&reader, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&reader.parser);
	if (step != 1)
		return config->status != SPK_OK ? config->status : SPK_E_SCENARIO;
	if (reader.root == NULL) {
		spk_config_error_at(config, at, NULL, "nothing is written here");
		return SPK_E_SCENARIO;
	}
	*ret_root = reader.root;
	return config->n_diagnostics == before ? SPK_OK : SPK_E_SCENARIO;
}
