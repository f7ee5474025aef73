"""Labelled clips of other people's making: a manifest, its sound at 8 kHz, and calls made of it.

The manifest is manifest.csv in the corpora's folder, a row a file: path, corpus, speaker, emotion and split; and as far
as they exist gender, language, intensity and extra (key=value;key=value: age, voice_vote).
"""

import os
import sys
import zlib
from math import gcd

import numpy as np
import pandas
import soundfile
from scipy.signal import resample_poly

import corpus
import telephone

RATE_HZ = telephone.RATE_HZ
NEEDED, OPTIONAL = ["path", "corpus", "speaker", "emotion"], ["split", "gender", "language", "intensity", "extra"]
CLASSES = ["angry", "fearful", "happy", "sad", "neutral"]
MEANS = {**{c: c for c in CLASSES}, "calm": "neutral", "bored": "neutral", "disgust": "others", "surprised": "others"}
NOT_MEASURED = {"train", "background"}
USUAL_S, PAUSE_S = 10.0, 4.5  # of the caller's own ordinary speech; behind each piece of it, longer than the window
TOGETHER, OTHERS = 100, 40


class Refusal(Exception):
    """What cannot be measured, in one sentence."""


# ---- the manifest ----


def of_extra(clips, key):
    return clips["extra"].str.extract(rf"(?:^|;)\s*{key}=([^;]*)")[0].fillna("")


def class_of(emotions):
    unknown = sorted(set(emotions) - set(MEANS) - {""})
    if unknown:
        print(f"tools/evaluate.py: counted among the others: {', '.join(unknown)}", file=sys.stderr)
    return [MEANS.get(emotion, "others") for emotion in emotions]


def votes_of(clips):
    """What listeners of the voice alone heard, where they were asked: a set a clip, more than one where votes tie."""
    return [{MEANS[emotion] for emotion in heard} for heard in corpus.votes(clips)]


def manifest(folder):
    path = os.path.join(folder, "manifest.csv")
    try:
        clips = pandas.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as why:
        raise Refusal(f"{path}: cannot be read ({why})")
    missing = [name for name in NEEDED if name not in clips]
    if missing:
        raise Refusal(f"{path}: has no column {', '.join(missing)}")
    for name in OPTIONAL:
        clips[name] = clips[name].fillna("").str.strip() if name in clips else ""
    clips["emotion"] = clips["emotion"].fillna("").str.strip().str.lower()
    clips["speaker"] = clips["speaker"].fillna("").str.strip()
    return clips[~clips["extra"].str.contains("AMBIGUOUS")].reset_index(drop=True)


def labelled(clips):
    clips = clips[clips["emotion"] != ""].reset_index(drop=True)
    clips["class"], clips["votes"], clips["age"] = class_of(clips["emotion"]), votes_of(clips), of_extra(clips, "age")
    return clips


def chosen(clips, split, corpus):
    mask = clips["split"] == split if split else ~clips["split"].isin(NOT_MEASURED)
    return clips[mask & (clips["corpus"] == corpus if corpus else True)]


# ---- whom a model has heard ----


def plain(name):
    return "".join(letter for letter in str(name).lower() if letter.isalnum())


def heard(clips, listed):
    """The (corpus, speaker) of these clips that a model's header lists under {"corpus": ["speaker", ...]}."""
    known = {(plain(corpus), str(speaker)) for corpus, speakers in listed.items() for speaker in speakers}
    pairs = clips[["corpus", "speaker"]].drop_duplicates().itertuples(index=False)
    return [(corpus, speaker) for corpus, speaker in pairs if (plain(corpus), speaker) in known]


# ---- sound ----


def sound(folder, path):
    """Samples of a mono file of any rate, at 8 kHz."""
    name = os.path.join(folder, path)
    try:
        x, rate_hz = soundfile.read(name, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as why:
        raise Refusal(f"{name}: cannot be read as sound ({why})")
    if x.shape[1] != 1:
        raise Refusal(f"{name}: has {x.shape[1]} channels; a clip is one voice alone, so give the speaker's channel")
    if len(x) == 0:
        raise Refusal(f"{name}: holds no sound")
    common = gcd(rate_hz, RATE_HZ)
    x = x[:, 0] if rate_hz == RATE_HZ else resample_poly(x[:, 0], RATE_HZ // common, rate_hz // common)
    return np.nan_to_num(x).astype(np.float32)


def level_db(x):
    return 10 * np.log10(np.mean(np.square(x, dtype=np.float64)) + 1e-10)


def usual_paths(pool, clip):
    """The speaker's other neutral clips in an order of chance that is the clip's own; calm ones where none is."""
    own = pool[(pool["corpus"] == clip.corpus) & (pool["speaker"] == clip.speaker) & (pool["path"] != clip.path)]
    for emotion in ("neutral", "calm"):
        paths = sorted(own["path"][own["emotion"] == emotion])
        if paths:
            return list(np.random.default_rng(zlib.crc32(clip.path.encode())).permutation(paths))
    return []


def warm_call(folder, pool, clip, read=sound):
    """Up to 10 s of the speaker's ordinary speech, silence behind each piece of it, and then the clip; None without."""
    silence, held_s, pieces = np.zeros(int(PAUSE_S * RATE_HZ), np.float32), 0.0, []
    for path in usual_paths(pool, clip):
        x = read(folder, path)
        if not pieces:
            x = x[: int(USUAL_S * RATE_HZ)]
        if held_s + len(x) / RATE_HZ <= USUAL_S:
            held_s += len(x) / RATE_HZ
            pieces += [x, silence]
    return np.concatenate([*pieces, read(folder, clip.path)]) if pieces else None


def batches(clips):
    """Whole speakers together, about TOGETHER clips at a time."""
    rows, some = clips.groupby(["corpus", "speaker"], sort=True).indices, []
    for place in rows.values():
        for start in range(0, len(place), 2 * TOGETHER):
            some += list(place[start : start + 2 * TOGETHER])
            if len(some) >= TOGETHER:
                yield clips.iloc[some]
                some = []
    if some:
        yield clips.iloc[some]


def other_people(folder, pool, clips):
    """Clips of speakers who are not in these, to talk in the background; of these where nobody else is there."""
    inside = set(zip(clips["corpus"], clips["speaker"]))
    outside = [path for path, *who in zip(pool["path"], pool["corpus"], pool["speaker"]) if tuple(who) not in inside]
    paths = sorted(outside or pool["path"])
    return [sound(folder, path) for path in np.random.default_rng(1).permutation(paths)[:OTHERS]]
