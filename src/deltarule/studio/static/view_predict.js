// Predict: a case typed in and what is predicted for it, one column varied, or a whole table.

import { note } from "./address.js";
import { act, read, Refused } from "./asking.js";
import { chart } from "./chart.js";
import { fault, fill, h, number } from "./elements.js";
import { runHead, runOf } from "./run_choice.js";
import { typedNumber } from "./typing.js";

export async function view(root, where, ended) {
  const name = await runOf(root, where, "Predict");
  if (!name) return;
  const [form, folder] = await Promise.all([read("form", { run: name }), read("folder")]);
  const cells = Object.fromEntries(form.fields.map((field) => [field.name, field.value]));
  const answer = h("div", { class: "answer", "aria-live": "polite" });
  const classes = form.kind === "classes";
  const grounds = (classes ? ["all"] : form.target).map(() => h("div")); // a target has its own axis, classes have one
  const curves = grounds.map((ground) => chart(ground, grounds.length > 1 ? 200 : 280));
  const drawnOn = h("div", {}, grounds);
  const said = h("div");
  const unread = new Map(); // a field's name and what stands in it, where that is no number
  ended(() => curves.forEach((curve) => curve.end()));
  let column = form.fields.some((field) => field.name === where.along) ? where.along : form.fields[0].name;
  let timer = 0;
  let asked = 0;
  ended(() => clearTimeout(timer));
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(tell, 120);
  };
  async function tell() {
    const mine = ++asked;
    if (unread.size) {
      const words = [...unread].map(([field, text]) => `'${text}' in ${field} is no number`);
      return nothing(`${words.join(", and ")}: write it as 1234.5, 1234,5 or 1'234.5, or empty the field where it is not known.`);
    }
    try {
      const [found, line] = await Promise.all([act("predict", { run: name, cells }), act("what-if", { run: name, cells, column })]);
      if (mine !== asked) return;
      fill(said);
      fill(answer, told(found));
      drawnOn.classList.remove("hidden");
      curves.forEach((curve, at) => curve.draw(drawn(line, classes ? line.lines.slice(0, 7) : [line.lines[at]], cells)));
    } catch (problem) {
      if (mine !== asked) return;
      if (!(problem instanceof Refused)) throw problem;
      nothing(problem.message);
    }
  }
  /** A sentence instead of a prediction: what was predicted before is none of this case. */
  function nothing(sentence) {
    fill(answer);
    drawnOn.classList.add("hidden");
    fill(said, fault(sentence));
  }
  const along = h("select", {
    id: "along", on: {
      change() {
        column = along.value;
        note({ along: column });
        tell();
      },
    },
  }, form.fields.map((field) => h("option", { value: field.name }, field.name)));
  along.value = column;
  fill(root,
    runHead(`Predict ${form.target.join(" and ")}`, name, "predict"),
    h("div", { class: "predict-grid" },
      h("form", { class: "fields cells", on: { submit: (event) => event.preventDefault() } }, form.fields.map((field) => input(field, cells, unread, soon))),
      h("div", { class: "stage" }, answer, said,
        h("div", { class: "controls" }, h("label", { for: "along" }, "What if it were otherwise: along"), along), drawnOn)),
    h("h2", {}, "A whole table"), whole(name, folder.tables, form.table));
  await tell();
}

