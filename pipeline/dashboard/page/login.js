// Says why the form is shown again.
const SAID = {
  "?wrong": "This is not the token.",
  "?wait": "Too many wrong tokens. Wait a minute.",
};
document.getElementById("problem").textContent = SAID[location.search] ?? "";
