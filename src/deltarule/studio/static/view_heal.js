// Heal: what keeps a run from learning, where and since when; what helps; and a remedy tried beside it.

import { act, read, Refused } from "./asking.js";
import { chart } from "./chart.js";
import { fault, fill, fold, h, number } from "./elements.js";
import * as going from "./going.js";
import { runHead, runOf } from "./run_choice.js";

export async function view(root, where, ended) {
  const name = await runOf(root, where, "Heal");
  if (!name) return;
  let found;
  try {
    found = await read("diagnosis", { run: name });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return fill(root, runHead("Is it healthy?", name, "heal"), fault(problem.message));
  }
  const trial = h("section", { class: "trial", "aria-live": "polite" });
  const said = h("div");
  fill(root,
    runHead(found.healthy ? "It is healthy" : "What keeps it from learning", name, "heal"),
    found.healthy && h("p", { class: "verdict well" }, "No fault was found: the gradient reaches every layer, the steps suit the slope, nothing is stuck."),
    found.remarks.map((sentence) => h("p", { class: "verdict" }, sentence)),
    found.verdicts.map((verdict, at) => told(verdict, at)),
    said, trial,
    found.about.length ? fold("What was measured", found.about.map((line) => h("p", { class: "quiet" }, line))) : null);

  function told(verdict, at) {
    const since = verdict.since === null ? "" : `, since step ${verdict.since.toLocaleString("en")}`;
    const follows = verdict.because ? `; it follows from: ${verdict.because.replaceAll("_", " ")}` : "";
    const title = verdict.name.replaceAll("_", " ");
    return h("section", { class: `diagnosis${verdict.because ? " follows" : ""}` },
      h("h2", {}, capital(title)),
      h("p", {}, verdict.sentence),
      h("p", { class: "quiet" }, `${verdict.where}${since}; certainty ${verdict.certainty.toFixed(2)}${follows}.`),
      fold("On what evidence", h("ul", {}, verdict.evidence.map((words) => h("li", {}, words)))),
      verdict.remedies.length ? [h("h3", {}, "What helps, best first"), h("ol", { class: "remedies" }, verdict.remedies.map((remedy, k) =>
        h("li", {}, h("div", {}, h("strong", {}, capital(remedy.title)), h("p", { class: "quiet" }, remedy.reason)),
          h("button", { class: "small", on: { click: () => attempt(at, k) } }, "Try it beside"))))] : null);
  }

  async function attempt(verdict, remedy) {
    fill(said);
    try {
      await act("try", { run: name, verdict, remedy });
      trial.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      fill(said, fault(problem.message));
    }
  }

  let shown = "";
  let drawn = null;
  const end = going.watch((course) => {
    if (!course || course.kind !== "try" || course.run !== name) return;
    if (going.busy()) {
      const { done = 0, of = 0 } = course.progress;
      fill(trial, h("h2", {}, "Trying it"), h("p", { class: "quiet" }, h("span", { class: "pulse", "aria-hidden": "true" }),
        course.starts.length < 2 ? `the run once more, epoch ${done} of ${of}` : `with the remedy, epoch ${done} of ${of}`),
        h("p", {}, h("button", { class: "small", on: { click: () => act("stop") } }, "Stop")));
      shown = "";
    } else if (shown !== `${course.number}`) {
      shown = `${course.number}`;
      drawn?.end();
      if (course.state === "failed") fill(trial, h("h2", {}, "Trying it"), fault(course.result.error));
      else drawn = result(trial, course.result.trial);
    }
  });
  ended(() => {
    end();
    drawn?.end();
  });
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function result(place, trial) {
  const ground = h("div");
  const made = chart(ground, 300);
  fill(place, h("h2", {}, capital(trial.title)), h("p", { class: `verdict ${trial.helped ? "well" : ""}` }, capital(trial.sentence)), ground,
    h("p", { class: "quiet" }, `Same rows, same seed, same budget. Judged on the ${trial.judged_on} rows: ${number(trial.without.reached)} without, ${number(trial.with.reached)} with it. Nothing of the run was changed.`));
  const validated = trial.judged_on === "validation";
  const sides = (rows, faint) => {
    const of = validated ? `, ${rows} rows` : "";
    const side = (part, name, colour, dash) => ({ name: name + of, colour, dash, faint, xs: part.epoch, ys: rows === "training" ? part.error : part.validation });
    return [side(trial.without, "without", 7, true), side(trial.with, `with: ${trial.title}`, 1, false)];
  };
  requestAnimationFrame(() => made.draw({
    title: "Error", x: "epoch", y: validated ? "error E" : "training error E", log: "auto",
    lines: validated ? [...sides("training", true), ...sides("validation", false)] : sides("training", false),
  }));
  return made;
}
