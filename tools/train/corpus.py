"""Corpora laid out like a folder with a manifest.csv, and their features, from `undertone features` alone."""

import io
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas
import soundfile

import telephone

HIGH_AROUSAL = {"angry", "fearful", "happy", "surprised"}
LOW_AROUSAL = {"neutral", "calm", "sad", "bored"}
LETTERS = {"A": "angry", "F": "fearful", "H": "happy", "S": "sad", "D": "disgust", "N": "neutral"}


def progress(words):
    if sys.stderr.isatty():
        print(f"  {words}\033[K", end="\r", file=sys.stderr)


def manifest(folder):
    clips = pandas.read_csv(os.path.join(folder, "manifest.csv"))
    return clips[~clips["extra"].fillna("").str.contains("AMBIGUOUS")]


def heard(clips):
    """What listeners of the voice alone heard, where they were asked: a set of emotions a clip."""
    votes = clips["extra"].fillna("").str.extract(r"voice_vote=([^;]*)")[0].fillna("")
    return [{LETTERS[letter] for letter in vote if letter in LETTERS} for vote in votes]


def features(program, folder, clips, condition):
    """A row each half second and one at the end of every clip, with the clip's place in clips as its index."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        names = {}
        for i, path in enumerate(clips["path"]):
            x, rate_hz = soundfile.read(os.path.join(folder, path), dtype="float32")
            assert rate_hz == telephone.RATE_HZ, path
            name = os.path.join(scratch, f"{i}.wav")
            soundfile.write(name, telephone.apply(condition, path, x), rate_hz, subtype="FLOAT")
            names[name] = i
        batch = list(names)
        for start in range(0, len(batch), 500):
            progress(f"{condition}: {start} of {len(batch)} clips")
            run = subprocess.run([program, "features", "--level", "functionals", *batch[start : start + 500]],
                                 stdout=subprocess.PIPE, check=True)
            rows.append(pandas.read_csv(io.BytesIO(run.stdout)))
    print(f"  {condition}: {len(batch)} clips", file=sys.stderr)
    table = pandas.concat(rows, ignore_index=True)
    table.insert(0, "clip", table["source"].map(names))
    return table.drop(columns=["source", "channel"])
