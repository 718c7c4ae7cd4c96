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
#include "sim/record_hdf5_driver.h"

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
	struct spk_driver driver;
	int failed;        /* errno of the first failed write */
	haddr_t committed; /* end of the file at the last commit */
	size_t n_held, max_held;
	struct held *held; /* metadata before `committed`, not written yet */
};

static struct spk_disk *disk_of(const H5FD_t *file)
{
	return (struct spk_disk *)spk_driver_of(file);
}

static void write_through(struct spk_disk *disk, haddr_t addr, size_t size, const unsigned char *data)
{
	while (size > 0 && !disk->failed) {
		const ssize_t n = pwrite(disk->driver.fd, data, size, (off_t)addr);
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
	if (!disk->failed && fsync(disk->driver.fd) && errno != EINVAL && errno != ENOTSUP)
		disk->failed = errno;
}

static void extend(struct spk_disk *disk)
{
	struct stat info;
	if (disk->failed)
		return;
	if (fstat(disk->driver.fd, &info) || ((haddr_t)info.st_size < disk->driver.eoa &&
						     ftruncate(disk->driver.fd, (off_t)disk->driver.eoa)))
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
	if (!disk->failed && disk->driver.eoa > disk->committed)
		disk->committed = disk->driver.eoa;
	return 0; /* a failure is in disk->failed: HDF5 must be able to close */
}

/* ---- The driver's functions ------------------------------------------------------------------------- */

static herr_t close_handle(H5FD_t *file)
{
	struct spk_disk *const disk = disk_of(file);
	commit(disk);
	free(file);
	return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	const struct spk_disk *const disk = disk_of(file);
	return disk->driver.eoa > disk->committed ? disk->driver.eoa : disk->committed;
}

static herr_t get_descriptor(H5FD_t *file, hid_t fapl, void **ret_handle)
{
	(void)fapl;
	*ret_handle = &disk_of(file)->driver.fd;
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
	if (spk_driver_read(&disk->driver, addr, size, bytes)) /* zeros: allocated, not written yet */
		return -1;
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

static const H5FD_class_t class = {
	.name = "spikem",
	.maxaddr = (haddr_t)INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(struct spk_driver *),
	.open = spk_driver_open,
	.close = close_handle,
	.query = spk_driver_query,
	.get_eoa = spk_driver_get_eoa,
	.set_eoa = spk_driver_set_eoa,
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
	if (spk_driver_init(&disk->driver, &class, fd)) {
		free(disk);
		return NULL;
	}
	return disk;
}

hid_t spk_disk_access(struct spk_disk *disk)
{
	return spk_driver_access(&disk->driver);
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
	spk_driver_clear(&disk->driver);
	free(disk);
}
