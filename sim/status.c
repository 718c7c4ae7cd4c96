/* Status codes and the one way to fill a struct spk_error. */
#include <spikem/status.h>

#include <stdarg.h>
#include <stdio.h>

const char *spk_strstatus(int status)
{
	switch (status) {
#define CASE(name, value, text)                                                                              \
	case name:                                                                                           \
		return text;
		SPK_STATUS_LIST(CASE)
#undef CASE
	default:
		return "unknown status";
	}
}

int spk_fail(struct spk_error *err, int status, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return status;
	err->status = status;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return status;
}
