/* api.h - what pages and tools ask of what is kept: /api/... as JSON, /metrics for Prometheus. On the desk's thread.
 *
 *     GET    /api/calls?from=&to=&agent=&team=&queue=&customer=&cue=&peak=&tag=&text=&state=&limit=&before=
 *     GET    /api/calls/ID                     DELETE /api/calls/ID                a receipt
 *     GET    /api/calls/ID/readings?points=600
 *     GET    /api/calls/ID/audio               in ranges
 *     GET    /api/calls/ID/export?format=jsonl
 *     POST   /api/calls/ID/consent             {"consent":"withdrawn","method":"asked on the phone","who":"..."}
 *     POST   /api/calls/ID/pause               {"state":"paused","who":"..."}      a call in progress
 *     POST   /api/calls/ID/notes               {"text":"...","t_s":83.2}           DELETE /api/calls/ID/notes/N
 *     POST   /api/calls/ID/tags                {"tag":"...","t_s":null}            DELETE /api/calls/ID/tags/N
 *     POST   /api/calls/ID/hold                {"held":true,"why":"..."}
 *     POST   /api/deletions                    {"customer":"C-4711"}               a receipt
 *     GET    /api/status
 *
 * What cannot be done is said as {"error":"..."}.
 */
#ifndef SERVE_API_H
#define SERVE_API_H

#include "serve/desk.h"
#include "serve/serve.h"

struct api;

/* Null without memory. */
struct api *api_open(serve *s, const serve_options *options);
void api_free(struct api *api); /* null does nothing */

/* Fills in the answer, or reads on in the file that it is. */
void api_work(void *api, struct errand *e);

#endif
