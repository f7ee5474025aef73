/* formants.c - the resonances of the vocal tract.
 *
 * In:  the spectral frame's power and level_db.
 * Out: of F1, F2 and F3 formant_hz, formant_bandwidth_hz, and formant_level_db: the power of that resonance alone,
 *      relative to the frame's. All three 0 where there is no such formant.
 *
 * Linear prediction from a power spectrum (Makhoul, "Spectral linear prediction: properties and applications", IEEE
 * Trans. ASSP 23, 1975). The spectrum, pre-emphasised, is transformed to the autocorrelation that the same sound would
 * have at 11 kHz; Levinson's recursion yields ten coefficients; the poles of that predictor are the resonances: angle
 * is frequency, distance to the unit circle bandwidth. Why 11 kHz: of five pairs of poles four have a formant to stand
 * for, and the fifth goes to where the spectrum ends, at 4 kHz or at a telephone line's 3.4 kHz, which would else draw
 * F3 to it. It is also what Praat makes of a telephone call with its standard settings.
 *
 * Poles are found by Laguerre's method, which gets there from nearly anywhere in a handful of steps, and divided out
 * one after the other. In double precision, because a spectrum empty above 4 kHz makes equations close to singular.
 *
 * What no linear prediction escapes: a formant is drawn to the harmonic next to it, by a fifth of F0 at worst; and one
 * that a telephone line's high-pass has cut away, F1 of close vowels, comes out where the line begins.
 */
#include "prosody/formants.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "prosody/limits.h"
#include "prosody/logs.h"

#define LEVEL_LEAST_DB     -90.0f /* one step of 16 bits; what is quieter is no voice */
#define FORMANT_LOW_HZ     90.0f
#define FORMANT_HIGH_HZ    3800.0f
#define F4_LOW_HZ          2700.0f
#define SLOPE_LEAST_HZ     600.0f  /* of bandwidth */
#define BANDWIDTH_MOST_HZ  2000.0f /* wider is the slope of the spectrum */
#define BANDWIDTH_LEAST_HZ 1.0f
#define LEVEL_LOW_DB       -100.0f
#define LEVEL_HIGH_DB      20.0f
#define NOISE_SHARE        1e-6 /* white noise added, about what single precision leaves undecided */
#define STEP_LEAST         1e-9 /* squared; convergence is cubic, so that after such a step nothing is left to gain */
#define ON_THE_LINE        1e-6 /* of imaginary parts: a root found that close to the real line is on it */

enum {
    ORDER = UT_FORMANT_LAGS - 1,
    STEPS_MOST = 12, /* three are usual */
};

struct pole {
    double re, im; /* im never below 0: the other one of the pair is implied */
};

struct resonance {
    struct pole z;
    float hz, bandwidth_hz;
};

struct predictor {
    double a[ORDER + 1]; /* 1 first: a[0] z^ORDER + a[1] z^(ORDER - 1) ... */
    double error;        /* power of what it does not predict */
};

static void autocorrelate(const ut_plan *plan, const float *power, double *r) {
    float sum[UT_FORMANT_LAGS] = {0};
    for (int bin = 0; bin < UT_BINS; bin++)
        for (int lag = 0; lag < UT_FORMANT_LAGS; lag++) sum[lag] += power[bin] * plan->formant_cosine[bin][lag];
    for (int lag = 0; lag < UT_FORMANT_LAGS; lag++) r[lag] = (double)sum[lag];
    r[0] *= 1 + NOISE_SHARE;
}

/* Levinson's recursion (Makhoul 1975, eq. 25). False where r is no autocorrelation: of nothing, or of a spectrum so
 * steep that single precision lost it. */
