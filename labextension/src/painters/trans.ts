/** The part of a `TranslationBundle` that is used below the plugins. */
export interface ITrans {
  __(message: string, ...args: (string | number)[]): string;
  _n(singular: string, plural: string, n: number, ...args: (string | number)[]): string;
}
