"""What the cues of a call were worth: plain functions of what is true of a call and what was heard.

Two clocks. Seconds by the clock are what people live through; seconds of speech count only while the customer speaks,
since a voice tells nothing while it is silent.
"""

import numpy as np
from scipy.stats import chi2, norm

from listening import EMOTIONS
from voices import within_s

SOON_S = 5.0  # of the episode's speech: a raise by then came in time
LATE_S = 5.0  # by the clock after the episode: a raise by then is still the episode's
SETTLED_S = 15.0  # after the episode: a cue is to be gone by then
SILENCE_S = 5.0  # without speech before it, a raise has nothing to go by
MEANT = ("angry", "fearful")
NO_EPISODE = {"episode_speech_s": 0.0, "already": False, "raised": False, "which": "", "delay_s": np.inf,
              "gone_clock_s": np.nan, "gone_speech_s": np.nan, "raised_frustration": False, "raised_stress": False}


def span_of(truth):
    """When a cue is the episode's; None in a call that is calm throughout."""
    if truth["kind"] == "calm":
        return None
    return truth["episode"]["start_s"], truth["episode"]["end_s"] + LATE_S


def inside(cue, span):
    return span is not None and span[0] <= cue.raised_s <= span[1]


def up_at(cue, t_s):
    return cue.raised_s < t_s and (cue.cleared_s is None or cue.cleared_s > t_s)


def episode_figures(truth, heard):
    """How soon an episode raised a cue, in seconds of its speech, and how long until all that it raised were gone."""
    span, speech = span_of(truth), truth["customer_speech"]
    start_s, end_s = truth["episode"]["start_s"], truth["episode"]["end_s"]
    own = [cue for cue in heard.emotion_cues() if inside(cue, span)]
    first = min(own, key=lambda cue: cue.raised_s, default=None)
    gone_s = max((np.inf if cue.cleared_s is None else cue.cleared_s for cue in own), default=np.nan)
    already = any(up_at(cue, start_s) for cue in heard.emotion_cues())
    gone_speech_s = within_s(speech, end_s, gone_s) if np.isfinite(gone_s) else gone_s
    return {
        "episode_speech_s": within_s(speech, start_s, end_s),
        "already": already,
        "raised": bool(own),
        "which": first.kind if first else "",
        "delay_s": within_s(speech, start_s, first.raised_s) if first and not already else np.inf,
        "gone_clock_s": max(0.0, gone_s - end_s) if own else np.nan,
        "gone_speech_s": gone_speech_s if own else np.nan,
        "raised_frustration": any(cue.kind == "frustration" for cue in own),
        "raised_stress": any(cue.kind == "stress" for cue in own),
    }


def calm_speech_s(truth):
    span, speech = span_of(truth), truth["customer_speech"]
    return within_s(speech, 0, np.inf) - (within_s(speech, *span) if span else 0)


def groundless(truth, cue):
    """Raised though the customer said nothing that it could go by."""
    return within_s(truth["customer_speech"], cue.raised_s - SILENCE_S, cue.raised_s) == 0


def call_figures(truth, heard):
    """One row a call."""
    span, cues = span_of(truth), heard.emotion_cues()
    false = [cue for cue in cues if not inside(cue, span)]
    row = {key: truth[key] for key in ("name", "corpus", "speaker", "gender", "language", "line", "kind", "duration_s",
                                       "calm_clips", "episode_clips")}
    row |= {f"false_{kind}": sum(cue.kind == kind for cue in false) for kind in EMOTIONS}
    row |= {"false": len(false), "calm_s": calm_speech_s(truth), "cues": len(cues),
            "with_reasons": sum(cue.reasons > 0 for cue in cues),
            "groundless": sum(groundless(truth, cue) for cue in cues), "trespasses": heard.trespasses,
            "escalated": sum(cue.kind == "escalate" for cue in heard.cues)}
    return row | (episode_figures(truth, heard) if span else NO_EPISODE)


def real_figures(heard, folder, name):
    """One row a recording of which nothing is known but that nobody labelled it."""
    cues = heard.emotion_cues()
    return {"folder": folder, "name": name, "duration_s": heard.duration_s,
            "speech_s": 0.5 * sum(bool(reading["speaking"]) for reading in heard.readings),
            **{f"false_{kind}": sum(cue.kind == kind for cue in cues) for kind in EMOTIONS}, "false": len(cues),
            "cues": len(cues), "with_reasons": sum(cue.reasons > 0 for cue in cues), "trespasses": heard.trespasses,
            "escalated": sum(cue.kind == "escalate" for cue in heard.cues)}


# ---- how sure ----


def wilson(hits, n):
    """The middle 95 % of a share (Wilson 1927)."""
    if n == 0:
        return np.nan, np.nan
    z = norm.ppf(0.975)
    middle = (hits + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(hits * (n - hits) / n + z**2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count):
    """The middle 95 % of a count, exact (Garwood 1936)."""
    return (chi2.ppf(0.025, 2 * count) / 2 if count else 0.0), chi2.ppf(0.975, 2 * count + 2) / 2
