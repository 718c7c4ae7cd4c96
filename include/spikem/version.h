/** Version of the headers; spk_version() is that of the library. */
#ifndef SPIKEM_VERSION_H
#define SPIKEM_VERSION_H

#define SPK_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0", and with a commit when built from a checkout: "0.1.0 (1a2b3c4)". Never NULL. */
const char *spk_version(void);

#ifdef __cplusplus
}
#endif
#endif
