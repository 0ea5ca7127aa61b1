// Exercises: the lecture's, asked, hinted at and marked here.

import { go, note } from "./address.js";
import { act, read } from "./asking.js";
import { fault, fill, fold, h } from "./elements.js";
import { plainModel, render } from "./network.js";

const NAMES = { symbols: "Name the symbols", gradients: "Find the gradients", numbers: "Compute", error: "The error", stationary: "Points of rest", health: "Vanishing and exploding" };

// A text in pieces: words as they are, a name as base, index and layer.
const typeset = (pieces) => pieces.map((piece) => typeof piece === "string" ? piece.replaceAll("/", "/\u2060")
  : h("span", { class: "name" }, h(/^[ΣS]|mean|sum/.test(piece[0]) ? "span" : "i", {}, piece[0]), piece[1] && h("sub", {}, piece[1]), piece[2] && h("sup", {}, piece[2])));

export async function view(root, where) {
  const asked = { kind: where.kind || "gradients", level: Number(where.level) || 1, seed: Number(where.seed) || 0, hints: Number(where.hints) || 0 };
  const found = await read("exercise", asked);
  const to = (values) => go({ view: "exercises", ...asked, hints: 0, ...values });
  const answers = Object.fromEntries(found.items.map((item) => [item.key, ""]));
  const marks = Object.fromEntries(found.items.map((item) => [item.key, h("p", { class: "mark-of" })]));
  const said = h("div", { "aria-live": "polite" });
  const picture = h("div", { class: "scroll picture" });
  if (found.picture) render({ model: plainModel({ picture: found.picture }), el: picture });
  async function mark() {
    try {
      const result = await act("mark", { ...asked, answers });
      for (const [key, entry] of Object.entries(result.marks))
        fill(marks[key], h("span", { class: entry.score === 1 ? "right" : entry.score > 0 ? "partly" : "wrong" }, entry.feedback));
      fill(said, h("p", { class: `verdict ${result.score === 1 ? "well" : ""}` }, `${Math.round(100 * result.score)} %`));
    } catch (problem) {
      fill(said, fault(problem.message));
    }
  }
  const kinds = h("select", { id: "kind", on: { change: () => to({ kind: kinds.value }) } }, found.kinds.map((kind) => h("option", { value: kind }, NAMES[kind] || kind)));
  kinds.value = asked.kind;
  const level = h("select", { id: "level", on: { change: () => to({ level: level.value }) } }, [1, 2, 3].map((n) => h("option", { value: n }, n)));
  level.value = asked.level;
  const hints = h("div", { "aria-live": "polite" });
  const more = h("button", { class: "small", type: "button", on: { click: hint } });
  const tellHints = (told) => {
    fill(hints, told.hints.map((text, at) => h("p", { class: "hint" }, h("strong", {}, `Hint ${at + 1}: `), typeset(text))));
    more.textContent = `A hint (${told.left} left, each costs)`;
    more.hidden = !told.left;
  };
  tellHints(found);
  async function hint() {
    asked.hints += 1;
    note({ hints: asked.hints });
    tellHints(await read("exercise", asked));
  }
  fill(root,
    h("h1", {}, "Exercises"),
    h("div", { class: "controls" }, h("span", { class: "together" }, h("label", { for: "kind" }, "About"), kinds), h("span", { class: "together" }, h("label", { for: "level" }, "Level"), level),
      h("button", { class: "small", on: { click: () => to({ seed: asked.seed + 1 }) } }, "Another one")),
    h("h2", {}, found.title), h("p", {}, typeset(found.text)), found.picture && picture,
    h("form", { on: { submit: (event) => { event.preventDefault(); mark(); } } },
      found.items.map((item) => h("div", { class: "item" }, h("label", { class: "field wide" }, h("span", {}, `${item.key}: `, typeset(item.prompt)),
        h("input", { type: "text", class: "mono", autocomplete: "off", spellcheck: "false", on: { input: (event) => (answers[item.key] = event.target.value) } })), marks[item.key])),
      h("p", { class: "buttons" }, h("button", { class: "button", type: "submit" }, "Mark"),
        more)), said, hints,
    fold("How formulas are typed", h("pre", {}, found.grammar)));
}
