// Where things lie. A view is {zoom, x, y}: `zoom` screen pixels per image pixel, around the image
// point (x, y). A size is {width, height}; a box is [left, top, width, height] in image pixels.
// `density` is the number of screen pixels per CSS pixel.

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// --- a view -------------------------------------------------------------------------------------

export const fitZoom = (image, stage, density) =>
  Math.min(stage.width / image.width, stage.height / image.height) * density;

// A view's middle may go so far that the picture still fills the stage; a smaller one is centred.
const hold = (middle, whole, visible) =>
  (visible >= whole ? whole / 2 : clamp(middle, visible / 2, whole - visible / 2));

export function held({ zoom, x, y }, image, stage, density) {
  const scale = zoom / density;
  return {
    zoom,
    x: hold(x, image.width, stage.width / scale),
    y: hold(y, image.height, stage.height / scale),
  };
}

// The CSS transform that shows a view. On whole screen pixels, or the browser would blend
// neighbours even at 100 %.
export function transform({ zoom, x, y }, stage, density) {
  const scale = zoom / density;
  const snap = (value) => Math.round(value * density) / density;
  const left = snap(stage.width / 2 - x * scale);
  const top = snap(stage.height / 2 - y * scale);
  return `translate(${left}px, ${top}px) scale(${scale})`;
}

// A box moved inside the image; a larger one begins at its corner.
export function boxAt([left, top], [width, height], image) {
  return [
    Math.round(clamp(left, 0, Math.max(0, image.width - width))),
    Math.round(clamp(top, 0, Math.max(0, image.height - height))),
    width,
    height,
  ];
}

// The width of each of `columns` pictures: a whole number of screen pixels for each of their pixels
// where that leaves little room unused, else, and where screen pixels are too small to be seen (a
// phone's), the whole room.
export function tileWidth(room, columns, natural, density) {
  const whole = room / columns;
  const zoom = density >= 2 ? 0 : Math.floor((whole * density) / natural);
  const width = (zoom * natural) / density;
  return width >= 0.85 * whole ? { width, exact: true } : { width: Math.floor(whole), exact: false };
}
