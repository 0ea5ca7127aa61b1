// What the server is asked; the token stands in a header, and is kept for this tab only.

const KEY = "deltarule-token";

/** Takes the token out of the address, so that it stands in no history and no copied link. */
export function takeToken() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const token = parts.get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  parts.delete("token");
  history.replaceState(null, "", `#${parts}`);
}

const token = () => sessionStorage.getItem(KEY) || "";

/** A refusal: its message is the server's sentence; `there` names a file that stands in the way. */
export class Refused extends Error {
  constructor(sentence, status, there) {
    super(sentence);
    this.status = status;
    this.there = there;
  }
}

async function asked(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, {
      ...options,
      headers: { Authorization: `Bearer ${token()}`, ...options.headers },
    });
  } catch {
    throw new Refused("the studio does not answer: is it still running in its terminal?", 0);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(told.error || `the studio answered ${answer.status}`, answer.status, told.there);
}

const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));

/** Reads. */
export const read = async (path, values = {}) => (await asked(`${path}?${query(values)}`)).json();

/** Does something. */
export const act = async (path, values = {}) =>
  (await asked(path, { method: "POST", body: JSON.stringify(values), headers: { "Content-Type": "application/json" } })).json();

/** Brings a file along. */
export const bring = async (file, replace = false) =>
  (await asked(`upload?${query({ name: file.name, replace: replace ? "yes" : null })}`, { method: "POST", body: file })).json();

/** A picture's address in this page. */
export async function picture(path, values) {
  return URL.createObjectURL(await (await asked(`${path}?${query(values)}`)).blob());
}

/** Saves an answer as a file. */
export async function save(path, values) {
  const answer = await asked(`${path}?${query(values)}`);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") || "");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name ? name[1] : "deltarule";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A socket that is opened anew when it breaks. */
export function listen(heard, lost) {
  let pause = 500;
  const open = () => {
    const socket = new WebSocket(`ws://${location.host}/api/course`, ["deltarule", `token.${token()}`]);
    socket.onmessage = (event) => {
      pause = 500;
      heard(JSON.parse(event.data));
    };
    socket.onclose = () => {
      lost();
      setTimeout(open, pause);
      pause = Math.min(pause * 2, 8000);
    };
  };
  open();
}
