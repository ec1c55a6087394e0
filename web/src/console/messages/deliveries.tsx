import { useTranslation } from 'react-i18next';
import type { components } from '~/api/schema';
import { StatusBadge } from '~/ui/basics';
import console from '../console.module.css';

/** The calls to webhooks with one message: where to, how they fared, how often they were tried. */
export function Deliveries({ deliveries }: { deliveries: components['schemas']['WebhookDelivery'][] }) {
  const { t } = useTranslation('console');
  return deliveries.map(({ id, endpoint, state, attempts, last_error }) => (
    <div key={id} className={console.dim}>
      <StatusBadge status={state} /> {endpoint} · {t('messages.attempts', { count: attempts })}
      {last_error && ` · ${last_error}`}
    </div>
  ));
}
