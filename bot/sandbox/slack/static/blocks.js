// Block Kit drawn: each kind of block, of element in it, and of rich text, by table.

import { h, link, newId } from "./dom.js";
import { element, initial, text } from "./elements.js";
import { broadcast, channel, emoji, moment, mrkdwn, person, plain } from "./mrkdwn.js";

/**
 * Draws a block in a `scene`: `{reader, act, view}`.
 *
 * `reader` is `{me, locale, zone, words, users, channels}`; `act(node, action)` is called with the
 * pressed element and what the page posts for it, less who pressed it and where. Only a view has
 * `view`: `{standing(block, part), keep(block, part, value), suggest(block, part, typed)}`, which
 * knows what stands in its controls.
 */
export function block(one, { reader, act, view }) {
  const draw = BLOCKS[one.type];
  if (!draw) return h("p", { class: "not-drawn" }, reader.words.notDrawn(one.type));
  const node = draw(one, {
    reader,
    act: (pressed, action) => act(pressed, { block_id: one.block_id, ...action }),
    standing: (part) => view?.standing(one, part) ?? initial(part, null),
    keep: (part, value) => view?.keep(one, part, value),
    suggest: view && ((part, typed) => view.suggest(one, part, typed)),
    tells: one.type !== "input" || one.dispatch_action,
    isOptional: one.type === "input" && one.optional,
  });
  node.classList.add("block");
  return node;
}

export const blocks = (list, scene) => list.map((one) => block(one, scene));

const BLOCKS = {
  header: (block, { reader }) => h("h3", { class: "block-header" }, text(block.text, reader)),
  divider: () => h("hr"),
  section: (block, scene) => {
    const drawn = block.text ? h("div", { class: "words" }, text(block.text, scene.reader)) : null;
    const fields = block.fields?.map((field) => h("div", { class: "field" }, text(field, scene.reader)));
    return h("div", { class: "block-section" },
      h("div", { class: "body" }, drawn, fields && h("div", { class: "fields" }, fields)),
      block.accessory && h("div", { class: "accessory" }, element(block.accessory, scene)));
  },
  context: (block, { reader }) =>
    h("div", { class: "block-context" },
      block.elements.map((part) => h("div", {}, part.type === "image" ? part.alt_text : text(part, reader)))),
  actions: (block, scene) =>
    h("div", { class: "block-actions" }, block.elements.map((part) => element(part, scene))),
  input: field,
  rich_text: (block, { reader }) => h("div", { class: "block-rich" }, rich(block.elements, reader)),
  table: (block, { reader }) => {
    const cell = (tag, part, place) => {
      const { align = "left", is_wrapped: isWrapped = false } = block.column_settings?.[place] ?? {};
      const words = part.type === "rich_text" ? rich(part.elements, reader) : String(part.text ?? "");
      return h(tag, { class: `${align}${isWrapped ? " wrapped" : ""}`, scope: tag === "th" && "col" }, words);
    };
    const row = (tag) => (cells) => h("tr", {}, cells.map((part, place) => cell(tag, part, place)));
    const [head, ...rows] = block.rows;
    const table = h("table", {}, h("thead", {}, row("th")(head)), h("tbody", {}, rows.map(row("td"))));
    return h("div", { class: "block-table", "data-testid": "block-table", role: "group", tabindex: "0", "aria-label": reader.words.table }, table);
  },
};

/** A labelled control: its block's `wrong` paragraph is there for what a submission finds. */
function field(one, scene) {
  const { reader } = scene;
  const label = h("label", { id: newId("label") }, text(one.label, reader),
    one.optional && h("span", { class: "optional" }, ` ${reader.words.optional}`));
  const wrong = h("p", { class: "wrong", id: newId("wrong"), hidden: true });
  const hint = one.hint && h("p", { class: "hint-words", id: newId("hint") }, text(one.hint, reader));
  const control = element(one.element, scene);
  control.id = newId("control");
  label.setAttribute("for", control.id);
  const shown = control.querySelector(".shown");
  control.setAttribute("aria-labelledby", shown ? `${label.id} ${shown.id}` : label.id);
  control.setAttribute("aria-describedby", [wrong.id, hint?.id].filter(Boolean).join(" "));
  const zone = one.element.type === "datetimepicker" && h("small", { class: "zone" }, reader.zone);
  return h("div", { class: "block-input", "data-block-id": one.block_id }, label, control, zone, wrong, hint);
}

/** Says what is wrong with a field that was drawn as such, or, with null, nothing any more. */
export function mark(node, sentence) {
  const wrong = node.querySelector(".wrong");
  wrong.hidden = !sentence;
  wrong.textContent = sentence ?? "";
  node.querySelector("[data-action-id]").setAttribute("aria-invalid", String(Boolean(sentence)));
}

const RICH = {
  rich_text_section: (part, reader) => h("div", { class: "words" }, spans(part.elements, reader)),
  rich_text_preformatted: (part, reader) => h("pre", {}, spans(part.elements, reader)),
  rich_text_quote: (part, reader) => h("blockquote", {}, spans(part.elements, reader)),
  rich_text_list: (part, reader) =>
    h(part.style === "ordered" ? "ol" : "ul",
      { class: `indent-${Math.min(part.indent ?? 0, 4)}`, start: part.offset ? part.offset + 1 : null },
      part.elements.map((item) => h("li", {}, spans(item.elements, reader)))),
};

const SPANS = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text ?? part.url),
  emoji: (part) => emoji(part.name, part.unicode),
  user: (part, reader) => person(part.user_id, reader),
  channel: (part, reader) => channel(part.channel_id, reader),
  broadcast: (part) => broadcast(part.range),
  date: (part, reader) => moment(part.timestamp, part.format, reader, part.url, part.fallback ?? ""),
};

const STYLES = [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]];

const rich = (parts, reader) =>
  parts.map((part) => RICH[part.type]?.(part, reader) ?? h("p", { class: "not-drawn" }, reader.words.notDrawn(part.type)));

function spans(parts, reader) {
  return parts.map((part) => {
    const bare = SPANS[part.type]?.(part, reader) ?? reader.words.notDrawn(part.type);
    return STYLES.reduce((inner, [style, tag]) => (part.style?.[style] ? h(tag, {}, inner) : inner), bare);
  });
}
