import { request } from './client';
import type { components } from './types.gen';

// Requests about the details that runs left behind.

type Schemas = components['schemas'];
export type SnapshotDifference = Schemas['SnapshotDifference'];

const of = (source: string) => `/sources/${encodeURIComponent(source)}/snapshots`;

/** How many moments are told of, the newest first. */
export const mostTimes = 50;

export const listSnapshots = (source: string) =>
  request<Schemas['SnapshotTimes']>('GET', of(source), { query: { limit: mostTimes } });
/** What changed since a time (RFC 3339). */
export const snapshotDifference = (source: string, from: string) =>
  request<SnapshotDifference>('GET', `${of(source)}/difference`, { query: { from } });
