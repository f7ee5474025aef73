#include "commands/demo_call.h"

#include <errno.h>
#include <sndfile.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { RATE_HZ = 22050, LONGEST_S = 180, VOICES = 2 }; /* espeak-ng's rate */

static const char *const voices[VOICES] = {[UT_CUSTOMER] = "en-us+f3", [UT_AGENT] = "en-gb+m3"};

static const demo_line script[] = {
    {UT_AGENT, 0.5f, 165, 45, 70, "Thank you for calling Northwind Broadband, this is Alex. How can I help you?", 0},
    {UT_CUSTOMER, 0.6f, 140, 15, 55,
     "Hello. My internet has been slow since Monday. I was hoping you could have a look at it for me.", 0},
    {UT_AGENT, 0.6f, 165, 45, 70, "Of course. Could you tell me your customer number, please?", 0},
    {UT_CUSTOMER, 0.7f, 135, 15, 55, "Yes. It is four, two, seven. One, nine, five. The name is Miller.", 0},
    {UT_AGENT, 0.8f, 165, 45, 70,
     "Thank you. I see the line was restarted on Tuesday. Let me restart it once more, and then we can wait for a day "
     "or two",
     0},
    {UT_CUSTOMER, -1.1f, 210, 65, 200,
     "No! No, that is what you said last time, and the time before! I have called you three times! I work from home, "
     "and I am losing money every single day! Nobody does anything about it!",
     0},
    {UT_CUSTOMER, 0.3f, 205, 62, 200,
     "Every time somebody tells me to wait! I am not going to wait any longer! This has to be fixed now!", 0},
    {UT_AGENT, 0.5f, 150, 40, 65,
     "You are right, three calls is too many. Please give me a moment, I will find somebody.", 0},
    {UT_AGENT, 10.0f, 150, 40, 65,
     "Thank you for waiting. An engineer comes tomorrow at nine, and this month is free of charge.", 0},
    {UT_CUSTOMER, 0.8f, 135, 12, 60, "Oh. All right. Tomorrow at nine is fine. Thank you. That is really all I wanted.",
     0},
    {UT_AGENT, 0.5f, 155, 45, 70, "You will get a message with the details in a minute. Is there anything else?", 0},
    {UT_CUSTOMER, 0.6f, 130, 10, 55, "No, that was everything. Thank you for your help. Goodbye.", 0},
};

typedef struct maker {
    const char *dir;
    float *stereo; /* [LONGEST_S * RATE_HZ][VOICES], agent left */
    sf_count_t at; /* frame where the line before ended */
    sf_count_t n_frames;
    char *message;
    size_t message_size;
} maker;

static bool speak(const maker *m, const demo_line *line, const char *path) {
    char speed[16], pitch[16], amplitude[16];
    snprintf(speed, sizeof speed, "-s%d", line->words_min);
    snprintf(pitch, sizeof pitch, "-p%d", line->pitch);
    snprintf(amplitude, sizeof amplitude, "-a%d", line->amplitude);
    char *const arguments[] = {"espeak-ng",  "-v", (char *)voices[line->who], speed, pitch, amplitude, "-w",
                               (char *)path, "--", (char *)line->text,        NULL};
    pid_t pid;
    int status, error = posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ);
    if (error) {
        snprintf(m->message, m->message_size, "espeak-ng, which speaks the call, cannot be run: %s", strerror(error));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    snprintf(m->message, m->message_size, "espeak-ng, which speaks the call, failed");
    return false;
}

/* Mixes the piece into its channel, the end of silence that espeak-ng adds left away. */
static bool place(maker *m, demo_line *line, const char *path) {
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    bool fits = file && info.channels == 1 && info.samplerate == RATE_HZ;
    if (fits) m->at += (sf_count_t)(line->gap_s * RATE_HZ);
    fits = fits && m->at >= 0 && m->at + info.frames < (sf_count_t)(LONGEST_S - 1) * RATE_HZ;
    line->start_s = (float)m->at / RATE_HZ;
    sf_count_t last = m->at;
    for (float x; fits && sf_read_float(file, &x, 1) == 1; m->at++) {
        m->stereo[m->at * VOICES + (line->who == UT_CUSTOMER)] += x;
        if (x > 0.01f || x < -0.01f) last = m->at;
    }
    if (file) sf_close(file);
    if (!fits) snprintf(m->message, m->message_size, "%s: not what espeak-ng was expected to say", path);
    m->at = last + 1;
    if (m->at > m->n_frames) m->n_frames = m->at;
    return fits;
}

/* The hiss of a telephone line, about -49 dB full scale: without it the pauses are emptier than any call's. */
static void add_line_noise(maker *m) {
    uint32_t chance = 1; /* Numerical Recipes' linear congruence: the call is the same each time */
    for (sf_count_t i = 0; i < m->n_frames * VOICES; i++) {
        chance = chance * 1664525u + 1013904223u;
        m->stereo[i] += 0.006f * ((float)(chance >> 8) / (1 << 23) - 1);
    }
}

static bool write_call(maker *m, const char *path) {
    SF_INFO info = {.samplerate = RATE_HZ, .channels = VOICES, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    bool good = file && sf_writef_float(file, m->stereo, m->n_frames) == m->n_frames;
    if (file && sf_close(file)) good = false;
    if (!good) snprintf(m->message, m->message_size, "%s: cannot be written", path);
    return good;
}

bool demo_call_make(demo_call *call, const char *dir, const char *path, char *message, size_t message_size) {
    maker m = {.dir = dir, .message = message, .message_size = message_size};
    char piece[1024];
    snprintf(piece, sizeof piece, "%s/line.wav", dir);
    m.stereo = calloc((size_t)LONGEST_S * RATE_HZ * VOICES, sizeof *m.stereo);
    bool good = m.stereo;
    if (!good) snprintf(message, message_size, "%s", ut_error_text(UT_NO_MEMORY));
    call->n_lines = sizeof script / sizeof *script;
    memcpy(call->lines, script, sizeof script);
    for (int i = 0; good && i < call->n_lines; i++)
        good = speak(&m, &call->lines[i], piece) && place(&m, &call->lines[i], piece);
    if (good) {
        m.n_frames += RATE_HZ; /* a second to breathe */
        add_line_noise(&m);
        good = write_call(&m, path);
    }
    unlink(piece);
    free(m.stereo);
    return good;
}
