/**
 * The part of the listener that browsers and React Native have in common: stamps messages of Flinks Connect, keeps
 * them until the collector has them, and sends them in batches. It knows no page, no storage and no network: those
 * are handed in. No method throws.
 *
 * @typedef {object} Event  { id, at, seq, data, s: connectSessionId } as it is kept
 * @typedef {object} Host
 * @property {(body: string, final: boolean) => Promise<{status: number, retryAfter?: number}>} post
 * @property {(kept: object) => void} save      called with what is to outlive the page, and nothing else does
 * @property {() => boolean} online
 * @property {() => string} uuid
 */

const LISTENER = '1';
const BATCH_EVENTS = 50;
const BATCH_BYTES = 60000; // browsers let a closing page send 64 KiB
const KEPT_EVENTS = 500;
const KEPT_MS = 864e5;
const EVENT_CHARS = 8000;
const GATHER_MS = 1000;
const AGAIN_MS = 1000;
const AGAIN_MOST_MS = 60000;

/** Fields by small letters without underscores; whatever else a message holds stays in the page. */
const FIELDS = /^(step|flinkscode|requestid|loginid|url|institution(id|name)?|cached|(total|displayed)accounts|retrycount|count|retries|retry|numberofretries|value|mfatypes?|securitychallenges)$/;

/** What may be told of a value: texts, numbers, flags, and of questions only their type. */
function plain(value, deep) {
  if (typeof value === 'string') return value.length < 2000 ? value : undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return deep ? undefined : value.slice(0, 20).map((one) => plain(one, 1));
  if (value && typeof value === 'object') {
    const told = {};
    for (const name of ['type', 'Type', 'name', 'Name', 'id', 'Id']) {
      if (typeof value[name] !== 'object' && value[name] !== undefined) told[name] = value[name];
    }
    return told;
  }
  return undefined;
}

/** Flinks' message within whatever it was wrapped in, null if it is somebody else's. */
function messageIn(data) {
  for (let layer = 0; layer < 8; layer += 1) {
    if (typeof data === 'string') {
      if (data.length > 65536 || !/step|flinkscode/i.test(data)) return null;
      data = JSON.parse(data);
    } else {
      if (!data || typeof data !== 'object') return null;
      const told = {};
      let ours = false;
      let inner;
      for (const name of Object.keys(data).slice(0, 200)) {
        const bare = name.toLowerCase().replace(/_/g, '');
        if (FIELDS.test(bare)) told[name] = plain(data[name]);
        if ((bare === 'step' || bare === 'flinkscode') && typeof data[name] === 'string') ours = true;
        if (bare === 'data' || bare === 'nativeevent') inner = data[name];
      }
      if (ours) return told;
      data = inner;
    }
  }
  return null;
}

/** Without what is a key to somebody's accounts: that is sent, but not left behind on a disk. */
function unsecret(event) {
  const data = {};
  for (const name of Object.keys(event.data)) {
    if (!/^(login_?id|url)$/i.test(name)) data[name] = event.data[name];
  }
  return Object.assign({}, event, { data });
}

/**
 * @param {Host} host
 * @param {{key: string, release?: string, platform?: string}} options
 * @param {{s?: string, seq?: number, at?: number, dropped?: number, events?: Event[]}} kept  as `save` had it
 */
