/* product.c - sums of products in tiles: of up to four positions and eight to thirty-two outputs, so many that all of
 * their sums stay in registers while weights and inputs stream by. The vectors are GCC's own extension, which clang has
 * too: from plain loops neither makes this reliably. */
#include "classify/product.h"

#include <string.h>

typedef float four __attribute__((vector_size(16)));

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS four load(const float *x) {
    four y;
    memcpy(&y, x, sizeof y);
    return y;
}

/* What a product is run on: the rows from one position on. */
struct place {
    const ut_product *product;
    const float *const *rows;
    int from, step; /* into each row; from one position to the next */
    float *y;       /* [positions][outputs] */
};

/* positions, at most 4, and fours, at most 8, are constants wherever this is called. */
ALWAYS void tile(const struct place *at, int first, const int positions, const int fours) {
    const ut_product *product = at->product;
    const float *w = product->weight + first;
    const int step = at->step, inputs = product->inputs, outputs = product->outputs;
    four sums[4][8];
    for (int p = 0; p < positions; p++)
        for (int f = 0; f < fours; f++) sums[p][f] = load(product->bias + first + 4 * f);
    for (int r = 0; r < product->rows; r++) {
        const float *x = at->rows[r] + at->from;
        for (int i = 0; i < inputs; i++, w += outputs)
            for (int f = 0; f < fours; f++)
                for (int p = 0; p < positions; p++) sums[p][f] += x[p * step + i] * load(w + 4 * f);
    }
    for (int p = 0; p < positions; p++)
        for (int f = 0; f < fours; f++) memcpy(at->y + p * outputs + first + 4 * f, &sums[p][f], sizeof(four));
}

/* As many tiles as fit side by side; returns the first output that is left. */
ALWAYS int tiles(const struct place *at, int first, const int positions, const int fours) {
    for (; first + 4 * fours <= at->product->outputs; first += 4 * fours) tile(at, first, positions, fours);
    return first;
}

static float single(const struct place *at, int position, int output) {
    const ut_product *product = at->product;
    const float *w = product->weight + output;
    float sum = product->bias[output];
    for (int r = 0; r < product->rows; r++) {
        const float *x = at->rows[r] + at->from + position * at->step;
        for (int i = 0; i < product->inputs; i++, w += product->outputs) sum += x[i] * *w;
    }
    return sum;
}

static void singles(const struct place *at, int first, int positions) {
    int outputs = at->product->outputs;
    for (int p = 0; p < positions; p++)
        for (int o = first; o < outputs; o++) at->y[p * outputs + o] = single(at, p, o);
}

static void run_four(const struct place *at) {
    int first = tiles(at, 0, 4, 2);
    singles(at, tiles(at, first, 4, 1), 4);
}

static void run_one(const struct place *at) {
    int first = tiles(at, 0, 1, 8);
    first = tiles(at, first, 1, 2);
    singles(at, tiles(at, first, 1, 1), 1);
}

void ut_product_run(const ut_product *product, const float *const *rows, int step, int positions, float *y) {
    int p = 0;
    for (; p + 4 <= positions; p += 4)
        run_four(&(struct place){product, rows, p * step, step, y + p * product->outputs});
    for (; p < positions; p++) run_one(&(struct place){product, rows, p * step, step, y + p * product->outputs});
}
