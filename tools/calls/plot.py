"""One call on a page: both voices, what the scores were, which cues showed, and what is true.

Colours after Okabe & Ito (2008), which eyes that see no red or no green can tell apart.
Debian: python3-matplotlib.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, MultipleLocator

from clips import RATE_HZ
from listening import EMOTIONS

FRUSTRATION, STRESS, CALMING, OTHER, EPISODE = "#d55e00", "#0072b2", "#009e73", "#7f7f7f", "#e69f00"
COLOURS = {"frustration": FRUSTRATION, "stress": STRESS, "calming": CALMING}
CUSTOMER, AGENT = "#3b4252", "#9aa3b2"
COLUMNS = 1600  # of a waveform
LEGEND = ("Orange: the truth, the episode shaded and the customer's speech underlined. Waveforms: square roots of the "
          "samples. Scores have gaps where the program abstained.")
LETTERS_S = 0.0095  # of the call's length, about how wide a letter is


def minutes(t_s, _place=None):
    return f"{int(t_s) // 60}:{int(t_s) % 60:02d}"


def waveform(axes, x, colour, name):
    """Lowest and highest sample of each column, their roots, so that quiet speech is seen beside loud."""
    columns = np.array_split(np.sign(x) * np.sqrt(np.abs(x)), COLUMNS)
    t_s = np.linspace(0, len(x) / RATE_HZ, len(columns))
    axes.fill_between(t_s, [c.min() for c in columns], [c.max() for c in columns], color=colour, linewidth=0.3)
    most = max(float(np.max(np.abs(x))), 0.01) ** 0.5 * 1.08
    axes.set(ylim=(-most, most), yticks=[])
    beside(axes, name)


def beside(axes, name):
    axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=12, fontsize=10)


def scores(axes, readings):
    """Gaps where the program abstained."""
    t_s = [reading["t_s"] for reading in readings]
    for name in EMOTIONS:
        values = [np.nan if reading["abstain"] else reading[name] for reading in readings]
        axes.plot(t_s, values, color=COLOURS[name], linewidth=1.4, label=name, solid_capstyle="round", marker=".",
                  markersize=2.2)
    axes.set(ylim=(-0.03, 1.03), yticks=[0, 0.5, 1])
    axes.yaxis.grid(True, color="0.92", linewidth=0.8)
    axes.legend(loc="upper left", frameon=False, ncols=2, fontsize=9, handlelength=1.4, borderaxespad=0.1)
    beside(axes, "scores")


def lanes(cues, duration_s):
    """(cue, lane) each: the first lane in which it covers no other's bar or words."""
    free_s, placed = [], []
    for cue in sorted(cues, key=lambda cue: cue.raised_s):
        end_s = duration_s if cue.cleared_s is None else cue.cleared_s
        lane = next((i for i, until_s in enumerate(free_s) if until_s <= cue.raised_s), len(free_s))
        free_s += [0.0] * (lane == len(free_s))
        free_s[lane] = max(end_s, cue.raised_s + (len(cue.kind) + 2) * LETTERS_S * duration_s)
        placed.append((cue, lane))
    return placed


def bars(axes, cues, duration_s):
    placed = lanes(cues, duration_s)
    for cue, lane in placed:
        end_s = duration_s if cue.cleared_s is None else cue.cleared_s
        colour = COLOURS.get(cue.kind, OTHER)
        axes.barh(-lane, end_s - cue.raised_s, left=cue.raised_s, height=0.3, color=colour)
        axes.text(cue.raised_s, -lane + 0.22, cue.kind.replace("_", " "), color=colour, fontsize=8.5, va="bottom")
    lowest = max([lane for _, lane in placed], default=0)
    axes.set(ylim=(-lowest - 0.45, 0.85), yticks=[])
    if not placed:
        axes.text(duration_s / 2, 0.1, "no cue", color=OTHER, ha="center")
    beside(axes, "cues")
    return lowest + 1


def truth(grid, call_truth):
    """The episode's span over all, and where the customer speaks."""
    episode = call_truth["episode"]
    for axes in grid:
        if episode:
            axes.axvspan(episode["start_s"], episode["end_s"], color=EPISODE, alpha=0.16, linewidth=0, zorder=0)
        if "level_change" in call_truth:
            axes.axvline(call_truth["level_change"]["t_s"], color="0.55", linewidth=0.9, linestyle=(0, (3, 3)))
    if episode:
        above(grid[0], (episode["start_s"] + episode["end_s"]) / 2, "labelled " + episode["emotion"], "#8a5a00")
    if "level_change" in call_truth:
        change = call_truth["level_change"]
        above(grid[0], change["t_s"], f"{change['change_db']:+g} dB", "0.4")
    for start_s, end_s in call_truth["customer_speech"]:
        grid[0].plot([start_s, end_s], [0.03, 0.03], transform=grid[0].get_xaxis_transform(), color=EPISODE,
                     linewidth=2, solid_capstyle="butt")


def above(axes, t_s, words, colour):
    axes.annotate(words, (t_s, 1), xycoords=axes.get_xaxis_transform(), xytext=(0, 3), textcoords="offset points",
                  ha="center", va="bottom", color=colour, fontsize=9)


def title(call_truth, row):
    said = "nothing was raised"
    if row["already"]:
        said = "a cue was up before the episode"
    elif row["raised"]:
        said = f"{row['which']} raised after {row['delay_s']:.1f} s of the episode's speech"
    return f"{call_truth['speaker']}, {call_truth['kind']}, {call_truth['line']}: {said}"


def draw(path, customer, agent, call_truth, heard, row):
    duration_s = len(customer) / RATE_HZ
    n_lanes = max([lane for _, lane in lanes(heard.cues, duration_s)], default=0) + 1
    heights = [1.5, 1.0, 1.6, 0.42 * n_lanes + 0.25]
    figure, grid = plt.subplots(4, 1, sharex=True, figsize=(12, sum(heights) + 1.4), height_ratios=heights)
    waveform(grid[0], customer, CUSTOMER, "customer")
    waveform(grid[1], agent, AGENT, "agent")
    scores(grid[2], heard.readings)
    bars(grid[3], heard.cues, duration_s)
    truth(grid, call_truth)
    for axes in grid:
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, labelsize=9)
    grid[3].set_xlim(0, duration_s)
    grid[3].xaxis.set_major_locator(MultipleLocator(15))
    grid[3].xaxis.set_major_formatter(FuncFormatter(minutes))
    figure.suptitle(title(call_truth, row), x=0.012, ha="left", fontsize=12)
    figure.text(0.012, 0.012, LEGEND, fontsize=8.5, color="0.4")
    figure.tight_layout(rect=(0, 0.025, 1, 0.985), h_pad=0.6)
    figure.savefig(path, dpi=140, metadata={"Software": None})
    plt.close(figure)
