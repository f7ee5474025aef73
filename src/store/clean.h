/* clean.h - a layer over SQLite's files that keeps forgotten bytes out of the database file. */
#ifndef STORE_CLEAN_H
#define STORE_CLEAN_H

#define CLEAN_VFS "undertone"

/* Registers the layer, once however often it is called. Any thread. False without memory. */
bool clean_register(void);

/* Zeroes what lies between the cells of a page of n bytes; first: of the file, whose header stays. */
void clean_page(unsigned char *page, int n, bool first);

#endif
