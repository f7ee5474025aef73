"""Figures of merit, plain functions of labels and scores. Where nothing can be said they are NaN."""

import numpy as np
from scipy.stats import rankdata

LEAST = 3  # of either kind, for an AUC to be told
BINS, WIDE_BINS = 10, 15


def auc(meant, scores, least=1):
    """Area under the curve of hits over false alarms (Mann-Whitney), ties halved."""
    n = int(np.sum(meant))
    if min(n, len(meant) - n) < least:
        return np.nan
    return (rankdata(scores)[meant].sum() - n * (n + 1) / 2) / (n * (len(meant) - n))


def recalls(classes, said):
    return [np.mean(said[classes == c] == c) for c in np.unique(classes)]


def uar(classes, said):
    """The mean over classes of the share of a class that was called so."""
    return np.mean(recalls(classes, said)) if len(classes) else np.nan


def interval(measure, speakers, *columns, rounds=1000, seed=1):
    """The middle 95 % of a measure of columns when speakers are drawn anew, with replacement."""
    chance, found = np.random.default_rng(seed), []
    rows = [np.flatnonzero(speakers == s) for s in np.unique(speakers)]
    if len(rows) < 2:
        return np.nan, np.nan
    for _ in range(rounds):
        drawn = np.concatenate([rows[i] for i in chance.integers(len(rows), size=len(rows))])
        found.append(measure(*(column[drawn] for column in columns)))
    return tuple(np.nanquantile(found, [0.025, 0.975])) if np.isfinite(found).any() else (np.nan, np.nan)


def bins_of(scores, wide):
    """Which bin each score lies in: 15 of equal width, or 10 of equal count."""
    if wide:
        return np.minimum((scores * WIDE_BINS).astype(int), WIDE_BINS - 1)
    order = np.argsort(scores, kind="stable")
    bins = np.empty(len(scores), int)
    bins[order] = np.arange(len(scores)) * BINS // max(len(scores), 1)
    return bins


def reliability(marks, scores, wide=False):
    """[bins][mean score, mean mark, count]."""
    bins = bins_of(scores, wide)
    held = [bins == b for b in np.unique(bins)]
    return np.array([[np.mean(scores[h]), np.mean(marks[h]), np.sum(h)] for h in held])


def calibration_error(marks, scores, wide=False):
    """How far the mean score of a bin is from its mean mark, over bins, each weighing as many clips as it holds."""
    if not len(scores):
        return np.nan
    said, marked, counts = reliability(marks, scores, wide).T
    return np.sum(counts * np.abs(said - marked)) / np.sum(counts)


def threshold_of(scores, alarms):
    """The lowest threshold that at most so many of these scores reach: just over the next one."""
    return np.nextafter(np.sort(scores)[::-1][int(alarms)], 2) if alarms < len(scores) else 0.0


def onsets(rows, score, threshold):
    """How often a score comes to reach the threshold, readings that abstained being under it."""
    over = ((rows[score] >= threshold) & (rows["abstain"] == 0)).to_numpy()
    return int(np.sum(over[1:] & ~over[:-1])) + int(over[:1].sum())
