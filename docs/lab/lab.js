// The page around engine.js and world.js: controls, two planes, eight curves, four guided scenes.
"use strict";
(function () {

const { LOSSES, WORLDS, SCENES, STEPS, Run, output } = self.CycleGAN;
const home = document.getElementById("lab");
const ROUND = m => `the way back misses by ${m.miss.toFixed(2)}`;

const TEXTS = [{
  name: "All eight",
  question: "All eight losses are on. Will each blob of A find the B with its own number?",
  guesses: ["Yes, and the way back as well", "Some of them", "No"], right: 0,
  answer: m => `It learns: ${m.right} of 8 blobs arrive at their own number, and ${ROUND(m)}, which
    is next to nothing. Three kinds of losses did that together. The next scenes take away one kind
    each. What is it good for?`,
}, {
  name: "Without identity",
  question: "The round trip must still close, from A to B and home again. Does that promise the right pairs?",
  guesses: ["Yes: who comes home had the right partner", "No: the partners can be wrong",
            "The trip will not even close"], right: 1,
  answer: m => `Follow the lines. Every trip comes home, and yet ${m.right} of 8 blobs found their
    own number: the ring is ${m.pairing}. One network moves the ring to the wrong place, the other one moves it back,
    and no loss complains. <strong>A closed cycle promises a way home. It does not promise the right
    pairs.</strong> Another start picks another wrong answer: try five.`,
}, {
  name: "Without cycle",
  question: "Identity is back, and nobody asks for the way home. What will be worse?",
  guesses: ["The pairs", "The way home", "Nothing"], right: 1,
  answer: m => `${m.right} of 8 blobs find their own number. Identity asks each network to leave
    alone what looks right already, so it moves everything as little as it can and ends at the
    nearest blob. Here the nearest one happens to be right. But ${ROUND(m)}: at least three
    times as far as with the cycle. Many points of a blob land on one spot, and from there no way leads back to
    where each of them was.`,
}, {
  name: "Without adversary",
  question: "The discriminators still watch, but the generators do not listen. What happens to A?",
  guesses: ["It still goes to B, less exactly", "It stays where it is", "It flies apart"], right: 1,
  answer: m => `Nothing moves: a point and its fake are ${m.moved.toFixed(2)} apart. If you leave
    everything alone, the round trip is closed and identity is perfect. Only the adversarial losses
    ask for a B. Now reset, switch on <code>adv_ab</code> alone and press Play: which way moves?`,
}];

const KINDS = [["adv", "Adversarial", "ab", "ba"], ["cycle", "Cycle", "a", "b"],
               ["identity", "Identity", "a", "b"], ["d", "Discriminators", "a", "b"]];
const slider = (id, text, min, max, step, value) =>
  `<label><span>${text} <output id="lab-${id}-is"></output></span>
   <input id="lab-${id}" type="range" min="${min}" max="${max}" step="${step}" value="${value}"></label>`;
const tick = (id, text, on = "checked") =>
  `<label class="tick"><input id="lab-${id}" type="checkbox" ${on}>${text}</label>`;
const radios = (name, items, chosen) => items.map((text, k) =>
  `<label class="tick"><input type="radio" name="lab-${name}" value="${k}" ${k === chosen ? "checked" : ""}>
   <span>${text}</span></label>`).join("");
const plane = (side, other) => `<figure><figcaption>From ${side} to ${other}</figcaption>
  <canvas class="plane" id="lab-${side}" role="img" aria-describedby="lab-said"
   aria-label="Plane: points of ${side}, their fakes of ${other}, and the way back"></canvas></figure>`;
const curve = ([kind, title, ...sides]) => `<div class="curve"><strong>${title}</strong>
  <canvas id="lab-curve-${kind}" role="img" aria-label="Curves of the two ${title.toLowerCase()} losses"></canvas>
  ${sides.map((s, k) => `<label class="${k ? "second" : "first"}">
    <input type="checkbox" id="lab-on-${kind}_${s}" checked><span><i></i>${kind}_${s}</span>
    <output id="lab-loss-${kind}_${s}"></output></label>`).join("")}</div>`;

home.innerHTML = `
<div class="scenes" role="group" aria-label="Guided scenes">${TEXTS.map((t, k) =>
  `<button data-scene="${k}" aria-pressed="false">${k + 1} ${t.name}</button>`).join("")}</div>
<section class="panel" aria-label="Scene">
  <p class="question" id="lab-question"></p>
  <fieldset class="guesses"><legend>Your prediction</legend><span id="lab-guesses"></span></fieldset>
  <div class="strip"><button class="main" id="lab-go">Run it: ${STEPS} steps</button>
    <span id="lab-said" role="status"></span></div>
</section>
<fieldset class="view"><legend>Show</legend>
  <span class="strip">${radios("view", ["from A to B", "from B to A"], 0)}</span></fieldset>
<div class="planes" data-view="A">${plane("A", "B")}${plane("B", "A")}</div>
<section class="panel" id="lab-result" aria-label="Answer" hidden>
  <div class="answer" id="lab-answer"></div>
  <div class="strip"><button id="lab-try">Try five starts</button></div>
  <div class="five" id="lab-five"></div>
</section>
<p class="key"><span><b class="first">A</b> <b class="second">B</b></span> <span>● real</span> <span>◆ fake</span> <span>○ where the way back ends</span>
  <span><b style="color:var(--right)">—</b> its own number</span>
  <span><b style="color:var(--wrong)">—</b> another number</span>
  <span>tint: looks real to the discriminator</span> <span>arrow: what would please it</span></p>
<dl class="facts"><div><dt>Step</dt><dd id="lab-step"></dd></div>
  <div><dt>Way back misses by</dt><dd id="lab-miss"></dd></div>
  <div><dt>Own number found</dt><dd id="lab-right"></dd></div>
  <div><dt>These pairs are</dt><dd id="lab-pairing"></dd></div></dl>
<div class="controls">
  <button id="lab-play">Play</button>
  <button id="lab-half"></button>
  <button id="lab-reset">Reset</button>
  ${slider("speed", "Steps a frame", 1, 20, 1, 8)}
  <label>Seed <input id="lab-seed" type="number" min="0" max="9999" value="3"></label>
  <label>World <select id="lab-world"><option value="rings">two rings of blobs</option>
    <option value="moons">two moons</option><option value="line">a line and a circle</option>
    <option value="own">drawn by you</option></select></label>
</div>
<div class="controls" id="lab-brush" hidden>
  <fieldset><legend>Draw on a plane, by finger, mouse, or arrow keys and Enter</legend>
  <span class="strip">${radios("brush", ["points of A", "points of B"], 0)}
  <button id="lab-clear">Clear both</button></span></fieldset></div>
<div class="curves">${KINDS.map(curve).join("")}</div>
<div class="controls">
  ${slider("rate", "Learning rate", -4, -1.7, 0.1, -2.7)}
  ${slider("cycle", "λ cycle", 0, 20, 0.5, 5)}
  ${slider("identity", "λ identity", 0, 10, 0.5, 1.5)}
  ${tick("lines", "lines")} ${tick("heat", "tint")} ${tick("arrows", "arrows", "")}
</div>
`;

const find = id => document.getElementById("lab-" + id);
const say = text => { find("said").textContent = text; };
const OWN = { A: [], B: [] };
const cursor = [0, 0];  // of the keyboard, in the plane
let run, history, measured, scene = 0, playing = false, target = 0, dirty = true, attempt = 0, frames = 0, before = 0;

// ---- A run and its settings ----
function restart() {
  const world = find("world").value;
  const without = LOSSES.filter(name => !find("on-" + name).checked);
  run = new Run({ world, seed: Math.abs(Math.round(+find("seed").value)) || 0, without,
                  own: world === "own" ? OWN : null });
  history = Object.fromEntries(LOSSES.map(name => [name, []]));
  [playing, target] = [false, 0];
  attempt++;  // stops five starts that are under way
  find("go").disabled = false;
  find("result").hidden = true;
  find("five").innerHTML = "";
  settings();
  buttons();
}

function settings() {
  run.lab.rate = 10 ** +find("rate").value;
  Object.assign(run.lab.lambdas, { cycle: +find("cycle").value, identity: +find("identity").value });
  run.lab.without = new Set(LOSSES.filter(name => !find("on-" + name).checked));
  for (const id of ["speed", "cycle", "identity"]) find(id + "-is").textContent = find(id).value;
  find("rate-is").textContent = run.lab.rate.toPrecision(1);
  [measured, dirty] = [null, true];
}

function buttons() {
  find("play").textContent = playing ? "Pause" : "Play";
  find("half").textContent = run.first ? "Half step 1: generators" : "Half step 2: discriminators";
  find("play").disabled = find("half").disabled = !run.ready;
  const own = find("world").value === "own";
  find("brush").hidden = !own;
  home.classList.toggle("drawing", own);
  for (const side of ["A", "B"]) {
    find(side).setAttribute("role", own ? "application" : "img");
    own ? find(side).setAttribute("tabindex", "0") : find(side).removeAttribute("tabindex");
  }
}

function play(on) {
  playing = on && run.ready;
  buttons();
  if (!on) say(`Paused at step ${run.lab.step}.`);
}

function record() {
  for (const name of LOSSES) history[name].push(run.lab.losses[name]);
  if (Number.isFinite(run.lab.losses.adv_ab + run.lab.losses.adv_ba)) return;
  play(false);
  say("The losses left all bounds. Choose a smaller learning rate, then press Reset.");
}

// ---- Guided scenes ----
function open(k) {
  scene = k;
  const text = TEXTS[k];
  set(k);
  for (const b of home.querySelectorAll("[data-scene]"))
    b.setAttribute("aria-pressed", String(+b.dataset.scene === k));
  find("question").textContent = text.question;
  find("guesses").innerHTML = radios("guess", text.guesses, -1);
  restart();
  say("");
}

// The scene's own settings, whatever was tried before; the seed is the reader's.
function set(k) {
  const own = { world: "rings", cycle: 5, identity: 1.5, rate: -2.7 };
  for (const [id, value] of Object.entries(own)) find(id).value = value;
  for (const name of LOSSES) find("on-" + name).checked = !SCENES[k].without.includes(name);
}

// Brings what a button made into a small window, where it lies elsewhere.
function see(element) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

function go() {
  set(scene);
  restart();
  target = STEPS;
  find("go").disabled = true;
  see(home.querySelector(".planes"));
  play(true);
  say("The networks learn.");
}

function answer() {
  target = 0;
  play(false);
  const m = run.measure(), text = TEXTS[scene], guess = home.querySelector("[name=lab-guess]:checked");
  const verdict = guess ? (+guess.value === text.right ? "You saw it coming. " : "Not what you expected? ") : "";
  find("answer").innerHTML = run.world === "rings" && SCENES[scene].holds(m)
    ? `<p>${verdict}${text.answer(m)}</p>`
    : `<p>This start, or your settings, ended otherwise: ${ROUND(m)}, and the pairs are ${m.pairing || "unknown"}.
       With seeds 1 to 5 and the scene's own settings it goes as the scene tells.</p>`;
  find("result").hidden = find("go").disabled = false;
  say(`Step ${run.lab.step}: the answer is below the planes.`);
  see(find("result"));
}

// Seeds 1 to 5 without drawing, in slices, so that the page stays awake.
async function five() {
  const box = find("five"), mine = ++attempt, settings = { without: SCENES[scene].without };
  let held = 0;
  play(false);
  box.innerHTML = "";
  find("try").disabled = true;
  for (let seed = 1; seed <= 5 && mine === attempt; seed++) {
    const one = new Run({ seed, ...settings });
    say(`Start ${seed} of 5.`);
    for (let end; one.lab.step < STEPS && mine === attempt;) {
      for (end = performance.now() + 25; performance.now() < end && one.lab.step < STEPS;) one.full();
      await new Promise(done => setTimeout(done));
    }
    if (mine !== attempt) break;
    const m = one.measure(), figure = document.createElement("figure"), holds = SCENES[scene].holds(m);
    held += holds;
    Object.assign(figure.dataset, { miss: m.miss, right: m.right, moved: m.moved, pairing: m.pairing, holds });
    const ends = scene === 3 ? `moved by ${m.moved.toFixed(2)}` : `${m.pairing}, ${m.right} of 8 right`;
    figure.innerHTML = `<canvas role="img" aria-label="Seed ${seed}: ${ends}"></canvas>
      <figcaption>Seed ${seed}: misses by ${m.miss.toFixed(2)}; ${ends}</figcaption>`;
    box.append(figure);
    draw(figure.firstChild, one, "A", m, true);
  }
  find("try").disabled = false;
  if (mine !== attempt) return;
  say(`${held} of 5 starts end as the answer says.`);
  see(find("result"));
}

// ---- Pictures ----
const NAMES = ["a", "b", "at", "bt", "ink", "soft", "line", "paper", "right", "wrong"];
const colours = () => {
  const style = getComputedStyle(home);
  return Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue("--" + name).trim()]));
};
const rgb = hex => {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map(k => parseInt(full.slice(k, k + 2), 16));
};

