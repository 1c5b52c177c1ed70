// What tabs share about addresses. Gradio's own parameters, such as __theme, stay.

// The query for what is compared and how it is looked at; what is null or '' is left out.
export function queryOf(compared, looked, search) {
  const query = new URLSearchParams(
    [...new URLSearchParams(search)].filter(([name]) => name.startsWith('__')),
  );
  for (const [name, value] of Object.entries({ ...compared, ...looked })) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const text = String(query).replaceAll('%2C', ',');
  return text && `?${text}`;
}

// The tab that a query names; the first where there is no such one.
export function tabIn(search) {
  const query = new URLSearchParams(search);
  if (query.has('lesson')) return 'lessons';
  return ['lab', 'lessons', 'models'].find((tab) => tab === query.get('tab')) || 'compare';
}

// Copies the address, and gives what to say of that; `complete`: it opens what is seen.
export async function copyAddress(complete) {
  const limit = complete ? '' : ' It opens the page, not your picture.';
  try {
    await navigator.clipboard.writeText(location.href);
    return `Link copied.${limit}`;
  } catch {                                       // not allowed on plain http
    return `Copy this: ${location.href}${limit}`;
  }
}
