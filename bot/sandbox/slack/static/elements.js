// What can be pressed, picked or filled in, by table. What stands in a control is told in the shape of
// Slack's `view.state.values`: https://docs.slack.dev/reference/views

import { h, icon, link, newId } from "./dom.js";
import { confirmed, opens } from "./menu.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { search } from "./search.js";
import { secondsOf, wallOf } from "./times.js";

/** A text object: mrkdwn or plain. */
export const text = (object, reader) => (object.type === "mrkdwn" ? mrkdwn(object.text, reader) : plain(object.text));

/**
 * Draws an element of a block. Its `scene` is the block's (`blocks.js`):
 * `{reader, act, standing(part), keep(part, value), tells, isOptional, suggest}`.
 */
export function element(part, scene) {
  const draw = ELEMENTS[part.type];
  if (!draw || (part.type === "external_select" && !scene.suggest)) {
    return h("span", { class: "not-drawn" }, scene.reader.words.notDrawn(part.type));
  }
  const node = draw(part, scene);
  node.dataset.actionId = part.action_id ?? "";
  return node;
}

/** What the app put into a control; `here` is the channel that is looked at, if any. */
export const initial = (part, here) => INITIAL[part.type]?.(part, here);

const chosen = (part) => ({ selected_option: part.initial_option ?? null });
const INITIAL = {
  plain_text_input: (part) => ({ value: part.initial_value ?? null }),
  static_select: chosen,
  external_select: chosen,
  radio_buttons: chosen,
  checkboxes: (part) => ({ selected_options: part.initial_options ?? [] }),
  conversations_select: (part, here) => {
    const current = part.default_to_current_conversation ? here : null;
    return { selected_conversation: part.initial_conversation ?? current ?? null };
  },
  datetimepicker: (part) => ({ selected_date_time: part.initial_date_time ?? null }),
};

/** Notes what was done with an element, and tells the app: after its `confirm` dialog, if it has one. */
async function take(node, part, { reader, act, keep, tells }, value) {
  if (part.confirm && !(await confirmed(part.confirm, reader, (object) => text(object, reader)))) return false;
  keep(part, value);
  if (tells) act(node, { action_id: part.action_id, type: part.type, ...value });
  return true;
}

function button(part, scene) {
  const looks = { class: `button ${part.style ?? ""}`, "aria-label": part.accessibility_label };
  const words = text(part.text, scene.reader);
  const node = part.url ? Object.assign(link(part.url, words), { className: looks.class })
    : h("button", { type: "button", ...looks }, words);
  node.addEventListener("click", () => take(node, part, scene, { value: part.value }));
  return node;
}

function overflow(part, scene) {
  const { reader } = scene;
  const node = h("button", { type: "button", class: "button overflow", "aria-label": reader.words.more }, icon("dots"));
  const choose = (option) => take(node, part, scene, { selected_option: option });
  opens(node, { kind: "menu", groups: () => [{ options: part.options }], label: reader.words.more, draw: (object) => text(object, reader), choose });
  return node;
}

/** A button that shows the option chosen in its menu; `valueOf(option)` is what then stands there. */
function picker(part, scene, { groups, first, valueOf }) {
  const { reader, isOptional } = scene;
  const draw = (object) => text(object, reader);
  const label = part.placeholder?.text ?? reader.words.pick;
  const shown = h("span", { class: "shown", id: newId("shown") });
  const node = h("button", { type: "button", class: "button select" }, shown, icon("down"));
  const none = { text: { type: "plain_text", text: reader.words.pickNone }, value: null };
  let taken = null;
  const show = (option) => {
    taken = option;
    shown.replaceChildren(...[option ? draw(option.text) : plain(label)].flat());
    shown.classList.toggle("none", !option);
    node.setAttribute("aria-label", option ? `${label}: ${option.text.text}` : label);
  };
  const choose = async (option) => {
    const next = option === none ? null : option;
    if (await take(node, part, scene, valueOf(next))) show(next);
  };
  const all = () => (isOptional && taken ? [{ options: [none] }, ...groups] : groups);
  show(first);
  opens(node, { kind: "listbox", groups: all, chosen: () => taken, label, draw, choose });
  return node;
}

