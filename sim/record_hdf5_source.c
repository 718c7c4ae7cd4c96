/*
 * What a result file is read from: an HDF5 file driver for files that are not trusted.
 *
 * HDF5 1.10 walks through a global heap (where texts of variable length lie) by the lengths that stand in it,
 * and a length of 0 keeps it there for ever. So a heap is walked through here before HDF5 sees it. Metadata
 * are read one object at a time: the accumulator of neighbouring metadata, which HDF5's own drivers ask for,
 * reads address 0 where a damaged address lies near the end of the address space.
 */
#include "sim/record_hdf5_driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* HDF5 File Format Specification 3.0, III.E, with lengths of 8 bytes. */
enum { HEAP_HEAD = 16, HEAP_ITEM = 16, LENGTH_AT = 8 };
static const unsigned char HEAP_MARK[8] = {'G', 'C', 'O', 'L', 1};

struct spk_source {
	struct spk_driver driver;
	haddr_t eof;
};

static struct spk_source *source_of(const H5FD_t *file)
{
	return (struct spk_source *)spk_driver_of(file);
}

/* Whether the items of the heap lead to its end. The file is little-endian, and so are its readers. */
static int check_heap(const struct spk_source *source, haddr_t addr)
{
	unsigned char item[HEAP_ITEM];
	uint64_t size, length;
	uint16_t index;

	if (spk_driver_read(&source->driver, addr, HEAP_HEAD, item))
		return 0;
	memcpy(&size, item + LENGTH_AT, sizeof size);
	if (addr > source->eof || size > source->eof - addr || size < HEAP_HEAD)
		return 0;
	for (uint64_t at = HEAP_HEAD; size - at >= HEAP_ITEM;) {
		if (spk_driver_read(&source->driver, addr + at, HEAP_ITEM, item))
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

static herr_t close_handle(H5FD_t *file)
{
	free(file);
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

	if (spk_driver_read(&source->driver, addr, size, buffer))
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

static const H5FD_class_t class = {
	.name = "spikem_source",
	.maxaddr = (haddr_t)INT64_MAX,
	.fc_degree = H5F_CLOSE_STRONG,
	.fapl_size = sizeof(struct spk_driver *),
	.open = spk_driver_open,
	.close = close_handle,
	.query = spk_driver_query,
	.get_eoa = spk_driver_get_eoa,
	.set_eoa = spk_driver_set_eoa,
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
	if (fstat(fd, &there) || spk_driver_init(&source->driver, &class, fd)) {
		free(source);
		return NULL;
	}
	source->eof = (haddr_t)there.st_size;
	return source;
}

hid_t spk_source_access(struct spk_source *source)
{
	return spk_driver_access(&source->driver);
}

void spk_source_free(struct spk_source *source)
{
	if (!source)
		return;
	spk_driver_clear(&source->driver);
	free(source);
}
