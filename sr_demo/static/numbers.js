// Numbers as people read them: what sr_demo/formatting.py writes.

export function psnrText(decibels) {
  if (decibels === null) return '—';
  return decibels === Infinity ? 'identical' : `${decibels.toFixed(2)} dB`;
}

export const ssimText = (similarity) => (similarity === null ? '—' : similarity.toFixed(4));

export function secondsText(seconds) {
  if (seconds < 0.0005) return '<1 ms';
  if (seconds < 0.9995) return `${(seconds * 1000).toFixed(0)} ms`;
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
}

export const countText = (count) =>
  (count ? String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f') : '—');

// PSNR and SSIM where they are measured, as the viewer shows facts.
export function facts({ psnr, ssim }) {
  return [
    psnr !== null && { text: `PSNR ${psnrText(psnr)} ↑`, title: 'PSNR, more is better' },
    ssim !== null && { text: `SSIM ${ssimText(ssim)} ↑`, title: 'SSIM, more is better' },
  ].filter(Boolean);
}
