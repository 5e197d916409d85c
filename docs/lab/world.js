// The two domains as points, what became of them, and the four guided scenes. The networks never
// see a number: only the reader knows that blob 3 of A belongs to blob 3 of B.
"use strict";
(function (root) {

const { Lab, chance, output } = root.CycleGAN ?? require("./engine.js");
const GROUPS = 8, TURN = 2 * Math.PI;

// Where the middle of part t (0 to 8) of a domain lies; `out` moves its number beside it.
const WORLDS = {
  rings: { A: (t, out = 0) => polar(0, 0, 0.5 - out, t / 8),
           B: (t, out = 0) => polar(0, 0, 1 + out, (t + 0.25) / 8) },
  moons: { A: (t, out = 0) => polar(-0.35, -0.3, 0.75 + out, 0.5 - (t + 0.5) / 16),
           B: (t, out = 0) => polar(0.35, 0.3, 0.75 + out, 0.5 + (t + 0.5) / 16) },
  line: { A: (t, out = 0) => [-0.95 - out, 0.95 - 1.9 * (t + 0.5) / 8],
          B: (t, out = 0) => polar(0.35, 0, 0.6 + out, 0.5 - (t + 0.5) / 8) },
};

function polar(x, y, radius, turns) {
  return [x + radius * Math.cos(TURN * turns), y + radius * Math.sin(TURN * turns)];
}

// 160 points of each domain, part after part. Blobs are round, moons and lines have no gaps.
function points(name, seed) {
  const rng = chance(1000 + seed), domain = {};
  for (const side of ["A", "B"])
    domain[side] = Array.from({ length: 160 }, (_, k) => {
      const part = Math.floor(k / 20), wide = name === "rings" ? 0 : rng.uniform() - 0.5;
      const [x, y] = WORLDS[name][side](part + wide), noise = name === "rings" ? 0.07 : 0.03;
      return [x + noise * rng.normal(), y + noise * rng.normal()].map(v => Math.round(v * 1e6) / 1e6);
    });
  return domain;
}

const flat = list => Float64Array.from(list.flat());

function batch(list, size, rng) {
  const pick = () => list[Math.floor(rng.uniform() * list.length)];
  return flat(Array.from({ length: size }, pick));
}

// A run: four networks and two domains. Everything follows from the seed and the settings.
class Run {
  constructor({ world = "rings", seed = 3, without = [], own = null }) {
    this.world = world;
    this.domain = own ?? points(world, seed);
    this.rng = chance(2000 + seed);
    this.lab = new Lab(seed, 16);
    Object.assign(this.lab, { rate: 2e-3, without: new Set(without) });
    Object.assign(this.lab.lambdas, { cycle: 5, identity: 1.5 });
    this.first = true;  // the generators are next
  }

  get ready() { return this.domain.A.length > 0 && this.domain.B.length > 0; }

  half() {
    if (this.first) {
      this.x = batch(this.domain.A, 32, this.rng);
      this.y = batch(this.domain.B, 32, this.rng);
      this.lab.generators(this.x, this.y);
    } else this.lab.discriminators(this.x, this.y);
    this.first = !this.first;
  }

  // Both halves of one step, or the second where the first is done.
  full() {
    if (this.first) this.half();
    this.half();
  }

  // The points of a domain, their fakes and the way back.
  trip(from) {
    const { G_AB, G_BA } = this.lab, [there, home] = from === "A" ? [G_AB, G_BA] : [G_BA, G_AB];
    const start = flat(this.domain[from]), fake = output(there.forward(start));
    return { start, fake, back: output(home.forward(fake)) };
  }

  measure() {
    const a = this.trip("A"), b = this.trip("B");
    const known = this.world in WORLDS, land = (fake, side) =>
      known ? landings(fake, WORLDS[this.world][side]) : [];
    const lands = land(a.fake, "B"), landsBack = land(b.fake, "A");
    return {
      miss: (apart(a.start, a.back) + apart(b.start, b.back)) / 2,
      moved: Math.min(apart(a.start, a.fake), apart(b.start, b.fake)),
      right: known ? lands.filter((to, k) => to === k).length : null,
      lands, landsBack, pairing: known ? pairing(lands, this.world === "rings") : "",
    };
  }
}

// Mean distance of two lists of points.
function apart(p, q) {
  let sum = 0;
  for (let j = 0; j < p.length; j += 2) sum += Math.hypot(p[j] - q[j], p[j + 1] - q[j + 1]);
  return 2 * sum / p.length;
}

// For each part of A the part of B on which the middle of its fakes lies, or -1.
function landings(fake, place) {
  return Array.from({ length: GROUPS }, (_, k) => {
    let [x, y] = [0, 0];
    for (let j = 40 * k; j < 40 * (k + 1); j += 2) { x += fake[j] / 20; y += fake[j + 1] / 20; }
    const far = Array.from({ length: GROUPS }, (_, t) => {
      const [u, v] = place(t);
      return Math.hypot(x - u, y - v);
    });
    const near = Math.min(...far);
    return near < 0.3 ? far.indexOf(near) : -1;
  });
}

// What a pairing is called: on a ring it can be turned or mirrored as a whole.
function pairing(lands, closed) {
  if (lands.includes(-1)) return "not all in B";
  const all = f => lands.every((to, k) => to === f(k));
  if (all(k => k)) return "the right pairs";
  if (!closed) return all(k => 7 - k) ? "back to front" : "mixed pairs";
  for (let m = 0; m < GROUPS; m++) {
    if (all(k => (k + m) % 8)) return `turned by ${Math.min(m, 8 - m)}`;
    if (all(k => (m - k + 8) % 8)) return "mirrored";
  }
  return "mixed pairs";
}

// Each scene leaves one family of losses out. `holds` is what its answer says, of every seed.
const SCENES = [
  { without: [], holds: m => m.miss < 0.05 && m.right === 8 },
  { without: ["identity_a", "identity_b"], holds: m => m.miss < 0.05 && m.right < 8 },
  { without: ["cycle_a", "cycle_b"], holds: m => m.miss > 0.08 && m.right === 8 },
  { without: ["adv_ab", "adv_ba"], holds: m => m.miss < 0.04 && m.moved < 0.06 },
];
const STEPS = 1500;  // after which a scene is answered

const exported = { WORLDS, SCENES, STEPS, Run, points };
if (typeof module === "object") module.exports = exported;
else Object.assign(root.CycleGAN, exported);

})(typeof self === "object" ? self : globalThis);
