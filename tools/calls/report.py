"""What was counted, as Markdown: a few plain words, then a table."""

import numpy as np

import counting
import measures
from counting import LATE_S, MEANT, SETTLED_S, SILENCE_S, SOON_S
from tables import percent, section, table

HOUR_S, NEVER_S = 3600, 99.0
OTHERS = ("happy", "sad")
WORDS = {"f": "women", "m": "men", "": "not said"}


# ---- words ----


def share(hits):
    """A share of calls and its interval."""
    if not len(hits):
        return "-"
    low, high = counting.wilson(int(np.sum(hits)), len(hits))
    return f"{percent(np.mean(hits))} ({100 * low:.0f}-{100 * high:.0f})"


def seconds(x):
    return "-" if np.isnan(x) else "never" if x >= NEVER_S else f"{x:.1f}"


def rate(count, length_s):
    """So many an hour, and its interval."""
    if length_s <= 0:
        return "-"
    low, high = counting.poisson(count)
    hours = length_s / HOUR_S
    return f"{count / hours:.1f} ({low / hours:.1f}-{high / hours:.1f})"


def quantile(values, q):
    """One of the values, so that what never came stays so."""
    return np.quantile(np.minimum(values, NEVER_S), q, method="inverted_cdf") if len(values) else np.nan


def median(rows, column):
    """With its interval, speakers drawn anew."""
    values = rows[column].to_numpy(float)
    limits = measures.interval(lambda some: quantile(some, 0.5), rows["speaker"].to_numpy(), values)
    known = f" ({seconds(limits[0])}-{seconds(limits[1])})" if limits[0] < NEVER_S else ""
    return seconds(quantile(values, 0.5)) + known


def different_min(rows, *columns):
    """Minutes of speech that these calls are made of, each clip once."""
    clips = {}
    for column in columns:
        for some in rows[column]:
            clips |= some
    return f"{sum(clips.values()) / 60:.1f}"


# ---- groups ----


def parted(rows, column, of):
    parts = rows.groupby(column, sort=True)
    return [(f"{of}: {WORDS.get(name, name)}", part) for name, part in parts] if len(parts) > 1 else []


def groups(rows):
    """Each corpus, its women and men; and each line and language, over all corpora: (name, rows)."""
    for corpus, own in rows.groupby("corpus", sort=True):
        yield f"**{corpus}**", own
        yield from parted(own, "gender", corpus)
    yield from parted(rows, "line", "line")
    yield from parted(rows, "language", "language")


def grouped(rows, head, cells):
    """A line for each group; cells gives what comes after its name, the number of calls and of speakers."""
    lines = [[name, len(part), part["speaker"].nunique(), *cells(part)] for name, part in groups(rows)]
    return table(["", "calls", "speakers", *head], lines) if lines else "None could be made."


# ---- sections ----


def episode_cells(rows):
    which = rows["which"].value_counts()
    return [different_min(rows, "episode_clips"), share(rows["delay_s"] <= SOON_S), median(rows, "delay_s"),
            seconds(quantile(rows["delay_s"], 0.9)), " / ".join(str(which.get(kind, 0)) for kind in counting.EMOTIONS),
            int(rows["already"].sum()), int((~rows["raised"] & ~rows["already"]).sum())]


def episodes(rows, emotion):
    words = f"""
        Raised: how many episodes raised `frustration` or `stress` within {SOON_S:g} s of their speech. Median and 90th
        percentile: seconds of the episode's speech until then, a cue that never came counting as such. First: which of
        the two it was. Already up: a cue from before the episode was still shown, which is no success. Different:
        minutes of speech that these episodes are made of, each clip once."""
    head = ["different, min", f"raised within {SOON_S:g} s", "median, s", "90 %, s", "first: frustration / stress",
            "already up", "missed"]
    return section(f"Episodes: {emotion}", words, grouped(rows[rows["kind"] == emotion], head, episode_cells))


def false_cells(rows):
    calm_s = rows["calm_s"].sum()
    return [f"{calm_s / HOUR_S:.2f}", different_min(rows, "calm_clips"), int(rows["false_frustration"].sum()),
            int(rows["false_stress"].sum()), rate(int(rows["false"].sum()), calm_s)]


