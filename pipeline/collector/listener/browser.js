/** The listener in a page: messages of Flinks' iframe in, batches to the collector out. */

const RUNNING = Symbol.for('flinks-pipeline.listener');
const BOX = 'flinks-pipeline.';
const ABANDONED_MS = 60000;
const SESSION_MS = 72e5;
const TIMEOUT_MS = 20000;
const ORIGINS = ['*.private.fin.ag', '*.flinks.com'];

/** '*.host' is every https host that ends so; anything else is one whole origin. */
function isFlinks(origin, listed) {
  return listed.some((one) => {
    if (one[0] !== '*') return origin === one;
    const host = /^https:\/\/([^/:]+)$/.exec(origin);
    return host !== null && host[1].endsWith(one.slice(1));
  });
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A storage that is full, forbidden or not there is as good as an empty one. */
function quietly(work) {
  try {
    return work();
  } catch (_) {
    return undefined;
  }
}

function read(storage, name) {
  return quietly(() => JSON.parse(window[storage].getItem(name))) || {};
}

/** Sends while the page lives, and as it goes; what a beacon carries is sent again, for nobody knows if it arrived. */
function post(endpoint, body, final) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  if (final && !('keepalive' in Request.prototype)) {
    navigator.sendBeacon(endpoint, body);
    return Promise.reject(new Error());
  }
  return fetch(endpoint, {
    method: 'POST', body, mode: 'cors', credentials: 'omit', keepalive: final, signal: abort.signal,
    headers: { 'Content-Type': 'text/plain' },
  }).then((answer) => {
    clearTimeout(timer);
    return { status: answer.status, retryAfter: Number(answer.headers.get('Retry-After')) || 0 };
  });
}

/** See listener.d.ts. */
function start(options) {
  return quietly(() => {
    if (window[RUNNING]) return window[RUNNING];
    const given = Object.assign({}, defaults, options);
    const keep = given.persist !== false;
    const tab = keep ? read('sessionStorage', BOX + 'visit') : {};
    const resumed = tab.s && Date.now() - tab.at < SESSION_MS ? tab : {};
    const box = BOX + (resumed.s || uuid());
    const kept = Object.assign({}, keep ? read('localStorage', box) : {}, resumed, { s: box.slice(BOX.length) });
    const core = createCore({
      uuid,
      online: () => navigator.onLine !== false,
      post: (body, final) => post(given.endpoint, body, final),
      save: (now) => keep && quietly(() => {
        sessionStorage.setItem(BOX + 'visit', JSON.stringify({ s: now.s, seq: now.seq, at: now.at }));
        if (now.events.length || now.dropped) localStorage.setItem(box, JSON.stringify(now));
        else localStorage.removeItem(box);
      }),
    }, given, kept);
    const listed = (given.origins || []).concat(ORIGINS);
    const heard = {
      message: (event) => isFlinks(event.origin, listed) && core.add(event.data),
      online: () => core.online(),
      pagehide: () => core.flush(true),
      visibilitychange: () => document.visibilityState === 'hidden' && core.flush(true),
    };
    // On capture, so that no handler of the page keeps a message from us.
    for (const name of Object.keys(heard)) addEventListener(name, heard[name], true);
    if (keep) setTimeout(() => quietly(() => takeAbandoned(core, box)), 0);
    window[RUNNING] = {
      connectSessionId: core.id(),
      stop() {
        quietly(() => {
          for (const name of Object.keys(heard)) removeEventListener(name, heard[name], true);
          core.stop();
          delete window[RUNNING];
        });
      },
    };
    return window[RUNNING];
  });
}

function stop() {
  if (window[RUNNING]) window[RUNNING].stop();
}

/** What pages left behind that were closed, killed or offline. Two that take the same send copies: no harm. */
function takeAbandoned(core, own) {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(BOX) && name !== own) {
      const left = read('localStorage', name);
      if (!(Date.now() - left.at < ABANDONED_MS)) {
        localStorage.removeItem(name);
        core.adopt(left);
      }
    }
  }
}
