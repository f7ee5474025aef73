/* product.h - the one sum that every layer of the net comes down to, dense or convolution. */
#ifndef CLASSIFY_PRODUCT_H
#define CLASSIFY_PRODUCT_H

typedef struct ut_product {
    const float *weight; /* [rows][inputs][outputs] */
    const float *bias;   /* [outputs] */
    int rows, inputs, outputs;
} ut_product;

/* At each of so many positions, every output at once: y [positions][outputs], where
 *
 *     y[p][o] = bias[o] + sum over r and i of rows[r][p * step + i] * weight[r][i][o]
 *
 * rows [product->rows], each of (positions - 1) * step + inputs values, none of them in y. */
void ut_product_run(const ut_product *product, const float *const *rows, int step, int positions, float *y);

#endif
