/*
 * The event queues against one plain list each: the bytes are a script of sends, openings and takings. Every
 * entry comes out once, in its cell and in the total order. First byte: the calendar, single events, or the
 * heap of times.
 */
#include "models/math/time_heap.h"
#include "sim/calendar.h"
#include "sim/singles.h"
#include "sim/target_code.h"
#include "tests/fuzz/fuzz.h"

const unsigned long fuzz_cases = 50000;

enum { MAX_EVENTS = 4096, N_CELLS = 8, N_MEMBERS = 2, ROW = 5 };
static const double CELL = 0.75, GRID = 0.125;

/* An event as it was sent. */
struct sent {
	double t;
	uint64_t cell;
	uint32_t source, table, member, number;
	int taken;
};

static struct list {
	size_t n;
	struct sent items[MAX_EVENTS];
} list;

static struct sent *add(struct sent event)
{
	event.number = (uint32_t)list.n;
	list.items[list.n] = event;
	return &list.items[list.n++];
}

/* The plain order: time, source, table (0 where there is none), then as sent. */
static int comes_before(const struct sent *a, const struct sent *b)
{
	if (a->t != b->t)
		return a->t < b->t;
	if (a->source != b->source)
		return a->source < b->source;
	if (a->table != b->table)
		return a->table < b->table;
	return a->number < b->number;
}

/* The first event of a cell (and member) that has not been taken; NULL: none. */
static struct sent *first_left(uint64_t cell, uint32_t member)
{
	struct sent *first = NULL;

	for (size_t k = 0; k < list.n; k++) {
		struct sent *const x = &list.items[k];
		if (!x->taken && x->cell == cell && x->member == member && (!first || comes_before(x, first)))
			first = x;
	}
	return first;
}

/* ---- Calendar ----------------------------------------------------------------------------------- */

static void push_arrival(struct spk_calendar *calendar, struct fuzz_bytes *in, uint64_t cell, int now)
{
	struct spk_error err = {0};
	const double ahead = now ? 0 : CELL * (double)(1 + fuzz_number(in, 1) % 40);
	const double t = (double)cell * CELL + ahead + GRID * (double)(fuzz_number(in, 1) % 6);
	const uint64_t own = (uint64_t)(t / CELL);
	const struct sent *const sent = add((struct sent){.t = t,
		.cell = own,
		.source = (uint32_t)fuzz_number(in, 1) % 4,
		.table = (uint32_t)fuzz_number(in, 1) % 3});
	const struct spk_arrival arrival = {.t = t,
		.cell = own,
		.source = sent->source,
		.table = sent->table,
		.row = sent->number,
		.row_end = sent->number + 1,
		.weights = sent->number % 7 ? NULL : malloc(sizeof(double))};

	FUZZ_HOLDS((now ? spk_calendar_insert(calendar, 0, &arrival, &err)
			: spk_calendar_push(calendar, &arrival, &err)) == SPK_OK);
}

static void check_cell(const struct spk_calendar *calendar, uint64_t cell)
{
	for (size_t k = 0; k < calendar->open.n; k++) {
		struct sent *const want = first_left(cell, 0);
		FUZZ_HOLDS(want && calendar->open.items[k].row == want->number);
		FUZZ_HOLDS(calendar->open.items[k].t == want->t);
		want->taken = 1;
	}
	FUZZ_HOLDS(!first_left(cell, 0));
}

static void try_calendar(struct fuzz_bytes *in)
{
	struct spk_calendar calendar;
	struct spk_error err = {0};
	uint64_t cell = 0;

	FUZZ_HOLDS(spk_calendar_init(&calendar, (double)(fuzz_number(in, 1) % 30), &err) == SPK_OK);
	/* after the script all that is left comes out */
	for (uint64_t end = UINT64_MAX; cell < end; cell++) {
		FUZZ_HOLDS(spk_calendar_open(&calendar, cell, &err) == SPK_OK);
		spk_calendar_sort(&calendar);
		for (uint64_t n = fuzz_number(in, 1) % 8; in->left && n > 0 && list.n < MAX_EVENTS; n--)
			push_arrival(&calendar, in, cell, n % 4 == 3);
		check_cell(&calendar, cell);
		if (!in->left && end == UINT64_MAX)
			end = cell + 45;
	}
	for (size_t k = 0; k < list.n; k++)
		FUZZ_HOLDS(list.items[k].taken);
	spk_calendar_clear(&calendar);
}

/* ---- Single events ------------------------------------------------------------------------------ */

static void send_row(struct spk_singles *singles, const struct spk_lattice *lattice, struct fuzz_bytes *in)
{
	struct spk_error err = {0};
	const double start = (double)singles->cell * CELL;
	float delay[ROW];
	uint8_t code[ROW * SPK_CODE_BYTES];
	uint32_t last = 0;
	size_t n_bytes = 0;
	double weight[ROW];
	struct spk_single_row row = {.member = fuzz_number(in, 1) % N_MEMBERS,
		.t = start + GRID * (double)(fuzz_number(in, 1) % 6),
		.source = (uint32_t)fuzz_number(in, 1) % 4,
		.n = fuzz_number(in, 1) % (ROW + 1),
		.delay = delay,
		.code = code,
		.f64 = weight};

	for (size_t k = 0; k < row.n && list.n < MAX_EVENTS; k++) {
		delay[k] = (float)(CELL + GRID * (double)(fuzz_number(in, 1) % 120));
		const double t = row.t + (double)delay[k];
		const struct sent *const sent = add((struct sent){.t = t,
			.cell = (uint64_t)(t / CELL),
			.source = row.source,
			.member = (uint32_t)row.member});
		n_bytes += spk_target_encode(sent->number - last, code + n_bytes);
		last = sent->number;
		weight[k] = sent->number;
		row.n = list.n == MAX_EVENTS ? k + 1 : row.n;
	}
	FUZZ_HOLDS(spk_singles_send(singles, lattice, &row, &err) == SPK_OK);
}

