// Numbers as the page writes them.

export const percent = (value) => `${Math.round(value * 100)} %`;

export const times = (scale) => `×${Number(scale.toFixed(1))}`;

// 12345.6 -> 12 346, with a narrow space that no line breaks at
export const whole = (value) => Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');

export const psnrOf = (mse) => `${(10 * Math.log10(255 ** 2 / mse)).toFixed(1)} dB ↑`;

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
