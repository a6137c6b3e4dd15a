import { accessTexts } from './accessTexts';
import type { Fault } from './api/client';
import type { Status } from './api/types';
import { listText } from './format/text';
import { pageTexts } from './pageTexts';
import { settingsTexts } from './settingsTexts';
import { shellTexts } from './shellTexts';

// Every English text that is not a plugin's or the server's own, in one place.

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const text = {
  product: 'Unity',
  theme: { label: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },
  live: {
    open: 'Live',
    connecting: 'Connecting',
    lost: 'Connection lost',
    lostLong: 'The connection to Unity is lost. What you see is from before; it is tried again by itself.',
    retry: 'Try now',
  },
  storage: {
    stopped: 'Storing is disturbed',
  },
  common: {
    all: 'All',
    search: 'Search',
    cancel: 'Cancel',
    close: 'Close',
    save: 'Save',
    retry: 'Try again',
    loading: 'Loading',
    never: 'never',
    none: 'none',
    yes: 'yes',
    no: 'no',
    more: 'Show more',
    back: 'Back',
    skip: 'Skip to content',
    noMatch: 'Nothing matches.',
    clearFilter: 'Clear the filter',
  },
  status: {
    healthy: 'Healthy',
    degraded: 'Degraded',
    failing: 'Failing',
    unknown: 'Unknown',
    paused: 'Paused',
  } satisfies Record<Status, string>,
  severity: { info: 'Info', warning: 'Warning', critical: 'Critical' },
  overview: {
    title: 'Overview',
    nothing: 'Nothing is watched yet.',
    nothingHelp: 'Unity looks for what runs on this machine by itself. You can also add a source by hand.',
    first: (count: number) =>
      count === 1
        ? 'Collecting from one source for the first time.'
        : `Collecting from ${count} sources for the first time.`,
    allHealthy: (count: number) =>
      count === 1 ? 'The one source is healthy.' : `All ${count} sources are healthy.`,
    someHealthy: (healthy: number, count: number) =>
      `${healthy} of ${plural(count, 'source', 'sources')} healthy`,
    since: (name: string, what: string, time: string) => `${name} ${what} since ${time}`,
    old: (name: string, what: string, days: number) =>
      `${name} ${what}, its figures are ${plural(days, 'day', 'days')} old`,
    says: (name: string, what: string) => `${name}: ${what}`,
    others: (count: number) => `${plural(count, 'other needs', 'others need')} a look`,
    paused: (count: number) => `${count} paused`,
    waiting: (count: number) => `${count} not collected yet`,
    allPaused: 'Every source is paused.',
    problems: 'Needs a look',
    complaints: 'Collected, but says itself that something is wrong',
    sources: 'Sources',
    events: 'Recent events',
    allEvents: 'All events',
    allSources: 'All sources',
    noEvents: 'Nothing has happened yet.',
    lastSeen: (time: string) => `last seen ${time}`,
    figures: { series: 'Series', rate: 'Samples/s', storage: 'On disk', uptime: 'Unity runs for' },
  },
  sources: {
    title: 'Sources',
    search: 'Search sources',
    category: 'Category',
    allCategories: 'All categories',
    empty: 'No source is configured yet.',
    emptyHelp: 'Add one to see what it measures.',
    every: (interval: string) => `every ${interval}`,
  },
  source: {
    lastRun: 'Last run',
    nextRun: 'Next run',
    interval: 'Interval',
    host: 'Host',
    runNow: 'Run now',
    ran: (name: string, samples: number) => `${name}: ${plural(samples, 'sample', 'samples')} collected`,
    ranBadly: (name: string) => `${name}: the run did not succeed`,
    enable: 'Enable',
    pause: 'Pause',
    edit: 'Edit',
    remove: 'Delete',
    more: 'More',
    enabled: (name: string) => `${name} is collected again`,
    paused: (name: string) => `${name} is paused`,
    removed: (name: string) => `${name} is deleted`,
    removeTitle: (name: string) => `Delete ${name}?`,
    removeHelp:
      'It is no longer collected, and its settings are gone. What was measured stays until it ages.',
    complains: 'Has a problem',
    pausedNote: 'This source is paused until somebody enables it.',
    firstRun: 'Waiting for the first run.',
    tabs: {
      charts: 'Charts',
      tables: 'Details',
      metrics: 'Metrics',
      runs: 'Runs',
      events: 'Events',
      docs: 'Documentation',
      settings: 'Settings',
    },
    absent: (titles: readonly string[]) => `Without data in this range: ${titles.join(', ')}.`,
    noPanels: 'This plugin declares no charts.',
    emptyTables: (titles: readonly string[]) => `Nothing under ${listText(titles)}.`,
    noSnapshot: 'There are no details yet; they come with the first successful run.',
    noMetrics: 'Nothing was measured yet.',
    noRuns: 'It did not run yet.',
    noDocs: 'There is no documentation for this plugin.',
    filterMetrics: 'Filter metrics',
    onlyFailed: 'Only runs with problems',
    run: {
      start: 'Start',
      duration: 'Duration',
      outcome: 'Outcome',
      samples: 'Samples',
      attempts: 'Attempts',
    },
    metric: { name: 'Metric', labels: 'Labels', value: 'Value' },
    taken: (time: string) => `as of ${time}`,
    seen: (ago: string) => `Seen ${ago}`,
    unchanged: (time: string) => `the same since ${time}`,
    running: 'Running…',
  },
  outcome: {
    success: 'Success',
    partial: 'Partial',
    failed: 'Failed',
    timed_out: 'Timed out',
    abandoned: 'Abandoned',
    panicked: 'Panicked',
    canceled: 'Canceled',
  } as Record<string, string>,
  chart: {
    noData: 'No data in this range',
    showLast: (time: string) => `Show the last of it, up to ${time}`,
    hiddenSeries: (count: number) => `${plural(count, 'more series is', 'more series are')} not drawn`,
    zoomOut: 'Back to live',
    range: 'Time range',
    ranges: {
      '5m': '5 m',
      '15m': '15 m',
      '1h': '1 h',
      '6h': '6 h',
      '24h': '24 h',
      '7d': '7 d',
      '30d': '30 d',
    } as Record<string, string>,
    label: (title: string) => `Chart of ${title}`,
    isolate: (name: string) => `Show only ${name}`,
  },
  table: {
    filter: 'Filter rows',
    empty: 'There are no rows.',
    more: (count: number) => `Show ${count} more`,
    sort: (title: string) => `Sort by ${title}`,
  },
  form: {
    title: 'Settings',
    name: 'Name',
    nameHelp: 'How it is called in lists.',
    interval: 'Interval',
    intervalHelp: (standard: string) =>
      `How often it is collected. Empty: ${standard}, as the plugin has it.`,
    timeout: 'Time limit of a collection',
    timeoutHelp: (standard: string) =>
      `How long it may take in all, with every attempt. Empty: ${standard}, as the plugin has it.`,
    tags: 'Tags',
    tagsHelp: 'Words to find it by.',
    general: 'General',
    config: 'What to watch',
    advanced: 'Advanced',
    test: 'Test',
    testing: 'Testing…',
    save: 'Save',
    saving: 'Saving…',
    add: 'Add source',
    saved: (name: string) => `${name} is saved`,
    added: (name: string) => `${name} is watched from now on`,
    addItem: 'Add',
    removeItem: 'Remove',
    key: 'Name',
    value: 'Value',
    secretKept: 'Set; type to replace it',
    secretHelp: 'Also env:NAME or file:/path.',
    show: 'Show',
    hide: 'Hide',
    badDuration: 'Write a duration such as 30s, 5m or 1h30m.',
    badNumber: 'Write a number.',
    badJSON: 'This is not valid JSON.',
    required: 'This is needed.',
    atLeast: (bound: string) => `At least ${bound}.`,
    atMost: (bound: string) => `At most ${bound}.`,
    pattern: 'This does not have the right form.',
    noConfig: 'There is nothing to configure.',
    testGood: (samples: number, time: string) =>
      `It works: ${plural(samples, 'sample', 'samples')} in ${time}.`,
    testPartial: (samples: number, time: string) =>
      `It works in part: ${plural(samples, 'sample', 'samples')} in ${time}.`,
    testBad: 'It did not work.',
    testHelp: 'A test collects once and keeps nothing.',
    wouldGive: 'What it would measure',
    conflict: 'Somebody changed this source meanwhile. Load it again to see the change.',
    reload: 'Load again',
  },
  add: {
    title: 'Add a source',
    search: 'Search by name or what it measures',
    detected: 'Found on this machine',
    detectedHelp: 'Unity looked for things it can watch.',
    watch: 'Watch',
    setUp: 'Set up',
    watched: 'Watched',
    missing: (what: string) => `Missing: ${what}`,
    catalogue: 'Everything Unity can watch',
    unsupported: 'Not on this platform',
    configured: (count: number) => plural(count, 'source', 'sources'),
    measures: (count: number) => `Measures ${plural(count, 'thing', 'things')}`,
    nothingFound: 'Nothing was found that is not watched already.',
    needs: 'What it needs',
    needsNetwork: 'The network, to talk to its target',
    needsCommands: 'Programs',
    needsPaths: 'Files',
    needsSockets: 'Sockets',
    needsNothing: 'Nothing beyond what every user may read.',
    another: 'Choose another',
  },
  events: {
    title: 'Events',
    severity: 'Severity',
    source: 'Source',
    allSources: 'All sources',
    kind: 'Kind',
    allKinds: 'All kinds',
    anyTime: 'Any time',
    empty: 'Nothing has happened yet.',
    emptyHelp: 'Status changes and what plugins notice appear here by themselves.',
    search: 'Search events',
    today: 'Today',
    yesterday: 'Yesterday',
  },
  ...shellTexts,
  ...pageTexts,
  ...settingsTexts,
  ...accessTexts,
  missing: {
    title: 'There is no such page',
    help: 'The address may be old, or what it showed was deleted.',
    home: 'To the overview',
  },
};

