/* Training: epochs of minibatches, losses and J after each, a checkpoint. */
#include <math.h>
#include <stdlib.h>

#include "models/stack/noise.h"
#include "sim/stack_job.h"

enum { MAX_MINIBATCH = 1 << 16 }; /* the noise of an update has so many streams, one an item */

/* Sums of an epoch. */
struct loss {
	double encoder[SPK_STACK_MAX_LAYERS - 1], decoder[SPK_STACK_MAX_LAYERS - 1];
};

/* ---- Before training ---------------------------------------------------------------------------- */

int spk_stack_first_net(const struct spk_stack_job *job, struct spk_net *ret_net, struct spk_error *err)
{
	struct spk_stack_items items = job->training;
	struct spk_net net = {0};
	int rc = spk_net_init(job->stack, job->scenario->seed, &net, err);
	float *rows = NULL;

	items.n = items.n < SPK_STACK_PROBE ? items.n : SPK_STACK_PROBE;
	if (!rc) {
		rows = spk_stack_rows(job->data, &items);
		rc = rows ? spk_net_centre(&job->parallel, job->stack, items.n, rows, &net, err)
			  : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu items", items.n);
	}
	free(rows);
	if (rc)
		spk_net_clear(&net);
	else
		*ret_net = net;
	return rc;
}

int spk_stack_start(struct spk_stack_job *job, struct spk_error *err)
{
	const size_t rows = (size_t)job->stack->training.epochs + 1;
	int rc = spk_stack_first_net(job, &job->net, err);

	job->n_columns = 2 * job->net.n_layers + 1;
	if (!rc) /* another seed: weights that have nothing to do with those of the net */
		rc = spk_net_init(job->stack, ~job->scenario->seed, &job->random, err);
	if (!rc)
		rc = spk_learner_init(job->stack, &job->net, job->scenario->seed, &job->learner, err);
	job->history = rc ? NULL : malloc(rows * job->n_columns * sizeof *job->history);
	if (!rc && !job->history)
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the history of %zu epochs", rows);
	return rc;
}

/* ---- J during training -------------------------------------------------------------------------- */

/* Items on which J is followed: the first of the split of the ascent, or else of training. */
static int probe_items(
	const struct spk_stack_job *job, struct spk_stack_items *ret_items, struct spk_error *err)
{
	const struct spk_stack *stack = job->stack;
	const size_t split = stack->ascent.on ? stack->ascent.split : stack->training.split;
	const int rc = spk_stack_items_init(job->data, split, ret_items, err);

	if (!rc && ret_items->n > SPK_STACK_PROBE)
		ret_items->n = SPK_STACK_PROBE;
	return rc;
}

static double sum_of(size_t n, const double *values)
{
	double sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += values[k];
	return sum;
}

/* Mean J before and after inference. */
static int read_objective(struct spk_stack_job *job, double ret_mean[2], struct spk_error *err)
{
	struct spk_stack_items items = {0};
	struct spk_stack_probe probe = {0};
	double before = 0, after = 0;
	int rc = probe_items(job, &items, err);

	if (!rc && job->stack->objective_prior)
		rc = spk_stack_fit_prior(job, &items, SPK_STACK_SUB_PROBE, 0, err);
	if (!rc)
		rc = spk_stack_probe_init(job, &job->net, &probe, err);
	for (size_t first = 0; !rc && first < items.n; first += probe.batch.n) {
		struct spk_rng noise = spk_stack_noise(job, SPK_STACK_SUB_PROBE, first);
		probe.batch.n = items.n - first < SPK_STACK_BATCH ? items.n - first : SPK_STACK_BATCH;
		spk_stack_gather(job->data, &items, first, probe.batch.n, probe.batch.h[0]);
		spk_encode(&job->parallel, &job->net, &probe.batch);
		spk_stack_probe_read(job, &probe);
		before += sum_of(probe.batch.n, probe.total);
		for (uint64_t k = 0; k < job->stack->inference.steps; k++)
			spk_infer_step(&job->parallel, &job->net, &job->stack->inference, job->random.decoder,
				&noise, &probe.batch);
		spk_stack_probe_read(job, &probe);
		after += sum_of(probe.batch.n, probe.total);
	}
	ret_mean[0] = before / (double)items.n;
	ret_mean[1] = after / (double)items.n;
	spk_stack_probe_clear(&probe);
	spk_stack_items_clear(&items);
	return rc;
}

/* Row of the history after job->epochs epochs; NULL: no losses, before training. */
static int note_epoch(struct spk_stack_job *job, const struct loss *loss, struct spk_error *err)
{
	const size_t maps = job->net.n_layers - 1;
	double *row = job->history + job->epochs * job->n_columns;

	row[0] = (double)job->epochs;
	for (size_t l = 0; l < maps; l++) {
		row[1 + l] = loss ? loss->encoder[l] / (double)job->training.n : (double)NAN;
		row[1 + maps + l] = loss ? loss->decoder[l] / (double)job->training.n : (double)NAN;
	}
	return read_objective(job, row + 1 + 2 * maps, err);
}

/* ---- Epochs ------------------------------------------------------------------------------------- */

