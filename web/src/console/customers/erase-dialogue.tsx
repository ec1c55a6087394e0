import { Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '~/api/client';
import type { Customer } from '~/api/types';
import { Dialogue } from '../shared/dialogue';

/** Asks for the id once more: what is erased does not come back. */
export function EraseCustomerDialogue({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const { t } = useTranslation('console');
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  return (
    <Dialogue
      title={t('customers.erase')}
      confirm={t('customers.eraseNow')}
      danger
      disabled={typed !== customer.customer_id}
      done={t('customers.erased')}
      onClose={onClose}
      onDone={() => navigate({ to: '/console/customers' })}
      act={() =>
        answer<unknown>(api.POST('/customers/{id}/erase', { params: { path: { id: customer.customer_id } } }))
      }
    >
      {() => (
        <>
          <Text size="sm">{t('customers.eraseText')}</Text>
          <TextInput
            label={t('customers.typeId', { id: customer.customer_id })}
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
    </Dialogue>
  );
}

/** Guests have no number, only the address they wrote. */
export function EraseGuestDialogue({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('console');
  const [email, setEmail] = useState('');
  return (
    <Dialogue
      title={t('customers.eraseGuest')}
      confirm={t('customers.eraseNow')}
      danger
      disabled={email.trim() === ''}
      done={t('customers.erased')}
      onClose={onClose}
      fields={['email']}
      act={() => answer<unknown>(api.POST('/customers/erase', { body: { email: email.trim() } }))}
    >
      {(errors) => (
        <>
          <Text size="sm">{t('customers.eraseText')}</Text>
          <TextInput
            label={t('customers.email')}
            type="email"
            required
            data-autofocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errors['email']}
          />
        </>
      )}
    </Dialogue>
  );
}