/** What is said of a source whose last run had a problem of a kind; a name stands before it. */
const phrases: Record<string, string> = {
  config: 'is not set up right',
  not_installed: 'lacks a program',
  not_found: 'was not found',
  unreachable: 'is unreachable',
  refused: 'refuses connections',
  timeout: 'does not answer in time',
  dns: 'has no address',
  tls: 'has a problem with its certificate',
  auth: 'does not accept the credentials',
  permission: 'lacks a permission',
  rate_limited: 'asks for fewer requests',
  unsupported: 'is not supported',
  wrong_service: 'is something else than expected',
  bad_answer: 'gives answers that make no sense',
  partial: 'could be read in part only',
  internal: 'cannot be collected',
};

export function problemPhrase(kind: string | undefined, status: Status): string {
  return phrases[kind ?? ''] ?? (status === 'degraded' ? 'is degraded' : 'is failing');
}

const faultTitles: Record<string, string> = {
  unreachable: 'Unity cannot be reached',
  not_found: 'It is not there',
  conflict: 'It was changed meanwhile',
  config: 'Something is not right yet',
  permission: 'This is not allowed',
  auth: 'You are not signed in',
  rate_limited: 'Too often',
  internal: 'Unity made a mistake',
  bad_answer: 'The answer could not be read',
  timeout: 'It took too long',
};

/** A fault for people: a title, and what is known beyond it. */
export function faultText(fault: Fault): { title: string; detail: string; hint: string } {
  const detail = fault.detail ? fault.detail.charAt(0).toUpperCase() + fault.detail.slice(1) : '';
  const hint =
    fault.hint ||
    (fault.kind === 'unreachable' && fault.status === 0 ? 'Is it running? It is tried again by itself.' : '');
  return { title: faultTitles[fault.kind] ?? 'It did not work', detail, hint };
}

const categoryNames: Record<string, string> = {
  system: 'System',
  storage: 'Storage',
  network: 'Network',
  hardware: 'Hardware',
  power: 'Power',
  container: 'Containers',
  virtualization: 'Virtualization',
  database: 'Databases',
  web: 'Web',
  security: 'Security',
  media: 'Media',
  iot: 'Smart home',
  backup: 'Backup',
  application: 'Applications',
};

/** The categories in the order people read them. */
export const categories = Object.keys(categoryNames);

export function categoryName(category: string): string {
  return categoryNames[category] ?? category;
}
