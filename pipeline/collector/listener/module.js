const defaults = { endpoint: import.meta.url.replace(/\/listener\.mjs.*$/, '/v1/events') };
export { start, stop };
