// Draws charts from the data that the page carries. The server sends data and words; how they look is decided here.

/** Below so many pixels the legend takes two lines. */
const LEGEND_MIN = 520;

/** Letters of a name in a legend; the table under the chart has all of them. */
const LEGEND_NAME_MAX = 22;

const charts = new Map();
let library;

/** The library is fetched by the first page that has a chart. */
function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = document.querySelector('meta[name="echarts"]').content;
    script.onload = () => resolve(globalThis.echarts);
    script.onerror = () => reject(new Error('could not load the chart library'));
    document.head.append(script);
  });
  return library;
}

/** Draws what is new and lets go of what has left the page. */
export async function drawCharts() {
  for (const [element, chart] of charts) {
    if (element.isConnected && element.querySelector('canvas')) continue;
    sizes.unobserve(element);
    chart.dispose();
    charts.delete(element);
  }
  const fresh = [...document.querySelectorAll('[data-chart]')].filter((it) => !charts.has(it));
  if (!fresh.length) return;
  const echarts = await load();
  for (const element of fresh) {
    if (charts.has(element) || !element.isConnected) continue;
    const place = element.querySelector('.chart-canvas') ?? element.appendChild(document.createElement('div'));
    place.className = 'chart-canvas';
    const chart = echarts.init(place, null, { renderer: 'canvas' });
    charts.set(element, chart);
    colour(element, chart);
    sizes.observe(element);
  }
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const chart = charts.get(target);
    const narrow = chart?.getWidth() < LEGEND_MIN;
    chart?.resize();
    if (chart && narrow !== chart.getWidth() < LEGEND_MIN) colour(target, chart);
  }
});

const recolour = () => charts.forEach((chart, element) => colour(element, chart));
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
matchMedia('(forced-colors: active)').addEventListener('change', recolour);

function colour(element, chart) {
  const data = JSON.parse(element.querySelector('script[type="application/json"]').textContent);
  const caption = element.closest('figure')?.querySelector('figcaption')?.textContent.replace(/\s+/g, ' ').trim();
  const look = { colours: palette(element), narrow: chart.getWidth() < LEGEND_MIN };
  chart.setOption({ ...KINDS[element.dataset.chart](data, look), ...common(caption) }, true);
}

/** Colours of the style sheet, as the canvas wants them: resolved for the theme of the moment. */
function palette(element) {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  const resolve = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'chart-6', 'chart-compare', 'chart-text', 'chart-grid', 'chart-surface', 'good', 'bad'];
  const colours = Object.fromEntries(names.map((it) => [it.replace('chart-', ''), resolve(`--${it}`)]));
  probe.remove();
  return colours;
}

function common(caption) {
  return {
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 250,
    aria: { enabled: true, label: { description: caption } },
  };
}

const KINDS = {
  stacks: (data, look) => overTime(data, look, { type: 'bar', stack: 'total' }),
  columns: (data, look) => overTime(data, look, { type: 'bar' }),
  lines: (data, look) => overTime(data, look, { type: 'line' }),
  scatter,
};

