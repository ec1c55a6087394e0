import '@mantine/core/styles.layer.css';
import '@mantine/spotlight/styles.layer.css';
import { ActionIcon, Burger, Drawer, Kbd, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconBuildingStore,
  IconLogout,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { isUnauthorized } from '~/api/problem';
import { Preferences } from '~/ui/preferences';
import { ErrorState, LoadingPage } from '~/ui/states';
import { CommandPalette } from './command-palette';
import classes from './console.module.css';
import { PAGES } from './pages';
import { sessionQuery } from './queries';
import { SignInAgain, SignInPage } from './sign-in';

/** What surrounds the operator's pages. Who never signed in sees no page at all; who was signed in keeps it. */
export function ConsoleLayout() {
  const session = useQuery(sessionQuery);
  if (session.data) return <Frame />;
  if (session.isPending) return <LoadingPage />;
  if (isUnauthorized(session.error)) return <SignInPage />;
  return <ErrorState error={session.error} onRetry={() => void session.refetch()} />;
}

function Frame() {
  const { t } = useTranslation('console');
  const [menu, { toggle, close }] = useDisclosure();
  return (
    <div className={classes.frame}>
      <aside className={classes.side}>
        <Brand />
        <button type="button" className={classes.searchButton} onClick={() => spotlight.open()}>
          {t('palette.open')} <Kbd size="xs">Ctrl K</Kbd>
        </button>
        <Navigation />
        <div className={classes.sideFoot}>
          <Tools />
        </div>
      </aside>
      <div className={classes.top}>
        <Burger opened={menu} onClick={toggle} size="sm" aria-label={t('nav.menu')} />
        <Brand />
        <div>
          <Preferences />
        </div>
      </div>
      <Drawer
        opened={menu}
        onClose={close}
        position="left"
        size="16rem"
        title={t('nav.menu')}
        closeButtonProps={{ 'aria-label': t('nav.close') }}
      >
        <Navigation onNavigate={close} />
        <Tools />
      </Drawer>
      <main className={classes.main}>
        <Outlet />
      </main>
      <CommandPalette />
      <SignInAgain />
    </div>
  );
}

function Brand() {
  return (
    <Link to="/console" className={classes.brand}>
      <img src="/assets/favicon.svg" alt="" />
      OrderFlow
    </Link>
  );
}

function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation('console');
  return (
    <nav aria-label={t('nav.menu')}>
      {PAGES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className={classes.link}
          activeOptions={{ exact: to === '/console', includeSearch: false }}
          onClick={onNavigate}
        >
          <Icon size={17} stroke={1.7} aria-hidden />
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}

function Tools() {
  const { t } = useTranslation('console');
  const leaving = useMutation({
    mutationFn: () => answer(api.DELETE('/session')),
    // Loaded anew, so that nothing that was seen stays in memory.
    onSuccess: () => location.assign('/console'),
  });
  return (
    <>
      <span className="hide-on-phone">
        <Preferences />
      </span>
      <Tooltip label={t('nav.shop')}>
        <ActionIcon
          renderRoot={(props) => <Link to="/" {...props} />}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('nav.shop')}
        >
          <IconBuildingStore size={18} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t('nav.signOut')}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('nav.signOut')}
          loading={leaving.isPending}
          onClick={() => leaving.mutate()}
        >
          <IconLogout size={18} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
