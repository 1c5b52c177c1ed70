// The plane: Python draws it, here its dots answer. In the same scope as lab.js.

const chart = find('.plane');
const tip = find('.tip');

function drawPlane() {
  if (!lab.interpolated) return;
  root.classList.toggle('no-plane', !lab.svg);
  root.classList.toggle('no-testset-means', !lab.testsetMeans);
  const drawing = lab.svg && (chart.clientWidth < 460 ? lab.svg.narrow : lab.svg.wide);
  const content = drawing || '<p>This picture is too small for NIQE, and so for the plane: it takes two ' +
    'textured squares of 96 × 96 pixels.</p>';
  if (chart.dataset.content === content) return;
  chart.dataset.content = content;
  const focused = chart.contains(document.activeElement) && document.activeElement.dataset.name;
  chart.innerHTML = content;
  if (focused) find(`.dot[data-name="${focused}"]`)?.focus();
  hideTip();
  markNow(nearest());
}

// The ring goes where the picture at α lies.
function markNow(at) {
  for (const curve of all('.curve')) curve.classList.toggle('on', curve.dataset.kind === kind);
  const ring = find('.now');
  if (!ring) return;
  const point = find(`.curve[data-kind=${kind}] [data-alpha="${at}"]`);
  ring.toggleAttribute('hidden', !point);
  if (!point) return;
  ring.setAttribute('transform', `translate(${point.getAttribute('cx')} ${point.getAttribute('cy')})`);
  const text = ring.querySelector('text');
  text.textContent = at > 0 && at < 1 ? `α = ${at}` : '';
  // Beside the ring on the side where there is room
  const { left, right } = ring.ownerSVGElement.getBoundingClientRect();
  const box = ring.querySelector('circle').getBoundingClientRect();
  const leftwards = right - box.right < 0.2 * (right - left);
  text.setAttribute('x', leftwards ? -12 : 12);
  text.setAttribute('text-anchor', leftwards ? 'end' : 'start');
}

// A method's picture, brought forward in the viewer of the first tab.
function open(name) {
  const [compare] = document.querySelectorAll('#tabs button[role=tab]');
  compare.click();
  requestAnimationFrame(() => {
    const pick = document.querySelector(`#viewer [data-solo="${name}"]`);
    if (!pick) return;
    pick.click();
    pick.scrollIntoView({ block: 'nearest' });
    document.querySelector('#viewer .sr').focus();
  });
}

function hideTip() {
  tip.hidden = true;
}

function showTip(dot) {
  const file = lab.files[dot.dataset.name];
  if (!file) return;
  tip.hidden = false;
  tip.lastElementChild.textContent = dot.getAttribute('aria-label');
  const canvas = tip.querySelector('canvas');
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const image = images.get(file.url);
  const left = clamp(Math.round(view.x - canvas.width / 2), 0, Math.max(0, lab.width - canvas.width));
  const top = clamp(Math.round(view.y - canvas.height / 2), 0, Math.max(0, lab.height - canvas.height));
  image.decode().catch(() => {}).then(() => context.drawImage(image, -left, -top));
  const mark = dot.querySelector('.mark').getBoundingClientRect();
  const frame = find('.map').getBoundingClientRect();
  const x = clamp(mark.x - frame.x - tip.offsetWidth / 2, 0, frame.width - tip.offsetWidth);
  const above = mark.y - frame.y - tip.offsetHeight - 14;
  Object.assign(tip.style, { left: `${x}px`, top: `${above > -20 ? above : mark.bottom - frame.y + 14}px` });
}

for (const [name, act] of Object.entries({ over: showTip, out: hideTip })) {
  const react = (event) => {
    const dot = event.target.closest('.dot');
    if (dot) act(dot);
  };
  chart.addEventListener(`pointer${name}`, react);
  chart.addEventListener(`focus${name === 'over' ? 'in' : 'out'}`, react);
}

chart.addEventListener('click', (event) => {
  const dot = event.target.closest('.dot');
  const point = event.target.closest('[data-alpha]');
  if (dot) return open(dot.dataset.name);
  if (!point) return;
  kind = point.closest('.curve').dataset.kind;
  alpha = Number(point.dataset.alpha);
  truth = false;
  find('.slide input').value = alpha;
  showAlpha();
});
chart.addEventListener('keydown', (event) => {
  const dot = event.target.closest('.dot');
  if (!dot || ![' ', 'Enter'].includes(event.key)) return;
  event.preventDefault();
  open(dot.dataset.name);
});

// Gradio takes every quoted name in this file for an event, and a property must not look like one.
watch(Object.keys({ download: 0 }), () => {
  if (!props.download) return;
  const link = document.createElement('a');
  link.href = props.download.url;
  link.download = props.download.orig_name;
  link.click();
  props.download = null;                            // so that the same file can be asked for again
});
