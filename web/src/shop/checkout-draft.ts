import { useSessionStorage } from '@mantine/hooks';
import type { CheckoutRequest } from '~/api/types';
import type { CartLine } from './cart';

/** What somebody has typed into the checkout; it outlives a reload, not the tab. */
export interface Draft {
  email: string;
  name: string;
  country: string;
  street: string;
  postalCode: string;
  city: string;
  token: string;
}

const BLANK: Draft = { email: '', name: '', country: 'RO', street: '', postalCode: '', city: '', token: '' };

export function useDraft(firstToken: string | undefined): [Draft, (change: Partial<Draft>) => void] {
  const [stored, store] = useSessionStorage<Draft>({
    key: 'orderflow-checkout',
    defaultValue: BLANK,
    getInitialValueInEffect: false,
  });
  const draft = { ...BLANK, ...stored, token: stored.token || (firstToken ?? '') };
  return [draft, (change) => store((before) => ({ ...BLANK, ...before, ...change }))];
}

const orNothing = (text: string) => text.trim() || undefined;

/** The order of that draft and cart. The server judges it; nothing is checked twice. */
export function requestOf(draft: Draft, items: CartLine[]): CheckoutRequest {
  return {
    customer: { email: draft.email.trim(), name: orNothing(draft.name) },
    items: items.map(({ sku, quantity }) => ({ sku, quantity })),
    shipping_address: {
      name: orNothing(draft.name),
      street: orNothing(draft.street),
      city: orNothing(draft.city),
      postal_code: orNothing(draft.postalCode),
      country: draft.country,
    },
    payment: draft.token ? { token: draft.token } : undefined,
  };
}
