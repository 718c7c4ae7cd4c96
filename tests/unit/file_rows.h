/** Rows with contents known from their number, for the tests of result files. */
#ifndef TESTS_FILE_ROWS_H
#define TESTS_FILE_ROWS_H

#include "tests/test.h"
#include <spikem/file.h>
#include <unistd.h>

#define ROWS_SPIKES "/spikes/exc"
#define ROWS_STATE "/state/exc"

/** Two streams: spikes, and a state with columns of several types. */
struct rows {
	struct spk_file *file;
	struct spk_stream *spikes, *state;
};

static inline double row_time(uint64_t k)
{
	return 0.1 * (double)(k / 2) + 1e-7 * (double)(k % 1013);
}

static inline uint64_t row_id(uint64_t k)
{
	return test_random(&k) % 97;
}

/** A path in the scratch folder, in one of four buffers used in turn. */
static inline const char *scratch(const char *name)
{
	static char paths[4][600];
	static unsigned next;
	const char *folder = getenv("SPK_TEST_DIR");
	char *path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", folder ? folder : "/tmp", name);
	return path;
}

static inline int rows_create(
	const char *path, const struct spk_file_options *options, struct rows *rows, struct spk_error *err)
{
	static const struct spk_column columns[] = {
		{"time", SPK_F64, "ms", "time of the sample"},
		{"node_ids", SPK_U32, "", "neuron"},
		{"V_m", SPK_F32, "mV", "membrane potential"},
		{"change", SPK_I64, "", "a signed number"},
	};
	memset(rows, 0, sizeof *rows);
	int rc = spk_file_create(path, options, &rows->file, err);
	if (!rc)
		rc = spk_file_spikes(rows->file, "exc", &rows->spikes, err);
	if (!rc)
		rc = spk_file_stream(rows->file, ROWS_STATE, 4, columns, &rows->state, err);
	return rc;
}

/** Append spikes first ... first + n - 1. */
static inline int rows_append_spikes(struct rows *rows, uint64_t first, size_t n, struct spk_error *err)
{
	double *const times = malloc(n * sizeof *times + 1);
	uint64_t *const ids = malloc(n * sizeof *ids + 1);
	for (size_t k = 0; k < n; k++) {
		times[k] = row_time(first + k);
		ids[k] = row_id(first + k);
	}
	const int rc = spk_stream_append(rows->spikes, n, (const void *[]){times, ids}, err);
	free(times);
	free(ids);
	return rc;
}

static inline int rows_append_state(struct rows *rows, uint64_t k, struct spk_error *err)
{
	const double time = row_time(k);
	const uint32_t id = (uint32_t)row_id(k);
	const float v = (float)k * -0.25f;
	const int64_t change = -(int64_t)k;
	return spk_stream_append(rows->state, 1, (const void *[]){&time, &id, &v, &change}, err);
}

/** Whether rows [first, first + n) of both columns read back as they were appended. */
static inline int rows_hold_spikes(struct spk_file *file, uint64_t first, uint64_t n)
{
	struct spk_error err = {0};
	double *const times = malloc(n * sizeof *times + 1);
	uint64_t *const ids = malloc(n * sizeof *ids + 1);
	int right = n == 0 ||
		    (!spk_file_read(file, ROWS_SPIKES "/timestamps", SPK_F64, first, n, times, &err) &&
			    !spk_file_read(file, ROWS_SPIKES "/node_ids", SPK_U64, first, n, ids, &err));
	if (err.status)
		printf("# %s\n", err.text);
	for (uint64_t k = 0; right && k < n; k++)
		right = times[k] == row_time(first + k) && ids[k] == row_id(first + k);
	free(times);
	free(ids);
	return right;
}

/** Whether the first n states read back, each column converted to f64. */
static inline int rows_hold_state(struct spk_file *file, uint64_t n)
{
	static const char *const columns[] = {"time", "node_ids", "V_m", "change"};
	struct spk_error err = {0};
	double *const data = malloc(n * sizeof *data + 1);
	int right = 1;
	for (int c = 0; c < 4 && right && n > 0; c++) {
		char path[64];
		snprintf(path, sizeof path, ROWS_STATE "/%s", columns[c]);
		right = !spk_file_read(file, path, SPK_F64, 0, n, data, &err);
		for (uint64_t k = 0; right && k < n; k++) {
			const double wanted[] = {
				row_time(k), (double)row_id(k), (double)k * -0.25, -(double)k};
			right = data[k] == wanted[c];
		}
	}
	if (err.status)
		printf("# %s\n", err.text);
	free(data);
	return right;
}

static inline uint64_t rows_count(struct spk_file *file, const char *group)
{
	struct spk_error err = {0};
	uint64_t n = UINT64_MAX;
	if (spk_file_rows(file, group, &n, &err))
		printf("# %s\n", err.text);
	return n;
}

#endif
