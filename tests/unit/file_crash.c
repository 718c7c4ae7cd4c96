/*
 * Result files and sudden death: writers stopped after each single write, killed at random moments, and with
 * a full disk.
 *
 * This program brings its own pwrite, ftruncate and fsync, which the library's object files link to: they
 * keep a copy of every write, or fail from the n-th write on as on a full disk.
 */
#include "tests/unit/file_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* What a writer tells: in memory that a killed child shares with its parent. */
static struct report {
	uint64_t n_writes;
	uint64_t full_at; /* the disk is full from this write on; 0: never */
	volatile uint64_t flushed_spikes, flushed_state, flushed_arrays; /* known to be on the disk */
	volatile int created, closing, finished;
} * report;

/* A write as it was made, and what the writer had told by then. data NULL: ftruncate to `at`. */
struct step {
	off_t at;
	size_t n;
	unsigned char *data;
	struct report told;
};
static struct {
	int on;
	size_t n;
	struct step steps[10000];
} tape;

static void record_step(off_t at, size_t n, const void *data)
{
	struct step *step = &tape.steps[tape.n];
	if (!tape.on || tape.n == sizeof tape.steps / sizeof *tape.steps)
		return;
	*step = (struct step){.at = at, .n = n, .told = *report};
	if (data) {
		step->data = malloc(n);
		memcpy(step->data, data, n);
	}
	tape.n++;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	if (++report->n_writes >= report->full_at && report->full_at) {
		errno = ENOSPC;
		return -1;
	}
	record_step(at, n, data);
	return syscall(SYS_pwrite64, fd, data, n, at);
}

int ftruncate(int fd, off_t size)
{
	record_step(size, 0, NULL);
	return (int)syscall(SYS_ftruncate, fd, size);
}

/* What a process wrote survives the process without. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

/* The last one: chunks that are never full, tails that grow. */
enum { N_VARIANTS = 3 };
static const struct spk_file_options options[N_VARIANTS] = {
	{.chunk = 4, .compress = 0, .flush_s = -1},
	{.chunk = 4, .compress = 1, .flush_s = -1},
	{.chunk = 2000, .compress = 1, .flush_s = -1},
};
static const char *const variants[N_VARIANTS] = {"not compressed", "compressed", "growing tails"};

static int write_snapshot(struct rows *rows, uint64_t k, struct spk_error *err)
{
	char path[64];
	const double data[3] = {(double)k, 1, 2};
	snprintf(path, sizeof path, "/weights/exc_inh/snapshots/%06d", (int)k);
	const int rc =
		spk_file_array(rows->file, path, SPK_F64, 1, (uint64_t[]){3}, data, "mV", "weights", err);
	return rc ? rc : spk_file_attr_f64(rows->file, path, "time", (double)k, err);
}

/* n spikes, n / 3 states and n / 20 arrays, flushed after every `every` spikes. */
static int write_all(const char *path, int variant, uint64_t n, uint64_t every, struct spk_error *err)
{
	struct rows rows;
	int rc = rows_create(path, &options[variant], &rows, err);
	if (rc)
		return rc;
	report->created = 1;
	for (uint64_t k = 0; k < n && !rc; k++) {
		rc = rows_append_spikes(&rows, k, 1, err);
		if (!rc && k % 3 == 0)
			rc = rows_append_state(&rows, k / 3, err);
		if (!rc && k % 20 == 0)
			rc = write_snapshot(&rows, k / 20, err);
		if (!rc && k % every == every - 1) {
			rc = spk_file_flush(rows.file, err);
			if (!rc) {
				report->flushed_spikes = k + 1;
				report->flushed_state = k / 3 + 1;
				report->flushed_arrays = k / 20 + 1;
			}
		}
	}
	report->closing = !rc;
	const int closed = spk_file_close(rows.file, !rc, rc ? NULL : err);
	return rc ? rc : closed;
}

static int snapshots_hold(struct spk_file *file, uint64_t n)
{
	struct spk_error err = {0};
	int right = 1;
	for (uint64_t k = 0; k < n && right; k++) {
		char path[64];
		double data[3], time;
		snprintf(path, sizeof path, "/weights/exc_inh/snapshots/%06d", (int)k);
		right = !spk_file_read(file, path, SPK_F64, 0, 3, data, &err) && data[0] == (double)k &&
			data[2] == 2 && !spk_file_read_attr_f64(file, path, "time", &time, &err) &&
			time == (double)k;
	}
	if (!right)
		printf("# snapshots: %s\n", err.text);
	return right;
}

/* The file opens and holds, rightly, at least what was told to be on the disk, of n spikes in all. */
static int holds(const char *path, const struct report *told, uint64_t n)
{
	struct spk_file *file = NULL;
	struct spk_error err = {0};
	if (spk_file_open(path, &file, &err)) {
		printf("# after write %llu: %s\n", (unsigned long long)told->n_writes, err.text);
		return 0;
	}
	const int complete = spk_file_is_complete(file);
	uint64_t spikes = 0, state = 0;
	if (told->flushed_spikes > 0 || complete) {
		spikes = rows_count(file, ROWS_SPIKES);
		state = rows_count(file, ROWS_STATE);
	}
	int right = spikes <= n && spikes >= told->flushed_spikes && state >= told->flushed_state &&
		    rows_hold_spikes(file, 0, spikes) && rows_hold_state(file, state) &&
		    snapshots_hold(file, told->flushed_arrays);
	right = right && (complete ? told->closing && spikes == n : !told->finished);
	if (!right)
		printf("# after write %llu: %llu of %llu spikes, %llu of %llu states, complete %d\n",
			(unsigned long long)told->n_writes, (unsigned long long)spikes,
			(unsigned long long)told->flushed_spikes, (unsigned long long)state,
			(unsigned long long)told->flushed_state, complete);
	spk_file_close(file, 0, NULL);
	return right;
}

