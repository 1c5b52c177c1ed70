// Full transparency hides a colour that enlarging would bleed into the visible edge: it becomes that
// of the nearest visible pixel (Danielsson's two passes, exact but for rare pixels).

export function fillHidden({ data, width, height }, alpha) {
  const nearest = Int32Array.from(alpha, (value, place) => (value ? place : -1));
  const distance = (place, x, y) => {
    const [dx, dy] = [(place % width) - x, Math.floor(place / width) - y];
    return dx * dx + dy * dy;
  };
  const look = (x, y, dx, dy) => {
    const [i, j] = [x + dx, y + dy];
    if (i < 0 || j < 0 || i >= width || j >= height) return;
    const [mine, other] = [nearest[y * width + x], nearest[j * width + i]];
    if (other < 0 || alpha[y * width + x]) return;
    if (mine < 0 || distance(other, x, y) < distance(mine, x, y)) nearest[y * width + x] = other;
  };
  const pass = (from, way) => {
    for (let n = 0, y = from; n < height; n += 1, y += way) {
      for (let x = 0; x < width; x += 1) {
        for (const [dx, dy] of [[-1, 0], [-1, -way], [0, -way], [1, -way]]) look(x, y, dx, dy);
      }
      for (let x = width - 1; x >= 0; x -= 1) look(x, y, 1, 0);
    }
  };
  pass(0, 1);
  pass(height - 1, -1);
  nearest.forEach((from, place) => {
    if (from >= 0 && from !== place) data.copyWithin(3 * place, 3 * from, 3 * from + 3);
  });
}
