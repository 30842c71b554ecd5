// The orders in which clients' acts can be mixed. They are numbered as in a dictionary: the one that begins with the
// first lane's acts is 0.

import { MAX_LANES, MAX_ORDERS, MIN_LANES, type Race } from './race.js';

/** Which lane acts, one after the other. */
export type Order = readonly number[];

/** In how many ways so many acts of each lane can be mixed. */
export function countOrders(lengths: readonly number[]): number {
  let orders = 1;
  let acts = 0;
  for (const length of lengths) {
    for (let i = 1; i <= length; ++i) orders = (orders * ++acts) / i;
  }
  return Math.round(orders);
}

export function lengthsOf(race: Omit<Race, 'judge'>): number[] {
  return race.lanes.map(({ acts }) => acts.length);
}

/** Why the race cannot be tried in all orders; undefined: it can. */
export function tooLarge(race: Omit<Race, 'judge'>): string | undefined {
  const { length } = race.lanes;
  if (length < MIN_LANES || length > MAX_LANES)
    return `A race has ${MIN_LANES} to ${MAX_LANES} clients, not ${length}.`;
  const orders = countOrders(lengthsOf(race));
  if (orders <= MAX_ORDERS) return undefined;
  const count = (n: number) => n.toLocaleString('en-US');
  return `These steps can be mixed in ${count(orders)} orders, and ${count(MAX_ORDERS)} are the most. Leave one out.`;
}

/** All orders, by number. Each is valid until the next is asked for. */
export function* orders(race: Race): Generator<Order, void> {
  const order = lengthsOf(race).flatMap((length, lane) => Array<number>(length).fill(lane));
  do yield order;
  while (toNext(order));
}

/** Makes it the next one; false: it was the last. */
function toNext(order: number[]): boolean {
  let at = order.length - 2;
  while (at >= 0 && order[at]! >= order[at + 1]!) --at;
  if (at < 0) return false;
  let other = order.length - 1;
  while (order[other]! <= order[at]!) --other;
  [order[at], order[other]] = [order[other]!, order[at]!];
  order.push(...order.splice(at + 1).reverse());
  return true;
}

/** The order of this number. */
export function orderAt(race: Race, number: number): Order {
  const left = lengthsOf(race);
  if (!Number.isInteger(number) || number < 0 || number >= countOrders(left)) {
    throw new RangeError(`the race has no order ${number}`);
  }
  const order: number[] = [];
  for (let rest = number; left.some((acts) => acts > 0); ) {
    for (let lane = 0; lane < left.length; ++lane) {
      if (left[lane] === 0) continue;
      --left[lane]!;
      const orders = countOrders(left);
      if (rest < orders) {
        order.push(lane);
        break;
      }
      rest -= orders;
      ++left[lane]!;
    }
  }
  return order;
}
