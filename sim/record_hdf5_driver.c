#include "sim/record_hdf5_driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int spk_driver_init(struct spk_driver *driver, const H5FD_class_t *class, int fd)
{
	*driver = (struct spk_driver){.fd = fd, .id = H5FDregister(class)};
	return driver->id < 0 ? -1 : 0;
}

void spk_driver_clear(struct spk_driver *driver)
{
	H5FDunregister(driver->id);
	close(driver->fd);
}

hid_t spk_driver_access(struct spk_driver *driver)
{
	const hid_t plan = H5Pcreate(H5P_FILE_ACCESS);

	if (plan >= 0 && H5Pset_driver(plan, driver->id, &driver) >= 0 &&
		H5Pset_fclose_degree(plan, H5F_CLOSE_STRONG) >= 0)
		return plan;
	if (plan >= 0)
		H5Pclose(plan);
	return -1;
}

int spk_driver_read(const struct spk_driver *driver, haddr_t addr, size_t size, unsigned char *ret_bytes)
{
	size_t done = 0;

	if (addr > (haddr_t)INT64_MAX || size > (haddr_t)INT64_MAX - addr)
		return -1;
	while (done < size) {
		const ssize_t n = pread(driver->fd, ret_bytes + done, size - done, (off_t)(addr + done));
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

struct spk_driver *spk_driver_of(const H5FD_t *file)
{
	return ((const struct spk_handle *)file)->driver;
}

/* ---- For H5FD_class_t --------------------------------------------------------------------------------- */

H5FD_t *spk_driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
	(void)name, (void)flags, (void)maxaddr;
	const void *const info = H5Pget_driver_info(fapl);
	struct spk_handle *const handle = info ? calloc(1, sizeof *handle) : NULL;

	if (!handle)
		return NULL;
	memcpy(&handle->driver, info, sizeof handle->driver);
	return &handle->base;
}

herr_t spk_driver_query(const H5FD_t *file, unsigned long *flags)
{
	(void)file;
	/* No accumulation, no aggregation. */
	*flags = H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
	return 0;
}

haddr_t spk_driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	return spk_driver_of(file)->eoa;
}

herr_t spk_driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr)
{
	(void)type;
	spk_driver_of(file)->eoa = addr;
	return 0;
}
