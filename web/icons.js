const data = /const iconData = (\{.*\});/;

/**
 * Draws Lucide's icons as what they are: fixed pictures with a size and a width of their lines.
 * Its own component works out each attribute of each line in the browser, and a page has hundreds
 * of them.
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
    const lines = node.map(([tag, attributes]) => {
      const all = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
      return `<${tag}${all.join('')} />`;
    });
    return {
      code: `<script lang="ts">let { size = ${size}, strokeWidth = 2 } = $props();</script>
<svg width={size} height={size} viewBox="0 0 ${size} ${size}" fill="none" stroke="currentColor" stroke-width={strokeWidth} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${lines.join('')}</svg>`,
    };
  },
};
