/** How a status is shown. The workflows have words of their own for the same few outcomes. */
export type Tone = 'success' | 'progress' | 'refused' | 'failed' | 'neutral';

const TONES: Record<string, Tone> = {
  placed: 'progress',
  pending: 'progress',
  received: 'progress',
  reserved: 'progress',
  running: 'progress',
  authorised: 'progress',
  in_flight: 'progress',
  paid: 'success',
  confirmed: 'success',
  completed: 'success',
  succeeded: 'success',
  shipped: 'success',
  delivered: 'success',
  captured: 'success',
  ok: 'success',
  rejected: 'refused',
  payment_failed: 'refused',
  declined: 'refused',
  cancelled_no_stock: 'refused',
  inventory_failed: 'refused',
  caught: 'refused',
  warning: 'refused',
  failed: 'failed',
  dead: 'failed',
  alarm: 'failed',
  timed_out: 'failed',
  error: 'failed',
};

export function toneOf(status: string): Tone {
  return TONES[status.toLowerCase()] ?? 'neutral';
}

/** Whether the order may still move by itself. */
export function isInProgress(status: string): boolean {
  return ['placed', 'pending', 'received', 'reserved'].includes(status.toLowerCase());
}

/** Statuses that end an order without a sale. */
export function isRefusal(status: string): boolean {
  const tone = toneOf(status);
  return tone === 'refused' || tone === 'failed';
}
