// The modal that the app has open for a person: filled in, sent, closed.

import { mark } from "./blocks.js";
import { h, icon, newId } from "./dom.js";
import { text } from "./elements.js";
import { ask, post } from "./stream.js";
import { viewing } from "./view.js";

const CONTROL = "input, textarea, button";

/**
 * Puts a dialog at the end of the page. Its `show(view, reader, here)` opens it, changes what it
 * shows, or, without a view, closes it; `closed()` is called when it is gone.
 */
export function modal({ closed }) {
  const title = h("h2", { id: newId("modal") });
  const cross = h("button", { type: "button", class: "plain", "data-testid": "modal-cross", onclick: leave }, icon("close"));
  const body = h("div", { class: "modal-blocks" });
  const failure = h("p", { class: "failure", role: "alert", hidden: true });
  const deny = h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: leave });
  const send = h("button", { class: "button primary", "data-testid": "modal-submit" });
  const form = h("form", { novalidate: true },
    h("header", {}, title, cross), h("div", { class: "modal-body" }, body, failure), h("footer", {}, deny, send));
  const dialog = h("dialog", { class: "modal", "data-testid": "modal", "aria-labelledby": title.id }, form);
  const fields = viewing({ failed, kept: (place) => wrong(place, null) });
  let view = null;
  let reader = null;
  let isWaiting = false;
  document.body.append(dialog);

  function failed(words) {
    failure.hidden = !words;
    failure.replaceChildren(icon("warn"), words ? reader.words.failed(words) : "");
  }

  const fieldOf = (place) => body.querySelector(`.block-input[data-block-id="${CSS.escape(place)}"]`);

  function wrong(place, sentence) {
    const field = fieldOf(place);
    if (field) mark(field, sentence);
    return field;
  }

  /** The button keeps the focus, so it is not disabled. */
  function wait(isBegun) {
    isWaiting = isBegun;
    if (isBegun) send.setAttribute("aria-busy", "true");
    else send.removeAttribute("aria-busy");
  }

  function show(next, who, here) {
    if (!next) return gone();
    const isNew = next.id !== view?.id;
    const isOther = isNew || next.hash !== view.hash;
    view = next;
    reader = who;
    const { words } = reader;
    const draw = (object, otherwise) => (object ? [text(object, reader)].flat() : [otherwise]);
    title.replaceChildren(...draw(view.title, ""));
    deny.replaceChildren(...draw(view.close, words.cancel));
    send.replaceChildren(...draw(view.submit, words.send));
    send.hidden = !view.submit;
    cross.setAttribute("aria-label", words.close);
    if (isOther) {
      failed(null);
      for (const { block_id: place } of view.blocks) wrong(place, null);
      wait(false);
    }
    if (isNew) body.replaceChildren();
    fields.show(body, view, reader, here);
    if (!dialog.open) dialog.showModal();
    if (isNew) {
      body.parentElement.scrollTop = 0;
      (body.querySelector(`.block-input :is(${CONTROL})`) ?? cross).focus();
    }
    return undefined;
  }

  function gone() {
    if (!view) return;
    view = null;
    wait(false);
    dialog.close();
    closed();
  }

  /** The person closes it; which modal lies under it, the server says. */
  function leave() {
    const { id } = view;
    const { me: user } = reader;
    gone();
    post("close", { user, view_id: id });
  }

  const isEmpty = ({ type: _, ...standing }) =>
    Object.values(standing).every((value) => value === null || value.length === 0);

  /** What Slack itself finds wrong before it asks the app. */
  function missing() {
    const values = fields.values();
    const inputs = view.blocks.filter(({ type, block_id: place }) => type === "input" && values[place]);
    return inputs.flatMap(({ block_id: place, element, optional }) => {
      if (fieldOf(place).querySelector(":invalid")) return [[place, reader.words.incomplete]];
      return !optional && isEmpty(values[place][element.action_id]) ? [[place, reader.words.required]] : [];
    });
  }

  function point(errors) {
    const marked = errors.map(([place, sentence]) => wrong(place, sentence)).filter(Boolean);
    marked[0]?.querySelector(CONTROL).focus();
  }

  async function submit() {
    if (!view.submit || isWaiting) return;
    for (const { block_id: place } of view.blocks) wrong(place, null);
    failed(null);
    const empty = missing();
    if (empty.length) return point(empty);
    const { id } = view;
    wait(true);
    const answer = await ask("submit", { user: reader.me, view_id: id, values: fields.values() });
    if (view?.id !== id) return;
    wait(false);
    if (answer.errors) point(Object.entries(answer.errors));
    else if (!answer.ok) failed(answer.error);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  dialog.addEventListener("cancel", (event) => event.target === dialog && leave());
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.defaultPrevented) return;
    const last = send.hidden ? deny : send;
    const [from, to] = event.shiftKey ? [cross, last] : [last, cross];
    if (document.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  });
  return { show };
}
