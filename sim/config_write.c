/* A tree as YAML: a page that people can read and that parses to an equal tree. */
#include "sim/config.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void write_text(FILE *out, const struct spk_node *node)
{
	if (node->quoted || !is_plain(node->text))
		write_quoted(out, node->text);
	else
		fputs(node->text, out);
}

static void write_flow(FILE *out, const struct spk_node *node)
{
	const int is_map = node->kind == SPK_NODE_MAP;

	if (node->kind == SPK_NODE_TEXT) {
		write_text(out, node);
		return;
	}
	fputc(is_map ? '{' : '[', out);
	for (const struct spk_node *child = node->first; child != NULL; child = child->next) {
		if (child != node->first)
			fputs(", ", out);
		if (is_map)
			fprintf(out, "%s: ", child->key);
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
		if (in_list)
			fputs("- ", out);
		else
			fprintf(out, "%s:", child->key);
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
