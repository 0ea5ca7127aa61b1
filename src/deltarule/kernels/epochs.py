"""Whole epochs of mini-batch steps without Python.

A step: gather rows, forward, loss, backward (phase 1), ∂E/∂θ of a whole batch (phase 2, where tiles share it), sums in
tile order, penalty, clipping (phase 3), update (phase 4). Where tiles share ∂E/∂θ and nothing is asked of it but the
update, phases 2 and 4 are one: each block of θ moves while its gradient is in a near cache. Each phase is a list
of items with results of their own, done by one thread or claimed by several: the same bits either way. θ moves between
two places, so that a step which ends in infinity or NaN leaves the last good θ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deltarule.kernels import places as p
from deltarule.kernels.calling import run_item
from deltarule.kernels.compiling import inner, kernel
from deltarule.kernels.gathering import weight_sum
from deltarule.kernels.layout import BLOCK_FIELDS, FIELDS, LAYER, I, J, W
from deltarule.kernels.random import draws_of_dropout, shuffle
from deltarule.kernels.sharing import SHARED, begun, judged
from deltarule.kernels.threads import (
    DONE,
    PHASES,
    TRIAL,
    add_atomic,
    claim,
    finish,
    finished_by,
    open_items,
    publish,
    read_atomic,
    stop,
    wait,
)
from deltarule.kernels.threads import KIND as PHASE_KIND
from deltarule.kernels.updates import SCALARS
from deltarule.kernels.vectors import absolute, at, fill, lanes, less, load, numbers, pointer, store, total


@kernel
def work_along(job: Any, reals: Any, results: Any, control: Any, work: Any, thread: int) -> None:
    """A helping thread: does items of every phase until work has ended."""
    job, reals, results, control, work = (
        numbers(job),
        numbers(reals),
        numbers(results),
        numbers(control),
        numbers(work),
    )
    turns, done = 0, 0
    while True:
        item, phase = claim(control, thread, job[p.THREADS], turns)
        if item == -2:
            return
        if item < 0:
            if done:  # told once: the others look at it all the time
                add_atomic(at(control, DONE), done)
                done = 0
            turns = wait(control, turns)
            continue
        kind, turns = control[PHASE_KIND], 0
        run_item(job[p.ITEMS + kind], job, reals, results, work, item, thread)
        if kind == p.GROUPS:
            finish(control, phase, item, thread)
        else:
            done += 1


@inner
def phase(
    job: Any, reals: Any, results: Any, control: Any, work: Any, kind: int, items: int, shared: bool
) -> None:
    """All items of a phase, alone or with the helping threads."""
    if not shared or items == 1:
        for item in range(items):
            run_item(job[p.ITEMS + kind], job, reals, results, work, item, 0)
        return
    control[PHASES] = (control[PHASES] + 1) & 0x3FFFFF
    publish(control, control[PHASES], kind, items, job[p.THREADS])
    turns, done = 0, 0
    while done + read_atomic(at(control, DONE)) < items:
        item, _ = claim(control, 0, job[p.THREADS], turns)
        if item < 0:
            turns = wait(control, turns)
            continue
        run_item(job[p.ITEMS + kind], job, reals, results, work, item, 0)
        done, turns = done + 1, 0


@inner
def groups(job: Any, reals: Any, results: Any, control: Any, work: Any, items: int) -> float:
    """All groups of rows, each into the room of the thread that does it; returns Σ E in order.

    A group that is long in coming is done again.
    """
    number, E = job[p.ITEMS + p.GROUPS], 0.0
    if not job[p.TOGETHER] or items == 1:
        for item in range(items):
            run_item(number, job, reals, results, work, item, 0)
            job[p.SLOT_AT + item] = item * job[p.SIZE]
            E += results[(job[p.E_AT] + item) * p.RESULTS + p.E_OF]
        return E
    control[PHASES] = (control[PHASES] + 1) & 0x3FFFFF
    phase = control[PHASES]
    open_items(control, phase, items)
    publish(control, phase, p.GROUPS, items, job[p.THREADS])
    while True:
        item, _ = claim(control, 0, job[p.THREADS], 0)
        if item < 0:
            break
        run_item(number, job, reals, results, work, item, 0)
        finish(control, phase, item, 0)
    for item in range(items):
        turns = 0
        while finished_by(control, item) < 0:
            turns = wait(control, turns)
            if turns > job[p.PATIENCE]:
                run_item(number, job, reals, results, work, item, 0)
                finish(control, phase, item, 0)
        thread = finished_by(control, item)
        job[p.SLOT_AT + item] = (thread * job[p.MOST_SLOTS] + item) * job[p.SIZE]
        E += results[(job[p.E_AT] + thread * job[p.MOST_SLOTS] + item) * p.RESULTS + p.E_OF]
    return E


@inner
def batch_gradient(
    job: Any, reals: Any, results: Any, control: Any, work: Any, first: int, rows: int
) -> float:
    """E of the rows order[first : first + rows], and its gradient in slots or in one place; NaN if E is not finite."""
    weights, many, order = job[p.WEIGHTS], job[p.TOGETHER] != 0, pointer(job[p.ORDER], job)
    whole = weight_sum(weights, at(order, first), rows) if weights else float(rows)
    reals[p.PER_WEIGHT] = 1.0 / whole if whole > 0.0 else 0.0
    reals[p.BATCH_WEIGHT] = whole
    E, height = 0.0, job[p.HEIGHT]
    if job[p.SLOTTED]:
        items = (rows + job[p.GROUP] * height - 1) // (job[p.GROUP] * height)
        job[p.FIRST], job[p.ROWS], job[p.SLOTS] = first, rows, items
        return groups(job, reals, results, control, work, items)
    job[p.SLOTS], job[p.SLOT_AT] = 1, 0
    done = 0
    while done < rows:
        part = min(job[p.PART], rows - done)
        job[p.FIRST], job[p.ROWS], job[p.ADDED] = first + done, part, done > 0
        items = (part + height - 1) // height
        phase(job, reals, results, control, work, p.TILES_OF_ROWS, items, many)
        for item in range(items):
            E += results[item * p.RESULTS + p.E_OF]
        if not job[p.AT_ONCE]:
            phase(job, reals, results, control, work, p.GRADIENTS, job[p.BLOCKS], many)
        done += part
    return E


@inner
def penalised(reals: Any) -> bool:
    """Whether there is a penalty."""
    return reals[p.L1] != 0.0 or reals[p.L2] != 0.0


@inner
def gathered_in_lanes(job: Any, reals: Any, results: Any, work: Any, recorded: bool) -> None:
    """Slots, penalty and limits where weights and biases share vectors; Σ g² of each layer where recorded."""
    g, theta, is_weight = at(work, job[p.GRADIENT]), at(work, job[p.THETA]), at(work, job[p.IS_WEIGHT])
    layers, slots, size = pointer(job[p.LAYER_TABLE], job), job[p.SLOTS], job[p.SIZE]
    l1, l2, limit = reals[p.L1], reals[p.L2], reals[p.CLIP_VALUE]
    zero = fill(g, 0.0)
    fault, clipped, absolutes, w_squares = zero, zero, zero, zero
    for q in range(0, size, lanes(g)):
        v = load(g, job[p.SLOT_AT] + q)
        for s in range(1, slots):
            v = v + load(g, job[p.SLOT_AT + s] + q)
        if penalised(reals):
            w = load(is_weight, q) * load(theta, q)
            v = v + (l1 * less(0.0, w, 1.0, less(w, 0.0, -1.0, w)) + l2 * w)
            absolutes, w_squares = absolutes + absolute(w), w_squares + w * w
        fault = fault + 0.0 * v
        store(g, q, v)
    for m in range(job[p.LAYERS]):
        found, first, squares = at(results, m * p.RESULTS), at(layers, m * FIELDS)[W], 0.0
        if recorded:
            layer = at(layers, m * FIELDS)
            for q in range(first, first + (layer[I] + job[p.BIASED]) * layer[J]):
                squares += np.float64(g[q]) * np.float64(g[q])
        found[p.FAULT], found[p.SQUARES], found[p.CLIPPED], found[p.PENALTY] = 0.0, squares, 0.0, 0.0
    for q in range(0, size, lanes(g)):
        v = load(g, q)
        v = less(limit, v, limit, less(v, -limit, -limit, v))
        clipped = clipped + v * v
        store(g, q, v)
    results[p.FAULT], results[p.CLIPPED] = total(fault), total(clipped)
    results[p.PENALTY] = l1 * total(absolutes) + 0.5 * l2 * total(w_squares)


@inner
def asked(reals: Any, recorded: bool) -> bool:
    """Whether anything is to be done to the gradient, or read off it, before the rule's step."""
    limited = reals[p.CLIP_NORM] < np.inf or reals[p.CLIP_VALUE] < np.inf
    return recorded or limited or penalised(reals)