// A canvas with as many pixels as the screen has for it, measured in CSS pixels.
function pen(canvas) {
  const ratio = self.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const CELLS = 36, SPAN = 1.32;  // the plane reaches from -SPAN to SPAN
const grid = Float64Array.from({ length: 2 * CELLS * CELLS }, (_, j) => {
  const cell = j % 2 ? CELLS - 1 - Math.floor(j / 2 / CELLS) : (j / 2) % CELLS;
  return SPAN * (2 * (cell + 0.5) / CELLS - 1);
});
const tints = {};

// What D thinks of each place, as a small picture that is drawn large.
function tint(D, side, colour) {
  const small = tints[side] ??= Object.assign(document.createElement("canvas"), { width: CELLS, height: CELLS });
  const context = small.getContext("2d"), image = context.createImageData(CELLS, CELLS);
  const [red, green, blue] = rgb(colour);
  output(D.forward(grid)).forEach((score, j) => {
    image.data.set([red, green, blue, 120 * Math.min(1, Math.max(0, score))], 4 * j);
  });
  context.putImageData(image, 0, 0);
  return small;
}

function draw(canvas, run, side, m, plain = false) {
  const { context: c, width } = pen(canvas), colour = colours(), other = side === "A" ? "B" : "A";
  if (!width) return;
  const own = colour[side.toLowerCase()], aim = colour[other.toLowerCase()];
  const at = (x, y) => [width / 2 * (1 + x / SPAN), width / 2 * (1 - y / SPAN)];
  const size = Math.max(1.6, width / 150);
  const dot = (x, y, radius = size) => { const [u, v] = at(x, y); c.moveTo(u + radius, v); c.arc(u, v, radius, 0, 7); };
  if (!plain && find("heat").checked) {
    const D = run.lab["D_" + other];
    if (!tints[other] || frames % 4 === 0 || !playing) tint(D, other, aim);
    c.imageSmoothingEnabled = true;
    c.drawImage(tints[other], 0, 0, width, width);
  }
  c.globalAlpha = 0.45;
  c.fillStyle = aim;
  c.beginPath();
  for (const [x, y] of run.domain[other]) dot(x, y, 0.8 * size);
  c.fill();
  c.globalAlpha = 1;
  if (run.ready) {
    const { start, fake, back } = run.trip(side), lands = side === "A" ? m.lands : m.landsBack;
    const every = Math.max(1, Math.ceil(start.length / 2 / (plain ? 24 : 32)));
    const line = (from, to, j, stroke) => {
      c.strokeStyle = stroke;
      c.beginPath(); c.moveTo(...at(from[j], from[j + 1])); c.lineTo(...at(to[j], to[j + 1])); c.stroke();
    };
    c.lineWidth = plain ? 1 : 1.6;
    if (plain || find("lines").checked)
      for (let k = 0; k < start.length / 2; k += every) {
        const part = Math.floor(k / 20), to = lands[part] ?? -1;
        c.setLineDash([2, 3]);
        line(fake, back, 2 * k, own);
        c.setLineDash([]);
        line(start, fake, 2 * k, to === part ? colour.right : to < 0 ? colour.soft : colour.wrong);
      }
    c.fillStyle = own;
    c.beginPath();
    for (let j = 0; j < start.length; j += 2) dot(start[j], start[j + 1]);
    c.fill();
    c.beginPath();
    for (let j = 0; j < fake.length; j += 2) {
      const [x, y] = at(fake[j], fake[j + 1]), r = 1.5 * size;
      c.moveTo(x, y - r); c.lineTo(x + r, y); c.lineTo(x, y + r); c.lineTo(x - r, y); c.closePath();
    }
    c.fillStyle = aim;
    c.fill();
    c.strokeStyle = colour.paper;
    c.lineWidth = 0.8;
    c.stroke();
    c.strokeStyle = colour.ink;
    c.lineWidth = 1;
    c.beginPath();
    for (let j = 0; j < back.length && !plain; j += 2 * every) dot(back[j], back[j + 1], 2 * size);
    c.stroke();
    if (!plain && find("arrows").checked) arrows(c, at, run.lab.wishes(run.lab["D_" + other], fake), fake, every, colour.ink);
  }
  if (plain || !(run.world in WORLDS)) return;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.lineWidth = 3;
  c.strokeStyle = colour.paper;
  for (const place of ["A", "B"])
    for (let k = 0; k < 8; k++) {
      c.font = `${place === side ? 700 : 500} ${Math.max(12, width / 30)}px system-ui, sans-serif`;
      c.fillStyle = colour[place.toLowerCase() + "t"];
      const spot = at(...WORLDS[run.world][place](k, 0.19));
      c.strokeText(k + 1, ...spot);
      c.fillText(k + 1, ...spot);
    }
  if (document.activeElement === canvas) { c.beginPath(); dot(...cursor, 6); c.strokeStyle = colour.ink; c.stroke(); }
}

function arrows(c, at, wish, fake, every, colour) {
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  for (let j = 0; j < fake.length; j += 2 * every) {
    const long = Math.hypot(wish[j], wish[j + 1]), scale = Math.min(0.3, 0.12 * long) / (long || 1);
    const [x, y] = at(fake[j], fake[j + 1]);
    const [u, v] = at(fake[j] + scale * wish[j], fake[j + 1] + scale * wish[j + 1]);
    const turn = Math.atan2(v - y, u - x);
    c.beginPath(); c.moveTo(x, y); c.lineTo(u, v);
    for (const side of [2.6, -2.6]) { c.moveTo(u, v); c.lineTo(u + 5 * Math.cos(turn + side), v + 5 * Math.sin(turn + side)); }
    c.stroke();
  }
}

// Two curves of one kind: means of equal pieces, so that a batch's noise does not hide the course.
function curves([kind, , ...sides]) {
  const { context: c, width, height } = pen(find("curve-" + kind)), colour = colours();
  const lists = sides.map(side => {
    const all = history[`${kind}_${side}`], piece = Math.max(1, Math.ceil(all.length / 60)), means = [];
    for (let k = 0; k < all.length; k += piece) {
      const part = all.slice(k, k + piece);
      means.push(part.reduce((sum, loss) => sum + loss, 0) / part.length);
    }
    return means;
  });
  const top = Math.max(0.05, ...lists.flat().filter(Number.isFinite));
  c.setLineDash([]);
  c.lineWidth = 1;
  c.strokeStyle = colour.line;
  c.strokeRect(0.5, 0.5, width - 1, height - 1);
  lists.forEach((list, k) => {
    c.beginPath();
    list.forEach((loss, j) => c.lineTo(2 + (width - 4) * j / Math.max(1, list.length - 1),
                                      height - 3 - (height - 8) * loss / top));
    c.strokeStyle = colour[k ? "b" : "a"];
    c.lineWidth = 1.8;
    c.setLineDash(k ? [5, 3] : []);
    c.stroke();
  });
  sides.forEach(side => {
    const loss = run.lab.losses[`${kind}_${side}`];
    find(`loss-${kind}_${side}`).textContent = loss === undefined ? "" : loss.toFixed(3);
  });
}

function show() {
  if (!measured || !playing || frames % 6 === 0)
    measured = run.ready ? run.measure() : { miss: 0, right: null, lands: [], landsBack: [], pairing: "" };
  for (const side of ["A", "B"]) draw(find(side), run, side, measured);
  if (playing && frames % 3) return;
  KINDS.forEach(curves);
  find("step").textContent = run.lab.step;
  find("miss").textContent = run.ready ? measured.miss.toFixed(3) : "–";
  find("right").textContent = measured.right === null ? "no numbers here" : `${measured.right} of 8`;
  find("pairing").textContent = measured.pairing || "yours to judge";
}

function frame(now) {
  frames++;
  if (playing) {
    // Half of a sixtieth of a second is for the steps, more where the pictures take long anyway.
    const end = performance.now() + Math.min(40, Math.max(9, (now - before) / 2));
    for (let k = 0; k < +find("speed").value && playing && performance.now() < end; k++) {
      run.full();
      record();
      if (target && run.lab.step >= target) answer();
    }
    dirty = true;
  }
  before = now;
  if (dirty) { dirty = false; show(); }
  requestAnimationFrame(frame);
}

// ---- What the reader does ----
function paint(x, y, count) {
  const list = OWN[home.querySelector("[name=lab-brush]:checked").value === "0" ? "A" : "B"];
  for (let k = 0; k < count && list.length < 400; k++)
    list.push([x + 0.06 * (Math.random() - 0.5), y + 0.06 * (Math.random() - 0.5)]);
  [measured, dirty] = [null, true];
  buttons();
}

for (const side of ["A", "B"]) {
  const canvas = find(side);
  const stroke = event => {
    if (run.world !== "own" || !(event.buttons & 1)) return;
    const box = canvas.getBoundingClientRect();
    paint(SPAN * (2 * (event.clientX - box.left) / box.width - 1),
          SPAN * (1 - 2 * (event.clientY - box.top) / box.height), 3);
  };
  canvas.onpointerdown = canvas.onpointermove = stroke;
  canvas.onkeydown = event => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (run.world !== "own" || !(move || event.key === "Enter")) return;
    event.preventDefault();
    if (move) move.forEach((d, k) => { cursor[k] = Math.max(-1.2, Math.min(1.2, cursor[k] + 0.1 * d)); });
    else paint(...cursor, 6);
    dirty = true;
  };
  canvas.onfocus = canvas.onblur = () => { dirty = true; };
}

