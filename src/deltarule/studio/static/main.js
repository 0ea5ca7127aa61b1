// The page: takes the token, draws the rail, and shows the view that the address names.

import { here, link } from "./address.js";
import { Refused, takeToken } from "./asking.js";
import { fault, fill, h } from "./elements.js";
import * as going from "./going.js";
import { view as data } from "./view_data.js";
import { view as network } from "./view_network.js";
import { view as train } from "./view_train.js";
import { view as show } from "./view_show.js";
import { view as heal } from "./view_heal.js";
import { view as predict } from "./view_predict.js";
import { view as runs } from "./view_runs.js";
import { view as exercises } from "./view_exercises.js";

const VIEWS = { data, network, train, show, heal, predict, runs, exercises };
const STEPS = [
  ["data", "Data"], ["network", "Network"], ["train", "Train"], ["show", "Show"], ["heal", "Heal"], ["predict", "Predict"],
];
const BESIDE = [["runs", "Runs"], ["exercises", "Exercises"]];

const rail = document.getElementById("rail");
const content = document.getElementById("content");
const state = h("a", { class: "going", href: link({ view: "train" }) });
let ended = [];
let drawing = 0;

function drawRail(open) {
  const where = here();
  // what a step needs from the address comes along
  const kept = {
    network: where, data: where, train: {},
    show: { run: where.run }, heal: { run: where.run }, predict: { run: where.run }, runs: { run: where.run }, exercises: {},
  };
  const entry = ([name, title], at) =>
    h("li", {}, h("a", { href: link({ ...kept[name], view: name }), "aria-current": name === open ? "page" : null },
      at === undefined ? null : h("span", { class: "step", "aria-hidden": "true" }, at + 1), title));
  fill(rail,
    h("a", { class: "brand", href: link({ view: "data" }) }, h("span", { class: "delta", "aria-hidden": "true" }, "δ"), "deltarule", h("span", { class: "faint" }, " studio")),
    h("nav", { "aria-label": "Steps" },
      h("ol", {}, STEPS.map((step, at) => entry(step, at))),
      h("ul", {}, BESIDE.map((step) => entry(step)))),
    state);
  rail.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function drawState(course) {
  if (!going.connected) fill(state, "not connected");
  else if (going.busy()) {
    const { done, of } = course.progress;
    fill(state, h("span", { class: "pulse", "aria-hidden": "true" }), of ? `training, epoch ${done} of ${of}` : "training begins");
  } else fill(state);
  state.hidden = going.connected && !going.busy();
}

async function draw() {
  const where = here();
  const name = VIEWS[where.view] ? where.view : "data";
  const mine = ++drawing;
  ended.forEach((end) => end());
  ended = [];
  drawRail(name);
  const root = h("div", { class: `view ${name}` });
  const title = [...STEPS, ...BESIDE].find(([key]) => key === name)[1];
  document.title = `${title} · deltarule studio`;
  const waiting = setTimeout(() => mine === drawing && fill(content, h("p", { class: "quiet" }, "One moment …")), 250);
  try {
    await VIEWS[name](root, where, (end) => (mine === drawing ? ended.push(end) : end()));
  } catch (problem) {
    if (!(problem instanceof Refused)) console.error(problem);
    fill(root, h("h1", {}, title), fault(problem instanceof Refused ? problem.message : `this page has a fault: ${problem.message}`),
      h("p", {}, h("a", { href: link({ view: "data" }) }, "To the data"), " · ", h("a", { href: link({ view: "runs" }) }, "To the runs")));
  }
  clearTimeout(waiting);
  if (mine !== drawing) return;
  fill(content, root);
  content.scrollTop = 0;
  scrollTo(0, 0);
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
takeToken();
addEventListener("hashchange", () => {
  takeToken();
  draw();
});
going.watch(drawState);
going.begin();
draw();
