const tag = document.currentScript;
const told = tag ? tag.dataset : {};
const defaults = {
  key: told.key,
  endpoint: told.endpoint || (tag && tag.src.replace(/\/listener\.js.*$/, '/v1/events')),
  release: told.release,
  origins: told.origins && told.origins.split(/[ ,]+/),
  persist: told.persist !== 'false',
};
window.FlinksListener = { start, stop };
if (told.key && told.start !== 'manual') start();
