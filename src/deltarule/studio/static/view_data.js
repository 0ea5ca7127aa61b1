// Data: which table, what is in it, what to predict, what to leave out.

import { go, link, note } from "./address.js";
import { act, bring, read, Refused } from "./asking.js";
import { fault, fill, fold, h, number, table } from "./elements.js";
import { byLabels, list, listed } from "./settings.js";

const KINDS = { number: "number", boolean: "yes or no", category: "text", date: "date" };

export async function view(root, where) {
  const folder = await read("folder");
  const said = h("div", { "aria-live": "polite" });
  const chosen = h("section");
  const sources = h("div", { class: "two" },
    h("section", { "aria-labelledby": "in-folder" },
        h("h2", { id: "in-folder" }, "In ", h("code", {}, folder.folder)),
        folder.tables.length ? h("ul", { class: "cards" }, folder.tables.map((entry) => card(entry, where))) : h("p", { class: "quiet" }, "No table lies here yet."),
        dropping(folder, said)),
    h("section", { "aria-labelledby": "examples" },
        h("h2", { id: "examples" }, "Or try one of these"),
        h("ul", { class: "cards" }, folder.examples.map((example) => exampleCard(example, said)))));
  if (!where.table)
    return fill(root, h("h1", {}, "Which table?"),
      h("p", { class: "lead" }, "A table has a line of column names and a row for each case. It stays on this machine."), said, sources);
  fill(root, chosen, said, fold("Another table", sources));
  await open(chosen, where);
}

const size = (bytes) => (bytes < 1e5 ? `${Math.max(bytes / 1e3, 0.1).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

const card = (entry, where) =>
  h("li", {}, h("a", { class: "card", href: link({ view: "data", table: entry.name }), "aria-current": entry.name === where.table ? "true" : null },
    h("strong", {}, entry.name), h("span", { class: "quiet" }, size(entry.bytes))));

function exampleCard(example, said) {
  const take = async () => {
    try {
      const { name } = await act("example", { example: example.name });
      go({ view: "data", table: name });
    } catch (problem) {
      fill(said, fault(problem.message));
    }
  };
  return h("li", {}, h("button", { class: "card", type: "button", on: { click: take } }, h("strong", {}, example.name), h("span", { class: "quiet" }, example.told)));
}

function dropping(folder, said) {
  const chooser = h("input", { type: "file", class: "unseen", id: "bring", accept: ".csv,.tsv,.gz,.parquet,.arrow,.feather,.ipc,.npz,.xlsx", on: { change: () => chooser.files[0] && take(chooser.files[0]) } });
  const place = h("label", { class: "drop", for: "bring" }, h("strong", {}, "Bring a table"), h("span", { class: "quiet" }, "Drop a file here, or choose one: CSV, TSV, Excel, Parquet, Arrow, NPZ. It is copied into the folder."));
  async function take(file, replace = false) {
    if (file.size > folder.largest) return fill(said, fault(`${file.name} has more than ${folder.largest / 1e6} MB: put it into the folder yourself.`));
    fill(said, h("p", { class: "quiet" }, `Reading ${file.name} …`));
    try {
      const { name } = await bring(file, replace);
      go({ view: "data", table: name });
    } catch (problem) {
      fill(said, fault(problem.message));
      if (problem.there)
        said.append(h("p", {}, h("button", { class: "small", on: { click: () => take(file, true) } }, `Replace ${problem.there}`), " ",
          h("button", { class: "small", on: { click: () => go({ view: "data", table: problem.there }) } }, "Use the one that is there")));
    }
  }
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  return h("div", {}, chooser, place);
}

async function open(chosen, where) {
  let found, sheet;
  try {
    sheet = await choice(where);
    found = await read("table", { table: where.table, sheet: sheet.name, missing: where.missing });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return fill(chosen, h("h1", {}, where.table), sheet && sheet.chooser, fault(problem.message));
  }
  const names = found.columns.map((column) => column.name);
  const picked = list(where.target).filter((name) => names.includes(name));
  const target = new Set(picked.length ? picked : found.suggested);
  const leave = new Set(list(where.leave).filter((name) => names.includes(name)));
  const next = h("p", { class: "next" });
  const keep = () => {
    note({ target: listed([...target]), leave: listed([...leave]) });
    fill(next, target.size
      ? h("a", { class: "button", href: link({ ...where, view: "network", table: found.name, target: listed([...target]), leave: listed([...leave]) }) }, "Build the network →")
      : h("span", { class: "quiet" }, "Choose at least one column to predict."));
  };
  const role = (column) => {
    const now = target.has(column.name) ? "predict" : leave.has(column.name) || column.unusable ? "leave" : "use";
    const option = (value, title, off) =>
      h("label", { class: "option", title: off || null }, h("input", {
        type: "radio", name: `role-${column.name}`, value, checked: now === value, disabled: Boolean(off),
        on: {
          change() {
            target.delete(column.name);
            leave.delete(column.name);
            if (value === "predict") target.add(column.name);
            if (value === "leave") leave.add(column.name);
            keep();
          },
        },
      }), h("span", {}, title));
    return h("fieldset", { class: "roles" }, h("legend", { class: "unseen" }, `What ${column.name} is for`),
      option("use", "learn from", column.unusable), option("predict", "predict", column.target), option("leave", "leave out"));
  };
  keep();
  fill(chosen,
    h("h1", {}, found.name),
    sheet.chooser,
    h("p", { class: "lead" }, `${found.rows.toLocaleString("en")} rows, ${found.columns.length} columns. Choose what to predict, and from what.`),
    h("ul", { class: "columns" }, found.columns.map((column) =>
      h("li", {}, h("div", { class: "column-name" }, h("strong", {}, column.name), h("span", { class: `kind ${column.kind}` }, KINDS[column.kind])),
        h("div", { class: "quiet column-about" }, about(column)), role(column)))),
    next,
    found.notes.length ? h("ul", { class: "quiet" }, found.notes.map((text) => h("li", {}, byLabels(text)))) : null,
    h("h2", {}, "Its first rows"),
    table(names, found.first.map((row) => row.map((cell) => cell ?? "")), { numbers: 99, caption: `The first rows of ${found.name}` }));
}

/** Which sheet of a workbook is looked at, and where it has others a way to them. */
async function choice({ table, sheet }) {
  const { sheets } = await read("sheets", { table });
  const name = sheet || sheets[0];
  if (sheets.length < 2) return { name };
  const made = h("select", { on: { change: () => go({ view: "data", table, sheet: made.value }) } },
    sheets.map((each) => h("option", { value: each, selected: each === name }, each)));
  return { name, chooser: h("p", {}, h("label", { class: "together" }, "Sheet", made)) };
}

function about(column) {
  const parts = [];
  if (column.low !== undefined) parts.push(column.kind === "date" ? `${column.low} to ${column.high}` : `${number(column.low)} to ${number(column.high)}`);
  if (column.choices) parts.push(column.choices.join(", ") + (column.different > column.choices.length ? ` and ${column.different - column.choices.length} more` : ""));
  if (column.missing) parts.push(`${column.missing} missing`);
  if (column.unusable) parts.push(`not used: ${column.unusable}`);
  return parts.join(" · ");
}