function input(field, cells, unread, soon) {
  const set = (value) => {
    unread.delete(field.name);
    cells[field.name] = value;
    soon();
  };
  if (field.choices.length) {
    const made = h("select", { on: { change: () => set(made.value === "" ? null : made.value) } }, h("option", { value: "" }, "(missing)"), field.choices.map((word) => h("option", { value: word }, word)));
    made.value = field.value;
    return h("label", { class: "field" }, h("span", {}, field.name), made);
  }
  if (field.kind === "date") return h("label", { class: "field" }, h("span", {}, field.name), h("input", { type: "date", value: field.value, on: { change: (event) => set(event.target.value || null) } }));
  const typed = h("input", { type: "text", inputmode: "decimal", value: field.value, "aria-label": field.name, on: { input: () => slide(typed.value) } });
  const step = field.whole ? 1 : (field.high - field.low) / 200;
  const slider = h("input", { type: "range", min: field.low, max: field.high, step: step || "any", "aria-label": `${field.name}, by a slider`, on: { input: () => { typed.value = number(Number(slider.value), 6).replace("−", "-"); typed.setAttribute("aria-invalid", "false"); set(Number(slider.value)); } } });
  slider.value = field.value;
  function slide(text) {
    const empty = text.trim() === "";
    const value = typedNumber(text);
    const odd = !empty && Number.isNaN(value);
    typed.setAttribute("aria-invalid", String(odd));
    if (empty) return set(null);
    if (odd) {
      unread.set(field.name, text.trim());
      return soon();
    }
    slider.value = value;
    set(value);
  }
  return h("div", { class: "field" }, h("span", {}, field.name), typed, slider);
}

function told(found) {
  const outside = found.outside.map((text) => h("p", { class: "verdict" }, `${text} What is predicted there is a guess.`));
  if (found.classes.length)
    return [h("p", { class: "big" }, found.targets[0].value, h("span", { class: "quiet" }, ` is the most likely ${found.targets[0].name}`)), outside,
      h("ul", { class: "shares" }, found.classes.slice(0, 8).map((entry) => h("li", {}, h("span", {}, entry.label), share(entry.p), h("span", { class: "number" }, `${(100 * entry.p).toFixed(1)} %`)))),
      notes(found)];
  return [found.targets.map((target) => h("div", {}, h("p", { class: "big" }, number(target.value), h("span", { class: "quiet" }, ` ${target.name}`)),
    found.level !== null && h("p", { class: "quiet" }, `Its ${found.level} quantile: ${number(100 * found.level)} of 100 such cases are expected at or below.`),
    target.low !== null && h("p", { class: "quiet" }, `95 of 100 such cases lie between ${number(target.low)} and ${number(target.high)}.`))), outside, notes(found)];
}

function share(p) {
  const bar = h("span", {});
  bar.style.width = `${100 * p}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, bar);
}

const notes = (found) => found.notes.length > 0 && h("ul", { class: "quiet" }, found.notes.map((text) => h("li", {}, text)));

/** A chart of some lines of the answer. */
function drawn(line, parts, cells) {
  const time = line.kind === "date";
  const xs = time ? line.x.map(String) : line.x;
  const now = cells[line.column];
  const within = typeof now === "number" && typeof xs[0] === "number" && now >= xs[0] && now <= xs.at(-1);
  return {
    title: `Predicted along ${line.column}`, x: line.column, y: line.classes === "classes" ? "probability" : parts[0].name,
    log: false, marks: within ? [now] : [],
    lines: parts.map((part, at) => ({ name: part.name, colour: at + 1, xs, ys: part.y, low: part.low || null, high: part.high || null, dots: line.kind === "category" || line.kind === "boolean" })),
  };
}

function whole(run, tables, own) {
  const said = h("div", { "aria-live": "polite" });
  if (!tables.length) return h("p", { class: "quiet" }, "There is no table in the folder.");
  const choice = h("select", { id: "whole" }, tables.map((entry) => h("option", { value: entry.name }, entry.name)));
  if (own) choice.value = own;
  async function write(replace = false) {
    fill(said, h("p", { class: "quiet" }, "Writing …"));
    try {
      const found = await act("predict-table", { run, table: choice.value, replace });
      fill(said, h("p", { class: "verdict well" }, `Wrote ${found.rows.toLocaleString("en")} rows with ${found.columns.join(", ")} to ${found.name}.`), notes(found));
    } catch (problem) {
      fill(said, fault(problem.message));
      if (problem.there) said.append(h("p", {}, h("button", { class: "small", on: { click: () => write(true) } }, `Replace ${problem.there}`)));
    }
  }
  return h("div", {}, h("div", { class: "controls" }, h("label", { for: "whole" }, "Predict every row of"), choice, h("button", { class: "small", on: { click: () => write() } }, "Write it beside")), said);
}
