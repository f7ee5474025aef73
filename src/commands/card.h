/* card.h - the card of a model: the file of the same name that ends in .md. */
#ifndef COMMANDS_CARD_H
#define COMMANDS_CARD_H

#include <stddef.h>

/* Its text, to be freed; id: the model's, whose card it has to be. Null with one sentence naming the file in message.
 */
char *card_read(const char *model_path, const char *id, char *message, size_t message_size);

#endif