@inner
def gathered(
    job: Any, reals: Any, results: Any, control: Any, work: Any, norms: Any, recorded: bool
) -> float:
    """Phase 3 over all blocks: ∂E/∂θ + penalty, clipped; leaves p.SCALE and norms.

    Returns the penalty, NaN where the gradient is not finite (or, where there is nothing to do, 0).
    """
    L, limited = job[p.LAYERS], reals[p.CLIP_NORM] < np.inf
    job[p.WHOLE], reals[p.SCALE] = recorded, 1.0
    blocks = pointer(job[p.BLOCK_TABLE], job)
    if not asked(reals, recorded) and job[p.SLOTS] == 1 and job[p.SLOT_AT] == 0:
        return 0.0  # the rule reads it as it is made, and what is not finite in it makes θ so
    extra = job[p.IN_LANES] != 0 and (recorded or limited or penalised(reals))
    count = L if extra else job[p.BLOCKS]
    if extra:
        gathered_in_lanes(job, reals, results, work, recorded)
    else:
        phase(
            job, reals, results, control, work, p.GATHERING, count, job[p.ALONE] == 0 and job[p.TOGETHER] != 0
        )
    fault, clipped, penalty = 0.0, 0.0, 0.0
    if recorded:
        for m in range(L):
            norms[m] = 0.0
    for b in range(count):
        found = at(results, b * p.RESULTS)
        fault += found[p.FAULT]
        clipped += found[p.CLIPPED]
        penalty += found[p.PENALTY]
        if recorded:
            norms[b if extra else at(blocks, b * BLOCK_FIELDS)[LAYER]] += found[p.SQUARES]
    if limited and np.sqrt(clipped) > reals[p.CLIP_NORM]:
        reals[p.SCALE] = reals[p.CLIP_NORM] / np.sqrt(clipped)
    if recorded:
        for m in range(L):
            norms[m] = np.sqrt(norms[m])
    return penalty + fault


