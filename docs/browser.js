// Before this script come `ort` (onnxruntime-web) and FILES, SIZES, EXAMPLES, see tools/browser.py.
// A page that is opened from disk may not fetch files, so they are texts: gzip, in base64.
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const whole = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(whole).arrayBuffer());
}

document.getElementById("translator").innerHTML = `
  <p id="translator-examples"></p>
  <p class="translator-drop">
  <label for="translator-file">Your photograph, chosen or dropped here:</label>
  <input id="translator-file" type="file" accept="image/*"></p>
  <p id="translator-said" role="status">Nothing is translated yet.</p>
  <p class="translator-pair">
  <canvas id="translator-before" role="img" aria-label="Picture" height="64" width="64"></canvas>
  <canvas id="translator-after" role="img" aria-label="Translation" height="64" width="64"></canvas>
  </p>`;

const sessions = {};  // of each generator that was asked for
async function start(name) {
  if (!ort.env.wasm.wasmBinary) {
    const script = new Blob([await unpack(FILES.script)], { type: "text/javascript" });
    ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(script) };
    ort.env.wasm.numThreads = 1;  // more need a server that sends special headers
    ort.env.wasm.wasmBinary = await unpack(FILES.wasm);
  }
  return sessions[name] ??= await ort.InferenceSession.create(await unpack(FILES[name]));
}

// Bytes 0 to 255, red green blue alpha, to the numbers -1 to 1 of three colours, and back.
async function translate(session, pixels) {
  const { width, height, data } = pixels, area = width * height;
  const x = new Float32Array(3 * area), result = new ImageData(width, height);
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++) x[c * area + i] = data[4 * i + c] / 127.5 - 1;
  const { y } = await session.run({ x: new ort.Tensor("float32", x, [1, 3, height, width]) });
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) result.data[4 * i + c] = (y.data[c * area + i] + 1) * 127.5;
    result.data[4 * i + 3] = 255;  // these are clamped bytes: they round and clip by themselves
  }
  return result;
}

// Draws a picture with its short side as the generator knows it, and beside it the translation.
async function show(name, file) {
  const find = id => document.getElementById("translator-" + id);
  const said = find("said"), before = find("before"), after = find("after");
  try {
    const picture = await createImageBitmap(file), side = SIZES[name];
    const scale = Math.min(side / Math.min(picture.width, picture.height),
                           4 * side / Math.max(picture.width, picture.height));
    for (const canvas of [before, after]) {
      canvas.width = Math.max(8, Math.round(scale * picture.width));
      canvas.height = Math.max(8, Math.round(scale * picture.height));
    }
    const pen = before.getContext("2d", { willReadFrequently: true });
    Object.assign(pen, { fillStyle: "white", imageSmoothingQuality: "high" });
    pen.fillRect(0, 0, before.width, before.height);  // behind what is transparent
    pen.drawImage(picture, 0, 0, before.width, before.height);
    said.textContent = "The generator is at work.";
    await new Promise(done => setTimeout(done, 50));  // lets the browser show that
    const session = await start(name), begun = performance.now();
    const result = await translate(session, pen.getImageData(0, 0, before.width, before.height));
    const seconds = (performance.now() - begun) / 1000;
    after.getContext("2d").putImageData(result, 0, 0);
    said.textContent = `${before.width} x ${before.height} px in ${seconds.toFixed(2)} seconds.`;
  } catch (error) {
    said.textContent = `This did not work (${error.message}): choose a JPEG or PNG picture.`;
  }
}

const chosen = document.getElementById("translator-file"), drop = chosen.parentElement;
chosen.onchange = () => chosen.files.length && show("photographs", chosen.files[0]);
drop.ondragover = event => event.preventDefault();
drop.ondrop = event => {
  event.preventDefault();
  if (event.dataTransfer.files.length) show("photographs", event.dataTransfer.files[0]);
};
for (const { title, name, picture } of EXAMPLES) {
  const button = document.createElement("button"), image = new Image();
  Object.assign(image, { src: picture, alt: title });
  button.append(image);
  const bytes = Uint8Array.from(atob(picture.split(",")[1]), letter => letter.charCodeAt(0));
  button.onclick = () => show(name, new Blob([bytes]));
  document.getElementById("translator-examples").append(button);
}
