// A network's picture made narrower: the layers move together, and circles and texts keep their size.

const GAP = 40; // between the texts of two layers, at least
const FREE = 2; // labels between layers that may move with them; where there are more, the room is theirs

/** The picture, as wide as `room` or as narrow as its texts allow. */
export function narrowed(picture, room) {
  const columns = [...new Set(picture.units.map((unit) => unit.x))].sort((a, b) => a - b);
  const on = (text) => columns.find((x) => Math.abs(x - text.x) < 1);
  const captions = picture.texts.filter((text) => on(text) === undefined && text.style === "faint");
  const between = picture.texts.filter((text) => on(text) === undefined && text.style !== "faint");
  const bracketed = picture.lines.some((line) => line.style === "bracket");
  if (columns.length < 2 || between.length > FREE || bracketed) return picture;
  const widths = (x) => picture.texts.filter((text) => on(text) === x).map(span);
  const half = columns.map((x) => Math.max(2 * picture.units[0].r, ...widths(x)) / 2);
  const gaps = columns.slice(1).map((x, at) => x - half[at + 1] - columns[at] - half[at]);
  const all = gaps.reduce((a, b) => a + b, 0);
  const left = Math.min(columns[0] - half[0], 12);
  const share = Math.min((room - 2 * left - 2 * half.reduce((a, b) => a + b, 0)) / all, 1);
  const placed = [left + half[0]];
  gaps.forEach((gap, at) => {
    placed.push(placed[at] + half[at] + Math.max(gap * share, Math.min(gap, GAP)) + half[at + 1]);
  });
  const needed = placed.at(-1) + half.at(-1) + left;
  const width = Math.max(needed, ...captions.map((text) => span(text) + 2 * left));
  const off = (width - needed) / 2; // what a caption is wider
  const X = (x) => {
    const next = columns.findIndex((column) => column > x);
    const here = next < 0 ? columns.length - 2 : Math.max(next - 1, 0);
    const scale = (placed[here + 1] - placed[here]) / (columns[here + 1] - columns[here]);
    return off + placed[here] + (x - columns[here]) * scale;
  };
  const move = (text) => {
    const by = (captions.includes(text) ? width / 2 : X(text.x)) - text.x;
    return {
      ...text,
      x: text.x + by,
      plate: text.plate && [text.plate[0] + by, ...text.plate.slice(1)],
      pieces: text.pieces.map(([written, x, ...more]) => [written, x + by, ...more]),
    };
  };
  return {
    ...picture,
    width: Math.ceil(width),
    texts: picture.texts.map(move),
    units: picture.units.map((unit) => ({ ...unit, x: X(unit.x) })),
    lines: picture.lines.map((line) => {
      const [x1, y1, x2, y2] = line.ends;
      return { ...line, ends: [X(x1), y1, X(x2), y2] };
    }),
  };
}

/** How wide a text is. */
function span(text) {
  return Math.max(...text.pieces.map(([, x, , , width]) => x + width)) - text.pieces[0][1];
}
