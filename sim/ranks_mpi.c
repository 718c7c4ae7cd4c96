/*
 * The wire made of MPI, the only file that knows it; ranks_none.c stands in its place in a build without MPI.
 * MPI's own errors end all ranks, with its message: that is its default.
 */
#include <mpi.h>
#include <stdlib.h>

#include "sim/ranks_wire.h"

struct wire {
	struct spk_wire base; /* first */
	MPI_Comm all;
	MPI_Request request;
	int is_ours; /* MPI was started here, and ends here */
};

static void begin(struct spk_wire *wire, size_t n, const void *bytes, void *ret_all)
{
	struct wire *w = (struct wire *)wire;

	MPI_Iallgather(bytes, (int)n, MPI_BYTE, ret_all, (int)n, MPI_BYTE, w->all, &w->request);
}

static void finish(struct spk_wire *wire)
{
	MPI_Wait(&((struct wire *)wire)->request, MPI_STATUS_IGNORE);
}

static void share(
	struct spk_wire *wire, const void *bytes, const int *sizes, const int *places, void *ret_all)
{
	MPI_Allgatherv(bytes, sizes[wire->number], MPI_BYTE, ret_all, sizes, places, MPI_BYTE,
		((struct wire *)wire)->all);
}

static void gather(
	struct spk_wire *wire, const void *bytes, const int *sizes, const int *places, void *ret_all)
{
	MPI_Gatherv(bytes, sizes[wire->number], MPI_BYTE, ret_all, sizes, places, MPI_BYTE, 0,
		((struct wire *)wire)->all);
}

static void tell(struct spk_wire *wire, unsigned from, size_t n, void *bytes)
{
	MPI_Bcast(bytes, (int)n, MPI_BYTE, (int)from, ((struct wire *)wire)->all);
}

static void close_wire(struct spk_wire *wire)
{
	struct wire *w = (struct wire *)wire;

	MPI_Barrier(w->all); /* a process that ends early may take the others with it */
	MPI_Comm_free(&w->all);
	if (w->is_ours)
		MPI_Finalize();
	free(w);
}

int spk_wire_open(struct spk_wire **ret_wire, struct spk_error *err)
{
	int there = 0, gone = 0, level, number, count;
	struct wire *w = calloc(1, sizeof *w);

	if (!w)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	MPI_Initialized(&there);
	MPI_Finalized(&gone);
	if (gone || (!there && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)) {
		free(w);
		return spk_fail(err, SPK_E_IO, gone ? "MPI has ended already" : "cannot start MPI");
	}
	w->is_ours = !there;
	MPI_Comm_dup(MPI_COMM_WORLD, &w->all);
	MPI_Comm_rank(w->all, &number);
	MPI_Comm_size(w->all, &count);
	w->base = (struct spk_wire){.number = (unsigned)number,
		.count = (unsigned)count,
		.begin = begin,
		.finish = finish,
		.share = share,
		.gather = gather,
		.tell = tell,
		.close = close_wire};
	*ret_wire = &w->base;
	return SPK_OK;
}
