"""What lies between the customer and us: the lines that calls are drawn to go through.

A line is a chain of steps over calls, most of them tools/train/telephone.py's. Those which here mean something else
than for single clips are made anew: noise is measured against speech, not against speech and pauses; automatic gain
does not lift a pause to the level of speech; and the level may change in the middle.
"""

import numpy as np
from scipy.signal import lfilter

import telephone
from clips import RATE_HZ
from conversation import level_over

AWAY_S = 3.0  # from the episode's edges, at least, the level changes
TARGET, MOST_GAIN = 0.1, 10 ** (18 / 20)


def telephones(step):
    """A step of tools/train/telephone.py."""

    def over(calls, chances):
        through = step([call.customer for call in calls], chances, [])
        for call, x in zip(calls, through):
            call.customer = np.asarray(x, np.float32)

    return over


def each(step):
    """A step that treats each call for itself: step(call, chance) returns the customer's samples."""

    def over(calls, chances):
        for call, chance in zip(calls, chances):
            call.customer = np.clip(step(call, chance), -1, 1).astype(np.float32)

    return over


def line_noise(low_db, high_db):
    """White or falling noise, so far under the speech."""

    @each
    def step(call, chance):
        x = call.customer
        noise = chance.standard_normal(len(x))
        noise = noise if chance.random() < 0.5 else lfilter([1], [1, -0.9], noise)
        under = 10 ** (-chance.uniform(low_db, high_db) / 20)
        return x + noise / np.sqrt(np.mean(noise**2)) * under * level_over(x, call.truth["customer_speech"])

    return step


def level_change(change_db):
    """Somebody moves the telephone: so much louder from a moment on that is not the episode's edge."""

    @each
    def step(call, chance):
        episode, duration_s = call.truth["episode"], call.truth["duration_s"]
        edges = [episode["start_s"], episode["end_s"]] if episode else []
        moments = [s for s in np.arange(0.1, 0.9, 0.01) * duration_s if all(abs(s - edge) >= AWAY_S for edge in edges)]
        start_s = float(chance.choice(moments))
        call.truth["level_change"] = {"t_s": round(start_s, 3), "change_db": change_db}
        after = np.arange(len(call.customer)) >= start_s * RATE_HZ
        return call.customer * np.where(after, 10 ** (change_db / 20), 1)

    return step


@each
def automatic_gain(call, chance):
    """Brings the last half second or so to one level, as telephones do, but lifts nothing by more than 18 dB."""
    x, rest = call.customer, np.exp(-1 / (chance.uniform(0.2, 0.8) * RATE_HZ))
    power = lfilter([1 - rest], [1, -rest], x.astype(np.float64) ** 2, zi=[rest * np.mean(x**2)])[0]
    return x * np.minimum(TARGET / np.sqrt(power + 1e-12), MOST_GAIN)


handset, gain, mu_law = map(telephones, (telephone.handset, telephone.gain, telephone.mu_law))
gsm, amr_nb, opus = map(telephones, (telephone.gsm, telephone.amr_nb, telephone.opus))

LINES = {
    "mu-law": [mu_law],
    "handset, gain, mu-law": [handset, gain, mu_law],
    "noise at 20-30 dB, mu-law": [line_noise(20, 30), mu_law],
    "noise at 15-20 dB, mu-law": [line_noise(15, 20), mu_law],
    "6 dB louder midway, mu-law": [level_change(6), mu_law],
    "6 dB quieter midway, mu-law": [level_change(-6), mu_law],
    "automatic gain, GSM": [handset, automatic_gain, gsm],
    "AMR-NB": [gain, amr_nb],
    "Opus 12 kb/s": [gain, opus],
}


def send(line, calls, chances):
    """The customer's side of all these calls through one line, and the agent's through mu-law."""
    for step in LINES[line]:
        step(calls, chances)
    for call, chance in zip(calls, chances):
        call.agent = np.asarray(telephone.mu_law([call.agent], [chance], [])[0], np.float32)
