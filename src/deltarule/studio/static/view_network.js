// Network: hidden layers, the rule, and what is folded away; the picture and the plan change with them.

import { go, here, link, note } from "./address.js";
import { act, read, Refused } from "./asking.js";
import { command, fault, fill, fold, h, pairs } from "./elements.js";
import { plainModel, render } from "./network.js";
import { byLabels, FIELDS, list, settings } from "./settings.js";

const TOLD = {
  auto: "auto: what suits the size", evidence: "evidence: second derivatives, penalties from the data", lm: "lm: Levenberg-Marquardt",
  lbfgs: "lbfgs: curvature from the last steps", newton: "newton: the exact Hessian", gradient: "gradient: the lecture's Δw = −η ∂E/∂w",
  momentum: "momentum: keeps a share of the last step", adam: "adam: running means of g and g²", rprop: "rprop: signs alone", scg: "scg: scaled conjugate gradient",
};

export async function view(root, where, ended) {
  if (!where.table || !where.target)
    return fill(root, h("h1", {}, "The network"), h("p", { class: "lead" }, "First choose a table, and what to predict."),
      h("p", {}, h("a", { class: "button", href: link({ ...where, view: "data" }) }, "To the data →")));
  const [folder, preview] = await Promise.all([read("folder"), read("table", { table: where.table, sheet: where.sheet })]);
  const choices = { ...folder.choices, columns: preview.columns.map((column) => column.name) };
  const model = plainModel({ picture: null, label: "The network as it would be trained" });
  const facts = h("div", { class: "facts" });
  const said = h("div");
  const line = h("div");
  const drawn = h("div", { class: "scroll picture" });
  render({ model, el: drawn });
  let asked = 0;
  let timer = 0;
  ended(() => clearTimeout(timer));

  async function plan() {
    const mine = ++asked;
    try {
      const found = await act("plan", { table: where.table, settings: settings(preview) });
      if (mine !== asked) return;
      fill(said);
      model.set("picture", found.picture);
      fill(facts, pairs([
        ["Network", `${found.sizes.join("-")}, ${found.weights.toLocaleString("en")} weights${here().bias === "no" || here().lecture ? "" : " and biases"}`],
        ["Rows", rows(found.rows)],
        ["Error", found.loss],
        ["Rule", found.reason || found.rule],
        ["At most", `${found.epochs.toLocaleString("en")} epochs`],
        found.skipped.length ? ["Left out", found.skipped.map(([name, reason]) => `${name} (${reason})`).join("; ")] : null,
        found.seen ? ["Seen as", found.seen] : null,
      ].filter(Boolean)),
      found.line_possible && h("p", { class: "quiet" }, "Nothing is said of hidden layers: these, and none at all, are both trained, and the data decide."));
      fill(line, command(found.command));
      begin.disabled = false;
    } catch (problem) {
      if (mine !== asked) return;
      if (!(problem instanceof Refused)) throw problem;
      fill(said, fault(byLabels(problem.message)));
      begin.disabled = true;
    }
  }
  const changed = (values) => {
    note(values);
    clearTimeout(timer);
    timer = setTimeout(plan, 180);
  };
  const begin = h("button", { class: "button", type: "button", on: { click: train } }, "Train →");
  async function train() {
    begin.disabled = true;
    try {
      await act("train", { table: where.table, settings: settings(preview) });
      go({ ...here(), view: "train" });
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      fill(said, fault(byLabels(problem.message)));
      begin.disabled = false;
    }
  }
  fill(root,
    h("h1", {}, "The network"),
    h("p", { class: "lead" }, "Predicts ", h("strong", {}, list(where.target).join(" and ")), " from ", h("code", {}, where.table), where.sheet && `, sheet ${where.sheet}`, "."),
    h("div", { class: "build" },
      h("form", { on: { submit: (event) => event.preventDefault() } },
        layers(folder.choices, where, changed),
        h("label", { class: "field" }, h("span", {}, "Rule"), select(rules(folder.choices), where.rule || "auto", (value) => changed({ rule: value === "auto" ? null : value }))),
        said,
        h("p", { class: "next" }, begin),
        fold("More settings", h("div", { class: "fields" }, FIELDS.map((field) => entry(field, choices, where, changed)),
          tick("No biases", where.bias === "no", (on) => changed({ bias: on ? "no" : null })),
          tick("Keep all starts, as a committee", Boolean(where.committee), (on) => changed({ committee: on ? "yes" : null })),
          tick("The lecture's network: logistic, no bias, mse, full-batch descent", Boolean(where.lecture), (on) => changed({ lecture: on ? "yes" : null })),
          tick("Numbers to predict are classes", where.kind === "classes", (on) => changed({ kind: on ? "classes" : null }))))),
      h("div", { class: "stage" }, drawn, facts)),
    h("h2", {}, "The same on the command line"), line);
  await plan();
}

