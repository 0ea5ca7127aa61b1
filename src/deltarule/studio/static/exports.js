// A run as a file: its report, its model as a formula or a program.

import { save } from "./asking.js";
import { fault, fill, h } from "./elements.js";

const KINDS = [["report", "Report, one page"], ["python", "Python"], ["excel", "Spreadsheet formulas"], ["c", "C"], ["latex", "LaTeX"]];

/** Buttons that save a run's files. */
export function exports(run) {
  const said = h("div");
  const take = async (to) => {
    fill(said, h("p", { class: "quiet" }, "Writing …"));
    try {
      await save("export", { run, to });
      fill(said);
    } catch (problem) {
      fill(said, fault(problem.message));
    }
  };
  return h("div", {}, h("p", { class: "buttons" }, KINDS.map(([to, title]) => h("button", { class: "small", on: { click: () => take(to) } }, title))), said);
}
