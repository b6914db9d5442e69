// Files: as cards in messages, and on their way into one.

import { h, icon, link } from "./dom.js";

const UNITS = ["byte", "kilobyte", "megabyte"];

export function size(bytes, locale) {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  const unitDisplay = step ? "short" : "long"; // "12.3 kB", but "84 bytes"
  const options = { style: "unit", unit: UNITS[step], unitDisplay, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(locale, options).format(bytes / 1000 ** step);
}

/** A file of a message: `{name, size, mimetype, preview, url}`. */
export function card({ name, size: bytes, mimetype, preview, url }, { words, locale }) {
  const download = link(new URL(url, location.href).href, words.download);
  download.setAttribute("download", name);
  download.setAttribute("aria-label", words.downloadOf(name));
  download.className = "button";
  return h("div", { class: "file", "data-testid": "file" },
    h("div", { class: "file-head" }, icon("file"),
      h("div", { class: "file-name" }, h("b", {}, name), h("small", {}, `${mimetype} · ${size(bytes, locale)}`)), download),
    preview && h("pre", { class: "preview", tabindex: "0", "aria-label": words.previewOf(name) }, preview));
}

/**
 * A button that picks a file, and a chip that shows it until it is taken; `changed()` says that there
 * is another or none. `put(file)` brings one back.
 */
export function attaching(changed) {
  const input = h("input", { type: "file", hidden: true, "data-testid": "attach-file" });
  const button = h("button", { type: "button", class: "plain tool", "data-testid": "attach", onclick: () => input.click() }, icon("clip"));
  const name = h("span", {});
  const cross = h("button", { type: "button", class: "plain" }, icon("close"));
  const chip = h("div", { class: "chip", "data-testid": "attached", hidden: true }, icon("file"), name, cross);
  let words = null;
  let locale = null;
  let picked = null;

  function put(file) {
    picked = file;
    chip.hidden = !file;
    if (file) {
      name.textContent = `${file.name} · ${size(file.size, locale)}`;
      cross.setAttribute("aria-label", words.detach(file.name));
    }
    changed();
  }

  function take() {
    const file = picked;
    put(null);
    return file;
  }

  input.addEventListener("change", () => {
    put(input.files[0] ?? picked);
    input.value = ""; // the same file can be picked again
  });
  cross.addEventListener("click", () => {
    put(null);
    button.focus();
  });
  return {
    nodes: [input, button],
    chip,
    put,
    take,
    isEmpty: () => picked === null,
    show(reader) {
      ({ words, locale } = reader);
      button.title = words.attach;
      button.setAttribute("aria-label", words.attach);
    },
  };
}
