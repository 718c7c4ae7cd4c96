#include "tools/terminal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define ESC_BOLD "\033[1m"
#define ESC_RED "\033[1;31m"
#define ESC_YELLOW "\033[1;33m"
#define ESC_GREEN "\033[1;32m"
#define ESC_RESET "\033[0m"
#define ESC_ERASE_LINE "\r\033[K"

static const double BAR_PERIOD_S = 0.1;
enum { BAR_WIDTH = 24, NARROWEST = 60 };

static int is_terminal(FILE *out)
{
	const char *const term = getenv("TERM");
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

static int has_colour(FILE *out)
{
	const char *const no_color = getenv("NO_COLOR");
	return is_terminal(out) && !(no_color && no_color[0]);
}

const char *spk_term_count(char text[SPK_TERM_TEXT], double count)
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	size_t k = 0;
	while (fabs(count) >= 999.5 && k + 1 < sizeof units / sizeof *units) {
		count /= 1000;
		k++;
	}
	snprintf(text, SPK_TERM_TEXT, k == 0 ? "%.0f%s" : "%.3g%s", count, units[k]);
	return text;
}

const char *spk_term_bytes(char text[SPK_TERM_TEXT], double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t k = 0;
	while (bytes >= 999.5 && k + 1 < sizeof units / sizeof *units) {
		bytes /= 1024;
		k++;
	}
	snprintf(text, SPK_TERM_TEXT, k == 0 ? "%.0f %s" : "%.3g %s", bytes, units[k]);
	return text;
}

const char *spk_term_duration(char text[SPK_TERM_TEXT], double seconds)
{
	if (seconds < 1)
		snprintf(text, SPK_TERM_TEXT, "%.3g ms", seconds * 1000);
	else if (seconds < 100)
		snprintf(text, SPK_TERM_TEXT, "%.3g s", seconds);
	else if (seconds < 6000)
		snprintf(text, SPK_TERM_TEXT, "%d min %02d s", (int)(seconds / 60), (int)fmod(seconds, 60));
	else
		snprintf(text, SPK_TERM_TEXT, "%.0f h %02d min", floor(seconds / 3600),
			(int)(fmod(seconds, 3600) / 60));
	return text;
}

const char *spk_term_exact(char text[SPK_TERM_TEXT], double value)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, SPK_TERM_TEXT, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

/* A line of blanks and one or more carets, perhaps behind a margin such as "   | ". */
static int is_caret_line(const char *line, size_t length)
{
	size_t carets = 0;
	for (size_t k = 0; k < length; k++) {
		if (!strchr(" \t|^~", line[k]))
			return 0;
		carets += line[k] == '^';
	}
	return carets > 0;
}

static void print_coloured_line(FILE *out, const char *line, size_t length)
{
	static const struct {
		const char *word, *colour;
	} marks[] = {{": error: ", ESC_RED}, {": warning: ", ESC_YELLOW}};
	if (is_caret_line(line, length)) {
		fprintf(out, ESC_GREEN "%.*s" ESC_RESET, (int)length, line);
		return;
	}
	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
		const size_t mark = strlen(marks[k].word);
		const char *const at = memmem(line, length, marks[k].word, mark);
		if (!at)
			continue;
		const int before = (int)(at - line);
		fprintf(out, ESC_BOLD "%.*s" ESC_RESET "%s%s" ESC_RESET "%.*s", before, line, marks[k].colour,
			marks[k].word, (int)length - before - (int)mark, at + mark);
		return;
	}
	fwrite(line, 1, length, out);
}

void spk_term_diagnostics(FILE *out, const char *text)
{
	const int colour = has_colour(out);
	while (text && *text) {
		const size_t length = strcspn(text, "\n");
		if (colour)
			print_coloured_line(out, text, length);
		else
			fwrite(text, 1, length, out);
		fputc('\n', out);
		text += length + (text[length] == '\n');
	}
}

double spk_term_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void spk_bar_init(struct spk_bar *bar, int quiet)
{
	*bar = (struct spk_bar){.shown = !quiet && is_terminal(stderr)};
}

static int is_wide(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
	       size.ws_col >= NARROWEST + 40;
}

int spk_bar_is_due(struct spk_bar *bar, double part)
{
	const double now = spk_term_clock();
	if (!bar->started) {
		bar->started = 1;
		bar->start_s = now;
		bar->start_part = part;
		bar->last_s = now - 2 * BAR_PERIOD_S;
	}
	return bar->shown && now - bar->last_s >= BAR_PERIOD_S;
}

void spk_bar_draw(struct spk_bar *bar, double part, const char *note)
{
	const double now = spk_term_clock(), done = part - bar->start_part, whole = 1 - bar->start_part;
	char filled[BAR_WIDTH + 1], left[SPK_TERM_TEXT] = "";
	bar->last_s = now;
	part = fmin(1, fmax(0, part));
	for (int k = 0; k < BAR_WIDTH; k++)
		filled[k] = k < (int)(part * BAR_WIDTH) ? '#' : '.';
	filled[BAR_WIDTH] = '\0';
	if (done > 0.005 * whole)
		spk_term_duration(left, ceil((now - bar->start_s) * (1 - part) / done));
	fprintf(stderr, ESC_ERASE_LINE "[%s] %3.0f %%  %s%s", filled, 100 * part, left[0] ? left : "...",
		left[0] ? " left" : "");
	if (is_wide())
		fprintf(stderr, "  %s", note);
	fflush(stderr);
}

void spk_bar_end(struct spk_bar *bar)
{
	if (bar->shown && bar->started)
		fputs(ESC_ERASE_LINE, stderr);
	bar->shown = 0;
}
