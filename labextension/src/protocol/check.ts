/**
 * Small checks of values that came over a wire.
 *
 * Each returns the value with its type, or throws a `ProtocolError` that names where the value stood.
 * Nothing here knows any message: that is `decode.ts`.
 */

/** Something that arrived isn't what the protocol says. */
export class ProtocolError extends Error {
  constructor(where: string, expected: string) {
    super(`${where}: expected ${expected}`);
    this.name = 'ProtocolError';
  }
}

/** An object whose fields have not been looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError(where, 'an object');
  }
  return value as Fields;
}

export function list<T>(
  value: unknown,
  where: string,
  item: (value: unknown, where: string) => T
): T[] {
  if (!Array.isArray(value)) {
    throw new ProtocolError(where, 'a list');
  }
  return value.map((entry: unknown, index) => item(entry, `${where}[${index}]`));
}

export function text(value: unknown, where: string): string {
  if (typeof value !== 'string') {
    throw new ProtocolError(where, 'a string');
  }
  return value;
}

export function number(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new ProtocolError(where, 'a finite number');
  }
  return value;
}

/** A count, an offset or a sequence number: a whole number from 0 that a double holds exactly. */
export function count(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new ProtocolError(where, 'a whole number from 0');
  }
  return value;
}

export function oneOf<T extends string>(value: unknown, where: string, choices: readonly T[]): T {
  const found = choices.find(choice => choice === value);
  if (found === undefined) {
    throw new ProtocolError(where, `one of ${choices.join(', ')}`);
  }
  return found;
}

export function nullable<T>(
  value: unknown,
  where: string,
  item: (value: unknown, where: string) => T
): T | null {
  return value === null || value === undefined ? null : item(value, where);
}