/** Values over time: bars or lines, the days compared with as a dashed line, and what happened meanwhile. */
function overTime({ rows: buckets, series, marks = [], currency, unit = 'money' }, { colours, narrow }, kind) {
  const write = writer(unit, currency);
  const rows = buckets.map(flat);
  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  const own = series.filter((it) => !it.isCompared);
  const compared = series.filter((it) => it.isCompared);
  const single = rows.length === 1;
  // Where nearly every point has a campaign, pins tell nothing: then only what people wrote has one.
  const isCrowded = new Set(marks.map(({ at }) => at)).size > buckets.length * 2 / 3;
  const pinned = isCrowded ? marks.filter(({ kind }) => kind === 'note') : marks;
  const dots = pinned.length && { symbol: 'pin', symbolSize: 13, silent: true, animation: false, label: { show: false },
    itemStyle: { color: colours.compare, opacity: 0.7 },
    data: [...new Set(pinned.map(({ at }) => at))].map((at) => ({ xAxis: at, y: '15%' })) };
  const drawn = own.map(({ key, name }, place) => ({
    name, ...kind,
    color: colours[place % COLOURS + 1],
    barCategoryGap: '25%', barMaxWidth: 96,
    symbol: single ? 'circle' : 'none', symbolSize: 8, lineStyle: { width: 2 },
    emphasis: { disabled: true },
    ...(place === 0 && dots && { markPoint: dots }),
    // What is not over, or not all shown, is paler: it cannot be compared with its neighbours.
    data: kind.type === 'bar' ? rows.map((it) => (it.whole ? it[key] : { value: it[key], itemStyle: { opacity: 0.5 } })) : rows.map((it) => (it.whole ? it[key] : null)),
  }));
  // A line ends dotted where its last days are not over.
  const open = kind.type === 'line' && rows.length > 1 && !rows.at(-1).whole
    ? own.map(({ key, name }, place) => ({
        name, type: 'line', color: colours[place % COLOURS + 1], symbol: 'none', lineStyle: { width: 2, type: 'dotted' }, emphasis: { disabled: true },
        data: rows.map((it, at) => (at >= rows.length - 2 ? it[key] : null)),
      }))
    : [];
  const lines = compared.map(({ key, name }) => ({
    name, type: 'line', color: colours[dashed(key).colour],
    symbol: single ? 'circle' : 'none', symbolSize: 8,
    lineStyle: { width: 1.5, type: dashed(key).type },
    emphasis: { disabled: true },
    data: rows.map((it) => it[key]),
  }));
  const tip = (entries) => {
    const at = entries[0].dataIndex;
    const row = rows[at];
    const note = row.whole ? '' : ' (not all of it)';
    const total = kind.stack && own.length > 1 ? [`Total  ${write(own.reduce((sum, { key }) => sum + (row[key] ?? 0), 0))}`] : [];
    const happened = marks.filter((it) => it.at === at).slice(0, 4).map((it) => `• ${it.words}`);
    return [row.label + note, ...total, ...series.map(({ key, name }) => `${name}  ${write(row[key])}`), ...happened].join('\n');
  };
  return {
    textStyle: font,
    grid: { left: 4, right: 8, top: narrow && series.length > 2 ? 60 : 36, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: legend(own, compared, colours, font),
    tooltip: { trigger: 'axis', formatter: tip, axisPointer: { type: kind.type === 'bar' ? 'shadow' : 'line' }, ...panel(colours, font) },
    xAxis: {
      type: 'category', data: rows.map((it) => it.tick),
      axisLabel: { color: colours.text, hideOverlap: true, alignMaxLabel: 'right' },
      axisTick: { show: false }, axisLine: { lineStyle: { color: colours.grid } },
    },
    yAxis: valueAxis(colours, writer(unit, currency, 'compact'), unit !== 'share' && kind.type === 'line'),
    series: [...drawn, ...open, ...lines],
  };
}

/** A point a row: the first series is across, the second up, the third its size. */
function scatter({ rows: buckets, series, currency, unit }, { colours }) {
  const rows = buckets.map(flat);
  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  const [across, up, size] = series;
  const most = size && Math.max(...rows.map((it) => it[size.key] ?? 0), 1);
  const write = writer(unit, currency);
  const number = writer('number');
  return {
    textStyle: font,
    grid: { left: 4, right: 16, top: 24, bottom: 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'item', ...panel(colours, font),
      formatter: ({ dataIndex }) => [rows[dataIndex].label, ...series.map(({ key, name }) => `${name}  ${key === up.key ? write(rows[dataIndex][key]) : number(rows[dataIndex][key])}`)].join('\n'),
    },
    xAxis: { ...valueAxis(colours, writer('number', '', 'compact')), name: across.name, nameLocation: 'middle', nameGap: 28, nameTextStyle: { color: colours.text } },
    yAxis: { ...valueAxis(colours, writer(unit, currency, 'compact')), name: up.name, nameTextStyle: { color: colours.text, align: 'left' } },
    series: [{
      type: 'scatter', color: colours[1], itemStyle: { opacity: 0.65 },
      symbolSize: (point) => (size ? 6 + 24 * Math.sqrt((point[2] ?? 0) / most) : 10),
      data: rows.map((it) => series.map(({ key }) => it[key])),
    }],
  };
}

/** A row with its values beside its label. */
const flat = ({ values, ...row }) => ({ ...row, ...values });

/** Colours of series, as the style sheet names them. */
const COLOURS = 6;

/** Lines beside the drawn: the bounds of a verdict, which are told apart without their colour too, and what is compared with. */
const BOUNDS = {
  healthy: { colour: 'good', type: [8, 3], icon: 'path://M0 5h8v2h-8zM10 5h2v2h-2z' },
  attention: { colour: 'bad', type: [1.5, 3], icon: 'path://M0 5h2v2h-2zM5 5h2v2h-2zM10 5h2v2h-2z' },
};
const COMPARED = { colour: 'compare', type: [4, 3], icon: 'path://M0 5h3v2h-3zM4.500 5h3v2h-3zM9 5h3v2h-3z' };
const shortened = (name) => name.length > LEGEND_NAME_MAX ? `${name.slice(0, LEGEND_NAME_MAX - 1).trimEnd()}…` : name;

const dashed = (key) => BOUNDS[key] ?? COMPARED;

function legend(own, compared, colours, font) {
  if (own.length + compared.length < 2) return undefined;
  return {
    left: 0, top: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, icon: 'roundRect', type: 'scroll',
    textStyle: { ...font, color: colours.text, fontSize: 13 }, formatter: shortened,
    pageTextStyle: { color: colours.text },
    data: [...own.map(({ name }) => name), ...compared.map(({ key, name }) => ({ name, icon: dashed(key).icon }))],
  };
}

function panel(colours, font) {
  return {
    renderMode: 'richText', confine: true,
    backgroundColor: colours.surface, borderColor: colours.grid,
    textStyle: { ...font, color: colours.text, fontSize: 13, lineHeight: 20 },
  };
}

function valueAxis(colours, write, fitted = false) {
  return {
    type: 'value', splitNumber: 4, scale: fitted,
    axisLabel: { color: colours.text, formatter: write },
    splitLine: { lineStyle: { color: colours.grid } },
  };
}

/** How a value of the unit is written; what is not known is a dash. */
function writer(unit, currency, notation = 'standard') {
  const compact = notation === 'compact' ? { notation, maximumFractionDigits: unit === 'count' ? 2 : 1 } : {};
  const style = {
    money: { style: 'currency', currency, ...compact },
    // Spam complaints are judged by hundredths of a per cent.
    share: { style: 'percent', ...(notation === 'compact' ? { maximumFractionDigits: 3 } : { maximumSignificantDigits: 3 }) },
    count: { maximumFractionDigits: 0, ...compact },
  }[unit] ?? { maximumFractionDigits: 1, ...compact };
  let format;
  try {
    format = new Intl.NumberFormat('en-US', style);
  } catch {
    // A code that is no currency of ISO 4217.
    format = new Intl.NumberFormat('en-US', compact);
  }
  return (value) => (value == null ? '–' : format.format(value));
}
