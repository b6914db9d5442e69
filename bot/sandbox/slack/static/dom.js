// Elements are built here and nowhere from markup: what a message says can only become text.

const WAIT_MS = 3_000;

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

let ids = 0;

/** An ID that no other element has. */
export const newId = (name) => `${name}-${++ids}`;

/** Shows that an answer is awaited, at most as long as Slack waits for an app; the result ends it. */
export function busy(node) {
  const end = () => node.removeAttribute("aria-busy");
  node.setAttribute("aria-busy", "true");
  const timer = setTimeout(end, WAIT_MS);
  return () => {
    clearTimeout(timer);
    end();
  };
}

/** A link, if its address is one that a browser may open; otherwise only its words. */
export function link(address, words) {
  if (!/^(https?|mailto):/i.test(address)) return h("span", {}, words);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

/**
 * Makes `parent` hold `wanted` in that order, `{key, version, draw}` each. A child whose key and
 * version are unchanged stays the element it is, so that screen readers hear only what is new.
 */
export function sync(parent, wanted) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  wanted.forEach(({ key, version, draw }, place) => {
    let child = before.get(key);
    if (child?.dataset.version !== version) {
      const fresh = draw();
      Object.assign(fresh.dataset, { key, version });
      const focused = child?.contains(document.activeElement) ? document.activeElement : null;
      child?.replaceWith(fresh);
      if (focused) focusAgain(fresh, focused.dataset.actionId);
      child = fresh;
    }
    before.delete(key);
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  for (const gone of before.values()) gone.remove();
}

function focusAgain(fresh, action) {
  const same = action && fresh.querySelector(`[data-action-id="${CSS.escape(action)}"]`);
  // a group takes no focus itself
  const within = same && (same.querySelector("input:checked") ?? same.querySelector("input"));
  (within || same || fresh).focus({ preventScroll: true });
}
