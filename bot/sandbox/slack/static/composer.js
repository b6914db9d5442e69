// The box in which a person writes: command hints, recall, Enter to send.

import { h, icon } from "./dom.js";
import { attaching } from "./files.js";
import { opens } from "./menu.js";
import { plain } from "./mrkdwn.js";

/**
 * Fills `form` with a composer.
 *
 * `testId` names its text area; `send(text, file)` resolves to an error's words, or to nothing when
 * sent. With `start(shortcut)`, which resolves likewise, it offers shortcuts and takes files too. The
 * result's `show({placeholder, commands, shortcuts, reader})` fits it to a channel and a language.
 */
export function composer(form, { testId, send, start }) {
  const hint = h("div", { class: "hint", id: `${testId}-hint`, role: "listbox", "data-testid": `${testId === "composer" ? "" : "thread-"}command-hint`, hidden: true });
  const failure = h("p", { class: "failure", role: "alert", hidden: true });
  const area = h("textarea", { rows: "1", "data-testid": testId, "aria-autocomplete": "list", "aria-controls": hint.id, spellcheck: "false" });
  const button = h("button", { class: "send", disabled: true, "data-testid": testId === "composer" ? "send" : "thread-send" }, icon("send"));
  const keys = h("span", { class: "keys" });
  const attached = start ? attaching(() => { button.disabled = isEmpty(); }) : null;
  const bolt = start ? h("button", { type: "button", class: "plain tool", "data-testid": "shortcuts" }, icon("bolt")) : null;
  const sent = [];
  let recalled = 0; // how many lines back the text was recalled from
  let commands = [];
  let shortcuts = [];
  let offered = [];
  let marked = 0;

  function hintFor(text) {
    offered = [];
    const isCommand = text.startsWith("/") && !text.includes("\n");
    const name = text.split(" ", 1)[0];
    const matching = isCommand ? commands.filter(({ command }) => command.startsWith(name)) : [];
    if (text === name) offered = matching;
    marked = 0;
    hint.hidden = matching.length === 0;
    hint.replaceChildren(...matching.map((one, place) =>
      h("div", { role: "option", id: `${hint.id}-${place}`, class: "command", onclick: () => complete(one) },
        h("b", {}, one.command), " ", h("code", {}, one.usage_hint ?? ""), h("small", {}, one.description))));
    mark(0);
  }

  function mark(place) {
    marked = (place + offered.length) % (offered.length || 1);
    [...hint.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === marked && offered.length > 0)));
    if (offered.length) area.setAttribute("aria-activedescendant", `${hint.id}-${marked}`);
    else area.removeAttribute("aria-activedescendant");
  }

  function write(text) {
    area.value = text;
    area.setSelectionRange(text.length, text.length);
    changed();
  }

  function changed() {
    button.disabled = isEmpty();
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, innerHeight / 3)}px`;
    hintFor(area.value);
  }

  function complete({ command }) {
    write(`${command} `);
    area.focus();
    return true;
  }

  function isEmpty() {
    return area.value.trim() === "" && (attached?.isEmpty() ?? true);
  }

  function failed(error) {
    failure.hidden = !error;
    failure.replaceChildren(icon("warn"), error ?? "");
  }

  async function submit() {
    if (isEmpty()) return;
    const text = area.value.trim();
    if (text && sent.at(-1) !== text) sent.push(text);
    recalled = 0;
    write("");
    const file = attached?.take() ?? null;
    const error = await send(text, file);
    failed(error);
    if (error && area.value === "") write(text);
    if (error && attached?.isEmpty()) attached.put(file);
  }

  const KEYS = {
    Tab: () => offered.length > 0 && complete(offered[marked]),
    Escape: () => {
      if (hint.hidden) return false;
      hint.hidden = true;
      offered = [];
      mark(0);
      return true;
    },
    Enter: () => {
      const isWhole = offered.some(({ command }) => command === area.value);
      if (offered.length && !isWhole) complete(offered[marked]);
      else submit();
      return true;
    },
    ArrowUp: () => (offered.length > 1 ? (mark(marked - 1), true) : recall(1)),
    ArrowDown: () => (offered.length > 1 ? (mark(marked + 1), true) : recall(-1)),
  };

  /** Only out of an empty box, or on from what was recalled: elsewhere the arrows move in the text. */
  function recall(step) {
    const isMine = area.value === "" || area.value === sent.at(-recalled);
    const wanted = recalled + step;
    if (!isMine || wanted < 0 || wanted > sent.length || sent.length === 0) return false;
    recalled = wanted;
    write(wanted ? sent.at(-wanted) : "");
    return true;
  }

  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]?.()) event.preventDefault();
  });
  area.addEventListener("input", () => {
    recalled = 0;
    failed(null);
    changed();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.append(failure, hint,
    h("div", { class: "box" }, attached?.chip, area, h("div", { class: "tools" }, keys, attached?.nodes, bolt, button)));

  if (bolt) {
    opens(bolt, {
      kind: "menu", draw: ({ text }) => plain(text), choose: async (option) => failed(await start(option.value)),
      groups: () => [{ options: shortcuts }],
    });
  }

  return {
    area,
    show({ placeholder, reader, commands: known = [], shortcuts: offers = [] }) {
      const { words } = reader;
      commands = known;
      shortcuts = offers;
      attached?.show(reader);
      bolt?.setAttribute("aria-label", words.shortcuts);
      area.placeholder = placeholder;
      area.setAttribute("aria-label", placeholder);
      button.setAttribute("aria-label", words.send);
      keys.textContent = known.length ? words.hintKeys : "";
      hint.setAttribute("aria-label", words.hintKeys);
      failed(null);
      changed();
    },
  };
}
