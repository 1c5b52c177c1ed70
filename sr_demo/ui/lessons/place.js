// Which photo, and which place in it: a list, and a box on the photo that is dragged or moved by
// the arrow keys. `load` asks Python for the place and returns its answer; `show` shows it.

const place = { image: '', box: null, photo: null };

async function goTo(image, crop) {
  const answer = await ask(load, { image, crop });
  if (!answer) return;
  place.image = answer.image;
  place.box = answer.crop;
  place.photo = answer.photo;
  find('.place select').value = answer.image;
  const photo = find('.photo img');
  photo.src = served(answer.photo.file);
  photo.alt = `${find('.place select').selectedOptions[0].textContent}, the whole photo`;
  photo.style.aspectRatio = `${answer.photo.width} / ${answer.photo.height}`;
  drawBox();
  remember({ image: answer.image, crop: answer.crop.join(',') });
  if (answer.error) return;
  const mine = ticket;
  await show(answer);
  if (mine === ticket) root.dataset.state = 'ready';
}

function drawBox() {
  const [left, top, width, height] = place.box;
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(find('.photo button').style, {
    left: percent(left, place.photo.width),
    top: percent(top, place.photo.height),
    width: percent(width, place.photo.width),
    height: percent(height, place.photo.height),
  });
}

function moveBox(left, top) {
  const [, , width, height] = place.box;
  place.box = [
    Math.round(clamp(left, 0, place.photo.width - width)),
    Math.round(clamp(top, 0, place.photo.height - height)),
    width, height,
  ];
  drawBox();
}

function listenToPlace() {
  const photo = find('.photo');
  let dragging = false;
  const follow = (event) => {
    const area = photo.getBoundingClientRect();
    const [, , width, height] = place.box;
    moveBox(
      ((event.clientX - area.left) / area.width) * place.photo.width - width / 2,
      ((event.clientY - area.top) / area.height) * place.photo.height - height / 2,
    );
  };
  photo.addEventListener('pointerdown', (event) => {
    if (!place.box) return;
    dragging = true;
    photo.setPointerCapture(event.pointerId);
    follow(event);
  });
  photo.addEventListener('pointermove', (event) => dragging && follow(event));
  photo.addEventListener('pointerup', () => {
    if (dragging) goTo(place.image, place.box);
    dragging = false;
  });
  photo.addEventListener('pointercancel', () => { dragging = false; });
  let waiting = 0;
  photo.addEventListener('keydown', (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way || !place.box) return;
    event.preventDefault();
    const far = event.shiftKey ? 48 : 12;
    moveBox(place.box[0] + way[0] * far, place.box[1] + way[1] * far);
    clearTimeout(waiting);
    waiting = setTimeout(() => goTo(place.image, place.box), 300);
  });
  find('.place select').addEventListener('change', (event) => goTo(event.target.value, null));
}

function beginAtPlace() {
  listenToPlace();
  return goTo(asked.get('image'), asked.get('crop'));
}
