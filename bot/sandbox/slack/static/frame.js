// What stands round a conversation: the top with who looks and the theme, the side with the channels.

import { h, icon } from "./dom.js";
import { opens } from "./menu.js";
import { avatar } from "./messages.js";

const at = (id) => document.getElementById(id);

/** Makes the buttons of the top work; `enter(user)` is called with the person taken. */
export function frame({ reader, enter, themed }) {
  opens(at("switch-user"), {
    kind: "menu", draw: (words) => words, choose: ({ value }) => enter(value),
    groups: () => [{ options: people(reader()) }],
  });
  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    drawTheme(reader());
    themed();
  });
  at("menu-toggle").addEventListener("click", () => showMenu(!isMenuOpen()));
  at("shade").addEventListener("click", () => showMenu(false));
}

/** Everybody else; the first person is of the workspace itself. */
function people({ me, words, users }) {
  const [{ team_id: team }] = users.values();
  const role = (one) => (one.team_id !== team ? words.stranger : one.is_guest ? words.guest : null);
  return [...users.values()].filter((one) => one.id !== me && !one.isApp).map((one) =>
    ({ value: one.id, text: [avatar(one.id, one.real_name), one.real_name], description: role(one) }));
}

/** On a phone the channels slide in over the conversation. */
export function showMenu(isOpen) {
  document.body.classList.toggle("menu-open", isOpen);
  at("menu-toggle").setAttribute("aria-expanded", String(isOpen));
}

export const isMenuOpen = () => document.body.classList.contains("menu-open");

function drawTheme({ words }) {
  const label = document.documentElement.dataset.theme === "dark" ? words.light : words.dark;
  at("theme").title = label;
  at("theme").setAttribute("aria-label", label);
}

/** Everything that is in the reader's language, and who they are. */
export function drawFrame(reader, team) {
  const { words, users } = reader;
  const me = users.get(reader.me);
  const labels = {
    "menu-toggle": words.menu, sidebar: words.channels, thread: words.thread, "thread-log": words.thread,
    "thread-close": words.close, log: words.messages, "switch-user": words.switchFrom(me.real_name),
  };
  const texts = {
    team, "channels-title": words.channels, "direct-title": words.direct, "thread-title": words.thread,
    "tab-home": words.home, "tab-messages": words.messages,
  };
  document.documentElement.lang = reader.locale;
  for (const [id, label] of Object.entries(labels)) at(id).setAttribute("aria-label", label);
  for (const [id, text] of Object.entries(texts)) at(id).textContent = text;
  at("jump").lastElementChild.textContent = words.newMessages;
  at("switch-user").replaceChildren(avatar(me.id, me.real_name),
    h("span", { class: "who" }, h("b", {}, me.real_name), h("small", {}, words.language)), icon("down"));
  drawTheme(reader);
  for (const id of ["switch-user", "theme"]) at(id).hidden = false;
}

/** The channels, and the app's own entry among the direct messages; `goTo(id)` is called with a pressed one. */
export function drawChannels(reader, { here, unread, goTo }) {
  const entry = ({ id, name, kind }) => {
    const isIm = kind === "im";
    const sign = isIm ? avatar(reader.bot.id, name, true) : h("span", { class: "hash", "aria-hidden": "true" }, "#");
    return h("li", {}, h("button",
      {
        class: `plain${unread.has(id) ? " unread" : ""}`, "data-testid": "channel", "data-channel": id,
        "aria-current": id === here ? "page" : null, onclick: () => goTo(id),
      },
      sign, h("span", {}, name), isIm && h("span", { class: "app" }, reader.words.app)));
  };
  const all = [...reader.channels.values()];
  at("channels").replaceChildren(...all.filter(({ kind }) => kind !== "im").map(entry));
  at("direct").replaceChildren(...all.filter(({ kind }) => kind === "im").map(entry));
}
