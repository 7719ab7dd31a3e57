/** Reads the colours of the page, for painters that can't. */

import { IStreamTheme } from '../painters/theme';
import { KINDS } from '../protocol/messages';

const CATEGORIES = 9;

/** The colours that hold at `node`; read them again when the theme has changed. */
export function readStreamTheme(node: HTMLElement): IStreamTheme {
  const style = getComputedStyle(node);
  const read = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  return {
    background: read('--treadle-background', '#ffffff'),
    band: read('--treadle-band', '#f5f5f5'),
    grid: read('--treadle-grid', '#e0e0e0'),
    text: read('--treadle-text', '#212121'),
    muted: read('--treadle-muted', '#616161'),
    failed: read('--treadle-state-failed', '#d64541'),
    gap: read('--treadle-gap', '#9aa0a6'),
    focus: read('--treadle-focus', '#1976d2'),
    categories: Array.from({ length: CATEGORIES }, (_, i) => read(`--treadle-cat-${i}`, '#56b4e9')),
    kinds: KINDS.map(kind => read(`--treadle-kind-${kind}`, '#9aa0a6')),
    font: `11px ${read('--treadle-font', 'sans-serif')}`
  };
}
