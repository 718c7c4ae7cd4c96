/*
 * The event queue against a binary heap, on random scripts of pushes, openings and moves of the epoch.
 */
#include "tests/test.h"

#include "sim/calendar.h"

static const double CELL = 0.75;

struct heap {
	size_t n, capacity;
	struct spk_arrival *items;
};

/* The order that the header promises, written down anew. */
static int comes_before(const struct spk_arrival *a, const struct spk_arrival *b)
{
	if (a->t != b->t)
		return a->t < b->t;
	if (a->source != b->source)
		return a->source < b->source;
	return a->table != b->table ? a->table < b->table : a->row < b->row;
}

static void heap_push(struct heap *h, const struct spk_arrival *x)
{
	if (h->n == h->capacity) {
		h->capacity = 2 * h->capacity + 64;
		h->items = realloc(h->items, h->capacity * sizeof *h->items);
	}
	size_t k = h->n++;
	for (; k > 0 && comes_before(x, &h->items[(k - 1) / 2]); k = (k - 1) / 2)
		h->items[k] = h->items[(k - 1) / 2];
	h->items[k] = *x;
}

static struct spk_arrival heap_pop(struct heap *h)
{
	const struct spk_arrival top = h->items[0], last = h->items[--h->n];
	size_t k = 0;
	for (size_t child; (child = 2 * k + 1) < h->n; k = child) {
		child += child + 1 < h->n && comes_before(&h->items[child + 1], &h->items[child]);
		if (!comes_before(&h->items[child], &last))
			break;
		h->items[k] = h->items[child];
	}
	h->items[k] = last;
	return top;
}

struct script {
	struct spk_calendar calendar;
	struct heap heap;
	uint64_t epoch_cell, cell; /* of the epoch; at work */
	uint32_t serial;
};

/* An arrival some cells ahead; times on a coarse grid make ties. */
static struct spk_arrival make_arrival(struct script *s, uint64_t *seed, double furthest)
{
	const double now = (double)(s->cell - s->epoch_cell) * CELL;
	struct spk_arrival a = {.source = (uint32_t)(test_random(seed) % 5),
		.table = (uint32_t)(test_random(seed) % 3),
		.row = s->serial++};
	a.t = now + CELL + floor(test_uniform(seed, 0, furthest) * 8) / 8;
	a.cell = s->epoch_cell + (uint64_t)(a.t / CELL);
	if (test_random(seed) % 4 == 0)
		a.weights = calloc(2, sizeof *a.weights); /* owned by the queue until taken out */
	return a;
}

static void check_cell(struct script *s)
{
	const double end = (double)(s->cell + 1 - s->epoch_cell) * CELL;
	CHECK(spk_calendar_open(&s->calendar, s->cell, NULL) == SPK_OK);
	spk_calendar_sort(&s->calendar);
	const struct spk_cell *open = &s->calendar.open;
	size_t k = 0;
	for (; s->heap.n > 0 && s->heap.items[0].t < end; k++) {
		const struct spk_arrival want = heap_pop(&s->heap);
		if (!CHECK(k < open->n && open->items[k].row == want.row && open->items[k].t == want.t))
			return;
	}
	CHECK(k == open->n);
}

static void the_calendar_is_a_heap(void)
{
	PROPERTY(40, seed)
	{
		struct script s = {0};
		const double furthest = test_uniform(&seed, 1, 30) * (test_random(&seed) % 4 ? 1 : 200);
		/* too short a ring makes cells share a place */
		const double span = test_random(&seed) % 2 ? furthest / CELL : 3;
		CHECK(spk_calendar_init(&s.calendar, span, NULL) == SPK_OK);
		for (int round = 0; round < 300; round++, s.cell++) {
			check_cell(&s);
			for (uint64_t n = test_random(&seed) % 40; n > 0; n--) {
				const struct spk_arrival a = make_arrival(&s, &seed, furthest);
				CHECK(spk_calendar_push(&s.calendar, &a, NULL) == SPK_OK);
				heap_push(&s.heap, &a);
			}
			if (test_random(&seed) % 10 != 0)
				continue;
			const uint64_t cells = s.cell + 1 - s.epoch_cell; /* the next cell starts at 0 */
			spk_calendar_rebase(&s.calendar, (double)cells * CELL);
			for (size_t k = 0; k < s.heap.n; k++)
				s.heap.items[k].t -= (double)cells * CELL;
			s.epoch_cell += cells;
		}
		CHECK(s.serial > 1000);
		if (test_random(&seed) % 2) {
			spk_calendar_empty(&s.calendar);
			s.heap.n = 0;
			check_cell(&s);
		}
		spk_calendar_clear(&s.calendar);
		free(s.heap.items);
	}
}

static void insertion_keeps_the_order(void)
{
	PROPERTY(20, seed)
	{
		struct script s = {0};
		CHECK(spk_calendar_init(&s.calendar, 4, NULL) == SPK_OK);
		for (int k = 0; k < 50; k++) {
			struct spk_arrival a = make_arrival(&s, &seed, 0.7);
			CHECK(spk_calendar_add_open(&s.calendar, &a, NULL) == SPK_OK);
		}
		spk_calendar_sort(&s.calendar);
		for (int k = 0; k < 50; k++) {
			struct spk_arrival a = make_arrival(&s, &seed, 0.7);
			CHECK(spk_calendar_insert(&s.calendar, 0, &a, NULL) == SPK_OK);
		}
		CHECK(s.calendar.open.n == 100);
		for (size_t k = 1; k < s.calendar.open.n; k++)
			CHECK(!comes_before(&s.calendar.open.items[k], &s.calendar.open.items[k - 1]));
		spk_calendar_clear(&s.calendar);
	}
}

TEST_MAIN(TEST(the_calendar_is_a_heap), TEST(insertion_keeps_the_order))
