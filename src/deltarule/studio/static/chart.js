// Curves: axes with round marks, a log axis where values span more than a factor of ten, the values under the pointer.

import { fill, h, number, s } from "./elements.js";

const PAD = { left: 74, right: 14, top: 12, bottom: 40 };
const TITLE = 24; // what the y axis' title takes of the room on the left
const GAP = 8; // between a mark's text and the axis
const DIGIT = 7; // the widest a character of a mark gets
const SHORTEST = 10; // characters that a name on x keeps: a date is never cut

function roundSteps(low, high, most) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw);
  const marks = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++) marks.push(Number((at * step).toPrecision(12)));
  return marks;
}

function decades(low, high) {
  const marks = [];
  const wide = high / low > 1000;
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const m of wide ? [1] : [1, 2, 5]) if (m * 10 ** power >= low * 0.999 && m * 10 ** power <= high * 1.001) marks.push(m * 10 ** power);
  const every = Math.ceil(marks.length / 7);
  return marks.filter((_, at) => at % every === 0);
}

const real = (values) => values.filter((value) => Number.isFinite(value));

/**
 * A chart in an element. draw({ lines, x, y, log, title }) draws: a line has name, colour (1 … 7, or r0 … r8 in between), xs, ys, and
 * perhaps low and high (a band), dash, faint, dots. Texts on x are categories.
 */
export function chart(element, height = 260) {
  let shown = null;
  const ground = s("svg", { class: "chart", role: "img" });
  const legend = h("ul", { class: "legend" });
  const told = h("p", { class: "told", "aria-hidden": "true" });
  fill(element, h("div", { class: "charted" }, legend, ground, told));
  const watcher = new ResizeObserver(() => shown && draw(shown));
  watcher.observe(element);
  let scales = null;

  function draw(given) {
    shown = given;
    const width = Math.max(element.clientWidth, 240);
    const named = given.lines.length && typeof given.lines[0].xs[0] === "string";
    const lines = given.lines.map((line) => ({ ...line, at: named ? line.xs.map((_, k) => k) : line.xs }));
    const xs = real(lines.flatMap((line) => line.at));
    const all = lines.flatMap((line) => [...line.ys, ...(line.low || []), ...(line.high || [])]).filter((v) => v !== null);
    let ys = real(all);
    if (!xs.length || !ys.length) {
      ys = [0, 1];
      xs.push(0, 1);
    }
    const positive = ys.filter((value) => value > 0);
    const log = given.log === true || (given.log === "auto" && positive.length === ys.length && Math.max(...ys) > 10 * Math.min(...ys));
    if (log) ys = positive;
    let [low, high] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    if (log) [low, high] = [low / 1.15, high * 1.15];
    else {
      const room = (high - low || Math.abs(high) || 1) * 0.06;
      [low, high] = [low - room, high + room];
    }
    const left = xs.reduce((a, b) => Math.min(a, b));
    const right = xs.reduce((a, b) => Math.max(a, b)) || left + 1;
    const f = log ? Math.log : (value) => value;
    const marks = (log ? decades(low, high) : roundSteps(low, high, 7)).map((at) => ({ at, text: short(at) }));
    const begin = Math.max(PAD.left, TITLE + GAP + DIGIT * Math.max(...marks.map((mark) => mark.text.length)));
    const X = (x) => begin + ((x - left) / (right - left || 1)) * (width - begin - PAD.right);
    const Y = (y) => height - PAD.bottom - ((f(y) - f(low)) / (f(high) - f(low) || 1)) * (height - PAD.top - PAD.bottom);
    scales = { X, Y, lines, named, left, right, width };
    ground.setAttribute("viewBox", `0 0 ${width} ${height}`);
    ground.setAttribute("aria-label", described(given, lines));
    fill(ground,
      marksY(marks, Y, begin, width),
      marksX(named ? lines[0].xs : null, left, right, X, width, begin, height),
      s("text", { class: "axis", x: begin + (width - begin - PAD.right) / 2, y: height - 6, "text-anchor": "middle" }, given.x),
      s("text", { class: "axis", x: -(PAD.top + (height - PAD.top - PAD.bottom) / 2), y: 13, transform: "rotate(-90)", "text-anchor": "middle" }, given.y),
      (given.marks || []).map((mark) => s("line", { class: "mark", x1: X(mark), x2: X(mark), y1: PAD.top, y2: height - PAD.bottom })),
      lines.map((line) => line.low && s("path", { class: `band colour${line.colour}`, d: band(line, X, Y, low, high) })),
      lines.map((line) => s("path", { class: `curve colour${line.colour}${line.faint ? " faintly" : ""}`, d: path(line.at, line.ys, X, Y, log), "stroke-dasharray": line.dash ? "5 4" : null })),
      lines.map((line) => (line.dots || line.at.length === 1) && line.at.map((x, k) =>
        line.ys[k] !== null && s("circle", { class: `dot colour${line.colour}`, cx: X(x), cy: Y(line.ys[k]), r: 3.5 }))),
      s("g", { class: "pointed" }));
    fill(legend, lines.length > 1 || lines[0]?.low ? lines.map((line) => h("li", { class: `colour${line.colour}${line.dash ? " dash" : ""}${line.faint ? " thin" : ""}` }, line.name)) : []);
  }

  function point(event) {
    if (!scales || !scales.lines.length) return;
    const box = ground.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * scales.width;
    const group = ground.querySelector(".pointed");
    const said = [];
    fill(group);
    let shownX = null;
    for (const line of scales.lines) {
      if (!line.at.length) continue;
      let best = 0;
      line.at.forEach((at, k) => {
        if (line.ys[k] !== null && Math.abs(scales.X(at) - x) < Math.abs(scales.X(line.at[best]) - x)) best = k;
      });
      const y = line.ys[best];
      if (y === null || y === undefined) continue;
      shownX ??= line.xs[best];
      group.append(s("circle", { class: `dot colour${line.colour}`, cx: scales.X(line.at[best]), cy: scales.Y(y), r: 4 }));
      const range = line.low ? ` (${number(line.low[best])} to ${number(line.high[best])})` : "";
      said.push(`${line.name} ${number(y)}${range}`);
    }
    told.textContent = said.length ? `${shown.x} ${typeof shownX === "number" ? number(shownX) : shownX}: ${said.join(", ")}` : "";
  }

  ground.addEventListener("pointermove", point);
  ground.addEventListener("pointerleave", () => {
    told.textContent = "";
    const group = ground.querySelector(".pointed");
    if (group) fill(group);
  });
  return { draw, end: () => watcher.disconnect() };
}

