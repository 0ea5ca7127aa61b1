// Runs: every run of the folder, those of the command line too.

import { link } from "./address.js";
import { read } from "./asking.js";
import { fill, h, number } from "./elements.js";
import { exports } from "./exports.js";

export async function view(root) {
  const { runs, folder } = await read("folder");
  fill(root, h("h1", {}, "Runs"),
    h("p", { class: "lead" }, runs.length ? ["Every run in ", h("code", {}, folder), ", the last one first."] : ["There is no run in ", h("code", {}, folder), " yet."]),
    h("ul", { class: "runs" }, runs.map(entry)),
    h("p", { class: "quiet" }, "A run is a folder: what deltarule train writes lies here too, and what is trained here opens there."));
}

function entry(run) {
  if (run.error) return h("li", { class: "run" }, h("strong", {}, run.name), h("p", { class: "quiet" }, run.error));
  const made = new Date(run.created);
  return h("li", { class: "run" },
    h("div", {}, h("a", { class: "run-name", href: link({ view: "show", run: run.name }) }, run.name),
      h("p", { class: "quiet" }, `${run.target.join(" and ")} from ${run.table} · ${run.sizes.join("-")} · ${run.outcome.replace("_", " ")} · ${made.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`),
      h("p", {}, score(run.judged))),
    h("div", { class: "beside" }, [["show", "Show"], ["heal", "Heal"], ["predict", "Predict"]].map(([view, title]) => h("a", { href: link({ view, run: run.name }) }, title))),
    h("details", {}, h("summary", {}, "Take away"), exports(run.name)));
}

function score(judged) {
  const several = Object.keys(judged.targets).length > 1;
  const each = Object.entries(judged.targets).map(([target, found]) => `${several ? `${target}: ` : ""}${Object.entries(found).map(figure).join(", ")}`);
  return [each.join("; "), h("span", { class: "quiet" }, ` on ${judged.rows}`)];
}

const figure = ([name, value]) => (name.endsWith(", %") ? `${name.slice(0, -3)} ${number(value, 3)}\u00a0%` : `${name} ${number(value)}`);
