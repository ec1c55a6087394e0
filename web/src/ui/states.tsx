import { Button, Skeleton, Stack } from '@mantine/core';
import { IconAlertTriangle, IconInbox } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isUnauthorized, ProblemError, UnreachableError } from '~/api/problem';
import classes from './ui.module.css';

/** What an error means, in the reader's words where we have them, else in the server's. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof UnreachableError) return t('error.unreachable');
    if (error instanceof ProblemError) {
      const known = t(`problem.${error.kind}` as 'problem.out-of-stock', { defaultValue: '' });
      return known === '' ? error.message : known;
    }
    return t('error.unexpected');
  };
}

export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const text = useErrorText();
  return (
    <div className={classes.empty} role="alert">
      <IconAlertTriangle size={28} stroke={1.5} aria-hidden />
      <span className={classes.emptyTitle}>
        {isUnauthorized(error) ? t('error.signInNeeded') : t('error.title')}
      </span>
      <span>{text(error)}</span>
      {error instanceof ProblemError && error.problem.request_id !== '' && (
        <span className="mono">{t('error.requestId', { id: error.problem.request_id })}</span>
      )}
      {onRetry && (
        <Button variant="default" size="xs" onClick={onRetry}>
          {t('tryAgain')}
        </Button>
      )}
    </div>
  );
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <IconInbox size={28} stroke={1.5} aria-hidden />
      <span className={classes.emptyTitle}>{title}</span>
      {children}
    </div>
  );
}

export function LoadingRows({ rows = 5 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" p="md" role="status" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={18} radius="sm" width={`${95 - ((row * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

export function LoadingPage() {
  return <LoadingRows rows={8} />;
}

/** One of loading, failed, empty and there; what is there stays on the page while it is asked for again. */
export function Loaded<T>(props: {
  query: UseQueryResult<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  const { query } = props;
  if (query.data !== undefined) {
    return props.isEmpty?.(query.data) ? props.empty : props.children(query.data);
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <LoadingRows rows={props.rows} />;
}
