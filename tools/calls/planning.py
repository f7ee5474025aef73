"""Which calls there are to be: who, of what kind, through which line. All chance comes from the seed, the
customer's name and which of that customer's calls it is."""

import zlib
from functools import partial

import numpy as np

import conversation
import lines
import voices

KINDS = ["angry", "fearful", "happy", "sad", "calm"]
CALM_S = 50.0  # of calm speech in a call, about
TOGETHER = 8  # calls built and heard at a time


def enough(voice, kind, said_s):
    """Why this person cannot have a call of this kind, "" where they can."""
    calm_s = sum(said_s[path] for path in voice.neutral())
    if calm_s < conversation.LEAST_CALM_S:
        return f"{calm_s:.1f} s of ordinary speech"
    own_s = sum(said_s[path] for path in voice.paths.get(kind, []))
    short = kind != "calm" and own_s < conversation.EPISODE_S[0]
    return f"{own_s:.1f} s of {kind} speech" if short else ""


def lengths(pool, folder, people):
    """{path: seconds of speech} of all clips of these people."""
    paths = sorted({path for voice in people for paths in voice.paths.values() for path in paths})
    return dict(zip(paths, pool.map(partial(length, folder), paths, chunksize=50)))


def length(folder, path):
    return voices.clip(folder, path).speech_s


def agent_for(voice, everyone, chance):
    """Anybody else: of the same corpus if possible, else of the same language, else whoever there is."""
    others = [v for v in everyone if (v.corpus, v.speaker) != (voice.corpus, voice.speaker) and v.neutral()]
    for alike in (lambda v: v.corpus == voice.corpus, lambda v: v.language == voice.language, lambda v: True):
        some = [v for v in others if alike(v)]
        if some:
            return some[chance.integers(len(some))]
    return None


def chance_of(seed, voice, number):
    return np.random.default_rng([seed, zlib.crc32(f"{voice.corpus}/{voice.speaker}".encode()), number])


def scripts_of(people, everyone, why_not, seed, hours):
    """Rounds of one call of each kind for each person, until there is so much calm speech, of each corpus as much."""
    found, corpora = [], sorted({voice.corpus for voice in people})
    for corpus in corpora:
        pairs = [(voice, kind) for voice in people if voice.corpus == corpus for kind in KINDS
                 if not why_not[voice.corpus, voice.speaker, kind]]
        rounds = max(1, round(hours * 3600 / len(corpora) / CALM_S / max(1, len(pairs))))
        for number in range(rounds):
            for voice, kind in pairs:
                own = number * len(KINDS) + KINDS.index(kind)
                found.append(script_of(len(found), voice, kind, own, everyone, seed))
    return found


def script_of(place, voice, kind, number, everyone, seed):
    chance = np.random.default_rng([seed, zlib.crc32(f"{voice.corpus}/{voice.speaker}/script".encode()), number])
    line = list(lines.LINES)[chance.integers(len(lines.LINES))]
    name = conversation.name_of(place, voice.speaker, kind)
    return conversation.Script(name, number, kind, voice, agent_for(voice, everyone, chance), line)


def together(scripts):
    """Calls through the same line a few at a time, so that a codec runs once for them."""
    by_line = {}
    for script in scripts:
        by_line.setdefault(script.line, []).append(script)
    return [some[start : start + TOGETHER] for some in by_line.values() for start in range(0, len(some), TOGETHER)]
