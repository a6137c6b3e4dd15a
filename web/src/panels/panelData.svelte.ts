import type { Fault } from '~/api/client';
import { getHistory, type HistoryQuery } from '~/api/endpoints';
import { serverNow } from '~/api/serverTime';
import type { Metric, Panel, PanelQuery, Sample } from '~/api/types';
import { boundsOf, stepFor, type Range } from '~/state/range';
import { hasLabels, nameSeries, seriesKey } from './legend';
import { append, lapse, largest, Rates, trim, withGaps, type Grid, type Line } from './points';

/** More lines than this make no picture. */
const mostLines = 24;

/** What a panel shows: lines from the history, moved on by live samples. */
export class PanelData {
  readonly panel: Panel;
  /** The lines to draw; their points change in place, and version tells when. */
  lines = $state.raw<Line[]>([]);
  version = $state(0);
  /** How many lines were left out. */
  hidden = $state(0);
  loaded = $state(false);
  fault = $state.raw<Fault | undefined>(undefined);

  #source: string;
  #interval: number;
  #metrics: readonly Metric[];
  #rates = new Rates();
  #grid: Grid = { step: 0, interval: 0 };
  #range: Range | null = null;
  #known = new Map<string, Line>();
  #turn = 0;

  constructor(source: string, panel: Panel, intervalSeconds: number, metrics: readonly Metric[]) {
    this.#source = source;
    this.panel = panel;
    this.#interval = intervalSeconds;
    this.#metrics = metrics;
  }

  /** The longest time in milliseconds that a value stands for. */
  get patience(): number {
    return Math.max(1.5 * this.#grid.step, 2.5 * this.#grid.interval);
  }

  /** Asks for the history of a range. What came live meanwhile is put to it. */
  async load(range: Range): Promise<void> {
    const turn = ++this.#turn;
    const step = stepFor(range, this.#interval, this.panel.wide ? 600 : 360);
    const { from, to } = boundsOf(range, serverNow());
    const results = await Promise.all(
      this.panel.queries.map((query) =>
        getHistory(this.#source, {
          metric: query.metric,
          ...matchOf(query),
          from,
          to,
          step,
          func: this.#func(query),
        }),
      ),
    );
    if (turn !== this.#turn) return;
    const failed = results.find((result) => !result.ok);
    this.fault = failed && !failed.ok ? failed.fault : undefined;
    this.loaded = true;
    if (this.fault) return;

    this.#range = range;
    this.#grid = { step: step * 1000, interval: this.#interval * 1000 };
    const lines: Line[] = [];
    let hidden = 0;
    this.panel.queries.forEach((query, n) => {
      const result = results[n];
      if (!result?.ok) return;
      const found = result.data.series;
      const made = found.map((series) =>
        this.#line(query, n, series.labels, withGaps(series.points, this.#grid)),
      );
      const kept = largest(made, Math.min(query.top || mostLines, mostLines));
      hidden += query.top ? 0 : made.length - kept.length;
      lines.push(...kept);
    });
    for (const line of lines) {
      // The live samples that came while the answer was on its way.
      const end = line.points.at(-1)?.[0] ?? 0;
      for (const [time, value] of this.#known.get(line.key)?.points ?? []) {
        if (time > end && value !== null && range.kind === 'last') append(line, time, value, this.#grid);
      }
    }
    for (const line of lines) lapse(line, to, this.#grid);
    this.#known = new Map(lines.map((line) => [line.key, line]));
    this.hidden = hidden;
    this.#name(lines);
    this.lines = lines;
    this.version++;
  }

  /** Takes raw samples of the source, so that the next ones of its counters have a rate. */
  seed(time: number, samples: readonly Sample[]): void {
    for (const query of this.panel.queries) {
      if (!query.rate) continue;
      for (const sample of samples) {
        if (sample.name === query.metric)
          this.#rates.next(sample.name + seriesKey(sample.labels), time, sample.value);
      }
    }
  }

  /** Puts live samples to the lines. A fixed range stands still. */
  ingest(time: number, samples: readonly Sample[]): void {
    let changed = false;
    let added = false;
    const follows = this.#range?.kind !== 'fixed';
    this.panel.queries.forEach((query, n) => {
      const kept = query.top ? this.lines.filter((line) => line.key.startsWith(`${n}:`)).length : 0;
      for (const sample of samples) {
        if (sample.name !== query.metric || !hasLabels(sample.labels, query.match)) continue;
        const value = query.rate
          ? this.#rates.next(sample.name + seriesKey(sample.labels), time, sample.value)
          : sample.value;
        if (value === null || !follows) continue;
        const key = keyOf(n, sample.labels);
        let line = this.#known.get(key);
        if (!line) {
          if (!this.#range || this.#known.size >= mostLines || (query.top && kept >= query.top)) continue;
          line = this.#line(query, n, sample.labels, []);
          this.#known.set(key, line);
          added = true;
        }
        append(line, time, value, this.#grid);
        changed = true;
      }
    });
    if (!changed) return;
    if (this.#range?.kind === 'last') {
      for (const line of this.#known.values()) trim(line, time - this.#range.seconds * 1000);
    }
    if (added) {
      const lines = [...this.#known.values()];
      this.#name(lines);
      this.lines = lines;
    }
    this.version++;
  }

  /** Ends the lines that nothing was heard of for too long, and drops those that have left the window. */
  lapse(now: number): void {
    const range = this.#range;
    if (range?.kind !== 'last') return;
    let ended = false;
    for (const line of this.#known.values()) ended = lapse(line, now, this.#grid) || ended;
    const gone = this.lines.filter((line) => (line.points.at(-1)?.[0] ?? 0) < now - range.seconds * 1000);
    for (const line of gone) this.#known.delete(line.key);
    if (gone.length > 0) this.lines = [...this.#known.values()];
    if (ended || gone.length > 0) this.version++;
  }

  #func(query: PanelQuery): HistoryQuery['func'] {
    if (query.rate) return 'rate';
    return this.panel.kind === 'timeline' ? 'last' : 'avg';
  }

  #line(
    query: PanelQuery,
    n: number,
    labels: Readonly<Record<string, string>>,
    points: Line['points'],
  ): Line {
    return { key: keyOf(n, labels), name: '', labels, negative: query.negative ?? false, points, weight: 1 };
  }

  #name(lines: Line[]): void {
    this.panel.queries.forEach((query, n) => {
      const own = lines.filter((line) => line.key.startsWith(`${n}:`));
      const help = this.#metrics.find((metric) => metric.name === query.metric)?.help.replace(/\.$/, '');
      const fallback = this.panel.queries.length === 1 ? this.panel.title : (help ?? query.metric);
      const names = nameSeries(
        query.legend,
        own.map((line) => line.labels),
        fallback,
      );
      own.forEach((line, i) => (line.name = names[i] ?? fallback));
    });
  }
}

const keyOf = (query: number, labels: Readonly<Record<string, string>>) => `${query}:${seriesKey(labels)}`;

const matchOf = (query: PanelQuery) => (query.match ? { match: query.match } : {});