static bool predict(const double *r, struct predictor *p) {
    double *a = p->a;
    a[0] = 1;
    p->error = r[0];
    for (int m = 1; m <= ORDER; m++) {
        double sum = r[m];
        for (int i = 1; i < m; i++) sum += a[i] * r[m - i];
        double reflection = -sum / p->error;
        a[m] = reflection;
        for (int i = 1, j = m - 1; i <= j; i++, j--) {
            double ai = a[i], aj = a[j];
            a[i] = ai + reflection * aj;
            a[j] = aj + reflection * ai;
        }
        p->error *= 1 - reflection * reflection;
        if (!(p->error > 0)) return false;
    }
    return true;
}

static struct pole product(struct pole x, struct pole y) {
    return (struct pole){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

static double norm(struct pole x) { return x.re * x.re + x.im * x.im; }

static struct pole quotient(struct pole x, struct pole y) {
    double scale = 1 / norm(y);
    return (struct pole){(x.re * y.re + x.im * y.im) * scale, (x.im * y.re - x.re * y.im) * scale};
}

/* The one to the right. */
static struct pole square_root(struct pole x) {
    double size = sqrt(norm(x)), re = sqrt(0.5 * (size + x.re)), im = sqrt(0.5 * (size - x.re));
    return (struct pole){re, copysign(im, x.im)};
}

/* Moves z towards a root and returns the square of how far: Laguerre's -n p / (p' + p' sqrt((n - 1)^2 - n (n - 1) p p''
 * / p'^2)). NaN where p is level, which no step leads out of. */
static double approach(const double *a, int degree, struct pole *z) {
    struct pole p = {a[0], 0}, slope = {0, 0}, bend = {0, 0}; /* bend is half of p'' */
    for (int i = 1; i <= degree; i++) {
        bend = product(bend, *z), bend.re += slope.re, bend.im += slope.im;
        slope = product(slope, *z), slope.re += p.re, slope.im += p.im;
        p = product(p, *z), p.re += a[i];
    }
    double n = degree, scale = 2 * n * (n - 1);
    struct pole curve = quotient(product(p, bend), product(slope, slope));
    struct pole root = square_root((struct pole){(n - 1) * (n - 1) - scale * curve.re, -scale * curve.im});
    struct pole step = quotient(p, product(slope, (struct pole){1 + root.re, root.im}));
    z->re -= n * step.re;
    z->im -= n * step.im;
    return n * n * norm(step);
}

/* Goes from z to a root, the upper one of a pair; false where that takes too long. */
static bool find_pole(const double *a, int degree, struct pole *z) {
    for (int i = 0; i < STEPS_MOST; i++)
        if (approach(a, degree, z) < STEP_LEAST) {
            z->im = fabs(z->im) < ON_THE_LINE ? 0 : fabs(z->im);
            return true;
        }
    return false;
}

static struct pole solve_quadratic(const double *a) {
    double middle = -0.5 * a[1], below = a[2] - middle * middle;
    return (struct pole){middle, below > 0 ? sqrt(below) : 0};
}

/* Divides by z's factor, or by that of the pair, and returns the degree left. */
static int divide_out(double *a, int degree, struct pole z) {
    bool pair = z.im > 0;
    double u = pair ? 2 * z.re : z.re, v = pair ? norm(z) : 0;
    a[1] += u * a[0];
    for (int i = 2; i <= degree; i++) a[i] += u * a[i - 1] - v * a[i - 2];
    return degree - (pair ? 2 : 1);
}

/* The pairs of poles; those on the real line do not resound. Returns how many. */
static int find_poles(const struct predictor *p, struct pole *poles) {
    /* Near the circle at 500, 1500, 2500 and 3500 Hz and close to half the rate, where poles use to be. */
    static const struct pole starts[] = {{0.93, 0.27}, {0.63, 0.73}, {0.13, 0.96}, {-0.4, 0.88}, {-0.96, 0.1}};
    const int last = sizeof starts / sizeof *starts - 1;
    double a[ORDER + 1];
    memcpy(a, p->a, sizeof a);
    int n = 0;
    for (int degree = ORDER, tried = 0; degree >= 2; tried++) {
        struct pole z = starts[tried < last ? tried : last];
        if (degree == 2) z = solve_quadratic(a);
        else if (!find_pole(a, degree, &z)) break;
        if (z.im > 0) poles[n++] = z;
        degree = divide_out(a, degree, z);
    }
    return n;
}

static float frequency_hz(struct pole z) {
    return (float)(UT_FORMANT_RATE_HZ / (2 * M_PI)) * atan2f((float)z.im, (float)z.re);
}

static float bandwidth_hz(struct pole z) {
    float hz = (float)(-UT_FORMANT_RATE_HZ / (2 * M_PI)) * logf((float)norm(z));
    return hz > BANDWIDTH_LEAST_HZ ? hz : BANDWIDTH_LEAST_HZ;
}

/* Poles that may be formants, the lowest first. Returns how many. */
static int find_resonances(const struct predictor *p, struct resonance *found) {
    struct pole poles[ORDER / 2];
    int n_poles = find_poles(p, poles), n = 0;
    for (int i = 0; i < n_poles; i++) {
        struct resonance r = {poles[i], frequency_hz(poles[i]), bandwidth_hz(poles[i])};
        if (r.hz < FORMANT_LOW_HZ || r.hz > FORMANT_HIGH_HZ || r.bandwidth_hz > BANDWIDTH_MOST_HZ) continue;
        int at = n++;
        for (; at > 0 && found[at - 1].hz > r.hz; at--) found[at] = found[at - 1];
        found[at] = r;
    }
    return n;
}

/* Nobody's F4 is that low: where four are below it, the widest one is a slope between two others. */
static int drop_the_surplus(struct resonance *found, int n) {
    if (n <= UT_FORMANTS || found[UT_FORMANTS].hz > F4_LOW_HZ) return n;
    int widest = 0;
    for (int i = 1; i <= UT_FORMANTS; i++)
        if (found[i].bandwidth_hz > found[widest].bandwidth_hz) widest = i;
    if (found[widest].bandwidth_hz < SLOPE_LEAST_HZ) return n;
    for (int i = widest; i + 1 < n; i++) found[i] = found[i + 1];
    return n - 1;
}

/* The area under the peak: the model's density there, without the pre-emphasis, times pi / 2 bandwidths. */
static float level_db(const ut_plan *plan, const struct predictor *p, const struct resonance *resonance) {
    double radius = sqrt(norm(resonance->z)), emphasis = (double)plan->formant_emphasis;
    struct pole z = {resonance->z.re / radius, resonance->z.im / radius}, value = {p->a[0], 0};
    for (int i = 1; i <= ORDER; i++) value = product(value, z), value.re += p->a[i];
    double emphasised = norm(value) * (1 + emphasis * emphasis - 2 * emphasis * z.re);
    double density = p->error / (emphasised * (UT_FORMANT_RATE_HZ / 2.0));
    return ut_db((float)(density * M_PI_2 * (double)resonance->bandwidth_hz) + FLT_MIN);
}

void ut_formants_run(const ut_plan *plan, const float *power, ut_frame *frame) {
    memset(frame->formant_hz, 0, sizeof frame->formant_hz);
    memset(frame->formant_bandwidth_hz, 0, sizeof frame->formant_bandwidth_hz);
    memset(frame->formant_level_db, 0, sizeof frame->formant_level_db);
    if (frame->level_db < LEVEL_LEAST_DB) return;

    double r[UT_FORMANT_LAGS];
    struct predictor p;
    struct resonance found[ORDER / 2];
    autocorrelate(plan, power, r);
    if (!predict(r, &p)) return;
    int n = drop_the_surplus(found, find_resonances(&p, found));
    for (int i = 0; i < n && i < UT_FORMANTS; i++) {
        frame->formant_hz[i] = found[i].hz;
        frame->formant_bandwidth_hz[i] = found[i].bandwidth_hz;
        float level = level_db(plan, &p, &found[i]) - frame->level_db;
        frame->formant_level_db[i] = ut_limit(level, LEVEL_LOW_DB, LEVEL_HIGH_DB);
    }
}
