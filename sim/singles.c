#include "sim/singles.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 16 }; /* events that are sorted by insertion */

static int no_memory(struct spk_error *err)
{
	return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes on their way");
}

int spk_singles_init(struct spk_singles *s, size_t n_members, size_t n_cells, struct spk_error *err)
{
	memset(s, 0, sizeof *s);
	s->bins = calloc(n_members * n_cells + 1, sizeof *s->bins);
	s->open = calloc(n_members + 1, sizeof *s->open);
	if (!s->bins || !s->open) {
		spk_singles_clear(s);
		return no_memory(err);
	}
	s->n_cells = n_cells;
	s->n_members = n_members;
	return SPK_OK;
}

void spk_singles_clear(struct spk_singles *s)
{
	for (size_t k = 0; k < s->n_members * s->n_cells; k++)
		free(s->bins[k].items);
	for (size_t k = 0; k < s->n_members; k++) {
		free(s->open[k].t);
		free(s->open[k].weight);
		free(s->open[k].source);
		free(s->open[k].target);
	}
	free(s->bins);
	free(s->open);
	free(s->sorting[0].items);
	free(s->sorting[1].items);
	free(s->places);
	memset(s, 0, sizeof *s);
}

void spk_singles_empty(struct spk_singles *s)
{
	for (size_t k = 0; k < s->n_members * s->n_cells; k++)
		s->bins[k].n = 0;
	for (size_t k = 0; k < s->n_members; k++)
		s->open[k].n = s->open[k].next = 0;
}

void spk_singles_rebase(struct spk_singles *s, double shift)
{
	for (size_t k = 0; k < s->n_members * s->n_cells; k++)
		for (size_t i = 0; i < s->bins[k].n; i++)
			s->bins[k].items[i].t -= shift;
}

int spk_bin_reserve(struct spk_bin *bin, size_t n)
{
	if (n <= bin->capacity)
		return 1;
	const size_t twice = 2 * bin->capacity, least = n < 64 ? 64 : n;
	const size_t capacity = twice > least ? twice : least;
	struct spk_single *items = realloc(bin->items, capacity * sizeof *items);
	if (!items)
		return 0;
	bin->items = items;
	bin->capacity = capacity;
	return 1;
}

int spk_singles_send(struct spk_singles *s, const struct spk_lattice *lattice,
	const struct spk_single_row *row, struct spk_error *err)
{
	struct spk_bin *bins = s->bins + row->member * s->n_cells;
	const uint64_t mask = s->n_cells - 1;
	const uint8_t *code = row->code;
	uint32_t target = 0;

	for (size_t k = 0; k < row->n; k++) {
		const double t = row->t + (double)row->delay[k];
		struct spk_bin *bin = &bins[spk_lattice_cell(lattice, t) & mask];
		target += spk_target_decode(&code);
		if (bin->n == bin->capacity && !spk_bin_reserve(bin, bin->n + 1))
			return no_memory(err);
		bin->items[bin->n++] = (struct spk_single){.t = t,
			.weight = row->f32   ? (double)row->f32[k]
				  : row->f64 ? row->f64[k]
					     : row->shared,
			.source = row->source,
			.target = target};
	}
	return SPK_OK;
}

/* ---- Sorting ------------------------------------------------------------------------------------ */

static int comes_before(const struct spk_single *a, const struct spk_single *b)
{
	return a->t < b->t || (a->t == b->t && a->source < b->source);
}

static void insert_each(struct spk_single *items, size_t n)
{
	for (size_t k = 1; k < n; k++) {
		const struct spk_single x = items[k];
		size_t at = k;
		for (; at > 0 && comes_before(&x, &items[at - 1]); at--)
			items[at] = items[at - 1];
		items[at] = x;
	}
}

