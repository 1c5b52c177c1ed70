// The service worker: it keeps the site for later, and gives its files the two headers without which
// browsers let a page compute in one thread alone.

const TRIED = 'sr-demo-isolated';
const PATIENCE = 4000;                            // milliseconds

// Whether the page is about to be loaded again, through the service worker.
export async function isolated() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return false;               // plain http from another machine
  try {
    await serviceWorker.register('service-worker.js');
    if (!await Promise.race([serviceWorker.ready, later(PATIENCE)])) return false;
  } catch {
    return false;                                 // a private window, perhaps
  }
  if (crossOriginIsolated || sessionStorage.getItem(TRIED)) return false;
  sessionStorage.setItem(TRIED, '1');
  location.reload();
  return true;
}

const later = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

// Keeps all files that have not been needed yet; whether they are there.
export async function keepAll() {
  const worker = navigator.serviceWorker?.controller;
  if (!worker || navigator.connection?.saveData) return false;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage('keep all', [port2]);
  });
}