/*
 * Play the writes back one by one, and look at the file as if the writer had died there: after each write
 * that changes the file before its end, and after each eighth that only makes it longer.
 */
static void play_back(const char *path, uint64_t n)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	off_t end = 0;
	if (!CHECK(fd >= 0))
		return;
	for (size_t k = 0; k < tape.n; k++) {
		const struct step *step = &tape.steps[k];
		if (step->data)
			CHECK(syscall(SYS_pwrite64, fd, step->data, step->n, step->at) == (long)step->n);
		else
			CHECK(syscall(SYS_ftruncate, fd, step->at) == 0);
		const off_t step_end = step->at + (off_t)step->n;
		if (step->told.created && (step->at < end || k % 8 == 0))
			CHECK(holds(path, &step->told, n));
		end = step_end > end ? step_end : end;
		free(step->data);
	}
	close(fd);
}

static void stopped_after_each_write(void)
{
	for (int variant = 0; variant < N_VARIANTS; variant++) {
		struct spk_error err = {0};
		memset(report, 0, sizeof *report);
		tape.n = 0;
		tape.on = 1;
		CHECK(!write_all(scratch("taped.h5"), variant, 700, 70, &err));
		tape.on = 0;
		report->finished = 1;
		printf("# %s: %zu writes\n", variants[variant], tape.n);
		CHECK(tape.n > 300 && tape.n < sizeof tape.steps / sizeof *tape.steps);
		play_back(scratch("played.h5"), 700);
		CHECK(holds(scratch("played.h5"), report, 700));
	}
}

/* Run write_all in a child whose disk is full from write `full_at` on. @return wait status */
static int run_on_full_disk(const char *path, int variant, uint64_t full_at)
{
	int status = -1;
	memset(report, 0, sizeof *report);
	report->full_at = full_at;
	unlink(path);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct spk_error err = {0};
		const int rc = write_all(path, variant, 700, 70, &err);
		report->finished = !rc;
		_exit(rc == 0 ? 0 : rc == SPK_E_IO && strstr(err.text, "disk full") ? 3 : 1);
	}
	waitpid(child, &status, 0);
	report->full_at = 0;
	return status;
}

/* From write `at` on the disk is full: an error that says so, no crash, and all that was flushed is there. */
static void disk_full_from_some_write_on(void)
{
	for (int variant = 0; variant < N_VARIANTS; variant++) {
		int status = -1;
		for (uint64_t at = 1; status != 0; at += 23) {
			const char *const path = scratch("full.h5");
			status = run_on_full_disk(path, variant, at);
			if (status != 0 && !CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3))
				return;
			if (access(path, F_OK) == 0)
				CHECK(holds(path, report, 700));
			else
				CHECK(report->flushed_spikes == 0 && at < 20);
		}
	}
}

/* The same through the kernel: no file of this process may grow beyond the limit. */
static void disk_full_for_real(void)
{
	for (int k = 0; k < 12; k++) {
		int status = -1;
		memset(report, 0, sizeof *report);
		unlink(scratch("limit.h5"));
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0) {
			struct spk_error err = {0};
			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE,
				&(struct rlimit){7777 * (rlim_t)(k + 2), 7777 * (rlim_t)(k + 2)});
			const int rc = write_all(scratch("limit.h5"), k % N_VARIANTS, 3000, 70, &err);
			_exit(rc == SPK_E_IO && strstr(err.text, "file too large") ? 3 : 1);
		}
		CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3);
		CHECK(holds(scratch("limit.h5"), report, 3000));
	}
}

/* From outside, at moments drawn with fixed seeds; flushes by the clock as well as on request. */
static void killed_at_random_moments(void)
{
	uint64_t n_cut = 0, n_spikes = 0;
	PROPERTY(30, seed)
	{
		int status;
		const int variant = (int)(seed % N_VARIANTS);
		const long delay = (long)test_uniform(&seed, 1e5, 4e7);
		memset(report, 0, sizeof *report);
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0) {
			struct spk_error err = {0};
			write_all(scratch("random.h5"), variant, 1000000, 37, &err);
			_exit(1);
		}
		for (int k = 0; k < 10000 && report->flushed_spikes == 0; k++)
			nanosleep(&(struct timespec){0, 1000000}, NULL);
		nanosleep(&(struct timespec){0, delay}, NULL);
		kill(child, SIGKILL);
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
		CHECK(report->flushed_spikes > 0 && holds(scratch("random.h5"), report, 1000000));
		n_cut++;
		n_spikes += report->flushed_spikes;
	}
	printf("# %llu kills, %llu flushed spikes\n", (unsigned long long)n_cut,
		(unsigned long long)n_spikes);
	CHECK(n_cut >= 24 || getenv("SPK_TEST_SEED"));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(stopped_after_each_write),
		TEST(disk_full_from_some_write_on), TEST(disk_full_for_real), TEST(killed_at_random_moments)};
	report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return 1;
	return test_main(argc, argv, (int)(sizeof tests / sizeof tests[0]), tests);
}
