/*
 * What a result file is read from: an HDF5 file driver for files that are not trusted.
 *
 * HDF5 1.10 walks through a global heap (where texts of variable length lie) by the lengths that stand in it,
 * and a length of 0 keeps it there for ever. So a heap is walked through here before HDF5 sees it. Metadata
 * are read one object at a time: the accumulator of neighbouring metadata, which HDF5's own drivers ask for,
 * reads address 0 where a damaged address lies near the end of the address space.
 */
#include "sim/record_hdf5.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* HDF5 File Format Specification 3.0, III.E, with lengths of 8 bytes. */
enum { HEAP_HEAD = 16, HEAP_ITEM = 16, LENGTH_AT = 8 };
static const unsigned char HEAP_MARK[8] = {'G', 'C', 'O', 'L', 1};

struct spk_source {
	int fd;
	hid_t driver;
	haddr_t eof, eoa;
};

/* What HDF5 holds of an open file; the source outlives it. */
struct handle {
	H5FD_t base;
	struct spk_source *source;
};

static struct spk_source *source_of(const H5FD_t *file)
{
	return ((const struct handle *)file)->source;
}

/* Zeros follow the end of the file. */
static int read_at(const struct spk_source *source, haddr_t addr, size_t size, unsigned char *ret_bytes)
{
	size_t done = 0;

	if (addr > (haddr_t)INT64_MAX || size > (haddr_t)INT64_MAX - addr)
		return -1;
	while (done < size) {
		const ssize_t n = pread(source->fd, ret_bytes + done, size - done, (off_t)(addr + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	memset(ret_bytes + done, 0, size - done);
	return 0;
}

/* Whether the items of the heap lead to its end. The file is little-endian, and so are its readers. */
static int check_heap(const struct spk_source *source, haddr_t addr)
{
	unsigned char item[HEAP_ITEM];
	uint64_t size, length;
	uint16_t index;

	if (read_at(source, addr, HEAP_HEAD, item))
		return 0;
	memcpy(&size, item + LENGTH_AT, sizeof size);
	if (addr > source->eof || size > source->eof - addr || size < HEAP_HEAD)
		return 0;
	for (uint64_t at = HEAP_HEAD; size - at >= HEAP_ITEM;) {
		if (read_at(source, addr + at, HEAP_ITEM, item))
			return 0;
		memcpy(&index, item, sizeof index);
		memcpy(&length, item + LENGTH_AT, sizeof length);
		if (length > size)
			return 0;
		/* item 0 is the free space, whose length includes its head */
		const uint64_t step = index > 0 ? HEAP_ITEM + (length + 7) / 8 * 8 : length;
		if (step < HEAP_ITEM || step > size - at)
			return 0;
		at += step;
	}
	return 1;
}

/* ---- The driver's functions ------------------------------------------------------------------------- */

static H5FD_t *open_handle(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
	(void)name, (void)flags, (void)maxaddr;
	const void *const info = H5Pget_driver_info(fapl);
	struct handle *const handle = info ? calloc(1, sizeof *handle) : NULL;

	if (!handle)
		return NULL;
	memcpy(&handle->source, info, sizeof handle->source);
	return &handle->base;
}

static herr_t close_handle(H5FD_t *file)
{
	free(file);
	return 0;
}

static herr_t query_features(const H5FD_t *file, unsigned long *flags)
{
	(void)file;
	*flags = H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
	return 0;
}

static haddr_t get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	return source_of(file)->eoa;
}

static herr_t set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr)
{
	(void)type;
	source_of(file)->eoa = addr;
	return 0;
}

static haddr_t get_eof(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	return source_of(file)->eof;
}

static herr_t read_bytes(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *buffer)
{
	(void)type, (void)dxpl; /* HDF5 reads heaps as if they were data */
	const struct spk_source *const source = source_of(file);

	if (read_at(source, addr, size, buffer))
		return -1;
	if (size < HEAP_HEAD || memcmp(buffer, HEAP_MARK, sizeof HEAP_MARK) != 0 || check_heap(source, addr))
		return 0;
	(void)H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_HEAP, H5E_BADVALUE,
		"a heap of texts is damaged");
	return -1;
}

static herr_t refuse_to_write(
	H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *buffer)
{
	(void)file, (void)type, (void)dxpl, (void)addr, (void)size, (void)buffer;
	return -1;
}

static const H5FD_class_t driver = {
	.name = "spikem_source",
	.maxaddr = (haddr_t)INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(struct spk_source *),
	.open = open_handle,
	.close = close_handle,
	.query = query_features,
	.get_eoa = get_eoa,
	.set_eoa = set_eoa,
	.get_eof = get_eof,
	.read = read_bytes,
	.write = refuse_to_write,
	.fl_map = H5FD_FLMAP_SINGLE,
};

struct spk_source *spk_source_create(int fd)
{
	struct stat there;
	struct spk_source *const source = calloc(1, sizeof *source);

	if (!source)
		return NULL;
	source->driver = fstat(fd, &there) == 0 ? H5FDregister(&driver) : -1;
	if (source->driver < 0) {
		free(source);
		return NULL;
	}
	source->fd = fd;
	source->eof = (haddr_t)there.st_size;
	return source;
}

hid_t spk_source_access(struct spk_source *source)
{
	const hid_t plan = H5Pcreate(H5P_FILE_ACCESS);

	if (plan >= 0 && H5Pset_driver(plan, source->driver, &source) >= 0 &&
		H5Pset_fclose_degree(plan, H5F_CLOSE_STRONG) >= 0)
		return plan;
	if (plan >= 0)
		H5Pclose(plan);
	return -1;
}

void spk_source_free(struct spk_source *source)
{
	if (!source)
		return;
	H5FDunregister(source->driver);
	close(source->fd);
	free(source);
}
