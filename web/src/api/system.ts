import { request } from './client';
import type { List } from './types';
import type { components } from './types.gen';

// Requests about Unity itself.

type Schemas = components['schemas'];

export type Setting = Schemas['Setting'];
export type Database = Schemas['Database'];
/** How the parts of Unity are doing. */
export type Health = Schemas['Health'];

export const listSettings = () => request<List<Setting>>('GET', '/settings');
export const changeSetting = (path: string, value: string | null) =>
  request<List<Setting>>('PUT', '/settings', { body: { values: { [path]: value } } });
export const getHealth = () => request<Health>('GET', '/system');
