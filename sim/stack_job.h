/**
 * A stack being trained and measured: what the files sim/stack_*.c share.
 *
 * stack_run.c goes through the stages; each stage is a file of its own, writes its part of the result file
 * and of the report, and calls spk_stack_tick now and then. Numbers depend on the scenario alone: batches
 * have fixed sizes, and every random number a stream of its own.
 */
#ifndef SPK_SIM_STACK_JOB_H
#define SPK_SIM_STACK_JOB_H

#include <spikem/file.h>
#include <spikem/scenario.h>
#include <stdio.h>

#include "models/stack/learn.h"
#include "models/stack/objective.h"
#include "models/stack/sample.h"
#include "sim/pool.h"

enum {
	SPK_STACK_PATH = 192,  /* room for a path in a result file */
	SPK_STACK_NAME = 96,   /* room for the name of a column */
	SPK_STACK_BATCH = 500, /* items that are evaluated together */
	SPK_STACK_PROBE = 1000 /* items on which J is followed during training */
};

/** Sub-streams of SPK_RNG_ORDER, SPK_RNG_CHOICE and SPK_RNG_STACK_NOISE that these files use. */
enum spk_stack_sub {
	SPK_STACK_SUB_TRAINING = 256,
	SPK_STACK_SUB_PROBE,
	SPK_STACK_SUB_PRIOR,
	SPK_STACK_SUB_ASCENT,
	SPK_STACK_SUB_INPAINTING,
	SPK_STACK_SUB_START,
	SPK_STACK_SUB_SAMPLER = 512 /* and those after it: one for each sampler */
};

/** Items of a split. */
struct spk_stack_items {
	size_t n;
	uint64_t *index; /* [n] rows of the data set */
};

/** Meter of the work done: see spk_stack_stage. */
struct spk_stack_meter {
	const char *stage;
	double total, before, work; /* multiply-adds: of all stages, of those before, of the present one */
	double last_s;              /* clock of the last call of the progress callback */
};

struct spk_stack_job {
	const struct spk_scenario *scenario;
	const struct spk_stack *stack;
	const struct spk_dataset *data;
	const struct spk_stack_options *options;
	struct spk_pool *pool;
	struct spk_parallel parallel;
	struct spk_net net;
	struct spk_net random; /* whose decoders stand for W_g where the estimator is random */
	struct spk_learner learner;
	struct spk_top top; /* mean is NULL before it is fitted */
	struct spk_stack_items training;
	uint64_t epochs;       /* done */
	size_t n_columns;      /* of the history: epoch, losses, J before and after inference */
	double *history;       /* [(epochs + 1) * n_columns], room for all epochs */
	struct spk_file *file; /* NULL: nothing is written */
	struct spk_stream *training_stream;
	struct spk_stack_meter meter;
	FILE *report;
};

/* ---- Items (stack_items.c) ---------------------------------------------------------------------- */

int spk_stack_items_init(const struct spk_dataset *data, size_t split, struct spk_stack_items *ret_items,
	struct spk_error *err);
void spk_stack_items_clear(struct spk_stack_items *items);
/** Copy items first ... first + n - 1 as rows of pixels. */
void spk_stack_gather(const struct spk_dataset *data, const struct spk_stack_items *items, size_t first,
	size_t n, float *ret_rows);
/** All of them: malloc'ed [n * n_pixels], NULL when out of memory. */
float *spk_stack_rows(const struct spk_dataset *data, const struct spk_stack_items *items);
/** Those items that training drew first, in a random order: [n], n <= training.n. */
int spk_stack_choose(
	const struct spk_stack_job *job, size_t n, struct spk_stack_items *ret_items, struct spk_error *err);

/* ---- Progress (stack_progress.c) ---------------------------------------------------------------- */

/** Add up the work of all stages. */
void spk_stack_meter_init(struct spk_stack_job *job);
/** A stage of so much work begins. */
void spk_stack_stage(struct spk_stack_job *job, const char *name, double work);
/** `done` of `total` parts of the stage are done. Errors: SPK_E_INTERRUPTED. */
int spk_stack_tick(struct spk_stack_job *job, uint64_t done, uint64_t total, struct spk_error *err);
/** Work of the stages. */
double spk_stack_work_training(const struct spk_stack_job *job);
double spk_stack_work_prior(const struct spk_stack_job *job);
double spk_stack_work_ascent(const struct spk_stack_job *job);
double spk_stack_work_sampler(const struct spk_stack_job *job, const struct spk_stack_sampler *sampler);
double spk_stack_work_mask(const struct spk_stack_job *job);
double spk_stack_clock(void);

