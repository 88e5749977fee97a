/* On this machine: cc -I src src/counting.c tests/counting_test.c -o counting-test && ./counting-test */

#include "counting.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void expect(const char *text, size_t words, size_t ends) {
    struct counts counts = {0};
    /* In two pieces, which must make no difference. */
    size_t half = strlen(text) / 2;
    count(&counts, text, half);
    count(&counts, text + half, strlen(text) - half);
    if (counts.words != words || lines(&counts) != ends) {
        fprintf(stderr, "\"%s\": %zu words, %zu lines\n", text, counts.words, lines(&counts));
        failures++;
    }
}

int main(void) {
    expect("ship it\non Friday\n", 4, 2);
    expect("", 0, 0);
    expect("no end", 2, 1);
    return failures > 0;
}
