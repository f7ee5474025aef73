/* vad_inputs.c - what the network of src/prosody/vad.c sees, for tools/train/vad.py to fit it to.
 *
 *     vad_inputs STRIDE FILE...    raw floats at 8 kHz -> stdout: of each file the number of rows, then of every
 *                                  STRIDEth frame UT_VAD_INPUTS floats and speech, music, tone as they are now
 *
 * The spine is taken in as it is, since nobody else sees inside: what is learned from is what will be heard.
 */
#include "../src/prosody/prosody.c"

#include <stdio.h>

static void show(const ut_prosody *prosody, const ut_frame *frame) {
    float inputs[UT_VAD_INPUTS + 3];
    ut_vad_gather(&prosody->vad, inputs);
    inputs[UT_VAD_INPUTS] = frame->speech;
    inputs[UT_VAD_INPUTS + 1] = frame->music;
    inputs[UT_VAD_INPUTS + 2] = frame->tone;
    fwrite(inputs, sizeof inputs, 1, stdout);
}

static bool run(const ut_plan *plan, FILE *file, int stride) {
    ut_prosody *prosody = ut_prosody_new(plan, NULL);
    if (!prosody) return false;
    float x[UT_HOP];
    ut_frame frame;
    int32_t at = 0;
    for (bool more = true; more || !prosody->finished;) {
        more = fread(x, sizeof x, 1, file) == 1;
        if (more) ut_prosody_push(prosody, x, UT_HOP);
        if (!more) ut_prosody_finish(prosody);
        while (ut_prosody_next(prosody, &frame))
            if (at++ % stride == 0) show(prosody, &frame);
    }
    ut_prosody_free(prosody);
    return true;
}

int main(int argc, char **argv) {
    ut_plan *plan = ut_plan_open(NULL);
    for (int i = 2; plan && i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file || fseek(file, 0, SEEK_END) != 0) return perror(argv[i]), 1;
        int32_t hops = (int32_t)(ftell(file) / (long)(UT_HOP * sizeof(float))), stride = atoi(argv[1]);
        int32_t rows = (hops + stride - 1) / stride;
        rewind(file);
        fwrite(&rows, sizeof rows, 1, stdout);
        if (!run(plan, file, stride)) return 1;
        fclose(file);
    }
    ut_plan_close(plan);
    return plan ? 0 : 1;
}
