/* A list of steps through files, web servers and variables of the host: the same in five languages. */

#include "skill.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cJSON.h"

static const char *const FILE_ERRORS[] = {"denied",        "not-found", "exists",  "is-directory",
                                          "not-directory", "not-empty", "invalid", "io"};
static const char *const HTTP_ERRORS[] = {"denied", "invalid-request", "name-not-resolved", "connection",
                                          "tls",    "timeout",         "too-large",         "protocol"};
static const char *const KINDS[] = {"file", "directory", "link", "other"};

static const char *text_of(const cJSON *step, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step, name));
    return text ? text : "";
}

static double number_of(const cJSON *step, const char *name, double missing) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(step, name);
    return cJSON_IsNumber(number) ? number->valuedouble : missing;
}

static skill_string_t borrowed(const char *text) {
    skill_string_t string;
    skill_string_set(&string, text);
    return string;
}

static skill_list_u8_t bytes_of(const char *text) { return (skill_list_u8_t){(uint8_t *)text, strlen(text)}; }

/* A text of JSON of bytes that do not end with a zero. */
static cJSON *quoted(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (!text) abort();
    memcpy(text, bytes, length);
    text[length] = 0;
    cJSON *quoted = cJSON_CreateString(text);
    free(text);
    return quoted;
}

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The directory's entries as `kind name`, sorted. */
static cJSON *listed(const openskills_skill_fs_list_entry_t *entries) {
    char **names = calloc(entries->len + 1, sizeof *names);
    if (!names) abort();
    for (size_t n = 0; n < entries->len; n++) {
        const skill_string_t *name = &entries->ptr[n].name;
        const char *kind = KINDS[entries->ptr[n].kind];
        names[n] = calloc(strlen(kind) + name->len + 2, 1);
        if (!names[n]) abort();
        strcat(strcpy(names[n], kind), " ");
        strncat(names[n], (const char *)name->ptr, name->len);
    }
    qsort(names, entries->len, sizeof *names, by_name);
    cJSON *list = cJSON_CreateStringArray((const char *const *)names, (int)entries->len);
    for (size_t n = 0; n < entries->len; n++) free(names[n]);
    free(names);
    return list;
}

static cJSON *file_step(const char *what, const cJSON *step, const char **failed) {
    skill_string_t path = borrowed(text_of(step, "path"));
    skill_list_u8_t contents = bytes_of(text_of(step, "text"));
    openskills_skill_fs_error_t error;
    bool done = true;
    cJSON *answer = NULL;
    if (!strcmp(what, "read")) {
        skill_list_u8_t bytes;
        double offset = number_of(step, "offset", 0), length = number_of(step, "length", 1 << 20);
        done = openskills_skill_fs_read(&path, (uint64_t)offset, (uint64_t)length, &bytes, &error);
        if (done) {
            answer = quoted(bytes.ptr, bytes.len);
            skill_list_u8_free(&bytes);
        }
    } else if (!strcmp(what, "stat")) {
        openskills_skill_fs_metadata_t found;
        done = openskills_skill_fs_stat(&path, &found, &error);
        if (done) {
            bool is_file = found.kind == OPENSKILLS_SKILL_FS_KIND_FILE;
            answer = cJSON_CreateObject();
            cJSON_AddStringToObject(answer, "kind", KINDS[found.kind]);
            cJSON_AddNumberToObject(answer, "size", is_file ? (double)found.size : 0);
        }
    } else if (!strcmp(what, "list")) {
        openskills_skill_fs_list_entry_t entries;
        done = openskills_skill_fs_list_dir(&path, &entries, &error);
        if (done) {
            answer = listed(&entries);
            openskills_skill_fs_list_entry_free(&entries);
        }
    } else if (!strcmp(what, "write")) {
        done = openskills_skill_fs_write(&path, &contents, &error);
    } else if (!strcmp(what, "append")) {
        done = openskills_skill_fs_append(&path, &contents, &error);
    } else if (!strcmp(what, "make-dir")) {
        done = openskills_skill_fs_make_dir(&path, &error);
    } else if (!strcmp(what, "remove")) {
        done = openskills_skill_fs_remove(&path, &error);
    } else if (!strcmp(what, "rename")) {
        skill_string_t to = borrowed(text_of(step, "to"));
        done = openskills_skill_fs_rename(&path, &to, &error);
    } else {
        abort();
    }
    if (!done) {
        *failed = FILE_ERRORS[error.tag];
        openskills_skill_fs_error_free(&error);
    }
    return answer ? answer : cJSON_CreateNull();
}

