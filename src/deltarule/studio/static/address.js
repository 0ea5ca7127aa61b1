// Where one is: the view and its choices, all of them in the address behind the #, so that a link leads back.

/** The choices as they stand. */
export const here = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

const written = (values) => {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return `#${new URLSearchParams(kept)}`;
};

/** A link to a view with choices; those that stand are kept where `keep` says so. */
export const link = (values) => written(values);

/** Goes to a view. */
export function go(values) {
  location.hash = written(values);
}

/** Notes choices of the view that is open, without drawing it anew. */
export function note(values) {
  history.replaceState(null, "", written({ ...here(), ...values }));
}
