/* Result files: what goes in comes out; bad files and bad calls are answered, not suffered. */
#include "tests/unit/file_rows.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct spk_error err;

static const struct spk_file_options small[2] = {
	{.chunk = 32, .compress = 0, .flush_s = -1},
	{.chunk = 32, .compress = 1, .flush_s = -1},
};

/* A file of n spikes, appended in parts of `part`, and n / 3 states. */
static void write_rows(
	const char *path, const struct spk_file_options *options, uint64_t n, size_t part, int complete)
{
	struct rows rows;
	CHECK(!rows_create(path, options, &rows, &err));
	for (uint64_t k = 0; k < n; k += part) {
		CHECK(!rows_append_spikes(&rows, k, n - k < part ? (size_t)(n - k) : part, &err));
		CHECK(!rows_append_spikes(&rows, k, 0, &err));
	}
	for (uint64_t k = 0; k < n / 3; k++)
		CHECK(!rows_append_state(&rows, k, &err));
	CHECK(!spk_file_close(rows.file, complete, &err));
}

static void rows_come_back(void)
{
	static const size_t parts[] = {1, 31, 32, 33, 100, 1000};
	static const uint64_t counts[] = {0, 1, 31, 32, 33, 64, 333, 1000};
	for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
		for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
			struct spk_file *file = NULL;
			const uint64_t n = counts[c];
			write_rows(scratch("rows.h5"), &small[(p + c) % 2], n, parts[p], 1);
			if (!CHECK(!spk_file_open(scratch("rows.h5"), &file, &err)))
				continue;
			CHECK(spk_file_is_complete(file) == 1);
			CHECK(rows_count(file, ROWS_SPIKES) == n);
			CHECK(rows_count(file, ROWS_STATE) == n / 3);
			CHECK(rows_hold_spikes(file, 0, n));
			CHECK(rows_hold_spikes(file, n / 3, n / 2));
			CHECK(rows_hold_state(file, n / 3));
			CHECK(spk_file_read(file, ROWS_SPIKES "/timestamps", SPK_F64, n, 1, &(double){0},
				      &err) == SPK_E_INVALID);
			CHECK(spk_file_read(file, ROWS_SPIKES "/timestamps", SPK_F64, 2, UINT64_MAX, NULL,
				      &err) == SPK_E_INVALID);
			CHECK(!spk_file_close(file, 0, &err));
		}
	}
}

static void arrays_come_back(void)
{
	for (int compress = 0; compress < 2; compress++) {
		static const uint64_t dims[5][4] = {{0}, {500}, {20, 25}, {5, 10, 10}, {5, 2, 5, 10}};
		struct spk_file *file = NULL;
		double data[500], back[500];
		char path[32];
		for (int k = 0; k < 500; k++)
			data[k] = k * 0.1;
		CHECK(!spk_file_create(scratch("arrays.h5"), &small[compress], &file, &err));
		for (int rank = 0; rank <= 4; rank++) {
			snprintf(path, sizeof path, "/weights/a_b/rank%d", rank);
			CHECK(!spk_file_array(
				file, path, SPK_F64, rank, dims[rank], data, "mV", "a test", &err));
		}
		CHECK(!spk_file_array(file, "/empty", SPK_U32, 1, (uint64_t[]){0}, NULL, "", "", &err));
		CHECK(!spk_file_array(file, "/empty2", SPK_U32, 2, (uint64_t[]){3, 0}, NULL, "", "", &err));
		CHECK(!spk_file_close(file, 1, &err));
		CHECK(!spk_file_open(scratch("arrays.h5"), &file, &err));
		for (int rank = 0; rank <= 4; rank++) {
			uint64_t shape[4];
			int ret_rank = -1;
			enum spk_type type;
			snprintf(path, sizeof path, "/weights/a_b/rank%d", rank);
			CHECK(!spk_file_shape(file, path, &ret_rank, shape, &err) && ret_rank == rank);
			for (int k = 0; k < rank; k++)
				CHECK(shape[k] == dims[rank][k]);
			const uint64_t first = rank ? dims[rank][0] / 3 : 0,
				       n = rank ? dims[rank][0] - first : 1;
			const uint64_t slice = rank ? 500 / dims[rank][0] : 1;
			CHECK(!spk_file_read(file, path, SPK_F64, first, n, back, &err));
			CHECK(memcmp(back, data + first * slice, n * slice * sizeof *back) == 0);
			CHECK(!spk_file_type(file, path, &type, &err) && type == SPK_F64);
		}
		uint64_t shape[4];
		int rank;
		CHECK(!spk_file_shape(file, "/empty2", &rank, shape, &err) && rank == 2 && shape[0] == 3 &&
			shape[1] == 0);
		CHECK(!spk_file_close(file, 0, &err));
	}
}