/* Input events of a stretch [a, b), which join those that are there. */
static void make_inputs(struct fuzz_bytes *in, uint32_t member, double a, double b, struct spk_bin *inputs)
{
	inputs->n = 0;
	for (uint64_t n = fuzz_number(in, 1) % 4; n > 0 && list.n < MAX_EVENTS; n--) {
		const double t = a + GRID * (double)(fuzz_number(in, 1) % 6);
		if (t >= b)
			continue;
		const struct sent *const sent = add((struct sent){
			.t = t, .cell = (uint64_t)(t / CELL), .source = SPK_SINGLE_INPUT, .member = member});
		FUZZ_HOLDS(spk_bin_reserve(inputs, inputs->n + 1));
		inputs->items[inputs->n++] = (struct spk_single){
			.t = t, .weight = sent->number, .source = SPK_SINGLE_INPUT, .target = sent->number};
	}
}

/* All events onto a population before (t, source), in order. */
static void take(struct spk_singles *singles, uint32_t member, double t, uint32_t source)
{
	size_t inputs = 0, seen = 0;
	const struct spk_volley volley = spk_singles_take(singles, member, t, source, &inputs);

	for (size_t k = 0; k < volley.n; k++) {
		struct sent *const want = first_left(singles->cell, member);
		FUZZ_HOLDS(want && volley.target[k] == want->number && volley.t[k] == want->t);
		FUZZ_HOLDS(volley.weight[k] == (double)want->number);
		want->taken = 1;
		seen += want->source == SPK_SINGLE_INPUT;
	}
	FUZZ_HOLDS(seen == inputs);
	const struct sent *const next = first_left(singles->cell, member);
	FUZZ_HOLDS(!next || next->t > t || (next->t == t && next->source >= source));
}

/* A cell in two stretches. */
static void run_cell(struct spk_singles *singles, const struct spk_lattice *lattice, struct fuzz_bytes *in,
	struct spk_bin *inputs)
{
	struct spk_error err = {0};
	const double a = (double)singles->cell * CELL, b = a + CELL;

	for (uint32_t member = 0; member < N_MEMBERS; member++) {
		const double middle = a + GRID * (double)(1 + fuzz_number(in, 1) % 5);
		make_inputs(in, member, a, middle, inputs);
		FUZZ_HOLDS(spk_singles_begin(singles, lattice, member, a, middle, inputs, &err) == SPK_OK);
		take(singles, member, a + GRID * (double)(fuzz_number(in, 1) % 2),
			(uint32_t)fuzz_number(in, 1) % 5);
		take(singles, member, middle, 0);
		make_inputs(in, member, middle, b, inputs);
		FUZZ_HOLDS(spk_singles_begin(singles, lattice, member, middle, b, inputs, &err) == SPK_OK);
		take(singles, member, b, 0);
		FUZZ_HOLDS(!first_left(singles->cell, member));
	}
}

static void try_singles(struct fuzz_bytes *in)
{
	const struct spk_lattice lattice = spk_lattice_of(CELL);
	struct spk_singles singles;
	struct spk_bin inputs = {0};
	struct spk_error err = {0};
	uint64_t cell = 0;

	FUZZ_HOLDS(spk_singles_init(&singles, N_MEMBERS, N_CELLS, &err) == SPK_OK);
	for (uint64_t end = UINT64_MAX; cell < end; cell++) {
		spk_singles_open(&singles, cell);
		run_cell(&singles, &lattice, in, &inputs);
		for (uint64_t n = fuzz_number(in, 1) % 6; in->left && n > 0; n--)
			send_row(&singles, &lattice, in);
		if (!in->left && end == UINT64_MAX)
			end = cell + 25;
	}
	for (size_t k = 0; k < list.n; k++)
		FUZZ_HOLDS(list.items[k].taken);
	free(inputs.items);
	spk_singles_clear(&singles);
}

/* ---- Heap of times ------------------------------------------------------------------------------ */

static void pop_entry(struct spk_time_heap *heap)
{
	const double top = heap->items[0].t;
	const struct spk_time_entry entry = spk_time_heap_pop(heap);

	FUZZ_HOLDS(entry.t == top && entry.number < list.n);
	FUZZ_HOLDS(!list.items[entry.number].taken && list.items[entry.number].t == entry.t);
	list.items[entry.number].taken = 1;
	for (size_t k = 0; k < list.n; k++)
		FUZZ_HOLDS(list.items[k].taken || list.items[k].t >= entry.t);
}

static void try_heap(struct fuzz_bytes *in)
{
	struct spk_time_heap heap = {0};

	while (in->left) {
		const uint64_t what = fuzz_number(in, 1);
		if (what % 3 && list.n < MAX_EVENTS) {
			const double t = GRID * (double)(fuzz_number(in, 1) % 100);
			spk_time_heap_push(&heap, t, add((struct sent){.t = t})->number);
		} else if (heap.n) {
			pop_entry(&heap);
		}
	}
	while (heap.n)
		pop_entry(&heap);
	for (size_t k = 0; k < list.n; k++)
		FUZZ_HOLDS(list.items[k].taken);
	spk_time_heap_clear(&heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = {data, size < MAX_EVENTS ? size : MAX_EVENTS};
	const uint64_t what = fuzz_number(&bytes, 1) % 3;

	list.n = 0;
	if (what == 0)
		try_calendar(&bytes);
	else if (what == 1)
		try_singles(&bytes);
	else
		try_heap(&bytes);
	return 0;
}