@inner
def updated(job: Any, reals: Any, results: Any, control: Any, work: Any) -> float:
    """Phase 4 over all blocks; returns 0, or NaN where the new θ is not finite (then the old one stays)."""
    phase(
        job,
        reals,
        results,
        control,
        work,
        p.UPDATES,
        job[p.BLOCKS],
        job[p.ALONE] == 0 and job[p.TOGETHER] != 0,
    )
    fault = 0.0
    for b in range(job[p.BLOCKS]):
        fault += results[b * p.RESULTS + p.FAULT]
    if job[p.IN_LANES] and job[p.DECAYS]:
        kept = at(pointer(job[p.SCALARS_AT], reals), job[p.STEP] * SCALARS)[1]
        theta, new, is_weight = at(work, job[p.THETA]), at(work, job[p.NEW]), at(work, job[p.IS_WEIGHT])
        sums = fill(new, 0.0)
        for q in range(0, job[p.SIZE], lanes(new)):
            moved = load(new, q) - (1.0 - kept) * load(is_weight, q) * load(theta, q)
            store(new, q, moved)
            sums = sums + 0.0 * moved
        fault = float(total(sums))
    return fault


@inner
def turned(job: Any, reals: Any, results: Any, work: Any) -> None:
    """Every Wᵀ anew from θ."""
    if job[p.TURNS]:
        for b in range(job[p.BLOCKS]):
            run_item(job[p.ITEMS + p.TURNING], job, reals, results, work, b, 0)


