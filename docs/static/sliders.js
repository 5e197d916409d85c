// Turns pictures of one thing in several states into one picture and a slider. In a notebook or a page:
//   <div class="slider" data-label="training step">          data-label: the slider's name
//   <img src="a.png" alt="Noise" data-state="100"> ...       a picture a state; the alt text, if no data-state
//   </div>   Markdown's ![after 100 steps](a.png) between blank lines will do. Without this script: a row.
// A cell that called `helpers.widgets.interact` with several stills is such a box, too.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".cell_output script.slider-states").forEach(script => {
    const box = script.closest(".cell_output"), states = JSON.parse(script.textContent);
    box.classList.add("slider");
    box.dataset.label = "setting";
    box.querySelectorAll("img").forEach((picture, k) => { picture.dataset.state = states[k]; });
  });
  document.querySelectorAll("div.slider").forEach((box, number) => {
    const pictures = [...box.querySelectorAll("img")];
    if (pictures.length < 2) return;
    const state = k => pictures[k].dataset.state || pictures[k].alt;
    const range = Object.assign(document.createElement("input"), {
      type: "range", min: 0, max: pictures.length - 1, value: 0, id: `slider-${number}` });
    const label = Object.assign(document.createElement("label"), {
      htmlFor: range.id, textContent: `${box.dataset.label || "picture"}: ` });
    const said = label.appendChild(document.createElement("b"));
    const show = () => {
      pictures.forEach((picture, k) => { picture.hidden = k !== range.valueAsNumber; });
      said.textContent = state(range.valueAsNumber);
      range.setAttribute("aria-valuetext", said.textContent);
    };
    label.style.display = "block";
    range.style.cssText = "display: block; width: min(100%, 24rem); margin-bottom: 0.6rem";
    box.prepend(label, range);
    pictures.forEach(picture => { picture.style.maxWidth = "100%"; });
    range.addEventListener("input", show);
    show();
  });
});
