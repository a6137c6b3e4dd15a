export type Theme = 'system' | 'light' | 'dark';

const order: readonly Theme[] = ['system', 'light', 'dark'];

const key = 'unity.theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** The theme that was chosen and the one that is shown; changing it is remembered. */
class ThemeState {
  chosen = $state<Theme>(stored());
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly shown: 'light' | 'dark' = $derived(
    this.chosen === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.chosen,
  );

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
      this.#systemDark = event.matches;
      this.#apply();
    });
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Storage may be forbidden; then the choice lasts as long as the page.
    }
    this.#apply();
  }

  /** Goes on to the next theme. */
  next(): void {
    this.choose(order[(order.indexOf(this.chosen) + 1) % order.length] ?? 'system');
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.shown;
  }
}

export const theme = new ThemeState();
