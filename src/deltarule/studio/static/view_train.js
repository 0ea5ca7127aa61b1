// Train: how the training goes, as it goes; Stop keeps what it has reached.

import { here, link } from "./address.js";
import { act, read } from "./asking.js";
import { chart } from "./chart.js";
import { command, fault, fill, h, number } from "./elements.js";
import { errorCurve } from "./error_curve.js";
import * as going from "./going.js";
import { byLabels } from "./settings.js";

const STATES = {
  starting: "It begins …", running: "Training", saving: "Judging and saving …", stopping: "Stopping …",
  done: "Done", failed: "It could not be done",
};

export async function view(root, where, ended) {
  const error = h("div");
  const gradient = h("div");
  const curves = errorCurve(error, 300);
  const norms = chart(gradient, 220);
  const head = h("div", { class: "course" });
  const said = h("div", { "aria-live": "polite" });
  const figures = h("div", { class: "hidden" }, h("h2", {}, "Error"), error, h("h2", {}, "Size of the gradient, by layer"), gradient,
    h("p", { class: "quiet" }, "‖∂E/∂θ‖ of each layer's weights and biases at the epoch's last step: a first layer far below the last learns little."));
  const foot = h("div");
  fill(root, h("h1", {}, "Training"), head, said, figures, foot);
  let state = null;
  let waiting = false;
  let kept = null; // the run that came of it: a job may end with a training that is not the best

  const best = (course) => course.state === "done" && course.kind !== "try";
  const ready = (course) => (kept?.number === course.number ? kept : null);
  const shown = (course) => (best(course) ? ready(course)?.curve : course.starts.at(-1));

  async function open(course) {
    kept = { number: course.number, curve: null, fault: "" };
    try {
      const { curve, epochs, seconds, sizes } = await read("run", { run: course.run });
      Object.assign(kept, { curve, epochs, seconds, sizes });
    } catch (problem) {
      kept.fault = problem.message;
    }
    if (going.course?.number !== course.number) return;
    tell(going.course, going.busy());
    draw(going.course);
  }

  function draw(course) {
    if (!course) {
      fill(head, h("p", { class: "lead" }, going.connected ? "Nothing is being trained." : "One moment …"), h("p", {}, h("a", { class: "button", href: link({ view: "data" }) }, "Choose a table →")));
      return;
    }
    const { done = 0, of = 0, seconds = 0, left = "" } = course.progress;
    const busy = going.busy();
    if (best(course) && !ready(course)) open(course);
    const epochs = best(course) ? ready(course)?.epochs?.toLocaleString("en") || "–" : of ? `${done.toLocaleString("en")} of ${of.toLocaleString("en")}` : "–";
    if (course.kind === "try" && !busy) {
      fill(head, h("p", { class: "lead" }, "A remedy was tried beside ", h("strong", {}, course.run), "."),
        h("p", {}, h("a", { class: "button", href: link({ view: "heal", run: course.run }) }, "See what came of it →")));
    } else {
      fill(head,
        h("p", { class: "lead" }, course.title),
        h("div", { class: "bar", role: "progressbar", "aria-label": "epochs", "aria-valuemin": 0, "aria-valuemax": of || 1, "aria-valuenow": done }, bar(done, of, course.state)),
        h("dl", { class: "numbers" },
          figure(best(course) ? "Epochs" : "Epoch", epochs), figure("Passed", `${number((best(course) && ready(course)?.seconds) || seconds, 3)} s`),
          figure(busy ? "At most left" : "State", busy ? left || "–" : STATES[course.state]), lastError(best(course), shown(course))));
    }
    const told = `${course.number} ${course.state} ${stopping(course)}`;
    if (state !== told) {
      state = told;
      tell(course, busy);
    }
    const start = shown(course);
    figures.classList.toggle("hidden", !start || !start.epoch.length);
    if (start && start.epoch.length && !waiting) {
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        drawCurves(course);
      });
    }
  }

  function tell(course, busy) {
    fill(said, h("p", { class: course.state === "failed" ? "fault" : "quiet" },
      busy && h("span", { class: "pulse", "aria-hidden": "true" }),
      course.state === "failed" ? byLabels(course.result.error) : course.state === "done" && course.result.message ? `${course.result.outcome.replace("_", " ")}: ${course.result.message}` : STATES[course.state]),
      course.starts.length > 1 && !best(course) && h("p", { class: "quiet" }, `Training ${course.starts.length} of this job is shown.`),
      course.starts.length > 1 && ready(course)?.sizes && h("p", { class: "quiet" }, `Of ${course.starts.length} trainings the best is shown: ${kept.sizes.join("-")}.`),
      ready(course)?.fault && h("p", { class: "quiet" }, kept.fault),
      course.state === "failed" && wayBack(course));
    fill(foot,
      busy && h("p", { class: "next" }, h("button", { class: "button quiet-button", type: "button", disabled: course.state === "stopping", on: { click: stop } }, stopping(course))),
      !busy && course.state === "done" && course.kind !== "try" && h("p", { class: "next" }, h("a", { class: "button", href: link({ view: "show", run: course.run }) }, "Look at the run →")),
      course.command && [h("h2", {}, "The same on the command line"), command(course.command)]);
  }

  async function stop() {
    try {
      await act("stop");
    } catch (problem) {
      fill(said, fault(problem.message));
    }
  }

  function drawCurves(course) {
    const start = shown(course);
    if (!start) return;
    const before = course.kind === "try" && course.starts.length > 1 ? [{ name: "without the remedy", colour: 7, xs: course.starts[0].epoch, ys: course.starts[0].error, dash: true }] : [];
    curves.draw(start, before);
    norms.draw({
      title: "Gradient", x: "epoch", y: "‖∂E/∂θ‖", log: "auto",
      lines: start.gradient.map((layer, at) => ({ name: `layer ${at + 1}`, colour: layerColour(at, start.gradient.length), xs: start.epoch, ys: layer })),
    });
  }
  const end = going.watch(draw);
  ended(() => {
    end();
    curves.end();
    norms.end();
  });
}

/** Where one goes on after a job that could not be done. */
function wayBack(course) {
  if (course.kind === "train") {
    const view = here().table ? "network" : "data";
    return h("p", { class: "next" }, h("a", { class: "button", href: link({ ...here(), view }) }, view === "network" ? "Back to the network" : "To the data"));
  }
  return [h("p", {}, "The run is as it was before."),
    h("p", { class: "next" }, h("a", { class: "button", href: link({ view: course.kind === "try" ? "heal" : "show", run: course.run }) }, "Back to the run"))];
}

/** What Stop does: validation rows, where there are any, say which weights are kept; a trial is kept by nobody. */
function stopping(course) {
  const start = course.starts.find((each) => each.epoch.length);
  if (!start || course.kind === "try") return "Stop";
  return start.validation.some((value) => value !== null) ? "Stop, and keep the weights of the lowest validation error" : "Stop, and keep the weights reached";
}

/** Few layers are told apart by colours of their own, many by their place between two. */
const layerColour = (at, layers) => (layers < 4 ? at + 1 : `r${Math.round((8 * at) / (layers - 1))}`);

function bar(done, of, state) {
  const filled = h("span", {});
  filled.style.width = `${state === "done" ? 100 : of ? (100 * done) / of : 0}%`;
  return filled;
}

const figure = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

function lastError(over, curve) {
  const error = curve?.error.at(-1);
  return figure(over ? "Error, last epoch" : "Error", error === undefined ? "–" : number(error));
}
