"""The course of a training: a line of bars for each net, and a picture where matplotlib is there."""

import sys

BARS = "▁▂▃▄▅▆▇█"


def bars(losses):
    low, high = min(losses), max(losses)
    return "".join(BARS[round((loss - low) / (high - low + 1e-9) * (len(BARS) - 1))] for loss in losses)


def show(courses, path):
    """courses: {name: mean loss of each epoch}."""
    for name, losses in courses.items():
        print(f"  {name:12} {bars(losses)} {losses[0]:.3f} to {losses[-1]:.3f}", file=sys.stderr)
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, losses in courses.items():
        axes.plot(range(1, len(losses) + 1), losses, label=name, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel="training loss [nats]")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
    print(f"  {path}", file=sys.stderr)
