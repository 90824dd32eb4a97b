/**
 * The listener in a React Native app, which shows Flinks Connect in a WebView. See listener-native.d.ts.
 * Messages that come before the storage has answered wait for it.
 */

const KEPT = 'flinks-pipeline.kept';
const TIMEOUT_MS = 20000;
const ORIGINS = ['.private.fin.ag', '.flinks.com'];

function uuid() {
  let text = '';
  for (let place = 0; place < 36; place += 1) {
    const digit = Math.floor(Math.random() * 16).toString(16);
    text += '-'.repeat([8, 13, 18, 23].includes(place)) || digit;
  }
  return text;
}

/** The page in the WebView is Flinks', or the WebView does not tell. */
function isFlinks(url) {
  const host = /^https:\/\/([^/:?#@]+)(?=[/?#]|$)/.exec(url || '');
  return !url || (host !== null && ORIGINS.some((one) => host[1].endsWith(one)));
}

function post(send, endpoint, body) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, TIMEOUT_MS);
    send(endpoint, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } }).then((answer) => {
      resolve({ status: answer.status, retryAfter: Number(answer.headers.get('Retry-After')) || 0 });
    }, reject).then(() => clearTimeout(timer));
  });
}

export function createListener(options) {
  const storage = options.persist === false ? null : options.storage;
  const send = options.fetch || ((url, what) => fetch(url, what));
  let core = null;
  let running = false;
  let early = [];
  let watching = null;
  let written = Promise.resolve();
  let unwritten = null;

  /** One write after the other, and of those that wait only the last. */
  function save(kept) {
    if (!storage) return;
    if (!unwritten) {
      written = written.then(() => {
        const text = JSON.stringify(unwritten);
        unwritten = null;
        return storage.setItem(KEPT, text);
      }).catch(() => {});
    }
    unwritten = kept;
  }

  function begin(kept) {
    core = createCore({ uuid, save, online: () => true, post: (body) => post(send, options.endpoint, body) },
      options, { dropped: kept.dropped, events: kept.events });
    early.splice(0).forEach((data) => core.add(data));
  }

  return {
    start() {
      if (running) return;
      running = true;
      if (core) core = null;
      if (options.appState) {
        watching = options.appState.addEventListener('change', (state) => core && (state === 'active'
          ? core.online() : core.flush(true)));
      }
      const kept = storage ? Promise.resolve().then(() => storage.getItem(KEPT)).then(JSON.parse) : Promise.resolve({});
      kept.catch(() => ({})).then((found) => running && begin(found || {}));
    },
    stop() {
      running = false;
      early = [];
      if (watching && watching.remove) watching.remove();
      if (core) core.stop();
    },
    connectSessionId: () => core && core.id(),
    /** Give it to the WebView: onMessage={listener.onMessage}. */
    onMessage(event) {
      try {
        const told = event.nativeEvent;
        if (!running || !isFlinks(told.url)) return;
        if (core) core.add(told.data);
        else if (early.length < 100) early.push(told.data);
      } catch (_) { /* never into the app */ }
    },
  };
}
