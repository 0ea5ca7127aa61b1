"""What a burst is told, in two rows of numbers that every thread reads: whole numbers (the job) and reals."""

from __future__ import annotations

# job: whole numbers, fixed for a burst …
(
    LAYERS, BIASED, IN_LANES, PANEL, HEIGHT, TILE, X_LENGTH, X_STRIP, SPARE, TARGETS, SHARES, MARK,
    BLOCKS, SIZE, ROW, MEMORY, TURNED, ZEROS, GRADIENT, TILES, GROUP, SLOTTED, PART, LOSS, UPDATE, DECAYS,
    N, BATCH, SHUFFLED, WEIGHTS, THREADS, KEY, FORWARD_ONLY, ALONE,
    PRODUCT, SCALED, TILE_PASS, WEIGHT_GRADIENT, TURNS, LAYER_TABLE, BLOCK_TABLE, TABLES, ORDER, SCALARS_AT,
    # … and what moves
    THETA, NEW, POSITION, COUNTER, FIRST, ROWS, ADDED, SLOTS, WHOLE, STEP, OUT, EPOCHS, MOST_SLOTS, PATIENCE,
    E_AT, TOGETHER, LAID, DROPS, PAIRS, IS_WEIGHT, HELPED, AT_ONCE, ROOM, DROPOUT,
) = range(68)  # fmt: skip
# reals
(
    L1,
    L2,
    CLIP_VALUE,
    CLIP_NORM,
    CONSTANT,
    ERROR_SUM,
    PENALTY_SUM,
    WEIGHT_SUM,
    PER_WEIGHT,
    SCALE,
    BATCH_WEIGHT,
) = range(11)
REALS = 16
# results of an item or a block
E_OF, FAULT, SQUARES, CLIPPED, PENALTY = 0, 0, 1, 2, 3
RESULTS = 4
# kinds of items; the address of what does one stands at job[ITEMS + kind]
GROUPS, TILES_OF_ROWS, GRADIENTS, GATHERING, UPDATES, TURNING = range(6)
ITEMS = 68
# where each slot of the gradient lies, counted from GRADIENT: in the room of the thread that filled it
SLOT_AT = 76
JOB = 100
