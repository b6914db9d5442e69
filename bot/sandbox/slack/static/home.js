// The app's Home: a tab beside its messages.

import { h, icon } from "./dom.js";
import { viewing } from "./view.js";

/** Draws into `box`; the result's `show(view, reader)` does it again, without a view before the app made one. */
export function home(box) {
  const failure = h("p", { class: "failure", role: "alert", hidden: true });
  const none = h("p", { class: "none" });
  const body = h("div", { class: "home-blocks" });
  let reader = null;
  const fields = viewing({
    failed(words) {
      failure.hidden = !words;
      failure.replaceChildren(icon("warn"), words ? reader.words.failed(words) : "");
    },
  });
  box.append(failure, none, body);

  return {
    show(view, who) {
      if (reader !== who) failure.hidden = true;
      reader = who;
      none.textContent = reader.words.noHome;
      none.hidden = Boolean(view);
      if (view) fields.show(body, view, reader, null);
      else body.replaceChildren();
    },
  };
}

/** Makes `list` a list of tabs, which the arrows walk; `choose(name)` is called with a tab's `data-tab`. */
export function tabs(list, choose) {
  const all = [...list.children];
  for (const tab of all) tab.addEventListener("click", () => choose(tab.dataset.tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  });
  return (chosen) => {
    for (const tab of all) {
      const isChosen = tab.dataset.tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
  };
}
