/** Numbers as people read them; the same forms as `treadle.utils.format` in Python. */

/** A length of time with the two or three digits that matter: `12 ms`, `0.46 s`, `1 min 15 s`. */
export function duration(seconds: number): string {
  if (seconds < 0) {
    return `−${duration(-seconds)}`;
  }
  if (seconds < 0.5e-6) {
    return '0 s';
  }
  if (seconds < 0.9995e-3) {
    return `${(seconds * 1e6).toFixed(0)} µs`;
  }
  if (seconds < 0.0995) {
    return `${(seconds * 1e3).toFixed(0)} ms`;
  }
  if (seconds < 9.995) {
    return `${seconds.toFixed(2)} s`;
  }
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} min ${pad(whole % 60)} s`;
  }
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A running time as a clock: `0:03`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.floor(Math.max(seconds, 0));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0
    ? `${hours}:${pad(minutes % 60)}:${pad(whole % 60)}`
    : `${minutes}:${pad(whole % 60)}`;
}

/** A number with separators of thousands, as the program's own output writes it. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Cut `text` to `width` characters, from the middle, where names differ least. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) {
    return text;
  }
  const head = Math.floor(width / 2);
  const tail = width - head - 1;
  return `${text.slice(0, head)}…${text.slice(text.length - tail)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
