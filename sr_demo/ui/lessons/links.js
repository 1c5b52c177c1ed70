// What an address says of a lesson: ?lesson=2&order=csjnb&image=coffee. Gradio's own parameters,
// such as __theme, stay.

export const LESSONS = 8;

// The number of the lesson that is meant: the first where there is no such one.
export function lessonIn(search) {
  const number = Number(new URLSearchParams(search).get('lesson'));
  return Number.isInteger(number) && number >= 1 && number <= LESSONS ? number : 1;
}

// What is left of an address's query when it is no lesson's: '' or '?__theme=…'.
export function withoutLesson(search) {
  return questionMark(String(gradiosOwn(search)));
}

// The query that shows a lesson in this state again. What is null, undefined or '' is left out.
export function linkTo(number, state, search) {
  const query = gradiosOwn(search);
  query.set('lesson', number);
  for (const [name, value] of Object.entries(state)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  return questionMark(readable(String(query)));
}

// The address to hand on: the key to a class is its teacher's.
export function toShare(href) {
  const url = new URL(href);
  url.searchParams.delete('teacher');
  return readable(url.href);
}

// A whole number; 0 where there is none.
export const wholeNumber = (text) => Math.floor(Number(text)) || 0;

const gradiosOwn = (search) => new URLSearchParams(
  [...new URLSearchParams(search)].filter(([name]) => name.startsWith('__')),
);
const questionMark = (query) => query && `?${query}`;
const readable = (text) => text.replaceAll('%2C', ',');
