import type { DashboardQuery, Func } from '~/api/dashboards';
import { fillVariables, wholeVariable, type Values } from './variables';

/** What a query is asked for. */
export interface Asked {
  /** Seconds between points. */
  step: number;
  /** Seconds between the samples of what is asked. */
  interval: number;
  /** The chosen values of variables. */
  values: Values;
  /** Seconds that are shown. */
  range: number;
  /** One value is wanted, not a line. */
  instant?: boolean;
  /** Whether a metric only grows. */
  isCounter?: (metric: string) => boolean;
}

/** What is done to a metric where the query does not say. */
export function funcOf(query: DashboardQuery, isCounter?: (metric: string) => boolean): Func {
  return query.func ?? (isCounter?.(query.metric ?? '') ? 'rate' : 'avg');
}

/** Writes a text as a string of PromQL. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Seconds as a duration of PromQL. */
export function lengthOf(seconds: number): string {
  const ms = Math.max(1, Math.round(seconds * 1000));
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A metric with its matchers: what a query of the picker reads. */
export function selectorOf(query: Pick<DashboardQuery, 'metric' | 'match'>, values: Values): string {
  const matchers: string[] = [];
  for (const [label, wanted] of Object.entries(query.match ?? {})) {
    // A filter that is not filled in yet lets everything through.
    if (wanted === '') continue;
    const variable = wholeVariable(wanted);
    if (variable === null) matchers.push(`${label}=${quoted(wanted)}`);
    else {
      const chosen = values[variable] ?? [];
      // Nothing chosen is everything.
      if (chosen.length === 1) matchers.push(`${label}=${quoted(chosen[0] ?? '')}`);
      else if (chosen.length > 1) matchers.push(`${label}=~${quoted(chosen.map(escapeRegex).join('|'))}`);
    }
  }
  const inside = matchers.length > 0 ? `{${matchers.join(',')}}` : '';
  return `${query.metric ?? ''}${inside}`;
}

/** Makes a text match only itself in a regular expression of RE2. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const overTime: Record<Exclude<Func, 'rate'>, string> = {
  avg: 'avg_over_time',
  min: 'min_over_time',
  max: 'max_over_time',
  last: 'last_over_time',
};

/** How the series that differ only in other labels become one. */
const together: Record<Func, string> = { avg: 'sum', min: 'min', max: 'max', last: 'sum', rate: 'sum' };

/** The PromQL of a query; a func given takes the place of its own. */
export function exprOf(query: DashboardQuery, asked: Asked, instead?: Exclude<Func, 'rate'>): string {
  if (query.expr !== undefined) return fillSpans(fillVariables(query.expr, asked.values), asked);
  const func = instead ?? funcOf(query, asked.isCounter);
  const selector = selectorOf(query, asked.values);
  const each = eachOf(func, selector, asked);
  return query.by && query.by.length > 0 ? `${together[func]} by (${query.by.join(', ')}) (${each})` : each;
}

function eachOf(func: Func, selector: string, asked: Asked): string {
  // A rate needs a few samples, also where points are nearer to each other.
  if (func === 'rate') return `rate(${selector}[${lengthOf(rateSpan(asked))}])`;
  if (asked.instant) {
    // One value: of the moment, unless the most or the least is wanted.
    return func === 'min' || func === 'max'
      ? `${overTime[func]}(${selector}[${lengthOf(asked.range)}])`
      : selector;
  }
  return asked.step > asked.interval ? `${overTime[func]}(${selector}[${lengthOf(asked.step)}])` : selector;
}

const rateSpan = (asked: Asked) => Math.max(asked.step, asked.interval * 4);

/** Puts in the lengths that an expression leaves open. */
function fillSpans(expr: string, asked: Asked): string {
  return expr.replaceAll(/\$__(rate_interval|interval|range)\b/g, (_, name: string) =>
    lengthOf(name === 'range' ? asked.range : name === 'interval' ? asked.step : rateSpan(asked)),
  );
}

/** The unit of a rate of something in a unit. */
export function rateUnit(unit: string): string {
  switch (unit) {
    case 'bytes':
      return 'bytes_per_second';
    case 'bits':
      return 'bits_per_second';
    case 'seconds':
      return 'ratio';
    case 'joules':
      return 'watts';
    default:
      return '';
  }
}

/** The unit of what a query gives, as far as the declarations tell; empty where they do not. */
export function unitOf(
  query: DashboardQuery,
  declared: (metric: string) => string | undefined,
  isCounter?: (metric: string) => boolean,
): string {
  if (query.metric !== undefined) {
    const unit = declared(query.metric) ?? '';
    return funcOf(query, isCounter) === 'rate' ? rateUnit(unit) : unit;
  }
  return unitOfExpr(query.expr ?? '', declared);
}

/** Guesses the unit of an expression: that of its metrics when it only selects, adds up or takes rates. */
function unitOfExpr(expr: string, declared: (metric: string) => string | undefined): string {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replaceAll(/\{[^}]*\}/g, '');
  if (/[*/%^<>]|==|!=|\bbool\b|\bcount(_values)?\b|\bquantile_over|\bstddev|\bstdvar/.test(bare)) return '';
  const units = new Set<string>();
  let rate = false;
  for (const [name] of bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*/g)) {
    if (/^(rate|irate|deriv)$/.test(name)) rate = true;
    const unit = declared(name);
    if (unit !== undefined) units.add(unit);
  }
  if (units.size !== 1) return '';
  const [unit] = units;
  return rate ? rateUnit(unit ?? '') : (unit ?? '');
}
