// The filters; what is chosen stands in the page's address, so that a reload or a colleague sees the same.

import { by, el } from "./dom.js";

const NAMES = ["app", "platform", "release"];
const form = by("filters");

/** What is chosen, as the address has it. */
export function chosen() {
  const asked = new URLSearchParams(location.search);
  return new URLSearchParams(NAMES.filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]));
}

/** What there is to choose from. */
export function filters({ filters: known }) {
  const now = chosen();
  for (const name of NAMES) {
    const values = [...new Set([...known[name], ...now.getAll(name)])].sort();
    const select = form.elements[name];
    if ([...select.options].slice(1).map((each) => each.value).join("\n") !== values.join("\n")) {
      select.replaceChildren(select.options[0], ...values.map((value) => el("option", { value }, value)));
    }
    if (document.activeElement !== select) select.value = now.get(name) ?? "";
  }
}

/** Calls back when something else is chosen. */
export function whenChosen(callback) {
  form.addEventListener("change", () => {
    const next = new URLSearchParams(NAMES.filter((name) => form.elements[name].value)
      .map((name) => [name, form.elements[name].value]));
    history.replaceState(null, "", next.size > 0 ? `?${next}` : location.pathname);
    callback();
  });
}
