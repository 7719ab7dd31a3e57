/**
 * Numbers for names, in order of first appearance.
 *
 * A group's number gives its colour, so one source shares one table among all its panes. Bounded: a
 * program that invents names without end shares the last number instead of growing the page.
 */
export class Names {
  constructor(limit = 4096) {
    this._limit = limit;
  }

  get all(): readonly string[] {
    return this._names;
  }

  /** The number of `name`, given now if it is new. */
  number(name: string): number {
    let found = this._numbers.get(name);
    if (found === undefined) {
      if (this._names.length >= this._limit) {
        return this._limit - 1;
      }
      found = this._names.length;
      this._names.push(name);
      this._numbers.set(name, found);
    }
    return found;
  }

  clear(): void {
    this._names.length = 0;
    this._numbers.clear();
  }

  private _limit: number;
  private _names: string[] = [];
  private _numbers = new Map<string, number>();
}
