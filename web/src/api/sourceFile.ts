import { request } from './client';
import type { Schemas } from './types';

// Requests about the file in which sources can be written down.

export type FileDifference = Schemas['ConfigDifference'];
export type FileItem = Schemas['ConfigSourceDifference'];
export type FileResult = Schemas['ConfigResult'];

export const compareFile = () => request<FileDifference>('GET', '/config/difference');
/** Makes sources as the file says; without IDs all of which only the file was changed. */
export const applyFile = (ids: readonly string[]) =>
  request<FileResult>('POST', '/config/apply', { body: { ids } });
/** Writes sources into the file; without IDs all of which only what is stored was changed, or truly all. */
export const writeFile = (ids: readonly string[], all = false) =>
  request<FileResult>('POST', '/config/write', { body: { ids, all } });
