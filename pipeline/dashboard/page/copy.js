// A button that copies a text.

import { by, el, say } from "./dom.js";

/** Copies what `what` gives when it is pressed, and says so for a moment. */
export function copyButton(what) {
  const button = el("button", { type: "button", "aria-label": "Copy this text", onclick: () => copy(what()).then(done) }, "Copy");
  const done = (text) => {
    say(button, text);
    say(by("copied"), text);
    setTimeout(() => { say(button, "Copy"); say(by("copied"), ""); }, 2000);
  };
  return button;
}

/** Browsers give a clipboard to https and localhost only; elsewhere there is the old way. */
async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
  }
  const area = el("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const did = document.execCommand("copy");
  area.remove();
  return did ? "Copied" : "Not allowed";
}
