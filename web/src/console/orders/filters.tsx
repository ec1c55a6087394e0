import { Button, MultiSelect, Popover, Select, Stack, TextInput } from '@mantine/core';
import { IconAdjustments } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { TypedInput } from '~/ui/typed-input';
import classes from '../console.module.css';
import { workflowsQuery, type OrderFilters } from '../queries';

const route = getRouteApi('/console/orders');

/** The statuses that every workflow's orders go through; the server takes each workflow's own words, too. */
const STATUSES = [
  'placed',
  'reserved',
  'paid',
  'confirmed',
  'shipped',
  'delivered',
  'returned',
  'cancelled',
  'rejected',
  'payment_failed',
  'failed',
] as const;

/** Those that are folded away. */
const RARE = ['customer', 'placed_after', 'placed_before', 'min_total', 'max_total'] as const;

/** What narrows the list down. All of it is in the address, so that a view can be kept and shared. */
export function Filters() {
  const { t } = useTranslation(['console', 'common']);
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const workflows = useQuery(workflowsQuery);

  const apply = (change: OrderFilters) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const rare = RARE.filter((name) => filters[name] !== undefined).length;
  const any = Object.values(filters).some((value) => value !== undefined);
  return (
    <div className={classes.filters} role="search">
      <div className={classes.grow}>
        <TypedInput
          key={`q-${filters.q ?? ''}`}
          isSearch
          label={t('orders.search')}
          value={filters.q}
          onTyped={(q) => apply({ q })}
        />
      </div>
      <MultiSelect
        aria-label={t('orders.status')}
        placeholder={filters.status ? undefined : t('orders.status')}
        data={STATUSES.map((status) => ({ value: status, label: t(`common:status.${status}`) }))}
        value={filters.status ?? []}
        onChange={(status) => apply({ status: status.length > 0 ? status : undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('orders.clear') }}
        w={210}
      />
      <Select
        aria-label={t('orders.workflow')}
        placeholder={t('orders.workflow')}
        data={(workflows.data?.items ?? []).map(({ name }) => name)}
        value={filters.workflow ?? null}
        onChange={(workflow) => apply({ workflow: workflow ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('orders.clear') }}
        w={170}
      />
      <Popover position="bottom-end" trapFocus>
        <Popover.Target>
          <Button variant="default" leftSection={<IconAdjustments size={16} />}>
            {t('orders.more', { count: rare })}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs" w={240}>
            <TypedInput
              key={`c-${filters.customer ?? ''}`}
              label={t('orders.customer')}
              value={filters.customer}
              onTyped={(customer) => apply({ customer })}
            />
            <DateFilter
              label={t('orders.from')}
              value={filters.placed_after}
              onChange={(placed_after) => apply({ placed_after })}
            />
            <DateFilter
              label={t('orders.to')}
              value={filters.placed_before}
              onChange={(placed_before) => apply({ placed_before })}
            />
            <TypedInput
              key={`min-${filters.min_total ?? ''}`}
              label={t('orders.minTotal')}
              value={filters.min_total}
              onTyped={(min_total) => apply({ min_total })}
            />
            <TypedInput
              key={`max-${filters.max_total ?? ''}`}
              label={t('orders.maxTotal')}
              value={filters.max_total}
              onTyped={(max_total) => apply({ max_total })}
            />
          </Stack>
        </Popover.Dropdown>
      </Popover>
      {any && (
        <Button variant="subtle" size="sm" onClick={() => void navigate({ search: {}, replace: true })}>
          {t('orders.clear')}
        </Button>
      )}
    </div>
  );
}

/** A moment in the reader's own time, kept in the address as an instant. */
function DateFilter(props: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  const local = props.value === undefined ? '' : toLocal(props.value);
  return (
    <TextInput
      type="datetime-local"
      label={props.label}
      value={local}
      onChange={(event) => {
        const at = new Date(event.currentTarget.value);
        props.onChange(Number.isNaN(at.getTime()) ? undefined : at.toISOString());
      }}
    />
  );
}

function toLocal(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return '';
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
