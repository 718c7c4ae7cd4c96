#include "sim/exchange.h"

#include <stdlib.h>
#include <string.h>

enum { SPIKE_BYTES = sizeof(double) + sizeof(uint32_t) };

void spk_exchange_clear(struct spk_exchange *x)
{
	free(x->message);
	free(x->others);
	memset(x, 0, sizeof *x);
}

/* All times, then all ids. */
static void pack(size_t n, const struct spk_fired *fired, unsigned char *message)
{
	double *t = (void *)message;
	uint32_t *id = (void *)(message + n * sizeof *t);

	for (size_t k = 0; k < n; k++) {
		t[k] = fired[k].t;
		id[k] = fired[k].id;
	}
}

static void unpack(const struct spk_part *part, struct spk_fired *ret_fired)
{
	const size_t n = part->n / SPIKE_BYTES;
	const double *t = part->data;
	const uint32_t *id = (const void *)(t + n);

	for (size_t k = 0; k < n; k++)
		ret_fired[k] = (struct spk_fired){t[k], id[k]};
}

int spk_exchange_begin(struct spk_exchange *x, size_t n, const struct spk_fired *fired, struct spk_error *err)
{
	const size_t bytes = n * SPIKE_BYTES;

	if (!x->ranks)
		return SPK_OK;
	if (bytes > x->message_capacity) {
		unsigned char *message = realloc(x->message, 2 * bytes);
		if (!message)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes");
		x->message = message;
		x->message_capacity = 2 * bytes;
	}
	pack(n, fired, x->message);
	spk_ranks_share_begin(x->ranks, bytes, x->message, &x->parts);
	return SPK_OK;
}

static int reserve_others(struct spk_exchange *x, size_t n, struct spk_error *err)
{
	if (n <= x->capacity)
		return SPK_OK;
	struct spk_fired *others = realloc(x->others, 2 * n * sizeof *others);
	if (!others)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for spikes");
	x->others = others;
	x->capacity = 2 * n;
	return SPK_OK;
}

int spk_exchange_end(
	struct spk_exchange *x, size_t *ret_n, const struct spk_fired **ret_others, struct spk_error *err)
{
	const unsigned own = spk_ranks_number(x->ranks);
	size_t n = 0;
	int rc = x->ranks ? spk_ranks_share_end(x->ranks, &x->parts, err) : SPK_OK;

	for (unsigned k = 0; !rc && x->ranks && k < x->parts.n; k++)
		n += k == own ? 0 : x->parts.part[k].n / SPIKE_BYTES;
	if (!rc)
		rc = reserve_others(x, n, err);
	n = 0;
	for (unsigned k = 0; !rc && x->ranks && k < x->parts.n; k++)
		if (k != own) {
			unpack(&x->parts.part[k], x->others + n);
			n += x->parts.part[k].n / SPIKE_BYTES;
		}
	*ret_n = n;
	*ret_others = x->others;
	return rc;
}