def false_cues(rows):
    words = f"""
        Emotion cues raised while the customer was calm: in calls that are calm throughout, and in the others before the
        episode and from {LATE_S:g} s after it on. An hour: of calm speech, pauses not counted."""
    head = ["calm speech, h", "different, min", "frustration", "stress", "an hour"]
    return section("False cues", words, grouped(rows, head, false_cells), *most_of_them(rows))


def most_of_them(rows):
    """Whose calls they were in."""
    counts = rows.groupby("speaker")["false"].sum().sort_values(ascending=False, kind="stable")
    whose = ", ".join(f"{speaker} ({count})" for speaker, count in counts[counts > 0].items())
    return [f"Whose they were: {whose}."] if whose else []


def other_cells(rows):
    return [different_min(rows, "episode_clips"), share(rows["raised_frustration"]), share(rows["raised_stress"])]


def other_emotions(rows, emotion):
    words = f"Raised from the episode's start to {LATE_S:g} s after its end."
    head = ["different, min", "`frustration`", "`stress`"]
    return section(f"Episodes: {emotion}", words, grouped(rows[rows["kind"] == emotion], head, other_cells))


def gone_cells(rows):
    return [share(rows["gone_speech_s"] <= SETTLED_S), median(rows, "gone_speech_s"),
            share(rows["gone_clock_s"] <= SETTLED_S), median(rows, "gone_clock_s")]


def cleared(rows):
    words = f"""
        Of angry and fearful episodes that raised a cue: how many had all of them cleared within {SETTLED_S:g} s of the
        end of the episode, by seconds of the customer's calm speech and by the clock."""
    head = [f"within {SETTLED_S:g} s of speech", "median, s", f"within {SETTLED_S:g} s by the clock", "median, s"]
    return section("Cleared", words, grouped(raised(rows), head, gone_cells))


def raised(rows):
    return rows[rows["kind"].isin(MEANT) & rows["raised"]]


def conduct(rows, real):
    """What must hold for each cue, over made and real calls."""
    total = {column: int(rows[column].sum()) + (int(real[column].sum()) if len(real) else 0)
             for column in ("cues", "with_reasons", "trespasses", "escalated")}
    lines = [["emotion cues raised", total["cues"]], ["of them with a reason", total["with_reasons"]],
             [f"raised with no speech of the customer in {SILENCE_S:g} s", int(rows["groundless"].sum())],
             ["emotion on a channel that is not the customer's", total["trespasses"]],
             ["`escalate`", total["escalated"]]]
    return section("Every cue", "In all calls here, real ones too; speech is known in made calls alone.",
                   table(["", "times"], lines))


def real_line(name, rows):
    length_s, speech_s, count = rows["duration_s"].sum(), rows["speech_s"].sum(), int(rows["false"].sum())
    which = [int(rows[f"false_{kind}"].sum()) for kind in counting.EMOTIONS]
    return [name, len(rows), f"{length_s / HOUR_S:.2f}", f"{speech_s / HOUR_S:.2f}", *which, rate(count, length_s),
            rate(count, speech_s)]


def real_calls(real):
    if not len(real):
        return ""
    words = """
        Nobody labelled these, so each emotion cue counts as a false one, though some customer may have meant it. Speech
        is what the program takes for it."""
    head = ["", "calls", "hours", "speech, h", "frustration", "stress", "an hour of call", "an hour of speech"]
    lines = [real_line(place, rows) for place, rows in real.groupby("folder", sort=True)]
    return section("Real calls", words, table(head, lines))


# ---- bounds ----


def shares(hits):
    return float(np.mean(hits)) if len(hits) else np.nan


def hourly(count, length_s):
    return count * HOUR_S / length_s if length_s > 0 else np.nan


def figures(rows):
    """What the bounds are about, of one corpus."""
    angry, happy, up = rows[rows["kind"] == "angry"], rows[rows["kind"] == "happy"], raised(rows)
    return {
        "angry episodes raised in time": shares(angry["delay_s"] <= SOON_S),
        "their median, s": quantile(angry["delay_s"], 0.5),
        "false cues an hour of calm speech": hourly(rows["false"].sum(), rows["calm_s"].sum()),
        "happy episodes that raised `frustration`": shares(happy["raised_frustration"]),
        "cleared in time, by speech": shares(up["gone_speech_s"] <= SETTLED_S),
        "cleared in time, by the clock": shares(up["gone_clock_s"] <= SETTLED_S),
    }


