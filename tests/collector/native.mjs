// The listener of React Native in Node, against a real collector:   node native.mjs MODULE ENDPOINT KEY
// Storage, AppState and killing are played, as React Native hands them in. Prints what happened as JSON.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [module, endpoint, key] = process.argv.slice(2);
const file = join(mkdtempSync(join(tmpdir(), 'native-')), 'module.mjs');
writeFileSync(file, readFileSync(module));
const { createListener } = await import(file);

/** AsyncStorage: answers later, and outlives the app. */
class Storage {
  kept = {};

  async getItem(name) {
    await new Promise(setImmediate);
    return this.kept[name] ?? null;
  }

  async setItem(name, value) {
    await new Promise(setImmediate);
    this.kept[name] = value;
  }
}

class AppState {
  heard = new Set();

  addEventListener(_, heard) {
    this.heard.add(heard);
    return { remove: () => this.heard.delete(heard) };
  }

  go(state) {
    this.heard.forEach((heard) => heard(state));
  }
}

const message = (data, url = 'https://demo.private.fin.ag/v2/') => (
  { nativeEvent: { data: JSON.stringify(data), url } });

async function eventually(true_) {
  const end = Date.now() + 15000;
  while (!true_()) {
    assert.ok(Date.now() < end, `not in time: ${JSON.stringify({ bodies, kept: storage.kept })}`);
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

const bodies = [];
let answers = 0;
let network = 'fine';

/** The device's network: React Native sends no Origin. */
async function send(url, what) {
  const now = network;
  if (now === 'gone') throw new TypeError('Network request failed');
  bodies.push(JSON.parse(what.body));
  const answer = await fetch(url, what);
  if (now === 'deaf') throw new TypeError('Network request failed');
  answers += 1;
  return answer;
}

const storage = new Storage();
const options = () => ({ key, endpoint, platform: 'ios', release: '3.2', storage, fetch: send, appState: new AppState() });
const kept = () => JSON.parse(storage.kept['flinks-pipeline.kept'] ?? '{"events":[]}').events;

// What comes before the storage has answered is not lost; strangers are not heard; the background sends at once.
const first = options();
const one = createListener(first);
one.start();
one.start();
one.onMessage(message({ step: 'APP_MOUNTED' }));
one.onMessage(message({ step: 'POPUP_BLOCKED' }, 'https://private.fin.ag.evil.com/'));
one.onMessage(message({ step: 'POPUP_BLOCKED' }, 'https://evil.com/#.private.fin.ag'));
one.onMessage({});
one.onMessage({ nativeEvent: { data: '{' } });
await eventually(() => one.connectSessionId());
const visit = one.connectSessionId();
one.onMessage({ nativeEvent: { data: { step: 'INSTITUTION_SELECTED', institution: 'RBC' } } });
first.appState.go('background');
await eventually(() => answers === 1 && kept().length === 0);
assert.deepEqual(bodies[0].events.map((event) => event.data.step), ['APP_MOUNTED', 'INSTITUTION_SELECTED']);
assert.equal(bodies[0].platform, 'ios');

// Killed in the background without a network: the next start sends it, under its own visit.
network = 'gone';
one.onMessage(message({ step: 'REDIRECT', loginId: 'b92b2bbd-31f8-4e36-795b-08db4111f24d', institution: 'RBC' }));
first.appState.go('background');
await eventually(() => kept().length === 1 && kept()[0].data.step === 'REDIRECT');
assert.ok(!JSON.stringify(storage.kept).includes('b92b2bbd'));
one.stop(); // as far as Node can kill: nothing of it goes on
assert.equal(first.appState.heard.size, 0);
network = 'fine';
const two = createListener(options());
two.start();
await eventually(() => answers === 2 && kept().length === 0);
assert.equal(bodies[1].connect_session_id, visit);
assert.notEqual(two.connectSessionId(), visit);

// An answer that is lost: the same is sent again.
network = 'deaf';
two.onMessage(message({ step: 'COMPONENT_CLOSE_SESSION' }));
await eventually(() => bodies.length === 3);
network = 'fine';
await eventually(() => answers === 3 && kept().length === 0);
assert.deepEqual(bodies[3].events, bodies[2].events);
two.stop();

// A storage that fails, and none at all.
for (const given of [{ storage: { getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } } },
  { storage: undefined }, { persist: false, storage }]) {
  const three = createListener({ ...options(), ...given });
  three.start();
  three.onMessage(message({ step: 'COMPONENT_CLOSE_SESSION' }));
  const before = bodies.length;
  await eventually(() => bodies.length === before + 1);
  three.stop();
}
console.log(JSON.stringify({ visit, ids: bodies.flatMap((body) => body.events.map((event) => event.id)) }));
