// Numbers as they are typed: with a decimal point or comma, and marks between thousands, as tables have them.

const MARK = "['’ \\u00a0\\u2009\\u202f]";
const GROUPED = new RegExp(`^([-+]?[1-9]\\d{0,2})((?:${MARK}\\d{3})+)((?:[.,]\\d*)?)$`);
const PLAIN = /^[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?$/i;

/** What a text means as a number; NaN where it is none. */
export function typedNumber(text) {
  const words = text.trim().replaceAll("−", "-");
  const parts = GROUPED.exec(words);
  const whole = parts ? parts[1] + parts[2].replace(/\D/g, "") + parts[3] : words;
  const value = PLAIN.test(whole) ? Number(whole.replace(",", ".")) : NaN;
  return Number.isFinite(value) ? value : NaN;
}
