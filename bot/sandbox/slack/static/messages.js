// A conversation drawn: days, messages, who wrote them, their threads.

import { blocks } from "./blocks.js";
import { h, icon, sync } from "./dom.js";
import { card } from "./files.js";
import { opens } from "./menu.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { clock, dayName, dayOf, full } from "./times.js";

const TOGETHER_S = 300; // one author's messages within this time share a head
const COLOURS = ["#3f6fb5", "#a8487e", "#2f8560", "#b0612b", "#6a55b8", "#26808c"];

/**
 * Draws `messages` (oldest first) into `log`.
 *
 * `repliesTo(message)` gives a message's replies, `openThread(message)` opens them; without
 * `openThread` (in the thread itself) neither is offered. `failures` holds an error's words by
 * message ID; `act(message, node, action)` is called when something in a message is pressed,
 * `start(message, shortcut)` when one of the `shortcuts` (a menu's options) is taken for it.
 */
export function draw(log, messages, scene) {
  const { reader, intro, repliesTo, openThread, failures } = scene;
  const rows = intro ? [{ key: "intro", version: reader.me + intro.title, draw: () => introOf(intro) }] : [];
  let above = null;
  for (const message of messages) {
    const at = atOf(message);
    const day = dayOf(at, reader.zone);
    const isNewDay = !above || dayOf(atOf(above), reader.zone) !== day;
    if (isNewDay) rows.push(divider(at, day, reader));
    const isJoined = !isNewDay && !above.error && !message.error && above.user === message.user
      && above.only_visible_to === message.only_visible_to && at - atOf(above) < TOGETHER_S * 1000;
    const replies = openThread ? repliesTo(message) : [];
    const failure = failures.get(message.id);
    rows.push({
      key: message.id,
      version: JSON.stringify([message, isJoined, replies.length, failure, reader.me]),
      draw: () => row(message, { ...scene, at, isJoined, replies, failure }),
    });
    above = message;
  }
  sync(log, rows);
}

const atOf = (message) => new Date(Number(message.ts) * 1000);

function divider(at, day, reader) {
  const name = dayName(at, reader);
  return { key: day, version: name, draw: () => h("div", { class: "day", role: "separator" }, h("span", {}, name)) };
}

function introOf({ title, topic, hint }) {
  return h("div", { class: "intro" }, h("h2", {}, title), h("p", {}, topic), h("p", {}, hint));
}

function row(message, scene) {
  const { at, isJoined, replies, failure, reader, openThread, act } = scene;
  const { words } = reader;
  const name = nameOf(message, reader);
  const time = h("time", { datetime: at.toISOString(), title: full(at, reader) }, clock(at, reader));
  const head = h("div", { class: "head" },
    h("b", { class: "author" }, name), message.is_bot && h("span", { class: "app" }, words.app), time);
  return h("article",
    {
      class: `message${isJoined ? " joined" : ""}${message.only_visible_to ? " ephemeral" : ""}`,
      "data-testid": "message", "data-message-id": message.id, tabindex: "-1", "aria-label": name,
    },
    message.only_visible_to && h("div", { class: "only-visible", "data-testid": "only-visible" }, icon("eye"), words.onlyVisible),
    isJoined ? h("div", { class: "gutter" }, time) : avatar(message.user, name, message.is_bot),
    h("div", { class: "content" },
      isJoined ? null : head,
      body(message, reader, (node, action) => act(message, node, action)),
      failure && h("p", { class: "failure", role: "alert" }, icon("warn"), failure),
      replies.length > 0 && thread(message, replies, reader, openThread)),
    message.only_visible_to || message.error ? null : toolbar(message, scene));
}

/** What can be done with a message itself; Slack offers none of it for what only one person sees. */
function toolbar(message, { reader: { words }, openThread, shortcuts, start }) {
  const more = h("button", { type: "button", class: "plain", title: words.more, "aria-label": words.more, "data-testid": "message-menu" }, icon("dots"));
  opens(more, {
    kind: "menu", label: words.more, draw: ({ text }) => plain(text),
    groups: () => [{ options: shortcuts }], choose: (option) => start(message, option.value),
  });
  return h("div", { class: "toolbar" },
    openThread && h("button", { type: "button", class: "plain", title: words.reply, "aria-label": words.reply, onclick: () => openThread(message) }, icon("thread")),
    shortcuts.length > 0 && more);
}

function body(message, reader, act) {
  if (message.error) return h("p", { class: "failure", role: "alert" }, icon("warn"), message.error);
  const own = message.blocks ?? [];
  const edited = message.edited && h("small", { class: "edited" }, reader.words.edited);
  return [
    own.length ? blocks(own, { reader, act }) : message.text && h("div", { class: "block words" }, mrkdwn(message.text, reader)),
    (message.attachments ?? []).map((one) =>
      h("div", { class: `attachment${one.color ? " coloured" : ""}` },
        one.blocks ? blocks(one.blocks, { reader, act }) : mrkdwn(one.text ?? one.fallback ?? "", reader))),
    (message.files ?? []).map((file) => card(file, reader)),
    edited,
  ];
}

function thread(message, replies, reader, openThread) {
  const authors = new Map(replies.map((reply) => [reply.user, reply]));
  return h("button", { class: "plain replies", onclick: () => openThread(message) },
    [...authors.values()].slice(0, 3).map((reply) => avatar(reply.user, nameOf(reply, reader), reply.is_bot)),
    h("b", {}, reader.words.replies(replies.length)),
    h("time", {}, clock(atOf(replies.at(-1)), reader)));
}

const nameOf = (message, reader) => reader.users.get(message.user)?.real_name || message.username || message.user;

export function avatar(id, name, isBot = false) {
  const letters = /^[\p{Script=Han}]/u.test(name) ? name.slice(0, 1)
    : name.split(/[\s_-]+/).slice(0, 2).map((word) => word.charAt(0).toUpperCase()).join("");
  const place = [...id].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) % 9973, 7);
  const colour = isBot ? "#13707a" : COLOURS[place % COLOURS.length];
  const node = h("span", { class: `avatar${isBot ? " bot" : ""}`, "aria-hidden": "true" }, letters);
  node.style.backgroundColor = colour;
  return node;
}
