import { Button } from '@mantine/core';
import { IconCircleCheck, IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Facts, Panel } from '~/ui/basics';
import { formatCount } from '~/ui/format';
import { Loaded } from '~/ui/states';
import console from '../console.module.css';
import { auditQuery } from '../queries';

/** What must never be, counted from the books alone. */
export function AuditPanel() {
  const { t, i18n } = useTranslation('console');
  const audit = useQuery(auditQuery);
  const count = (value: number) => formatCount(value, i18n.language);
  return (
    <Panel
      title={t('audit.title')}
      actions={
        <Button size="compact-sm" variant="default" loading={audit.isFetching} onClick={() => void audit.refetch()}>
          {t('audit.again')}
        </Button>
      }
    >
      <Loaded query={audit} rows={4}>
        {(data) => (
          <>
            <p className={console.rowTitle} style={{ display: 'flex', gap: '0.5rem', marginTop: 0 }}>
              {data.ok ? (
                <IconCircleCheck size={20} color="var(--app-success)" aria-hidden />
              ) : (
                <IconAlertTriangle size={20} color="var(--app-failed)" aria-hidden />
              )}
              {data.ok ? t('audit.ok') : t('audit.violations', { count: data.violations.length })}
            </p>
            {data.ok && (
              <Facts
                facts={(['charged', 'twice', 'oversold', 'sums'] as const).map((promise) => [
                  t(`audit.${promise}`),
                  count(0),
                ])}
              />
            )}
            {data.violations.map((violation) => (
              <p key={violation} className={console.dim} style={{ color: 'var(--app-failed)' }}>
                {violation}
              </p>
            ))}
            <p className={console.dim} style={{ marginBottom: 0 }}>
              {t('audit.looked', {
                orders: count(data.orders),
                ledger: count(data.ledger_entries),
                payments: count(data.payment_events),
              })}
            </p>
          </>
        )}
      </Loaded>
    </Panel>
  );
}
