/* api.h - what pages and tools ask of what is kept: /api/... as JSON, /metrics for Prometheus. On the desk's thread.
 *
 *     GET    /api/calls?from=&to=&agent=&team=&queue=&customer=&cue=&peak=&tag=&text=&state=&order=&limit=&before=
 *                      &points=                what comes of it: archive.h
 *     GET    /api/calls/ID                     DELETE /api/calls/ID                a receipt
 *     GET    /api/calls/ID/readings?points=600&from_s=&to_s=
 *     GET    /api/calls/ID/audio               in ranges
 *     GET    /api/calls/ID/peaks?from_s=0&step_ms=40&points=512   the outline of the sound: for each channel of the
 *                                              recording minimum and maximum of each step, as signed bytes
 *     GET    /api/calls/ID/export?format=jsonl
 *     POST   /api/calls/ID/consent             {"consent":"withdrawn","method":"asked on the phone","who":"..."}
 *     POST   /api/calls/ID/pause               {"state":"paused","who":"..."}      a call in progress
 *     POST   /api/calls/ID/notes               {"text":"...","t_s":83.2}           DELETE /api/calls/ID/notes/N
 *     POST   /api/calls/ID/tags                {"tag":"...","t_s":null}            DELETE /api/calls/ID/tags/N
 *     POST   /api/calls/ID/hold                {"held":true,"why":"..."}
 *     POST   /api/deletions                    {"customer":"C-4711"}               a receipt
 *     POST   /api/imports?name=call.flac&consent=given&channels=&agent=&team=&queue=&customer=&record=&modified_ms=
 *                                              the recording itself, as application/octet-stream
 *     GET    /api/imports                      what became of them
 *     GET    /api/status, /api/settings, /api/model
 *
 * What cannot be done is said as {"error":"..."}.
 */
#ifndef SERVE_API_H
#define SERVE_API_H

#include "serve/desk.h"
#include "serve/serve.h"

struct api;
struct imports;

/* imports: null where there are none. Null without memory. */
struct api *api_open(serve *s, struct imports *imports, const serve_options *options);
void api_free(struct api *api); /* null does nothing */

/* Fills in the answer, or reads on in the file that it is. */
void api_work(void *api, struct errand *e);

#endif
