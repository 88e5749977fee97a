/* The entry point of the skill: JSON in, JSON out. What it computes is in `counting.c`.
 *
 * `skill.h` is made of SKILL.md: it has what `allowed-tools` asks for, and no more. */

#include "skill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cJSON.h"
#include "counting.h"

/* The call ends with what the caller should give instead. */
static bool invalid(skill_skill_error_t *error, const char *field, const char *message) {
    error->tag = OPENSKILLS_SKILL_TYPES_SKILL_ERROR_INVALID_INPUT;
    skill_string_dup(&error->val.invalid_input.field, field);
    skill_string_dup(&error->val.invalid_input.message, message);
    return false;
}

static bool failed(skill_skill_error_t *error, const char *path) {
    char message[512];
    int length = snprintf(message, sizeof message, "cannot read it: %s: %.400s", strerror(errno), path);
    error->tag = OPENSKILLS_SKILL_TYPES_SKILL_ERROR_FAILED;
    skill_string_dup_n(&error->val.failed, message, (size_t)length);
    return false;
}

/* Counts the words and lines of a file, piece by piece; false with `errno` if it cannot be read. */
static bool count_file(const char *path, struct counts *counts) {
    static char piece[65536];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    for (size_t length; (length = fread(piece, 1, sizeof piece, file)) > 0;) count(counts, piece, length);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    errno = error;
    return error == 0;
}

/* Runs the skill once. What it gives back is freed by the bindings. */
bool exports_skill_execute(skill_string_t *input, skill_string_t *output, skill_skill_error_t *error) {
    cJSON *request = cJSON_ParseWithLength((const char *)input->ptr, input->len);
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "path"));
    bool done = false;
    struct counts counts = {0};
    if (!path) {
        invalid(error, "path", "the path of a file is expected");
    } else if (!count_file(path, &counts)) {
        failed(error, path);
    } else {
        cJSON *answer = cJSON_CreateObject();
        cJSON_AddNumberToObject(answer, "words", (double)counts.words);
        cJSON_AddNumberToObject(answer, "lines", (double)lines(&counts));
        char *text = cJSON_PrintUnformatted(answer);
        cJSON_Delete(answer);
        if (!text) abort();
        *output = (skill_string_t){(uint8_t *)text, strlen(text)};
        done = true;
    }
    cJSON_Delete(request);
    skill_string_free(input);
    return done;
}
