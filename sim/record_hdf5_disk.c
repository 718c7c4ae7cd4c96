/*
 * The disk under a result file: an HDF5 file driver that makes each flush a commit.
 *
 * HDF5 1.10 rewrites metadata (B-tree nodes, object headers, the superblock) in place and in order of
 * address, partly between flushes. A process that dies in between leaves nodes that point behind the end
 * of the file, or half of a split node. This driver therefore divides the file at the end of the last
 * commit. Behind it nothing is reachable from the committed state, so writes go through at once. Before
 * it, metadata are kept in memory until HDF5 flushes; then (1) the new part is brought to the disk and
 * (2) the old part is rewritten from the top down: the end of the file, heaps, B-tree nodes from the root
 * to the leaves, symbol tables, object headers. What a written node points to is already in the file, and a
 * node that gave entries to a new sibling still holds them until its parent knows the sibling. So after each
 * single write the file opens and holds all that was committed before. Raw data in the old part are
 * rewritten in place only where that is harmless: rows appended to an uncompressed chunk, the slots of a
 * tail.
 *
 * The order of the writes is what a killed process leaves; fsync between (1) and (2) extends it to a power
 * cut, as far as the disk writes single sectors.
 *
 * After the first failed write (full disk) nothing more is written: HDF5 may go on and close its file
 * without error, and the file stays as the last commit left it.
 */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct held {
	H5FD_mem_t type;
	haddr_t addr;
	size_t size;
	unsigned char *data;
};

struct spk_disk {
	int fd;
	int failed; /* errno of the first failed write */
	hid_t driver;
	haddr_t eoa;       /* end of the space that HDF5 has allocated */
	haddr_t committed; /* end of the file at the last commit */
	size_t n_held, max_held;
	struct held *held; /* metadata before `committed`, not written yet */
};

/* What HDF5 holds of an open file; the disk outlives it. */
struct handle {
	H5FD_t base;
	struct spk_disk *disk;
};

static struct spk_disk *disk_of(const H5FD_t *file)
{
	return ((const struct handle *)file)->disk;
}