/* ---- Inference on items (stack_probe.c) --------------------------------------------------------- */

/** J of items: a batch, the same in double precision, the terms. */
struct spk_stack_probe {
	struct spk_batch batch;
	struct spk_deep deep;
	struct spk_deep_state state;
	size_t n_terms;
	double *terms, *total; /* [n_terms * room], [room] */
};

/** Net and prior as they are now. The probe borrows the job's prior. */
int spk_stack_probe_init(const struct spk_stack_job *job, const struct spk_net *net,
	struct spk_stack_probe *ret_probe, struct spk_error *err);
void spk_stack_probe_clear(struct spk_stack_probe *probe);
/** Terms and J of the batch as it is. */
void spk_stack_probe_read(const struct spk_stack_job *job, struct spk_stack_probe *probe);
/** Noise of inference on a batch, a function of (seed, sub, id). */
struct spk_rng spk_stack_noise(const struct spk_stack_job *job, uint32_t sub, uint64_t id);
/** Fit the prior to the inferred top layer of items; what was fitted before is replaced. */
int spk_stack_fit_prior(struct spk_stack_job *job, const struct spk_stack_items *items, uint32_t sub,
	int with_ticks, struct spk_error *err);

/* ---- Stages ------------------------------------------------------------------------------------- */

/** Net and learner before training, with an empty history (stack_train.c). */
int spk_stack_start(struct spk_stack_job *job, struct spk_error *err);
/** The net before training: weights of the seed, biases centred. */
int spk_stack_first_net(const struct spk_stack_job *job, struct spk_net *ret_net, struct spk_error *err);
int spk_stack_train(struct spk_stack_job *job, struct spk_error *err);
int spk_stack_ascent(struct spk_stack_job *job, struct spk_error *err);
int spk_stack_likelihood(struct spk_stack_job *job, struct spk_error *err);
int spk_stack_inpainting(struct spk_stack_job *job, struct spk_error *err);
int spk_stack_score(struct spk_stack_job *job, struct spk_error *err);

/** Samples of one sampler, [n_samples * n_pixels] (stack_sampler.c). */
int spk_stack_draw(struct spk_stack_job *job, size_t sampler, float *ret_samples, struct spk_error *err);

/* ---- Checkpoint (stack_checkpoint.c) ------------------------------------------------------------ */

/** Write the state after job->epochs epochs to options->checkpoint, in one step. */
int spk_stack_save(const struct spk_stack_job *job, struct spk_error *err);
/** Go on from options->checkpoint; *ret_found: 0 if there is none. Errors: SPK_E_FORMAT with the reason. */
int spk_stack_load(struct spk_stack_job *job, int *ret_found, struct spk_error *err);

/* ---- Result file (stack_write.c) ---------------------------------------------------------------- */

/** Open the result file, if one is wanted, with scenario and history so far. */
int spk_stack_open(struct spk_stack_job *job, struct spk_error *err);
/** Row `epoch` of the history reaches the disk. */
int spk_stack_write_epoch(struct spk_stack_job *job, uint64_t epoch, struct spk_error *err);
/** Weights, provenance, report. */
int spk_stack_write_end(struct spk_stack_job *job, double seconds, const char *report, struct spk_error *err);
/** "/stack/" and the rest. */
void spk_stack_path(char path[SPK_STACK_PATH], const char *format, ...) SPK_PRINTF(2, 3);
/** Columns of doubles of length n as a stream in `group`; nothing happens without a result file. The first
 * column counts and is written as whole numbers. */
int spk_stack_write_table(struct spk_stack_job *job, const char *group, size_t n, size_t n_columns,
	const struct spk_column *columns, const double *const *values, struct spk_error *err);
/** A matrix of floats. */
int spk_stack_write_matrix(struct spk_stack_job *job, const char *path, size_t rows, size_t columns,
	const float *values, const char *description, struct spk_error *err);
int spk_stack_attr(
	struct spk_stack_job *job, const char *object, const char *name, double value, struct spk_error *err);
/** An attribute of /provenance: seconds that a stage took. */
int spk_stack_seconds(struct spk_stack_job *job, const char *name, double value, struct spk_error *err);

/** Mean and its standard error from sums over n values; se NAN for n < 2. */
struct spk_stack_mean {
	double mean, se;
};
struct spk_stack_mean spk_stack_mean_of(double sum, double squares, size_t n);

#endif
