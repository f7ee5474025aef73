"""Corpora laid out like a folder with a manifest.csv: what their clips say, and what the classifier hears of them.

What is heard comes from tools/classifier_inputs.c, which is the library itself: nothing of it is made again here.
"""

import os
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pandas
import soundfile

import telephone

CLASSES = ["angry", "fearful", "happy", "sad", "neutral", "disgust"]
COUNTS_AS = {"calm": "neutral", "bored": "neutral"}
HIGH_AROUSAL = {"angry", "fearful", "happy", "surprised"}
LOW_AROUSAL = {"neutral", "calm", "sad", "bored"}
LETTERS = {"A": "angry", "F": "fearful", "H": "happy", "S": "sad", "D": "disgust", "N": "neutral"}
MEANT_SHARE = 0.75
HOP_INPUTS = 37  # UT_ENCODER_INPUTS, src/classify/encoder.h

# Of all clips end to end, under one condition: hops [hops][HOP_INPUTS]; a reading each half second, with the clip it is
# of, the hops of that clip that were decided by then, the seconds of speech in its window, and its functionals.
Heard = namedtuple("Heard", "hops hops_of_clip clip hops_by_then speech_s functionals")


def manifest(folder):
    clips = pandas.read_csv(os.path.join(folder, "manifest.csv"))
    return clips[~clips["extra"].fillna("").str.contains("AMBIGUOUS")]


def recordings(folder, clips):
    """Samples at telephone.RATE_HZ, one array a clip."""
    found = []
    for path in clips["path"]:
        x, rate_hz = soundfile.read(os.path.join(folder, path), dtype="float32")
        if rate_hz != telephone.RATE_HZ or x.ndim != 1:
            sys.exit(f"{os.path.join(folder, path)}: must be mono at {telephone.RATE_HZ} Hz")
        found.append(x)
    return found


def votes(clips):
    """What listeners of the voice alone heard, where they were asked: a list of emotions a clip."""
    said = clips["extra"].fillna("").str.extract(r"(?:^|;)\s*voice_vote=([^;]*)")[0].fillna("")
    return [[LETTERS[letter] for letter in vote if letter in LETTERS] for vote in said]


def class_marks(clips):
    """[clips][CLASSES], each row adds up to 1: MEANT_SHARE what the actor meant and the rest what listeners heard. All
    zeros where the clip was meant to be none of the classes and nobody was asked."""
    marks = np.zeros((len(clips), len(CLASSES)), np.float32)
    for mark, meant, heard in zip(marks, clips["emotion"], votes(clips)):
        meant = COUNTS_AS.get(meant, meant)
        if meant in CLASSES:
            mark[CLASSES.index(meant)] += MEANT_SHARE if heard else 1
        for emotion in heard:
            mark[CLASSES.index(emotion)] += (1 - MEANT_SHARE) / len(heard)
    return marks


def arousal_marks(clips):
    """[clips], 1 high, 0 low, NaN where the emotion says nothing of it."""
    high, low = clips["emotion"].isin(HIGH_AROUSAL), clips["emotion"].isin(LOW_AROUSAL)
    return np.where(high, 1, np.where(low, 0, np.nan)).astype(np.float32)


def ordinary_clips(clips):
    """Of each clip the others by the same speaker that are neutral, as places in clips."""
    neutral = (clips["emotion"] == "neutral").to_numpy()
    places = {speaker: rows[neutral[rows]] for speaker, rows in clips.groupby("speaker").indices.items()}
    return [places[speaker][places[speaker] != i] for i, speaker in enumerate(clips["speaker"])]


def functional_names(program):
    return subprocess.run([program, "names"], stdout=subprocess.PIPE, check=True).stdout.decode().split()


def rows(stream, n, width):
    return np.frombuffer(stream.read(4 * n * width), "<f4").reshape(n, width)


def hear(program, clips, precision=np.float16):
    """Heard, of a list of samples; the hops in half precision, since training keeps many."""
    run = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    hops, hops_of_clip, clip, readings = [], [], [], []
    width = 3 + len(functional_names(program))
    for i, x in enumerate(clips):
        run.stdin.write(np.int32(len(x)).tobytes() + np.asarray(x, "<f4").tobytes())
        run.stdin.flush()
        n_hops, n_readings = np.frombuffer(run.stdout.read(8), "<i4")
        hops.append(rows(run.stdout, n_hops, HOP_INPUTS).astype(precision))
        readings.append(rows(run.stdout, n_readings, width))
        hops_of_clip.append(n_hops)
        clip += [i] * n_readings
    run.stdin.close()
    if run.wait() != 0:
        sys.exit(f"{program} failed")
    readings = np.concatenate(readings)
    return Heard(np.concatenate(hops), np.array(hops_of_clip), np.array(clip), readings[:, 1].astype(int),
                 readings[:, 2], readings[:, 3:])
