/* Counts words and lines. */

#ifndef COUNTING_H
#define COUNTING_H

#include <stdbool.h>
#include <stddef.h>

/* What was counted of a text so far; all zero before the first piece. */
struct counts {
    size_t words;
    size_t ends;
    bool in_word;
    bool in_line;
};

/* Goes on with the next piece of the text. */
void count(struct counts *counts, const char *piece, size_t length);

/* The number of lines, the last one also without a line break at its end. */
size_t lines(const struct counts *counts);

#endif
