"""A picture of a recording: what we, the tool and Praat make of it, over the spectrogram, so that a person can see
where they part. Drawn by tools/validate.py --picture.

Two spectrograms of the same sound: one of 12 ms frames, in which formants show as bands, one of 50 ms frames, in which
harmonics show as lines and a pitch that is an octave off falls between them. Colours after Okabe & Ito (2008), which
eyes that see no red or no green can tell apart; each voice has a shape of its own as well.
"""

import os
from dataclasses import dataclass

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.io import wavfile
from scipy.signal import spectrogram

PAGE_S = 5.0  # what a page shows at most
PAGE_INCHES = (11.7, 8.3)  # A4, across
RANGE_DB = 55
PITCH_HIGHEST_HZ = 700

OURS, TOOL, PRAAT = "#d55e00", "#0072b2", "#009e73"
OURS_DOTS = {"color": OURS, "marker": "o", "markersize": 3.2, "linestyle": "none", "zorder": 3, "label": "Undertone"}
TOOL_DOTS = {"color": TOOL, "marker": "x", "markersize": 4.5, "linestyle": "none", "zorder": 2,
             "label": "the tool (lld/)"}
PRAAT_DOTS = {"color": PRAAT, "marker": "o", "markersize": 5.5, "markerfacecolor": "none", "linestyle": "none",
              "zorder": 2, "label": "Praat"}


@dataclass
class Sound:
    """What a page shows of a recording, with a little more on both sides."""

    x: np.ndarray  # -1..1
    rate_hz: int
    start_s: float

    def lifted(self):
        """6 dB an octave more from 50 Hz up, without which the higher formants are too pale to be seen."""
        keep = np.exp(-2 * np.pi * 50 / self.rate_hz)
        return Sound(np.append(self.x[:1], self.x[1:] - keep * self.x[:-1]), self.rate_hz, self.start_s)


def read_sound(path, start_s, end_s, more_s=0.1):
    rate_hz, x = wavfile.read(path)
    first = max(0, int((start_s - more_s) * rate_hz))
    x = x[first : int((end_s + more_s) * rate_hz)] / np.float64(np.iinfo(np.int16).max)
    return Sound(x, rate_hz, first / rate_hz)


def shade(axes, sound, frame_s, highest_hz):
    """The spectrogram, white to dark grey, so that every colour stands out on it."""
    n, rate_hz = int(frame_s * sound.rate_hz), sound.rate_hz
    f_hz, t_s, power = spectrogram(sound.x, rate_hz, window=("gaussian", n / 6), nperseg=n, noverlap=n - rate_hz // 500,
                                   nfft=max(512, 2 * n), scaling="spectrum")
    kept = f_hz <= highest_hz
    power_db = 10 * np.log10(power[kept] + 1e-12)
    top_db = np.percentile(power_db, 99.7)
    axes.pcolormesh(sound.start_s + t_s, f_hz[kept], power_db, cmap="Greys", vmin=top_db - RANGE_DB,
                    vmax=top_db + RANGE_DB / 3, shading="nearest", rasterized=True, zorder=0)
    axes.set_ylim(0, highest_hz)


def draw_formants(axes, r, sound):
    shade(axes, sound.lifted(), 0.012, sound.rate_hz / 2)
    voiced = np.isfinite(r.ours["f0_hz"])
    for i in (1, 2, 3):
        axes.plot(r.ours["t_s"], np.where(voiced, r.ours[f"f{i}_hz"], np.nan), **OURS_DOTS)
        if r.praat:
            voiced_there = np.isfinite(r.praat["f0"])
            axes.plot(r.praat["t"], np.where(voiced_there, r.praat[f"f{i}"], np.nan), **PRAAT_DOTS)
    axes.set_ylabel("formants, Hz\n(where voiced)")


