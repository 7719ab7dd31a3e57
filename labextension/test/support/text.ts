/** A translator that leaves English as it is. */

import { ITrans } from '../../src/painters/trans';

const insert = (message: string, args: (string | number)[]): string =>
  message.replace(/%(\d+)/g, (_, place: string) => String(args[Number(place) - 1]));

export const trans: ITrans = {
  __: (message, ...args) => insert(message, args),
  _n: (singular, plural, n, ...args) => insert(n === 1 ? singular : plural, [n, ...args])
};
