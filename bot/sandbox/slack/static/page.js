// The page as a whole: who looks, at which channel, and what their presses lead to.

import { composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { avatar, draw } from "./messages.js";
import { follow, post } from "./stream.js";
import { wordsFor } from "./words.js";

const WAIT_MS = 3_000; // as long as Slack waits for an app
const NEAR_END_PX = 80;

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const log = at("log");
const scroller = at("scroller");

let state = null;
let reader = null; // {me, locale, zone, words, users, channels}
let here = asked.get("channel");
let threadTs = null;
let leave = () => {};
let isAtEnd = true;
const unread = new Set();
const failures = new Map(); // an error's words by message ID

const main = composer(at("composer"), { testId: "composer", send: (text) => say(text, null) });
const reply = composer(at("thread-composer"), { testId: "thread-composer", send: (text) => say(text, threadTs) });

// ---- who looks, and at what

function enter(user) {
  leave();
  delete document.body.dataset.ready;
  closeThread();
  unread.clear();
  failures.clear();
  leave = follow(user, { onState, onEvent, onLost });
}

function onState(fresh) {
  const wasIm = reader?.channels.get(here)?.kind === "im";
  state = fresh;
  const me = state.users.find(({ id }) => id === state.me);
  const locale = me.locale.replace("_", "-");
  reader = {
    me: me.id, locale, zone: me.tz, words: wordsFor(locale),
    users: new Map([...state.users, { ...state.bot, real_name: state.bot.name }].map((one) => [one.id, one])),
    channels: new Map(state.channels.map((one) => [one.id, one])),
  };
  if (!reader.channels.has(here)) {
    here = (state.channels.find(({ kind }) => wasIm && kind === "im") ?? state.channels[0]).id;
  }
  drawFrame();
  isAtEnd = true;
  drawMessages();
  at("connection").textContent = "";
  document.body.dataset.ready = "true";
}

function onLost() {
  delete document.body.dataset.ready;
  at("connection").textContent = wordsFor(reader?.locale ?? navigator.language).reconnecting;
}

function onEvent(event) {
  for (const node of document.querySelectorAll("[aria-busy]")) node.removeAttribute("aria-busy");
  const { messages } = state;
  const id = event.message?.id ?? event.id;
  const place = messages.findIndex((one) => one.id === id);
  failures.delete(id);
  if (event.type === "message_deleted") {
    if (place >= 0) messages.splice(place, 1);
  } else if (place >= 0) messages[place] = event.message;
  else {
    messages.push(event.message);
    if (event.message.channel !== here) unread.add(event.message.channel);
    drawChannels();
  }
  drawMessages();
}

// ---- the frame

function drawFrame() {
  const { words, users } = reader;
  const me = users.get(reader.me);
  document.documentElement.lang = reader.locale;
  at("team").textContent = state.team;
  at("channels-title").textContent = words.channels;
  at("direct-title").textContent = words.direct;
  at("menu-toggle").setAttribute("aria-label", words.menu);
  at("sidebar").setAttribute("aria-label", words.channels);
  at("thread").setAttribute("aria-label", words.thread);
  at("thread-title").textContent = words.thread;
  at("thread-close").setAttribute("aria-label", words.close);
  at("jump").lastElementChild.textContent = words.newMessages;
  log.setAttribute("aria-label", words.messages);
  at("thread-log").setAttribute("aria-label", words.thread);
  const next = nextUser();
  const change = words.switchTo(next.real_name);
  at("switch-user").title = change;
  at("switch-user").setAttribute("aria-label", `${me.real_name}, ${words.language}. ${change}`);
  at("switch-user").replaceChildren(avatar(me.id, me.real_name),
    h("span", { class: "who" }, h("b", {}, me.real_name), h("small", {}, words.language)), icon("swap"));
  drawTheme();
  drawChannels();
  drawChannel();
}

function drawChannels() {
  const entry = (channel) => {
    const isIm = channel.kind === "im";
    const name = isIm ? state.bot.name : channel.name;
    const sign = isIm ? avatar(state.bot.id, name, true) : h("span", { class: "hash", "aria-hidden": "true" }, "#");
    return h("li", {}, h("button",
      {
        class: `plain${unread.has(channel.id) ? " unread" : ""}`, "data-testid": "channel", "data-channel": channel.id,
        "aria-current": channel.id === here ? "page" : null, onclick: () => goTo(channel.id),
      },
      sign, h("span", {}, name), isIm && h("span", { class: "app" }, reader.words.app)));
  };
  at("channels").replaceChildren(...state.channels.filter(({ kind }) => kind !== "im").map(entry));
  at("direct").replaceChildren(...state.channels.filter(({ kind }) => kind === "im").map(entry));
}

function drawChannel() {
  const { words } = reader;
  const title = titleOf(reader.channels.get(here));
  at("channel-name").textContent = title;
  at("channel-topic").textContent = reader.channels.get(here).topic ?? "";
  document.title = `${title} · ${state.team}`;
  main.show({ placeholder: words.write(title), words, commands: state.commands });
  reply.show({ placeholder: words.replyTo, words });
  remember();
}

/** Keeps in the address what a reload shall find again. */
function remember() {
  const { theme } = document.documentElement.dataset;
  history.replaceState(null, "", `?${new URLSearchParams({ user: reader.me, channel: here, theme })}`);
}

const titleOf = (channel) => (channel.kind === "im" ? state.bot.name : `#${channel.name}`);

function goTo(channel) {
  here = channel;
  unread.delete(channel);
  isAtEnd = true;
  showMenu(false);
  closeThread();
  drawChannels();
  drawChannel();
  drawMessages();
  if (!matchMedia("(pointer: coarse)").matches) main.area.focus();
}

// ---- messages

function drawMessages() {
  const mine = state.messages.filter(({ channel }) => channel === here).sort((a, b) => a.ts - b.ts);
  const known = new Set(mine.map(({ ts }) => ts));
  const isReply = ({ ts, thread_ts: parent }) => parent && parent !== ts && known.has(parent);
  const repliesTo = ({ ts }) => mine.filter((one) => isReply(one) && one.thread_ts === ts);
  const title = titleOf(reader.channels.get(here));
  const intro = { title: reader.words.start(title), topic: reader.channels.get(here).topic ?? "", hint: reader.words.startHint };
  const last = log.lastElementChild?.dataset.key;
  const scene = { reader, failures, act, repliesTo };
  draw(log, mine.filter((one) => !isReply(one)), { ...scene, intro, openThread });
  if (isAtEnd) toEnd(scroller);
  else if (log.lastElementChild?.dataset.key !== last) at("jump").hidden = false;
  if (threadTs === null) return;
  const parent = mine.find(({ ts }) => ts === threadTs);
  if (!parent) closeThread();
  else draw(at("thread-log"), [parent, ...repliesTo(parent)], scene);
}

function toEnd(box) {
  box.scrollTop = box.scrollHeight;
  if (box === scroller) at("jump").hidden = true;
}

function openThread({ ts }) {
  threadTs = ts;
  at("thread").hidden = false;
  drawMessages();
  toEnd(at("thread-log").parentElement);
  reply.area.focus();
}

function closeThread() {
  if (threadTs !== null) main.area.focus();
  threadTs = null;
  at("thread").hidden = true;
  at("thread-log").replaceChildren();
}

// ---- what a person does

async function say(text, inThread) {
  const { words } = reader;
  const command = text.match(/^\/\S*/)?.[0];
  if (command && inThread) return words.notInThreads(command);
  isAtEnd = true;
  toEnd(scroller);
  const body = { user: reader.me, channel: here, text, ...(inThread && { thread_ts: inThread }) };
  return post(command ? "command" : "say", body);
}

async function act(message, node, action) {
  node.setAttribute("aria-busy", "true");
  const timer = setTimeout(() => node.removeAttribute("aria-busy"), WAIT_MS);
  const error = await post("action", { user: reader.me, message_id: message.id, ...action });
  if (!error) return;
  clearTimeout(timer);
  failures.set(message.id, reader.words.failed(error));
  drawMessages();
}

const nextUser = () => {
  const place = state.users.findIndex(({ id }) => id === reader.me);
  return state.users[(place + 1) % state.users.length];
};

function showMenu(isOpen) {
  document.body.classList.toggle("menu-open", isOpen);
  at("menu-toggle").setAttribute("aria-expanded", String(isOpen));
}

function drawTheme() {
  const { theme } = document.documentElement.dataset;
  const label = theme === "dark" ? reader.words.light : reader.words.dark;
  at("theme").title = label;
  at("theme").setAttribute("aria-label", label);
}

at("switch-user").addEventListener("click", () => state && enter(nextUser().id));
at("theme").addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  if (!state) return;
  drawTheme();
  remember();
});
at("menu-toggle").addEventListener("click", () => showMenu(!document.body.classList.contains("menu-open")));
at("shade").addEventListener("click", () => showMenu(false));
at("thread-close").addEventListener("click", closeThread);
at("jump").addEventListener("click", () => toEnd(scroller));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog, .popup")) return;
  if (document.body.classList.contains("menu-open")) showMenu(false);
  else if (threadTs !== null) closeThread();
});
scroller.addEventListener("scroll", () => {
  isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
  if (isAtEnd) at("jump").hidden = true;
});
new ResizeObserver(() => isAtEnd && toEnd(scroller)).observe(scroller);

// Before anybody is known, the server's first person is asked for.
enter(asked.get("user") ?? "");