/* Stable, and of order n log n whatever the times. */
static void merge_sort(struct spk_single *items, size_t n, struct spk_single *scratch)
{
	const size_t half = n / 2;
	size_t left = 0, right = half;

	if (n <= FEW) {
		insert_each(items, n);
		return;
	}
	merge_sort(items, half, scratch);
	merge_sort(items + half, n - half, scratch);
	memcpy(scratch, items, half * sizeof *items);
	for (size_t k = 0; left < half; k++)
		items[k] = right < n && comes_before(&items[right], &scratch[left]) ? items[right++]
										    : scratch[left++];
}

/*
 * Stable sort of n events, not in sorting[1] and all in [start, start + length): shared out by time among as
 * many places as there are events, most of which get one or two. The place rises with the time. `from` is
 * used up.
 */
static struct spk_single *sort_events(
	struct spk_singles *s, size_t n, struct spk_single *from, double start, double length)
{
	struct spk_single *to = s->sorting[1].items;
	const double scale = (double)n / length;
	uint32_t *places = s->places; /* [n + 1] ends of places */

	if (n <= FEW) {
		insert_each(from, n);
		return from;
	}
	memset(places, 0, (n + 1) * sizeof *places);
	for (size_t k = 0; k < n; k++) {
		const size_t place = (size_t)((from[k].t - start) * scale);
		places[(place < n ? place : n - 1) + 1]++;
	}
	for (size_t k = 0; k < n; k++)
		places[k + 1] += places[k];
	for (size_t k = 0; k < n; k++) {
		const size_t place = (size_t)((from[k].t - start) * scale);
		to[places[place < n ? place : n - 1]++] = from[k];
	}
	for (size_t k = 0, first = 0; k < n; first = places[k++])
		if (places[k] > first + 1)
			merge_sort(to + first, places[k] - first, from);
	return to;
}

static int reserve_open(struct spk_singles *s, struct spk_open_bin *open, size_t n)
{
	if (n >= s->places_capacity) {
		uint32_t *places = realloc(s->places, 2 * (n + 1) * sizeof *places);
		if (!places)
			return 0;
		s->places = places;
		s->places_capacity = 2 * (n + 1);
	}
	if (!spk_bin_reserve(&s->sorting[0], n) || !spk_bin_reserve(&s->sorting[1], n))
		return 0;
	if (n <= open->capacity)
		return 1;
	double *t = realloc(open->t, 2 * n * sizeof *t);
	if (t)
		open->t = t;
	double *weight = realloc(open->weight, 2 * n * sizeof *weight);
	if (weight)
		open->weight = weight;
	uint32_t *source = realloc(open->source, 2 * n * sizeof *source);
	if (source)
		open->source = source;
	uint32_t *target = realloc(open->target, 2 * n * sizeof *target);
	if (target)
		open->target = target;
	if (!t || !weight || !source || !target)
		return 0;
	open->capacity = 2 * n;
	return 1;
}

/* Move the events before `end` from a bin to sorting[0]; later cells' stay. Their number. */
static size_t take_cell(struct spk_singles *s, struct spk_bin *bin, double end)
{
	size_t n = 0, kept = 0;

	for (size_t k = 0; k < bin->n; k++) {
		if (bin->items[k].t < end)
			s->sorting[0].items[n++] = bin->items[k];
		else
			bin->items[kept++] = bin->items[k];
	}
	bin->n = kept;
	return n;
}

static int is_all_before(const struct spk_bin *bin, double end)
{
	size_t n = 0;

	for (size_t k = 0; k < bin->n; k++)
		n += bin->items[k].t < end;
	return n == bin->n;
}

/* Write n sorted events from place `first` on. */
static void put_sorted(struct spk_open_bin *open, size_t first, size_t n, const struct spk_single *sorted)
{
	for (size_t k = 0; k < n; k++) {
		open->t[first + k] = sorted[k].t;
		open->weight[first + k] = sorted[k].weight;
		open->source[first + k] = sorted[k].source;
		open->target[first + k] = sorted[k].target;
	}
}

