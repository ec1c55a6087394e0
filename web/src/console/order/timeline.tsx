import {
  IconBell,
  IconBolt,
  IconCreditCard,
  IconFileText,
  IconFlag,
  IconMail,
  IconPackage,
  IconUser,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { TimelineEntry } from '~/api/types';
import { StatusText } from '~/ui/basics';
import { formatDateTime, formatTime } from '~/ui/format';
import { toneOf, type Tone } from '~/ui/tone';
import ui from '~/ui/ui.module.css';
import classes from './order.module.css';

const ICONS: Record<TimelineEntry['kind'], Icon> = {
  status: IconFlag,
  state: IconBolt,
  stock: IconPackage,
  payment: IconCreditCard,
  mail: IconMail,
  topic: IconBell,
  webhook: IconWebhook,
  operator: IconUser,
  receipt: IconFileText,
};

/** Everything that happened, oldest first. */
export function Timeline({ entries, onState }: { entries: TimelineEntry[]; onState: (name: string) => void }) {
  const { t, i18n } = useTranslation('console');
  const first = new Date(entries[0]?.at ?? 0).toDateString();
  return (
    <ol className={classes.timeline} aria-label={t('order.timeline')} tabIndex={0}>
      {entries.map((entry, index) => {
        const Kind = ICONS[entry.kind] ?? IconBolt;
        const state = stateOf(entry);
        return (
          <li key={`${entry.at}-${entry.kind}-${index}`} className={classes.entry}>
            <span className={`${classes.icon} ${ui[toneOfEntry(entry)]}`}>
              <Kind size={15} stroke={1.8} aria-hidden />
            </span>
            <div>
              <div className={classes.entryTitle}>
                {state === undefined ? (
                  <Title entry={entry} />
                ) : (
                  <button type="button" className={classes.stateButton} onClick={() => onState(state)}>
                    {entry.title}
                  </button>
                )}
              </div>
              <Detail entry={entry} />
              <div className={classes.entryAt}>
                <time dateTime={entry.at} title={formatDateTime(entry.at, i18n.language)}>
                  {new Date(entry.at).toDateString() === first
                    ? formatTime(entry.at, i18n.language)
                    : formatDateTime(entry.at, i18n.language)}
                </time>
                <span>{t(`timeline.${entry.kind}`)}</span>
                {entry.actor && <span>{t('timeline.by', { actor: entry.actor })}</span>}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function Title({ entry }: { entry: TimelineEntry }) {
  return entry.kind === 'status' ? <StatusText status={entry.title} /> : entry.title;
}

/** What the title leaves open: why something went wrong, who is to be asked. The rest is the state's own panel's. */
function Detail({ entry }: { entry: TimelineEntry }) {
  const { t } = useTranslation('console');
  const { attempts } = entry.detail as { attempts?: unknown };
  const told = TOLD.map((name) => textIn(entry, name))
    .filter((text) => text !== undefined)
    .map(inWords);
  if (typeof attempts === 'number' && attempts > 1) told.push(t('state.attempts', { count: attempts }));
  return told.length > 0 && <div className={classes.entryDetail}>{told.join(' · ')}</div>;
}

const TOLD = ['error', 'cause', 'reason', 'last_error', 'reference', 'endpoint'] as const;

/** A cause as a step gives it is JSON with a message; any other is shown as it is. */
function inWords(text: string): string {
  try {
    const told = JSON.parse(text) as { errorMessage?: unknown } | null;
    return typeof told?.errorMessage === 'string' ? told.errorMessage : text;
  } catch {
    return text;
  }
}

function textIn(entry: TimelineEntry, name: string): string | undefined {
  const value = (entry.detail as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function stateOf(entry: TimelineEntry): string | undefined {
  return entry.kind === 'state' ? (textIn(entry, 'state') ?? entry.title) : undefined;
}

function toneOfEntry(entry: TimelineEntry): Tone {
  const status = textIn(entry, 'status');
  if (status !== undefined) return toneOf(status);
  if (textIn(entry, 'error') !== undefined) return 'failed';
  if (entry.kind === 'operator') return 'progress';
  return entry.kind === 'status' ? toneOf(entry.title) : 'neutral';
}

/** The executions that an order's timeline names: the one that took it and those that followed. */
export function executionsIn(entries: TimelineEntry[], first: string): string[] {
  const named = entries.map((entry) => textIn(entry, 'execution_arn')).filter((arn) => arn !== undefined);
  return [...new Set([first, ...named])];
}
