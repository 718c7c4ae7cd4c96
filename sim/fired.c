#include "sim/fired.h"

#include <string.h>

static int is_before(const struct spk_fired *a, const struct spk_fired *b)
{
	return a->t < b->t || (a->t == b->t && a->id < b->id);
}

static void insertion_sort(struct spk_fired *items, size_t n)
{
	for (size_t k = 1; k < n; k++) {
		const struct spk_fired x = items[k];
		size_t at = k;
		for (; at > 0 && is_before(&x, &items[at - 1]); at--)
			items[at] = items[at - 1];
		items[at] = x;
	}
}

void spk_fired_merge(size_t n_left, size_t n, const struct spk_fired *from, struct spk_fired *ret_to)
{
	for (size_t left = 0, right = n_left; left < n_left || right < n; ret_to++)
		*ret_to = left == n_left || (right < n && is_before(&from[right], &from[left]))
				  ? from[right++]
				  : from[left++];
}

/* A cell of a network has few spikes, which the C library sorts through calls. */
void spk_fired_sort(size_t n, struct spk_fired *items, struct spk_fired *scratch)
{
	enum { FEW = 24 };

	if (n <= FEW) {
		insertion_sort(items, n);
		return;
	}
	spk_fired_sort(n / 2, items, scratch);
	spk_fired_sort(n - n / 2, items + n / 2, scratch);
	memcpy(scratch, items, n * sizeof *items);
	spk_fired_merge(n / 2, n, scratch, items);
}
