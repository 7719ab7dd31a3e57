/** The colours that a painter needs, read from the page by the pane. */

export interface IStreamTheme {
  readonly background: string;
  /** Behind every second lane. */
  readonly band: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  readonly failed: string;
  readonly gap: string;
  readonly focus: string;
  /** Colours of groups, by number. */
  readonly categories: readonly string[];
  /** Colours of kinds of work; the first, compute, takes the colour of the group. */
  readonly kinds: readonly string[];
  readonly font: string;
}

/** Text that can be read on `colour`, given as `#rrggbb`; on any other form, dark. */
export function textOn(colour: string): string {
  const known = texts.get(colour);
  if (known !== undefined) {
    return known;
  }
  const luminance = relativeLuminance(colour);
  const text = (luminance + 0.05) ** 2 > 1.05 * 0.05 ? '#14171a' : '#ffffff';
  texts.set(colour, text);
  return text;
}

const texts = new Map<string, string>();

function relativeLuminance(colour: string): number {
  const match = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour.trim());
  if (!match) {
    return 1;
  }
  const [red, green, blue] = match.slice(1).map(hex => {
    const channel = parseInt(hex, 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
