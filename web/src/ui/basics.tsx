import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Money as MoneyValue } from '~/api/types';
import { formatDateTime, formatMoney, formatRelative } from './format';
import { toneOf, type Tone } from './tone';
import classes from './ui.module.css';

/** A word with a colour, readable without the colour. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`${classes.badge} ${classes[tone]}`}>{children}</span>;
}

/** A status in the reader's language; a word we do not know is shown as it is. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge tone={toneOf(status)}>
      <StatusText status={status} />
    </Badge>
  );
}

export function StatusText({ status }: { status: string }) {
  const { t } = useTranslation();
  return t(`status.${status.toLowerCase()}` as 'status.placed', { defaultValue: status });
}

export function Money({ money }: { money: MoneyValue | null | undefined }) {
  const { i18n } = useTranslation();
  return money ? formatMoney(money, i18n.language) : '—';
}

const TICK_MS = 15_000;

/** When something was, relative to now, with the exact time on hover. */
export function Ago({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={formatDateTime(at, i18n.language)}>
      {formatRelative(at, now, i18n.language)}
    </time>
  );
}

export function DateTime({ at }: { at: string }) {
  const { i18n } = useTranslation();
  return <time dateTime={at}>{formatDateTime(at, i18n.language)}</time>;
}

/** Copies a text to the clipboard. */
export function Copy({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('copied') : label}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function Panel(props: { title?: ReactNode; actions?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className={classes.panel}>
      {props.title !== undefined && (
        <header className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{props.title}</h2>
          {props.actions}
        </header>
      )}
      <div className={props.flush ? undefined : classes.panelBody}>{props.children}</div>
    </section>
  );
}

export function Facts({ facts }: { facts: [label: string, value: ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([label, value]) => (
        <div key={label} style={{ display: 'contents' }}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Data as it is, for who wants to look closely. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <pre className={classes.code} tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

export function Metric({ label, value, hint }: { label: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <div className={`${classes.panel} ${classes.metric}`}>
      <div className={classes.metricLabel}>{label}</div>
      <div className={classes.metricValue}>{value}</div>
      {hint !== undefined && <div className={classes.metricLabel}>{hint}</div>}
    </div>
  );
}

export function Metrics({ children }: { children: ReactNode }) {
  return <div className={classes.metrics}>{children}</div>;
}

export function TableWrap({ children, label }: { children: ReactNode; label: string }) {
  return (
    <div className={classes.tableWrap} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
