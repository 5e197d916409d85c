// CycleGAN on points of the plane: four small networks, eight losses, Adam. No dependencies; the
// page and node both load it. A batch of n points is one Float64Array, row after row.
// Names and order are those of helpers/losses.py; tests/test_lab_page.py compares with PyTorch.
"use strict";
(function (root) {

const LOSSES = ["d_a", "d_b", "adv_ab", "adv_ba", "cycle_a", "cycle_b", "identity_a", "identity_b"];
const SLOPE = 0.2;  // of the leaky ReLU, for negative numbers

// Chance from a seed (mulberry32). Here and below only operations that every browser rounds alike
// (+ - * / and the root, no cosine): a seed gives the same run, to the last bit, on any machine.
function chance(seed) {
  let state = Math.imul(seed + 1, 0x9E3779B1) >>> 0;
  const uniform = () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => {  // the sum of twelve: mean 0, deviation 1, and close to a bell
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += uniform();
    return sum;
  };
  return { uniform, normal };
}

// A multi-layer perceptron: linear, leaky ReLU, ..., linear. Weights of a layer are [out][in].
class Net {
  constructor(sizes, rng) {
    this.layers = [];
    for (let k = 1; k < sizes.length; k++) {
      const [i, o] = [sizes[k - 1], sizes[k]];
      const layer = { i, o };
      for (const [name, length] of [["w", i * o], ["b", o]]) {
        const value = new Float64Array(length);
        const zeros = () => new Float64Array(length);
        layer[name] = { value, grad: zeros(), m: zeros(), v: zeros() };
      }
      const bound = 1 / Math.sqrt(i);  // PyTorch's own start of a linear layer
      for (const p of [layer.w, layer.b])
        for (let j = 0; j < p.value.length; j++) p.value[j] = bound * (2 * rng.uniform() - 1);
      this.layers.push(layer);
    }
    this.decay = [1, 1];  // what the betas of Adam are multiplied to
  }

  // All that the layers put out, the batch first: what `backward` goes through in reverse.
  forward(x) {
    const n = x.length / this.layers[0].i, seen = [x];
    this.layers.forEach(({ i, o, w, b }, k) => {
      const last = k === this.layers.length - 1;
      const from = seen[k], out = new Float64Array(n * o), W = w.value, B = b.value;
      for (let r = 0; r < n; r++)
        for (let c = 0; c < o; c++) {
          let even = B[c], odd = 0;  // two sums at a time: a processor adds both at once
          for (let j = 0, a = r * i, q = c * i; j < i; j += 2) {
            even += W[q + j] * from[a + j];
            odd += W[q + j + 1] * from[a + j + 1];
          }
          const sum = even + odd;
          out[r * o + c] = last || sum > 0 ? sum : SLOPE * sum;
        }
      seen.push(out);
    });
    return seen;
  }

  // From the gradient of the outputs to the one of the inputs. Adds to the weights' gradients,
  // unless the network only judges.
  backward(seen, grad, learns = true) {
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const { i, o, w, b } = this.layers[k], W = w.value, x = seen[k], out = seen[k + 1];
      const n = x.length / i, back = new Float64Array(n * i), last = k === this.layers.length - 1;
      const gw = w.grad, gb = b.grad;
      for (let r = 0; r < n; r++)
        for (let c = 0; c < o; c++) {
          const here = r * o + c, g = last || out[here] > 0 ? grad[here] : SLOPE * grad[here];
          if (g === 0) continue;
          const a = r * i, q = c * i;
          for (let j = 0; j < i; j++) back[a + j] += g * W[q + j];
          if (!learns) continue;
          gb[c] += g;
          for (let j = 0; j < i; j++) gw[q + j] += g * x[a + j];
        }
      grad = back;
    }
    return grad;
  }

  // One step of Adam (betas 0.5 and 0.999, as in the paper); the gradients are zero afterwards.
  adam(rate) {
    this.decay = [0.5 * this.decay[0], 0.999 * this.decay[1]];
    const m1 = 1 - this.decay[0], v1 = 1 - this.decay[1];
    for (const layer of this.layers)
      for (const { value, grad, m, v } of [layer.w, layer.b])
        for (let j = 0; j < value.length; j++) {
          const g = grad[j];
          m[j] += 0.5 * (g - m[j]);
          v[j] = 0.999 * v[j] + 0.001 * g * g;
          value[j] -= rate * (m[j] / m1) / (Math.sqrt(v[j] / v1) + 1e-8);
          grad[j] = 0;
        }
  }
}

const output = seen => seen[seen.length - 1];

// Mean squared distance of scores from a target, and its gradient times `weight`.
function squares(scores, target, weight) {
  const grad = new Float64Array(scores.length);
  let loss = 0;
  for (let j = 0; j < scores.length; j++) {
    const d = scores[j] - target;
    loss += d * d / scores.length;
    grad[j] = weight * 2 * d / scores.length;
  }
  return { loss, grad };
}

// Mean absolute distance of points from where they should be, and its gradient times `weight`.
function distance(points, truth, weight) {
  const grad = new Float64Array(points.length);
  let loss = 0;
  for (let j = 0; j < points.length; j++) {
    const d = points[j] - truth[j];
    loss += Math.abs(d) / points.length;
    grad[j] = weight * Math.sign(d) / points.length;
  }
  return { loss, grad };
}

const sum = (a, b) => a.map((value, j) => value + b[j]);

class Lab {
  constructor(seed = 0, width = 32) {
    const rng = chance(seed);
    const generator = () => new Net([2, width, width, 2], rng);
    const discriminator = () => new Net([2, width, width, 1], rng);
    this.G_AB = generator();
    this.G_BA = generator();
    this.D_A = discriminator();
    this.D_B = discriminator();
    this.rate = 1e-3;
    this.lambdas = { d: 1, adv: 1, cycle: 10, identity: 5 };
    this.without = new Set();  // names of the losses that are switched off
    this.losses = {};
    this.step = 0;
  }

  weight(name) {
    return this.without.has(name) ? 0 : this.lambdas[name.split("_")[0]];
  }

  // First half of a step: both generators, down the weighted sum of their six losses.
  generators(x, y) {
    const sides = [
      { G: this.G_AB, F: this.G_BA, D: this.D_B, x, y,
        adv: "adv_ab", cycle: "cycle_a", identity: "identity_b" },
      { G: this.G_BA, F: this.G_AB, D: this.D_A, x: y, y: x,
        adv: "adv_ba", cycle: "cycle_b", identity: "identity_a" },
    ];
    for (const { G, F, D, x, y, ...names } of sides) {
      const there = G.forward(x), fake = output(there);
      const judged = D.forward(fake), back = F.forward(fake), same = G.forward(y);
      const adv = squares(output(judged), 1, this.weight(names.adv));
      const cycle = distance(output(back), x, this.weight(names.cycle));
      const identity = distance(output(same), y, this.weight(names.identity));
      // The fake answers to its judge and to the way back; D judges, and does not learn here.
      const grad = sum(D.backward(judged, adv.grad, false), F.backward(back, cycle.grad));
      G.backward(there, grad);
      G.backward(same, identity.grad);
      for (const [kind, { loss }] of Object.entries({ adv, cycle, identity }))
        this.losses[names[kind]] = loss;
      this[G === this.G_AB ? "fake_b" : "fake_a"] = fake;
    }
    this.G_AB.adam(this.rate);
    this.G_BA.adam(this.rate);
  }

  // Second half: both discriminators, on the same points and on the fakes made before the update.
  discriminators(x, y) {
    for (const [name, D, real, fake] of [["d_a", this.D_A, x, this.fake_a],
                                         ["d_b", this.D_B, y, this.fake_b]]) {
      let loss = 0;
      for (const [points, target] of [[real, 1], [fake, 0]]) {
        const seen = D.forward(points);
        const found = squares(output(seen), target, 0.5 * this.weight(name));
        D.backward(seen, found.grad);
        loss += 0.5 * found.loss;
      }
      this.losses[name] = loss;
      D.adam(this.rate);
    }
    this.step++;
  }

  // What D wants of each fake: the direction in which its adversarial loss falls.
  wishes(D, fakes) {
    const seen = D.forward(fakes), { grad } = squares(output(seen), 1, 1);
    return D.backward(seen, grad, false).map(g => -g * fakes.length / 2);
  }
}

const engine = { LOSSES, Lab, Net, chance, output };
if (typeof module === "object") module.exports = engine;
else root.CycleGAN = engine;

})(typeof self === "object" ? self : this);
