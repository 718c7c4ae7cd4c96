/* What `spikem validate` prints: a line for each claim, and the sum. */
#include "tools/terminal.h"
#include "tools/validate.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { VALUE_WIDTH = 30, EXPECTED_WIDTH = 16, VERDICT_WIDTH = 28, NARROWEST = 24, PLAIN_WIDTH = 130 };

int spk_case_is_fine(const struct spk_case *claim_case, const struct spk_validation *validation)
{
	if (claim_case->state == SPK_CASE_SKIPPED)
		return !validation->strict;
	return claim_case->state == SPK_CASE_JUDGED &&
	       claim_case->verdict == claim_case->scenario->claim.expected;
}

/* Columns for the statement. */
static int statement_width(void)
{
	struct winsize size;
	const int all =
		isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
			? size.ws_col
			: PLAIN_WIDTH;
	const int left = all - VALUE_WIDTH - EXPECTED_WIDTH - VERDICT_WIDTH;
	return left > NARROWEST ? left : NARROWEST;
}

/* The text cut or padded to so many characters, and a blank. */
static void print_cut(const char *text, int width)
{
	int n = 0, all = 0;
	for (const char *p = text; *p; p++)
		all += ((unsigned char)*p & 0xc0) != 0x80;
	const int kept = all > width ? width - 3 : all;
	for (const char *p = text; *p; p++) {
		n += ((unsigned char)*p & 0xc0) != 0x80;
		if (n > kept)
			break;
		putchar(*p);
	}
	printf("%s%*s ", all > width ? "..." : "", all > width ? 0 : width - all, "");
}

static void format_expected(const struct spk_claim *claim, char text[64])
{
	if (isinf(claim->at_most))
		snprintf(text, 64, ">= %.4g", claim->at_least);
	else if (isinf(claim->at_least))
		snprintf(text, 64, "<= %.4g", claim->at_most);
	else
		snprintf(text, 64, "[%.4g, %.4g]", claim->at_least, claim->at_most);
}

static void format_verdict(const struct spk_case *claim_case, char text[64])
{
	static const char *const words[] = {[SPK_CASE_WAITS] = "not finished",
		[SPK_CASE_ERROR] = "error",
		[SPK_CASE_SKIPPED] = "skipped"};
	const enum spk_verdict expected = claim_case->scenario->claim.expected;
	if (claim_case->state != SPK_CASE_JUDGED)
		snprintf(text, 64, "%s", words[claim_case->state]);
	else if (claim_case->verdict == expected)
		snprintf(text, 64, "%s%s", spk_verdict_word(claim_case->verdict),
			expected == SPK_FAILS ? ", as expected" : "");
	else
		snprintf(text, 64, "%s, expected: %s", spk_verdict_word(claim_case->verdict),
			spk_verdict_word(expected));
}

static void print_indented(const char *text)
{
	while (*text) {
		const size_t length = strcspn(text, "\n");
		printf("    %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

void spk_validate_print(const struct spk_validation *validation, const struct spk_case *claim_case)
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	char value[96] = "-", expected[64], verdict[64];
	if (claim_case->state == SPK_CASE_JUDGED)
		snprintf(value, sizeof value, "%.4g [%.4g, %.4g]", claim_case->measured.value,
			claim_case->measured.low, claim_case->measured.high);
	format_expected(claim, expected);
	format_verdict(claim_case, verdict);
	printf("%c ", spk_case_is_fine(claim_case, validation) ? ' ' : '!');
	print_cut(claim->statement, statement_width() - 3);
	printf("%-*s %-*s %s\n", VALUE_WIDTH - 1, value, EXPECTED_WIDTH - 1, expected, verdict);
	if (claim_case->text)
		print_indented(claim_case->text);
	fflush(stdout);
}

void spk_validate_print_summary(const struct spk_validation *validation, size_t n,
	const struct spk_case *cases, size_t n_made, size_t n_reused, double seconds)
{
	size_t n_fine = 0, n_skipped = 0;
	char time[SPK_TERM_TEXT];
	for (size_t k = 0; k < n; k++) {
		n_skipped += cases[k].state == SPK_CASE_SKIPPED;
		n_fine += cases[k].state != SPK_CASE_SKIPPED && spk_case_is_fine(&cases[k], validation);
		if (cases[k].scenario->about)
			continue; /* its runs are shared */
		n_made += cases[k].n_done - cases[k].n_reused;
		n_reused += cases[k].n_reused;
	}
	printf("%zu claim%s: %zu as expected, %zu not, %zu skipped; %zu run%s made, %zu reused, in %s; %s\n",
		n, n == 1 ? "" : "s", n_fine, n - n_fine - n_skipped, n_skipped, n_made,
		n_made == 1 ? "" : "s", n_reused, spk_term_duration(time, seconds), validation->output);
}
