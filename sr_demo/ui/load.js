// What every component begins with: Gradio runs this as the body of a function, after components.py
// has put two lines before it, `const modules = [[name, source], …], events = […];`. A module comes
// after those that it imports; the last is the component.

/* global modules, events, element, props, trigger, server, upload, watch */
const urls = {};
for (const [name, source] of modules) {
  const linked = source.replace(/ from 'module:([^']+)'/g, (_, other) => ` from "${urls[other]}"`);
  const named = `${linked}\n//# sourceURL=sr_demo/ui/${name}`;   // as the browser's tools show it
  urls[name] = URL.createObjectURL(new Blob([named], { type: 'text/javascript' }));
}
const entry = modules.at(-1)[0];
Promise.all([import(urls[entry]), import(urls['gradio.js'])]).then(([component, { connect }]) => {
  Object.values(urls).forEach(URL.revokeObjectURL);
  connect({ element, props, trigger, server, upload, watch }, component.default, events);
});
