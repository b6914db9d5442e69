// The page as a whole: who looks, at which channel, and what their presses lead to.

import { composer } from "./composer.js";
import { busy } from "./dom.js";
import { drawChannels, drawFrame, frame, isMenuOpen, showMenu } from "./frame.js";
import { home, tabs } from "./home.js";
import { draw } from "./messages.js";
import { modal } from "./modal.js";
import { follow, post } from "./stream.js";
import { wordsFor } from "./words.js";

const NEAR_END_PX = 80;

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const log = at("log");
const scroller = at("scroller");

let state = null;
let reader = null; // {me, locale, zone, words, users, channels, bot, team}
let here = asked.get("channel");
let tab = asked.get("tab") ?? "messages"; // of the app's own entry: "home" or "messages"
let threadTs = null;
let leave = () => {};
let isEntering = true;
let isAtEnd = true;
const unread = new Set();
const failures = new Map(); // an error's words by message ID

const main = composer(at("composer"), { testId: "composer", send: (text, file) => say(text, null, file), start: (name) => start(null, name) });
const reply = composer(at("thread-composer"), { testId: "thread-composer", send: (text) => say(text, threadTs) });
const dialog = modal({ closed: () => document.activeElement === document.body && main.area.focus() });
const appHome = home(at("home"));
const showTab = tabs(at("tabs"), goToTab);

// ---- who looks, and at what

function enter(user) {
  leave();
  delete document.body.dataset.ready;
  closeThread();
  unread.clear();
  failures.clear();
  isEntering = true;
  leave = follow(user, { onState, onEvent, onLost });
}

function onState(fresh) {
  const wasIm = reader?.channels.get(here)?.kind === "im";
  state = fresh;
  const me = state.users.find(({ id }) => id === state.me);
  const locale = me.locale.replace("_", "-");
  const bot = { ...state.bot, real_name: state.bot.name, isApp: true };
  reader = {
    me: me.id, locale, zone: me.tz, words: wordsFor(locale), bot,
    users: new Map([...state.users, bot].map((one) => [one.id, one])),
    channels: new Map(state.channels.map((one) => [one.id, one])),
  };
  if (!reader.channels.has(here)) {
    here = (state.channels.find(({ kind }) => wasIm && kind === "im") ?? state.channels[0]).id;
  }
  drawFrame(reader, state.team);
  drawSide();
  drawChannel();
  isAtEnd = true;
  drawMessages();
  appHome.show(state.home, reader);
  dialog.show(state.modal, reader, lookedAt());
  if (isEntering && isHome()) post("home", { user: reader.me });
  isEntering = false;
  at("connection").textContent = "";
  document.body.dataset.ready = "true";
}

function onLost() {
  delete document.body.dataset.ready;
  at("connection").textContent = wordsFor(reader?.locale ?? navigator.language).reconnecting;
}

const EVENTS = {
  modal({ view }) {
    state.modal = view;
    dialog.show(view, reader, lookedAt());
  },
  home({ view }) {
    state.home = view;
    appHome.show(view, reader);
  },
  message: put,
  message_changed: put,
  message_deleted(_, place) {
    if (place >= 0) state.messages.splice(place, 1);
  },
};

function put({ message }, place) {
  if (place >= 0) {
    state.messages[place] = message;
    return;
  }
  state.messages.push(message);
  if (message.channel !== lookedAt()) unread.add(message.channel);
  drawSide();
}

function onEvent(event) {
  for (const node of document.querySelectorAll(":is(main, aside) [aria-busy]")) node.removeAttribute("aria-busy");
  const id = event.message?.id ?? event.id;
  EVENTS[event.type](event, state.messages.findIndex((one) => one.id === id));
  if (!id) return;
  failures.delete(id);
  drawMessages();
}

// ---- the channel

const titleOf = (channel) => (channel.kind === "im" ? state.bot.name : `#${channel.name}`);
const isHome = () => tab === "home" && reader.channels.get(here).kind === "im";
/** The channel whose messages are looked at: none where the app's Home is. */
const lookedAt = () => (isHome() ? null : here);

