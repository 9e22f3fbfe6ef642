// What pages do beyond HTML. Every page works without it: links load, forms submit, tables are open.

import { drawCharts } from './charts.js';

const page = () => document.getElementById('page');

// Ages. The server writes moments, which stay true in a page that the browser kept; their age is written here.

const UNITS = [[60, 'second'], [60, 'minute'], [24, 'hour'], [7, 'day'], [4.35, 'week'], [12, 'month'], [Infinity, 'year']];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

function age(moment) {
  let amount = (moment - Date.now()) / 1000;
  if (Math.abs(amount) < 45) return amount < 0 ? 'just now' : 'in a moment';
  for (const [size, unit] of UNITS) {
    if (Math.abs(Math.round(amount)) < size) return words.format(Math.round(amount), unit).replace('.', '');
    amount /= size;
  }
}

function writeAges() {
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const text = age(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

// Menus and panels are <details>: one is open at a time, and Escape or a click elsewhere closes it.

function closePanels(except) {
  for (const panel of document.querySelectorAll('details.drop[open]')) {
    if (!except || !panel.contains(except)) panel.open = false;
  }
}

document.addEventListener('click', (event) => closePanels(event.target));
document.addEventListener('focusin', (event) => closePanels(event.target));

// Keys.

const KEYS = {
  ArrowLeft: () => document.querySelector('[data-key="ArrowLeft"]')?.click(),
  ArrowRight: () => document.querySelector('[data-key="ArrowRight"]')?.click(),
  '/': () => document.querySelector('input[type="search"]')?.focus(),
  '?': () => document.getElementById('keys')?.showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    const open = document.querySelector('details.drop[open]');
    closePanels();
    open?.querySelector('summary')?.focus();
    return;
  }
  const busy = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open]');
  if (busy || event.target.closest?.('input, select, textarea, [contenteditable], .table-scroll')) return;
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// While a sync runs the server tells of its progress, and the page fetches itself again: at every step where it shows
// them (data-live="all"), or once at the end.

const PAUSE_MS = 1000;
const RETRY_MS = 5000;
let source;
let due;
let fetchedAt = 0;

function fetchAgain() {
  due ??= setTimeout(async () => {
    due = undefined;
    fetchedAt = Date.now();
    if (document.hidden || !page()) return;
    // A chart's canvas does not survive being merged; elsewhere merging keeps focus and scroll.
    const swap = document.querySelector('[data-chart]') ? 'outerHTML' : 'outerMorph';
    await globalThis.htmx?.ajax('GET', location.pathname + location.search, { target: '#page', select: '#page', swap });
  }, Math.max(0, fetchedAt + PAUSE_MS - Date.now()));
}

function follow() {
  if (!page()?.dataset.live) {
    source?.close();
    source = undefined;
    return;
  }
  if (source) return;
  source = new EventSource('/sync/events');
  source.addEventListener('progress', () => page()?.dataset.live === 'all' && fetchAgain());
  source.addEventListener('done', fetchAgain);
  source.addEventListener('error', () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    setTimeout(fetchAgain, RETRY_MS);
  });
}

document.addEventListener('visibilitychange', () => !document.hidden && page()?.dataset.live && fetchAgain());

// Once, and again after every swap.

function arrive() {
  writeAges();
  drawCharts();
  follow();
}

document.addEventListener('htmx:after:swap', () => {
  arrive();
  if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
});
setInterval(writeAges, 20_000);
arrive();
