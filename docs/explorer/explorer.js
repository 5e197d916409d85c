// The ablation explorer: choose what is left out, guess, look. EXPLORER comes from data.js, which
// tools/explorer.py writes; the sheets of pictures beside it are read when they are shown.
(() => {
const HERE = document.currentScript.src.replace(/[^/]*$/, "");
const WAYS = { horse2zebra: ["horse", "zebra"], zebra2horse: ["zebra", "horse"] };
const LOSSES = {
  d_a: "D_A judges horses", d_b: "D_B judges zebras",
  adv_ab: "horse to zebra fools D_B", adv_ba: "zebra to horse fools D_A",
  cycle_a: "horse, zebra, horse closes", cycle_b: "zebra, horse, zebra closes",
  identity_a: "a horse stays as it is", identity_b: "a zebra stays as it is",
};
const MEASURES = {  // title, and what is wanted
  striped: ["Stripes", way => way === "horse2zebra" ? "1 is right" : "0 is right"],
  error_inside: ["Error on the animal", () => "less is better"],
  background_change: ["Change of the landscape", () => "less is better"],
  outline: ["Outline", () => "more is better"],
  round_trip: ["Error of the way back", () => "less is better"],
};
const GUESSES = {  // what a reader can expect, and the measures that decide
  coat: ["the animal's new coat",
    way => way === "horse2zebra" ? ["striped", "error_inside"] : ["error_inside"]],
  landscape: ["the landscape behind it", () => ["background_change"]],
  outline: ["the outline of the animal", () => ["outline"]],
  back: ["the way back to the original", () => ["round_trip"]],
  nothing: ["nothing that one could measure", () => []],
};
const state = { id: "without-cycle", way: "horse2zebra", seed: 0, guess: "", answered: new Set() };
const conditions = new Map(EXPLORER.conditions.map(condition => [condition.id, condition]));
const root = document.getElementById("explorer");
const find = name => root.querySelector(`[data-part="${name}"]`);
const mean = numbers => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const fixed = (x, digits = 2) => x.toFixed(digits).replace(/^-(0\.0+)$/, "$1").replace("-", "\u2212");
const upper = text => text[0].toUpperCase() + text.slice(1);

function radios(name, options, chosen) {
  return Object.entries(options).map(([value, label]) => `<label><input type="radio"
    name="explorer-${name}" value="${value}" ${value === String(chosen) ? "checked" : ""}>
    <span>${label}</span></label>`).join("");
}

function skeleton() {
  const groups = new Set(EXPLORER.conditions.map(condition => condition.group));
  const options = [...groups].map(group => `<optgroup label="${group}">${EXPLORER.conditions
    .filter(condition => condition.group === group)
    .map(({ id, name }) => `<option value="${id}">${name}</option>`).join("")}</optgroup>`).join("");
  root.innerHTML = `
    <div class="ex-controls">
      <label class="ex-select">What is left out or changed?
        <select data-part="condition">${options}</select></label>
      <div class="ex-steps"><button type="button" data-part="previous">Previous</button>
        <button type="button" data-part="next">Next</button></div>
      <fieldset><legend>Direction</legend><div data-part="way">${radios("way",
        { horse2zebra: "horse to zebra", zebra2horse: "zebra to horse" }, state.way)}</div></fieldset>
      <fieldset><legend>Seed</legend><div data-part="seed"></div></fieldset>
      <label class="ex-ask"><input type="checkbox" data-part="ask" checked> ask me first</label>
    </div>
    <ul class="ex-losses" data-part="losses" aria-label="The eight losses and their weights"></ul>
    <form class="ex-question" data-part="question"><fieldset>
      <legend data-part="asked"></legend><div class="ex-guesses" data-part="guess"></div></fieldset>
      <button type="submit">Show me</button></form>
    <div class="ex-answer" role="status" tabindex="-1" data-part="answer"></div>
    <div class="ex-pictures" data-part="pictures"></div>
    <div data-part="facts">
      <h2>The numbers, a dot a seed</h2>
      <p class="ex-key" data-part="key"></p>
      <table class="ex-numbers" data-part="numbers"></table>
      <h2>The losses while it trained</h2>
      <p>Seed <span data-part="said-seed"></span>, 3,000 steps from left to right.</p>
      <div class="ex-curves" data-part="curves"></div>
    </div>`;
}

// One picture of a sheet of six by four. Columns 0 to 2 are horses, 3 to 5 zebras.
function picture(id, row, column, alt) {
  const sheet = `${HERE}${id}-${state.seed}.webp`;
  const place = `${column * 20}% ${row * 100 / 3}%`;
  return `<div class="ex-picture" role="img" aria-label="${alt}"
    style="background-image: url('${sheet}'); background-position: ${place}"></div>`;
}

function pictures(condition, hidden) {
  const [from, to] = WAYS[state.way], first = state.way === "horse2zebra" ? 0 : 3;
  const same = condition.same_world, { id, base } = condition;
  const columns = [
    [`the ${from}`, id, 0, ""],
    [`its ${to}, this run`, id, 1, "this"], same && [`its ${to}, all eight`, base, 1, "base"],
    [`the true ${to}`, id, 3, ""],
    ["and back, this run", id, 2, "this"], same && ["and back, all eight", base, 2, "base"],
  ].filter(Boolean);
  find("pictures").innerHTML = columns.map(([title, run, row, kind]) => `
    <figure class="${kind}"><figcaption>${upper(title)}</figcaption>${[0, 1, 2].map(k =>
      hidden && kind === "this" ? '<div class="ex-picture ex-hidden" aria-hidden="true">?</div>'
        : picture(run, row, first + k, `${upper(from)} ${k + 1}: ${title}`)).join("")}
    </figure>`).join("");
}

// What one can guess, and for each seed whether it got worse.
function worse(condition) {
  const lost = condition[state.way];
  return Object.fromEntries(Object.entries(GUESSES).map(([guess, [, measures]]) => [guess,
    lost.outline.map((_, seed) => measures(state.way).some(measure => lost[measure][seed]))]));
}

function verdict(seeds, guess) {
  const all = found => found.every(Boolean), some = found => found.some(Boolean);
  if (!guess) return "";
  if (guess !== "nothing") return (all(seeds[guess]) ? "Yes, " : some(seeds[guess]) ? "In some seeds: "
    : "No, not ") + GUESSES[guess][0] + ".";
  const found = Object.values(seeds);
  return found.some(all) ? "Something is missing, after all." : found.some(some)
    ? "In some seeds something is missing." : "Right, nothing that is measured here.";
}

function answer(condition) {
  if (condition.ask) return `<p>${condition.why}</p>`;
  const seeds = worse(condition), { nothing, ...lost } = seeds;
  const rows = Object.entries(lost).map(([guess, found]) => {
    const where = found.flatMap((is, seed) => is ? [seed] : []), part = where.length % found.length;
    return `<li class="${where.length && !part ? "all" : ""}"><b>${upper(GUESSES[guess][0])}</b>
      <span class="ex-seeds" aria-hidden="true">${found.map(is => is ? "●" : "○").join("")}</span>
      <span>worse in ${where.length} of ${found.length} seeds${part ? ` (${where.join(", ")})` : ""}</span>
      </li>`;
  }).join("");
  return `<p><strong>${verdict(seeds, state.guess)}</strong> ${condition.why}</p><ul>${rows}</ul>`;
}

function losses(condition) {
  const weights = EXPLORER.runs[condition.id].weights, usual = EXPLORER.runs.all.weights;
  find("losses").innerHTML = Object.entries(LOSSES).map(([loss, words]) => {
    const weight = weights[loss];
    const kind = !weight ? "out" : weight !== usual[loss] ? "changed" : "";
    return `<li class="${kind}"><span>${words}</span> <b>${weight ? `× ${weight}` : "left out"}</b></li>`;
  }).join("");
}

// The range of a measure over all runs and both directions, so that strips can be compared.
const ranges = Object.fromEntries(Object.keys(MEASURES).map(measure => {
  const all = Object.values(EXPLORER.runs).flatMap(run => Object.keys(WAYS).flatMap(way =>
    [...run[way][measure], ...["nothing", "truth"].map(a => run[way].anchors[a][measure] ?? 0)]));
  return [measure, [Math.min(...all), Math.max(...all)]];
}));

function strip(measure, own, base, anchors) {
  const [low, high] = ranges[measure], x = value => 8 + 284 * (value - low) / (high - low);
  const dots = (numbers, y, kind) => numbers.map(value =>
    `<circle class="${kind}" cx="${x(value)}" cy="${y}" r="5"/>`).join("");
  const truth = anchors.truth[measure] ?? 0, nothing = anchors.nothing[measure];
  const lines = `<line class="truth" x1="${x(truth)}" x2="${x(truth)}" y1="1" y2="39"/>` +
    (nothing === undefined ? ""
      : `<line class="nothing" x1="${x(nothing)}" x2="${x(nothing)}" y1="1" y2="39"/>`);
  return `<svg viewBox="0 0 300 40" aria-hidden="true"><line class="axis" x1="0" x2="300" y1="20" y2="20"/>
    ${lines}${dots(base, 29, "base")}${dots(own, 11, "this")}</svg>`;
}

function numbers(condition) {
  const own = EXPLORER.runs[condition.id][state.way], base = EXPLORER.runs[condition.base][state.way];
  const other = condition.same_world ? "all eight" : "all eight, plain world";
  const cell = some => `<td>${fixed(mean(some))}<small>${fixed(Math.min(...some))} to
    ${fixed(Math.max(...some))}</small></td>`;
  const rows = Object.entries(MEASURES).map(([measure, [title, wanted]]) => `<tr>
    <th scope="row">${title} <small>${wanted(state.way)}</small>${strip(measure, own[measure],
      base[measure], own.anchors)}</th>${cell(own[measure])}${cell(base[measure])}</tr>`).join("");
  find("key").innerHTML = `<span class="this">this run</span> <span class="base">${other}</span>
    <span class="truth">the truth</span> <span class="nothing">doing nothing</span>`;
  find("numbers").innerHTML = `<caption>Mean over the seeds, and lowest to highest</caption><thead>
    <tr><th scope="col">Measure</th><th scope="col">This run</th><th scope="col">${upper(other)}</th>
    </tr></thead><tbody>${rows}</tbody>`;
}

function curves(condition) {
  const own = EXPLORER.runs[condition.id], base = EXPLORER.runs[condition.base];
  const k = own.seeds.indexOf(state.seed);
  find("said-seed").textContent = state.seed;
  find("curves").innerHTML = Object.entries(LOSSES).map(([loss, words]) => {
    const [a, b] = [own, base].map(run => run.losses[k][loss]);
    const measured = a.some(Boolean), top = Math.max(...a, ...b), last = some => fixed(some.at(-1));
    const line = (some, kind) => `<polyline class="${kind}" points="${some.map((value, i) =>
      `${i * 160 / (some.length - 1)},${78 - 74 * value / top}`).join(" ")}"/>`;
    const ends = `${measured ? `ends at ${last(a)}` : "not measured"}, all eight at ${last(b)}`;
    return `<figure><figcaption>${words}${own.weights[loss] ? "" : " <em>(left out)</em>"}</figcaption>
      <svg viewBox="0 0 160 80" role="img" aria-label="${words}: ${ends}"><line class="axis" x1="0" x2="160"
      y1="78" y2="78"/>${line(b, "base")}${measured ? line(a, "this") : ""}</svg>
      <small>0 to ${fixed(top)}; ${ends}</small>
      </figure>`;
  }).join("");
}

function show() {
  const condition = conditions.get(state.id), run = EXPLORER.runs[state.id];
  if (!run.seeds.includes(state.seed)) state.seed = 0;
  const asked = `${state.id} ${state.way}`;
  const hidden = find("ask").checked && !state.answered.has(asked);
  find("condition").value = state.id;
  find("seed").innerHTML = radios("seed", Object.fromEntries(run.seeds.map(s => [s, s])), state.seed);
  find("asked").textContent = condition.ask ?? `${upper(condition.name)}: what will be missing?`;
  find("guess").innerHTML = condition.ask ? "" : radios("guess", Object.fromEntries(
    Object.entries(GUESSES).map(([guess, [title]]) => [guess, title])), state.guess);
  find("question").hidden = !hidden;
  find("answer").innerHTML = hidden ? "" : answer(condition);
  find("facts").hidden = hidden;
  losses(condition);
  pictures(condition, hidden);
  if (!hidden) { numbers(condition); curves(condition); }
}

function choose(changes) {
  Object.assign(state, changes);
  if ("id" in changes || "way" in changes) state.guess = "";
  if ("id" in changes) history.replaceState(null, "", `#${state.id}`);
  show();
}

function refocus(part) {  // a group that was drawn anew keeps the keyboard's place
  find(part).querySelector("input:checked")?.focus();
}

function start() {
  skeleton();
  const ids = [...conditions.keys()], wanted = location.hash.slice(1);
  const step = by => choose({ id: ids.at((ids.indexOf(state.id) + by) % ids.length) });
  find("condition").addEventListener("change", event => choose({ id: event.target.value }));
  find("previous").addEventListener("click", () => step(-1));
  find("next").addEventListener("click", () => step(1));
  find("way").addEventListener("change", event => choose({ way: event.target.value }));
  find("seed").addEventListener("change", event => {
    choose({ seed: Number(event.target.value) });
    refocus("seed");
  });
  find("ask").addEventListener("change", () => { state.answered.clear(); show(); });
  find("guess").addEventListener("change", event => { state.guess = event.target.value; });
  find("question").addEventListener("submit", event => {
    event.preventDefault();
    state.answered.add(`${state.id} ${state.way}`);
    show();
    find("answer").focus({ preventScroll: true });
  });
  if (conditions.has(wanted)) state.id = wanted;
  show();
}

start();
})();