static void texts_and_attributes_come_back(void)
{
	struct spk_file *file = NULL;
	enum spk_kind kind;
	char *text = NULL, **names = NULL;
	double value = 0;
	CHECK(!spk_file_create(scratch("texts.h5"), NULL, &file, &err));
	CHECK(!spk_file_text(file, "/scenario/source", "# \xc3\xbc\nspikem: 1\n", &err));
	CHECK(!spk_file_text(file, "/scenario/empty", "", &err));
	CHECK(!spk_file_array(file, "/x", SPK_F64, 0, NULL, &value, "", "", &err));
	CHECK(!spk_file_attr_text(file, "/x", "note", "first", &err));
	CHECK(!spk_file_attr_text(file, "/x", "note", "second, longer", &err));
	CHECK(!spk_file_attr_f64(file, "/x", "time", 0.1, &err));
	CHECK(!spk_file_attr_u64(file, "/x", "seed", 12, &err));
	CHECK(!spk_file_attr_u64(file, "/x", "seed", 13, &err));
	CHECK(spk_file_attr_u64(file, "/nothing", "seed", 13, &err) == SPK_E_IO);
	CHECK(!spk_file_close(file, 1, &err));

	CHECK(!spk_file_open(scratch("texts.h5"), &file, &err));
	CHECK(!spk_file_read_text(file, "/scenario/source", &text, &err));
	CHECK_STR(text, "# \xc3\xbc\nspikem: 1\n");
	free(text);
	CHECK(!spk_file_read_text(file, "/scenario/empty", &text, &err));
	CHECK_STR(text, "");
	free(text);
	CHECK(!spk_file_read_attr_text(file, "/x", "note", &text, &err));
	CHECK_STR(text, "second, longer");
	free(text);
	CHECK(!spk_file_read_attr_f64(file, "/x", "time", &value, &err) && value == 0.1);
	CHECK(!spk_file_read_attr_f64(file, "/x", "seed", &value, &err) && value == 13);
	CHECK(spk_file_read_attr_f64(file, "/x", "note", &value, &err) == SPK_E_FORMAT);
	CHECK(spk_file_read_attr_text(file, "/x", "time", &text, &err) == SPK_E_FORMAT);
	CHECK(spk_file_read_text(file, "/x", &text, &err) == SPK_E_FORMAT);
	CHECK(spk_file_read(file, "/scenario/source", SPK_F64, 0, 1, &value, &err) == SPK_E_FORMAT);
	CHECK(!spk_file_kind(file, "/scenario/source", &kind, &err) && kind == SPK_KIND_TEXT);
	CHECK(!spk_file_kind(file, "/scenario", &kind, &err) && kind == SPK_KIND_GROUP);
	CHECK(!spk_file_kind(file, "/x", &kind, &err) && kind == SPK_KIND_NUMBERS);
	CHECK(!spk_file_kind(file, "/no/such/path", &kind, &err) && kind == SPK_KIND_NONE);
	CHECK(!spk_file_names(file, "/scenario", &names, &err));
	CHECK_STR(names[0], "empty");
	CHECK_STR(names[1], "source");
	CHECK(names[2] == NULL);
	spk_file_free_names(names);
	CHECK(!spk_file_attr_names(file, "/x", &names, &err));
	CHECK_STR(names[0], "note");
	CHECK_STR(names[2], "time");
	CHECK(names[3] == NULL);
	spk_file_free_names(names);
	CHECK(!spk_file_close(file, 0, &err));
}

