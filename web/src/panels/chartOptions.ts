import uPlot from 'uplot';
import { tickTime } from '~/format/time';
import { axisTexts, tickSteps } from '~/format/units';
import { thresholdsOf, type Picture } from './picture';
import type { Line } from './points';
import { axisRange } from './scale';

/** The colours of a chart, read from the theme. */
export interface Paint {
  series: string[];
  text: string;
  grid: string;
  zero: string;
  surface: string;
  warning: string;
  critical: string;
  font: string;
}

export const seriesColours = 10;

/** Reads the colours that hold at an element. */
export function readPaint(element: Element): Paint {
  const style = getComputedStyle(element);
  const get = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: Array.from({ length: seriesColours }, (_, i) => get(`--series-${i + 1}`)),
    text: get('--text-3'),
    grid: get('--grid'),
    zero: get('--border-strong'),
    surface: get('--surface'),
    warning: get('--warning-mark'),
    critical: get('--critical-mark'),
    font: `11px ${get('--font')}`,
  };
}

/** Milliseconds between the ticks of a time axis. */
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 4, 6, 8, 12].map((h) => h * 3_600_000),
  ...[1, 2, 3, 5, 7, 14, 30, 60, 90, 365].map((d) => d * 86_400_000),
];

export interface ChartSettings {
  panel: Picture;
  lines: readonly Line[];
  /** Index into the colours for each line. */
  colours: readonly number[];
  paint: Paint;
  width: number;
  height: number;
  sync: string;
  bounds: () => { from: number; to: number };
  onCursor: (index: number | null, left: number, top: number) => void;
  onSelect: (from: number, to: number) => void;
}

/** Whether all that is drawn are whole numbers, as counts are. */
function areWhole([, ...columns]: uPlot.AlignedData): boolean {
  return columns.every((column) => {
    for (const value of column) if (typeof value === 'number' && !Number.isInteger(value)) return false;
    return true;
  });
}

/** The options of uPlot for a line, area or stacked panel. */
export function chartOptions(settings: ChartSettings): uPlot.Options {
  const { panel, lines, paint } = settings;
  const stacked = panel.kind === 'stacked';
  const mirrored = lines.some((line) => line.negative);
  const spread = stacked ? [] : lines.map((line, n) => ({ line, n })).filter(({ line }) => line.band);
  return {
    width: settings.width,
    height: settings.height,
    ms: 1,
    padding: [10, 10, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: settings.sync, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: {
        size: 7,
        width: 2,
        stroke: () => paint.surface,
        fill: (u, i) => (u.series[i]?.stroke && i <= lines.length ? colour(settings, i - 1) : 'transparent'),
      },
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { from, to } = settings.bounds();
          return [from, to];
        },
      },
      y: { range: (_, low, high) => axisRange(low, high, panel) },
    },
    axes: [
      {
        stroke: paint.text,
        font: paint.font,
        grid: { show: false },
        ticks: { show: false },
        size: 26,
        gap: 8,
        space: 60,
        incrs: timeSteps,
        values: (u, splits, _axis, _space, step) => {
          const texts = splits.map((time) => tickTime(time, step / 1000));
          // A text that would be cut at the right edge is left out.
          const room = u.bbox.width / devicePixelRatio + 10;
          return texts.map((text, n) =>
            u.valToPos(splits[n] ?? 0, 'x') + textWidth(u, [text], paint.font) / 2 > room ? '' : text,
          );
        },
      },
      {
        stroke: paint.text,
        font: paint.font,
        grid: { stroke: paint.grid, width: 1 },
        ticks: { show: false },
        gap: 8,
        space: 26,
        incrs: (u) => tickSteps(panel.unit, panel.unit === '' && areWhole(u.data)),
        values: (_, splits) => axisTexts(splits, panel.unit, mirrored),
        size: (u, values) => textWidth(u, values, paint.font) + 18,
      },
    ],
    series: [
      {},
      ...lines.map((line, n) => seriesOptions(settings, line, n)),
      ...spread.flatMap(() => [edge, edge]),
    ],
    ...(stacked ? { bands: bandsOf(lines) } : {}),
    ...(spread.length > 0
      ? {
          bands: spread.map(({ n }, at): uPlot.Band => ({
            series: [lines.length + 2 * at + 2, lines.length + 2 * at + 1],
            fill: fade(colour(settings, n), 0.2),
          })),
        }
      : {}),
    hooks: {
      drawAxes: [(u) => drawZero(u, paint)],
      draw: [(u) => drawThresholds(u, panel, paint)],
      setCursor: [
        (u) => {
          const { left, top, idx } = u.cursor;
          const inside = left !== undefined && left >= 0 && idx !== null && idx !== undefined;
          settings.onCursor(inside ? idx : null, left ?? 0, top ?? 0);
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          settings.onSelect(from, to);
        },
      ],
    },
  };
}

