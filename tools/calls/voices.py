"""Who speaks in a call: the people of a manifest, and their clips cut down to what they say."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import clips as clips_of
from clips import MEANS, RATE_HZ

FRAME = RATE_HZ // 100
RANGE_DB, OVER_FLOOR_DB, LEAST_RANGE_DB, SILENT_DB = 30, 6, 12, -80
FILLED_S, LEAST_S = 0.3, 0.12  # a shorter pause belongs to the speech around it; shorter speech is a click or a breath
EDGE_S = 0.03  # left on both sides of a clip
NEUTRAL = [emotion for emotion, means in MEANS.items() if means == "neutral"]


@dataclass
class Clip:
    """Something said: samples without the silence around it, and where speech is in them, in seconds."""

    path: str
    x: np.ndarray
    speech: list
    floor_db: float  # of the room it was recorded in

    @property
    def duration_s(self):
        return len(self.x) / RATE_HZ

    @property
    def speech_s(self):
        return float(sum(end_s - start_s for start_s, end_s in self.speech))


@dataclass
class Voice:
    """One person, and what is there of them: {emotion: paths}."""

    corpus: str
    speaker: str
    gender: str
    language: str
    paths: dict

    def neutral(self, *without):
        return [path for emotion in NEUTRAL if emotion not in without for path in self.paths.get(emotion, [])]


# ---- where speech is ----


def within_s(intervals, start_s, end_s):
    """How much of these intervals lies between two moments."""
    return float(sum(max(0.0, min(e, end_s) - max(s, start_s)) for s, e in intervals))


def filled(intervals):
    """In order, and those with a short pause between them as one."""
    joined = []
    for start_s, end_s in sorted(intervals):
        if joined and start_s - joined[-1][1] < FILLED_S:
            joined[-1] = (joined[-1][0], max(end_s, joined[-1][1]))
        else:
            joined.append((start_s, end_s))
    return joined


def levels_db(x):
    """Of frames of 10 ms."""
    frames = x[: len(x) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)


def loud_intervals(level_db):
    """Speech is what is within RANGE_DB of a clip's loud parts and stands out from its quiet ones."""
    if not len(level_db):
        return []
    top_db, floor_db = np.percentile(level_db, [95, 5])
    least_db = max(SILENT_DB, top_db - RANGE_DB, min(floor_db + OVER_FLOOR_DB, top_db - LEAST_RANGE_DB))
    loud = np.concatenate([[False], level_db >= least_db, [False]]).astype(int)
    starts, ends = np.flatnonzero(np.diff(loud) > 0), np.flatnonzero(np.diff(loud) < 0)
    seconds = FRAME / RATE_HZ
    found = filled([(float(s * seconds), float(e * seconds)) for s, e in zip(starts, ends)])
    return [(start_s, end_s) for start_s, end_s in found if end_s - start_s >= LEAST_S]


def cut(path, x):
    level_db = levels_db(x)
    speech = loud_intervals(level_db)
    if not speech:
        return Clip(path, x[:0], [], -100.0)
    first_s = max(0.0, speech[0][0] - EDGE_S)
    x = x[round(first_s * RATE_HZ) : round((speech[-1][1] + EDGE_S) * RATE_HZ)].copy()
    ramp = np.linspace(0, 1, FRAME, dtype=np.float32)[: len(x)]
    x[: len(ramp)] *= ramp
    x[len(x) - len(ramp) :] *= ramp[::-1]
    return Clip(path, x, [(s - first_s, e - first_s) for s, e in speech], float(np.percentile(level_db, 5)))


@lru_cache(maxsize=600)
def clip(folder, path):
    return cut(path, clips_of.sound(folder, path))


def speech_s(folder, paths):
    return sum(clip(folder, path).speech_s for path in paths)


# ---- people ----


def voices(clips):
    """Everyone in a table of clips, in the order of corpora and names."""
    found = []
    for (corpus, speaker), own in clips.groupby(["corpus", "speaker"], sort=True):
        first = own.iloc[0]
        paths = {emotion: sorted(some["path"]) for emotion, some in own.groupby("emotion")}
        found.append(Voice(corpus, speaker, first["gender"], first["language"], paths))
    return found