function described(given, lines) {
  const each = lines.map((line) => {
    const known = line.ys.filter((value) => value !== null);
    return known.length ? `${line.name} from ${number(known[0])} to ${number(known.at(-1))}` : `${line.name}: nothing yet`;
  });
  return `${given.title || given.y} over ${given.x}: ${each.join("; ")}`;
}

function path(xs, ys, X, Y, log) {
  let text = "";
  let pen = false;
  xs.forEach((x, k) => {
    const y = ys[k];
    if (y === null || y === undefined || !Number.isFinite(y) || (log && y <= 0)) pen = false;
    else {
      text += `${pen ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`;
      pen = true;
    }
  });
  return text;
}

function band(line, X, Y) {
  const up = line.at.map((x, k) => `${X(x).toFixed(1)} ${Y(line.high[k]).toFixed(1)}`);
  const down = line.at.map((x, k) => `${X(x).toFixed(1)} ${Y(line.low[k]).toFixed(1)}`).reverse();
  return `M${[...up, ...down].join("L")}Z`;
}

/** A mark's number, without zeros that say nothing: 1e−5. */
const short = (mark, digits = 3) => number(mark, digits).replace(/\.?0+e/, "e");

function marksY(marks, Y, begin, width) {
  return marks.map(({ at, text }) => [
    s("line", { class: "grid", x1: begin, x2: width - PAD.right, y1: Y(at), y2: Y(at) }),
    s("text", { class: "mark-text", x: begin - GAP, y: Y(at) + 4, "text-anchor": "end" }, text),
  ]);
}

function marksX(names, left, right, X, width, begin, height) {
  const y = height - PAD.bottom + 17;
  const room = width - begin;
  const wide = (texts) => 2 * GAP + DIGIT * Math.max(...texts.map((text) => text.length));
  const mark = (text, x, whole) => {
    const half = (DIGIT * text.length) / 2; // the first and the last stay within the picture
    const at = Math.max(Math.min(x, width - half), half);
    return s("text", { class: "mark-text", x: at, y, "text-anchor": "middle" }, text, whole !== text && s("title", {}, whole));
  };
  if (names) {
    const most = Math.max(SHORTEST, Math.floor((room / names.length - GAP) / DIGIT));
    const texts = names.map((name) => (name.length > most ? `${name.slice(0, most - 1)}…` : name));
    const every = Math.ceil((names.length * wide(texts)) / room);
    return names.map((name, k) => k % every === 0 && mark(texts[k], X(k), name));
  }
  let marks = [];
  for (let most = 8; most > 0; most--) {
    marks = roundSteps(left, right, most).map((at) => ({ at, text: short(at, 6) }));
    if (marks.length * wide(marks.map(({ text }) => text)) <= room) break;
  }
  return marks.map(({ at, text }) => mark(text, X(at), text));
}
