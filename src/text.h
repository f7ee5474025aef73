/* text.h - a person's text file, such as a playbook or a configuration, in memory. */
#ifndef TEXT_H
#define TEXT_H

/* Terminated, to be freed. Null with errno where it cannot be read, is larger than 1 MiB or holds a null byte. */
char *text_read(const char *path);

#endif
