// Which run a view is about: the one in the address, or a list to choose from.

import { link } from "./address.js";
import { read } from "./asking.js";
import { fill, h } from "./elements.js";

/** The run's name, or null after a list of runs was shown instead. */
export async function runOf(root, where, title) {
  if (where.run) return where.run;
  const { runs } = await read("folder");
  const whole = runs.filter((run) => !run.error);
  fill(root, h("h1", {}, title), whole.length
    ? [h("p", { class: "lead" }, "Of which run?"), h("ul", { class: "cards" }, whole.map((run) =>
      h("li", {}, h("a", { class: "card", href: link({ view: where.view, run: run.name }) }, h("strong", {}, run.name),
        h("span", { class: "quiet" }, `${run.target.join(" and ")} from ${run.table}`)))))]
    : [h("p", { class: "lead" }, "There is no run yet: train a network first."), h("p", {}, h("a", { class: "button", href: link({ view: "data" }) }, "To the data →"))]);
  return null;
}

/** The head of a view of a run: its name, and the way to the other views of it. */
export const runHead = (title, name, view) =>
  [h("h1", {}, title), h("p", { class: "lead" }, h("code", {}, name), " ",
    h("span", { class: "beside" }, [["show", "Show"], ["heal", "Heal"], ["predict", "Predict"]].filter(([key]) => key !== view)
      .map(([key, word]) => h("a", { href: link({ view: key, run: name }) }, word))))];
