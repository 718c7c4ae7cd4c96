/** The spikes of a cell on their way between ranks: 12 bytes each, while the own ones are put to work. */
#ifndef SPK_SIM_EXCHANGE_H
#define SPK_SIM_EXCHANGE_H

#include "sim/partition.h"
#include "sim/ranks.h"

struct spk_exchange {
	struct spk_ranks *ranks; /**< lent */
	struct spk_parts parts;
	size_t message_capacity, capacity;
	unsigned char *message;
	struct spk_fired *others;
};

/** Send the spikes of this rank, sorted by time, then id. Errors: SPK_E_NOMEM; then nothing was sent. */
int spk_exchange_begin(
	struct spk_exchange *exchange, size_t n, const struct spk_fired *fired, struct spk_error *err);
/** Wait for those of the others: one sorted list after the other, lent until the next call. */
int spk_exchange_end(struct spk_exchange *exchange, size_t *ret_n, const struct spk_fired **ret_others,
	struct spk_error *err);
void spk_exchange_clear(struct spk_exchange *exchange);

#endif