static void many_streams(void)
{
	enum { N = 150 };
	struct spk_file *file = NULL;
	struct spk_stream *streams[N];
	char name[32];
	CHECK(!spk_file_create(scratch("many.h5"), &small[1], &file, &err));
	for (int k = 0; k < N; k++) {
		snprintf(name, sizeof name, "p%d", k);
		if (!CHECK(!spk_file_spikes(file, name, &streams[k], &err)))
			return;
	}
	for (uint64_t i = 0; i < 50; i++)
		for (int k = 0; k < N; k++)
			CHECK(!spk_stream_append(
				streams[k], 1, (const void *[]){&(double){(double)i + k}, &i}, &err));
	CHECK(!spk_file_close(file, 1, &err));
	CHECK(!spk_file_open(scratch("many.h5"), &file, &err));
	for (int k = 0; k < N; k++) {
		double time = -1;
		snprintf(name, sizeof name, "/spikes/p%d", k);
		CHECK(rows_count(file, name) == 50);
		snprintf(name, sizeof name, "/spikes/p%d/timestamps", k);
		CHECK(!spk_file_read(file, name, SPK_F64, 49, 1, &time, &err) && time == 49 + k);
	}
	CHECK(!spk_file_close(file, 0, &err));
}

static long read_all(const char *path, unsigned char **ret_bytes)
{
	FILE *in = fopen(path, "rb");
	unsigned char *bytes = malloc(1 << 22);
	const long n = in && bytes ? (long)fread(bytes, 1, 1 << 22, in) : -1;
	if (in)
		fclose(in);
	*ret_bytes = bytes;
	return n;
}

/* Neither the hour nor the moments of the flushes leave a trace. */
static void equal_calls_give_equal_bytes(void)
{
	for (int k = 0; k < 3; k++) {
		struct spk_file_options options = k < 2 ? small[k] : (struct spk_file_options){2048, 1, -1};
		unsigned char *a, *b;
		write_rows(scratch("a.h5"), &options, 3000, 7, 1);
		if (k < 2)
			usleep(1100000); /* HDF5 keeps times in seconds */
		options.flush_s = 1e-9;
		write_rows(scratch("b.h5"), &options, 3000, 7, 1);
		const long n_a = read_all(scratch("a.h5"), &a), n_b = read_all(scratch("b.h5"), &b);
		CHECK(n_a > 0 && n_a == n_b && memcmp(a, b, (size_t)n_a) == 0);
		free(a);
		free(b);
	}
}

/* A writer that ends without closing, in a child: HDF5 must not clean up. */
static void write_and_vanish(
	const char *path, const struct spk_file_options *options, uint64_t n, uint64_t lost)
{
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct rows rows;
		int rc = rows_create(path, options, &rows, &err);
		for (uint64_t k = 0; k < n && !rc; k++)
			rc = rows_append_spikes(&rows, k, 1, &err) ||
			     (k % 3 == 0 && rows_append_state(&rows, k / 3, &err));
		rc = rc || spk_file_flush(rows.file, &err) || rows_append_spikes(&rows, n, lost, &err);
		_exit(rc ? 1 : 0);
	}
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* A run that records nothing but weights appends no row. */
static void arrays_alone_are_flushed_when_it_is_time(void)
{
	const struct spk_file_options options = {.chunk = 32, .flush_s = 1e-9};
	const double weights[] = {1, 2, 3};
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct spk_file *file = NULL;
		struct spk_array *array = NULL;
		const int rc = spk_file_create(scratch("arrays.h5"), &options, &file, &err) ||
			       spk_file_array_open(file, "/weights", SPK_F64, 3, "mV", "", &array, &err) ||
			       spk_array_append(array, 3, weights, &err) || spk_array_close(array, &err);
		_exit(rc ? 1 : 0);
	}
	int status = -1;
	struct spk_file *file = NULL;
	double read[3] = {0};
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(spk_file_open(scratch("arrays.h5"), &file, &err) == SPK_OK);
	if (!file)
		return;
	CHECK(spk_file_read(file, "/weights", SPK_F64, 0, 3, read, &err) == SPK_OK && read[2] == 3);
	(void)spk_file_close(file, 0, NULL);
}

