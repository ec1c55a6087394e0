import { Button, Group, Text, Title } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorState } from './states';
import classes from './ui.module.css';

/** A page's title, what it is about, and what can be done on it. */
export function PageHead(props: { title: ReactNode; name: string; description?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${props.name} · OrderFlow`;
  }, [props.name]);
  return (
    <div className={classes.pageHead}>
      <div>
        <Title order={1}>{props.title}</Title>
        {props.description !== undefined && (
          <Text c="dimmed" size="sm" mt={4} component="div">
            {props.description}
          </Text>
        )}
      </div>
      {props.actions !== undefined && <Group gap="xs">{props.actions}</Group>}
    </div>
  );
}

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <main className={classes.centre}>
      <div className={classes.empty}>
        <Title order={1}>{t('notFound.title')}</Title>
        <Text c="dimmed">{t('notFound.text')}</Text>
        <Button component="a" href="/" variant="default" mt="sm">
          {t('notFound.toShop')}
        </Button>
      </div>
    </main>
  );
}

/** The last resort: something on the page itself broke. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main className={classes.centre}>
      <ErrorState
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}
