/**
 * The wire between ranks: what sim/ranks.c asks of the library that connects processes.
 *
 * All ranks call the same functions in the same order. A failure of the wire itself ends all of them at once.
 */
#ifndef SPK_SIM_RANKS_WIRE_H
#define SPK_SIM_RANKS_WIRE_H

#include <stddef.h>

#include <spikem/status.h>

struct spk_wire {
	unsigned number, count;
	/** Bring the n bytes of each rank to all, one after the other. Returns at once; both buffers belong
	 * to the wire until `finish` has waited. */
	void (*begin)(struct spk_wire *wire, size_t n, const void *bytes, void *ret_all);
	void (*finish)(struct spk_wire *wire);
	/** The same at once, of sizes[count] bytes, each to its place in ret_all. */
	void (*share)(
		struct spk_wire *wire, const void *bytes, const int *sizes, const int *places, void *ret_all);
	/** The same at rank 0 alone. */
	void (*gather)(
		struct spk_wire *wire, const void *bytes, const int *sizes, const int *places, void *ret_all);
	/** Bring n bytes of one rank to all. */
	void (*tell)(struct spk_wire *wire, unsigned from, size_t n, void *bytes);
	/** Wait for the others, part, free the wire. */
	void (*close)(struct spk_wire *wire);
};

/** Connect with the other ranks. Errors: SPK_E_NOMEM, SPK_E_IO, SPK_E_INVALID (no way to them). */
int spk_wire_open(struct spk_wire **ret_wire, struct spk_error *err);

#endif
