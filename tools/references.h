/** References as describe and cite print them. */
#ifndef TOOLS_REFERENCES_H
#define TOOLS_REFERENCES_H

/** Print one reference by its key, wrapped, with a hanging indent. */
void spk_print_reference(const char *key);

#endif
