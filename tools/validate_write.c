/* What `spikem validate` leaves behind: JSON and HDF5 for each claim, one JSON for all. */
#include "tools/terminal.h"
#include "tools/validate.h"
#include <errno.h>
#include <math.h>
#include <spikem/file.h>
#include <spikem/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- JSON --------------------------------------------------------------------------------------- */

static void write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if ((unsigned char)*p < 0x20)
			fprintf(out, "\\u%04x", (unsigned)(unsigned char)*p);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

static void write_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, "  \"%s\": ", name);
	write_text(out, text);
	fputs(",\n", out);
}

/* JSON has no NaN and no infinity. */
static void write_number(FILE *out, const char *name, double value)
{
	char text[SPK_TERM_TEXT];
	fprintf(out, "\"%s\": %s", name, isfinite(value) ? spk_term_exact(text, value) : "null");
}

static void write_estimate(FILE *out, const struct spk_estimate *estimate)
{
	write_number(out, "value", estimate->value);
	fputs(", ", out);
	write_number(out, "low", estimate->low);
	fputs(", ", out);
	write_number(out, "high", estimate->high);
	fprintf(out, ", \"n\": %llu", (unsigned long long)estimate->n);
}

static const char *state_word(const struct spk_case *claim_case)
{
	static const char *const words[] = {
		[SPK_CASE_WAITS] = "unfinished", [SPK_CASE_ERROR] = "error", [SPK_CASE_SKIPPED] = "skipped"};
	return claim_case->state == SPK_CASE_JUDGED ? spk_verdict_word(claim_case->verdict)
						    : words[claim_case->state];
}

static void write_expectation(FILE *out, const struct spk_claim *claim)
{
	fputs("  \"expect\": {", out);
	write_number(out, "at_least", claim->at_least);
	fputs(", ", out);
	write_number(out, "at_most", claim->at_most);
	fputs("},\n", out);
}

static void write_figures(FILE *out, const struct spk_case *claim_case)
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	fputs("  \"runs\": [", out);
	for (size_t k = 0; k < claim->n_runs; k++) {
		fprintf(out, "%s\n    {\"label\": ", k > 0 ? "," : "");
		write_text(out, claim->runs[k].label);
		fputs(", ", out);
		write_number(out, "x", claim->runs[k].x);
		fputc('}', out);
	}
	fputs("\n  ],\n  \"seeds\": [", out);
	for (size_t s = 0; s < claim->n_seeds; s++) {
		fprintf(out, "%s\n    {\"seed\": %llu, ", s > 0 ? "," : "",
			(unsigned long long)claim->seeds[s]);
		write_estimate(out, &claim_case->seeds[s]);
		fputs(", \"figures\": [", out);
		for (size_t k = 0; k < claim->n_runs; k++) {
			fputs(k > 0 ? ", {" : "{", out);
			write_estimate(out, &claim_case->figures[s * claim->n_runs + k]);
			fputc('}', out);
		}
		fputs("]}", out);
	}
	fputs("\n  ],\n", out);
}

static void write_claim(FILE *out, const struct spk_validation *validation, const struct spk_case *claim_case)
{
	const struct spk_scenario *const scenario = claim_case->scenario;
	const struct spk_claim *const claim = &scenario->claim;
	fputs("{\n", out);
	write_member(out, "name", claim_case->name);
	write_member(out, "scenario", scenario->path);
	write_member(out, "statement", claim->statement);
	write_member(out, "source", claim->source);
	write_member(out, "measure", claim->what.measure->name);
	if (claim->across != SPK_ACROSS_NONE)
		write_member(out, "across",
			claim->across == SPK_ACROSS_MEASURE  ? claim->across_measure->name
			: claim->across == SPK_ACROSS_CHANGE ? "change"
							     : "ratio");
	write_member(out, "verdict", state_word(claim_case));
	write_member(out, "expected_verdict", spk_verdict_word(claim->expected));
	fprintf(out, "  \"as_expected\": %s,\n", spk_case_is_fine(claim_case, validation) ? "true" : "false");
	if (claim_case->text)
		write_member(out, "message", claim_case->text);
	write_expectation(out, claim);
	fputs("  ", out);
	write_number(out, "confidence", claim->confidence);
	fputs(",\n", out);
	if (claim_case->state == SPK_CASE_JUDGED) {
		fputs("  \"measured\": {", out);
		write_estimate(out, &claim_case->measured);
		fputs("},\n", out);
		write_figures(out, claim_case);
	}
	fprintf(out, "  \"quick\": %s,\n  \"seconds\": %.3f,\n", validation->quick ? "true" : "false",
		claim_case->seconds);
	fputs("  \"version\": ", out);
	write_text(out, spk_version());
	fputs("\n}", out);
}

