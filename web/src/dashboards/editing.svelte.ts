import type { Dashboard, DashboardDocument, DashboardKind, DashboardPanel, Place } from '~/api/dashboards';
import { kindNames } from '~/dashboardTexts';
import { copyOf, documentOf, emptyDocument, newPanel, same } from './document';
import { begin, change, redo, undo, type History } from './history';
import { compact, place } from './layout';

const nothing = emptyDocument('');

/** A dashboard while it is changed. */
export class Editing {
  #history: History<DashboardDocument> = $state.raw(begin(nothing));
  #saved: DashboardDocument = $state.raw(nothing);
  /** The stored one that is changed; null for a new one. */
  base = $state.raw<Dashboard | null>(null);
  selected = $state<string | null>(null);
  readonly document: DashboardDocument = $derived(this.#history.present);
  readonly dirty: boolean = $derived(this.document !== this.#saved && !same(this.document, this.#saved));
  readonly panel: DashboardPanel | undefined = $derived(
    this.document.panels.find((panel) => panel.id === this.selected),
  );

  constructor(document: DashboardDocument, base: Dashboard | null) {
    this.#history = begin(document);
    this.#saved = document;
    this.base = base;
  }

  get canUndo(): boolean {
    return this.#history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#history.future.length > 0;
  }

  undo(): void {
    this.#history = undo(this.#history);
  }

  redo(): void {
    this.#history = redo(this.#history);
  }

  /** Changes the page; changes about the same thing are taken back together. */
  set(change: Partial<DashboardDocument>, about = ''): void {
    this.#go({ ...this.document, ...change }, about);
  }

  /** Changes one panel; a property that becomes undefined is left out. */
  setPanel(
    id: string,
    change: Partial<{ [K in keyof DashboardPanel]: DashboardPanel[K] | undefined }>,
    about = '',
  ): void {
    const panels = this.document.panels.map((panel) => {
      if (panel.id !== id) return panel;
      const merged = { ...panel, ...change };
      return Object.fromEntries(
        Object.entries(merged).filter(([, value]) => value !== undefined),
      ) as unknown as DashboardPanel;
    });
    this.#go({ ...this.document, panels }, about && `${id} ${about}`);
  }

  /** Moves or resizes a panel, and lets the others make room. */
  place(id: string, to: Partial<Place>, about = ''): void {
    this.#go({ ...this.document, panels: place(this.document.panels, id, to) }, about && `${id} ${about}`);
  }

  /** Takes over where the panels stand after they were dragged. */
  arrange(places: ReadonlyMap<string, Place>): void {
    const panels = compact(
      this.document.panels.map((panel) => ({ ...panel, grid: places.get(panel.id) ?? panel.grid })),
    );
    const moved = panels.some((panel, n) => {
      const before = this.document.panels[n]?.grid;
      return before && (['x', 'y', 'w', 'h'] as const).some((side) => before[side] !== panel.grid[side]);
    });
    if (moved) this.#go({ ...this.document, panels }, '');
  }

  add(kind: DashboardKind): void {
    const { panels } = this.document;
    const panel = newPanel(panels, kind, kind === 'text' ? '' : kind === 'events' ? kindNames.events : '');
    this.#go({ ...this.document, panels: [...panels, panel] }, '');
    this.selected = panel.id;
  }

  duplicate(id: string): void {
    const { panels } = this.document;
    const panel = panels.find((each) => each.id === id);
    if (!panel) return;
    const copy = copyOf(panels, panel);
    this.#go({ ...this.document, panels: [...panels, copy] }, '');
    this.selected = copy.id;
  }

  remove(id: string): void {
    if (this.selected === id) this.selected = null;
    const rest = this.document.panels.filter((panel) => panel.id !== id);
    this.#go({ ...this.document, panels: compact(rest) }, '');
  }

  /** Notes that the document was stored as it is. */
  saved(stored: Dashboard): void {
    this.base = stored;
    this.#saved = this.document;
  }

  /** Begins again with what is stored. */
  reset(stored: Dashboard): void {
    const document = documentOf(stored);
    this.base = stored;
    this.#saved = document;
    this.#history = begin(document);
    this.selected = null;
  }

  #go(document: DashboardDocument, about: string): void {
    this.#history = change(this.#history, document, about);
  }
}