const select = (part, scene) =>
  picker(part, scene, {
    groups: part.option_groups ?? [{ options: part.options }],
    first: scene.standing(part).selected_option,
    valueOf: (option) => ({ selected_option: option }),
  });

function conversations(part, scene) {
  const { include = ["public", "im"], exclude_bot_users: isWithoutBots = false } = part.filter ?? {};
  const isOffered = ({ kind }) => (kind === "im" ? include.includes("im") && !isWithoutBots : include.includes("public"));
  const options = [...scene.reader.channels.values()].filter(isOffered).map(({ id, name, kind }) =>
    ({ text: { type: "plain_text", text: kind === "im" ? name : `#${name}` }, value: id }));
  const { selected_conversation: id } = scene.standing(part);
  return picker(part, scene, {
    groups: [{ options }],
    first: options.find(({ value }) => value === id) ?? null,
    valueOf: (option) => ({ selected_conversation: option?.value ?? null }),
  });
}

const external = (part, scene) =>
  search({
    label: part.placeholder?.text ?? scene.reader.words.search,
    first: scene.standing(part).selected_option,
    leastTyped: part.min_query_length ?? 3, // Slack's own default
    words: scene.reader.words,
    draw: (object) => text(object, scene.reader),
    ask: (typed) => scene.suggest(part, typed),
    choose: (node, option) => take(node, part, scene, { selected_option: option }),
  });

function written(part, scene) {
  const looks = { class: "entry", placeholder: part.placeholder?.text, maxlength: part.max_length, spellcheck: "false" };
  const node = part.multiline ? h("textarea", { ...looks, rows: "3" }) : h("input", { ...looks, type: "text", autocomplete: "off" });
  node.value = scene.standing(part).value ?? "";
  node.addEventListener("input", () => scene.keep(part, { value: node.value || null }));
  node.addEventListener("change", () => take(node, part, scene, { value: node.value || null }));
  return node;
}

/** In the reader's own zone, which is said beside it. */
function moment(part, scene) {
  const { zone } = scene.reader;
  const { selected_date_time: seconds } = scene.standing(part);
  const node = h("input", { class: "entry moment", type: "datetime-local", title: zone });
  if (seconds) node.value = wallOf(seconds, zone);
  const valueOf = () => ({ selected_date_time: node.value ? secondsOf(node.value.slice(0, 16), zone) : null });
  node.addEventListener("input", () => scene.keep(part, valueOf()));
  node.addEventListener("change", () => take(node, part, scene, valueOf()));
  return node;
}

/** Radio buttons and check boxes: all options in sight, `chosenOf(standing)` of them taken. */
function ticked(part, scene, { type, role, chosenOf, valueOf }) {
  const { reader } = scene;
  const name = newId(type);
  const inputs = part.options.map((option, place) => h("input", { type, name, value: place }));
  const chosen = chosenOf(scene.standing(part)).map(({ value }) => value);
  inputs.forEach((input, place) => { input.checked = chosen.includes(part.options[place].value); });
  let before = inputs.map(({ checked }) => checked);
  const node = h("div", { class: "ticks", role }, part.options.map((option, place) =>
    h("label", {}, inputs[place], h("span", {}, text(option.text, reader), option.description && h("small", {}, text(option.description, reader))))));
  node.addEventListener("change", async () => {
    const isTaken = await take(node, part, scene, valueOf(part.options.filter((_, place) => inputs[place].checked)));
    if (isTaken) before = inputs.map(({ checked }) => checked);
    else inputs.forEach((input, place) => { input.checked = before[place]; });
  });
  return node;
}

const ELEMENTS = {
  button,
  overflow,
  static_select: select,
  external_select: external,
  conversations_select: conversations,
  plain_text_input: written,
  datetimepicker: moment,
  radio_buttons: (part, scene) => ticked(part, scene, {
    type: "radio", role: "radiogroup",
    chosenOf: ({ selected_option: option }) => (option ? [option] : []),
    valueOf: ([option = null]) => ({ selected_option: option }),
  }),
  checkboxes: (part, scene) => ticked(part, scene, {
    type: "checkbox", role: "group",
    chosenOf: ({ selected_options: options }) => options,
    valueOf: (options) => ({ selected_options: options }),
  }),
};
