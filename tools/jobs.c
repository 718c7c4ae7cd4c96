/* Jobs in child processes, so many at a time. Each sends its result through a pipe. */
#include "tools/jobs.h"
#include "tools/terminal.h"
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 100 };

/* A child at work. */
struct worker {
	pid_t process;
	int pipe;
	struct spk_batch *batch;
	size_t job;
	size_t n_read;
	struct spk_job_result result;
};

struct pool {
	struct spk_job_options options;
	size_t n_batches;
	struct spk_batch *batches;
	size_t n_workers;
	struct worker *workers; /* [processes] */
	struct pollfd *polls;   /* [processes] */
	int told;               /* signals that the children have been told of */
};

static volatile sig_atomic_t n_signals;

static void note_signal(int signal_number)
{
	(void)signal_number;
	n_signals++;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- Children ----------------------------------------------------------------------------------- */

static void send_result(int pipe_end, const struct spk_job_result *result)
{
	const char *from = (const char *)result;
	size_t left = sizeof *result;
	while (left > 0) {
		const ssize_t n = write(pipe_end, from, left);
		if (n < 0 && errno != EINTR)
			return;
		from += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
}

/* Memory of the child is its own; it ends without what the parent registered for its end. */
static void be_child(const struct pool *pool, const struct worker *worker, int pipe_end)
{
	static struct spk_job_result result;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	spk_job_run(worker->batch, worker->job, &pool->options, &n_signals, &result);
	send_result(pipe_end, &result);
	_exit(0);
}

static int start_child(struct pool *pool, struct spk_batch *batch, size_t job)
{
	struct worker *const worker = &pool->workers[pool->n_workers];
	int ends[2];
	if (pipe(ends) != 0)
		return -1;
	*worker = (struct worker){.pipe = ends[0], .batch = batch, .job = job};
	fflush(NULL);
	worker->process = fork();
	if (worker->process == 0) {
		close(ends[0]);
		be_child(pool, worker, ends[1]);
	}
	close(ends[1]);
	if (worker->process < 0) {
		close(ends[0]);
		return -1;
	}
	pool->n_workers++;
	return 0;
}

/* ---- What comes first --------------------------------------------------------------------------- */

/* A job that a job needs; k: one of the needs, or n_needs: the one that makes its result file. */
static const struct spk_batch *find_need(const struct spk_batch *batch, size_t job, size_t k, size_t *ret_job)
{
	const struct spk_batch *const need =
		k < batch->n_needs ? batch->needs[k].batch : batch->made_by[job % batch->n_runs];
	*ret_job = spk_job_with_seed(need, batch->seeds[job / batch->n_runs]);
	return need;
}

/* SPK_JOB_DONE: all that the job needs is there; SPK_JOB_WAITS: not yet; else what became of a job before it,
 * which is the batch's that is returned. */
static enum spk_job_outcome look_before(
	const struct spk_batch *batch, size_t job, const struct spk_batch **ret_need)
{
	const size_t n = batch->n_needs + (batch->made_by != NULL);
	enum spk_job_outcome all = SPK_JOB_DONE;
	for (size_t k = 0; k < n; k++) {
		size_t needed;
		const struct spk_batch *const need = find_need(batch, job, k, &needed);
		const enum spk_job_outcome outcome = need->outcomes[needed];
		*ret_need = need;
		if (outcome == SPK_JOB_WAITS)
			all = SPK_JOB_WAITS;
		else if (outcome != SPK_JOB_DONE && outcome != SPK_JOB_REUSED)
			return outcome;
	}
	return all;
}

/* The next job that can begin, or that cannot because one before it failed. */
static int find_job(struct pool *pool, struct spk_batch **ret_batch, size_t *ret_job,
	struct spk_job_result *ret_result, const struct spk_batch **ret_need)
{
	for (size_t k = 0; k < pool->n_batches; k++) {
		struct spk_batch *const batch = &pool->batches[k];
		if (batch->closed || batch->first + batch->next > batch->last)
			continue;
		*ret_batch = batch;
		*ret_job = batch->first + batch->next;
		ret_result->outcome = look_before(batch, *ret_job, ret_need);
		if (ret_result->outcome == SPK_JOB_WAITS)
			continue;
		batch->next++;
		return 1;
	}
	return 0;
}

static void settle(struct spk_batch *batch, size_t job, const struct spk_job_result *result,
	spk_jobs_watch *watch, void *user)
{
	batch->outcomes[job] = (unsigned char)result->outcome;
	if (!batch->why && (result->outcome == SPK_JOB_FAILED || result->outcome == SPK_JOB_MISSES))
		batch->why = strdup(result->text);
	watch(user, batch, job, result);
}

static void start_children(struct pool *pool, spk_jobs_watch *watch, void *user)
{
	static struct spk_job_result result; /* large */
	const struct spk_batch *need = NULL;
	struct spk_batch *batch;
	size_t job;
	while (!n_signals && pool->n_workers < pool->options.processes &&
		find_job(pool, &batch, &job, &result, &need)) {
		if (result.outcome != SPK_JOB_DONE) {
			const enum spk_job_outcome outcome = result.outcome;
			result = (struct spk_job_result){.outcome = outcome, .spikes = NAN};
			snprintf(result.text, sizeof result.text, "a run before it, in %s:\n%s", need->folder,
				need->why ? need->why : "interrupted");
			settle(batch, job, &result, watch, user);
		} else if (start_child(pool, batch, job) != 0) {
			result = (struct spk_job_result){.outcome = SPK_JOB_FAILED};
			snprintf(result.text, sizeof result.text, "cannot start a process: %s",
				strerror(errno));
			settle(batch, job, &result, watch, user);
		}
	}
}

/* ---- Results ------------------------------------------------------------------------------------ */

/* Read what is there. @return 1 at the end */
static int read_some(struct worker *worker)
{
	char *const to = (char *)&worker->result + worker->n_read;
	const size_t room = sizeof worker->result - worker->n_read;
	char extra;
	const ssize_t n = room > 0 ? read(worker->pipe, to, room) : read(worker->pipe, &extra, 1);
	if (n < 0)
		return errno != EINTR && errno != EAGAIN;
	worker->n_read += room > 0 ? (size_t)n : 0;
	return n == 0;
}

static void end_child(struct pool *pool, size_t k, spk_jobs_watch *watch, void *user)
{
	struct worker worker = pool->workers[k];
	int status = 0;
	close(worker.pipe);
	while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR)
		;
	pool->workers[k] = pool->workers[--pool->n_workers];
	if (worker.n_read != sizeof worker.result) {
		worker.result =
			(struct spk_job_result){.outcome = pool->told ? SPK_JOB_INTERRUPTED : SPK_JOB_FAILED};
		if (WIFSIGNALED(status))
			snprintf(worker.result.text, sizeof worker.result.text,
				"the run crashed: signal %d (%s)", WTERMSIG(status),
				strsignal(WTERMSIG(status)));
		else
			snprintf(worker.result.text, sizeof worker.result.text,
				"the run ended without a result (exit code %d)", WEXITSTATUS(status));
	}
	settle(worker.batch, worker.job, &worker.result, watch, user);
}

static void pass_signals_on(struct pool *pool)
{
	if (n_signals == pool->told)
		return;
	for (size_t k = 0; k < pool->n_workers; k++)
		(void)kill(pool->workers[k].process, pool->told ? SIGKILL : SIGTERM);
	pool->told = n_signals;
}

static void wait_for_results(struct pool *pool, spk_jobs_watch *watch, void *user)
{
	for (size_t k = 0; k < pool->n_workers; k++)
		pool->polls[k] = (struct pollfd){.fd = pool->workers[k].pipe, .events = POLLIN};
	const int n = poll(pool->polls, pool->n_workers, TICK_MS);
	pass_signals_on(pool);
	for (size_t k = pool->n_workers; n > 0 && k-- > 0;)
		if (pool->polls[k].revents && read_some(&pool->workers[k]))
			end_child(pool, k, watch, user);
	watch(user, NULL, 0, NULL);
}

int spk_jobs_run(const struct spk_job_options *options, size_t n_batches, struct spk_batch *batches,
	spk_jobs_watch *watch, void *user)
{
	struct pool pool = {.options = *options, .n_batches = n_batches, .batches = batches};
	const unsigned processes = options->processes;
	size_t n_jobs = 0;
	int has_room = 1;
	for (size_t k = 0; k < n_batches; k++)
		n_jobs += batches[k].last - batches[k].first + 1;
	if (options->threads == 0)
		pool.options.threads = n_jobs > 0 && n_jobs < processes ? processes / (unsigned)n_jobs : 1;
	for (size_t k = 0; k < n_batches; k++) {
		batches[k].outcomes = calloc(batches[k].last + 1, 1);
		has_room &= batches[k].outcomes != NULL;
	}
	pool.workers = calloc(processes, sizeof *pool.workers);
	pool.polls = calloc(processes, sizeof *pool.polls);
	catch_signals();
	if (!pool.workers || !pool.polls || !has_room)
		fputs("spikem: error: out of memory\n", stderr);
	else
		start_children(&pool, watch, user);
	while (pool.n_workers > 0) {
		wait_for_results(&pool, watch, user);
		start_children(&pool, watch, user);
	}
	for (size_t k = 0; k < n_batches; k++) {
		free(batches[k].outcomes);
		free(batches[k].why);
		batches[k].outcomes = NULL;
		batches[k].why = NULL;
	}
	free(pool.workers);
	free(pool.polls);
	return n_signals > 0;
}

unsigned spk_processors(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n < SPK_MAX_PROCESSES ? (unsigned)n : SPK_MAX_PROCESSES;
}

/* ---- Progress ----------------------------------------------------------------------------------- */

void spk_jobs_count(struct spk_jobs_progress *progress, const struct spk_job_result *result)
{
	progress->n_ended++;
	progress->n_made += result->outcome != SPK_JOB_REUSED;
}

int spk_jobs_is_due(struct spk_jobs_progress *progress)
{
	const double now = spk_term_clock();
	if (now - progress->last_s < 1e-3 * TICK_MS)
		return 0;
	progress->last_s = now;
	return 1;
}

const char *spk_jobs_left(const struct spk_jobs_progress *progress, char text[32])
{
	const double passed = spk_term_clock() - progress->start_s;
	if (progress->n_made == 0)
		return strcpy(text, "...");
	return spk_term_duration(text,
		ceil(passed * (double)(progress->n_jobs - progress->n_ended) / (double)progress->n_made));
}
