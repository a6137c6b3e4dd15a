import { locale, numberFormat } from './locale';

const parts: readonly (readonly [number, string])[] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** Seconds as the two largest parts that matter: "3 d 4 h", "1.5 s", "12 ms". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const sign = seconds < 0 ? '−' : '';
  const size = Math.abs(seconds);
  if (size === 0) return '0\u00a0s';
  if (size < 0.001) return `${sign}${short(size * 1e6)}\u00a0µs`;
  if (size < 0.9995) return `${sign}${short(size * 1000)}\u00a0ms`;
  if (size < 10) return `${sign}${numberFormat({ maximumFractionDigits: 1 }).format(size)}\u00a0s`;
  let rest = Math.round(size);
  // Above an hour, seconds are noise; above a day, minutes are.
  if (rest >= 86400) rest = Math.round(rest / 3600) * 3600;
  else if (rest >= 3600) rest = Math.round(rest / 60) * 60;
  const words: string[] = [];
  for (const [factor, name] of parts) {
    const count = Math.floor(rest / factor);
    if (count > 0) {
      words.push(`${numberFormat({}).format(count)}\u00a0${name}`);
      rest -= count * factor;
    }
    if (words.length === 2) break;
  }
  return sign + words.join(' ');
}

function short(value: number): string {
  return numberFormat({ maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** Text of a duration ("1d12h", "1h30m", "250ms") as seconds; null when it is none. */
export function parseDuration(text: string): number | null {
  const units: Record<string, number> = {
    d: 86400,
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
  };
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d+(\.\d+)?d)?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))*$/.test(trimmed) || trimmed === '') return null;
  let total = 0;
  for (const match of trimmed.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|us|µs|ns|m|s)/g)) {
    total += Number(match[1]) * (units[match[2] ?? ''] ?? 0);
  }
  return total;
}

/** Seconds as a person types them: "1h30m", "14d". */
export function durationText(seconds: number): string {
  if (seconds === 0) return '0s';
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const whole = Math.round(seconds * 1000) / 1000;
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = Math.round((whole % 60) * 1000) / 1000;
  return `${h ? `${h}h` : ''}${m ? `${m}m` : ''}${s ? `${s}s` : ''}`;
}

/** Made when it is first used: what it has to read from the browser's tables takes longer than a page may. */
let relative: Intl.RelativeTimeFormat | undefined;

/** How long ago a moment was, in milliseconds since 1970: "2 min. ago". */
export function ago(time: number, now: number): string {
  relative ??= new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const seconds = Math.round((time - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return relative.format(0, 'second');
  if (size < 60) return relative.format(seconds, 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86400) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86400), 'day');
}

/** An RFC 3339 text as milliseconds since 1970; null for none and for Go's zero time. */
export function parseTime(text: string | null | undefined): number | null {
  if (!text || text.startsWith('0001-01-01')) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayClock = new Intl.DateTimeFormat(locale, {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
const dayOnly = new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric' });
const dayShort = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });

/** Everything about a moment, for titles and details. */
export const fullTime = (time: number): string => full.format(time);
/** The time of day with seconds. */
export const timeOfDay = (time: number): string => clockSeconds.format(time);
/** The day as a heading. */
export const dayHeading = (time: number): string => dayOnly.format(time);

/** The time of day, with the day in front when it is not today. */
export function since(time: number, now: number): string {
  return sameDay(time, now) ? clock.format(time) : dayClock.format(time);
}

/** Two moments, without saying the day twice when they are on one: "Mar 4, 10:32 AM – 11:02 AM". */
export function rangeText(from: number, to: number): string {
  return `${dayClock.format(from)} – ${sameDay(from, to) ? clock.format(to) : dayClock.format(to)}`;
}

/** Whether two moments are on one day of the reader's. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** A tick of a time axis whose ticks are a number of seconds apart. */
export function tickTime(time: number, stepSeconds: number): string {
  if (stepSeconds < 60) return clockSeconds.format(time);
  if (stepSeconds >= 86400) return dayShort.format(time);
  const midnight = new Date(time).getHours() === 0 && new Date(time).getMinutes() === 0;
  return midnight ? dayShort.format(time) : clock.format(time);
}