@kernel
def burst(job: Any, reals: Any, results: Any, control: Any, records: Any, work: Any, steps: int) -> int:
    """Up to `steps` steps; returns those done. records: for each epoch (error, penalty, step, ‖∂E/∂θ‖ per layer)."""
    job, reals, results, control, work = (
        numbers(job),
        numbers(reals),
        numbers(results),
        numbers(control),
        numbers(work),
    )
    columns, records = records.shape[1], numbers(records)
    if job[p.LAID]:  # θ is new here; after a burst Wᵀ has followed it
        turned(job, reals, results, work)
        job[p.LAID] = 0
    done, trial = 0, at(control, TRIAL)
    if job[p.THREADS] > 1:
        begun(control, trial)
    while done < steps:
        if job[p.THREADS] > 1:
            job[p.TOGETHER] = trial[SHARED]
        position = job[p.POSITION]
        if position == 0 and job[p.SHUFFLED]:
            job[p.COUNTER] = shuffle(pointer(job[p.ORDER], job), job[p.N], job[p.KEY], job[p.COUNTER])
        rows = min(job[p.BATCH], job[p.N] - position)
        ends = position + rows >= job[p.N]
        job[p.STEP] = done
        if not job[p.SLOTTED]:
            job[p.AT_ONCE] = rows <= job[p.PART] and not asked(reals, ends)
        record = at(records, job[p.EPOCHS] * columns)
        E = batch_gradient(job, reals, results, control, work, position, rows)
        penalty = gathered(job, reals, results, control, work, at(record, 3), ends)
        if not np.isfinite(E + penalty):
            break
        if not np.isfinite(updated(job, reals, results, control, work)):
            turned(job, reals, results, work)
            break
        job[p.THETA], job[p.NEW] = job[p.NEW], job[p.THETA]
        job[p.COUNTER] += draws_of_dropout(job, reals, rows)
        done += 1
        share = reals[p.BATCH_WEIGHT]
        reals[p.ERROR_SUM] += share * E
        reals[p.PENALTY_SUM] += share * penalty
        reals[p.WEIGHT_SUM] += share
        job[p.POSITION] = position + rows
        if ends:
            weight = reals[p.WEIGHT_SUM] if reals[p.WEIGHT_SUM] != 0.0 else 1.0
            record[0], record[1], record[2] = (
                reals[p.ERROR_SUM] / weight,
                reals[p.PENALTY_SUM] / weight,
                np.float64(done),
            )
            reals[p.ERROR_SUM] = reals[p.PENALTY_SUM] = reals[p.WEIGHT_SUM] = 0.0
            job[p.POSITION] = 0
            job[p.EPOCHS] += 1
        if job[p.THREADS] > 1:
            judged(control, trial)
    stop(control, job[p.THREADS])
    return done


@kernel
def explore(job: Any, reals: Any, results: Any, control: Any, records: Any, work: Any, rows: int) -> float:
    """E at θ over rows order[: rows] with its gradient, or, p.FORWARD_ONLY, the outputs.

    The penalty's part stands in records[0, 1].
    """
    job, reals, results, control, work, records = (
        numbers(job),
        numbers(reals),
        numbers(results),
        numbers(control),
        numbers(work),
        numbers(records),
    )
    trial = at(control, TRIAL)
    job[p.AT_ONCE] = 0
    if not job[p.FORWARD_ONLY]:
        turned(job, reals, results, work)
    if job[p.HELPED]:
        begun(control, trial)
    job[p.TOGETHER] = trial[SHARED] if job[p.HELPED] else job[p.THREADS] > 1
    E = batch_gradient(job, reals, results, control, work, 0, rows)
    if not job[p.FORWARD_ONLY]:
        records[1] = gathered(job, reals, results, control, work, at(records, 3), True)
    if job[p.HELPED]:
        judged(control, trial)
    else:
        stop(control, job[p.THREADS])
    return E


@kernel
def carry(runs: Any, theta: Any, work: Any, inward: bool) -> None:
    """θ, or a row of the rule's memory, from the equations' order into the layout's, or back."""
    runs, count, theta, work = numbers(runs), runs.shape[0], numbers(theta), numbers(work)
    for r in range(count):
        run = at(runs, 4 * r)
        first, place, length, distance = at(theta, run[0]), at(work, run[1]), run[2], run[3]
        if distance != 1:
            for q in range(length):
                if inward:
                    place[q * distance] = first[q]
                else:
                    first[q] = place[q * distance]
            continue
        source, target, q = (first, place, 0) if inward else (place, first, 0)
        while q + lanes(source) <= length:
            store(target, q, load(source, q))
            q += lanes(source)
        while q < length:
            target[q] = source[q]
            q += 1
