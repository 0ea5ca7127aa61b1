// Elements made from a tag, properties and children; text goes in as text and never as markup.

const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";

function made(element, properties, children) {
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, heard] of Object.entries(value)) element.addEventListener(event, heard);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** An element of HTML: h("p", { class: "quiet" }, "text", other). */
export const h = (tag, properties, ...children) => made(document.createElement(tag), properties, children);

/** An element of SVG. */
export const s = (tag, properties, ...children) => made(document.createElementNS(SVG, tag), properties, children);

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  put(element, children);
  return element;
}

const KNOWN = new Set(
  ("math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mpadded " +
    "mphantom mstyle menclose").split(" "));
const ATTRIBUTES = new Set(["display", "mathvariant", "stretchy", "fence", "form", "separator", "accent", "movablelimits",
  "lspace", "rspace", "width", "linethickness", "columnalign", "minsize", "maxsize", "largeop"]);

/** A formula: a tree [name, attributes, children] of MathML, as the server sends it. */
export function formula(tree) {
  const [name, attributes, children] = tree;
  const element = document.createElementNS(MATH, KNOWN.has(name) ? name : "mrow");
  for (const [key, value] of Object.entries(attributes)) if (ATTRIBUTES.has(key)) element.setAttribute(key, value);
  for (const child of children) element.append(typeof child === "string" ? document.createTextNode(child) : formula(child));
  return element;
}

/** A number for a person: so many digits that count. */
export function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1).replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size)))))).replace("-", "−");
}

/** A table of text: heads, rows of cells; from `numbers` on, cells end together. */
export function table(heads, rows, { numbers = 1, caption = "" } = {}) {
  const side = (at) => (at >= numbers ? "number" : null);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption || "table" },
    h("table", {},
      caption && h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: side(at) }, head)))),
      h("tbody", {}, rows.map((row) =>
        h("tr", {}, row.map((cell, at) => h(at ? "td" : "th", { scope: at ? null : "row", class: side(at) }, cell)))))));
}

/** Names and what they mean. */
export const pairs = (entries) =>
  h("dl", { class: "pairs" }, entries.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

/** A part that is folded away until it is asked for. */
export const fold = (title, ...children) => h("details", {}, h("summary", {}, title), h("div", { class: "folded" }, children));

/** A sentence that something went wrong, read out at once. */
export const fault = (sentence) => h("p", { class: "fault", role: "alert" }, sentence);

/** A command, with a button that copies it. */
export function command(text) {
  const button = h("button", { class: "small", type: "button", on: { click: copy } }, "Copy");
  async function copy() {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }
  return h("div", { class: "command" }, h("code", {}, text), button);
}