function createCore(host, options, kept) {
  let session = kept.s || host.uuid();
  let seq = kept.seq || 0;
  let dropped = kept.dropped || 0;
  let queue = [];
  let sending = [];
  let failures = 0;
  let notBefore = 0;
  let timer = 0;
  let most = BATCH_EVENTS;
  let stopped = false;

  function save() {
    host.save({ s: session, seq, at: Date.now(), dropped, events: sending.concat(queue).map(unsecret) });
  }

  function bound() {
    const over = queue.length + sending.length - KEPT_EVENTS;
    if (over > 0) dropped += queue.splice(0, over).length;
  }

  function wake(ms) {
    clearTimeout(timer);
    timer = stopped ? 0 : setTimeout(() => flush(false), Math.max(ms, notBefore - Date.now()));
  }

  /** The body of the next batch, of one visit, and its events. */
  function next(final) {
    const events = [];
    const limit = final ? KEPT_EVENTS : most;
    const head = { v: 1, key: options.key, connect_session_id: queue[0].s, sent_at: new Date().toISOString(),
      listener: LISTENER, release: options.release, platform: options.platform, dropped: dropped || undefined };
    const parts = [];
    let size = JSON.stringify(head).length + 20;
    while (events.length < queue.length && events.length < limit && queue[events.length].s === queue[0].s) {
      const { id, at, seq: number, data } = queue[events.length];
      const part = JSON.stringify({ id, at, seq: number, data });
      size += encodeURIComponent(part).replace(/%../g, '-').length + 1;
      if (events.length && size > BATCH_BYTES) break;
      parts.push(part);
      events.push(queue[events.length]);
    }
    return { events, dropped, body: JSON.stringify(head).slice(0, -1) + ',"events":[' + parts.join(',') + ']}' };
  }

  /** Sends what there is, unless the collector asked to wait; `final`: the page may be gone in a moment. */
  function flush(final) {
    clearTimeout(timer);
    timer = 0;
    try {
      if (final && sending.length && !sending.final) {
        // Its request may die with the page. A copy does no harm.
        queue = sending.concat(queue);
        sending = [];
      }
      if (stopped || sending.length || !queue.length) return;
      if (Date.now() < notBefore) return wake(0);
      if (!host.online()) return;
      send(final);
    } catch (_) { /* never into the page */ }
  }

  function send(final) {
    const batch = next(final);
    const events = batch.events;
    sending = events.slice();
    sending.final = final;
    queue = queue.slice(events.length);
    const mine = sending;
    host.post(batch.body, final).then((answer) => {
      if (mine !== sending) return settle(answer.status === 200 ? events : []);
      sending = [];
      if (answer.status === 200) {
        failures = 0;
        dropped -= batch.dropped;
        most = BATCH_EVENTS;
        settle(events);
        if (queue.length) wake(queue.length < most ? GATHER_MS : 0);
      } else if (answer.status === 413 && events.length > 1) {
        queue = events.concat(queue);
        most = Math.ceil(events.length / 2);
        wake(0);
      } else if (answer.status === 400 || answer.status === 413) {
        dropped += events.length;
        settle(events);
        if (queue.length) wake(0);
      } else {
        queue = events.concat(queue);
        later(answer.retryAfter || 0);
      }
    }).catch(() => {
      if (mine !== sending) return;
      sending = [];
      queue = events.concat(queue);
      later(0);
    });
  }

  function settle(events) {
    queue = queue.filter((event) => !events.some((done) => done.id === event.id));
    save();
  }

  /** Not all at the same moment: whoever was refused together would come back together. */
  function later(retryAfter) {
    failures += 1;
    const wait = Math.max(retryAfter * 1000, Math.min(AGAIN_MS * 2 ** (failures - 1), AGAIN_MOST_MS));
    notBefore = Date.now() + wait * (1 + Math.random() / 2);
    bound();
    save();
    wake(0);
  }

  /** Takes what another page left behind. */
  function adopt(box) {
    const young = (box.events || []).filter((event) => Date.now() - Date.parse(event.at) < KEPT_MS);
    dropped += (box.dropped || 0) + (box.events || []).length - young.length;
    queue = young.concat(queue);
    bound();
    if (queue.length) wake(GATHER_MS);
  }

  adopt({ events: kept.events });

  return {
    id: () => session,
    adopt,
    flush,
    /** A message that was posted to the page, if it is Flinks'. */
    add(posted) {
      try {
        const data = stopped ? null : messageIn(posted);
        if (!data) return;
        seq += 1;
        const event = { id: host.uuid(), at: new Date().toISOString(), seq, s: session, data };
        if (JSON.stringify(data).length > EVENT_CHARS) {
          dropped += 1;
          return;
        }
        queue.push(event);
        bound();
        save();
        const urgent = data.step === 'REDIRECT' || data.step === 'COMPONENT_CLOSE_SESSION' || queue.length >= most;
        if (urgent) flush(false);
        else if (!timer) wake(GATHER_MS);
      } catch (_) { /* never into the page */ }
    },
    /** The connection is back. */
    online() {
      if (queue.length) wake(Math.random() * GATHER_MS);
    },
    stop() {
      flush(true);
      stopped = true;
      clearTimeout(timer);
    },
  };
}
