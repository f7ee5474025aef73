"""What the program says of clips: every score here comes from `undertone features --level scores`."""

import io
import os
import subprocess
import sys
import tempfile
from functools import lru_cache

import numpy as np
import pandas
import soundfile

import clips as clips_of
import telephone
from clips import Refusal

LEVEL = ["features", "--level", "scores", "--channels", "customer"]
FIGURES = ["speech_s", "frustration", "stress", "arousal", "confidence", "abstain", "usual_known",
           "angry", "fearful", "happy", "sad", "neutral", "disgust"]
NEEDS_OTHERS = {telephone.babble, telephone.echo}


def readings(program, model, paths):
    """Every row that the program prints of these files."""
    run = subprocess.run([program, *LEVEL, "--model", model, *paths], stdout=subprocess.PIPE)
    if run.returncode:
        raise Refusal(f"{program} {' '.join(LEVEL)}: ended with {run.returncode}, see above")
    return pandas.read_csv(io.BytesIO(run.stdout), dtype={"source": str})


class Listener:
    """The program, a model, and the clips it is asked about."""

    def __init__(self, program, model, folder, pool):
        self.program, self.model, self.folder, self.pool = program, model, folder, pool
        self.sound = lru_cache(maxsize=1000)(clips_of.sound)

    def calls(self, clips, warm):
        """(clip's place in the table, its path, samples), without those for whom no call can be made."""
        made = []
        for clip in clips.itertuples():
            call = self.sound(self.folder, clip.path)
            if warm:
                call = clips_of.warm_call(self.folder, self.pool, clip, self.sound)
            if call is not None:
                made.append((clip.Index, clip.path, call))
        return made

    def hear(self, calls, condition, others):
        """The last row of each call under a condition, indexed by the clip's place in the table."""
        through = telephone.apply(condition, [path for _, path, _ in calls], [x for _, _, x in calls], others)
        with tempfile.TemporaryDirectory() as scratch:
            names = {os.path.join(scratch, f"{place}.wav"): place for place, _, _ in calls}
            for name, x in zip(names, through):
                soundfile.write(name, x, telephone.RATE_HZ, subtype="FLOAT")
            rows = readings(self.program, self.model, list(names))
        last = rows.groupby("source", sort=False).tail(1)
        return last.set_index(last["source"].map(names))[FIGURES]

    def scores(self, clips, condition, warm):
        """The last row of every clip, in the order and with the index of clips; NaN where no call could be made."""
        found, done = [], 0
        for batch in clips_of.batches(clips):
            calls = self.calls(batch, warm)
            others = []
            if calls and NEEDS_OTHERS & set(telephone.CONDITIONS[condition]):
                others = clips_of.other_people(self.folder, self.pool, batch)
            if calls:
                found.append(self.hear(calls, condition, others))
            done += len(batch)
            progress(f"{condition}, {'warm' if warm else 'cold'}: {done} of {len(clips)} clips")
        return pandas.concat(found).reindex(clips.index) if found else pandas.DataFrame(np.nan, clips.index, FIGURES)

    def follow(self, paths, condition):
        """All rows of whole recordings, each with its length in hours: (rows, hours) each."""
        for path in paths:
            x = telephone.apply(condition, [path], [self.sound(self.folder, path)], [])[0]
            with tempfile.TemporaryDirectory() as scratch:
                name = os.path.join(scratch, "call.wav")
                soundfile.write(name, x, telephone.RATE_HZ, subtype="FLOAT")
                yield readings(self.program, self.model, [name]), len(x) / telephone.RATE_HZ / 3600


def progress(words):
    if sys.stderr.isatty():
        print(f"  {words}\033[K", end="\r", file=sys.stderr)
