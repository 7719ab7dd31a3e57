/** Where a time axis has its marks, and what it writes at them. */

export interface ITick {
  /** Epoch seconds. */
  readonly time: number;
  readonly label: string;
}

/** Steps above a second that people count in. Seconds. */
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];

/** The smallest agreeable step that leaves at most `most` marks in `span` seconds. */
export function tickStep(span: number, most: number): number {
  const raw = span / Math.max(most, 1);
  if (raw > 1) {
    return LONG_STEPS.find(step => step >= raw) ?? Math.ceil(raw / 86_400) * 86_400;
  }
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find(choice => choice * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Marks of the axis from `from` to `to`, counted from `origin`. */
export function ticks(from: number, to: number, origin: number, most: number): ITick[] {
  const span = to - from;
  if (!(span > 0)) {
    return [];
  }
  const step = tickStep(span, most);
  const first = Math.ceil((from - origin) / step - 1e-9);
  const last = Math.floor((to - origin) / step + 1e-9);
  const marks: ITick[] = [];
  for (let i = first; i <= last; i++) {
    marks.push({ time: origin + i * step, label: label(i * step, step) });
  }
  return marks;
}

function label(offset: number, step: number): string {
  const sign = offset < 0 ? '−' : '';
  const size = Math.abs(offset);
  if (size < step / 2) {
    return '0';
  }
  if (step < 0.9e-3) {
    return `${sign}${round(size * 1e6, step * 1e6)} µs`;
  }
  if (step < 0.9 && size < 1) {
    return `${sign}${round(size * 1e3, step * 1e3)} ms`;
  }
  if (size < 60) {
    return `${sign}${round(size, step)} s`;
  }
  const rest = size % 60;
  const minutes = Math.floor(size / 60);
  const seconds = round(rest, step).padStart(step < 1 ? 0 : 2, '0');
  if (minutes < 60) {
    return `${sign}${minutes}:${rest < 10 && step < 1 ? '0' : ''}${seconds}`;
  }
  const whole = String(Math.floor(rest)).padStart(2, '0');
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${whole}`;
}

/** `value` with the digits that tell multiples of `step` apart. */
function round(value: number, step: number): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return value.toFixed(Math.min(digits, 9));
}
