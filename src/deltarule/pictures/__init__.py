"""Plots, one a file; each draws on the `ax` it is given or on a figure of its own, and returns the axes.

matplotlib is imported when the first picture is drawn. `canvas.svg(ax)` and `canvas.save(ax, "flow.png")` keep one.
"""
