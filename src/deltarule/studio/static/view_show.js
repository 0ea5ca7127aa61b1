// Show: how good a run is, one row's way through its network, a weight's derivative, and the pictures of its report.

import { go, note } from "./address.js";
import { act, picture, read, Refused } from "./asking.js";
import { command, fault, fill, fold, formula, h, number, pairs, table } from "./elements.js";
import { errorCurve } from "./error_curve.js";
import { exports } from "./exports.js";
import { plainModel, render } from "./network.js";
import { runHead, runOf } from "./run_choice.js";

export async function view(root, where, ended) {
  const name = await runOf(root, where, "Show");
  if (!name) return;
  const run = await read("run", { run: name });
  const inside = h("section");
  const gallery = h("section");
  const curve = h("div");
  fill(root,
    runHead(run.headline, name, "show"),
    run.verdict && h("p", { class: `verdict ${/^The network/.test(run.verdict) ? "well" : ""}` }, withOptions(run.verdict)),
    run.scores.length > 1 && table(run.scores[0], run.scores.slice(1).map((cells) => cells.map((cell) => cell.replace(/^-(?=\d)/, "−"))), { numbers: 2, caption: "Errors" }),
    run.notes.length ? h("ul", { class: "quiet notes" }, run.notes.map((text) => h("li", {}, text))) : null,
    inside,
    h("h2", {}, "The training"), curve,
    h("p", { class: "quiet" }, `${run.outcome.replace("_", " ")}: ${run.message}.`),
    run.unfinished && goOn(run),
    gallery,
    h("h2", {}, "To take away"), exports(name),
    fold("How it was made", pairs([...Object.entries(run.summary), ...Object.entries(run.settings)]), command(run.command)));
  if (run.curve) drawCurve(curve, run.curve, ended);
  await Promise.all([rowByRow(inside, run, where), pictures(gallery, name, ended)]);
}

/** A sentence whose options of the command line are kept whole. */
const withOptions = (text) => text.split(/(--[a-z]+)/).map((part) => (part.startsWith("--") ? h("code", { class: "together" }, part) : part));

function goOn(run) {
  const said = h("span");
  const all = run.outcome === "step_limit";
  const epochs = h("input", { type: "number", id: "epochs", min: run.epochs + 1, value: 2 * run.epochs });
  const resume = async () => {
    try {
      await act("resume", { run: run.name, epochs: all ? Number(epochs.value) : null });
      go({ view: "train" });
    } catch (problem) {
      fill(said, fault(problem.message));
    }
  };
  return h("div", {}, h("div", { class: "controls" }, h("button", { class: "small", on: { click: resume } }, "Go on training"),
    all && [h("label", { for: "epochs" }, "to epoch"), epochs], h("span", { class: "quiet" }, "It comes out as if it had never stopped.")), said);
}

function drawCurve(place, curve, ended) {
  const made = errorCurve(place, 260);
  ended(made.end);
  requestAnimationFrame(() => made.draw(curve));
}

/** One row: the network with its numbers, and a weight that is clicked. */
async function rowByRow(place, run, where) {
  const state = { row: within(Number(where.row) || run.first_row), at: where.at === "start" ? "start" : "end", weight: where.weight || null };
  const drawn = h("div", { class: "scroll picture" });
  const about = h("div", { class: "facts", "aria-live": "polite" });
  const detail = h("section", { class: "weight", "aria-live": "polite" });
  const numbers = h("div");
  const key = h("p", { class: "quiet key" }, h("span", { class: "swatch above" }), "weight above 0 ", h("span", { class: "swatch below" }), "below 0 · in a unit: what it puts out for this row. Click a line for its derivative.");
  const inside = h("div", {}, drawn, key, detail, numbers);
  const model = plainModel({ picture: null, chosen: state.weight, label: "The network: choose a weight to see its derivative", pick: choose });
  render({ model, el: drawn });
  const rowField = h("input", { type: "number", min: 1, max: run.rows, value: state.row, id: "row", on: { change: () => move(Number(rowField.value)) } });
  const when = h("select", { id: "when", on: { change: () => { state.at = when.value; load(); } } },
    h("option", { value: "end" }, "after the training"), h("option", { value: "start" }, "before the training"));
  when.value = state.at;
  fill(place,
    h("h2", {}, "One row's way through the network"),
    h("div", { class: "controls" },
      h("label", { for: "row" }, "Row"), h("button", { class: "small", "aria-label": "previous row", on: { click: () => move(state.row - 1) } }, "←"), rowField,
      h("button", { class: "small", "aria-label": "next row", on: { click: () => move(state.row + 1) } }, "→"), h("span", { class: "quiet" }, `of ${run.rows.toLocaleString("en")}`), when),
    about, inside);

  function within(row) {
    return Math.min(Math.max(1, Math.round(row) || 1), run.rows);
  }
  function move(row) {
    state.row = within(row);
    rowField.value = state.row;
    load();
  }
  function choose(address) {
    state.weight = address;
    load();
  }
  async function load() {
    note({ row: state.row, at: state.at === "start" ? "start" : null, weight: state.weight });
    try {
      const found = await read("row", { run: run.name, row: state.row, at: state.at, weight: state.weight });
      const focused = drawn.contains(document.activeElement);
      inside.classList.remove("hidden");
      model.set("picture", found.picture);
      if (focused) drawn.querySelector('.handle[tabindex="0"]')?.focus();
      fill(about, pairs([
        ["This row", { training: "was trained on", validation: "steered the stopping", test: "was not trained on" }[found.part]],
        ...Object.keys(found.predicted).map((name) => [name, `predicted ${number(found.predicted[name])}, was ${number(found.wanted[name])}`]),
        ["Its error", `E_n = ${number(found.error, 6)}`],
      ]));
      fill(numbers, tables(found, choose));
      if (!found.picture) fill(drawn, h("p", { class: "quiet" }, "This network has too many layers to be drawn here."));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      inside.classList.add("hidden"); // what is there is of another row, or nothing at all
      return fill(about, h("p", { class: "quiet" }, problem.message));
    }
    if (state.weight) await weight(detail, run.name, state);
  }
  await load();
}

