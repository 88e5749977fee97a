#include "counting.h"

#include <ctype.h>

void count(struct counts *counts, const char *piece, size_t length) {
    for (size_t at = 0; at < length; at++) {
        unsigned char c = (unsigned char)piece[at];
        bool is_space = isspace(c);
        if (!is_space && !counts->in_word) counts->words++;
        counts->in_word = !is_space;
        counts->in_line = c != '\n';
        if (c == '\n') counts->ends++;
    }
}

size_t lines(const struct counts *counts) { return counts->ends + (counts->in_line ? 1 : 0); }
