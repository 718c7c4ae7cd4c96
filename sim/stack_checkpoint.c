/*
 * Checkpoints: weights, the optimiser's state and the history after an epoch, as an HDF5 file. It is written
 * beside its place, sealed, brought to the disk and renamed, so that there is a whole one at every moment.
 *
 * All random numbers of training are functions of the seed and of the number of the epoch or update, so this
 * is all that going on needs. A checkpoint says which scenario, data and version it comes from; any other is
 * refused.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <spikem/version.h>

#include "sim/folder.h"
#include "sim/scenario_compare.h"
#include "sim/seal.h"
#include "sim/stack_job.h"

enum { PATH_ROOM = 4096, MARK_ROOM = 64 };
static const char format_name[] = "spikem stack checkpoint 2";

/* Numbers that the data set's values make, so that another file under the same name is noticed (FNV-1a). */
static void mark_data(const struct spk_dataset *data, char mark[MARK_ROOM])
{
	const size_t n = (size_t)(data->n_items * data->n_pixels);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t k = 0; k < n; k++) {
		uint32_t bits;
		memcpy(&bits, data->pixels + k, sizeof bits);
		hash = (hash ^ bits) * UINT64_C(0x100000001b3);
	}
	(void)snprintf(mark, MARK_ROOM, "%" PRIu64 " x %" PRIu64 " %016" PRIx64, data->n_items,
		data->n_pixels, hash);
}

/* ---- Maps --------------------------------------------------------------------------------------- */

enum { MAPS = 3 * 2 * (SPK_STACK_MAX_LAYERS - 1) };

/* All maps of the state with their names: weights, first and second moments. */
struct state_maps {
	size_t n;
	const struct spk_map *map[MAPS];
	char path[MAPS][SPK_STACK_PATH];
};

static void add_map(struct state_maps *all, const struct spk_map *map, const char *kind, size_t l)
{
	if (!map->weight) /* a moment that this optimiser does not have */
		return;
	spk_stack_path(all->path[all->n], "/%s_%zu", kind, l);
	all->map[all->n++] = map;
}

