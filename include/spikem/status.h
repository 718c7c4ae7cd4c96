/**
 * Errors: how every fallible function of libspikem reports.
 *
 * A fallible function returns SPK_OK (0) or a negative enum spk_status and, when it fails, fills the
 * struct spk_error that its caller passed as last argument. The library never prints and never exits.
 * Outputs (ret_*) are untouched on failure.
 */
#ifndef SPIKEM_STATUS_H
#define SPIKEM_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** X(name, value, text): every status code, written down once. */
#define SPK_STATUS_LIST(X)                                                                                   \
	X(SPK_OK, 0, "success")                                                                              \
	X(SPK_E_NOMEM, -1, "out of memory")                                                                  \
	X(SPK_E_INVALID, -2, "invalid argument")                                                             \
	X(SPK_E_SCENARIO, -3, "mistake in the scenario")                                                     \
	X(SPK_E_IO, -4, "input or output failed")                                                            \
	X(SPK_E_FORMAT, -5, "a file does not have the expected form")                                        \
	X(SPK_E_LIMIT, -6, "a limit was exceeded")                                                           \
	X(SPK_E_NUMERIC, -7, "a numerical method failed")                                                    \
	X(SPK_E_INTERRUPTED, -8, "interrupted")

enum spk_status {
#define SPK_STATUS_ENUM(name, value, text) name = value,
	SPK_STATUS_LIST(SPK_STATUS_ENUM)
#undef SPK_STATUS_ENUM
};

/** Where a failing function says what went wrong. Plain data, owned by the caller. */
struct spk_error {
	int status;      /**< the status returned, SPK_OK when nothing failed */
	char text[1024]; /**< one sentence, UTF-8, without a final newline */
};

#if defined(__GNUC__)
#define SPK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SPK_PRINTF(fmt, args)
#endif

/** Constant text of a status code; "unknown status" for a number that is none. Never NULL. */
const char *spk_strstatus(int status);

/**
 * Fill *err (which may be NULL) and return `status`, so that a caller writes `return spk_fail(...)`.
 * A text longer than err->text is cut.
 */
int spk_fail(struct spk_error *err, int status, const char *format, ...) SPK_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