/* Move the events from place `at` on n places up. */
static void make_room(struct spk_open_bin *open, size_t at, size_t n)
{
	const size_t rest = open->n - at;

	memmove(open->t + at + n, open->t + at, rest * sizeof *open->t);
	memmove(open->weight + at + n, open->weight + at, rest * sizeof *open->weight);
	memmove(open->source + at + n, open->source + at, rest * sizeof *open->source);
	memmove(open->target + at + n, open->target + at, rest * sizeof *open->target);
	open->n += n;
}

void spk_singles_open(struct spk_singles *s, uint64_t cell)
{
	s->cell = cell;
	for (size_t k = 0; k < s->n_members; k++) {
		s->open[k].n = s->open[k].next = 0;
		s->open[k].is_filled = 0;
	}
}

static void append_others(struct spk_singles *s, size_t n, const struct spk_bin *others)
{
	if (others->n)
		memcpy(s->sorting[0].items + n, others->items, others->n * sizeof *others->items);
}

/* The first stretch of a cell: its events leave their bin. */
static int fill_open(
	struct spk_singles *s, const struct spk_lattice *lattice, size_t member, const struct spk_bin *others)
{
	struct spk_bin *bin = &s->bins[member * s->n_cells + (s->cell & (s->n_cells - 1))];
	struct spk_open_bin *open = &s->open[member];
	const double start = (double)(s->cell - lattice->epoch_cell) * lattice->cell_ms;
	const double end = (double)(s->cell - lattice->epoch_cell + 1) * lattice->cell_ms;

	open->is_filled = 1;
	if (bin->n + others->n == 0)
		return 1;
	if (!reserve_open(s, open, bin->n + others->n))
		return 0;
	struct spk_single *from = bin->items;
	if (others->n == 0 && is_all_before(bin, end)) { /* mostly: sorted from where they are */
		open->n = bin->n;
		bin->n = 0;
	} else {
		from = s->sorting[0].items;
		open->n = take_cell(s, bin, end);
		append_others(s, open->n, others);
		open->n += others->n;
	}
	put_sorted(open, 0, open->n, sort_events(s, open->n, from, start, lattice->cell_ms));
	return 1;
}

/* Another stretch of it. */
static int add_others(struct spk_singles *s, size_t member, double a, double b, const struct spk_bin *others)
{
	struct spk_open_bin *open = &s->open[member];
	const size_t first = open->next;
	size_t end = first;

	if (others->n == 0)
		return 1;
	if (!reserve_open(s, open, open->n + others->n))
		return 0;
	for (; end < open->n && open->t[end] < b; end++)
		s->sorting[0].items[end - first] = (struct spk_single){
			open->t[end], open->weight[end], open->source[end], open->target[end]};
	append_others(s, end - first, others);
	make_room(open, end, others->n);
	put_sorted(open, first, end - first + others->n,
		sort_events(s, end - first + others->n, s->sorting[0].items, a, b - a));
	return 1;
}

int spk_singles_begin(struct spk_singles *s, const struct spk_lattice *lattice, size_t member, double a,
	double b, const struct spk_bin *others, struct spk_error *err)
{
	const int ok = s->open[member].is_filled ? add_others(s, member, a, b, others)
						 : fill_open(s, lattice, member, others);

	return ok ? SPK_OK : no_memory(err);
}

struct spk_volley spk_singles_take(
	struct spk_singles *s, size_t member, double t, uint32_t source, size_t *ret_inputs)
{
	struct spk_open_bin *open = &s->open[member];
	const size_t first = open->next;
	size_t k = first, inputs = 0;

	for (; k < open->n && (open->t[k] < t || (open->t[k] == t && open->source[k] < source)); k++)
		inputs += open->source[k] == SPK_SINGLE_INPUT;
	open->next = k;
	*ret_inputs = inputs;
	return (struct spk_volley){.n = k - first,
		.t = open->t ? open->t + first : NULL,
		.target = open->target ? open->target + first : NULL,
		.weight = open->weight ? open->weight + first : NULL};
}
