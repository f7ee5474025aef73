/* number.c - numbers as text.
 *
 * In: a finite number. Out: the characters of printf's %.*g, in a fifteenth of its time.
 *
 * The number is scaled by a power of ten until its digits are an integer. Powers up to 10^22 are exact in double
 * precision, so the scaled number is off by no more than its last bits, and rounds as the number itself does unless it
 * lies next to a half. Those, and what is too large or small for such a power, are left to printf.
 */
#include "commands/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define LEAST     1e-12
#define MOST      1e22
#define NEAR_HALF 1e-4 /* far more than the precision, and few numbers lie there */

enum { DIGITS = 8 };
#define ZEROS 0x3030303030303030u /* as many characters */

/* x = 0.d1d2d3... * 10^point. */
struct decimal {
    uint64_t text; /* the digits' characters, the first in the lowest byte */
    int n;         /* of them, without the zeros at the end */
    int point;     /* how many stand before the point */
};

/* Where the point of x is, or one less. */
static int guess_point(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    return (exponent * 1233 >> 12) + 1; /* 1233 / 4096 is log10(2), a little less */
}

static double scale(double x, int power) { return power < 0 ? x / powers[-power] : x * powers[power]; }

/* Eight digits by halves: a number of eight in one lane becomes two of four, four of two, eight of one, the first digit
 * in the lowest byte. */
static uint64_t split(uint64_t whole) {
    uint64_t fours = whole / 10000 | whole % 10000 << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007f; /* 10486 / 2^20 is 1 / 100, for four digits */
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f; /* 103 / 2^10 is 1 / 10, for two */
    return tens | (twos - 10 * tens) << 8;
}

/* How many of the first n there are without the zeros at the end. */
static int count(uint64_t digits, int n) {
    while (n > 1 && !(digits >> 8 * (n - 1))) n--;
    return n;
}

/* False where printf has to decide. */
static bool to_decimal(double x, int digits, struct decimal *d) {
    if (!(x >= LEAST && x < MOST)) return false;
    d->point = guess_point(x);
    double scaled = scale(x, digits - d->point);
    if (scaled >= powers[digits]) scaled = scale(x, digits - ++d->point);
    int64_t whole = (int64_t)scaled;
    double rest = scaled - (double)whole;
    if (fabs(rest - 0.5) < NEAR_HALF) return false;
    whole += rest > 0.5;
    if (whole >= (int64_t)powers[digits]) whole /= 10, d->point++;
    uint64_t all = split((uint64_t)(whole * (int64_t)powers[DIGITS - digits]));
    d->n = count(all, digits);
    d->text = all + ZEROS;
    return true;
}

/* Writes all eight characters, which is one move, and goes on behind n of them. */
static char *put(char *at, uint64_t text, int n) {
    for (int i = 0; i < DIGITS; i++) at[i] = (char)(text >> 8 * i);
    return at + n;
}

static char *put_plain(char *at, const struct decimal *d) {
    if (d->point <= 0) {
        at = put(at, ZEROS, 2 - d->point);
        at[d->point - 1] = '.';
        return put(at, d->text, d->n);
    }
    at = put(at, d->text, d->point);
    if (d->n <= d->point) return at;
    *at++ = '.';
    return put(at, d->text >> 8 * d->point, d->n - d->point);
}

static char *put_with_exponent(char *at, const struct decimal *d) {
    int exponent = d->point - 1, size = exponent < 0 ? -exponent : exponent;
    at = put(at, d->text, 1);
    if (d->n > 1) *at++ = '.';
    at = put(at, d->text >> 8, d->n - 1);
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    *at++ = (char)('0' + size / 10);
    *at++ = (char)('0' + size % 10);
    return at;
}

char *number_write(char *at, double x, int digits) {
    struct decimal d;
    if (x == 0 && !signbit(x)) return *at = '0', at + 1;
    if (!to_decimal(fabs(x), digits, &d)) return at + snprintf(at, NUMBER_SIZE, "%.*g", digits, x);
    if (x < 0) *at++ = '-';
    return d.point > -4 && d.point <= digits ? put_plain(at, &d) : put_with_exponent(at, &d);
}
