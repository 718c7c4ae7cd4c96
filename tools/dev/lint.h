/*
 * For `make lint`, included before every source: spk_fail returns the status that it is given, which no
 * analyser can see from outside, and without which each failure has a path on which all went well.
 */
#include <spikem/status.h>

#define spk_fail(err, status, ...) ((void)spk_fail(err, status, __VA_ARGS__), (status))

/* The Makefile gives these to sim/version.c alone. */
#define SPK_BUILD_LIBRARIES ""
#define SPK_BUILD_FLAGS ""
