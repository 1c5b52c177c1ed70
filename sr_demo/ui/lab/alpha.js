// Of the steps that are there, the one nearest to α; null where there is none.
export function nearest(alpha, ready) {
  const closer = (best, step) => (Math.abs(step - alpha) < Math.abs(best - alpha) ? step : best);
  return ready.length ? ready.reduce(closer) : null;
}
