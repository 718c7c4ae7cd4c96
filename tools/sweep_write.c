/* Tables of a sweep: the manifest, and what was collected as CSV and HDF5. */
#include "tools/sweep.h"
#include "tools/terminal.h"
#include <errno.h>
#include <math.h>
#include <spikem/file.h>
#include <spikem/version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *spk_task_word(enum spk_task_state state)
{
	static const char *const words[] = {"done", "missing", "unfinished", "stale", "failed"};
	return words[state];
}

/* Which value of an axis a task has. */
static const struct spk_variant *value_of(const struct spk_sweep_work *work, size_t task, size_t axis)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	return &sweep->axes[axis].values[sweep->at[task % sweep->n_runs * sweep->n_axes + axis]];
}

void spk_task_print(FILE *out, const struct spk_sweep_work *work, size_t task)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	for (size_t a = 0; a < sweep->n_axes; a++)
		fprintf(out, "%s=%s, ", sweep->axes[a].name, value_of(work, task, a)->label);
	fprintf(out, "seed %llu", (unsigned long long)sweep->seeds[task / sweep->n_runs]);
}

/* ---- CSV ---------------------------------------------------------------------------------------- */

/* In quotes where it needs them; only the first line. */
static void write_text(FILE *out, const char *text)
{
	const size_t length = strcspn(text, "\n");
	const int quoted = strcspn(text, ",\"\r\n") < length;
	if (quoted)
		fputc('"', out);
	for (size_t k = 0; k < length; k++)
		fprintf(out, text[k] == '"' ? "\"%c" : "%c", text[k]);
	if (quoted)
		fputc('"', out);
}

/* Nothing for a number that is not there. */
static void write_number(FILE *out, double value)
{
	char text[SPK_TERM_TEXT];
	fprintf(out, ",%s", isnan(value) ? "" : spk_term_exact(text, value));
}

void spk_manifest_head(FILE *out, int with_state)
{
	fprintf(out, "task,overrides,seed,output%s\n", with_state ? ",state" : "");
}

void spk_manifest_line(FILE *out, const struct spk_sweep_work *work, size_t task, const char *state)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	const struct spk_variant *const run = &sweep->runs[task % sweep->n_runs];
	char path[SPK_JOB_PATH], *overrides = NULL;
	size_t length = 0;
	FILE *const joined = open_memstream(&overrides, &length);
	for (size_t k = 0; joined && k < run->n_sets; k++)
		fprintf(joined, "%s%s", k > 0 ? "; " : "", run->sets[k]);
	if (joined)
		fclose(joined);
	spk_job_path(&work->batch, task, path);
	fprintf(out, "%zu,", task);
	write_text(out, overrides ? overrides : "");
	fprintf(out, ",%llu,", (unsigned long long)sweep->seeds[task / sweep->n_runs]);
	write_text(out, path);
	fprintf(out, "%s%s\n", state ? "," : "", state ? state : "");
	free(overrides);
}

static void write_manifest(FILE *out, const struct spk_sweep_work *work)
{
	spk_manifest_head(out, 0);
	for (size_t k = 0; k < work->n_tasks; k++)
		spk_manifest_line(out, work, k, NULL);
}

static void write_table(FILE *out, const struct spk_sweep_work *work)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	fputs("task", out);
	for (size_t a = 0; a < sweep->n_axes; a++)
		fprintf(out, ",%s", sweep->axes[a].name);
	fputs(",seed,state,seconds,spikes", out);
	for (size_t c = 0; c < sweep->n_collected; c++)
		fprintf(out, ",%s,%s_low,%s_high", sweep->collected[c].name, sweep->collected[c].name,
			sweep->collected[c].name);
	fputs(",output,message\n", out);
	for (size_t k = 0; k < work->n_tasks; k++) {
		const struct spk_task *const task = &work->tasks[k];
		char path[SPK_JOB_PATH];
		fprintf(out, "%zu", k);
		for (size_t a = 0; a < sweep->n_axes; a++) {
			const struct spk_variant *const value = value_of(work, k, a);
			if (sweep->axes[a].is_number) {
				write_number(out, value->x);
				continue;
			}
			fputc(',', out);
			write_text(out, value->label);
		}
		fprintf(out, ",%llu,%s", (unsigned long long)sweep->seeds[k / sweep->n_runs],
			spk_task_word(task->state));
		write_number(out, task->seconds);
		write_number(out, task->spikes);
		for (size_t c = 0; c < sweep->n_collected; c++) {
			write_number(out, task->figures[c].value);
			write_number(out, task->figures[c].low);
			write_number(out, task->figures[c].high);
		}
		spk_job_path(&work->batch, k, path);
		fputc(',', out);
		write_text(out, path);
		fputc(',', out);
		write_text(out, task->text ? task->text : "");
		fputc('\n', out);
	}
}

