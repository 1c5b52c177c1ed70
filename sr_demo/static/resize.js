// The project's bicubic, MATLAB's imresize: byte for byte what sr_demo/resize.py makes, whose
// comments say why. A picture is {data, width, height, channels}, the bytes interleaved.

export function imresize({ data, width, height, channels }, scale) {
  const high = resizeRows(data, width * channels, axisOf(height, scale));
  const across = axisOf(width, scale);
  const wide = resizeColumns(high, width, channels, across);
  return { data: wide, width: across.length, height: Math.ceil(height * scale), channels };
}

// The same of a plane of floats {data, width, height}: neither rounded nor clipped.
export function resizePlane({ data, width, height }, scale) {
  const [rows, columns] = [axisOf(height, scale), axisOf(width, scale)];
  const high = new Float32Array(rows.length * width);
  rows.forEach(({ places, weights }, row) => {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let tap = 0; tap < places.length; tap += 1) sum += weights[tap] * data[places[tap] * width + x];
      high[row * width + x] = sum;
    }
  });
  const wide = new Float32Array(rows.length * columns.length);
  columns.forEach(({ places, weights }, column) => {
    for (let y = 0; y < rows.length; y += 1) {
      let sum = 0;
      for (let tap = 0; tap < places.length; tap += 1) sum += weights[tap] * high[y * width + places[tap]];
      wide[y * columns.length + column] = sum;
    }
  });
  return { data: wide, width: columns.length, height: rows.length };
}

function resizeRows(data, stride, rows) {
  const resized = new Uint8Array(rows.length * stride);
  const sum = new Float32Array(stride);
  rows.forEach(({ places, weights }, row) => {
    sum.fill(0);
    for (let tap = 0; tap < places.length; tap += 1) {
      const [start, weight] = [places[tap] * stride, weights[tap]];
      for (let i = 0; i < stride; i += 1) sum[i] += Math.fround(weight * data[start + i]);
    }
    for (let i = 0; i < stride; i += 1) resized[row * stride + i] = rounded(sum[i]);
  });
  return resized;
}

function resizeColumns(data, width, channels, columns) {
  const height = data.length / (width * channels);
  const resized = new Uint8Array(height * columns.length * channels);
  columns.forEach(({ places, weights }, column) => {
    for (let row = 0; row < height; row += 1) {
      const [from, to] = [row * width, (row * columns.length + column) * channels];
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        for (let tap = 0; tap < places.length; tap += 1) {
          const value = data[(from + places[tap]) * channels + channel];
          sum = Math.fround(sum + Math.fround(weights[tap] * value));
        }
        resized[to + channel] = rounded(sum);
      }
    }
  });
  return resized;
}

// Half up, and clipped, in 32 bits as Python's are.
function rounded(value) {
  const raised = Math.fround(value + 0.5);
  return raised >= 255 ? 255 : raised <= 0 ? 0 : Math.trunc(raised);
}

// Of each place of a resized axis: which old places it is made of, and their weights in 32 bits.
function axisOf(length, scale) {
  const shrink = Math.min(scale, 1);
  const support = 4 / shrink;
  return Array.from({ length: Math.ceil(length * scale) }, (_, index) => {
    const centre = (index + 0.5) / scale - 0.5;
    const first = Math.floor(centre - support / 2);
    const taps = Array.from({ length: Math.ceil(support) + 2 }, (__, tap) => first + tap);
    const values = taps.map((tap) => cubic(shrink * (centre - tap)));
    const total = pairwise(values);
    const folded = new Map();
    taps.forEach((tap, i) => {
      const place = mirrored(tap, length);
      folded.set(place, (folded.get(place) || 0) + values[i] / total);
    });
    const kept = [...folded].filter(([, weight]) => weight !== 0).sort((a, b) => a[0] - b[0]);
    return {
      places: Int32Array.from(kept, ([place]) => place),
      weights: Float32Array.from(kept, ([, weight]) => weight),
    };
  });
}

// Symmetric padding: … 1 0 | 0 1 2 … n-1 | n-1 n-2 …
export function mirrored(place, length) {
  const folded = ((place % (2 * length)) + 2 * length) % (2 * length);
  return folded < length ? folded : 2 * length - 1 - folded;
}

// Keys' kernel with a = -0.5; zero beyond 2.
function cubic(value) {
  const x = Math.abs(value);
  if (x <= 1) return (1.5 * x - 2.5) * (x * x) + 1;
  return x <= 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

// A sum in the order of NumPy's: in another, one weight in some hundred would have another last bit.
function pairwise(values) {
  if (values.length < 8) return values.reduce((a, b) => a + b, 0);
  const r = values.slice(0, 8);
  const whole = values.length - (values.length % 8);
  for (let i = 8; i < whole; i += 1) r[i % 8] += values[i];
  const sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  return values.slice(whole).reduce((a, b) => a + b, sum);
}