for (const b of home.querySelectorAll("[data-scene]")) b.onclick = () => open(+b.dataset.scene);
find("go").onclick = go;
find("try").onclick = five;
find("play").onclick = () => play(!playing);
find("reset").onclick = () => { restart(); say("Back at step 0."); };
find("half").onclick = () => {
  play(false);
  run.half();
  if (run.first) record();
  buttons();
  [measured, dirty] = [null, true];
  say(run.first ? `Step ${run.lab.step} is done: the discriminators have learned.`
                : "The generators have learned. The discriminators are next.");
};
for (const id of ["seed", "world"]) find(id).onchange = () => {
  restart();
  if (run.world === "own") say("Draw points of A, then points of B, then press Play.");
};
for (const id of ["speed", "rate", "cycle", "identity", "lines", "heat", "arrows",
                  ...LOSSES.map(name => "on-" + name)]) find(id).oninput = settings;
find("clear").onclick = () => { OWN.A.length = OWN.B.length = 0; restart(); };
for (const input of home.querySelectorAll("[name=lab-view]")) input.onchange = () => {
  home.querySelector(".planes").dataset.view = input.value === "0" ? "A" : "B";
  dirty = true;
};
const redraw = () => { dirty = true; };
new ResizeObserver(redraw).observe(home);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").onchange = redraw;
open(0);
requestAnimationFrame(frame);

})();
