// What the server knows, kept up to date: the state at first, then its events.

const RETRY_MS = 1_000;

/** What the server answers to JSON, or to a form's fields: `{ok: true, …}` or `{ok: false, error}`. */
export async function ask(path, body) {
  const isForm = body instanceof FormData;
  try {
    const reply = await fetch(`local/${path}`, {
      method: "POST",
      headers: isForm ? {} : { "Content-Type": "application/json" },
      body: isForm ? body : JSON.stringify(body),
    });
    if (!reply.ok) return { ok: false, error: `HTTP ${reply.status}: ${await reply.text()}` };
    return await reply.json();
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

/** The same where nothing but its failing matters: an error's words, or null. */
export async function post(path, body) {
  const answer = await ask(path, body);
  return answer.ok ? null : answer.error;
}

/**
 * Follows what `user` may see until the returned function is called.
 *
 * The stream opens first and events are held until the state is there, so that none falls between
 * the two; after a lost connection the state is read again. `onState(state)`, `onEvent(event)`
 * and `onLost()` are called in that order of things.
 */
export function follow(user, { onState, onEvent, onLost }) {
  let source;
  let timer;
  let held = null; // events that came before the state did
  let turn = 0; // which connection the state is being read for

  async function load() {
    const mine = ++turn;
    held = [];
    try {
      const reply = await fetch(`local/state?user=${encodeURIComponent(user)}`);
      if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
      const state = await reply.json();
      if (mine !== turn) return;
      onState(state);
      for (const event of held) onEvent(event);
      held = null;
    } catch {
      if (mine === turn) again();
    }
  }

  function again() {
    turn += 1;
    source.close();
    onLost();
    clearTimeout(timer);
    timer = setTimeout(connect, RETRY_MS);
  }

  function connect() {
    source = new EventSource(`local/events?user=${encodeURIComponent(user)}`);
    source.onopen = load;
    source.onerror = again;
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (held) held.push(event);
      else onEvent(event);
    };
  }

  connect();
  return () => {
    turn += 1;
    clearTimeout(timer);
    source.close();
  };
}
