// A view, a modal or a home: its blocks, what stands in their controls, and what is done in it.

import { block } from "./blocks.js";
import { busy, sync } from "./dom.js";
import { initial } from "./elements.js";
import { ask, post } from "./stream.js";

/**
 * Draws a view and follows what is done in it; of the result, `values()` is what stands in its
 * controls, as Slack's `state.values`, and `show(box, view, reader, here)` draws it into `box`, or
 * what changed of it: what was filled in stays where block and control are called the same, as in
 * Slack. `here` is the channel that is looked at, if any.
 *
 * `failed(words)` is called when something done in it fails, with null when something new is done;
 * `kept(place)` when something else stands in the block of that ID.
 */
export function viewing({ failed, kept = () => {} }) {
  let shown = null;
  let user = null;
  let current = null; // the channel that was looked at when the view opened
  let values = {};

  const standing = ({ block_id: place }, { action_id: name }) => values[place]?.[name];
  const keep = ({ block_id: place }, { action_id: name, type }, value) => {
    if (!values[place]?.[name]) return; // a button holds nothing
    values[place] = { ...values[place], [name]: { type, ...value } };
    kept(place);
  };
  const suggest = ({ block_id: place }, { action_id: name }, value) =>
    ask("suggest", { user, view_id: shown.id, block_id: place, action_id: name, value });

  async function act(node, action) {
    const done = busy(node);
    failed(null);
    const error = await post("action", { user, view_id: shown.id, values, ...action });
    if (!error) return;
    done();
    failed(error);
  }

  /** What stands there now: what was filled in, else what Slack knows of, else what the app put there. */
  function settled(view, before) {
    const now = {};
    for (const { block_id: place, parts } of view.blocks.map(controls)) {
      for (const part of parts) {
        const name = part.action_id;
        const old = before[place]?.[name] ?? view.state?.values?.[place]?.[name];
        const fresh = initial(part, current);
        if (!fresh) continue;
        now[place] = { ...now[place], [name]: old?.type === part.type ? old : { type: part.type, ...fresh } };
      }
    }
    return now;
  }

  return {
    values: () => values,
    show(box, view, reader, here) {
      const isSame = shown?.id === view.id && user === reader.me;
      if (!isSame) current = here;
      values = settled(view, isSame ? values : {});
      shown = view;
      user = reader.me;
      const scene = { reader, act, view: { standing, keep, suggest } };
      sync(box, view.blocks.map((one) => ({
        key: one.block_id,
        version: JSON.stringify([view.id, user, one]),
        draw: () => block(one, scene),
      })));
    },
  };
}

function controls({ block_id, type, element, elements, accessory }) {
  return { block_id, parts: { input: [element], actions: elements, section: accessory && [accessory] }[type] ?? [] };
}