static void unfinished_files_hold_what_was_flushed(void)
{
	static const uint64_t counts[] = {0, 1, 31, 32, 33, 500};
	for (size_t c = 0; c < 2 * sizeof counts / sizeof *counts; c++) {
		struct spk_file *file = NULL;
		const uint64_t n = counts[c / 2];
		uint64_t shape[4];
		int rank;
		write_and_vanish(scratch("cut.h5"), &small[c % 2], n, 17);
		if (!CHECK(!spk_file_open(scratch("cut.h5"), &file, &err)))
			continue;
		CHECK(spk_file_is_complete(file) == 0);
		CHECK(rows_count(file, ROWS_SPIKES) >= n);
		CHECK(rows_count(file, ROWS_STATE) == (n + 2) / 3);
		CHECK(rows_hold_spikes(file, 0, n));
		CHECK(rows_hold_spikes(file, n / 2, n - n / 2));
		CHECK(rows_hold_state(file, (n + 2) / 3));
		CHECK(!spk_file_shape(file, ROWS_STATE "/V_m", &rank, shape, &err) &&
			shape[0] == (n + 2) / 3);
		CHECK(!spk_file_close(file, 0, &err));
	}
}

/* Rows of five numbers beside a column of one, in a child that vanishes after the last flush, or to the end.
 */
static int write_wide(const char *path, const struct spk_file_options *options, uint64_t n, int vanish)
{
	static const struct spk_column columns[] = {{"id", SPK_U64, "", ""}, {"values", SPK_F32, "Hz", ""}};
	static const size_t widths[] = {0, 5};
	struct spk_file *file = NULL;
	struct spk_stream *stream = NULL;
	int rc = spk_file_create(path, options, &file, &err) ||
		 spk_file_wide_stream(file, "/wide", 2, columns, widths, &stream, &err);

	for (uint64_t k = 0; k < n && !rc; k++) {
		const float row[5] = {(float)k, 1, 2, 3, (float)(2 * k)};
		const void *data[] = {&k, row};
		rc = spk_stream_append(stream, 1, data, &err);
	}
	return rc || (vanish ? spk_file_flush(file, &err) : spk_file_close(file, 1, &err));
}

static void wide_rows_come_back(void)
{
	static const uint64_t counts[] = {1, 31, 32, 300, 700};

	for (size_t c = 0; c < 4 * sizeof counts / sizeof *counts; c++) {
		const uint64_t n = counts[c / 4], half = n / 2;
		uint64_t shape[4] = {0}, rows = 0;
		int rank = 0, status = -1;
		struct spk_file *file = NULL;
		float values[5 * 700];
		const pid_t child = fork();
		if (child == 0)
			_exit(write_wide(scratch("wide.h5"), &small[c % 2], n, c % 4 > 1) ? 1 : 0);
		CHECK(waitpid(child, &status, 0) == child && status == 0);
		if (!CHECK(!spk_file_open(scratch("wide.h5"), &file, &err)))
			continue;
		CHECK(spk_file_is_complete(file) == (c % 4 < 2));
		CHECK(!spk_file_shape(file, "/wide/values", &rank, shape, &err) && rank == 2 &&
			shape[0] == n && shape[1] == 5);
		CHECK(!spk_file_rows(file, "/wide", &rows, &err) && rows == n);
		CHECK(!spk_file_read(file, "/wide/values", SPK_F32, half, n - half, values, &err));
		for (uint64_t k = half; k < n; k++)
			CHECK(values[5 * (k - half)] == (float)k &&
				values[5 * (k - half) + 4] == (float)(2 * k));
		CHECK(!spk_file_close(file, 0, &err));
	}
}

static void interrupted_files_say_so(void)
{
	struct spk_file *file = NULL;
	for (int compress = 0; compress < 2; compress++) {
		enum spk_kind kind;
		write_rows(scratch("stopped.h5"), &small[compress], 100, 9, 0);
		CHECK(!spk_file_open(scratch("stopped.h5"), &file, &err));
		CHECK(spk_file_is_complete(file) == 0);
		CHECK(rows_count(file, ROWS_SPIKES) == 100 && rows_hold_spikes(file, 0, 100));
		CHECK(!spk_file_kind(file, "/unfinished", &kind, &err) && kind == SPK_KIND_NONE);
		CHECK(!spk_file_close(file, 0, &err));
	}
}

