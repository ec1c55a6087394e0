import { useTranslation } from 'react-i18next';
import { useConnection } from '~/app/connection';
import classes from './ui.module.css';

/** Says that the server is away, and goes by itself when it is back. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const connection = useConnection();
  return (
    <div role="status" aria-live="polite">
      {connection === 'down' && <div className={classes.banner}>{t('error.away')}</div>}
    </div>
  );
}
