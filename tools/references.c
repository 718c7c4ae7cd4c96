#include "tools/references.h"
#include <spikem/model.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 100 };

void spk_print_reference(const char *key)
{
	const struct spk_reference *const reference = spk_find_reference(key);
	const char *word = reference ? reference->text : "(not in the table of references)";
	size_t column = (size_t)printf("  [%s]", key);
	while (*word) {
		const size_t length = strcspn(word, " ");
		if (column + 1 + length > WIDTH) {
			printf("\n     ");
			column = 5;
		}
		printf(" %.*s", (int)length, word);
		column += 1 + length;
		word += length + strspn(word + length, " ");
	}
	putchar('\n');
}
