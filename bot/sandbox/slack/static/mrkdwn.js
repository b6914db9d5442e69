// Slack's mrkdwn, read into elements. A text is never markup for the browser.

import { h, link } from "./dom.js";
import { formatted } from "./times.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", question: "❓",
  grey_question: "❔", exclamation: "❗", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  arrows_counterclockwise: "🔄", arrows_clockwise: "🔃", repeat: "🔁", lock: "🔒", eyes: "👀",
  bell: "🔔", no_bell: "🔕", rotating_light: "🚨", fire: "🔥", tada: "🎉", rocket: "🚀", wave: "👋",
  bulb: "💡", mag: "🔍", pushpin: "📌", calendar: "📅", clock3: "🕒", stopwatch: "⏱️", tv: "📺",
  movie_camera: "🎥", satellite: "🛰️", globe_with_meridians: "🌐", robot_face: "🤖", gear: "⚙️",
  wrench: "🔧", inbox_tray: "📥", outbox_tray: "📤", page_facing_up: "📄", bar_chart: "📊",
  large_green_circle: "🟢", large_yellow_circle: "🟡", red_circle: "🔴", white_circle: "⚪",
  information_source: "ℹ️", no_entry: "⛔", stop_sign: "🛑", thumbsup: "👍", "+1": "👍", "-1": "👎",
  arrow_left: "⬅️", arrow_right: "➡️", arrow_up: "⬆️", arrow_down: "⬇️", sunny: "☀️", zzz: "💤",
};

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const decoded = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

// A mark opens after, and closes before, anything but a letter or digit; links inside it stay whole.
const marked = (name, mark) =>
  `(?<![\\p{L}\\p{N}${mark}])${mark}(?!\\s)(?<${name}>(?:<[^>\\n]*>|[^${mark}<\\n])+?)(?<!\\s)${mark}(?![\\p{L}\\p{N}${mark}])`;
const INLINE = new RegExp(
  ["<(?<angle>[^<>\\n]+)>", "`(?<code>[^`\\n]+)`", marked("bold", "\\*"), marked("italic", "_"),
    marked("strike", "~"), ":(?<emoji>[a-z0-9_+-]+):"].join("|"),
  "gu",
);
const TAGS = { bold: "b", italic: "i", strike: "s" };

export function emoji(name, unicode) {
  const points = unicode?.split("-").map((point) => parseInt(point, 16));
  const sign = points ? String.fromCodePoint(...points) : EMOJI[name];
  if (!sign) return `:${name}:`;
  return h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, sign);
}

/** Plain text: literal, but for emoji names. */
export function plain(text) {
  return text.split(/(:[a-z0-9_+-]+:)/).map((part, place) => (place % 2 ? emoji(part.slice(1, -1)) : part));
}

export const person = (id, reader) => mention(`@${reader.users.get(id)?.real_name ?? id}`, id === reader.me);
export const channel = (id, reader, name) => mention(`#${reader.channels.get(id)?.name ?? name ?? id}`);
export const broadcast = (range) => mention(`@${range}`, true);
export function moment(seconds, template, reader, address, fallback) {
  const words = Number.isFinite(seconds) ? formatted(seconds, template, reader) : fallback;
  return address ? link(address, words) : h("time", {}, words);
}
const mention = (words, mine = false) => h("span", { class: mine ? "mention mine" : "mention" }, words);

/** A whole text: fenced code, quotes, listed lines and what stands in them. */
export function mrkdwn(text, reader) {
  return text.split(/```\n?([\s\S]*?)\n?```/).map((part, place) => {
    if (place % 2) return h("pre", {}, unlinked(part));
    return part === "" ? null : lines(place ? part.replace(/^\n/, "") : part, reader);
  });
}

const QUOTE = /^(?:>|&gt;) ?/;
const ITEM = /^\s*(?:[•◦▪-]|\d+[.)]) /;

function lines(text, reader) {
  const drawn = [];
  for (const line of text.split("\n")) {
    const kind = QUOTE.test(line) ? "quote" : ITEM.test(line) ? "item" : "words";
    const words = inline(line.replace(QUOTE, ""), reader);
    const above = drawn.at(-1);
    // Lines of one kind run on; an item hangs by itself.
    if (kind !== "item" && above?.className === kind) above.append("\n", ...words);
    else drawn.push(h(kind === "quote" ? "blockquote" : "div", { class: kind }, words));
  }
  return drawn;
}

function inline(text, reader) {
  const drawn = [];
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    drawn.push(decoded(text.slice(done, found.index)));
    done = found.index + found[0].length;
    const { angle, code, emoji: name, ...styles } = found.groups;
    if (angle) drawn.push(angled(angle, reader));
    else if (code) drawn.push(h("code", {}, unlinked(code)));
    else if (name) drawn.push(emoji(name));
    else {
      const [style, inner] = Object.entries(styles).find(([, inner]) => inner !== undefined);
      drawn.push(h(TAGS[style], {}, inline(inner, reader)));
    }
  }
  drawn.push(decoded(text.slice(done)));
  return drawn.filter((part) => part !== "");
}

/** In code Slack shows a link's words only. */
const unlinked = (text) => decoded(text.replace(/<(?:[^<>|\n]+\|)?([^<>\n]+)>/g, "$1"));

function angled(inner, reader) {
  const [target, label] = inner.split(/\|(.*)/s);
  const date = target.match(/^!date\^(\d+)\^([^^]+)(?:\^(.+))?$/);
  if (date) return moment(Number(date[1]), date[2], reader, date[3], decoded(label ?? ""));
  if (target.startsWith("@")) return person(target.slice(1), reader);
  if (target.startsWith("#")) return channel(target.slice(1), reader, label);
  if (target.startsWith("!subteam")) return mention(label ?? "@group");
  if (target.startsWith("!")) return broadcast(target.slice(1));
  return link(decoded(target), decoded(label ?? target.replace(/^mailto:/, "")));
}
