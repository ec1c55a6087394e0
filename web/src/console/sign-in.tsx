import { Button, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import { isUnauthorized } from '~/api/problem';
import { signedIn, useSignInNeeded } from '~/app/session';
import { Panel } from '~/ui/basics';
import { PageHead } from '~/ui/pages';
import { useErrorText } from '~/ui/states';
import ui from '~/ui/ui.module.css';

/** Exchanges the operator's key for a session. The key goes no further than this form: the cookie is not readable. */
function SignInForm() {
  const { t } = useTranslation('console');
  const text = useErrorText();
  const queryClient = useQueryClient();
  const [key, setKey] = useState('');
  const [name, setName] = useLocalStorage({ key: 'orderflow-operator', defaultValue: '' });
  const entering = useMutation({
    mutationFn: () =>
      answer(api.POST('/session', { body: { key: key.trim(), name: name.trim() || undefined } })),
    meta: { public: true },
    onSuccess: () => {
      signedIn();
      setKey('');
      void queryClient.invalidateQueries();
    },
  });
  const wrong = entering.isError && (isUnauthorized(entering.error) ? t('signIn.wrong') : text(entering.error));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        entering.mutate();
      }}
    >
      <Stack gap="md">
        <PasswordInput
          label={t('signIn.key')}
          description={t('signIn.where')}
          autoComplete="current-password"
          data-autofocus
          required
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          error={wrong}
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
        />
        <TextInput
          label={t('signIn.name')}
          description={t('signIn.nameText')}
          autoComplete="name"
          maxLength={40}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={entering.isPending} fullWidth>
          {t('signIn.enter')}
        </Button>
      </Stack>
    </form>
  );
}

export function SignInPage() {
  const { t } = useTranslation('console');
  return (
    <main className={ui.centre}>
      <div style={{ width: 'min(24rem, 100%)' }}>
        <PageHead title={t('signIn.title')} name={t('signIn.title')} description={t('signIn.text')} />
        <Panel>
          <SignInForm />
        </Panel>
        <Text size="sm" mt="md">
          <Link to="/">{t('nav.shop')}</Link>
        </Text>
      </div>
    </main>
  );
}

/** Over the page that was open when the session ended, which stays as it is. */
export function SignInAgain() {
  const { t } = useTranslation('console');
  const needed = useSignInNeeded();
  return (
    <Modal
      opened={needed}
      onClose={signedIn}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      // Above whatever dialogue was open when the session ended.
      zIndex={400}
      title={t('signIn.again')}
    >
      <Text size="sm" c="dimmed" mb="md">
        {t('signIn.againText')}
      </Text>
      <SignInForm />
    </Modal>
  );
}
