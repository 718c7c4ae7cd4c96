/**
 * What the HDF5 file drivers of sim/record_hdf5_disk.c and sim/record_hdf5_source.c have in common: an open
 * descriptor, the end of the space that HDF5 has allocated, and the functions that need no more than these.
 */
#ifndef SPK_SIM_RECORD_HDF5_DRIVER_H
#define SPK_SIM_RECORD_HDF5_DRIVER_H

#include "sim/record_hdf5.h"

/** The first member of what a driver works on. */
struct spk_driver {
	int fd;
	hid_t id;
	haddr_t eoa; /**< end of the space that HDF5 has allocated */
};

/** What HDF5 holds of an open file; the driver outlives it. */
struct spk_handle {
	H5FD_t base;
	struct spk_driver *driver;
};

/** Register the class, whose fapl_size is that of a pointer; 0: done, `fd` is taken over. */
int spk_driver_init(struct spk_driver *driver, const H5FD_class_t *class, int fd);
/** Closes the descriptor. */
void spk_driver_clear(struct spk_driver *driver);
/** A property list (H5Pclose) with the driver; negative on failure. */
hid_t spk_driver_access(struct spk_driver *driver);
/** Read from the descriptor; zeros follow the end of the file. 0: done. */
int spk_driver_read(const struct spk_driver *driver, haddr_t addr, size_t size, unsigned char *ret_bytes);
struct spk_driver *spk_driver_of(const H5FD_t *file);

/** For H5FD_class_t. Features: each access is one whole object, and places depend on the data alone. */
H5FD_t *spk_driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr);
herr_t spk_driver_query(const H5FD_t *file, unsigned long *flags);
haddr_t spk_driver_get_eoa(const H5FD_t *file, H5FD_mem_t type);
herr_t spk_driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr);

#endif
