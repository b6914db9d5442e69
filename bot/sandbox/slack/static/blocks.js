// Block Kit drawn: each kind of block, of element in it, and of rich text, by table.

import { h, icon, link } from "./dom.js";
import { confirmed, opens } from "./menu.js";
import { broadcast, channel, emoji, moment, mrkdwn, person, plain } from "./mrkdwn.js";

/**
 * Draws blocks for a reader.
 *
 * `reader` is `{me, locale, zone, words, users, channels}`; `act(node, action)` is called with the
 * pressed element and what the page posts for it, less who pressed it and where.
 */
export function blocks(list, reader, act) {
  return list.map((block) => {
    const draw = BLOCKS[block.type];
    if (!draw) return h("p", { class: "not-drawn" }, reader.words.notDrawn(block.type));
    const node = draw(block, { reader, act: (pressed, action) => act(pressed, { block_id: block.block_id, ...action }) });
    node.classList.add("block");
    return node;
  });
}

/** A text object: mrkdwn or plain. */
const text = (object, reader) => (object.type === "mrkdwn" ? mrkdwn(object.text, reader) : plain(object.text));

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

const ELEMENTS = { button, static_select: select, overflow };

function element(part, scene) {
  const draw = ELEMENTS[part.type];
  if (!draw) return h("span", { class: "not-drawn" }, scene.reader.words.notDrawn(part.type));
  const node = draw(part, scene);
  node.dataset.actionId = part.action_id ?? "";
  return node;
}

/** Sends what was done with an element, after its `confirm` dialog if it has one. */
async function press(node, part, { reader, act }, more) {
  const draw = (object) => text(object, reader);
  if (part.confirm && !(await confirmed(part.confirm, reader, draw))) return false;
  act(node, { action_id: part.action_id, type: part.type, ...more });
  return true;
}

function button(part, scene) {
  const looks = { class: `button ${part.style ?? ""}`, "aria-label": part.accessibility_label };
  const words = text(part.text, scene.reader);
  const node = part.url ? Object.assign(link(part.url, words), { className: looks.class })
    : h("button", { type: "button", ...looks }, words);
  node.addEventListener("click", () => press(node, part, scene, { value: part.value }));
  return node;
}

function select(part, scene) {
  const { reader } = scene;
  const draw = (object) => text(object, reader);
  const label = part.placeholder?.text ?? reader.words.pick;
  const groups = part.option_groups ?? [{ options: part.options }];
  const shown = h("span", { class: "shown" }, part.initial_option ? draw(part.initial_option.text) : plain(label));
  const node = h("button", { type: "button", class: "button select", "aria-label": part.initial_option ? `${label}: ${part.initial_option.text.text}` : label },
    shown, icon("down"));
  const choose = async (option) => {
    const sent = await press(node, part, scene, { selected_option: { text: option.text, value: option.value } });
    if (sent) shown.replaceChildren(...[draw(option.text)].flat());
  };
  opens(node, { kind: "listbox", groups, chosen: part.initial_option, label, draw, choose });
  return node;
}

function overflow(part, scene) {
  const { reader } = scene;
  const node = h("button", { type: "button", class: "button overflow", "aria-label": reader.words.more }, icon("dots"));
  const choose = (option) => press(node, part, scene, { selected_option: { text: option.text, value: option.value } });
  opens(node, { kind: "menu", groups: [{ options: part.options }], label: reader.words.more, draw: (object) => text(object, reader), choose });
  return node;
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