static cJSON *fetch(const cJSON *step, const char **failed) {
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(step, "headers");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(step, "text");
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(step, "method");
    openskills_skill_http_request_t request = {0};
    request.method = borrowed(method ? cJSON_GetStringValue(method) : "GET");
    request.url = borrowed(text_of(step, "url"));
    request.headers.ptr = calloc((size_t)cJSON_GetArraySize(headers) + 1, sizeof *request.headers.ptr);
    if (!request.headers.ptr) abort();
    const cJSON *header;
    cJSON_ArrayForEach(header, headers) {
        openskills_skill_http_header_t *made = &request.headers.ptr[request.headers.len++];
        made->name = borrowed(cJSON_GetStringValue(cJSON_GetArrayItem(header, 0)));
        made->value = bytes_of(cJSON_GetStringValue(cJSON_GetArrayItem(header, 1)));
    }
    if (cJSON_IsString(text)) request.body = (skill_option_list_u8_t){true, bytes_of(text->valuestring)};
    request.timeout_ms = (skill_option_u32_t){true, 5000};
    openskills_skill_http_response_t response;
    openskills_skill_http_error_t error;
    bool done = openskills_skill_http_fetch(&request, &response, &error);
    free(request.headers.ptr);
    if (!done) {
        *failed = HTTP_ERRORS[error.tag];
        openskills_skill_http_error_free(&error);
        return cJSON_CreateNull();
    }
    cJSON *type = NULL;
    for (size_t n = 0; n < response.headers.len && !type; n++) {
        const openskills_skill_http_header_t *one = &response.headers.ptr[n];
        bool is_type = one->name.len == 12 && !strncasecmp((const char *)one->name.ptr, "content-type", 12);
        if (is_type) type = quoted(one->value.ptr, one->value.len);
    }
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddNumberToObject(answer, "status", response.status);
    cJSON_AddItemToObject(answer, "type", type ? type : cJSON_CreateNull());
    cJSON_AddItemToObject(answer, "body", quoted(response.body.ptr, response.body.len));
    openskills_skill_http_response_free(&response);
    return answer;
}

static cJSON *variable(const cJSON *step, const char **failed) {
    skill_string_t name = borrowed(text_of(step, "name"));
    skill_option_string_t value;
    openskills_skill_env_error_t error;
    if (!openskills_skill_env_get(&name, &value, &error)) {
        *failed = "denied";
        openskills_skill_env_error_free(&error);
        return cJSON_CreateNull();
    }
    cJSON *answer = value.is_some ? quoted(value.val.ptr, value.val.len) : cJSON_CreateNull();
    skill_option_string_free(&value);
    return answer;
}

static cJSON *names(void) {
    skill_list_string_t names;
    openskills_skill_env_names(&names);
    cJSON *list = cJSON_CreateArray();
    for (size_t n = 0; n < names.len; n++) {
        cJSON_AddItemToArray(list, quoted(names.ptr[n].ptr, names.ptr[n].len));
    }
    skill_list_string_free(&names);
    return list;
}

static cJSON *answer_to(const cJSON *step) {
    const char *what = text_of(step, "do"), *failed = NULL;
    cJSON *value;
    if (!strcmp(what, "fetch")) {
        value = fetch(step, &failed);
    } else if (!strcmp(what, "get")) {
        value = variable(step, &failed);
    } else if (!strcmp(what, "names")) {
        value = names();
    } else if (!strcmp(what, "log")) {
        skill_string_t message = borrowed(text_of(step, "text"));
        openskills_skill_log_log(OPENSKILLS_SKILL_LOG_LEVEL_INFO, &message);
        value = cJSON_CreateNull();
    } else {
        value = file_step(what, step, &failed);
    }
    cJSON *answer = cJSON_CreateObject();
    if (failed) {
        cJSON_Delete(value);
        cJSON_AddStringToObject(answer, "error", failed);
    } else {
        cJSON_AddItemToObject(answer, "ok", value);
    }
    return answer;
}

static void end_with(const cJSON *end, skill_skill_error_t *error) {
    const char *tag = text_of(end, "tag"), *text = text_of(end, "text");
    if (!strcmp(tag, "invalid-input")) {
        error->tag = OPENSKILLS_SKILL_TYPES_SKILL_ERROR_INVALID_INPUT;
        skill_string_dup(&error->val.invalid_input.field, text_of(end, "field"));
        skill_string_dup(&error->val.invalid_input.message, text);
    } else {
        bool is_denied = !strcmp(tag, "denied");
        error->tag = is_denied ? OPENSKILLS_SKILL_TYPES_SKILL_ERROR_DENIED : OPENSKILLS_SKILL_TYPES_SKILL_ERROR_FAILED;
        skill_string_dup(&error->val.failed, text);
    }
}

bool exports_skill_execute(skill_string_t *input, skill_string_t *output, skill_skill_error_t *error) {
    cJSON *task = cJSON_ParseWithLength((const char *)input->ptr, input->len);
    if (!task) abort();
    cJSON *answers = cJSON_CreateArray();
    const cJSON *step;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(task, "steps")) {
        cJSON_AddItemToArray(answers, answer_to(step));
    }
    const cJSON *end = cJSON_GetObjectItemCaseSensitive(task, "end");
    if (end) {
        end_with(end, error);
    } else {
        char *text = cJSON_PrintUnformatted(answers);
        if (!text) abort();
        *output = (skill_string_t){(uint8_t *)text, strlen(text)};
    }
    bool done = end == NULL;
    cJSON_Delete(answers);
    cJSON_Delete(task);
    return done;
}
