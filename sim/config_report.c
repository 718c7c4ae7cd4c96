/* Mistakes in a scenario: collecting, sorting and showing them. */
#include "sim/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SHOWN = 60, MAX_WORDS = 16, MAX_WORD = 64, MAX_LINE = 100 };

static int compare_places(const struct spk_place *a, const struct spk_place *b)
{
	if (a->origin != b->origin)
		return a->origin < b->origin ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column == b->column ? 0 : a->column < b->column ? -1 : 1;
}

static void add(struct spk_config *config, struct spk_place at, const struct spk_node *path_of,
	const char *notes, const char *format, va_list args)
{
	char text[512];
	struct spk_diagnostic *diagnostic = &config->diagnostics[config->n_diagnostics];

	for (size_t k = 0; k < config->n_diagnostics; k++)
		if (compare_places(&config->diagnostics[k].at, &at) == 0)
			return;
	if (config->n_diagnostics == SPK_MAX_DIAGNOSTICS) {
		config->n_dropped++;
		return;
	}
	(void)vsnprintf(text, sizeof text, format, args);
	diagnostic->at = at;
	diagnostic->notes = notes;
	if (path_of != NULL)
		diagnostic->what =
			spk_arena_format(&config->arena, "%s at %s", text, spk_node_path(config, path_of));
	else
		diagnostic->what = spk_arena_copy(&config->arena, text, strlen(text));
	if (diagnostic->what == NULL) {
		(void)spk_config_fail(config, SPK_E_NOMEM);
		diagnostic->what = "";
	}
	config->n_diagnostics++;
}

void spk_config_error(
	struct spk_config *config, struct spk_node *node, const char *notes, const char *format, ...)
{
	va_list args;

	node->bad = 1;
	va_start(args, format);
	add(config, node->at, node, notes, format, args);
	va_end(args);
}

void spk_config_key_error(
	struct spk_config *config, struct spk_node *node, const char *notes, const char *format, ...)
{
	va_list args;

	node->bad = 1;
	va_start(args, format);
	add(config, node->key_at, node->parent, notes, format, args);
	va_end(args);
}

void spk_config_error_at(
	struct spk_config *config, struct spk_place at, const char *notes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(config, at, NULL, notes, format, args);
	va_end(args);
}

void spk_config_warn(
	struct spk_config *config, const struct spk_node *node, const char *notes, const char *format, ...)
{
	char text[512];
	va_list args;

	if (config->n_warnings == SPK_MAX_DIAGNOSTICS)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	const char *const what =
		spk_arena_format(&config->arena, "%s at %s", text, spk_node_path(config, node));
	if (what == NULL)
		(void)spk_config_fail(config, SPK_E_NOMEM);
	else
		config->warnings[config->n_warnings++] =
			(struct spk_diagnostic){.at = node->at, .what = what, .notes = notes};
}

int spk_config_fail(struct spk_config *config, int status)
{
	if (config->status == SPK_OK)
		config->status = status;
	return status;
}

/* ---- Notes -------------------------------------------------------------------------------------- */

