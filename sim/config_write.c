/* A tree as YAML: a page that people can read and that parses to an equal tree. */
#include "sim/config.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_LEVELS = 3 };

/* Whether the text stands for itself without quotes, also inside brackets. */
static int is_plain(const char *text)
{
	const char *p = text;

	if (*p == '+' || *p == '-' || *p == '.')
		p++;
	if (!isalnum((unsigned char)*p) && *p != '_' && *p != '/')
		return 0;
	for (; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_+-./ ", *p) == NULL)
			return 0;
	return p[-1] != ' ';
}

/* Decode the character at *p and step over it; the parser has checked that the text is UTF-8. */
static uint32_t next_character(const unsigned char **p)
{
	const unsigned char first = *(*p)++;
	const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t code = more == 0 ? first : first & (0x3fu >> more);

	for (int k = 0; k < more && (**p & 0xc0) == 0x80; k++)
		code = (code << 6) | (*(*p)++ & 0x3fu);
	return code;
}

static void write_quoted(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', out);
	while (*p != '\0') {
		const unsigned char *const start = p;
		const uint32_t code = next_character(&p);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (int)code);
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
			 code == 0xfeff || code == 0xfffe || code == 0xffff)
			fprintf(out, "\\U%08x", (unsigned)code);
		else
			(void)fwrite(start, 1, (size_t)(p - start), out);
	}
	fputc('"', out);
}

/* Words that YAML 1.1 reads as true or false; quotes keep them what they are for every reader. */
static int is_trap(const char *text)
{
	static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};

	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (strcasecmp(text, words[k]) == 0)
			return 1;
	return 0;
}

static void write_word(FILE *out, const char *text, int quoted)
{
	if (quoted || is_trap(text) || !is_plain(text))
		write_quoted(out, text);
	else
		fputs(text, out);
}

static void write_flow(FILE *out, const struct spk_node *node)
{
	const int is_map = node->kind == SPK_NODE_MAP;

	if (node->kind == SPK_NODE_TEXT) {
		write_word(out, node->text, node->quoted);
		return;
	}
	fputc(is_map ? '{' : '[', out);
	for (const struct spk_node *child = node->first; child != NULL; child = child->next) {
		if (child != node->first)
			fputs(", ", out);
		if (is_map) {
			write_word(out, child->key, 0);
			fputs(": ", out);
		}
		write_flow(out, child);
	}
	fputc(is_map ? '}' : ']', out);
}

/* Lists and mappings get lines of their own where a member is itself a collection. */
static int is_block(const struct spk_node *node, int level)
{
	if (level >= BLOCK_LEVELS || node->kind == SPK_NODE_TEXT)
		return 0;
	for (const struct spk_node *child = node->first; child != NULL; child = child->next)
		if (child->kind != SPK_NODE_TEXT)
			return 1;
	return 0;
}

static void write_block(FILE *out, const struct spk_node *node, int level)
{
	for (const struct spk_node *child = node->first; child != NULL; child = child->next) {
		const int in_list = node->kind == SPK_NODE_LIST;

		fprintf(out, "%*s", 2 * level, "");
		if (!in_list)
			write_word(out, child->key, 0);
		fputs(in_list ? "- " : ":", out);
		if (!in_list && is_block(child, level + 1)) {
			fputc('\n', out);
			write_block(out, child, level + 1);
			continue;
		}
		if (!in_list)
			fputc(' ', out);
		write_flow(out, child);
		fputc('\n', out);
	}
}

char *spk_config_write_value(const struct spk_node *node)
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	write_flow(out, node);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *spk_config_write(const struct spk_config *config)
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	write_block(out, config->root, 0);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
