"""Scripts to recordings, and what the program hears in them."""

import json
import os
import tempfile

import numpy as np
import soundfile

import conversation
import counting
import lines
import planning
from clips import RATE_HZ


def build(folder, scripts, seed):
    """The calls of scripts through their one line."""
    chances = [planning.chance_of(seed, script.customer, script.number) for script in scripts]
    calls = [conversation.compose(folder, script, chance) for script, chance in zip(scripts, chances)]
    lines.send(scripts[0].line, calls, chances)
    return calls


def write(path, call):
    soundfile.write(path, np.stack([call.agent, call.customer], axis=1), RATE_HZ, subtype="PCM_16")


def listened(scripts, folder, program, seed, keep):
    """The calls of scripts, and what was heard of each; both are left in the folder keep, if any."""
    calls = build(folder, scripts, seed)
    with tempfile.TemporaryDirectory() as scratch:
        paths = [os.path.join(keep or scratch, call.truth["name"] + ".flac") for call in calls]
        for path, call in zip(paths, calls):
            write(path, call)
        heard = program.listen(paths)
    if keep:
        for path, call, one in zip(paths, calls, heard):
            leave(path.removesuffix(".flac"), call.truth, one)
    return calls, heard


def measured(scripts, folder, program, seed, keep):
    """A row a call."""
    calls, heard = listened(scripts, folder, program, seed, keep)
    return [counting.call_figures(call.truth, one) for call, one in zip(calls, heard)]


def leave(path, truth, heard):
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=1)
    with open(path + ".jsonl", "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in heard.lines)
