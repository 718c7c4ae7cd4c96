#include "tools/args.h"
#include "tools/commands.h"
#include <errno.h>
#include <math.h>
#include <spikem/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 32768, PATH_ROOM = 4096, NUMBER_ROOM = 32 };

static const struct spk_option options[] = {
	{'f', "format", "FORMAT", "csv, gdf or sonata-legacy"},
	{'o', "output", "OUT", "write to OUT; - is standard output, the default for csv and gdf"},
	{'p', "population", "NAME", "only this population"},
	{0},
};

static const struct spk_command command = {
	.name = "export",
	.synopsis = "FILE --format FORMAT [-o OUT] [--population NAME]",
	.summary = "Write the spikes of a result file in another format",
	.text = "Formats:\n"
		"  csv            population,neuron,time_ms with a header line\n"
		"  gdf            neuron and time in ms, no header, as NEST 2 wrote it; read by Neo's "
		"NestIO\n"
		"  sonata-legacy  HDF5 with /spikes/gids and /spikes/timestamps; read by PyNN's SonataIO\n"
		"gdf and sonata-legacy hold one population. Neurons count from 0, times have all their "
		"digits.\n"
		"OUT is replaced only when all of it has been written. FILE may be unfinished.\n",
	.options = options,
	.min_operands = 1,
	.max_operands = 1,
};

/* One block of spikes of one population. */
struct block {
	const char *population;
	size_t n;
	double times[BLOCK];
	uint64_t ids[BLOCK];
};

/* Where spikes go: a text stream or a SONATA file. */
struct sink {
	FILE *out;
	struct spk_file *file;
	struct spk_stream *stream;
	int (*put)(struct sink *sink, const struct block *block, struct spk_error *err);
};

struct format {
	const char *name;
	int one_population; /* the format cannot tell populations apart */
	const char *header; /* NULL: not a text format */
	int (*put)(struct sink *sink, const struct block *block, struct spk_error *err);
};

/* All digits, and always a decimal point: Neo reads a file whose first line has none as whole numbers. */
static const char *format_time(char text[NUMBER_ROOM], double time)
{
	snprintf(text, NUMBER_ROOM - 2, "%.17g", time);
	if (isfinite(time) && !strchr(text, '.')) {
		char *const exponent = text + strcspn(text, "e");
		memmove(exponent + 2, exponent, strlen(exponent) + 1);
		memcpy(exponent, ".0", 2);
	}
	return text;
}

static int put_csv(struct sink *sink, const struct block *block, struct spk_error *err)
{
	char time[NUMBER_ROOM];
	(void)err;
	for (size_t k = 0; k < block->n; k++)
		fprintf(sink->out, "%s,%llu,%s\n", block->population, (unsigned long long)block->ids[k],
			format_time(time, block->times[k]));
	return SPK_OK; /* the stream keeps a failure until it is closed */
}

static int put_gdf(struct sink *sink, const struct block *block, struct spk_error *err)
{
	char time[NUMBER_ROOM];
	(void)err;
	for (size_t k = 0; k < block->n; k++)
		fprintf(sink->out, "%llu %s\n", (unsigned long long)block->ids[k],
			format_time(time, block->times[k]));
	return SPK_OK;
}

static int put_sonata(struct sink *sink, const struct block *block, struct spk_error *err)
{
	return spk_stream_append(sink->stream, block->n, (const void *[]){block->ids, block->times}, err);
}

static const struct format formats[] = {
	{"csv", 0, "population,neuron,time_ms\n", put_csv},
	{"gdf", 1, "", put_gdf},
	{"sonata-legacy", 1, NULL, put_sonata},
};

static const struct format *find_format(const char *name)
{
	for (size_t k = 0; k < sizeof formats / sizeof *formats; k++)
		if (strcmp(formats[k].name, name) == 0)
			return &formats[k];
	return NULL;
}

/* ---- The sink --------------------------------------------------------------------------------------- */

static int open_sonata(struct sink *sink, const char *name, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"gids", SPK_U64, "", "neuron, from 0"},
		{"timestamps", SPK_F64, "ms", "time of the spike"},
	};
	const int rc = spk_file_create(name, NULL, &sink->file, err);
	return rc ? rc : spk_file_stream(sink->file, "/spikes", 2, columns, &sink->stream, err);
}

/* @param name  the file that is written; NULL: standard output */
static int open_sink(struct sink *sink, const struct format *format, const char *name, struct spk_error *err)
{
	*sink = (struct sink){.put = format->put};
	if (!format->header)
		return open_sonata(sink, name, err);
	sink->out = name ? fopen(name, "wx") : stdout;
	if (!sink->out)
		return spk_fail(err, SPK_E_IO, "%s: cannot create the file: %s", name, strerror(errno));
	fputs(format->header, sink->out);
	return SPK_OK;
}

static int close_sink(struct sink *sink, const char *name, int complete, struct spk_error *err)
{
	int failed = 0;
	if (sink->file)
		return spk_file_close(sink->file, complete, err);
	if (!sink->out)
		return SPK_OK;
	errno = 0;
	failed = fflush(sink->out) || ferror(sink->out);
	if (name)
		failed = (fsync(fileno(sink->out)) && errno != EINVAL) + fclose(sink->out) + failed;
	if (failed)
		return spk_fail(err, SPK_E_IO, "%s: cannot write: %s", name ? name : "standard output",
			errno ? strerror(errno) : "an earlier write failed");
	return SPK_OK;
}