AT_LEAST, AT_MOST = "at least", "at most"
BOUNDS = {
    "angry episodes raised in time": (AT_LEAST, 0.85),
    "their median, s": (AT_MOST, 3.0),
    "false cues an hour of calm speech": (AT_MOST, 1.0),
    "happy episodes that raised `frustration`": (AT_MOST, 0.15),
    "cleared in time, by speech": (AT_LEAST, 0.90),
    "cleared in time, by the clock": (AT_LEAST, 0.90),
}
BOUNDS_OF = {
    "ravdess": {"angry episodes raised in time": (AT_LEAST, 0.80), "false cues an hour of calm speech": (AT_MOST, 2.0)},
    "getgoing": {"emotion cues an hour of call": (AT_MOST, 2.0)},
}


def shown(name, value):
    if np.isnan(value):
        return "-"
    return seconds(value) if name.endswith(", s") else f"{value:.1f}" if "an hour" in name else percent(value)


def bound_line(whose, name, value, bound):
    way, limit = bound
    holds = value >= limit if way == AT_LEAST else value <= limit
    verdict = "not measured" if np.isnan(value) else "holds" if holds else "**does not hold**"
    return [f"{whose}: {name}", f"{way} {shown(name, limit)}", shown(name, value), verdict]


def bounds(rows, real):
    lines = []
    for corpus, own in rows.groupby("corpus", sort=True):
        found, asked = figures(own), BOUNDS_OF.get(corpus, BOUNDS)
        lines += [bound_line(corpus, name, found[name], bound) for name, bound in asked.items()]
    for place, own in real.groupby("folder", sort=True) if len(real) else ():
        value = hourly(own["false"].sum(), own["duration_s"].sum())
        lines += [bound_line(place, name, value, bound) for name, bound in BOUNDS_OF.get(place, {}).items()]
    return section("Bounds", "The middle of each figure; how far it may lie from it, see above.",
                   table(["", "bound", "measured", ""], lines))


# ---- the trade-off ----


def trade_line(score, whose, own):
    found = figures(own)
    return [f"{score:.2f}", whose, *(shown(name, found[name]) for name in BOUNDS)]


def trade_off(trade):
    if not trade:
        return ""
    words = "The same calls, with frustration's `raise` in the playbook as given."
    lines = [trade_line(score, corpus, own) for score, rows in trade for corpus, own in rows.groupby("corpus", sort=True)]
    return section("The trade-off", words, table(["raise", "", *BOUNDS], lines))


# ---- all of it ----


def head(knew, args, rows, impossible):
    length_s, calm_s = rows["duration_s"].sum(), rows["calm_s"].sum()
    speakers = rows.groupby(["corpus", "speaker"]).ngroups
    words = f"""
        {len(rows)} calls of {length_s / HOUR_S:.1f} hours, {speakers} customers, seed {args.seed}, playbook
        {args.playbook or "of the program"}; {calm_s / HOUR_S:.1f} hours of calm speech, made of
        {different_min(rows, "calm_clips")} minutes of different speech. In brackets the middle 95 %: of shares after
        Wilson, of rates after Poisson, both as if calls were independent, which those of one speaker are not; of
        medians when speakers are drawn anew."""
    missing = [f"Could not be made: {'; '.join(impossible)}."] if impossible else []
    return "\n\n".join(["## Cues on made calls", knew, " ".join(words.split()), *missing])


def report(knew, args, rows, real, impossible, trade=()):
    parts = [head(knew, args, rows, impossible)]
    parts += [episodes(rows, emotion) for emotion in MEANT]
    parts += [false_cues(rows), *(other_emotions(rows, emotion) for emotion in OTHERS), cleared(rows)]
    parts += [conduct(rows, real), real_calls(real), trade_off(trade), bounds(rows, real)]
    return "\n\n".join(part for part in parts if part)
