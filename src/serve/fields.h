/* fields.h - the fields of a request's body, which come from anywhere. What is wrong is said in why, naming the field.
 */
#ifndef SERVE_FIELDS_H
#define SERVE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

enum { FIELD_NAME_MAX = 63, FIELD_TAG_MAX = 64, FIELD_LINE_MAX = 500, FIELD_TEXT_MAX = 4000, FIELDS_WHY_SIZE = 200 };

typedef struct fields {
    json_t *json;
    char why[FIELDS_WHY_SIZE]; /* "" as long as nothing is wrong */
} fields;

/* Whether name is one of names, a list with spaces. */
bool field_is(const char *names, const char *name);

/* An object with no other keys than those in names, a list with spaces. False with why; then there is nothing to
 * close. */
bool fields_open(fields *f, const char *bytes, size_t n_bytes, const char *names);
void fields_close(fields *f);

/* Each takes one, and is null, NAN or false where it is wrong, or is optional and not there. Texts have no control
 * characters, lines: but newlines, and are the fields' own memory. */
enum { FIELD_OPTIONAL = 0, FIELD_WANTED = 1, FIELD_LINES = 2 };
const char *field_text(fields *f, const char *name, size_t max_bytes, int how);
json_t *field_time(fields *f, const char *name); /* seconds, a new value; JSON null where it is not there */
bool field_flag(fields *f, const char *name);    /* wanted */

/* Which of these texts, up to a null, the wanted field is; -1: none. */
int field_choice(fields *f, const char *name, const char *const choices[]);

#endif
