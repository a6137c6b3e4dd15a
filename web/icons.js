const data = /const iconData = (\{.*\});/;

/**
 * Draws Lucide's icons as what they are: fixed pictures with a size and a width of their lines,
 * which are one path where they can be. Its own component works out each attribute of each line
 * in the browser, and a page has hundreds of them.
 *
 * @type {import('svelte/compiler').PreprocessorGroup}
 */
export const plainIcons = {
  name: 'plain-icons',
  markup({ content, filename = '' }) {
    if (!filename.includes('/@lucide/svelte/dist/icons/')) return;
    const found = data.exec(content)?.[1];
    if (!found) throw new Error(`${filename} is not an icon as Lucide wrote them`);
    /** @type {{ size: number, node: [string, Record<string, string>][] }} */
    const { size, node } = JSON.parse(found);
    return {
      code: `<script lang="ts">let { size = ${size}, strokeWidth = 2 } = $props();</script>
<svg width={size} height={size} viewBox="0 0 ${size} ${size}" fill="none" stroke="currentColor" stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${drawing(node)}</svg>`,
    };
  },
};

/**
 * The lines of an icon as one path; what is more than a line, such as a filled dot, stays as it is.
 *
 * @param {[string, Record<string, string>][]} node
 */
export function drawing(node) {
  let lines = '';
  let rest = '';
  for (const [tag, attributes] of node) {
    const line = pathOf(tag, attributes);
    if (line === undefined) {
      const all = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
      rest += `<${tag}${all.join('')} />`;
    } else {
      lines += line;
    }
  }
  return (lines && `<path d="${lines}" />`) + rest;
}

/**
 * A shape as commands of a path (SVG 2, chapter 10); undefined for what has other attributes than
 * its place and size.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @returns {string | undefined}
 */
function pathOf(tag, { d, cx, cy, r, x1, y1, x2, y2, x, y, width, height, rx, ry = rx, ...other }) {
  if (Object.keys(other).length > 0 || rx !== ry) return undefined;
  switch (tag) {
    case 'path':
      // Only the first command of a path may be relative without anything before it.
      return d?.startsWith('m') ? `M0 0${d}` : d;
    case 'line':
      return `M${x1} ${y1}L${x2} ${y2}`;
    case 'circle': {
      const arc = `a${r} ${r} 0 1 0 `;
      return `M${plain(Number(cx) - Number(r))} ${cy}${arc}${2 * Number(r)} 0${arc}${-2 * Number(r)} 0z`;
    }
    case 'rect': {
      const round = Math.min(Number(rx ?? 0), Number(width) / 2, Number(height) / 2);
      const [wide, high] = [plain(Number(width) - 2 * round), plain(Number(height) - 2 * round)];
      const corner = (/** @type {number} */ right, /** @type {number} */ down) =>
        `a${round} ${round} 0 0 1 ${right * round} ${down * round}`;
      const sides = `h${wide}${corner(1, 1)}v${high}${corner(-1, 1)}h${-wide}${corner(-1, -1)}v${-high}${corner(1, -1)}`;
      return `M${plain(Number(x) + round)} ${y}${sides}z`;
    }
    default:
      return undefined;
  }
}

/** A number without the dust of binary fractions. */
const plain = (/** @type {number} */ number) => Number(number.toFixed(4));
