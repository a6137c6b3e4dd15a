import { describe, expect, it } from 'vitest';
import { drawing } from '../../icons.js';

describe('drawing', () => {
  it('makes one path of lines, circles and boxes', () => {
    expect(
      drawing([
        ['path', { d: 'M1 2h3' }],
        ['line', { x1: '6', x2: '6.01', y1: '18', y2: '18' }],
        ['circle', { cx: '12', cy: '12', r: '10' }],
        ['rect', { width: '20', height: '8', x: '2', y: '2', rx: '2', ry: '2' }],
      ]),
    ).toBe(
      '<path d="M1 2h3M6 18L6.01 18M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0z' +
        'M4 2h16a2 2 0 0 1 2 2v4a2 2 0 0 1 -2 2h-16a2 2 0 0 1 -2 -2v-4a2 2 0 0 1 2 -2z" />',
    );
  });

  it('begins a path with a relative move at the origin, and not where the one before ends', () => {
    expect(
      drawing([
        ['path', { d: 'M4 4h2' }],
        ['path', { d: 'm7 16 2 2' }],
      ]),
    ).toBe('<path d="M4 4h2M0 0m7 16 2 2" />');
  });

  it('leaves a filled dot as it is', () => {
    expect(
      drawing([
        ['path', { d: 'M1 2h3' }],
        ['circle', { cx: '7', cy: '8', r: '.5', fill: 'currentColor' }],
      ]),
    ).toBe('<path d="M1 2h3" /><circle cx="7" cy="8" r=".5" fill="currentColor" />');
  });
});
