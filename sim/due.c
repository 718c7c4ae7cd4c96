#include "sim/due.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FAN = 16 };

/* What a run needs on its way down the tree. */
struct run {
	struct spk_due *due;
	double b;
	int (*step)(void *context, size_t k, double t, double *ret_next);
	void *context;
};

int spk_due_init(struct spk_due *due, size_t n, struct spk_error *err)
{
	due->n_levels = 0;
	do {
		const size_t level = due->n_levels++;
		due->n[level] = n;
		due->t[level] = malloc((n + 1) * sizeof *due->t[level]);
		if (!due->t[level])
			return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu times", n);
		for (size_t k = 0; k < n; k++)
			due->t[level][k] = HUGE_VAL;
		n = (n + FAN - 1) / FAN;
	} while (due->n[due->n_levels - 1] > 1);
	return SPK_OK;
}

void spk_due_clear(struct spk_due *due)
{
	for (size_t level = 0; level < due->n_levels; level++)
		free(due->t[level]);
	memset(due, 0, sizeof *due);
}

/* The children of entry k of this level (> 0): [FAN k, last) of the level below. */
static size_t last_child(const struct spk_due *due, size_t level, size_t k)
{
	const size_t last = FAN * k + FAN;

	return last < due->n[level - 1] ? last : due->n[level - 1];
}

static void update(struct spk_due *due, size_t level, size_t k)
{
	double earliest = HUGE_VAL;

	for (size_t child = FAN * k; child < last_child(due, level, k); child++)
		earliest = due->t[level - 1][child] < earliest ? due->t[level - 1][child] : earliest;
	due->t[level][k] = earliest;
}

void spk_due_set(struct spk_due *due, size_t k, double t)
{
	due->t[0][k] = t;
	for (size_t level = 1; level < due->n_levels; level++)
		update(due, level, k /= FAN);
}

void spk_due_restore(struct spk_due *due)
{
	for (size_t level = 1; level < due->n_levels; level++)
		for (size_t k = 0; k < due->n[level]; k++)
			update(due, level, k);
}

void spk_due_rebase(struct spk_due *due, double shift)
{
	for (size_t level = 0; level < due->n_levels; level++)
		for (size_t k = 0; k < due->n[level]; k++)
			due->t[level][k] -= shift;
}

static int run_entry(const struct run *run, size_t level, size_t k)
{
	double *t = &run->due->t[level][k];
	int rc = SPK_OK;

	if (level == 0) {
		while (!rc && *t < run->b)
			rc = run->step(run->context, k, *t, t);
		return rc;
	}
	if (!(*t < run->b))
		return SPK_OK;
	for (size_t child = FAN * k; !rc && child < last_child(run->due, level, k); child++)
		rc = run_entry(run, level - 1, child);
	update(run->due, level, k);
	return rc;
}

int spk_due_run(struct spk_due *due, double b,
	int (*step)(void *context, size_t k, double t, double *ret_next), void *context)
{
	const struct run run = {due, b, step, context};

	return due->n[0] ? run_entry(&run, due->n_levels - 1, 0) : SPK_OK;
}
