// A select whose options are asked for while one types: Slack's external select.

import { h, newId } from "./dom.js";
import { over, place } from "./menu.js";

const PAUSE_MS = 250; // between the last key and the question

/**
 * Makes the box to type in.
 *
 * `ask(typed)` resolves to `{ok, options, option_groups, error}`, and is not called for fewer than
 * `leastTyped` characters; `choose(node, option)`, with null for none, resolves to whether that
 * stands. Leaving the box brings back the words of what is chosen; leaving it empty chooses none.
 */
export function search({ label, first, leastTyped, words, draw, ask, choose }) {
  const popup = h("div", { class: "popup", role: "listbox", id: newId("found"), "aria-label": label, popover: "manual" });
  const node = h("input", {
    class: "entry search", type: "text", role: "combobox", placeholder: label, autocomplete: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": popup.id,
  });
  let chosen = first;
  let offered = []; // {item, option}, as drawn
  let marked = -1;
  let turn = 0; // which question's answer is waited for
  let timer;

  const wordsOf = (option) => option?.text.text ?? "";
  node.value = wordsOf(chosen);

  function open() {
    if (popup.isConnected) return;
    over(node).append(popup);
    popup.showPopover();
    document.addEventListener("scroll", follow, true);
    node.setAttribute("aria-expanded", "true");
  }

  function close() {
    clearTimeout(timer);
    turn += 1;
    popup.remove();
    document.removeEventListener("scroll", follow, true);
    node.setAttribute("aria-expanded", "false");
    node.removeAttribute("aria-activedescendant");
  }

  function follow(event) {
    if (popup.contains(event?.target)) return;
    if (node.isConnected) place(popup, node.getBoundingClientRect());
    else close();
  }

  function say(sentence, isWrong = false) {
    offered = [];
    mark(-1);
    popup.replaceChildren(h("p", { class: isWrong ? "told wrong" : "told", role: "status" }, sentence));
    follow();
  }

  function offer(groups) {
    offered = [];
    const one = (option) => {
      const item = h("div", { role: "option", id: newId("found"), class: "option", "data-value": option.value },
        h("span", {}, draw(option.text)), option.description && h("small", {}, draw(option.description)));
      item.addEventListener("click", () => take(option));
      offered.push({ item, option });
      return item;
    };
    popup.replaceChildren(...groups.map((group) => h("div", { role: "presentation" },
      group.label && h("div", { class: "group", role: "presentation" }, draw(group.label)), group.options.map(one))));
    mark(offered.findIndex(({ option }) => option.value === chosen?.value));
    follow();
  }

  function mark(at) {
    marked = at;
    offered.forEach(({ item }, index) => item.setAttribute("aria-selected", String(index === at)));
    if (at < 0) return node.removeAttribute("aria-activedescendant");
    node.setAttribute("aria-activedescendant", offered[at].item.id);
    return offered[at].item.scrollIntoView({ block: "nearest" });
  }

  async function asked(typed) {
    const mine = ++turn;
    const answer = await ask(typed);
    if (mine !== turn) return;
    const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
    if (!answer.ok) say(words.noAnswer(answer.error), true);
    else if (groups.some(({ options }) => options.length)) offer(groups);
    else say(words.noOptions);
  }

  function type(typed, pauseMs) {
    clearTimeout(timer);
    turn += 1;
    open();
    if (typed.length < leastTyped) say(words.typeMore(leastTyped));
    else {
      say(words.searching);
      timer = setTimeout(() => asked(typed), pauseMs);
    }
  }

  async function take(option) {
    close();
    if (await choose(node, option)) chosen = option;
    node.value = wordsOf(chosen);
  }

  const KEYS = {
    ArrowDown: () => (popup.isConnected ? offered.length && mark((marked + 1) % offered.length) : type("", 0)),
    ArrowUp: () => offered.length && mark((Math.max(marked, 0) - 1 + offered.length) % offered.length),
    Enter: () => popup.isConnected && marked >= 0 && take(offered[marked].option),
    Escape: () => {
      node.value = wordsOf(chosen);
      close();
    },
  };

  // a press of the pointer leaves the focus where it is: leaving the box would end the search
  popup.addEventListener("pointerdown", (event) => event.preventDefault());
  node.addEventListener("keydown", (event) => {
    if (event.isComposing || !(event.key in KEYS)) return;
    if (!popup.isConnected && event.key !== "ArrowDown") return;
    event.preventDefault();
    KEYS[event.key]();
  });
  node.addEventListener("input", () => type(node.value.trim(), PAUSE_MS));
  node.addEventListener("click", () => popup.isConnected || type("", 0));
  node.addEventListener("focus", () => node.select());
  node.addEventListener("blur", () => {
    if (node.value.trim() === "" && chosen) take(null);
    else {
      node.value = wordsOf(chosen);
      close();
    }
  });
  return node;
}
