import type { DashboardPanel } from '~/api/dashboards';
import type { Fault, Result } from '~/api/client';
import { queryAt, queryRange, type Answer, type Series } from '~/api/prometheus';
import { serverNow } from '~/api/serverTime';
import { exprOf, funcOf, type Asked } from '~/dashboards/expr';
import type { Values } from '~/dashboards/variables';
import { metrics } from '~/state/metrics.svelte';
import { boundsOf, stepFor, type Range } from '~/state/range';
import { sources } from '~/state/sources.svelte';
import { type Line } from './points';
import { addBands, extend, linesOf, mostLines, mostRows } from './queryLines';

/** What a panel is asked for. */
export interface Wanted {
  panel: DashboardPanel;
  range: Range;
  values: Values;
}

/** How many points a chart has for each column of the grid. */
const pointsPerColumn = 50;
/** More bands than this cover each other. */
const mostBands = 3;
/** Milliseconds after which a value of a moment is asked for again. */
const momentPace = 5000;
/** Samples of the last moments may still be on their way. */
const late = 2;

/** What a panel of a dashboard shows, asked of the query language and moved on by asking for what is new. */
export class QueryData {
  /** The lines to draw; their points change in place, and version tells when. */
  lines = $state.raw<Line[]>([]);
  version = $state(0);
  hidden = $state(0);
  loaded = $state(false);
  /** Whether something is asked for at this moment. */
  busy = $state(false);
  fault = $state.raw<Fault | undefined>(undefined);
  warnings = $state.raw<readonly string[]>([]);
  /** What the lines were made of: "raw", or the step of buckets. */
  tier = $state('raw');
  /** Milliseconds between points. */
  step = $state(0);

  #wanted: Wanted | null = null;
  #asked: Asked | null = null;
  /** The time of the newest points that were asked for. */
  #end = 0;
  #abort: AbortController | null = null;

  /** Whether the panel shows a moment rather than a time. */
  get instant(): boolean {
    const kind = this.#wanted?.panel.kind;
    return kind === 'gauge' || kind === 'bar' || kind === 'table';
  }

  /** The longest time in milliseconds that a value stands for. */
  get patience(): number {
    return 1.5 * this.step;
  }

  /** Asks for everything. What is there stays until it comes. */
  async load(wanted: Wanted): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#wanted = wanted;
    const { panel, range } = wanted;
    const { from, to } = boundsOf(range, serverNow());
    const interval = intervalOf(panel);
    const points = panel.kind === 'heatmap' ? 20 * panel.grid.w : pointsPerColumn * Math.max(3, panel.grid.w);
    const step = this.instant ? interval : stepFor(range, interval, panel.kind === 'stat' ? 120 : points);
    const asked: Asked = {
      step,
      interval,
      range: (to - from) / 1000,
      values: wanted.values,
      instant: this.instant,
      isCounter: metrics.isCounter,
    };
    this.#asked = asked;
    const grid = step * 1000;
    const end = this.instant ? to : Math.floor(to / grid) * grid;
    this.busy = true;
    const answers = await this.#ask(Math.ceil(from / grid) * grid, end, abort.signal);
    if (abort.signal.aborted) return;
    const results = this.#accept(answers);
    if (!results) {
      this.#end = end;
      this.busy = false;
      this.loaded = true;
      return;
    }
    const { lines, hidden } = linesOf(
      panel,
      results,
      grid,
      (metric) => metrics.get(metric)?.help,
      panel.kind === 'table' ? mostRows : mostLines,
    );
    await this.#spread(lines, Math.ceil(from / grid) * grid, end, abort.signal);
    if (abort.signal.aborted) return;
    this.#end = end;
    this.step = grid;
    this.hidden = hidden;
    this.lines = lines;
    this.busy = false;
    this.loaded = true;
    this.version++;
  }

  /** Asks for what is new, if there can be something; a fixed range stands still. */
  async advance(now: number): Promise<void> {
    const wanted = this.#wanted;
    const asked = this.#asked;
    if (!wanted || !asked || this.busy || wanted.range.kind === 'fixed') return;
    if (this.instant || this.fault) {
      if (now - this.#end >= momentPace) await this.load(wanted);
      return;
    }
    const grid = asked.step * 1000;
    const end = Math.floor(now / grid) * grid;
    if (end <= this.#end) return;
    // Bands, and what was missed for long, are asked for as a whole.
    const missed = (end - this.#end) / grid > 30;
    if (missed || this.lines.some((line) => line.band)) {
      await this.load(wanted);
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    const since = this.#end - (late - 1) * grid;
    this.busy = true;
    const answers = await this.#ask(since, end, abort.signal);
    if (abort.signal.aborted) return;
    this.busy = false;
    const results = this.#accept(answers);
    if (!results) return;
    if (!extend(this.lines, results, since, boundsOf(wanted.range, now).from, grid)) {
      await this.load(wanted);
      return;
    }
    this.#end = end;
    const alive = this.lines.filter((line) => line.points.some((point) => point[1] !== null));
    if (alive.length < this.lines.length) this.lines = alive;
    this.version++;
  }

  close(): void {
    this.#abort?.abort();
  }

  #ask(from: number, to: number, signal: AbortSignal): Promise<Result<Answer>[]> {
    const { panel } = this.#wanted ?? { panel: { queries: [] } };
    const asked = this.#asked;
    if (!asked) return Promise.resolve([]);
    return Promise.all(
      panel.queries.map((query) => {
        const expr = exprOf(query, asked);
        return asked.instant ? queryAt(expr, to, signal) : queryRange(expr, from, to, asked.step, signal);
      }),
    );
  }

  /** Notes how the answers are; undefined when one is a fault. */
  #accept(answers: readonly Result<Answer>[]): Series[][] | undefined {
    const results: Series[][] = [];
    const notes = new Set<string>();
    let tier = 'raw';
    for (const answer of answers) {
      if (!answer.ok) {
        this.fault = answer.fault;
        return undefined;
      }
      results.push(answer.data.series);
      for (const note of answer.data.warnings) notes.add(note);
      if (answer.data.tier !== 'raw') tier = answer.data.tier;
    }
    this.fault = undefined;
    this.tier = tier;
    this.warnings = [...notes];
    return results;
  }

  /** Where buckets stand for samples, asks for the least and the most in them. */
  async #spread(lines: Line[], from: number, to: number, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted;
    const asked = this.#asked;
    if (!wanted || !asked || this.tier === 'raw' || lines.length > mostBands) return;
    const { panel } = wanted;
    if ((panel.kind !== 'line' && panel.kind !== 'area') || panel.stacked) return;
    await Promise.all(
      panel.queries.map(async (query, n) => {
        const plain = query.metric !== undefined && (query.by ?? []).length === 0;
        if (!plain || funcOf(query, metrics.isCounter) !== 'avg') return;
        const [low, high] = await Promise.all(
          (['min', 'max'] as const).map((func) =>
            queryRange(exprOf(query, asked, func), from, to, asked.step, signal),
          ),
        );
        if (low?.ok && high?.ok) addBands(lines, n, low.data.series, high.data.series);
      }),
    );
  }
}

/** Seconds between the samples that a panel reads: the longest of its plugins' sources. */
function intervalOf(panel: DashboardPanel): number {
  const plugins = new Set(panel.queries.map((query) => query.plugin).filter(Boolean));
  const own = sources.items
    .filter((source) => plugins.has(source.plugin))
    .map((each) => each.interval_seconds);
  if (own.length > 0) return Math.max(...own);
  const all = sources.items.map((source) => source.interval_seconds);
  return all.length > 0 ? Math.max(1, Math.min(...all)) : 10;
}
