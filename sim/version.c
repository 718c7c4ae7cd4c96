/*
 * What this library is: the Makefile passes the commit, the flags and the versions of the libraries it
 * was built with, and rebuilds this file when one of them changes.
 */
#include <spikem/version.h>

#ifdef SPK_COMMIT
#define VERSION_TEXT SPK_VERSION " (" SPK_COMMIT ")"
#else
#define VERSION_TEXT SPK_VERSION
#endif

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *spk_version(void)
{
	return VERSION_TEXT;
}

const char *spk_build_flags(void)
{
	return COMPILER " " SPK_BUILD_FLAGS;
}

const char *spk_build_libraries(void)
{
	return SPK_BUILD_LIBRARIES;
}