/* Optimal string alignment distance of words shorter than MAX_WORD; 99 for longer ones. */
static int distance(const char *a, const char *b)
{
	int rows[3][MAX_WORD + 1];
	const int n = (int)strnlen(a, MAX_WORD), m = (int)strnlen(b, MAX_WORD);

	if (n == MAX_WORD || m == MAX_WORD)
		return 99;
	for (int j = 0; j <= m; j++)
		rows[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *const row = rows[i % 3], *const above = rows[(i + 2) % 3],
			   *const two = rows[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= m; j++) {
			int best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *spk_nearest_word(const char *got, size_t n, const char *const *words)
{
	const char *nearest = NULL;
	int best = 3;

	for (size_t k = 0; k < n; k++) {
		const int d = distance(got, words[k]);

		/* words that share nothing are no help */
		if (d < best && (d < (int)strlen(words[k]) || d < (int)strlen(got))) {
			best = d;
			nearest = words[k];
		}
	}
	return nearest;
}

const char *spk_note_words(struct spk_config *config, const char *got, size_t n, const char *const *words)
{
	const char *const nearest = got != NULL ? spk_nearest_word(got, n, words) : NULL;
	const char *note = n == 1 ? "expected" : "expected one of";

	if (n == 0)
		return NULL;
	for (size_t k = 0; k < n && k < MAX_WORDS && note != NULL; k++)
		note = spk_arena_format(&config->arena, "%s%s %.64s", note, k > 0 ? "," : "", words[k]);
	if (note != NULL && n > MAX_WORDS)
		note = spk_arena_format(&config->arena, "%s, ... (%zu in all)", note, n);
	if (note != NULL && nearest != NULL)
		note = spk_arena_format(&config->arena, "%s\ndid you mean `%.64s`?", note, nearest);
	return note;
}

/* Copy at most n bytes of text, whole characters only, with anything unprintable replaced. */
static size_t copy_printable(char *to, const char *text, size_t n)
{
	size_t k = 0;

	for (; k < n && text[k] != '\0'; k++)
		to[k] = (char)((unsigned char)text[k] < 0x20 || text[k] == 0x7f ? '?' : text[k]);
	while (k > 0 && k == n && ((unsigned char)text[k] & 0xc0) == 0x80)
		n = --k;
	return k;
}

const char *spk_show_text(struct spk_config *config, const char *text)
{
	char shown[MAX_SHOWN + 1];
	const size_t length = copy_printable(shown, text, MAX_SHOWN);
	const char *quoted;

	shown[length] = '\0';
	quoted = spk_arena_format(&config->arena, "`%s%s`", shown, text[length] != '\0' ? "..." : "");
	return quoted != NULL ? quoted : "?";
}

/* ---- Report ------------------------------------------------------------------------------------- */

/* Length of a line break at s as libyaml counts them: LF, CR, CR LF, NEL, LS, PS; 0 if there is none. */
static size_t break_length(const char *s)
{
	if (s[0] == '\r')
		return s[1] == '\n' ? 2 : 1;
	if (s[0] == '\n')
		return 1;
	if (s[0] == '\xc2' && s[1] == '\x85')
		return 2;
	if (s[0] == '\xe2' && s[1] == '\x80' && (s[2] == '\xa8' || s[2] == '\xa9'))
		return 3;
	return 0;
}

static const char *find_line(const char *text, int line)
{
	while (line > 1 && *text != '\0') {
		const size_t length = break_length(text);

		text += length > 0 ? length : 1;
		line -= length > 0;
	}
	return line == 1 ? text : NULL;
}

static int is_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* The line with a caret under the column; only the part around the caret of a long line. */
static void print_excerpt(FILE *out, const char *line, const struct spk_place *at)
{
	const char *p = line;
	int column = 1, first = 1;

	if (at->column > MAX_LINE - 20)
		first = at->column - MAX_LINE / 2;
	for (; column < first && *p != '\0' && break_length(p) == 0; p++)
		column += is_start(p[1]);
	fprintf(out, "%5d | %s", at->line, first > 1 ? "..." : "");
	for (int shown = 0; *p != '\0' && break_length(p) == 0; p++) {
		shown += is_start(*p);
		if (shown > MAX_LINE) {
			fputs("...", out);
			break;
		}
		fputc(((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f ? '?' : *p, out);
	}
	fprintf(out, "\n      | %s", first > 1 ? "   " : "");
	p = line;
	for (column = 1; column < at->column && *p != '\0' && break_length(p) == 0; column += is_start(*p)) {
		if (column >= first && is_start(*p))
			fputc(*p == '\t' ? '\t' : ' ', out);
		p++;
	}
	fputs("^\n", out);
}

static void print_diagnostic(
	FILE *out, const struct spk_config *config, const char *kind, const struct spk_diagnostic *diagnostic)
{
	const struct spk_place *const at = &diagnostic->at;
	const char *const name = at->origin == 0 ? config->file : "--set";
	const char *const text = at->origin == 0 ? config->text : config->overrides[at->origin - 1];
	const char *const line = text != NULL ? find_line(text, at->line) : NULL;

	if (at->line == 0) {
		fprintf(out, "%s: %s: %s\n", name, kind, diagnostic->what);
	} else {
		fprintf(out, "%s:%d:%d: %s: %s\n", name, at->line, at->column, kind, diagnostic->what);
		if (line != NULL)
			print_excerpt(out, line, at);
	}
	for (const char *note = diagnostic->notes; note != NULL && *note != '\0';) {
		const size_t length = strcspn(note, "\n");

		fprintf(out, "      = %.*s\n", (int)length, note);
		note += length + (note[length] == '\n');
	}
}

static int compare_diagnostics(const void *a, const void *b)
{
	return compare_places(
		&((const struct spk_diagnostic *)a)->at, &((const struct spk_diagnostic *)b)->at);
}

char *spk_config_report(struct spk_config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (config->n_diagnostics == 0 && config->n_warnings == 0)
		return NULL;
	out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	qsort(config->diagnostics, config->n_diagnostics, sizeof *config->diagnostics, compare_diagnostics);
	for (size_t k = 0; k < config->n_diagnostics; k++)
		print_diagnostic(out, config, "error", &config->diagnostics[k]);
	for (size_t k = 0; k < config->n_warnings; k++)
		print_diagnostic(out, config, "warning", &config->warnings[k]);
	if (config->n_dropped > 0)
		fprintf(out, "... and %zu more mistakes\n", config->n_dropped);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