const rows = ({ train, validation, test }) =>
  [`${train.toLocaleString("en")} to learn from`, validation && `${validation.toLocaleString("en")} to stop by`, test && `${test.toLocaleString("en")} to judge by`].filter(Boolean).join(", ");

function rules(choices) {
  const named = (names) => names.map((name) => [name, TOLD[name] || name]);
  return [[null, [["auto", TOLD.auto]]], ["From all rows at once", named(choices.full_rules)], ["From small batches", named(choices.batch_rules)]];
}

function select(groups, value, changed, id = null) {
  const option = ([name, title]) => h("option", { value: name }, title);
  const made = h("select", { id, on: { change: (event) => changed(event.target.value) } },
    groups.map(([title, options]) => (title ? h("optgroup", { label: title }, options.map(option)) : options.map(option))));
  made.value = value;
  return made;
}

function tick(title, on, changed) {
  return h("label", { class: "tick" }, h("input", { type: "checkbox", checked: on, on: { change: (event) => changed(event.target.checked) } }), h("span", {}, title));
}

function entry([name, title, kind, placeholder, told], choices, where, changed) {
  const names = Array.isArray(kind) ? kind : choices[kind];
  const field = names
    ? select([[null, [["", placeholder], ...names.map((n) => [n, n])]]], where[name] || "", (value) => changed({ [name]: value || null }))
    : h("input", {
      type: "text", inputmode: kind === "number" ? "decimal" : null, value: where[name] || "", placeholder, autocomplete: "off", spellcheck: "false",
      on: { input: (event) => changed({ [name]: event.target.value.trim() || null }) },
    });
  return h("label", { class: "field" }, h("span", {}, title), field, told && h("small", { class: "quiet" }, told));
}

/** The hidden layers: open, or so many units with an activation each. */
function layers(choices, where, changed) {
  const place = h("fieldset", { class: "layers" });
  const units = where.hidden ? (where.hidden === "none" ? [] : where.hidden.split(",")) : null;
  const kinds = (where.activation || "").split(",").filter(Boolean);
  let open = units === null;
  let built = (units || ["8"]).map((size, at) => ({ size, kind: kinds[at] || kinds[0] || "tanh" }));

  function tell() {
    if (open) return changed({ hidden: null, activation: null });
    const same = built.every((layer) => layer.kind === built[0].kind);
    changed({
      hidden: built.length ? built.map((layer) => layer.size || "0").join(",") : "none",
      activation: built.length ? (same ? built[0].kind : built.map((layer) => layer.kind).join(",")) : null,
    });
  }
  function draw() {
    const choice = (value, title) => h("label", { class: "option" }, h("input", {
      type: "radio", name: "layers", checked: open === value,
      on: {
        change() {
          open = value;
          tell();
          draw();
        },
      },
    }), h("span", {}, title));
    fill(place, h("legend", {}, "Hidden layers"), h("div", { class: "roles" }, choice(true, "let the data decide"), choice(false, "build them")),
      !open && [
        h("ol", { class: "layer-list" }, built.map((layer, at) => h("li", {},
          h("input", {
            type: "number", min: 1, max: 100000, value: layer.size, "aria-label": `units of hidden layer ${at + 1}`,
            on: {
              input(event) {
                layer.size = event.target.value;
                tell();
              },
            },
          }), h("span", { class: "quiet" }, "units"),
          labelled(select([[null, choices.activations.map((name) => [name, name])]], layer.kind, (value) => {
            layer.kind = value;
            tell();
          }), `activation of hidden layer ${at + 1}`),
          h("button", {
            class: "small", type: "button", "aria-label": `remove hidden layer ${at + 1}`,
            on: {
              click() {
                built.splice(at, 1);
                tell();
                draw();
              },
            },
          }, "Remove")))),
        !built.length && h("p", { class: "quiet" }, "No hidden layer: a line."),
        h("button", {
          class: "small", type: "button",
          on: {
            click() {
              built.push({ size: "8", kind: built.at(-1)?.kind || "tanh" });
              tell();
              draw();
            },
          },
        }, "Add a layer"),
      ]);
  }
  draw();
  return place;
}

function labelled(element, name) {
  element.setAttribute("aria-label", name);
  return element;
}
