// The training that is going on, as every part of the page sees it.

import { listen } from "./asking.js";

/** The course as far as it is known; null where nothing was trained. */
export let course = null;
export let connected = false;
const watching = new Set();
const CURVES = ["epoch", "error", "objective", "log_score", "validation"]; // as the server has them

/** Calls `heard` with each message, and at once with what is known; returns how to end that. */
export function watch(heard) {
  watching.add(heard);
  heard(course);
  return () => watching.delete(heard);
}

const tell = () => watching.forEach((heard) => heard(course));

/** Begins to listen. */
export function begin() {
  listen(
    (message) => {
      connected = true;
      take(message);
      tell();
    },
    () => {
      connected = false;
      tell();
    });
}

function take(message) {
  if (message.what === "course") course = message;
  else if (message.what === "nothing") course = null;
  else if (!course) return;
  else if (message.what === "start") {
    course.starts.push({ sizes: message.sizes, of: message.of, gradient: [], ...Object.fromEntries(CURVES.map((name) => [name, []])) });
    if (course.state === "starting") course.state = "running";
  } else if (message.what === "epochs") {
    if (course.state === "starting") course.state = "running";
    course.progress = { done: message.done, of: message.of, seconds: message.seconds, left: message.left };
    if (message.epoch) extend(course.starts.at(-1), message);
  } else course.state = message.what;
}

function extend(start, message) {
  for (const name of CURVES) start[name].push(...message[name]);
  if (!start.gradient.length) start.gradient = message.gradient.map(() => []);
  message.gradient.forEach((layer, at) => start.gradient[at].push(...layer));
  if (start.epoch.length > 3000) {
    for (const name of CURVES) start[name] = start[name].filter((_, at) => at % 2 === 0);
    start.gradient = start.gradient.map((layer) => layer.filter((_, at) => at % 2 === 0));
  }
}

/** Whether a training is going on. */
export const busy = () => course !== null && !["done", "failed"].includes(course.state);