function drawSide() {
  drawChannels(reader, { here, unread, goTo });
  at("tab-messages").classList.toggle("unread", unread.has(here));
}

/** The app's shortcuts of a kind, as a menu's options. */
function shortcuts(kind) {
  const words = (text) => ({ type: "plain_text", text });
  return state.shortcuts.filter(({ type }) => type === kind).map(({ callback_id: value, name }) =>
    ({ value, text: words(name), description: words(state.bot.name) }));
}

function drawChannel() {
  const { words } = reader;
  const channel = reader.channels.get(here);
  const title = titleOf(channel);
  at("channel-name").textContent = title;
  at("channel-topic").textContent = channel.topic ?? "";
  at("tabs").hidden = channel.kind !== "im";
  at("home").hidden = !isHome();
  at("conversation").hidden = isHome();
  showTab(tab);
  document.title = `${title} · ${state.team}`;
  main.show({ placeholder: words.write(title), reader, commands: state.commands, shortcuts: shortcuts("global") });
  reply.show({ placeholder: words.replyTo, reader });
  remember();
}

/** Keeps in the address what a reload shall find again. */
function remember() {
  const { theme } = document.documentElement.dataset;
  history.replaceState(null, "", `?${new URLSearchParams({ user: reader.me, channel: here, tab, theme })}`);
}

/** The app's own entry opens its Home, unless there is something new to read. */
function goTo(channel) {
  const isIm = reader.channels.get(channel).kind === "im";
  here = channel;
  goToTab(isIm && !unread.has(channel) ? "home" : "messages");
  if (!isHome() && !matchMedia("(pointer: coarse)").matches) main.area.focus();
}

function goToTab(name) {
  tab = name;
  if (isHome()) post("home", { user: reader.me });
  else unread.delete(here);
  isAtEnd = true;
  showMenu(false);
  closeThread();
  drawSide();
  drawChannel();
  drawMessages();
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
  const scene = { reader, failures, act, repliesTo, start, shortcuts: shortcuts("message") };
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

async function say(text, inThread, file) {
  const { words, me: user } = reader;
  const command = text.match(/^\/\S*/)?.[0];
  if (command && inThread) return words.notInThreads(command);
  isAtEnd = true;
  toEnd(scroller);
  if (file) {
    const fields = new FormData();
    for (const [name, value] of Object.entries({ user, channel: here, text, file })) fields.append(name, value);
    return post("upload", fields);
  }
  return post(command ? "command" : "say", { user, channel: here, text, ...(inThread && { thread_ts: inThread }) });
}

async function act(message, node, action) {
  const done = busy(node);
  const error = await post("action", { user: reader.me, message_id: message.id, ...action });
  if (!error) return;
  done();
  fail(message, error);
}

/** Takes one of the app's shortcuts, of a message or of the place; resolves to an error's words. */
async function start(message, name) {
  const place = { user: reader.me, channel: here, ...(message && { message_id: message.id }) };
  const error = await post("shortcut", { ...place, callback_id: name });
  if (error && message) fail(message, error);
  return error && reader.words.failed(error);
}

function fail(message, error) {
  failures.set(message.id, reader.words.failed(error));
  drawMessages();
}

frame({ reader: () => reader, enter, themed: () => state && remember() });
at("thread-close").addEventListener("click", closeThread);
at("jump").addEventListener("click", () => toEnd(scroller));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .popup")) return;
  if (isMenuOpen()) showMenu(false);
  else if (threadTs !== null) closeThread();
});
scroller.addEventListener("scroll", () => {
  isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
  if (isAtEnd) at("jump").hidden = true;
});
new ResizeObserver(() => isAtEnd && toEnd(scroller)).observe(scroller);

// Before anybody is known, the server's first person is asked for.
enter(asked.get("user") ?? "");
