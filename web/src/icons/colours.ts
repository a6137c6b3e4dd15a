/** The colour of a category, so that things of one kind are found at a glance. */
const colours: Record<string, string> = {
  system: 'var(--series-1)',
  storage: 'var(--series-5)',
  network: 'var(--series-3)',
  hardware: 'var(--series-7)',
  power: 'var(--series-2)',
  container: 'var(--series-6)',
  virtualization: 'var(--series-8)',
  database: 'var(--series-4)',
  web: 'var(--series-3)',
  security: 'var(--series-7)',
  media: 'var(--series-8)',
  iot: 'var(--series-9)',
  backup: 'var(--series-5)',
  application: 'var(--series-1)',
};

/** The colour that stands for a category. */
export function categoryColour(category: string): string {
  return colours[category] ?? 'var(--series-10)';
}
