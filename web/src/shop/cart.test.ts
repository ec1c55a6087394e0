import { beforeEach, describe, expect, it } from 'vitest';
import { cart, unitsIn } from './cart';
import { pendingPlacement, placementDecided, placementOf } from './placement';

beforeEach(() => cart.clear());

describe('the cart', () => {
  it('adds up what is added twice', () => {
    cart.add('a');
    cart.add('a', 2);
    cart.add('b');
    expect(cart.lines()).toEqual([
      { sku: 'a', quantity: 3 },
      { sku: 'b', quantity: 1 },
    ]);
    expect(unitsIn(cart.lines())).toBe(4);
  });

  it.each([
    [0, []],
    [-3, []],
    [2.7, [{ sku: 'a', quantity: 2 }]],
    [5_000_000, [{ sku: 'a', quantity: 1_000_000 }]],
  ])('set to %s units is %j', (quantity, lines) => {
    cart.add('a');
    cart.set('a', quantity);
    expect(cart.lines()).toEqual(lines);
  });

  it('is kept', () => {
    cart.add('a');
    expect(JSON.parse(localStorage.getItem('orderflow-cart') ?? '')).toEqual([{ sku: 'a', quantity: 1 }]);
  });
});

describe('a placement', () => {
  const request = { customer: { email: 'ana@example.com' }, items: [{ sku: 'a', quantity: 1 }] };

  it('keeps its key for as long as nobody has decided', () => {
    const first = placementOf(request);
    expect(placementOf({ ...request })).toEqual(first);
    expect(pendingPlacement()).toEqual(first);
  });

  it('of other contents is another order', () => {
    const first = placementOf(request);
    expect(placementOf({ ...request, items: [{ sku: 'a', quantity: 2 }] }).key).not.toBe(first.key);
  });

  it('that was decided is over', () => {
    const first = placementOf(request);
    placementDecided();
    expect(pendingPlacement()).toBeUndefined();
    expect(placementOf(request).key).not.toBe(first.key);
  });

  it.each(['nonsense', 'null', '{"key":7}', '{"key":"k","request":{}}'])('that is stored as %s is none', (stored) => {
    localStorage.setItem('orderflow-placement', stored);
    expect(pendingPlacement()).toBeUndefined();
  });
});
