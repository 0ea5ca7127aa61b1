// The error of a training, epoch by epoch, beside what its rule goes after where that is not the error alone.

import { chart } from "./chart.js";
import { fill, h } from "./elements.js";

/** A place for them. draw(curve, before) draws a curve as the server sends it, and lines of another training before it. */
export function errorCurve(place, height) {
  const error = h("div");
  const evidence = h("div");
  const why = h("p", { class: "quiet" });
  const errors = chart(error, height);
  const rising = chart(evidence, 180);
  fill(place, error, why, evidence);

  function draw(curve, before = []) {
    const line = (name, colour, ys, dash = false) => ({ name, colour, xs: curve.epoch, ys, dash });
    const weighed = curve.log_score.length > 0;
    const penalised = !weighed && curve.objective.some((value, at) => value !== curve.error[at]);
    const validated = curve.validation.some((value) => value !== null);
    errors.draw({
      title: "Error", x: "epoch", y: "error E", log: "auto",
      lines: [...before, line("training rows", 1, curve.error), penalised && line("training rows, with the penalty", 1, curve.objective, true),
        validated && line("validation rows", 2, curve.validation)].filter(Boolean),
    });
    fill(why,
      penalised && "The rule minimises the error with the penalty added: the error alone may rise while that falls.",
      weighed && "The rule is evidence: it goes where the log score is highest, not where the error is lowest. It weighs the penalty anew at each step, and the error may rise with it.");
    evidence.classList.toggle("hidden", !weighed);
    if (weighed) rising.draw({ title: "Log score", x: "epoch", y: "log score", log: false, lines: [line("log score", 3, curve.log_score)] });
  }

  function end() {
    errors.end();
    rising.end();
  }
  return { draw, end };
}