def draw_pitch(axes, r, sound):
    shade(axes, sound, 0.05, PITCH_HIGHEST_HZ)
    axes.plot(r.ours["t_s"], r.ours["f0_hz"], **OURS_DOTS)
    if r.tool:
        axes.plot(0.03 + 0.01 * np.arange(len(r.tool["f0_hz"])), r.tool["f0_hz"], **TOOL_DOTS)
    if r.praat:
        axes.plot(r.praat["t"], r.praat["f0"], **PRAAT_DOTS)
    axes.set_ylabel("F0, Hz")


def draw_loudness(axes, r):
    ours = r.ours["loudness"]
    axes.plot(r.ours["t_s"], ours, color=OURS, linewidth=1.6)
    if r.tool:
        theirs = r.tool["Loudness_sma3"]
        n = min(len(ours), len(theirs))
        gain = ours[:n] @ theirs[:n] / max(theirs[:n] @ theirs[:n], 1e-12)
        axes.plot(0.01 + 0.01 * np.arange(n), gain * theirs[:n], color=TOOL, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(0.995, 0.9, f"dashed: the tool's x {gain:.3g}", transform=axes.transAxes, ha="right", va="top",
                  fontsize=8)
    axes.set_ylim(0, None)
    axes.set_ylabel("loudness")


def strip(axes, y, t_s, on, colour):
    """A bar where on is 1, paler where it is less."""
    shades = np.zeros((1, len(on), 4))
    shades[0, :, :3] = matplotlib.colors.to_rgb(colour)
    shades[0, :, 3] = np.clip(np.nan_to_num(on), 0, 1)
    axes.imshow(shades, extent=(t_s[0] - 0.005, t_s[-1] + 0.005, y - 0.36, y + 0.36), aspect="auto",
                interpolation="nearest")


def draw_strips(axes, r):
    strips = [("speech, Undertone", r.ours["t_s"], r.ours["speech"], OURS),
              ("voiced, Undertone", r.ours["t_s"], np.isfinite(r.ours["f0_hz"]), OURS)]
    if r.tool:
        strips.append(("voiced, the tool", 0.03 + 0.01 * np.arange(len(r.tool["f0_hz"])),
                       np.isfinite(r.tool["f0_hz"]), TOOL))
    if r.praat:
        strips.append(("voiced, Praat", r.praat["t"], np.isfinite(r.praat["f0"]), PRAAT))
    for y, (_, t_s, on, colour) in enumerate(strips):
        strip(axes, y, t_s, on, colour)
    axes.set_yticks(range(len(strips)), [s[0] for s in strips])
    axes.set_ylim(len(strips) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def draw(r, out, page, start_s, end_s):
    sound = read_sound(r.path, start_s, end_s)
    figure, axes = plt.subplots(4, 1, sharex=True, figsize=PAGE_INCHES, layout="constrained",
                                gridspec_kw={"height_ratios": [5, 4, 1.6, 1.4]})
    draw_formants(axes[0], r, sound)
    draw_pitch(axes[1], r, sound)
    draw_loudness(axes[2], r)
    draw_strips(axes[3], r)
    axes[3].set_xlim(start_s, end_s)
    axes[3].set_xlabel("seconds")
    figure.suptitle(f"{r.name}, {start_s:g} to {end_s:.4g} s{page}", x=0.01, ha="left")
    names = dict(zip(*reversed(axes[1].get_legend_handles_labels())))
    figure.legend(names.values(), names.keys(), loc="upper right", ncols=3, frameon=False)
    figure.savefig(out, dpi=130)
    plt.close(figure)
    print(f"drawn: {out}")


def draw_all(recordings, out, start_s, end_s):
    stem, suffix = os.path.splitext(out)
    for r in recordings:
        last_s = min(end_s, r.ours["t_s"][-1])
        pages = max(1, int(np.ceil((last_s - start_s) / PAGE_S - 1e-6)))
        named = stem + (f"-{r.name}" if len(recordings) > 1 else "")
        for page in range(pages):
            path = named + (f"-{page + 1}" if pages > 1 else "") + suffix
            draw(r, path, f", page {page + 1} of {pages}" if pages > 1 else "", start_s + page * PAGE_S,
                 min(start_s + (page + 1) * PAGE_S, last_s))
