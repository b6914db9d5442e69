// What opens over the page: the options of a select or an overflow menu, and a dialog that asks.

import { h } from "./dom.js";

let hiddenFor = null; // the anchor whose menu the press of the pointer is about to close

/**
 * Makes a press of `anchor` open the options of `groups()`, and calls `choose(option)` with the one
 * taken. `kind` is `listbox` (a select, with the option `chosen()` at the time) or `menu`;
 * `draw(text)` makes an option's words; the menu is called `label`, or as the anchor is.
 */
export function opens(anchor, { kind, groups, chosen = () => null, label, draw, choose }) {
  anchor.setAttribute("aria-haspopup", kind);
  anchor.setAttribute("aria-expanded", "false");
  anchor.addEventListener("pointerdown", () => {
    hiddenFor = anchor.getAttribute("aria-expanded") === "true" ? anchor : null;
  });
  const open = () => show(anchor, { kind, groups: groups(), chosen: chosen(), label, draw, choose });
  anchor.addEventListener("click", () => {
    if (hiddenFor !== anchor) open();
    hiddenFor = null;
  });
  anchor.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open();
  });
}

function show(anchor, { kind, groups, chosen, label, draw, choose }) {
  const role = kind === "listbox" ? "option" : "menuitem";
  const items = [];
  const draw1 = (option) => {
    const item = h("div", { role, tabindex: "-1", "data-value": option.value, class: "option" },
      h("span", {}, draw(option.text)),
      option.description && h("small", {}, draw(option.description)));
    if (role === "option") item.setAttribute("aria-selected", String(option.value === chosen?.value));
    item.addEventListener("click", () => {
      popup.hidePopover();
      choose(option);
    });
    items.push(item);
    return item;
  };
  const popup = h("div", { class: "popup", role: kind, "aria-label": label ?? anchor.getAttribute("aria-label"), popover: "auto" },
    groups.map((group) => [
      group.label && h("div", { class: "group", role: "presentation" }, draw(group.label)),
      group.options.map(draw1),
    ]));
  const move = (place) => items[(place + items.length) % items.length].focus();
  let typed = "";
  let typedAt = 0;

  popup.addEventListener("keydown", (event) => {
    const place = items.indexOf(document.activeElement);
    const goes = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1 }[event.key];
    if (goes !== undefined) move(goes);
    else if (event.key === "Enter" || event.key === " ") items[place]?.click();
    else if (event.key === "Tab") popup.hidePopover();
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      typed = event.timeStamp - typedAt < 700 ? typed + event.key : event.key;
      typedAt = event.timeStamp;
      items.find((item) => item.textContent.toLowerCase().includes(typed.toLowerCase()))?.focus();
    } else return;
    event.preventDefault();
  });
  popup.addEventListener("pointermove", (event) => event.target.closest(".option")?.focus());
  const follow = (event) => {
    if (popup.contains(event.target)) return;
    if (anchor.isConnected) place(popup, anchor.getBoundingClientRect());
    else popup.hidePopover();
  };
  popup.addEventListener("toggle", (event) => {
    if (event.newState === "open") return;
    document.removeEventListener("scroll", follow, true);
    anchor.setAttribute("aria-expanded", "false");
    if (popup.contains(document.activeElement) || document.activeElement === document.body) {
      anchor.focus({ preventScroll: true });
    }
    popup.remove();
  });

  over(anchor).append(popup);
  popup.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(popup, anchor.getBoundingClientRect());
  document.addEventListener("scroll", follow, true);
  move(Math.max(0, items.findIndex((item) => item.getAttribute("aria-selected") === "true")));
}

/** Where what opens at `anchor` belongs: nothing outside an open dialog can be pressed. */
export const over = (anchor) => anchor.closest("dialog") ?? document.body;

/** Below the anchor, or above it where there is more room; never over the page's edge. */
export function place(popup, anchor) {
  const gap = 4;
  const below = innerHeight - anchor.bottom - 2 * gap;
  const above = anchor.top - 2 * gap;
  const goesUp = popup.offsetHeight > below && above > below;
  popup.style.maxHeight = `${Math.min(360, goesUp ? above : below)}px`;
  popup.style.minWidth = `${anchor.width}px`;
  const left = Math.min(anchor.left, innerWidth - popup.offsetWidth - 2 * gap);
  popup.style.left = `${Math.max(2 * gap, left)}px`;
  popup.style.top = `${goesUp ? anchor.top - popup.offsetHeight - gap : anchor.bottom + gap}px`;
}

/** Asks as a block's `confirm` object says; resolves to whether the answer was yes. */
export function confirmed(confirm, reader, draw) {
  const { words } = reader;
  const yes = h("button", { class: `button ${confirm.style ?? "primary"}`, value: "yes" },
    confirm.confirm ? draw(confirm.confirm) : words.confirm);
  const no = h("button", { class: "button", value: "no" }, confirm.deny ? draw(confirm.deny) : words.cancel);
  const title = h("h2", { id: "asked" }, confirm.title ? draw(confirm.title) : words.sure);
  const dialog = h("dialog", { "aria-labelledby": "asked" },
    h("form", { method: "dialog" }, title, h("div", { class: "asked" }, confirm.text && draw(confirm.text)),
      h("div", { class: "choices" }, no, yes)));
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
