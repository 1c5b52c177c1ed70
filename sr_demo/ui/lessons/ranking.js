// Five copies in an order, as a link spells it and as a number judges it.

// Ids in the order of a link's letters, each at most once; unknown letters are left out.
export function orderOf(text, letters) {
  return [...new Set(text || '')].filter((letter) => letters[letter]).map((letter) => letters[letter]);
}

export function lettersOf(order, letters) {
  return order.map((id) => Object.keys(letters).find((letter) => letters[letter] === id)).join('');
}

// Best first; `sign` is -1 where more is better. What is equal keeps its order.
export function sortedBy(order, values, sign) {
  return [...order].sort((a, b) => sign * ((values[a] ?? 0) - (values[b] ?? 0)));
}

// How many of all pairs a number puts in the same order; null where it lacks a value.
export function agreement(order, values, sign) {
  const list = order.map((id) => values[id]);
  if (list.includes(null)) return null;
  const pairs = list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b]));
  return pairs.filter(([a, b]) => sign * a < sign * b).length;
}
