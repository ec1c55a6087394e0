import { useSyncExternalStore } from 'react';

/** What somebody wants to buy. No names and no prices: those are the server's. */
export interface CartLine {
  sku: string;
  quantity: number;
}

const REMEMBERED = 'orderflow-cart';
const MOST_UNITS = 1_000_000;

const listeners = new Set<() => void>();
let lines: CartLine[] = read();

function isLine(value: unknown): value is CartLine {
  if (typeof value !== 'object' || value === null || !('sku' in value) || !('quantity' in value)) return false;
  return typeof value.sku === 'string' && Number.isInteger(value.quantity) && Number(value.quantity) > 0;
}

/** Whatever is remembered and makes sense; the storage is the reader's, who may have put anything there. */
function read(): CartLine[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(REMEMBERED) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isLine) : [];
  } catch {
    return [];
  }
}

function write(next: CartLine[]) {
  lines = next;
  localStorage.setItem(REMEMBERED, JSON.stringify(lines));
  listeners.forEach((listener) => listener());
}

// Another tab is the same cart.
window.addEventListener('storage', (event) => {
  if (event.key !== REMEMBERED) return;
  lines = read();
  listeners.forEach((listener) => listener());
});

export const cart = {
  lines: () => lines,

  add(sku: string, quantity = 1) {
    const there = lines.find((line) => line.sku === sku);
    if (there) cart.set(sku, there.quantity + quantity);
    else write([...lines, { sku, quantity }]);
  },

  /** Sets how many; none takes the line out. */
  set(sku: string, quantity: number) {
    const units = Math.min(Math.floor(quantity), MOST_UNITS);
    write(
      units > 0
        ? lines.map((line) => (line.sku === sku ? { sku, quantity: units } : line))
        : lines.filter((line) => line.sku !== sku),
    );
  },

  clear: () => write([]),
};

export function useCart(): CartLine[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => lines,
  );
}

export function unitsIn(cartLines: CartLine[]): number {
  return cartLines.reduce((sum, line) => sum + line.quantity, 0);
}