static void write_through(struct spk_disk *disk, haddr_t addr, size_t size, const unsigned char *data)
{
	while (size > 0 && !disk->failed) {
		const ssize_t n = pwrite(disk->fd, data, size, (off_t)addr);
		if (n > 0) {
			addr += (haddr_t)n;
			data += n;
			size -= (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			disk->failed = n == 0 ? EIO : errno;
		}
	}
}

static void hold(struct spk_disk *disk, H5FD_mem_t type, haddr_t addr, size_t size, const void *data)
{
	for (size_t k = 0; k < disk->n_held; ++k) {
		if (disk->held[k].addr == addr && disk->held[k].size == size) {
			memcpy(disk->held[k].data, data, size);
			disk->held[k].type = type;
			return;
		}
	}
	if (disk->n_held == disk->max_held) {
		const size_t max = disk->max_held ? 2 * disk->max_held : 64;
		struct held *const grown = realloc(disk->held, max * sizeof *grown);
		if (!grown) {
			disk->failed = ENOMEM;
			return;
		}
		disk->held = grown;
		disk->max_held = max;
	}
	unsigned char *const copy = malloc(size);
	if (!copy) {
		disk->failed = ENOMEM;
		return;
	}
	memcpy(copy, data, size);
	disk->held[disk->n_held++] = (struct held){.type = type, .addr = addr, .size = size, .data = copy};
}

/* Place in the order of a commit; see the top of this file. B-tree nodes start with "TREE", type, level. */
static int rank_of(const struct held *h)
{
	switch (h->type) {
	case H5FD_MEM_SUPER:
		return 0;
	case H5FD_MEM_DRAW:
	case H5FD_MEM_GHEAP:
		return 1;
	case H5FD_MEM_LHEAP:
		return 2;
	case H5FD_MEM_BTREE:
		return h->size > 5 && memcmp(h->data, "TREE", 4) == 0 ? 300 - h->data[5] : 301;
	default:
		return 302;
	}
}

static int compare_held(const void *a, const void *b)
{
	const struct held *const x = a, *const y = b;
	const int rx = rank_of(x), ry = rank_of(y);
	if (rx != ry)
		return rx < ry ? -1 : 1;
	/* Messages of an object header move to its earlier parts: written first, they are for a moment in
	 * both. */
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void drop_held(struct spk_disk *disk)
{
	for (size_t k = 0; k < disk->n_held; ++k)
		free(disk->held[k].data);
	disk->n_held = 0;
}

static void sync_disk(struct spk_disk *disk)
{
	/* EINVAL, ENOTSUP: a file system without fsync; nothing can be done and nothing is lost by going on
	 */
	if (!disk->failed && fsync(disk->fd) && errno != EINVAL && errno != ENOTSUP)
		disk->failed = errno;
}

static void extend(struct spk_disk *disk)
{
	struct stat info;
	if (disk->failed)
		return;
	if (fstat(disk->fd, &info) ||
		((haddr_t)info.st_size < disk->eoa && ftruncate(disk->fd, (off_t)disk->eoa)))
		disk->failed = errno;
}

static herr_t commit(struct spk_disk *disk)
{
	extend(disk);
	sync_disk(disk);
	if (disk->n_held > 1)
		qsort(disk->held, disk->n_held, sizeof *disk->held, compare_held);
	for (size_t k = 0; k < disk->n_held; ++k)
		write_through(disk, disk->held[k].addr, disk->held[k].size, disk->held[k].data);
	if (disk->n_held > 0)
		sync_disk(disk);
	drop_held(disk);
	if (!disk->failed && disk->eoa > disk->committed)
		disk->committed = disk->eoa;
	return 0; /* a failure is in disk->failed: HDF5 must be able to close */
}

/* ---- The driver's functions ------------------------------------------------------------------------- */

static H5FD_t *open_handle(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
	(void)name, (void)flags, (void)maxaddr;
	const void *const info = H5Pget_driver_info(fapl);
	struct handle *const handle = info ? calloc(1, sizeof *handle) : NULL;
	if (!handle)
		return NULL;
	memcpy(&handle->disk, info, sizeof handle->disk);
	return &handle->base;
}

static herr_t close_handle(H5FD_t *file)
{
	struct spk_disk *const disk = disk_of(file);
	commit(disk);
	free(file);
	return 0;
}

static herr_t query_features(const H5FD_t *file, unsigned long *flags)
{
	(void)file;
	/* No accumulation: each write is one whole object. No aggregation: places depend on the data alone.
	 */
	*flags = H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
	return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	return disk_of(file)->eoa;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr)
{
	(void)type;
	disk_of(file)->eoa = addr;
	return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	const struct spk_disk *const disk = disk_of(file);
	return disk->eoa > disk->committed ? disk->eoa : disk->committed;
}

static herr_t get_descriptor(H5FD_t *file, hid_t fapl, void **ret_handle)
{
	(void)fapl;
	*ret_handle = &disk_of(file)->fd;
	return 0;
}

/* Copy the part of [from, from + n_from) that lies in [to, to + n_to). */
static void overlay(unsigned char *to, haddr_t to_addr, size_t n_to, const struct held *from)
{
	const haddr_t first = from->addr > to_addr ? from->addr : to_addr;
	const haddr_t from_end = from->addr + from->size, to_end = to_addr + n_to;
	const haddr_t end = from_end < to_end ? from_end : to_end;
	if (first < end)
		memcpy(to + (first - to_addr), from->data + (first - from->addr), (size_t)(end - first));
}

static herr_t read_bytes(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *buffer)
{
	(void)type, (void)dxpl;
	const struct spk_disk *const disk = disk_of(file);
	unsigned char *const bytes = buffer;
	size_t done = 0;
	while (done < size) {
		const ssize_t n = pread(disk->fd, bytes + done, size - done, (off_t)(addr + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	memset(bytes + done, 0, size - done); /* allocated, not written yet */
	for (size_t k = 0; k < disk->n_held; ++k)
		overlay(bytes, addr, size, &disk->held[k]);
	return 0;
}

static herr_t write_bytes(
	H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *buffer)
{
	(void)dxpl;
	struct spk_disk *const disk = disk_of(file);
	if (disk->failed)
		return 0;
	if (addr >= disk->committed || type == H5FD_MEM_DRAW)
		write_through(disk, addr, size, buffer);
	else
		hold(disk, type, addr, size, buffer);
	return 0;
}

static herr_t flush_disk(H5FD_t *file, hid_t dxpl, hbool_t closing)
{
	(void)dxpl, (void)closing;
	return commit(disk_of(file));
}

static herr_t truncate_disk(H5FD_t *file, hid_t dxpl, hbool_t closing)
{
	(void)dxpl, (void)closing;
	extend(disk_of(file));
	return 0;
}

static const H5FD_class_t driver = {
	.name = "spikem",
	.maxaddr = (haddr_t)INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(struct spk_disk *),
	.open = open_handle,
	.close = close_handle,
	.query = query_features,
	.get_eoa = get_eoa,
	.set_eoa = set_eoa,
	.get_eof = get_eof,
	.get_handle = get_descriptor,
	.read = read_bytes,
	.write = write_bytes,
	.flush = flush_disk,
	.truncate = truncate_disk,
	.fl_map = H5FD_FLMAP_SINGLE,
};

struct spk_disk *spk_disk_create(int fd)
{
	struct spk_disk *const disk = calloc(1, sizeof *disk);
	if (!disk)
		return NULL;
	disk->driver = H5FDregister(&driver);
	if (disk->driver < 0) {
		free(disk);
		return NULL;
	}
	disk->fd = fd;
	return disk;
}

hid_t spk_disk_access(struct spk_disk *disk)
{
	const hid_t plan = H5Pcreate(H5P_FILE_ACCESS);
	if (plan < 0)
		return plan;
	if (H5Pset_driver(plan, disk->driver, &disk) < 0 ||
		H5Pset_fclose_degree(plan, H5F_CLOSE_STRONG) < 0) {
		H5Pclose(plan);
		return -1;
	}
	return plan;
}

int spk_disk_errno(const struct spk_disk *disk)
{
	return disk->failed;
}

void spk_disk_free(struct spk_disk *disk)
{
	if (!disk)
		return;
	drop_held(disk);
	free(disk->held);
	H5FDunregister(disk->driver);
	close(disk->fd);
	free(disk);
}