const colour = (settings: ChartSettings, line: number): string =>
  settings.paint.series[(settings.colours[line] ?? line) % seriesColours] ?? settings.paint.text;

/** The edge of a band, which is not drawn itself. */
const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };

function seriesOptions(settings: ChartSettings, line: Line, n: number): uPlot.Series {
  const { panel, lines } = settings;
  const stroke = colour(settings, n);
  const filled =
    panel.kind === 'area' || (panel.kind === 'line' && lines.filter((each) => !each.faded).length === 1);
  const options: uPlot.Series = {
    label: line.name,
    stroke,
    width: panel.kind === 'stacked' ? 1 : 1.6,
    points: { show: false, size: 4, width: 0, fill: stroke, filter: lonely },
  };
  if (line.faded) return { ...options, stroke: fade(stroke, 0.6), width: 1.3, dash: [5, 4] };
  if (panel.kind === 'stacked') options.fill = fade(stroke, 0.62);
  else if (line.band) return options;
  else if (filled) {
    const strength = panel.kind === 'area' ? 0.3 : 0.16;
    options.fill = (u) =>
      gradient(u, stroke, strength / Math.sqrt(Math.max(1, lines.length / 2)), line.negative);
  }
  return options;
}

/** Points with gaps on both sides, which no line would show. */
function lonely(u: uPlot, series: number): number[] | null {
  const values = u.data[series];
  if (!values) return null;
  const present: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] !== undefined) present.push(i);
  const out = present.filter((at, n) => {
    const before = present[n - 1];
    const after = present[n + 1];
    const none = (i: number | undefined) => i === undefined || values[i] === null;
    return values[at] !== null && none(before) && none(after);
  });
  return out.length > 0 ? out : null;
}

/** The areas between stacked lines; those below the axis are apart. */
function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  const before: { up?: number; down?: number } = {};
  lines.forEach((line, n) => {
    const side = line.negative ? 'down' : 'up';
    const last = before[side];
    if (last !== undefined) bands.push({ series: [n + 1, last], dir: line.negative ? 1 : -1 });
    before[side] = n + 1;
  });
  return bands;
}

/** A colour with an opacity. */
export function fade(hex: string, opacity: number): string {
  const value = Number.parseInt(hex.slice(1), 16);
  return `rgb(${(value >> 16) & 255} ${(value >> 8) & 255} ${value & 255} / ${opacity})`;
}

function gradient(u: uPlot, hex: string, strength: number, negative: boolean): CanvasGradient | string {
  const zero = Math.min(Math.max(u.valToPos(0, 'y', true), u.bbox.top), u.bbox.top + u.bbox.height);
  const far = negative ? u.bbox.top + u.bbox.height : u.bbox.top;
  if (!Number.isFinite(zero) || Math.abs(zero - far) < 1) return fade(hex, strength / 2);
  const fill = u.ctx.createLinearGradient(0, far, 0, zero);
  fill.addColorStop(0, fade(hex, strength));
  fill.addColorStop(1, fade(hex, strength * 0.12));
  return fill;
}

function drawZero(u: uPlot, paint: Paint): void {
  const { min, max } = u.scales['y'] ?? {};
  if (min === undefined || max === undefined || min > 0 || max < 0) return;
  horizontal(u, 0, paint.zero, []);
}

function drawThresholds(u: uPlot, panel: Picture, paint: Paint): void {
  const { min, max } = u.scales['y'] ?? {};
  if (min === undefined || max === undefined) return;
  for (const { value, level } of thresholdsOf(panel)) {
    const stroke = level === 'critical' ? paint.critical : paint.warning;
    if (value > min && value < max) horizontal(u, value, fade(stroke, 0.7), [4, 4]);
  }
}

function horizontal(u: uPlot, value: number, stroke: string, dash: number[]): void {
  const ratio = devicePixelRatio;
  const y = Math.round(u.valToPos(value, 'y', true)) + 0.5;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.strokeStyle = stroke;
  u.ctx.lineWidth = ratio;
  u.ctx.setLineDash(dash.map((d) => d * ratio));
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}

/** The width of the widest text in CSS pixels, so that no label is cut. */
function textWidth(u: uPlot, texts: readonly (string | number | null)[] | null, font: string): number {
  if (!texts || texts.length === 0) return 20;
  u.ctx.save();
  u.ctx.font = font;
  const width = texts.reduce<number>(
    (most, each) => Math.max(most, u.ctx.measureText(String(each ?? '')).width),
    0,
  );
  u.ctx.restore();
  return Math.ceil(width);
}
