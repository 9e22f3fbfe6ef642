// Draws charts from the data that the page carries. The server sends data and words; how they look is decided here.

/** Below so many pixels the legend takes two lines. */
const LEGEND_MIN = 520;

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
  const names = ['chart-1', 'chart-2', 'chart-3', 'chart-compare', 'chart-text', 'chart-grid', 'chart-surface'];
  const colours = Object.fromEntries(names.map((it) => [it.slice(6), resolve(`--${it}`)]));
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

const KINDS = { stacks };

/** Stacked amounts over time, and the total of the days compared with as a line. */
function stacks({ rows, series, comparison, currency }, { colours, narrow }) {
  const amount = money(currency);
  const font = { fontFamily: getComputedStyle(document.body).fontFamily };
  const stacked = series.map(({ key, name }, place) => ({
    name,
    type: 'bar',
    stack: 'total',
    color: colours[place + 1],
    barCategoryGap: '25%',
    barMaxWidth: 96,
    emphasis: { disabled: true },
    // What is not over, or not all shown, is paler: it cannot be compared with its neighbours.
    data: rows.map((it) => (it.whole ? it[key] : { value: it[key], itemStyle: { opacity: 0.5 } })),
  }));
  const line = comparison && {
    name: comparison.name,
    type: 'line',
    color: colours.compare,
    // One point makes no line.
    symbol: rows.length > 1 ? 'none' : 'circle',
    symbolSize: 8,
    lineStyle: { width: 1.5, type: [4, 3] },
    emphasis: { disabled: true },
    data: rows.map((it) => it[comparison.key]),
  };
  const total = (row) => series.reduce((sum, { key }) => sum + row[key], 0);
  const tip = (entries) => {
    const row = rows[entries[0].dataIndex];
    const note = row.whole ? '' : ' (not all of it)';
    const lines = series.map(({ key, name }) => `${name}  ${amount(row[key])}`);
    const compared = comparison ? [`${comparison.name}  ${amount(row[comparison.key])}`] : [];
    return [row.label + note, `Total  ${amount(total(row))}`, ...lines, ...compared].join('\n');
  };
  return {
    textStyle: font,
    grid: { left: 4, right: 8, top: narrow ? 60 : 36, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: {
      left: 0, top: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, icon: 'roundRect',
      textStyle: { ...font, color: colours.text, fontSize: 13 },
      data: [...series.map(({ name }) => name), ...(comparison ? [{ name: comparison.name, icon: 'path://M0 5h3v2h-3zM4.500 5h3v2h-3zM9 5h3v2h-3z' }] : [])],
    },
    tooltip: {
      trigger: 'axis', renderMode: 'richText', confine: true, formatter: tip,
      axisPointer: { type: 'shadow' },
      backgroundColor: colours.surface, borderColor: colours.grid,
      textStyle: { ...font, color: colours.text, fontSize: 13, lineHeight: 20 },
    },
    xAxis: {
      type: 'category', data: rows.map((it) => it.tick),
      axisLabel: { color: colours.text, hideOverlap: true },
      axisTick: { show: false }, axisLine: { lineStyle: { color: colours.grid } },
    },
    yAxis: {
      type: 'value', splitNumber: 4,
      axisLabel: { color: colours.text, formatter: money(currency, 'compact') },
      splitLine: { lineStyle: { color: colours.grid } },
    },
    series: line ? [...stacked, line] : stacked,
  };
}

function money(currency, notation = 'standard') {
  const digits = notation === 'compact' ? { maximumFractionDigits: 1 } : {};
  let format;
  try {
    format = new Intl.NumberFormat('en-US', { style: 'currency', currency, notation, ...digits });
  } catch {
    // A code that is no currency of ISO 4217.
    format = new Intl.NumberFormat('en-US', { notation, ...digits });
  }
  return (value) => (value == null ? '–' : format.format(value));
}
