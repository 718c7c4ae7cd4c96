/** `spikem sweep`, inside: tasks, what became of them, and the tables that say so. */
#ifndef TOOLS_SWEEP_H
#define TOOLS_SWEEP_H

#include "tools/jobs.h"
#include <stdio.h>

enum spk_task_state { SPK_TASK_DONE, SPK_TASK_MISSING, SPK_TASK_UNFINISHED, SPK_TASK_STALE, SPK_TASK_FAILED };

struct spk_task {
	enum spk_task_state state;
	double seconds, spikes;       /**< NAN where unknown */
	struct spk_estimate *figures; /**< [n_collected], borrowed */
	char *text;                   /**< what went wrong, or remarks; NULL: nothing */
};

struct spk_sweep_work {
	const struct spk_scenario *scenario; /**< as it is, with overrides */
	const char *name, *output;           /**< of the scenario without folder and .yaml; folder */
	char *folder;                        /**< of result files and manifest: OUTPUT/NAME */
	struct spk_batch batch;
	size_t n_tasks;
	struct spk_task *tasks;
	struct spk_estimate *figures; /**< [n_tasks][n_collected] */
};

/** "done", "missing", "unfinished", "stale", "failed". */
const char *spk_task_word(enum spk_task_state state);
/** "g=5, nu=20 kHz, seed 1" of a task. */
void spk_task_print(FILE *out, const struct spk_sweep_work *work, size_t task);

/** Header and one line of the manifest: task, overrides, seed, output; with a state if it is not NULL. */
void spk_manifest_head(FILE *out, int with_state);
void spk_manifest_line(FILE *out, const struct spk_sweep_work *work, size_t task, const char *state);
/** FOLDER/manifest.csv. Put in its place at once: tasks of an array may write it at the same time. */
int spk_manifest_write(const struct spk_sweep_work *work, struct spk_error *err);

/** OUTPUT/NAME.csv and OUTPUT/NAME.h5. */
int spk_sweep_write(const struct spk_sweep_work *work, struct spk_error *err);

#endif
