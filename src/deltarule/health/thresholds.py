"""Every threshold of a verdict with its reason; `docs/health.md` prints this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """A number and why it is that number."""

    value: float
    reason: str


VANISHED = Threshold(
    1e-3,
    "‖δ^(1)‖/‖δ^(L)‖ below it: with one learning rate for all layers the first moves a thousandth of the last; "
    "four logistic layers (1/4 each) stay above, six do not",
)
EXPLODED = Threshold(
    100,
    "‖δ^(1)‖/‖δ^(L)‖ above it: the step that suits the last layer throws the first one; "
    "matched starts give 0.1 to 10 at any depth",
)
DEEP = Threshold(3, "layers with weights from which on a gradient has a way to vanish or explode on")
LEARNT = Threshold(
    0.5,
    "1 − E/E of the best constant: a network that has learnt half of what there is gets its gradient through, "
    "whatever its size",
)
SATURATED = Threshold(
    0.25,
    "share of a layer's units with |S'| under 5 % of its maximum on 98 % of the samples; "
    "started and scaled well there are none",
)
DEAD = Threshold(
    0.8,
    "share of a layer's units that pass nothing back on any sample; "
    "deep relu layers of a dozen units start with up to 0.75 by chance",
)
GAIN_HIGH = Threshold(
    4, "√(fan_in · mean w²): matched starts give 0.7 to 1.5; at 4 most tanh and logistic units are flat"
)
GAIN_LOW = Threshold(0.01, "√(fan_in · mean w²): the signal is a hundredth after one layer")
MOSTLY_FLAT = Threshold(
    0.8, "share of (sample, unit) pairs of a layer with |S'| under 5 % of its maximum at the start"
)
START_ERROR = Threshold(30, "E at the start over E of the best constant: 1 to 10 is what matched starts give")
TWINS = Threshold(
    0.5, "share of a layer's units that have an exact twin, in and out: they get the same gradient for ever"
)
COLUMN_LARGE = Threshold(
    10, "root mean square of an input column: with matched weights |net| ≈ 10 leaves S' under 5 %"
)
COLUMN_SMALL = Threshold(
    0.01, "root mean square of the largest input column: the weights would have to grow a hundredfold"
)
COLUMN_RATIO = Threshold(100, "largest over smallest input column: λ_max/λ_min grows with its square")
INPUTS_LEARNT = Threshold(0.8, "learnt so well in spite of their units, the samples need no scaling")
TARGET_LARGE = Threshold(
    30, "root mean square of a target: outputs start near 1 and mse's gradient grows with the distance"
)
TARGET_SMALL = Threshold(
    0.01, "root mean square of a target: an output's starting noise is a hundred times what is to be learnt"
)
TARGET_OUTSIDE = Threshold(0.01, "share of the targets that the output activation cannot reach")
WORSE = Threshold(
    1.2,
    "E at the end over E before the first step and over the best constant's: a fair step size never ends higher",
)
PEAK = Threshold(
    3,
    "largest E on the way over E before the first step, in a run that never recovered: a step threw the weights",
)
BARELY_MOVED = Threshold(
    0.15, "‖θ − θ₀‖/‖θ₀‖ of a whole training: learning a function moves weights by half their size or more"
)
FAR_BELOW_EDGE = Threshold(
    0.01, "learning rate of plain descent over 2/λ_max: the steepest direction alone takes a hundred steps"
)
STILL_FALLING = Threshold(
    0.25, "fall of E in the second half over that in the first: a run that is arriving has less left"
)
FLAT_COURSE = Threshold(0.03, "relative fall of E over the second half of a training: at rest")
WORSE_THAN_LINE = Threshold(
    1.2, "E over that of the best straight line: a network with hidden layers can always do as well"
)
SWING = Threshold(
    0.04, "standard deviation of E around its trend in the last half, over E of the best constant"
)
SWING_SELF = Threshold(
    0.08, "the same, over the median of E: a swing that small against what is left to learn is no fault"
)
RISES = Threshold(
    0.1,
    "sum of all rises of E over the last half of a full-batch run, over E of the best constant: no noise there",
)
ON_ITS_WAY = Threshold(
    0.5, "relative fall of E over the second half from which on a swinging error is still arriving"
)
RATE_GONE = Threshold(
    0.01, "learning rate at half-time over the first: the schedule ended the run, not the error"
)
VALIDATION_RISE = Threshold(
    1.2, "validation error at the end over its lowest, both smoothed: a fifth is beyond its own noise"
)
VALIDATION_SWING = Threshold(
    3, "rise of the validation error over the median of its changes from epoch to epoch: less is its swing"
)
TRAINING_FALL = Threshold(
    0.9, "training error at the end over that at the lowest validation error: what is learnt is noise"
)
UNLEARNT = Threshold(
    1, "E of the weights reached over that of the best constant, where it still falls: nothing is learnt yet"
)
ALIKE = Threshold(
    0.9,
    "squared error left over that of the best straight line, from which on hidden layers add next to nothing",
)
RESTED = Threshold(
    0.8,
    "share of the epochs before which the validation error was lowest: more training did not help",
)
NOTHING = Threshold(
    0.95,
    "lowest validation error, or training error, over that of the best constant: what was learnt is chance",
)
ONE_ROW = Threshold(
    0.5, "share of one row in the error of all that judged: without it they would tell something else"
)
FAR_WORSE = Threshold(
    1.2,
    "error on rows that judged over that of the best constant on them, where they are fewer than 30 or others "
    "steered: one row sways few",
)
KEPT_WELL = Threshold(
    0.8,
    "lowest validation error over that of the best constant or line, where its weights were kept: "
    "what was learnt later is not in them",
)
LEARNT_BY_HEART = Threshold(
    0.2,
    "training error over validation error, where the validation error is no better than half the constant's",
)
ABOVE_NEIGHBOURS = Threshold(
    4, "E over half the mean squared difference of neighbouring targets, which tends to the noise"
)
MUCH_LEFT = Threshold(0.2, "E over E of the best constant below which a course is not worth a verdict")
HEAVY_PENALTY = Threshold(
    0.02, "λ of the penalty over the error's largest curvature: it bends what the data say"
)
CONTRADICTED = Threshold(
    0.05, "share of the targets' variance between rows with the same inputs: what no network can learn"
)
TOLD_ALONE = Threshold(
    0.001, "share of the targets' variance that a line through one column leaves: measured columns leave more"
)