/* Write beside the file and put it in its place, so that a reader never sees half of it. */
static int write_json(const struct spk_validation *validation, const char *name, size_t n,
	const struct spk_case *cases, int as_list, struct spk_error *err)
{
	char path[SPK_JOB_PATH], fresh[SPK_JOB_PATH + 8];
	snprintf(path, sizeof path, "%s/%s.json", validation->output, name);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	FILE *const out = fopen(fresh, "w");
	if (!out)
		return spk_fail(err, SPK_E_IO, "cannot write %s: %s", fresh, strerror(errno));
	fputs(as_list ? "[\n" : "", out);
	for (size_t k = 0; k < n; k++) {
		fputs(k > 0 ? ",\n" : "", out);
		write_claim(out, validation, &cases[k]);
	}
	fputs(as_list ? "\n]\n" : "\n", out);
	const int bad = ferror(out);
	if (fclose(out) == 0 && !bad && rename(fresh, path) == 0)
		return SPK_OK;
	spk_fail(err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
	(void)unlink(fresh);
	return SPK_E_IO;
}

/* ---- HDF5 --------------------------------------------------------------------------------------- */

enum { N_COLUMNS = 7 };

static int write_rows(struct spk_stream *stream, const struct spk_claim *claim, size_t n_runs,
	const struct spk_estimate *estimates, struct spk_error *err)
{
	int rc = SPK_OK;
	for (size_t k = 0; k < claim->n_seeds * n_runs && !rc; k++) {
		const uint64_t seed = claim->seeds[k / n_runs], run = k % n_runs;
		const struct spk_estimate *const e = &estimates[k];
		const void *const row[N_COLUMNS] = {
			&seed, &e->value, &e->low, &e->high, &e->n, &run, &claim->runs[run].x};
		rc = spk_stream_append(stream, 1, row, err);
	}
	return rc;
}

static int write_tables(struct spk_file *file, const struct spk_case *claim_case, struct spk_error *err)
{
	static const struct spk_column columns[N_COLUMNS] = {
		{"seed", SPK_U64, "", "seed of the run"},
		{"value", SPK_F64, "", "measured figure"},
		{"low", SPK_F64, "", "lower end of its own interval, NaN without one"},
		{"high", SPK_F64, "", "upper end"},
		{"n", SPK_U64, "", "observations behind it"},
		{"run", SPK_U64, "", "number of the run, from 0"},
		{"x", SPK_F64, "", "what varies between runs"},
	};
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	struct spk_stream *figures, *seeds;
	int rc = spk_file_stream(file, "/figures", N_COLUMNS, columns, &figures, err);
	if (!rc)
		rc = write_rows(figures, claim, claim->n_runs, claim_case->figures, err);
	if (!rc)
		rc = spk_file_stream(file, "/seeds", N_COLUMNS - 2, columns, &seeds, err);
	if (!rc)
		rc = write_rows(seeds, claim, 1, claim_case->seeds, err);
	return rc;
}

static int write_facts(struct spk_file *file, const struct spk_case *claim_case, struct spk_error *err)
{
	const struct spk_claim *const claim = &claim_case->scenario->claim;
	const struct {
		const char *name, *text;
	} texts[] = {{"title", claim->statement}, {"source", claim->source},
		{"measure", claim->what.measure->name}, {"verdict", state_word(claim_case)},
		{"expected_verdict", spk_verdict_word(claim->expected)},
		{"scenario", claim_case->scenario->path}, {"version", spk_version()}};
	const struct {
		const char *name;
		double value;
	} numbers[] = {{"value", claim_case->measured.value}, {"low", claim_case->measured.low},
		{"high", claim_case->measured.high}, {"at_least", claim->at_least},
		{"at_most", claim->at_most}, {"confidence", claim->confidence}};
	int rc = SPK_OK;
	for (size_t k = 0; k < sizeof texts / sizeof *texts && !rc; k++)
		rc = spk_file_attr_text(file, "/", texts[k].name, texts[k].text, err);
	for (size_t k = 0; k < sizeof numbers / sizeof *numbers && !rc; k++)
		rc = spk_file_attr_f64(file, "/", numbers[k].name, numbers[k].value, err);
	return rc;
}

static int write_hdf5(
	const struct spk_validation *validation, const struct spk_case *claim_case, struct spk_error *err)
{
	char path[SPK_JOB_PATH];
	struct spk_file *file = NULL;
	snprintf(path, sizeof path, "%s/%s.h5", validation->output, claim_case->name);
	int rc = spk_file_create(path, NULL, &file, err);
	if (rc)
		return rc;
	rc = write_tables(file, claim_case, err);
	if (!rc)
		rc = write_facts(file, claim_case, err);
	const int closed = spk_file_close(file, rc == SPK_OK, rc ? NULL : err);
	return rc ? rc : closed;
}

int spk_validate_write(
	const struct spk_validation *validation, const struct spk_case *claim_case, struct spk_error *err)
{
	const int rc =
		claim_case->state == SPK_CASE_JUDGED ? write_hdf5(validation, claim_case, err) : SPK_OK;
	return rc ? rc : write_json(validation, claim_case->name, 1, claim_case, 0, err);
}

int spk_validate_write_all(const struct spk_validation *validation, size_t n, const struct spk_case *cases,
	struct spk_error *err)
{
	return write_json(validation, "claims", n, cases, 1, err);
}
