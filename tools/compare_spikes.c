/* The first difference in time between the spikes of two result files. */
#include "tools/compare.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A block of spikes of one side. */
struct spikes {
	double times[SPK_PAIR_BLOCK];
	uint64_t ids[SPK_PAIR_BLOCK];
};

/* The first row in which a population's spikes differ. */
struct first {
	int found;
	char population[SPK_PAIR_PATH];
	uint64_t row, n_rows[2];
	int has[2]; /* the side has this row */
	double times[2];
	uint64_t ids[2];
};

static double time_of(const struct first *first)
{
	if (first->has[0] && first->has[1])
		return fmin(first->times[0], first->times[1]);
	return first->has[0] ? first->times[0] : first->times[1];
}

static int read_spikes(struct spk_pair *pair, int side, const char *population, uint64_t row, uint64_t n,
	double *times, uint64_t *ids)
{
	char path[SPK_PAIR_PATH];
	snprintf(path, sizeof path, "/spikes/%s/timestamps", population);
	const int rc = spk_file_read(pair->side[side], path, SPK_F64, row, n, times, &pair->err);
	snprintf(path, sizeof path, "/spikes/%s/node_ids", population);
	return rc ? rc : spk_file_read(pair->side[side], path, SPK_U64, row, n, ids, &pair->err);
}

/* Note the row in `first` if it is earlier than what is there. */
static int note_first(struct spk_pair *pair, const char *population, uint64_t row, const uint64_t n_rows[2],
	struct first *first)
{
	struct first now = {.found = 1, .row = row, .n_rows = {n_rows[0], n_rows[1]}};
	snprintf(now.population, sizeof now.population, "%s", population);
	for (int side = 0; side < 2; side++) {
		now.has[side] = row < n_rows[side];
		const int rc = now.has[side] ? read_spikes(pair, side, population, row, 1, &now.times[side],
						       &now.ids[side])
					     : SPK_OK;
		if (rc)
			return rc;
	}
	if (!first->found || time_of(&now) < time_of(first))
		*first = now;
	return SPK_OK;
}

static int compare_population(struct spk_pair *pair, const char *population, struct first *first)
{
	char group[SPK_PAIR_PATH];
	uint64_t n_rows[2];
	int rc = SPK_OK;
	struct spikes *const spikes = malloc(2 * sizeof *spikes);
	if (!spikes)
		return spk_fail(&pair->err, SPK_E_NOMEM, "out of memory");
	snprintf(group, sizeof group, "/spikes/%s", population);
	for (int side = 0; side < 2 && !rc; side++)
		rc = spk_file_rows(pair->side[side], group, &n_rows[side], &pair->err);
	if (rc)
		goto out;
	const uint64_t n_common = n_rows[0] < n_rows[1] ? n_rows[0] : n_rows[1];
	for (uint64_t row = 0; row < n_common; row += SPK_PAIR_BLOCK) {
		const uint64_t n = n_common - row < SPK_PAIR_BLOCK ? n_common - row : SPK_PAIR_BLOCK;
		for (int side = 0; side < 2 && !rc; side++)
			rc = read_spikes(
				pair, side, population, row, n, spikes[side].times, spikes[side].ids);
		for (uint64_t k = 0; k < n && !rc; k++) {
			const double a = spikes[0].times[k], b = spikes[1].times[k];
			if ((a == b || (isnan(a) && isnan(b))) && spikes[0].ids[k] == spikes[1].ids[k])
				continue;
			rc = note_first(pair, population, row + k, n_rows, first);
			goto out;
		}
		if (rc)
			goto out;
	}
	if (n_rows[0] != n_rows[1])
		rc = note_first(pair, population, n_common, n_rows, first);
out:
	free(spikes);
	return rc;
}

static void describe_spike(char text[SPK_PAIR_WHERE], const struct first *first, int side)
{
	if (first->has[side])
		snprintf(text, SPK_PAIR_WHERE, "neuron %llu at %.17g ms",
			(unsigned long long)first->ids[side], first->times[side]);
	else
		snprintf(text, SPK_PAIR_WHERE, "ends after %llu spikes",
			(unsigned long long)first->n_rows[side]);
}

int spk_pair_spikes(struct spk_pair *pair)
{
	char **names[2] = {NULL, NULL}, text[2][SPK_PAIR_WHERE];
	enum spk_kind kind[2];
	struct first first = {0};
	int rc = SPK_OK;
	for (int side = 0; side < 2 && !rc; side++)
		rc = spk_file_kind(pair->side[side], "/spikes", &kind[side], &pair->err);
	if (rc || kind[0] != SPK_KIND_GROUP || kind[1] != SPK_KIND_GROUP)
		return rc; /* that one file has no spikes is found with the other data sets */
	for (int side = 0; side < 2 && !rc; side++)
		rc = spk_file_names(pair->side[side], "/spikes", &names[side], &pair->err);
	if (!rc && spk_pair_names(pair, "/spikes", "population", names[0], names[1])) {
		for (size_t k = 0; names[0][k] && !rc; k++)
			rc = compare_population(pair, names[0][k], &first);
	}
	if (!rc && first.found) {
		describe_spike(text[0], &first, 0);
		describe_spike(text[1], &first, 1);
		spk_pair_tell(pair, "/spikes/%s, row %llu: A: %s, B: %s", first.population,
			(unsigned long long)first.row, text[0], text[1]);
	}
	spk_file_free_names(names[0]);
	spk_file_free_names(names[1]);
	return rc;
}
