/** Version of the headers; spk_version() is that of the library. */
#ifndef SPIKEM_VERSION_H
#define SPIKEM_VERSION_H

#define SPK_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0", and with a commit when built from a checkout: "0.1.0 (1a2b3c4)". Never NULL. */
const char *spk_version(void);

/** Compiler and flags of the build: "gcc 12.2.0 -std=c11 -O2 ...". Never NULL. */
const char *spk_build_flags(void);

/** Libraries that the build used, with versions: "gsl 2.7.1, hdf5 1.10.8, ...". Never NULL. */
const char *spk_build_libraries(void);

#ifdef __cplusplus
}
#endif
#endif