/* Write beside the file and put it in its place, so that a reader never sees half of it. */
static int write_csv(const char *path, void (*write)(FILE *, const struct spk_sweep_work *),
	const struct spk_sweep_work *work, struct spk_error *err)
{
	char fresh[SPK_JOB_PATH + 32];
	snprintf(fresh, sizeof fresh, "%s.new%ld", path, (long)getpid());
	FILE *const out = fopen(fresh, "w");
	if (!out)
		return spk_fail(err, SPK_E_IO, "cannot write %s: %s", fresh, strerror(errno));
	write(out, work);
	const int bad = ferror(out);
	if (fclose(out) == 0 && !bad && rename(fresh, path) == 0)
		return SPK_OK;
	spk_fail(err, SPK_E_IO, "cannot write %s: %s", path, strerror(errno));
	(void)unlink(fresh);
	return SPK_E_IO;
}

int spk_manifest_write(const struct spk_sweep_work *work, struct spk_error *err)
{
	char path[SPK_JOB_PATH];
	snprintf(path, sizeof path, "%s/manifest.csv", work->folder);
	return write_csv(path, write_manifest, work, err);
}

/* ---- HDF5 --------------------------------------------------------------------------------------- */

enum { N_COLUMNS = 5 };

static int write_tasks(struct spk_file *file, const struct spk_sweep_work *work, struct spk_error *err)
{
	static const struct spk_column columns[N_COLUMNS] = {
		{"run", SPK_U64, "", "combination of values, from 0"},
		{"seed", SPK_U64, "", "seed"},
		{"state", SPK_U32, "", "0 done, 1 missing, 2 unfinished, 3 stale, 4 failed"},
		{"seconds", SPK_F64, "s", "wall clock of the run"},
		{"spikes", SPK_F64, "", "spikes of all neurons and sources"},
	};
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	struct spk_stream *stream;
	int rc = spk_file_stream(file, "/tasks", N_COLUMNS, columns, &stream, err);
	for (size_t k = 0; k < work->n_tasks && !rc; k++) {
		const struct spk_task *const task = &work->tasks[k];
		const uint64_t run = k % sweep->n_runs;
		const uint32_t state = (uint32_t)task->state;
		const void *const row[N_COLUMNS] = {
			&run, &sweep->seeds[k / sweep->n_runs], &state, &task->seconds, &task->spikes};
		rc = spk_stream_append(stream, 1, row, err);
	}
	return rc;
}

/* The labels of all values of an axis, one a line; malloc'ed. */
static char *join_labels(const struct spk_sweep_axis *axis)
{
	char *text = NULL;
	size_t length = 0;
	FILE *const out = open_memstream(&text, &length);
	for (size_t k = 0; out && k < axis->n; k++)
		fprintf(out, "%s\n", axis->values[k].label);
	if (out)
		fclose(out);
	return text;
}

static int write_axis(
	struct spk_file *file, const struct spk_sweep_work *work, size_t a, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"index", SPK_U64, "", "which value the task has, from 0"},
		{"value", SPK_F64, "", "the value in base units, or its `x`"},
	};
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	const struct spk_sweep_axis *const axis = &sweep->axes[a];
	char group[SPK_JOB_PATH], path[SPK_JOB_PATH + 16], *const labels = join_labels(axis);
	struct spk_stream *stream;
	snprintf(group, sizeof group, "/axes/%s", axis->name);
	snprintf(path, sizeof path, "%s/labels", group);
	int rc = labels ? spk_file_stream(file, group, 2, columns, &stream, err)
			: spk_fail(err, SPK_E_NOMEM, "out of memory");
	for (size_t k = 0; k < work->n_tasks && !rc; k++) {
		const uint64_t index = sweep->at[k % sweep->n_runs * sweep->n_axes + a];
		const void *const row[] = {&index, &axis->values[index].x};
		rc = spk_stream_append(stream, 1, row, err);
	}
	if (!rc)
		rc = spk_file_text(file, path, labels, err);
	if (!rc)
		rc = spk_file_attr_text(file, group, "key", axis->key, err);
	if (!rc)
		rc = spk_file_attr_u64(file, group, "order", a, err);
	if (!rc)
		rc = spk_file_attr_u64(file, group, "is_number", (uint64_t)axis->is_number, err);
	free(labels);
	return rc;
}

static int write_figure(
	struct spk_file *file, const struct spk_sweep_work *work, size_t c, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"value", SPK_F64, "", "the figure; NaN: not measured"},
		{"low", SPK_F64, "", "lower end of the measurement's own interval, NaN without one"},
		{"high", SPK_F64, "", "upper end"},
		{"n", SPK_U64, "", "observations behind it"},
	};
	const struct spk_collected *const collected = &work->scenario->sweep.collected[c];
	char group[SPK_JOB_PATH];
	struct spk_stream *stream;
	snprintf(group, sizeof group, "/figures/%s", collected->name);
	int rc = spk_file_stream(file, group, 4, columns, &stream, err);
	for (size_t k = 0; k < work->n_tasks && !rc; k++) {
		const struct spk_estimate *const e = &work->tasks[k].figures[c];
		const void *const row[] = {&e->value, &e->low, &e->high, &e->n};
		rc = spk_stream_append(stream, 1, row, err);
	}
	if (!rc)
		rc = spk_file_attr_u64(file, group, "order", c, err);
	return rc ? rc : spk_file_attr_text(file, group, "measure", collected->what.measure->name, err);
}

