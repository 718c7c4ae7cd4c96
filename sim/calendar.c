#include "sim/calendar.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CELLS = 4096 };

int spk_calendar_init(struct spk_calendar *calendar, double span, struct spk_error *err)
{
	size_t n = 4;

	while (n < MAX_CELLS && (double)n < span + 2)
		n *= 2;
	memset(calendar, 0, sizeof *calendar);
	calendar->cells = calloc(n, sizeof *calendar->cells);
	if (!calendar->cells)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the event queue");
	calendar->n_cells = n;
	return SPK_OK;
}

static void empty_cell(struct spk_cell *cell)
{
	for (size_t k = 0; k < cell->n; k++)
		if (cell->items[k].weights)
			free(cell->items[k].weights);
	cell->n = 0;
}

void spk_calendar_empty(struct spk_calendar *calendar)
{
	for (size_t k = 0; k < calendar->n_cells; k++)
		empty_cell(&calendar->cells[k]);
	empty_cell(&calendar->open);
}

void spk_calendar_clear(struct spk_calendar *calendar)
{
	spk_calendar_empty(calendar);
	for (size_t k = 0; k < calendar->n_cells; k++)
		free(calendar->cells[k].items);
	free(calendar->cells);
	free(calendar->open.items);
	free(calendar->late.items);
	memset(calendar, 0, sizeof *calendar);
}

static int append(struct spk_cell *cell, const struct spk_arrival *arrival, struct spk_error *err)
{
	if (cell->n == cell->capacity) {
		const size_t capacity = cell->capacity ? 2 * cell->capacity : 64;
		struct spk_arrival *items = realloc(cell->items, capacity * sizeof *items);
		if (!items)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for the event queue");
		cell->items = items;
		cell->capacity = capacity;
	}
	cell->items[cell->n++] = *arrival;
	return SPK_OK;
}

int spk_calendar_push(struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err)
{
	return append(&calendar->cells[arrival->cell & (calendar->n_cells - 1)], arrival, err);
}

int spk_calendar_add_open(
	struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err)
{
	return append(&calendar->open, arrival, err);
}

int spk_arrival_compare(const void *left, const void *right)
{
	const struct spk_arrival *a = left, *b = right;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

void spk_calendar_sort(struct spk_calendar *calendar)
{
	struct spk_arrival *items = calendar->open.items;
	const size_t n = calendar->open.n;
	size_t k = 1;

	/* spikes were sent in order of time: where all delays are equal there is nothing to sort */
	while (k < n && spk_arrival_compare(&items[k - 1], &items[k]) <= 0)
		k++;
	if (k < n)
		qsort(items, n, sizeof *items, spk_arrival_compare);
}

int spk_calendar_late(struct spk_calendar *calendar, const struct spk_arrival *arrival, struct spk_error *err)
{
	return append(&calendar->late, arrival, err);
}

int spk_calendar_insert(
	struct spk_calendar *calendar, size_t first, const struct spk_arrival *arrival, struct spk_error *err)
{
	const int rc = append(&calendar->open, arrival, err);
	struct spk_arrival *items = calendar->open.items;

	if (rc)
		return rc;
	size_t k = calendar->open.n - 1;
	for (; k > first && spk_arrival_compare(arrival, &items[k - 1]) < 0; k--)
		items[k] = items[k - 1];
	items[k] = *arrival;
	return SPK_OK;
}

static int is_all_of(const struct spk_cell *entries, uint64_t cell)
{
	for (size_t k = 0; k < entries->n; k++)
		if (entries->items[k].cell != cell)
			return 0;
	return 1;
}

int spk_calendar_open(struct spk_calendar *calendar, uint64_t cell, struct spk_error *err)
{
	struct spk_cell *from = &calendar->cells[cell & (calendar->n_cells - 1)];
	size_t kept = 0;
	int rc = SPK_OK;

	empty_cell(&calendar->open);
	if (is_all_of(from, cell)) { /* mostly: the two change places */
		const struct spk_cell emptied = calendar->open;
		calendar->open = *from;
		*from = emptied;
		return SPK_OK;
	}
	for (size_t k = 0; k < from->n; k++) {
		const int stays = rc || from->items[k].cell != cell;
		if (!stays)
			rc = append(&calendar->open, &from->items[k], err);
		if (stays || rc)
			from->items[kept++] = from->items[k];
	}
	from->n = kept;
	return rc;
}

static void rebase_cell(struct spk_cell *cell, double shift)
{
	for (size_t k = 0; k < cell->n; k++)
		cell->items[k].t -= shift;
}

void spk_calendar_rebase(struct spk_calendar *calendar, double shift)
{
	for (size_t k = 0; k < calendar->n_cells; k++)
		rebase_cell(&calendar->cells[k], shift);
	rebase_cell(&calendar->open, shift);
}
