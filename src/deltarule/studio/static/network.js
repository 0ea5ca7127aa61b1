// A network's picture, drawn from what the server laid out. Its form is a notebook widget's: render({ model, el }),
// with "picture" (a drawing), "chosen" (a weight's address) and "label" in the model.

import { fill, h, s } from "./elements.js";
import { narrowed } from "./narrowing.js";

const READABLE = 0.78; // of its size, labels of about 9 pixels: in a narrow page it is scrolled rather than shrunk below

/** Draws, and draws again when the model changes; a click or Enter on a weight sets "chosen". */
export function render({ model, el }) {
  let room = 0;
  const draw = () => fill(el, drawn(model, room));
  draw();
  model.on("change:picture", draw);
  new ResizeObserver(() => {
    const style = getComputedStyle(el);
    const wide = el.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (Math.abs(wide - room) < 1 || !model.get("picture")) return;
    room = wide;
    draw();
  }).observe(el);
}

/** A model with nothing behind it. */
export function plainModel(values) {
  const heard = new Map();
  return {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      (heard.get(`change:${name}`) || []).forEach((call) => call());
    },
    save_changes() {},
    on: (event, call) => heard.set(event, [...(heard.get(event) || []), call]),
  };
}

export default { render };

function drawn(model, room) {
  const whole = model.get("picture");
  if (!whole) return null;
  // half of what it is too wide is taken from between the layers, half from its size
  const picture = room > 0 && room < whole.width ? narrowed(whole, room / Math.max(READABLE, Math.sqrt(room / whole.width))) : whole;
  const weights = picture.lines.filter((line) => line.weight);
  const pick = model.get("pick");
  const svg = s("svg", {
      class: "network", viewBox: `0 0 ${picture.width} ${picture.height}`, role: pick ? "group" : "img",
      "aria-label": model.get("label") || picture.title,
      width: picture.width, height: picture.height,
    },
    [...picture.lines].sort((a, b) => a.lit - b.lit).map((line) => edge(line)),
    pick && weights.map((line, at) => handle(line, at, weights, model)),
    picture.units.map((unit) => s("circle", { class: `unit of-${unit.role}${unit.lit ? " lit" : ""}`, cx: unit.x, cy: unit.y, r: unit.r })),
    picture.texts.map((text) => label(text)));
  const least = Math.floor(READABLE * picture.width) - 2;
  svg.style.minWidth = `${least}px`;
  return [svg, room > 0 && least > room && h("p", { class: "quiet wider" }, "It is wider than its place: scroll it sideways.")];
}

function edge(line) {
  const [x1, y1, x2, y2] = line.ends;
  const sign = line.style || (line.lit ? "lit" : line.strength === null ? "plain" : line.strength >= 0 ? "above" : "below");
  const width = line.style ? 1.2 : line.lit ? 3 : line.strength === null ? 1.1 : 0.5 + 3 * Math.min(Math.abs(line.strength), 1);
  return s("line", { class: `edge ${sign}`, x1, y1, x2, y2, "stroke-width": width });
}

/** What is clicked: wider than the line; the arrows lead from weight to weight. */
function handle(line, at, weights, model) {
  const [x1, y1, x2, y2] = line.ends;
  const chosen = model.get("chosen") === line.weight;
  const first = !weights.some((other) => other.weight === model.get("chosen")) && at === 0;
  const choose = () => {
    model.set("chosen", line.weight);
    model.get("pick")(line.weight);
  };
  return s("line", {
    class: "handle", x1, y1, x2, y2, role: "button", tabindex: chosen || first ? 0 : -1, "aria-label": `weight ${line.weight}`,
    "aria-pressed": String(chosen),
    on: {
      click: choose,
      keydown(event) {
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          choose();
        } else if (step) {
          event.preventDefault();
          const all = [...event.target.parentNode.querySelectorAll(".handle")];
          const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
          event.target.setAttribute("tabindex", -1);
          next.setAttribute("tabindex", 0);
          next.focus();
        }
      },
    },
  }, s("title", {}, line.weight));
}

function label(text) {
  if (text.blank !== null)
    return [
      s("circle", { class: "blank", cx: text.x, cy: text.y, r: text.size * 0.8 }),
      s("text", { class: "blank-text", x: text.x, y: text.y + text.size * 0.34, "font-size": text.size * 0.9, "text-anchor": "middle" }, text.blank),
    ];
  const kind = `label ${text.style} ${text.math ? "math" : ""}`;
  const plate = text.plate && s("rect", { class: "plate", x: text.plate[0], y: text.plate[1], width: text.plate[2], height: text.plate[3], rx: 2 });
  return [plate, text.pieces.map(([written, x, y, size, width], at) =>
    s("text", {
      class: `${kind}${at ? " script" : ""}`, x, y, "font-size": size,
      textLength: written.length > 1 ? width * 0.96 : null, lengthAdjust: written.length > 1 ? "spacingAndGlyphs" : null,
    }, written))];
}