/* Weights that are no numbers any more make every later figure void: better an end with a reason. */
static int check_loss(const struct spk_stack_job *job, const struct spk_learn_loss *loss, uint64_t epoch,
	struct spk_error *err)
{
	for (size_t l = 0; l + 1 < job->net.n_layers; l++)
		if (!isfinite(loss->encoder[l]) || !isfinite(loss->decoder[l]))
			return spk_fail(err, SPK_E_NUMERIC,
				"training diverged in epoch %llu: the loss between %s and %s is not finite; "
				"try smaller steps or a smaller gain",
				(unsigned long long)epoch + 1, job->stack->layers[l].name,
				job->stack->layers[l + 1].name);
	return SPK_OK;
}

static int run_epoch(struct spk_stack_job *job, struct spk_batch *batch, struct spk_stack_items *order,
	struct loss *sum, struct spk_error *err)
{
	const uint64_t epoch = job->epochs, n = job->training.n;
	struct spk_rng rng =
		spk_rng_stream(job->scenario->seed, SPK_RNG_ORDER, SPK_STACK_SUB_TRAINING, epoch);
	int rc = SPK_OK;

	*sum = (struct loss){{0}, {0}};
	for (size_t k = 0; k < order->n; k++)
		order->index[k] = job->training.index[k];
	spk_rng_shuffle(&rng, order->n, order->index);
	for (size_t first = 0; !rc && first < order->n; first += batch->n) {
		struct spk_rng noise =
			spk_stack_noise(job, SPK_STACK_SUB_TRAINING, job->learner.updates * MAX_MINIBATCH);
		struct spk_learn_loss loss = {{0}, {0}};
		batch->n = order->n - first < batch->room ? order->n - first : batch->room;
		spk_stack_gather(job->data, order, first, batch->n, batch->h[0]);
		if (job->stack->training.infer_from_corrupted)
			spk_noise_add(&job->parallel, &noise, job->stack->layers[0].corruption, batch->n,
				job->net.size[0], batch->h[0], batch->h[0]);
		spk_infer(&job->parallel, &job->net, &job->stack->inference, job->random.decoder, &noise,
			batch);
		if (job->stack->training.infer_from_corrupted) /* to learn from the item itself */
			spk_stack_gather(job->data, order, first, batch->n, batch->h[0]);
		spk_learn(&job->parallel, &job->learner, &job->net, epoch, batch, &loss);
		for (size_t l = 0; l + 1 < job->net.n_layers; l++) {
			sum->encoder[l] += loss.encoder[l] * (double)batch->n;
			sum->decoder[l] += loss.decoder[l] * (double)batch->n;
		}
		rc = check_loss(job, &loss, epoch, err);
		if (!rc)
			rc = spk_stack_tick(job, epoch * n + first, job->stack->training.epochs * n, err);
	}
	return rc;
}

static int train_epochs(struct spk_stack_job *job, struct spk_batch *batch, struct spk_stack_items *order,
	struct spk_error *err)
{
	int rc = SPK_OK;

	while (!rc && job->epochs < job->stack->training.epochs) {
		struct loss loss;
		rc = run_epoch(job, batch, order, &loss, err);
		if (rc)
			break;
		job->epochs++;
		rc = note_epoch(job, &loss, err);
		if (!rc)
			rc = spk_stack_write_epoch(job, job->epochs, err);
		if (!rc && job->options->checkpoint)
			rc = spk_stack_save(job, err);
		job->meter.last_s = 0; /* a stop that is wanted comes here, right after a checkpoint */
		if (!rc)
			rc = spk_stack_tick(job, job->epochs, job->stack->training.epochs, err);
	}
	return rc;
}

/* before: epochs that a checkpoint brought */
static void report_training(const struct spk_stack_job *job, uint64_t before, double seconds)
{
	const double *first = job->history, *last = job->history + job->epochs * job->n_columns;
	const size_t start = job->n_columns - 2, inferred = job->n_columns - 1;

	fprintf(job->report, "training          %llu epochs of %zu items, ", (unsigned long long)job->epochs,
		job->training.n);
	if (before > 0)
		fprintf(job->report, "the last %llu in ", (unsigned long long)(job->epochs - before));
	fprintf(job->report, "%.1f s\n", seconds);
	fprintf(job->report, "  J               untrained %.4g -> %.4g by inference, trained %.4g -> %.4g\n",
		first[start], first[inferred], last[start], last[inferred]);
}

int spk_stack_train(struct spk_stack_job *job, struct spk_error *err)
{
	const double start_s = spk_stack_clock();
	const size_t minibatch = (size_t)job->stack->training.minibatch;
	const uint64_t before = job->epochs;
	struct spk_stack_items order = {0};
	struct spk_batch batch = {0};
	int rc = spk_stack_items_init(job->data, job->stack->training.split, &order, err);

	spk_stack_stage(job, "training", spk_stack_work_training(job));
	if (!rc)
		rc = spk_batch_init(&job->net, minibatch < order.n ? minibatch : order.n, &batch, err);
	if (!rc && job->epochs == 0) {
		rc = note_epoch(job, NULL, err);
		if (!rc)
			rc = spk_stack_write_epoch(job, 0, err);
	}
	if (!rc)
		rc = train_epochs(job, &batch, &order, err);
	if (!rc) {
		report_training(job, before, spk_stack_clock() - start_s);
		rc = spk_stack_seconds(job, "training_s", spk_stack_clock() - start_s, err);
	}
	spk_batch_clear(&batch);
	spk_stack_items_clear(&order);
	return rc;
}
