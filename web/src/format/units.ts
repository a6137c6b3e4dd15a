import { numberFormat } from './locale';
import { duration } from './time';

/** The units a metric, panel or column can have; others are shown as they are written. */
export type Unit =
  | ''
  | 'seconds'
  | 'timestamp_seconds'
  | 'bytes'
  | 'bytes_per_second'
  | 'bits_per_second'
  | 'ratio'
  | 'bool'
  | 'celsius'
  | 'hertz'
  | 'volts'
  | 'amperes'
  | 'watts'
  | 'joules'
  | 'pascals'
  | 'dbm'
  | 'rpm'
  | 'cores';

/** A value as people read it: "3.4" and "GiB". */
export interface Quantity {
  text: string;
  suffix: string;
}

/** A power of a base with the suffix that stands for it. */
export interface Scale {
  factor: number;
  suffix: string;
}

const plain: Scale = { factor: 1, suffix: '' };

function ladder(base: number, suffixes: readonly string[], firstPower = 0): Scale[] {
  return suffixes.map((suffix, i) => ({ factor: base ** (i + firstPower), suffix }));
}

const counts = ladder(1000, ['', 'k', 'M', 'G', 'T', 'P']);

const ladders: Partial<Record<Unit, Scale[]>> = {
  bytes: ladder(1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']),
  bytes_per_second: ladder(1000, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s']),
  bits_per_second: ladder(1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']),
  hertz: ladder(1000, ['Hz', 'kHz', 'MHz', 'GHz']),
  watts: ladder(1000, ['mW', 'W', 'kW', 'MW'], -1),
  joules: ladder(1000, ['J', 'kJ', 'MJ', 'GJ', 'TJ']),
  pascals: ladder(1000, ['Pa', 'kPa', 'MPa']),
  volts: ladder(1000, ['mV', 'V', 'kV'], -1),
  amperes: ladder(1000, ['mA', 'A', 'kA'], -1),
  seconds: [
    { factor: 1e-6, suffix: 'µs' },
    { factor: 1e-3, suffix: 'ms' },
    { factor: 1, suffix: 's' },
    { factor: 60, suffix: 'min' },
    { factor: 3600, suffix: 'h' },
    { factor: 86400, suffix: 'd' },
  ],
  '': counts,
};

const fixed: Partial<Record<Unit, Scale>> = {
  ratio: { factor: 0.01, suffix: '%' },
  celsius: { factor: 1, suffix: '°C' },
  dbm: { factor: 1, suffix: 'dBm' },
  rpm: { factor: 1, suffix: 'rpm' },
  cores: { factor: 1, suffix: 'cores' },
};

/** The scale that suits a value, so that all ticks of an axis can share it. */
export function scaleFor(unit: string, value: number): Scale {
  const one = fixed[unit as Unit];
  if (one) return one;
  const steps = ladders[unit as Unit];
  if (!steps) return unit === 'bool' || unit === 'timestamp_seconds' ? plain : { factor: 1, suffix: unit };
  const size = Math.abs(value);
  if (size === 0) return steps.find((step) => step.factor === 1) ?? plain;
  // Counts below ten thousand read better in full.
  if (unit === '' && size < 10_000) return plain;
  let chosen = steps[0] ?? plain;
  for (const step of steps) {
    if (size >= step.factor * 0.9995) chosen = step;
  }
  return chosen;
}

/** Digits after the point so that about three digits count. */
function digits(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return size >= 0.1 ? 2 : 3;
}

/** The number alone, in a scale; with so many digits after the point, or as many as count. */
export function scaled(value: number, scale: Scale, decimals?: number): string {
  const shown = value / scale.factor;
  if (decimals !== undefined) {
    return numberFormat({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(shown);
  }
  const most = Number.isInteger(shown) && Math.abs(shown) < 1e6 ? 0 : digits(shown);
  return numberFormat({ maximumFractionDigits: most }).format(shown === 0 ? 0 : shown);
}

/** A value in its unit for people. What is not a number is a dash. */
export function quantity(value: number | null | undefined, unit = '', decimals?: number): Quantity {
  if (value === null || value === undefined || !Number.isFinite(value)) return { text: '–', suffix: '' };
  if (unit === 'bool') return { text: value ? 'yes' : 'no', suffix: '' };
  if (unit === 'timestamp_seconds') return { text: moment(value), suffix: '' };
  if (unit === 'seconds' && Math.abs(value) >= 60) return { text: duration(value), suffix: '' };
  const exact = unit === 'bytes' && knownInFull(value);
  const scale = exact ? { factor: 1, suffix: 'B' } : scaleFor(unit, value);
  return { text: scaled(value, scale, decimals), suffix: scale.suffix };
}

/** Whether bytes are known by their number: a packet has 1500 or 9000, and not 1.46 or 8.79 KiB. */
function knownInFull(bytes: number): boolean {
  const size = Math.abs(bytes);
  if (!Number.isInteger(size) || size % 1024 === 0) return false;
  return size < 2048 || (size < 10_240 && size % 1000 === 0);
}

/** A number without a unit, in full: in a table it may be a port as well as a count. */
export function fullNumber(value: number): string {
  return numberFormat({ maximumFractionDigits: Number.isInteger(value) ? 0 : digits(value) }).format(value);
}

function moment(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** quantity in one piece: "3.4 GiB", "42 %". */
export function formatValue(value: number | null | undefined, unit = '', decimals?: number): string {
  const { text, suffix } = quantity(value, unit, decimals);
  return suffix ? `${text}\u00a0${suffix}` : text;
}

/**
 * Texts for the ticks of one axis: one scale for all, and as many digits as
 * tell them apart. Where two directions are drawn on both sides of zero, the
 * sign is not part of the value.
 */
export function axisTexts(ticks: readonly number[], unit: string, mirrored = false): string[] {
  const largest = ticks.reduce((most, tick) => Math.max(most, Math.abs(tick)), 0);
  if (unit === 'bool') return ticks.map((t) => (t === 0 ? 'no' : t === 1 ? 'yes' : ''));
  const scale = scaleFor(unit, largest);
  let decimals = 0;
  const [first, second] = ticks;
  if (first !== undefined && second !== undefined) {
    const gap = Math.abs(second - first) / scale.factor;
    decimals = gap > 0 ? Math.min(6, Math.max(0, -Math.floor(Math.log10(gap) + 1e-9))) : 0;
    if (decimals < 6 && Math.abs(gap * 10 ** decimals - Math.round(gap * 10 ** decimals)) > 1e-6) decimals++;
  }
  // "1 h 35 min" is read at once, 1.583 h is not.
  if (unit === 'seconds' && scale.factor >= 60 && decimals > 0) {
    return ticks.map((tick) => (tick === 0 ? '0' : duration(mirrored ? Math.abs(tick) : tick)));
  }
  const format = numberFormat({ maximumFractionDigits: decimals });
  return ticks.map((tick) => {
    if (tick === 0) return '0';
    const shown = tick / scale.factor;
    const text = format.format(mirrored ? Math.abs(shown) : shown);
    return scale.suffix ? `${text}\u00a0${scale.suffix}` : text;
  });
}

/** Distances between ticks that are round numbers in the unit; whole ones for what can only be counted. */
export function tickSteps(unit: string, whole = false): number[] {
  const steps: number[] = [];
  if (unit === 'bytes') {
    for (let power = 0; power <= 6; power++) {
      for (const m of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]) steps.push(m * 1024 ** power);
    }
    return steps;
  }
  if (unit === 'seconds') {
    for (let power = -6; power < 0; power++) for (const m of [1, 2, 5]) steps.push(m * 10 ** power);
    for (const m of [1, 2, 5, 10, 15, 30]) steps.push(m);
    for (const m of [1, 2, 5, 10, 15, 30]) steps.push(m * 60);
    for (const m of [1, 2, 3, 6, 12]) steps.push(m * 3600);
    for (const m of [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]) steps.push(m * 86400);
    return steps;
  }
  if (unit === 'bool') return [1];
  for (let power = -9; power <= 18; power++) for (const m of [1, 2, 2.5, 5]) steps.push(m * 10 ** power);
  return whole ? steps.filter((step) => Number.isInteger(step)) : steps;
}
