"""Reliability: what the model says against how often it is so. Debian: python3-matplotlib."""

import measures
import tables


def panel(axes, measured, emotion, warm):
    for key, clips in measured.sets():
        rows = tables.told(measured.rows(clips, warm))
        if len(rows) < 2 * measures.BINS:
            continue
        bins = measures.reliability(tables.mark(rows, emotion), rows[tables.SCORES[emotion]].to_numpy())
        look = {"marker": "o", "markersize": 4, "linewidth": 1.2, "clip_on": False}
        axes.plot(bins[:, 0], bins[:, 1], label=tables.named(key), **look)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=f"{tables.SCORES[emotion]}, {tables.when(warm)}")
    axes.set(xlabel="mean score", ylabel=f"mean mark: {emotion}")
    axes.spines[["top", "right"]].set_visible(False)


def draw(path, measured):
    """A panel for frustration and stress, cold and warm; ten points a set, each a tenth of its clips."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(2, len(measured.warms), figsize=(4.2 * len(measured.warms), 8.4), squeeze=False)
    for line, emotion in zip(grid, tables.SCORES):
        for axes, warm in zip(line, measured.warms):
            panel(axes, measured, emotion, warm)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=140, metadata={"Software": None})
    pyplot.close(figure)