function tables(found, choose) {
  return [
    fold(`Every number of row ${found.row}`,
      h("h3", {}, "As the table has it"), table(["column", "cell"], found.cells, { numbers: 1 }),
      h("h3", {}, "As the network sees it: x"), table(["input", "x"], found.inputs.map(([name, x]) => [name, number(x, 6)]), { numbers: 1 }),
      found.layers.map((layer, at) => {
        const last = at === found.layers.length - 1;
        return [h("h3", {}, `Layer ${layer.layer}${last ? ", the output" : ""}: net, ${last ? "o" : "y"} = S(net), S is ${layer.activation}`),
          table(["unit", "net", last ? "o" : "y", "S′(net)", ...(last ? ["d", "l = o − d"] : []), "∂E_n/∂net"],
            layer.units.map((unit) => [`${unit.unit} ${unit.name}`, number(unit.net, 6), number(unit.y, 6), number(unit.slope, 6),
              ...(last ? [number(unit.d, 6), number(unit.y - unit.d, 6)] : []), number(unit.delta, 6)]), { numbers: 1 })];
      })),
    fold("Its gradient, weight by weight", h("p", { class: "quiet" }, `For this row alone, and over all training rows${found.penalised ? " with the penalty" : ""}. Choose one to see where it comes from.`),
      table(["weight", "w", "∂E_n/∂w, this row", "∂E/∂w, all rows"], found.weights.map((entry) => [
        h("button", { class: "link", on: { click: () => choose(entry.address) } }, entry.address), number(entry.w, 6), number(entry.sample, 6), number(entry.mean, 6)]), { numbers: 1 })),
  ];
}

async function weight(place, name, state) {
  try {
    const found = await read("weight", { run: name, row: state.row, at: state.at, weight: state.weight });
    fill(place,
      h("h3", {}, "The derivative by ", h("code", {}, found.address), h("span", { class: "quiet" }, ` = ${number(found.w, 6)}`)),
      h("div", { class: "scroll formula" }, formula(found.formula)),
      h("h4", {}, `Its chain of factors, for row ${state.row}`),
      h("ol", { class: "chain" }, found.chain.map((line) => h("li", {}, h("div", { class: "scroll formula" }, formula(line.formula)),
        line.given && h("div", { class: "scroll quiet" }, "where ", formula(line.given)), line.digits.map((digits) => h("div", { class: "scroll digits" }, digits))))),
      h("h4", {}, "The same number, twice"),
      table(["", "∂E_n/∂w"], [["backpropagation", number(found.backpropagation, 10)], ["difference quotient (E_n(w+h) − E_n(w−h))/2h", number(found.quotient, 10)], ["difference", number(found.difference, 2)]], { numbers: 1 }),
      h("p", { class: "quiet" }, `Over all ${found.rows.toLocaleString("en")} training rows${found.penalised ? ", with the penalty" : ""}: ∂E/∂w = ${number(found.mean, 6)}.`),
      fold("Derived step by step", h("ol", {}, found.steps.map((step) => h("li", {}, h("strong", {}, step.title), `: ${step.words}`, step.formulas.map((tree) => h("div", { class: "scroll formula" }, formula(tree))))))),
      everything(name));
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    fill(place, fault(problem.message));
  }
}

function everything(name) {
  const place = h("div");
  const check = async () => {
    fill(place, h("p", { class: "quiet" }, "Checking …"));
    try {
      const found = await read("check", { run: name });
      fill(place, h("p", { class: `verdict ${found.holds ? "well" : ""}` }, found.summary.at(-1)), h("p", { class: "quiet" }, `On ${found.of} training rows: ${found.summary.slice(0, -1).join("; ")}.`),
        table(found.headings, found.rows, { numbers: 1, caption: "Every gradient by every way" }));
    } catch (problem) {
      fill(place, fault(problem.message));
    }
  };
  return h("div", {}, h("p", {}, h("button", { class: "small", on: { click: check } }, "Check every gradient of the network")), place);
}

async function pictures(place, name, ended) {
  let found;
  try {
    found = await read("figures", { run: name });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return fill(place, h("h2", {}, "Its pictures"), h("p", { class: "quiet" }, problem.message));
  }
  const links = [];
  const watcher = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    watcher.unobserve(entry.target);
    load(entry.target);
  }), { rootMargin: "400px" });
  async function load(figure) {
    const image = figure.querySelector("img");
    try {
      image.src = await picture("figure", { run: name, figure: figure.dataset.name });
      links.push(image.src);
      figure.classList.add("here");
    } catch (problem) {
      fill(figure, fault(problem.message));
    }
  }
  ended(() => {
    watcher.disconnect();
    links.forEach((address) => URL.revokeObjectURL(address));
  });
  fill(place, found.sections.map((section) => [
    h("h2", {}, section.title === "The training" ? "Its pictures" : section.title),
    h("div", { class: "figures" }, section.figures.map((entry) => {
      const figure = h("figure", { "data-name": entry.name }, h("img", { alt: entry.caption }), h("figcaption", {}, entry.caption));
      watcher.observe(figure);
      return figure;
    }))]));
}