/* A full disk while the file is made: the old one stays, nothing is left beside it. */
static void what_is_no_file_is_not_replaced(void)
{
	struct spk_file *file = NULL;
	struct stat about;
	CHECK(mkfifo(scratch("pipe"), 0600) == 0);
	CHECK(spk_file_create(scratch("pipe"), NULL, &file, &err) == SPK_E_IO);
	CHECK(stat(scratch("pipe"), &about) == 0 && S_ISFIFO(about.st_mode));
}

static void failed_creation_keeps_the_old_file(void)
{
	const char *const path = scratch("kept.h5");
	struct spk_file *file = NULL;
	glob_t found;
	char pattern[640];
	write_rows(path, &small[0], 100, 100, 1);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){50, 50});
		const int rc = spk_file_create(path, NULL, &file, &err);
		_exit(rc == SPK_E_IO && strstr(err.text, "file too large") ? 0 : 1);
	}
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(!spk_file_open(path, &file, &err) && rows_count(file, ROWS_SPIKES) == 100);
	CHECK(!spk_file_close(file, 0, &err));
	snprintf(pattern, sizeof pattern, "%s.*", path);
	CHECK(glob(pattern, 0, NULL, &found) == GLOB_NOMATCH);
	CHECK(spk_file_create(scratch("no/such/folder.h5"), NULL, &file, &err) == SPK_E_IO);
	CHECK(strstr(err.text, "No such file") != NULL);
}

/* The file is there, and reads as unfinished, as soon as spk_file_create has returned. */
static void the_file_appears_at_once(void)
{
	struct spk_file *file = NULL, *seen = NULL;
	CHECK(!spk_file_create(scratch("new.h5"), NULL, &file, &err));
	CHECK(!spk_file_open(scratch("new.h5"), &seen, &err));
	CHECK(spk_file_is_complete(seen) == 0);
	CHECK(!spk_file_close(seen, 0, &err));
	CHECK(!spk_file_close(file, 1, &err));
	CHECK(spk_file_close(NULL, 1, &err) == SPK_OK);
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
	FILE *out = fopen(path, "wb");
	CHECK(out && fwrite(bytes, 1, n, out) == n);
	if (out)
		fclose(out);
}

static void what_is_no_result_file_is_refused(void)
{
	struct spk_file *file = NULL;
	unsigned char *bytes, garbage[5000];
	uint64_t state = 1;
	err.status = 0;
	CHECK(spk_file_open(scratch("missing.h5"), &file, &err) == SPK_E_IO && err.status == SPK_E_IO);
	CHECK(strstr(err.text, "missing.h5") && strstr(err.text, "No such file"));
	for (size_t k = 0; k < sizeof garbage; k++)
		garbage[k] = (unsigned char)test_random(&state);
	write_bytes(scratch("bad.h5"), garbage, 0);
	CHECK(spk_file_open(scratch("bad.h5"), &file, &err) == SPK_E_FORMAT);
	write_bytes(scratch("bad.h5"), garbage, sizeof garbage);
	CHECK(spk_file_open(scratch("bad.h5"), &file, &err) == SPK_E_FORMAT);
	write_rows(scratch("whole.h5"), &small[1], 400, 50, 1);
	const long n = read_all(scratch("whole.h5"), &bytes);
	CHECK(n > 3000);
	for (long cut = 0; cut < n; cut += n / 40) {
		write_bytes(scratch("bad.h5"), bytes, (size_t)cut);
		CHECK(spk_file_open(scratch("bad.h5"), &file, &err) == SPK_E_FORMAT);
	}
	CHECK(file == NULL);
	free(bytes);
}

