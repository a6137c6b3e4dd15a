import { describe, expect, it } from 'vitest';
import { anyBelow, checkConfig, serverFaults } from './check';
import {
  cleanConfig,
  emptyConfig,
  fieldsOf,
  fillConfig,
  isTelling,
  pathOf,
  sectionsOf,
  stars,
} from './model';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      title: 'Address',
      description: 'Where it answers.',
      minLength: 1,
      examples: ['http://nas'],
    },
    token: { type: 'string', writeOnly: true, 'x-secret': true },
    timeout: { type: 'string', 'x-type': 'duration', default: '10s', 'x-group': 'advanced' },
    method: { type: 'string', enum: ['GET', 'HEAD'], default: 'GET' },
    count: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    follow: { type: 'boolean', default: true },
    include: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' }, 'x-type': 'globs' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    checks: {
      type: 'array',
      items: { type: 'object', required: ['path'], properties: { path: { type: 'string' } } },
    },
    tls: {
      type: 'object',
      'x-group': 'Encryption',
      properties: { verify: { type: 'boolean', default: true } },
    },
    odd: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
};

const fields = fieldsOf(schema);

describe('the fields of a schema', () => {
  it('have the kinds that fit', () => {
    expect(Object.fromEntries(fields.map((field) => [field.key, field.kind]))).toEqual({
      url: 'text',
      token: 'secret',
      timeout: 'duration',
      method: 'enum',
      count: 'number',
      follow: 'boolean',
      include: 'words',
      headers: 'map',
      checks: 'items',
      tls: 'group',
      odd: 'json',
    });
  });
  it('carry what helps a person', () => {
    expect(fields[0]).toMatchObject({
      title: 'Address',
      help: 'Where it answers.',
      required: true,
      example: 'http://nas',
    });
    expect(fields.find((field) => field.key === 'count')).toMatchObject({
      title: 'Count',
      min: 1,
      max: 10,
      integer: true,
    });
    expect(fields.find((field) => field.key === 'method')?.choices).toEqual(['GET', 'HEAD']);
  });
  it('are in sections, with the advanced one last', () => {
    expect(sectionsOf(fields).map((section) => section.name)).toEqual(['', 'Encryption', 'advanced']);
  });
  it('of what is no object schema are none', () => {
    for (const odd of [null, true, 5, {}, { properties: 5 }]) expect(fieldsOf(odd)).toEqual([]);
  });
});

describe('a config', () => {
  it('begins with the defaults', () => {
    expect(emptyConfig(fields)).toMatchObject({
      url: '',
      timeout: '10s',
      count: 3,
      follow: true,
      include: [],
      tls: { verify: true },
    });
  });
  it('keeps what is given, also what the schema does not know', () => {
    const got = fillConfig(fields, { url: 'http://a', token: stars, tls: {}, checks: [{}], later: 1 });
    expect(got).toMatchObject({
      url: 'http://a',
      token: stars,
      tls: { verify: true },
      checks: [{ path: '' }],
      later: 1,
    });
  });
  it('is sent without what was left empty', () => {
    const config = { ...emptyConfig(fields), url: 'http://a', include: ['a', ''], later: 1 };
    const got = cleanConfig(fields, config);
    expect(got).toEqual({
      url: 'http://a',
      timeout: '10s',
      method: 'GET',
      count: 3,
      follow: true,
      include: ['a'],
      headers: {},
      checks: [],
      tls: { verify: true },
      later: 1,
    });
  });
  it('does not share its defaults with the schema', () => {
    const one = fieldsOf({ properties: { a: { type: 'array', items: { type: 'string' }, default: ['x'] } } });
    (emptyConfig(one)['a'] as string[]).push('y');
    expect(emptyConfig(one)).toEqual({ a: ['x'] });
  });
});

describe('checking', () => {
  it('finds nothing in a good config', () => {
    expect(checkConfig(fields, { ...emptyConfig(fields), url: 'http://a' })).toEqual({});
  });
  it('names every fault with its path', () => {
    const got = checkConfig(fields, {
      url: '',
      timeout: 'soon',
      count: 99,
      include: ['A'],
      checks: [{ path: '/' }, { path: '' }],
    });
    expect(Object.keys(got).sort()).toEqual(['checks[1].path', 'count', 'include', 'timeout', 'url']);
  });
  it('sorts the faults of the server', () => {
    expect(
      serverFaults([
        { path: 'config.url', message: 'is required' },
        { path: 'body.config', message: 'is odd.' },
        { path: 'interval_seconds', message: 'is too short' },
      ]),
    ).toEqual({
      config: { url: 'Is required.', '': 'Is odd.' },
      general: { interval_seconds: 'Is too short.' },
    });
  });
  it('knows what is below a path', () => {
    expect(anyBelow({ 'checks[1].path': 'x' }, 'checks')).toBe(true);
    expect(anyBelow({ checksum: 'x' }, 'checks')).toBe(false);
  });
});

it('paths are written as the server writes them', () => {
  expect(pathOf(pathOf(pathOf('', 'mounts'), 2), 'path')).toBe('mounts[2].path');
});

it('a field is told of when it must be filled in, or was', () => {
  const fields = fieldsOf(schema);
  const telling = (key: string, value: unknown) =>
    fields.some((field) => field.key === key && isTelling(field, value));
  expect(telling('url', '')).toBe(true);
  expect(telling('token', '')).toBe(false);
  expect(telling('token', stars)).toBe(true);
  expect(telling('count', 3)).toBe(false);
  expect(telling('count', 4)).toBe(true);
  expect(telling('headers', {})).toBe(false);
  expect(telling('headers', { Accept: 'text/plain' })).toBe(true);
  expect(telling('method', undefined)).toBe(false);
});
