// The one place that knows Gradio's `gr.HTML`. A component is a class: `new Component(root, values,
// send)`, where `root` is its element and `values` what Python has said, by name: `value`, and the
// component's own properties. Its `update(values)` gets those that have changed since, its `wait(n)`
// how many are ahead while an event of its own is queued. `send(name, details)` tells Python of an
// event; with the name of a function it promises the answer. Details with a `value` make it the
// component's own.

export function connect({ element, props, trigger, server, upload, watch }, Component, events) {
  const { root = '', api_prefix: api = '' } = window.gradio_config;
  const send = async (name, details) => {
    if (!events.includes(name)) return withUrls(await server[name](details), `${root}${api}/file=`);
    // A file is uploaded first; Python hears where it is.
    const said = details instanceof File ? { path: (await upload(details)).path } : details;
    // What stands in a component is known to Python with the events of others, too.
    if (said && 'value' in said) props.value = said.value;
    return trigger(name, said);
  };
  const component = new Component(element.firstElementChild, { ...props }, send);
  for (const name of component.update ? Object.keys(props) : []) {
    watch(name, () => component.update({ [name]: props[name] }));
  }
  if (component.wait) onPlace(element, (ahead) => component.wait(ahead));
}

// How many are served before this page, each time that Gradio tells it: in the text of a status that
// page.css hides, "queue: 2/5", where whoever is being served does not count.
function onPlace(element, tell) {
  const status = element.closest('.block').querySelector('[data-testid="status-tracker"]');
  new MutationObserver(() => {
    const place = placeIn(status.textContent);
    if (place !== null) tell(place);
  }).observe(status, { childList: true, characterData: true, subtree: true });
}

export function placeIn(text) {
  const found = /queue: (\d+)\//.exec(text);
  return found && Number(found[1]);
}

// Gradio gives files a URL in values, but not in answers. Its root is where a proxy has put the app.
export function withUrls(answer, prefix) {
  if (Array.isArray(answer)) return answer.map((item) => withUrls(item, prefix));
  if (answer === null || typeof answer !== 'object') return answer;
  const entries = Object.entries(answer).map(([name, value]) => [name, withUrls(value, prefix)]);
  const copy = Object.fromEntries(entries);
  return answer.meta?._type === 'gradio.FileData' ? { ...copy, url: prefix + answer.path } : copy;
}
