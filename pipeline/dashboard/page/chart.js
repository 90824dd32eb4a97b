// A small chart: attempts by minute, and of them those that connected. The gap between is what fails.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;

function part(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** An empty chart, so many units high. */
export function chart(height) {
  const svg = part("svg", { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", role: "img" });
  svg.append(part("path", { class: "attempts" }), part("path", { class: "completions" }));
  svg.dataset.height = height;
  return svg;
}

/** Draws whole minutes: the last one is not over yet, and would look like a fall. */
export function draw(svg, series, told) {
  const height = Number(svg.dataset.height);
  const highest = Math.max(...series.attempts, ...series.completions);
  for (const name of ["attempts", "completions"]) {
    const values = series[name].slice(0, -1);
    const step = WIDTH / Math.max(1, values.length - 1);
    const points = values.map((value, place) => [place * step, height - (value / Math.max(1, highest)) * (height - 1)]);
    const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
    svg.querySelector(`.${name}`).setAttribute("d", `M0,${height}L${line}L${WIDTH},${height}Z`);
  }
  if (svg.getAttribute("aria-label") !== told) svg.setAttribute("aria-label", told);
  return highest;
}
