// The settings of a training, read from the address and written back to it: the names are those of a --config file.

import { here } from "./address.js";
import { typedNumber } from "./typing.js";

/** Which fields there are, how they are shown, and of what kind. */
export const FIELDS = [
  ["learning_rate", "Learning rate η", "number", "the rule's own", "The length of a step; for rules that step along the gradient."],
  ["batch", "Rows a step", "text", "32", "A number, or full."],
  ["epochs", "Epochs, at most", "number", "2000 or 500", "Passes through the training rows; iterations for rules that use all rows."],
  ["schedule", "Schedule", "text", "constant", "Such as cosine:warmup=0.1."],
  ["penalty", "Penalty λ", "text", "none", "0.001 is l2:0.001; l1:0.001; elastic:0.001,0.001."],
  ["clip", "Clip the gradient", "text", "none", "1 is norm:1; value:0.5."],
  ["budget", "Time limit", "text", "none", "Such as 60s, 5m or 1h."],
  ["patience", "Patience", "number", "20 to 200", "Epochs without a lower validation error until it ends."],
  ["validation", "Rows to stop by", "number", "0.2", "A share of the rows."],
  ["test", "Rows to judge by", "number", "0.2", "A share of the rows; they are looked at once, at the end."],
  ["groups", "Keep rows together by", "columns", "each by itself", "Rows with the same value train, steer or judge together."],
  ["order", "Judge by the last rows of", "columns", "drawn", "A number or date: the last rows by it judge."],
  ["missing", "Also missing", "text", "NA, ? …", "Further words for a cell that holds nothing, as n/k,-999."],
  ["start", "Starting weights", "starts", "glorot", ""],
  ["loss", "Error", "text", "the output's own", "mse, mae, huber:1, quantile:0.9, poisson, cross_entropy …"],
  ["output_activation", "Output", "outputs", "the usual", "Usually identity, and softmax for classes."],
  ["scale", "Scaling", ["standard", "minmax", "none"], "standard", "Of inputs and of numbers to predict."],
  ["restarts", "Starts", "number", "1", "The best of so many is kept."],
  ["seed", "Seed", "number", "0", "Of rows, starting weights and the order of samples."],
];
const WHOLE = new Set(["epochs", "patience", "restarts", "seed"]);
const SHARES = new Set(["validation", "test", "learning_rate"]);
const WORDS = new Set(["batch", "penalty", "clip", "budget", "loss"]); // a number may stand alone in them, or behind a name
const COMMA = /^((?!elastic)\w+:)?(\d*),(\d+)([a-z]*)$/; // elastic takes two numbers, and the comma parts them
const BESIDE = { hidden: "Hidden layers", activation: "Activation", rule: "Rule", bias: "No biases", committee: "Keep all starts, as a committee" };
const LABELS = { ...Object.fromEntries(FIELDS.map(([name, label]) => [name, label])), ...BESIDE };

/** The settings that the address names, as the server takes them. */
export function settings(preview) {
  const where = here();
  const given = { target: list(where.target) };
  const out = list(where.leave);
  if (out.length && preview)
    given.features = preview.columns.map((column) => column.name).filter((name) => !given.target.includes(name) && !out.includes(name));
  if (where.hidden) given.hidden = where.hidden === "none" ? [] : where.hidden.split(",").map(Number);
  if (where.activation && where.hidden !== "none") given.activation = where.activation.split(",");
  if (where.rule && where.rule !== "auto") given.rule = where.rule;
  for (const flag of ["lecture", "committee"]) if (where[flag]) given[flag] = true;
  if (where.bias === "no") given.bias = false;
  for (const name of ["kind", "sheet"]) if (where[name]) given[name] = where[name];
  for (const [name] of FIELDS) {
    const typed = where[name];
    if (typed === undefined || typed === "") continue;
    const value = typedNumber(typed);
    if (WHOLE.has(name) || SHARES.has(name)) given[name] = Number.isNaN(value) ? typed : value;
    else if (WORDS.has(name)) given[name] = Number.isNaN(value) ? typed.replace(COMMA, "$1$2.$3$4") : String(value);
    else given[name] = typed;
  }
  return given;
}

/** A sentence in which fields are called what they are called on the page, not by options of the command line. */
export const byLabels = (sentence) =>
  sentence.replace(/(^|; |: )?--([a-z]+(?:-[a-z]+)*)(?:\[(\d+)\])?/g, (option, before, name, layer) => {
    const label = LABELS[name.replaceAll("-", "_")];
    if (!label) return option;
    const called = layer && name === "hidden" ? `Hidden layer ${layer}` : layer && name === "activation" ? `Activation of layer ${layer}` : label;
    return before === undefined ? `'${called}'` : before + called;
  });

/** Names in the address: column names may hold commas, so each is escaped. */
export const list = (text) => (text ? text.split("|").map(decodeURIComponent) : []);
export const listed = (names) => names.map(encodeURIComponent).join("|");