/* ---- The copy --------------------------------------------------------------------------------------- */

static int copy_population(
	struct spk_file *file, const char *population, struct sink *sink, struct spk_error *err)
{
	char group[PATH_ROOM], times[PATH_ROOM + 16], ids[PATH_ROOM + 16];
	uint64_t n_rows = 0;
	struct block *const block = malloc(sizeof *block);
	if (!block)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	block->population = population;
	snprintf(group, sizeof group, "/spikes/%s", population);
	snprintf(times, sizeof times, "%s/timestamps", group);
	snprintf(ids, sizeof ids, "%s/node_ids", group);
	int rc = spk_file_rows(file, group, &n_rows, err);
	for (uint64_t first = 0; !rc && first < n_rows; first += block->n) {
		block->n = n_rows - first < BLOCK ? (size_t)(n_rows - first) : BLOCK;
		rc = spk_file_read(file, times, SPK_F64, first, block->n, block->times, err);
		if (!rc)
			rc = spk_file_read(file, ids, SPK_U64, first, block->n, block->ids, err);
		if (!rc)
			rc = sink->put(sink, block, err);
	}
	free(block);
	return rc;
}

struct job {
	const char *input, *output, *population;
	const struct format *format;
};

/* The populations to export: those named in the file, or the one asked for. Prints mistakes. @return exit
 * code */
static int choose_populations(
	struct spk_file *file, const struct job *job, char ***ret_names, struct spk_error *err)
{
	char **names = NULL;
	size_t n = 0, n_wanted = 0;
	if (spk_file_names(file, "/spikes", &names, err))
		return spk_print_error(err);
	for (; names[n]; n++) {
		if (job->population && strcmp(names[n], job->population) != 0) {
			free(names[n]);
			continue;
		}
		names[n_wanted++] = names[n];
	}
	names[n_wanted] = NULL;
	const char *const first = n_wanted ? names[0] : "";
	int code = SPK_EXIT_DONE;
	if (job->population && n_wanted == 0)
		code = spk_args_mistake(
			&command, "%s records no spikes of a population '%s'", job->input, job->population);
	else if (job->format->one_population && n_wanted != 1)
		code = spk_args_mistake(&command,
			"%s records spikes of %zu populations%s%s%s, %s holds one: --population", job->input,
			n_wanted, n_wanted ? " (" : "", first, n_wanted ? ", ...)" : "", job->format->name);
	if (code)
		spk_file_free_names(names);
	else
		*ret_names = names;
	return code;
}

/* Written beside OUT and renamed when it is complete. */
static int write_all(
	struct spk_file *file, const struct job *job, char **names, const char *beside, struct spk_error *err)
{
	struct sink sink;
	struct spk_error later = {0};
	int rc = open_sink(&sink, job->format, beside, err);
	for (size_t k = 0; !rc && names[k]; k++)
		rc = copy_population(file, names[k], &sink, err);
	const int closed = close_sink(&sink, beside, !rc, rc ? &later : err);
	rc = rc ? rc : closed;
	if (!rc && beside && rename(beside, job->output))
		rc = spk_fail(err, SPK_E_IO, "%s: cannot create the file: %s", job->output, strerror(errno));
	if (rc && beside)
		unlink(beside);
	return rc;
}

static int export_file(const struct job *job)
{
	struct spk_error err = {0};
	struct spk_file *file = NULL;
	char **names = NULL, beside[PATH_ROOM];
	const int to_file = job->output && strcmp(job->output, "-") != 0;
	if (to_file &&
		snprintf(beside, sizeof beside, "%s.%ld.new", job->output, (long)getpid()) >= PATH_ROOM)
		return spk_args_mistake(&command, "the name of the output is too long");
	if (spk_file_open(job->input, &file, &err))
		return spk_print_error(&err);
	int code = choose_populations(file, job, &names, &err);
	if (!code) {
		if (!spk_file_is_complete(file))
			fprintf(stderr, "spikem: warning: %s is unfinished; exporting what it holds\n",
				job->input);
		if (write_all(file, job, names, to_file ? beside : NULL, &err))
			code = spk_print_error(&err);
		spk_file_free_names(names);
	}
	spk_file_close(file, 0, NULL);
	return code;
}

int spk_cmd_export(int argc, char **argv)
{
	struct job job = {0};
	struct spk_args args;
	const char *format = NULL;
	int option;
	spk_args_init(&args, &command, argc, argv);
	while ((option = spk_args_next(&args)) > 0) {
		if (option == 'f')
			format = args.value;
		else if (option == 'o')
			job.output = args.value;
		else
			job.population = args.value;
	}
	if (option < 0)
		return spk_args_exit(option);
	job.input = spk_args_operand(&args, 0);
	if (!format)
		return spk_args_mistake(&command, "--format is missing");
	job.format = find_format(format);
	if (!job.format)
		return spk_args_mistake(&command, "'%s' is no format: csv, gdf, sonata-legacy", format);
	if (!job.format->header && (!job.output || strcmp(job.output, "-") == 0))
		return spk_args_mistake(&command, "%s is a binary format: name a file with --output", format);
	return export_file(&job);
}