static void list_maps(const struct spk_stack_job *job, struct state_maps *ret)
{
	ret->n = 0;
	for (size_t l = 0; l + 1 < job->net.n_layers; l++) {
		add_map(ret, &job->net.encoder[l], "encoder", l);
		add_map(ret, &job->net.decoder[l], "decoder", l);
		add_map(ret, &job->learner.first_encoder[l], "first_encoder", l);
		add_map(ret, &job->learner.first_decoder[l], "first_decoder", l);
		add_map(ret, &job->learner.second_encoder[l], "second_encoder", l);
		add_map(ret, &job->learner.second_decoder[l], "second_decoder", l);
	}
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static int write_map(
	struct spk_file *file, const char *group, const struct spk_map *map, struct spk_error *err)
{
	const uint64_t dims[] = {map->n_out, map->n_in};
	char path[SPK_STACK_PATH + 16];
	int rc;

	(void)snprintf(path, sizeof path, "%s/weight", group);
	rc = spk_file_array(file, path, SPK_F32, 2, dims, map->weight, "", "", err);
	(void)snprintf(path, sizeof path, "%s/bias", group);
	return rc ? rc : spk_file_array(file, path, SPK_F32, 1, dims, map->bias, "", "", err);
}

static int write_state(const struct spk_stack_job *job, struct spk_file *file, struct spk_error *err)
{
	const uint64_t dims[] = {job->epochs + 1, job->n_columns};
	struct state_maps maps;
	char mark[MARK_ROOM];
	int rc = spk_file_attr_text(file, "/", "format", format_name, err);

	mark_data(job->data, mark);
	list_maps(job, &maps);
	if (!rc)
		rc = spk_file_attr_text(file, "/", "version", SPK_VERSION, err);
	if (!rc)
		rc = spk_file_attr_text(file, "/", "data", mark, err);
	if (!rc)
		rc = spk_file_attr_u64(file, "/", "epochs", job->epochs, err);
	if (!rc)
		rc = spk_file_attr_u64(file, "/", "updates", job->learner.updates, err);
	if (!rc)
		rc = spk_file_text(file, "/fingerprint", job->stack->fingerprint, err);
	if (!rc)
		rc = spk_file_array(file, "/history", SPK_F64, 2, dims, job->history, "", "", err);
	for (size_t k = 0; !rc && k < maps.n; k++)
		rc = write_map(file, maps.path[k], maps.map[k], err);
	return rc;
}

int spk_stack_save(const struct spk_stack_job *job, struct spk_error *err)
{
	const char *path = job->options->checkpoint;
	struct spk_file *file = NULL;
	char part[PATH_ROOM];
	struct stat now;
	int rc, closed;

	if (stat(path, &now) == 0 && !S_ISREG(now.st_mode))
		return spk_fail(err, SPK_E_IO, "%s is no file that a checkpoint could replace", path);
	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return spk_fail(err, SPK_E_LIMIT, "the name of the checkpoint is too long");
	rc = spk_file_create(part, NULL, &file, err);
	if (rc)
		return rc;
	rc = write_state(job, file, err);
	closed = spk_file_close(file, rc == SPK_OK, rc ? NULL : err);
	rc = rc ? rc : closed;
	if (!rc)
		rc = spk_seal_write(part, err);
	if (!rc && rename(part, path) != 0)
		rc = spk_fail(err, SPK_E_IO, "cannot rename %s to %s: %s", part, path, strerror(errno));
	if (rc)
		(void)unlink(part);
	else
		spk_folder_sync(path);
	return rc;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

/* A data set of exactly this shape. */
static int read_array(struct spk_file *file, const char *path, enum spk_type type, uint64_t rows,
	uint64_t columns, void *ret, struct spk_error *err)
{
	uint64_t dims[4] = {0};
	int rank = 0;
	int rc = spk_file_shape(file, path, &rank, dims, err);

	if (!rc && (rank != (columns ? 2 : 1) || dims[0] != rows || (columns && dims[1] != columns)))
		rc = spk_fail(err, SPK_E_FORMAT, "%s has another shape than this scenario needs", path);
	return rc ? rc : spk_file_read(file, path, type, 0, rows, ret, err);
}

static int read_map(
	struct spk_file *file, const char *group, const struct spk_map *map, struct spk_error *err)
{
	char path[SPK_STACK_PATH + 16];
	int rc;

	(void)snprintf(path, sizeof path, "%s/weight", group);
	rc = read_array(file, path, SPK_F32, map->n_out, map->n_in, map->weight, err);
	(void)snprintf(path, sizeof path, "%s/bias", group);
	return rc ? rc : read_array(file, path, SPK_F32, map->n_out, 0, map->bias, err);
}

/* An attribute has this text; `what` begins the reason if not. */
static int expect_attr(
	struct spk_file *file, const char *name, const char *want, const char *what, struct spk_error *err)
{
	char *got = NULL;
	int rc = spk_file_read_attr_text(file, "/", name, &got, err);

	if (!rc && strcmp(got, want) != 0)
		rc = spk_fail(err, SPK_E_FORMAT, "%s: it has `%s`, here is `%s`", what, got, want);
	free(got);
	return rc;
}

static int check_origin(const struct spk_stack_job *job, struct spk_file *file, struct spk_error *err)
{
	enum spk_kind kind = SPK_KIND_NONE;
	char mark[MARK_ROOM], *theirs = NULL;
	int rc = spk_file_kind(file, "/fingerprint", &kind, err);

	if (!rc && kind != SPK_KIND_TEXT)
		return spk_fail(err, SPK_E_FORMAT, "it is no checkpoint of a stack");
	mark_data(job->data, mark);
	if (!rc)
		rc = expect_attr(file, "format", format_name, "it is in another format", err);
	if (!rc)
		rc = expect_attr(file, "version", SPK_VERSION,
			"it comes from another version, which would not go on bit for bit", err);
	if (!rc)
		rc = spk_file_read_text(file, "/fingerprint", &theirs, err);
	if (!rc)
		rc = spk_scenario_compare(theirs, job->stack->fingerprint, err);
	if (!rc)
		rc = expect_attr(file, "data", mark, "the data have changed since", err);
	free(theirs);
	return rc;
}

static int read_state(struct spk_stack_job *job, struct spk_file *file, struct spk_error *err)
{
	struct state_maps maps;
	double epochs = 0, updates = 0;
	int rc = check_origin(job, file, err);

	if (!rc)
		rc = spk_file_read_attr_f64(file, "/", "epochs", &epochs, err);
	if (!rc)
		rc = spk_file_read_attr_f64(file, "/", "updates", &updates, err);
	if (!rc && !(epochs >= 0 && epochs <= (double)job->stack->training.epochs))
		return spk_fail(err, SPK_E_FORMAT, "it was trained for %.0f epochs, here are %llu", epochs,
			(unsigned long long)job->stack->training.epochs);
	if (!rc && !(updates >= 0 && updates < 0x1p53))
		return spk_fail(err, SPK_E_FORMAT, "its number of updates is %g", updates);
	list_maps(job, &maps);
	if (!rc)
		rc = read_array(
			file, "/history", SPK_F64, (uint64_t)epochs + 1, job->n_columns, job->history, err);
	for (size_t k = 0; !rc && k < maps.n; k++)
		rc = read_map(file, maps.path[k], maps.map[k], err);
	if (!rc) {
		job->epochs = (uint64_t)epochs;
		job->learner.updates = (uint64_t)updates;
	}
	return rc;
}

int spk_stack_load(struct spk_stack_job *job, int *ret_found, struct spk_error *err)
{
	const char *path = job->options->checkpoint;
	struct spk_error reason = {0};
	struct spk_file *file = NULL;
	int rc;

	*ret_found = 0;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return SPK_OK;
	rc = spk_seal_check(path, &reason);
	if (!rc)
		rc = spk_file_open(path, &file, &reason);
	if (!rc)
		rc = spk_file_is_complete(file) ? read_state(job, file, &reason)
						: spk_fail(&reason, SPK_E_FORMAT, "it is not complete");
	if (file)
		(void)spk_file_close(file, 0, NULL);
	if (rc)
		return spk_fail(err, rc, "the checkpoint %s cannot be used: %s", path, reason.text);
	*ret_found = 1;
	return SPK_OK;
}