/* Mean over the seeds of a run that are done, as a claim's; of one seed its figure with its own interval. */
static int combine_seeds(const struct spk_sweep_work *work, size_t run, size_t c, struct spk_estimate *ret,
	struct spk_error *err)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	double *const values = calloc(sweep->n_seeds, sizeof *values);
	size_t n = 0;
	int rc = values ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");
	*ret = (struct spk_estimate){NAN, NAN, NAN, 0};
	for (size_t s = 0; s < sweep->n_seeds && !rc; s++) {
		const struct spk_estimate *const e = &work->tasks[s * sweep->n_runs + run].figures[c];
		if (!isfinite(e->value))
			continue;
		*ret = *e;
		values[n++] = e->value;
	}
	if (!rc && n > 1)
		rc = spk_estimate_mean(n, values, sweep->confidence, ret, err);
	free(values);
	return rc;
}

static int write_summary(
	struct spk_file *file, const struct spk_sweep_work *work, size_t c, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"value", SPK_F64, "", "mean over the seeds of each run; NaN: not measured"},
		{"low", SPK_F64, "", "lower end of its t interval; of one seed the measurement's own"},
		{"high", SPK_F64, "", "upper end"},
	};
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	char group[SPK_JOB_PATH];
	struct spk_stream *stream;
	snprintf(group, sizeof group, "/summary/%s", sweep->collected[c].name);
	int rc = spk_file_stream(file, group, 3, columns, &stream, err);
	for (size_t run = 0; run < sweep->n_runs && !rc; run++) {
		struct spk_estimate e;
		rc = combine_seeds(work, run, c, &e, err);
		const void *const row[] = {&e.value, &e.low, &e.high};
		if (!rc)
			rc = spk_stream_append(stream, 1, row, err);
	}
	return rc;
}

/* "task 3: ..." of all tasks that have something to say. */
static int write_messages(struct spk_file *file, const struct spk_sweep_work *work, struct spk_error *err)
{
	char *text = NULL;
	size_t length = 0;
	FILE *const out = open_memstream(&text, &length);
	for (size_t k = 0; out && k < work->n_tasks; k++)
		if (work->tasks[k].text)
			fprintf(out, "task %zu: %s\n", k, work->tasks[k].text);
	const int rc = !out || fclose(out) != 0 ? spk_fail(err, SPK_E_NOMEM, "out of memory")
						: spk_file_text(file, "/messages", text, err);
	free(text);
	return rc;
}

static int write_facts(struct spk_file *file, const struct spk_sweep_work *work, struct spk_error *err)
{
	const struct spk_scenario *const scenario = work->scenario;
	const struct {
		const char *name, *text;
	} texts[] = {{"title", scenario->title ? scenario->title : ""}, {"scenario", scenario->path},
		{"version", spk_version()}};
	int rc = spk_file_text(file, "/scenario/source", scenario->text, err);
	for (size_t k = 0; k < sizeof texts / sizeof *texts && !rc; k++)
		rc = spk_file_attr_text(file, "/", texts[k].name, texts[k].text, err);
	return rc ? rc : spk_file_attr_f64(file, "/", "confidence", scenario->sweep.confidence, err);
}

static int write_hdf5(const struct spk_sweep_work *work, struct spk_error *err)
{
	const struct spk_sweep *const sweep = &work->scenario->sweep;
	char path[SPK_JOB_PATH];
	struct spk_file *file = NULL;
	snprintf(path, sizeof path, "%s/%s.h5", work->output, work->name);
	int rc = spk_file_create(path, NULL, &file, err);
	if (rc)
		return rc;
	rc = write_facts(file, work, err);
	if (!rc)
		rc = write_tasks(file, work, err);
	for (size_t a = 0; a < sweep->n_axes && !rc; a++)
		rc = write_axis(file, work, a, err);
	for (size_t c = 0; c < sweep->n_collected && !rc; c++)
		rc = write_figure(file, work, c, err);
	for (size_t c = 0; c < sweep->n_collected && !rc; c++)
		rc = write_summary(file, work, c, err);
	if (!rc)
		rc = write_messages(file, work, err);
	const int closed = spk_file_close(file, rc == SPK_OK, rc ? NULL : err);
	return rc ? rc : closed;
}

int spk_sweep_write(const struct spk_sweep_work *work, struct spk_error *err)
{
	char path[SPK_JOB_PATH];
	snprintf(path, sizeof path, "%s/%s.csv", work->output, work->name);
	const int rc = write_csv(path, write_table, work, err);
	return rc ? rc : write_hdf5(work, err);
}