static void bad_calls_are_refused(void)
{
	struct rows rows;
	struct spk_stream *stream = NULL;
	struct spk_file *file = NULL;
	uint64_t n;
	const struct spk_column unnamed = {"", SPK_F64, "", ""}, nested = {"a/b", SPK_F64, "", ""},
				fine = {"a", SPK_F64, "", ""};
	CHECK(spk_file_create(scratch("calls.h5"), &(struct spk_file_options){.chunk = SIZE_MAX}, &file,
		      &err) == SPK_E_INVALID);
	CHECK(!rows_create(scratch("calls.h5"), &small[0], &rows, &err));
	CHECK(spk_file_stream(rows.file, "/s", 1, &unnamed, &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_stream(rows.file, "/s", 1, &nested, &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_stream(rows.file, "s", 1, &fine, &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_stream(rows.file, "/s", 0, &fine, &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_spikes(rows.file, "a/b", &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_spikes(rows.file, "", &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_spikes(rows.file, "exc", &stream, &err) == SPK_E_INVALID); /* is there */
	CHECK(spk_file_text(rows.file, "text", "", &err) == SPK_E_INVALID);
	CHECK(spk_file_array(rows.file, "/x", SPK_F64, 5, NULL, NULL, "", "", &err) == SPK_E_INVALID);
	CHECK(stream == NULL);
	CHECK(!rows_append_spikes(&rows, 0, 5, &err));
	CHECK(!spk_file_close(rows.file, 1, &err));
	CHECK(!spk_file_open(scratch("calls.h5"), &file, &err));
	CHECK(spk_file_stream(file, "/s", 1, &fine, &stream, &err) == SPK_E_INVALID);
	CHECK(spk_file_text(file, "/t", "", &err) == SPK_E_INVALID);
	CHECK(spk_file_flush(file, &err) == SPK_E_INVALID);
	CHECK(spk_file_rows(file, "/spikes", &n, &err) == SPK_E_FORMAT);
	CHECK(spk_file_rows(file, "/nothing", &n, &err) == SPK_E_FORMAT);
	CHECK(rows_count(file, ROWS_SPIKES) == 5);
	CHECK(!spk_file_close(file, 0, &err));
}

/* For tests/py: several populations, one of them empty, and data of the other kinds. */
static void leaves_a_file_for_other_readers(void)
{
	struct rows rows;
	struct spk_stream *inh = NULL, *silent = NULL;
	double weights[6] = {0.1, -0.5, 1.0 / 3, 0, 5e-324, 1e300};
	CHECK(!rows_create(scratch("sonata.h5"), &small[1], &rows, &err));
	CHECK(!spk_file_spikes(rows.file, "inh", &inh, &err));
	CHECK(!spk_file_spikes(rows.file, "silent", &silent, &err));
	for (uint64_t k = 0; k < 1000; k++) {
		const double time = (double)k; /* whole numbers: a trap of text formats */
		CHECK(!rows_append_spikes(&rows, k, 1, &err));
		CHECK(k % 2 || !spk_stream_append(inh, 1, (const void *[]){&time, &(uint64_t){k % 5}}, &err));
		CHECK(k % 10 || !rows_append_state(&rows, k / 10, &err));
	}
	CHECK(!spk_file_array(rows.file, "/weights/exc_inh/snapshots/000000", SPK_F64, 1, (uint64_t[]){6},
		weights, "mV", "", &err));
	CHECK(!spk_file_attr_f64(rows.file, "/weights/exc_inh/snapshots/000000", "time", 0, &err));
	CHECK(!spk_file_text(rows.file, "/scenario/source", "spikem: 1\n", &err));
	CHECK(!spk_file_close(rows.file, 1, &err));
	write_and_vanish(scratch("unfinished.h5"), &small[1], 333, 0);
}

TEST_MAIN(TEST(rows_come_back), TEST(arrays_come_back), TEST(texts_and_attributes_come_back),
	TEST(many_streams), TEST(equal_calls_give_equal_bytes), TEST(unfinished_files_hold_what_was_flushed),
	TEST(arrays_alone_are_flushed_when_it_is_time), TEST(wide_rows_come_back),
	TEST(interrupted_files_say_so), TEST(failed_creation_keeps_the_old_file),
	TEST(what_is_no_file_is_not_replaced), TEST(the_file_appears_at_once),
	TEST(what_is_no_result_file_is_refused), TEST(bad_calls_are_refused),
	TEST(leaves_a_file_for_other_readers))
